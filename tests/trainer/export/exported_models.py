"""What the tests of exported models share: a model of random weights and a trained one, both exported
in every format, and what the network makes of MNIST's images, computed in double precision from the
arrays of the .npz file.

How each program loads a file is what docs/models.md shows: the tests run the page's own lines.

Usage: check_….py TRAINER DOCS/MODELS.MD MNIST_FOLDER
"""

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
TRAINING, VALIDATION, COMPARED, AT_ONCE = 6400, 2000, 1000, 50
FORMATS = "onnx", "safetensors", "keras", "npz"
TOLERANCE = 1e-5  # of a probability, as a 32-bit network is from one in double precision
SHAPES = {"conv1.weight": (32, 1, 3, 3), "conv1.bias": (32,), "conv2.weight": (64, 32, 3, 3),
          "conv2.bias": (64,), "fc1.weight": (128, 9216), "fc1.bias": (128,),
          "fc2.weight": (10, 128), "fc2.bias": (10,)}


def need(condition, reason):
    """Ends the test as skipped, or where nothing may be skipped as failed."""
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
    """Weights by which the classes' probabilities are all different and none is near 0 or 1."""
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
    subprocess.run([str(argument) for argument in (TRAINER, *arguments)], check=True,
                   stdout=subprocess.DEVNULL, timeout=LIMIT_SECONDS)


def convolve(images, weights, layer):
    kernel, bias = (weights[f"{layer}/{part}"].astype(float) for part in ("kernel", "bias"))
    windows = numpy.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(1, 2))
    flat = windows.transpose(0, 1, 2, 4, 5, 3).reshape(*windows.shape[:3], -1)
    return numpy.maximum(flat @ kernel.reshape(-1, kernel.shape[3]) + bias, 0)


def dense(values, weights, layer):
    kernel, bias = (weights[f"{layer}/{part}"].astype(float) for part in ("kernel", "bias"))
    return values @ kernel + bias


def network(weights, images):
    """Probabilities [N,10] of images [N,28,28,1]."""
    images = convolve(convolve(images.astype(float), weights, "conv1"), weights, "conv2")
    pooled = images.reshape(-1, 12, 2, 12, 2, 64).max(axis=(2, 4))
    values = numpy.maximum(dense(pooled.reshape(len(pooled), -1), weights, "dense1"), 0)
    scores = dense(values, weights, "dense2")
    powers = numpy.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


class ExportedModels(unittest.TestCase):
    """A folder for each model, with model.onnx and so on."""

    MODELS = "random", "trained"
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
        for model, source in ("random", "random.safetensors"), ("trained", "run"):
            (cls.folder / model).mkdir()
            for ending in FORMATS:
                call("export", cls.folder / source, "-o", cls.folder / model / f"model.{ending}")
        cls.expected = {model: cls.expect(model) for model in cls.MODELS}

    @classmethod
    def read(cls, name, head):
        return numpy.fromfile(cls.folder / "data" / name, numpy.uint8, offset=head)

    @classmethod
    def weights(cls, model):
        with numpy.load(cls.folder / model / "model.npz") as arrays:
            return dict(arrays)

    @classmethod
    def expect(cls, model):
        weights = cls.weights(model)
        images = cls.images[:COMPARED].reshape(-1, 28, 28, 1)
        return numpy.concatenate([network(weights, images[i : i + AT_ONCE])
                                  for i in range(0, COMPARED, AT_ONCE)])

    def run_page(self, reader, **names):
        """The probabilities that the lines of a section of the page find, run in this folder."""
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

    def test_every_reader_finds_the_same_probabilities(self):
        for reader in self.READERS:
            for model in self.MODELS:
                with self.subTest(reader=reader, model=model):
                    found = numpy.asarray(self.load(model, reader)["probabilities"])
                    self.assertEqual(found.shape, (VALIDATION, 10))
                    error = numpy.abs(found[:COMPARED] - self.expected[model]).max()
                    self.assertTrue(error <= TOLERANCE, error)
                    if model == "trained":
                        self.assert_accuracy(found)

    def assert_accuracy(self, probabilities):
        """That of the run, whose engine has computed it itself."""
        record = json.loads((self.folder / "run/run.json").read_text())
        right = int((probabilities.argmax(axis=1) == self.labels).sum())
        self.assertEqual(right, round(record["results"]["val_accuracy"] * VALIDATION))
        self.assertGreater(right, 0.9 * VALIDATION)
