"""Both of TensorBoard's loaders show what the C++ examples log. The libtorch example is built here,
with the installed library and PyTorch's package, so libtorch's protobuf is in its process.

Usage: check_examples.py BUILD_DIRECTORY LIBTORCH_EXAMPLE LOG_SCALARS
"""

import math
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import torch
from tensorboard_server import TensorBoardServer
from waiting import LIMIT_SECONDS, wait_until

CMAKE = os.environ.get("CMAKE_COMMAND", "cmake")
PARAMETERS = ("0.weight", "0.bias", "3.weight", "3.bias")


def run(*command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            timeout=LIMIT_SECONDS)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {result.returncode}\n{result.stdout}")


def build_with_libtorch(folder):
    prefix = os.path.join(folder, "prefix")
    build = os.path.join(folder, "build")
    run(CMAKE, "--install", BUILD, "--prefix", prefix)
    run(CMAKE, "-S", LIBTORCH_EXAMPLE, "-B", build, "-DCMAKE_BUILD_TYPE=Debug",
        f"-DCMAKE_PREFIX_PATH={prefix};{torch.utils.cmake_prefix_path}",
        "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror")
    run(CMAKE, "--build", build)
    return os.path.join(build, "log_torch")


def setUpModule():
    global logs
    folder = tempfile.mkdtemp(prefix="tblog_examples_")
    unittest.addModuleCleanup(shutil.rmtree, folder)
    logs = os.path.join(folder, "logs")
    run(LOG_SCALARS, os.path.join(logs, "cpp"))
    run(build_with_libtorch(folder), os.path.join(logs, "torch"))


class Served:
    load_fast = None

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(TensorBoardServer(logs, cls.load_fast))

    def points(self, run, tag, count):
        """Waits until a tag has `count` points, and returns them."""
        def find():
            points = self.server.scalar_points().get((run, tag), [])
            return points if len(points) == count else None

        return wait_until(find, f"{count} points of {tag}")

    def plugin(self, kind, tag, count):
        """Waits until there are `count` values of a kind, and returns what TensorBoard serves for
        its page."""
        def find():
            if tag not in self.server.get(f"/data/plugin/{kind}/tags").get("torch", {}):
                return None
            values = self.server.get(f"/data/plugin/{kind}/{kind}", run="torch", tag=tag)
            return values if len(values) == count else None

        return wait_until(find, f"{count} {kind} of {tag}")

    def test_the_scalars_of_the_example_in_cpp(self):
        loss = self.points("cpp", "train/loss", 100)
        self.assertEqual([step for step, _ in loss], list(range(100)))
        for step, value in loss:
            self.assertAlmostEqual(value, math.exp(-0.05 * step), delta=1e-6)
        self.assertEqual([step for step, _ in self.points("cpp", "learning_rate", 10)],
                         list(range(0, 100, 10)))

    def test_the_scalars_of_the_example_with_libtorch(self):
        loss = self.points("torch", "train/loss", 50)
        self.assertLess(loss[-1][1], loss[0][1] / 2)  # it has learned
        accuracy = self.points("torch", "train/accuracy", 50)
        self.assertGreater(accuracy[-1][1], 0.9)

    def test_the_histograms_of_the_example_with_libtorch(self):
        for name in PARAMETERS:
            for part in ("weights", "gradients"):
                shown = self.plugin("histograms", f"{part}/{name}", 5)
                self.assertEqual([step for _, step, _ in shown], [0, 10, 20, 30, 40])
        elements = sum(count for _, _, count in self.plugin("histograms", "weights/0.weight", 5)[0][2])
        self.assertEqual(elements, 4 * 3 * 3)

    def test_the_images_of_the_example_with_libtorch(self):
        shown = self.plugin("images", "images", 5)
        self.assertEqual([one["step"] for one in shown], [0, 10, 20, 30, 40])
        png = self.server.get_bytes(f"/data/plugin/images/individualImage?{shown[0]['query']}")
        self.assertEqual(struct.unpack(">II", png[16:24]), (16, 16))


class DataServer(Served, unittest.TestCase):
    load_fast = "true"


class PythonLoader(Served, unittest.TestCase):
    load_fast = "false"


if __name__ == "__main__":
    BUILD, LIBTORCH_EXAMPLE, LOG_SCALARS = sys.argv[1:]
    del sys.argv[1:]
    unittest.main(verbosity=2)
