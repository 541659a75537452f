"""The lines of README.md that train a network, read a digit with it and export it.
usage: check_readme.py TRAINER README MNIST_DIRECTORY"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from drawn_digits import png, read_idx
from waiting import LIMIT_SECONDS

TRAINER, README, MNIST = (pathlib.Path(argument) for argument in sys.argv[1:4])


class Readme(unittest.TestCase):
    def test_a_network_is_trained_reads_a_digit_and_is_exported(self):
        block = re.search(r"```sh\n(trainer train [^`]*trainer export [^`]*)```",
                          README.read_text(encoding="utf-8"))
        self.assertIsNotNone(block)
        with tempfile.TemporaryDirectory(prefix="readme-test-") as folder:
            folder = pathlib.Path(folder)
            (folder / "data").mkdir()
            (folder / "data" / "mnist").symlink_to(MNIST.resolve())
            digit = read_idx(MNIST / "t10k-images-idx3-ubyte")[0]
            (folder / "digit.png").write_bytes(png(255 - digit))
            lines = block[1].replace("/tmp/digits", str(folder / "digits"))
            environment = {**os.environ, "PATH": f"{TRAINER.parent}:{os.environ['PATH']}"}
            result = subprocess.run(["bash", "-e", "-c", lines], cwd=folder, env=environment,
                                    capture_output=True, text=True, timeout=LIMIT_SECONDS)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertRegex(result.stdout, r"(?m)^digit\.png: 7 [01]\.")
            self.assertGreater((folder / "digits.onnx").stat().st_size, 4_700_000)
            self.assertTrue((folder / "digits" / "model.safetensors").exists())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
