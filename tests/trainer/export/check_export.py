"""trainer export, as its users run it: what it refuses, its messages, and that FILE is complete or
missing. The other tests of this folder check the files' contents.

Usage: check_export.py TRAINER
"""

import json
import os
import pathlib
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
import zipfile

from waiting import LIMIT_SECONDS

TRAINER = sys.argv.pop(1)
ENDINGS = ".onnx", ".safetensors", ".keras", ".npz"
SHAPES = {"conv1.weight": (32, 1, 3, 3), "conv1.bias": (32,), "conv2.weight": (64, 32, 3, 3),
          "conv2.bias": (64,), "fc1.weight": (128, 9216), "fc1.bias": (128,),
          "fc2.weight": (10, 128), "fc2.bias": (10,)}


def write_model(path, first=0.0):
    """Another program's file: zeros after the first number."""
    header, end = {}, 0
    for name, shape in SHAPES.items():
        begin, end = end, end + 4
        for side in shape:
            end += (end - begin) * (side - 1)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    data = struct.pack("<f", first) + bytes(end - 4)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class Export(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="export-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.model = self.folder / "model.safetensors"
        write_model(self.model)

    def export(self, *arguments, **settings):
        return subprocess.run([TRAINER, "export", *map(str, arguments)], capture_output=True,
                              text=True, timeout=LIMIT_SECONDS, cwd=self.folder, **settings)

    def assert_refused(self, result, code, *words):
        self.assertEqual((result.returncode, result.stdout), (code, ""), result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def test_one_line_says_what_was_written(self):
        for ending in ENDINGS:
            result = self.export(self.model, "-o", "out" + ending)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertRegex(result.stdout, rf"^out\{ending}: written as .*\n$")
        self.assertEqual(self.names(), sorted(["model.safetensors",
                                               *("out" + ending for ending in ENDINGS)]))

    def test_the_same_model_makes_the_same_file(self):
        for ending in ENDINGS:
            self.export(self.model, "-o", "one" + ending)
            self.export(self.model, "-o", "two" + ending, env={**os.environ, "TZ": "Asia/Tokyo"})
            self.assertEqual(*((self.folder / (name + ending)).read_bytes()
                               for name in ("one", "two")))

    def test_what_was_exported_as_safetensors_is_a_model_again(self):
        self.export(self.model, "-o", "out.safetensors")
        self.assertEqual(self.export("out.safetensors", "-o", "one.npz").returncode, 0)
        self.export(self.model, "-o", "two.npz")
        one, two = (zipfile.ZipFile(self.folder / name) for name in ("one.npz", "two.npz"))
        with one, two:
            self.assertEqual(one.namelist(), two.namelist())
            for name in one.namelist():
                self.assertEqual(one.read(name), two.read(name))

    def test_of_a_run_it_is_the_last_network_or_the_best(self):
        run = self.folder / "run"
        run.mkdir()
        write_model(run / "model.safetensors", 1.0)
        write_model(run / "best.safetensors", 2.0)
        for option, first in ((), 1.0), (("--best",), 2.0):
            self.assertEqual(self.export(run, *option, "-o", "out.npz", "--overwrite").returncode,
                             0)
            with zipfile.ZipFile(self.folder / "out.npz") as archive:
                kernel = archive.read("conv1/kernel.npy")
            self.assertEqual(struct.unpack_from("<f", kernel, 128), (first,))

    def test_a_command_line_that_lacks_something_is_refused(self):
        for arguments, words in (((), ["MODEL is missing: give"]),
                                 ((self.model,), ["-o FILE", *ENDINGS]),
                                 (("-o", "out.npz"), ["MODEL"]),
                                 ((self.model, "-o", "out.pt"), ["out.pt", *ENDINGS]),
                                 ((self.model, "-o", ".npz"), ENDINGS),
                                 ((self.model, "-o", ""), ENDINGS),
                                 ((self.model, "more", "-o", "out.npz"), ["more"])):
            self.assert_refused(self.export(*arguments), 2, *words)
        self.assertEqual(self.names(), ["model.safetensors"])

    def test_a_model_that_is_none_is_refused(self):
        (self.folder / "text.safetensors").write_text("no model")
        for model in "text.safetensors", "nowhere":
            self.assert_refused(self.export(model, "-o", "out.npz"), 1, model)
        self.assert_refused(self.export(self.model, "--best", "-o", "out.npz"), 1, "best")
        self.assertNotIn("out.npz", self.names())

    def test_a_file_that_is_there_is_replaced_only_if_asked(self):
        file = self.folder / "out.npz"
        file.write_text("mine")
        self.assert_refused(self.export(self.model, "-o", file), 1, "out.npz", "--overwrite")
        self.assertEqual(file.read_text(), "mine")
        self.assertEqual(self.export(self.model, "-o", file, "--overwrite").returncode, 0)
        self.assertTrue(zipfile.is_zipfile(file))
        (self.folder / "link.npz").symlink_to("nowhere")
        self.assert_refused(self.export(self.model, "-o", "link.npz"), 1, "--overwrite")

    def test_a_file_with_the_temporary_name_is_kept(self):
        mine = self.folder / "out.npz.tmp"
        mine.write_text("mine")
        for option in ((), ("--overwrite",)):
            self.assert_refused(self.export(self.model, "-o", "out.npz", *option), 1,
                                "out.npz.tmp is in the way")
        self.assertEqual(mine.read_text(), "mine")

    def test_the_model_may_replace_itself(self):
        before = self.export(self.model, "-o", "before.npz")
        self.assertEqual(self.export(self.model, "-o", self.model, "--overwrite").returncode, 0)
        after = self.export(self.model, "-o", "after.npz")
        self.assertEqual((before.returncode, after.returncode), (0, 0))

    def test_a_full_disk_leaves_what_was_there(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100000, resource.RLIM_INFINITY))

        for ending in ENDINGS:
            file = self.folder / ("out" + ending)
            file.write_text("mine")
            result = self.export(self.model, "-o", file, "--overwrite", preexec_fn=limit)
            self.assert_refused(result, 1, f"{file} cannot be written: File too large")
            self.assertEqual(file.read_text(), "mine")
        self.assertEqual(len(self.names()), 1 + len(ENDINGS))

    def test_a_name_that_cannot_be_is_refused(self):
        for name, reason in (("nowhere/out.npz", "No such file"),
                             ("model.safetensors/out.npz", "Not a directory"),
                             ("x" * 252 + ".npz", "too long"), ("x" * 248 + ".npz", "too long")):
            self.assert_refused(self.export(self.model, "-o", name), 1, reason)
        self.assertEqual(self.export(self.model, "-o", "x" * 247 + ".npz").returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
