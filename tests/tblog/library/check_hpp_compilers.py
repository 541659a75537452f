"""tblog.hpp compiles without a warning: by GCC and clang, as C++17 and C++20, with exceptions and
without, and also as two sources of one program.

Usage: check_hpp_compilers.py TESTS_OF_TBLOG INCLUDE_DIRECTORY CXX
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from waiting import LIMIT_SECONDS

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wsign-conversion",
            "-Wold-style-cast", "-Wnon-virtual-dtor", "-Werror"]
STANDARDS = ["-std=c++17", "-std=c++20"]


def compilers():
    """CXX and the other installed compilers, each once."""
    found = [shutil.which(name) for name in (CXX, "g++", "clang++", "clang++-14")]
    return {os.path.realpath(path): path for path in found if path}.values()


class Compilers(unittest.TestCase):
    def compile(self, compiler, *arguments):
        result = subprocess.run([compiler, *WARNINGS, f"-I{INCLUDE}", f"-I{TESTS}/support",
                                 f"-I{TESTS}/../support/check", *arguments],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                timeout=LIMIT_SECONDS)
        self.assertEqual((result.returncode, result.stdout), (0, ""), (compiler, arguments))

    def test_all_of_it_compiles_without_a_warning(self):
        for compiler in compilers():
            for standard in STANDARDS:
                for exceptions in ("-fexceptions", "-fno-exceptions"):
                    with self.subTest(compiler=compiler, standard=standard, exceptions=exceptions):
                        self.compile(compiler, standard, exceptions, "-fsyntax-only", SOURCE)

    def test_two_sources_of_a_program_may_include_it(self):
        with tempfile.TemporaryDirectory() as directory:
            sources = [os.path.join(directory, name) for name in ("a.cpp", "b.cpp")]
            for source in sources:
                with open(source, "w", encoding="utf-8") as file:
                    file.write("#include <tblog/tblog.hpp>\n#include <tblog/tblog.hpp>\n")
            for compiler in compilers():
                self.compile(compiler, "-std=c++17", "-r", "-nostdlib", *sources,
                             "-o", os.path.join(directory, "both.o"))


if __name__ == "__main__":
    TESTS, INCLUDE, CXX = sys.argv[1:]
    SOURCE = os.path.join(TESTS, "library/check_hpp.cpp")
    del sys.argv[1:]
    unittest.main()
