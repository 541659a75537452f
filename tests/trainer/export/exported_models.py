"""Shared by the tests of exported models: a model with random weights and a trained one, both
exported in every format, and the trainer's own predictions for MNIST's images with each.

docs/models.md shows how each program loads a file; the tests run the page's own lines.

Usage: check_….py TRAINER DOCS/MODELS.MD MNIST_FOLDER
"""

import io
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest

import numpy

from waiting import LIMIT_SECONDS

TRAINER, PAGE, MNIST = sys.argv[1:4]
del sys.argv[1:4]
TRAINING, VALIDATION, COMPARED = 6400, 2000, 1000
FORMATS = "onnx", "safetensors", "keras", "npz"
TOLERANCE = 1e-5  # of a probability: sums of 32-bit numbers in another order
SHAPES = {"conv1.weight": (32, 1, 3, 3), "conv1.bias": (32,), "conv2.weight": (64, 32, 3, 3),
          "conv2.bias": (64,), "fc1.weight": (128, 9216), "fc1.bias": (128,),
          "fc2.weight": (10, 128), "fc2.bias": (10,)}


def need(condition, reason):
    """Ends the test as skipped, or with CI=true as failed."""
    if not condition:
        print(reason, file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 77)


need(os.path.exists(os.path.join(MNIST, "train-images-idx3-ubyte")),
     f"no MNIST in {MNIST}: scripts/fetch_mnist.sh fetches it")


def write_part_of_mnist(folder):
    folder.mkdir()
    for part, count in ("train", TRAINING), ("t10k", VALIDATION):
        for kind, head, size in ("images-idx3", 16, 784), ("labels-idx1", 8, 1):
            name = f"{part}-{kind}-ubyte"
            with open(os.path.join(MNIST, name), "rb") as file:
                content = file.read(head + count * size)
            (folder / name).write_bytes(content[:4] + struct.pack(">I", count) + content[8:])


def write_random_model(path):
    """Weights for which the classes' probabilities all differ and none is near 0 or 1."""
    generator = numpy.random.default_rng(1)
    header, data = {}, b""
    for name, shape in SHAPES.items():
        scale = numpy.prod(shape[1:]) ** -0.5 if len(shape) > 1 else 0.1
        content = (generator.standard_normal(shape) * scale).astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": shape,
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def call(*arguments):
    return subprocess.run([str(argument) for argument in (TRAINER, *arguments)], check=True,
                          stdout=subprocess.PIPE, text=True, timeout=LIMIT_SECONDS).stdout


class ExportedModels(unittest.TestCase):
    """Makes a folder for each model, with model.onnx and so on."""

    READERS = ()  # sections of the page

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="exported-models-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        write_part_of_mnist(cls.folder / "data")
        cls.images = cls.read("t10k-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
        cls.images = (cls.images / 255).astype(numpy.float32)
        cls.labels = cls.read("t10k-labels-idx1-ubyte", 8)
        write_random_model(cls.folder / "random.safetensors")
        call("train", "--data", cls.folder / "data", "--logdir", cls.folder / "run", "--engine",
             "cpu", "--precision", "fp32", "--batch-size", 32, "--epochs", 1, "--quiet")
        cls.predicted = {}
        for model, source in ("random", "random.safetensors"), ("trained", "run"):
            (cls.folder / model).mkdir()
            for ending in FORMATS:
                call("export", cls.folder / source, "-o", cls.folder / model / f"model.{ending}")
            lines = call("predict", "--raw", "--engine", "cpu", "--precision", "fp32", "--format",
                         "csv", cls.folder / source, cls.folder / "data/t10k-images-idx3-ubyte")
            cls.predicted[model] = numpy.loadtxt(io.StringIO(lines), delimiter=",", skiprows=1,
                                                 usecols=range(3, 13), max_rows=COMPARED)
        cls.evaluation = json.loads(call("evaluate", "--format", "json", "--data",
                                         cls.folder / "data", cls.folder / "run"))

    @classmethod
    def read(cls, name, head):
        return numpy.fromfile(cls.folder / "data" / name, numpy.uint8, offset=head)

    @classmethod
    def weights(cls, model):
        with numpy.load(cls.folder / model / "model.npz") as arrays:
            return dict(arrays)

    def run_page(self, reader, **names):
        """The names that the lines of a section of the page define when they run in this folder."""
        with open(PAGE, encoding="utf-8") as file:
            lines = re.search(rf"^### {reader}\n.*?^```python\n(.*?)^```$", file.read(),
                              flags=re.M | re.S).group(1)
        space = {"images": self.images, **names}
        exec(compile(lines, f"{PAGE}: {reader}", "exec"), space)
        return space

    def load(self, model, reader):
        before = os.getcwd()
        os.chdir(self.folder / model)
        try:
            return self.run_page(reader)
        finally:
            os.chdir(before)

    def test_every_reader_finds_what_the_trainer_predicts(self):
        for reader in self.READERS:
            for model in self.predicted:
                with self.subTest(reader=reader, model=model):
                    found = numpy.asarray(self.load(model, reader)["probabilities"])
                    self.assertEqual(found.shape, (VALIDATION, 10))
                    error = numpy.abs(found[:COMPARED] - self.predicted[model]).max()
                    self.assertTrue(error <= TOLERANCE, error)
                    if model == "trained":
                        self.assert_accuracy(found)

    def assert_accuracy(self, probabilities):
        right = int((probabilities.argmax(axis=1) == self.labels).sum())
        self.assertEqual(right, self.evaluation["accuracy"]["correct"])
        self.assertGreater(right, 0.9 * VALIDATION)
