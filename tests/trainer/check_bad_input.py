"""Wrong options, data and directories: the message names them, and no files are made. Arguments are
the trainer and tblog, as for trainer_test."""

import gzip
import random
import resource
import struct
import subprocess
import sys
import unittest
import zipfile

from trainer_test import TRAINING, VALIDATION, TrainerTest, events, idx, record, wait_for_epoch
from waiting import LIMIT_SECONDS


def npy(dtype, shape, data):
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(data)


def npz_arrays():
    """Keras' four arrays, by the names of their files in mnist.npz."""
    random_bytes = random.Random(2)
    arrays = {}
    for name, count in (("train", TRAINING), ("test", VALIDATION)):
        images = [random_bytes.randrange(256) for _ in range(count * 784)]
        arrays[f"x_{name}.npy"] = npy("|u1", (count, 28, 28), images)
        arrays[f"y_{name}.npy"] = npy("|u1", (count,), [i % 10 for i in range(count)])
    return arrays


def write_npz(path, arrays):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in arrays.items():
            archive.writestr(name, content)


class BadInput(TrainerTest):
    def test_good_input_passes(self):
        self.assert_done(self.train())

    def test_wrong_options_name_the_option(self):
        for option, value in (("--batch-size", "0"), ("--batch-size", "-1"),
                              ("--batch-size", "21"), ("--batch-size", "3x"),
                              ("--epochs", "0"), ("--epochs", "-2"), ("--epochs", "99999999999"),
                              ("--train-samples", "21"), ("--train-samples", "0"),
                              ("--learning-rate", "0"), ("--learning-rate", "nan"),
                              ("--learning-rate", "1e39"), ("--learning-rate", "1e-60"),
                              ("--seed", "-1"), ("--threads", "0"), ("--engine", "tpu"),
                              ("--precision", "fp64"), ("--update-freq", "0")):
            self.assert_refused(self.train(option, value), 2, option, value)
            self.assertFalse(self.run_directory.exists())

    def test_what_the_engine_cannot_do_is_refused(self):
        self.assert_refused(self.train("--engine", "cpu", "--precision", "tf32"), 2,
                            "--engine cpu", "precision tf32 is not available")
        self.assert_refused(self.train("--precision", "bf16", "--isa", "portable"), 1,
                            "--engine cpu", "precision bf16 needs AVX512-BF16")
        self.assert_refused(self.train("--isa", "sse9"), 1, "--engine cpu",
                            "isa 'sse9' is unknown", "portable")
        self.assertFalse(self.run_directory.exists())

    def test_sweep_refuses_a_batch_size_before_training_the_others(self):
        result = self.call("sweep", "--logdir", "logs", "--batch-sizes", "8,21")
        self.assert_refused(result, 2, "--batch-sizes", "21")
        self.assertFalse((self.folder / "logs").exists())

    def test_a_list_that_is_not_separated_by_commas_alone_is_refused_as_such(self):
        for option, example in (("--batch-sizes", "64,32,16"),
                                ("--learning-rates", "0.0005,0.001,0.002")):
            for text in "64,", "64 32", "64, 32", "64;32", "64\t32", "":
                result = self.call("sweep", option, text)
                self.assert_refused(result, 2, f'{option}: "{text}" is not a list of numbers: '
                                    f"separate them by commas without blanks, as in {example}")
        self.assertFalse((self.folder / "logs").exists())

    def test_bad_data_is_named_and_makes_no_run(self):
        images, labels = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
        good = {name: (self.data / name).read_bytes() for name in (images, labels)}
        cases = {
            "missing": (images, None),
            "truncated": (images, good[images][:-1]),
            "oversized": (images, good[images] + b"x"),
            "not IDX": (images, b"PNG" + good[images][3:]),
            "of another type": (images, idx(0xD03, (TRAINING, 28, 28), good[images][16:])),
            "of other counts": (labels, idx(0x801, (TRAINING - 1,), good[labels][8:-1])),
            "with a label above 9": (labels, good[labels][:-1] + b"\x0a"),
            "empty": (labels, b""),
            "without samples": (labels, idx(0x801, (0,), b"")),
        }
        for what, (name, content) in cases.items():
            with self.subTest(what):
                path = self.data / name
                path.unlink() if content is None else path.write_bytes(content)
                self.assert_refused(self.train(), 1, name)
                self.assertFalse(self.run_directory.exists())
                path.write_bytes(good[name])
        with self.subTest("corrupt gzip"):
            packed = bytearray(gzip.compress(good[images]))
            packed[len(packed) // 2] ^= 0xFF
            (self.data / images).unlink()
            (self.data / f"{images}.gz").write_bytes(packed)
            self.assert_refused(self.train(), 1, f"{images}.gz")
            (self.data / f"{images}.gz").write_bytes(gzip.compress(good[images]))
            self.assert_done(self.train())

    def test_a_bad_npz_is_named_and_makes_no_run(self):
        path = self.folder / "mnist.npz"
        good = npz_arrays()
        write_npz(path, good)
        packed = path.read_bytes()
        self.assert_done(self.call("train", "--data", path, "--logdir", self.folder / "control",
                                   "--batch-size", 8, "--epochs", 2))
        configuration = record(self.folder / "control")["configuration"]
        self.assertEqual((configuration["training_samples"], configuration["validation_samples"]),
                         (TRAINING, VALIDATION))

        damaged = bytearray(packed)  # stored, not deflated: a pixel of x_test
        damaged[packed.index(good["x_test.npy"]) + 1000] ^= 0xFF
        path.write_bytes(damaged)
        self.assert_npz_refused(path, "x_test", "CRC")

        floats = npy("<f2", (TRAINING, 28, 28), bytes(2 * TRAINING * 784))
        write_npz(path, {**good, "x_train.npy": floats})
        self.assert_npz_refused(path, "x_train", "<f2")

        write_npz(path, {name: array for name, array in good.items() if name != "y_test.npy"})
        self.assert_npz_refused(path, "y_test")

    def assert_npz_refused(self, path, *words):
        before = sorted(self.folder.iterdir())
        for command in (("train", "--logdir", self.run_directory), ("sweep",)):
            result = self.call(command[0], "--data", path, *command[1:])
            self.assert_refused(result, 1, path, *words)
            self.assertEqual(result.stdout, "")
            self.assertEqual(sorted(self.folder.iterdir()), before)

    def test_data_that_is_not_there_is_named(self):
        for path in ("nowhere", "nowhere.npz"):
            self.assert_refused(self.call("train", "--data", path, "--logdir", "run"), 1, path)
            self.assertFalse((self.folder / "run").exists())

    def test_an_unwritable_log_directory_is_named(self):
        (self.folder / "file").write_text("not a directory")
        for path in (self.folder / "file", self.folder / "file/run", "/proc/run", "/dev/null/run"):
            result = self.call("train", "--logdir", path, "--batch-size", 8)
            self.assert_refused(result, 1, path if "proc" in str(path) else "file" if
                                "file" in str(path) else "/dev/null")
        self.assert_refused(self.call("sweep", "--logdir", "file", "--batch-sizes", "8"), 1, "file")

    def test_a_log_directory_that_vanishes_ends_the_run(self):
        process = subprocess.Popen(
            self.command("train", "--logdir", self.run_directory, "--batch-size", 4, "--epochs",
                         1000000, "--quiet"), stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        wait_for_epoch(self.run_directory)
        self.run_directory.rename(self.folder / "elsewhere")
        self.assertEqual(process.wait(timeout=LIMIT_SECONDS), 1)
        told = process.stderr.read()
        self.assertEqual(told.count("\n"), 1, told)
        self.assertIn(str(self.run_directory), told)
        self.assertFalse(self.run_directory.exists())

    def test_a_log_that_cannot_grow_ends_the_run_marked(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (40000, 40000))

        result = self.train("--epochs", 1000000, "--update-freq", "batch", preexec_fn=limit)
        self.assert_refused(result, 1, self.run_directory, "File too large")
        self.assertEqual(record(self.run_directory)["state"], "interrupted")
        self.assertTrue(events(self.run_directory, "train"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
