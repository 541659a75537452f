"""tblog as a part of another project, by add_subdirectory and by FetchContent: it works there, and
changes nothing in that project.

Usage: check_subproject.py SOURCE_DIRECTORY

Uses the CMake that $CMAKE_COMMAND names.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

from waiting import LIMIT_SECONDS

SOURCE = os.path.abspath(sys.argv.pop(1))
PARENT = os.path.join(SOURCE, "tests/install/parent")
CMAKE = os.environ.get("CMAKE_COMMAND", "cmake")
CTEST = os.path.join(os.path.dirname(CMAKE), "ctest")
OWN_TARGETS = {"docs", "parent_tblog", "parent_tblog_static"}
# Targets of CMake itself and of its module CTest, which the parent includes.
CMAKE_TARGETS = r"all|clean|depend|test|install.*|list_.*|edit_cache|rebuild_cache" \
                r"|(Nightly|Continuous|Experimental).*"
# Variables that CMake and its modules cache for any project.
CMAKE_CACHE = r"CMAKE_|FETCHCONTENT_|FIND_PACKAGE_MESSAGE_DETAILS_|PKG_CONFIG_|prefix_result$"


def run(*command, **options):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            stdin=subprocess.DEVNULL, timeout=LIMIT_SECONDS, **options)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {result.returncode}\n{result.stdout}")
    return result.stdout


def names_in_cache(build):
    with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as file:
        return {line.split(":")[0] for line in file if ":" in line and line[0].isalpha()}


class Subproject:
    """The tests for both ways. The two classes below choose the way."""

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.build = os.path.join(holder.name, "build")
        run(CMAKE, "-S", PARENT, "-B", cls.build, "-G", "Unix Makefiles",
            f"-DTBLOG_SOURCE={SOURCE}", f"-DBY={cls.way}", "-DCMAKE_BUILD_TYPE=Debug")
        run(CMAKE, "--build", cls.build, "--parallel", "2")

    def path(self, name):
        return os.path.join(self.build, name)

    def test_both_libraries_work_beside_functions_of_the_same_names(self):
        for library in ("tblog", "tblog_static"):
            with self.subTest(library=library):
                logs = self.path(f"logs_{library}")
                self.assertEqual(run(self.path(f"parent_{library}"), logs),
                                 "the parent's, the parent's, the parent's\n")
                self.assertEqual(len(os.listdir(logs)), 1)
        self.assertIn("libtblog.so", run("ldd", self.path("parent_tblog")))
        self.assertNotIn("libtblog", run("ldd", self.path("parent_tblog_static")))

    def test_the_targets_of_tblog_are_named_so(self):
        lines = run(CMAKE, "--build", self.build, "--target", "help").splitlines()
        targets = {line.split()[1] for line in lines if line.startswith("... ")}
        self.assertLess(OWN_TARGETS, targets)
        self.assertIn("tblog_shared", targets)
        for target in targets - OWN_TARGETS:
            self.assertRegex(target, rf"^(tblog_.*|{CMAKE_TARGETS}|.*\.[ios])$")

    def test_no_variable_of_the_cache_is_tblogs_but_what_is_named_so(self):
        with tempfile.TemporaryDirectory() as alone:
            run(CMAKE, "-S", PARENT, "-B", alone)
            added = names_in_cache(self.build) - names_in_cache(alone) - {"BY"}
        self.assertIn("TBLOG_INSTALL", added)
        for name in added:
            self.assertRegex(name, rf"^(TBLOG_|tblog_|pkgcfg_lib_TBLOG_|{CMAKE_CACHE})")

    def test_the_parents_files_are_compiled_as_it_says(self):
        with open(self.path("compile_commands.json"), encoding="utf-8") as file:
            commands = {entry["file"]: entry["command"] for entry in json.load(file)}
        self.assertNotRegex(commands[os.path.join(PARENT, "parent.c")],
                            "-std|-W|POSIX|-fvisibility|-fno-lto")
        for command in commands.values():
            self.assertNotRegex(command, "-Werror|-fsanitize")

    def test_the_parents_outputs_lie_where_it_wants_them(self):
        self.assertFalse({"bin", "lib"} & set(os.listdir(self.build)))

    def test_the_only_test_is_the_parents(self):
        self.assertIn("Total Tests: 1\n", run(CTEST, "-N", cwd=self.build))

    def test_the_parent_alone_is_installed(self):
        prefix = self.path("prefix")
        run(CMAKE, "--install", self.build, "--prefix", prefix)
        installed = [name for _, _, names in os.walk(prefix) for name in names]
        self.assertEqual(installed, ["parent_tblog_static"])


class AddSubdirectory(Subproject, unittest.TestCase):
    way = "add_subdirectory"


class FetchContent(Subproject, unittest.TestCase):
    way = "FetchContent"


if __name__ == "__main__":
    unittest.main()
