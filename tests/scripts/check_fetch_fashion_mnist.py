"""Tests scripts/fetch_fashion_mnist.sh with shims of apt-get and dpkg-deb. Nothing is downloaded.

Usage: check_fetch_fashion_mnist.py SCRIPT
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(sys.argv.pop(1)).resolve()

# apt-get puts a package into the current folder, dpkg-deb unpacks it.
APT_GET = """#!/bin/bash
[[ ${1-} == -qq && $2 == download && ${APT_WORKS:-yes} == yes ]] && touch "$3_1_all.deb"
"""
DPKG_DEB = """#!/bin/bash
[[ $1 == -x && -e $2 ]] && mkdir -p "$3/usr/share/datasets/fashion-mnist" &&
    touch "$3"/usr/share/datasets/fashion-mnist/{train,t10k}-{images-idx3,labels-idx1}-ubyte.gz
"""


class FashionMnist(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="check fashion ")
        self.addCleanup(folder.cleanup)
        self.world = pathlib.Path(folder.name).resolve()
        (self.world / "scripts").mkdir()
        self.script = shutil.copy(SCRIPT, self.world / "scripts")
        self.bin = self.world / "bin"
        self.bin.mkdir()
        for name, text in ("apt-get", APT_GET), ("dpkg-deb", DPKG_DEB):
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)

    def fetch(self, *arguments, **environment):
        return subprocess.run([self.script, *arguments],
                              cwd=self.world, capture_output=True, text=True,
                              env={"PATH": f"{self.bin}:/usr/bin:/bin", **environment})

    def test_the_packages_files_come_to_data_and_are_kept(self):
        self.assertEqual(self.fetch().returncode, 0)
        folder = self.world / "data/fashion-mnist"
        self.assertEqual(sorted(path.name for path in folder.iterdir()), [
            "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz",
            "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"])
        again = self.fetch(APT_WORKS="no")
        self.assertEqual((again.returncode, again.stderr), (0, ""))

    def test_a_failure_says_what_to_do_by_hand_and_leaves_nothing(self):
        result = self.fetch("there", APT_WORKS="no")
        self.assertEqual(result.returncode, 1)
        self.assertIn("train-images-idx3-ubyte.gz", result.stderr)
        self.assertIn(f"put into {self.world / 'there'}", result.stderr)
        self.assertEqual(list((self.world / "there").iterdir()), [])

    def test_wrong_usage_exits_2(self):
        for arguments in (["a", "b"], ["--force"], [""]):
            self.assertEqual(self.fetch(*arguments).returncode, 2, arguments)


if __name__ == "__main__":
    unittest.main(verbosity=2)
