"""tblog.hpp compiles without a warning: by GCC and clang, as C++17 and C++20, with exceptions and
without, and also as two sources of one program. For wrong arguments it gives a readable compile
error.

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
            "-Wold-style-cast", "-Wnon-virtual-dtor", "-Wfloat-equal", "-Werror"]
STANDARDS = ["-std=c++17", "-std=c++20"]


def compilers():
    """CXX and the other installed compilers, each once."""
    found = [shutil.which(name) for name in (CXX, "g++", "clang++", "clang++-14")]
    return {os.path.realpath(path): path for path in found if path}.values()


def is_gcc(compiler):
    version = subprocess.run([compiler, "--version"], stdout=subprocess.PIPE, text=True,
                             timeout=LIMIT_SECONDS).stdout
    return "clang" not in version


def compile_with(compiler, *arguments):
    more = ["-Wuseless-cast"] if is_gcc(compiler) else []
    return subprocess.run([compiler, *WARNINGS, *more, f"-I{INCLUDE}", f"-I{TESTS}/support",
                           f"-I{TESTS}/../support/check", *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=LIMIT_SECONDS)


class Compilers(unittest.TestCase):
    def compile(self, compiler, *arguments):
        result = compile_with(compiler, *arguments)
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

    def test_older_standards_and_histograms_of_no_array_are_refused(self):
        with tempfile.TemporaryDirectory() as directory:
            source = os.path.join(directory, "list.cpp")
            with open(source, "w", encoding="utf-8") as file:
                file.write("#include <tblog/tblog.hpp>\n#include <list>\nint main()\n{\n"
                           "    tblog::writer().add_histogram(\"h\", 0, std::list<int>{1});\n}\n")
            for compiler in compilers():
                for standard, reason in (("c++14", "tblog.hpp needs C++17 or later"),
                                         ("c++17", "a histogram needs a contiguous container")):
                    with self.subTest(compiler=compiler, standard=standard):
                        result = compile_with(compiler, f"-std={standard}", "-fsyntax-only", source)
                        self.assertNotEqual(result.returncode, 0)
                        self.assertIn(reason, result.stdout)


if __name__ == "__main__":
    TESTS, INCLUDE, CXX = sys.argv[1:]
    SOURCE = os.path.join(TESTS, "library/check_hpp.cpp")
    del sys.argv[1:]
    unittest.main()
