"""trainer predict, as its users run it, with a network that was just trained on MNIST.
usage: check_predict.py TRAINER MNIST_DIRECTORY"""

import csv
import gzip
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import numpy

from drawn_digits import draw, idx, pgm, png, read_idx
from waiting import LIMIT_SECONDS

TRAINER, MNIST = sys.argv[1], pathlib.Path(sys.argv[2])
COUNT = 1000
IMAGES = "t10k-images-idx3-ubyte"


def call(*arguments, **settings):
    return subprocess.run([str(a) for a in (TRAINER, *arguments)], capture_output=True,
                          timeout=LIMIT_SECONDS, **settings)


class Predict(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="predict-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.images = read_idx(MNIST / IMAGES)[:COUNT]
        cls.labels = read_idx(MNIST / "t10k-labels-idx1-ubyte")[:COUNT]
        cls.run_directory = cls.folder / "run"
        trained = call("train", "--data", MNIST, "--logdir", cls.run_directory, "--epochs", 1,
                       "--train-samples", 10000, "--quiet")
        assert trained.returncode == 0, trained.stderr
        cls.put("originals.idx", idx(cls.images))
        cls.raw = cls.rows("originals.idx", "--raw")

    @classmethod
    def put(cls, name, content):
        (cls.folder / name).write_bytes(content)
        return name

    @classmethod
    def predict(cls, *arguments, model=None, text=True, **settings):
        return call("predict", model or cls.run_directory, *arguments, cwd=cls.folder, text=text,
                    **settings)

    @classmethod
    def rows(cls, *arguments, **settings):
        """The lines of a prediction as CSV."""
        result = cls.predict(*arguments, "--format", "csv", **settings)
        assert (result.returncode, result.stderr) == (0, ""), result.stderr
        return list(csv.DictReader(io.StringIO(result.stdout)))

    @staticmethod
    def probabilities(rows):
        return numpy.array([[float(row[f"p{i}"]) for i in range(10)] for row in rows])

    def accuracy(self, rows):
        self.assertEqual(len(rows), COUNT)
        return numpy.mean(numpy.array([int(row["class"]) for row in rows]) == self.labels)

    def assert_refused(self, result, code, *words):
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertTrue(result.stderr.startswith("trainer predict: "), result.stderr)
        for word in words:
            self.assertIn(str(word), result.stderr)

    def test_the_network_has_learnt(self):
        self.assertGreater(self.accuracy(self.raw), 0.9)
        self.assertLess(numpy.abs(self.probabilities(self.raw).sum(axis=1) - 1).max(), 1e-5)

    def test_digits_drawn_otherwise_are_read_as_well_as_the_originals(self):
        random = numpy.random.default_rng(1)
        names = []
        for i, image in enumerate(self.images):
            kind, write = (".png", png) if i % 4 == 0 else (".pgm", pgm)
            names.append(self.put(f"{i}{kind}", write(draw(image, random))))
        rows = self.rows(*names)
        self.assertEqual([row["image"] for row in rows], names)
        self.assertGreater(self.accuracy(rows), self.accuracy(self.raw) - 0.01)

    def test_mnists_form_leaves_mnist_as_it_is(self):
        rows = self.rows("originals.idx")
        same = numpy.all(self.probabilities(rows) == self.probabilities(self.raw), axis=1)
        self.assertGreater(same.mean(), 0.998)

    def test_an_image_is_the_same_in_every_kind_of_file(self):
        picture = draw(self.images[0], numpy.random.default_rng(2))
        self.put("a.png", png(picture))
        self.put("a.pgm", pgm(picture))
        first, second = self.rows("a.png", "a.pgm")
        self.assertEqual({**first, "image": "a.pgm"}, second)
        for kind in "png", "pgm":
            standard = self.rows("-", input=(self.folder / f"a.{kind}").read_bytes().decode("latin1"),
                                 encoding="latin1", text=None)
            self.assertEqual(standard, [{**first, "image": "standard input"}])

    def test_idx_files_are_taken_plain_and_gzipped_and_from_a_pipe(self):
        few = idx(self.images[:3])
        self.put("few", few)
        self.put("few.gz", gzip.compress(few))
        plain = self.rows("few", "--raw")
        self.assertEqual([row["index"] for row in plain], ["0", "1", "2"])
        self.assertEqual([{**row, "image": "originals.idx"} for row in plain], self.raw[:3])
        self.assertEqual(self.rows("few.gz", "--raw"), [{**row, "image": "few.gz"} for row in plain])
        for name in "few", "few.gz":
            with open(self.folder / name, "rb") as file:
                standard = self.rows("-", "--raw", stdin=file)
            self.assertEqual(standard, [{**row, "image": "standard input"} for row in plain])

    def test_the_formats_say_the_same(self):
        name = self.put('a "digit", äö.png', png(self.images[5]))
        self.put("few", idx(self.images[:2]))
        as_csv = self.rows(name, "few")
        as_json = json.loads(self.predict(name, "few", "--format", "json").stdout)
        as_text = self.predict(name, "few").stdout.splitlines()
        self.assertEqual(len(as_csv), 3)
        for row, item, line in zip(as_csv, as_json, as_text, strict=True):
            self.assertEqual(row["image"], item["image"])
            self.assertEqual(row["index"], str(item.get("index", "")))
            self.assertEqual(int(row["class"]), item["class"])
            self.assertEqual([float(row[f"p{i}"]) for i in range(10)], item["probabilities"])
            best = sorted(range(10), key=lambda i: -item["probabilities"][i])[:3]
            index = f"[{item['index']}]" if "index" in item else ""
            self.assertEqual(line, f"{item['image']}{index}: " + ", ".join(
                f"{i} {item['probabilities'][i]:.4f}" for i in best))
        self.assertEqual(as_csv[0]["image"], name)

    def test_a_format_with_no_prediction_is_still_whole(self):
        for form, empty in (("json", "[]\n"), ("text", ""),
                            ("csv", "image,index,class," + ",".join(f"p{i}" for i in range(10)) + "\n")):
            result = self.predict("nowhere.png", "--format", form)
            self.assert_refused(result, 1, "nowhere.png: No such file or directory")
            self.assertEqual(result.stdout, empty)

    def test_what_is_refused_leaves_the_others(self):
        self.put("good.png", png(self.images[0]))
        for name, content, reason in (
                ("empty.png", b"", "is empty"),
                ("cut.png", png(self.images[0])[:200], "is not a valid PNG: "),
                ("photo.jpg", b"\xff\xd8\xff\xe0....", "is a JPEG: convert it to PNG"),
                ("white.png", png(numpy.full((40, 30), 255, numpy.uint8)), "has the same grey all over"),
                ("bomb.pgm", b"P5 99999 99999 255\n", "has 99999x99999 pixels; at most 32768 a side"),
                ("labels", (MNIST / "t10k-labels-idx1-ubyte").read_bytes(), "1 dimension(s)"),
                ("small", idx(self.images[:3, :20, :20]), "holds images of 20x20 instead of 28x28")):
            self.put(name, content)
            result = self.predict("good.png", name, "good.png")
            self.assert_refused(result, 1, f"{name}: ", reason)
            self.assertEqual(re.findall(r"(?m)^good\.png: \d 0\.\d{4}, ", result.stdout),
                             re.findall(r"(?m)^.*?, ", result.stdout))
            self.assertEqual(result.stdout.count("\n"), 2)

    def test_an_empty_image_of_an_idx_file_is_named_by_its_index(self):
        images = self.images[:3].copy()
        images[1] = 0
        self.put("gap", idx(images))
        result = self.predict("gap")
        self.assert_refused(result, 1, "gap[1]: has the same grey all over")
        self.assertEqual(re.findall(r"(?m)^gap\[(\d)\]", result.stdout), ["0", "2"])

    def test_raw_takes_28_by_28_alone(self):
        self.put("right.png", png(self.images[0]))
        self.put("wrong.png", png(self.images[0][:27]))
        self.assertEqual({**self.rows("right.png", "--raw")[0], "image": "originals.idx", "index": "0"},
                         self.raw[0])
        self.assert_refused(self.predict("wrong.png", "--raw"), 1, "wrong.png: is 28x27: ", "28x28")

    def test_the_model_may_be_the_file_itself(self):
        file = self.run_directory / "model.safetensors"
        self.assertEqual(self.rows("originals.idx", "--raw", model=file), self.raw)
        self.assert_refused(self.predict("originals.idx", model=self.folder / "none"), 1, "none")
        self.assert_refused(self.predict("originals.idx", "--best"), 1, "best.safetensors")

    def test_the_engine_may_be_chosen(self):
        other = self.predict("originals.idx", "--raw", "--format", "csv", "--isa", "portable",
                             "--threads", 1)
        self.assertEqual(other.returncode, 0, other.stderr)
        rows = list(csv.DictReader(io.StringIO(other.stdout)))
        self.assertLess(numpy.abs(self.probabilities(rows) - self.probabilities(self.raw)).max(), 1e-4)
        if not (self.probabilities(rows) == self.probabilities(self.raw)).all():
            self.assertRegex(other.stderr, r"\ANote: .*portable.*last digits may differ\n\Z")
        self.assert_refused(self.predict("originals.idx", "--engine", "abacus"), 2, "abacus")
        self.assert_refused(self.predict("originals.idx", "--isa", "mmx"), 1, "mmx")
        self.assert_refused(self.predict("originals.idx", "--precision", "fp8"), 2, "fp8")

    def test_help_names_it_and_suggests_its_options(self):
        self.assertRegex(call("--help", text=True).stdout, r"(?m)^  predict +read the digits")
        for option in "--help", "--version":
            self.assertEqual(call("predict", option).returncode, 0)
        self.assert_refused(call("predict", "run", "a.png", "--formt", "csv", text=True), 2,
                            "did you mean '--format'?")

    def test_images_before_the_model_are_told(self):
        for name, content in (("a.png", png(self.images[0])), ("a.pgm", pgm(self.images[0])),
                              ("few", idx(self.images[:2]))):
            result = self.predict(self.run_directory, model=self.put(name, content))
            self.assert_refused(result, 1, f"{name} is a file of images, not a model: give the "
                                "run's directory or a model first, then the images")
        self.put("broken", b"x" * 9)
        self.assert_refused(self.predict("a.png", model="broken"), 1, "broken: it is")

    def test_wrong_usage_is_told(self):
        for arguments, word in (((), "MODEL is missing: give"),
                                (("run",), "IMAGE is missing: give the run's directory or a model first"),
                                (("", "a"), "MODEL: the name is empty"),
                                (("run", ""), "IMAGE: the name is empty"),
                                (("run", "a", "--format", "xml"), "xml")):
            self.assert_refused(call("predict", *arguments, text=True), 2, word)


if not (MNIST / IMAGES).exists():
    print(f"{MNIST} has no MNIST: scripts/fetch_mnist.sh fetches it", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") == "true" else 77)
del sys.argv[1:]
unittest.main()
