"""The trainer of a build with the CUDA engine, on a machine without a device.

Usage: check_cuda_trainer.py TRAINER

If there is a device, this test is skipped.
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

TRAINER = sys.argv.pop(1)
SKIPPED = 77


def write_idx(path, dimensions, data):
    header = bytes([0, 0, 8, len(dimensions)])
    header += b"".join(d.to_bytes(4, "big") for d in dimensions)
    path.write_bytes(header + data)


class CudaTrainerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="check cuda ")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "data").mkdir()
        for name, count in ("train", 4), ("t10k", 2):
            images = bytes(i % 251 for i in range(count * 784))
            write_idx(self.root / f"data/{name}-images-idx3-ubyte", [count, 28, 28], images)
            write_idx(self.root / f"data/{name}-labels-idx1-ubyte", [count], bytes(range(count)))

    def train(self, engine):
        return subprocess.run(
            [TRAINER, "train", "--engine", engine, "--epochs", "1", "--batch-size", "2",
             "--data", self.root / "data", "--logdir", self.root / "run"],
            capture_output=True, text=True)

    def test_auto_takes_the_cpu(self):
        result = self.train("auto")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, "Engine +cpu")

    def test_cuda_fails_with_one_line_that_says_why(self):
        result = self.train("cuda")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn("--engine cuda", result.stderr)
        self.assertRegex(result.stderr, "driver|device")
        self.assertFalse((self.root / "run").exists())

    def test_help_tells_of_the_engine(self):
        result = subprocess.run([TRAINER, "train", "--help"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0)
        self.assertIn("cuda", result.stdout)


if __name__ == "__main__":
    if pathlib.Path("/dev/nvidiactl").exists():
        print("this machine has an NVIDIA device")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
