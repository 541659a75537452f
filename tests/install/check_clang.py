"""clang builds tblog, its command and its tests without a warning, and the quick tests pass.

Usage: check_clang.py SOURCE_DIRECTORY
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from waiting import LIMIT_SECONDS

SOURCE = os.path.abspath(sys.argv.pop(1))
CMAKE = os.environ.get("CMAKE_COMMAND", "cmake")
CTEST = os.path.join(os.path.dirname(shutil.which(CMAKE)), "ctest")
CLANG = shutil.which("clang-14") or shutil.which("clang")
CLANGXX = shutil.which("clang++-14") or shutil.which("clang++")


class Clang(unittest.TestCase):
    def run_command(self, *command):
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                stdin=subprocess.DEVNULL, timeout=LIMIT_SECONDS)
        self.assertEqual(result.returncode, 0, f"{' '.join(command)}\n{result.stdout}")

    def test_tblog_and_its_tests_build_without_a_warning_and_pass(self):
        with tempfile.TemporaryDirectory() as build:
            self.run_command(CMAKE, "-S", SOURCE, "-B", build, "-DTBLOG_ONLY=ON",
                             "-DWARNINGS_AS_ERRORS=ON", "-DCMAKE_BUILD_TYPE=Release",
                             f"-DCMAKE_C_COMPILER={CLANG}", f"-DCMAKE_CXX_COMPILER={CLANGXX}")
            self.run_command(CMAKE, "--build", build, "--parallel", "2")
            self.run_command(CTEST, "--test-dir", build, "--output-on-failure", "--parallel", "2",
                             "--label-regex", "^tblog$", "--label-exclude", "^tier-")


if __name__ == "__main__":
    if not CLANG or not CLANGXX:
        print("cannot run without clang: scripts/setup.sh --all-tests installs it", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    unittest.main()
