"""The archive of scripts/release.sh, as its users get it: built and tested from its own contents.

Usage: check_release.py SOURCE_DIRECTORY [Archive] [Whole]
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

from waiting import LIMIT_SECONDS

SOURCE = os.path.abspath(sys.argv.pop(1))
CC = os.environ.get("CC", "cc")
CMAKE = os.environ.get("CMAKE_COMMAND", "cmake")
CTEST = os.path.join(os.path.dirname(CMAKE), "ctest")
# Where scripts/fetch_protobuf_c.sh puts it.
PROTOBUF_C = os.path.join(SOURCE, "build/protobuf-c")

scratch = None
archive = None


def run(*command, **options):
    options.setdefault("env", environment())
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            stdin=subprocess.DEVNULL, timeout=LIMIT_SECONDS, **options)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {result.returncode}\n{result.stdout}")
    return result.stdout


def environment(**more):
    """Without CI=true, so tests that lack a Python environment or MNIST are skipped in the unpacked
    archive."""
    return dict({name: value for name, value in os.environ.items() if name != "CI"}, **more)


def without_protoc_c(**more):
    """An environment in which calling protoc-c fails."""
    return environment(PATH=f"{scratch}/shims:{os.environ['PATH']}", **more)


def make_archive(folder):
    run(os.path.join(SOURCE, "scripts/release.sh"), "--allow-changes", "--protobuf-c", PROTOBUF_C,
        "--output", folder)
    [name] = (name for name in os.listdir(folder) if name.endswith(".tar.gz"))
    return os.path.join(folder, name)


def setUpModule():
    global scratch, archive
    holder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(holder.cleanup)
    scratch = holder.name
    os.mkdir(os.path.join(scratch, "shims"))
    shim = os.path.join(scratch, "shims/protoc-c")
    with open(shim, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\nexit 1\n")
    os.chmod(shim, 0o755)
    archive = make_archive(os.path.join(scratch, "archive"))


class Unpacked(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.directory = holder.name
        run("tar", "-xf", archive, "-C", self.directory)
        [name] = os.listdir(self.directory)
        self.root = os.path.join(self.directory, name)

    def path(self, name):
        return os.path.join(self.directory, name)

    def assert_logs(self, program):
        logs = tempfile.mkdtemp(dir=self.directory)
        run(program, logs)
        self.assertEqual(len(os.listdir(logs)), 1)


class Archive(Unpacked):
    def test_the_checksum_is_right_and_the_bytes_are_the_same_again(self):
        run("sha256sum", "--check", f"{archive}.sha256", cwd=os.path.dirname(archive))
        again = make_archive(self.path("again"))
        with open(archive, "rb") as one, open(again, "rb") as other:
            self.assertEqual(one.read(), other.read())

    def test_all_lies_in_one_folder_that_is_named_as_the_archive(self):
        with tarfile.open(archive) as file:
            members = file.getmembers()
        self.assertEqual({member.name.split("/")[0] for member in members},
                         {os.path.basename(archive).removesuffix(".tar.gz")})
        self.assertEqual({(member.uid, member.gid) for member in members}, {(0, 0)})

    def test_the_library_needs_zlib_alone(self):
        packages = self.path("packages")
        os.mkdir(packages)
        origin = run("pkg-config", "--variable=pcfiledir", "zlib").strip()
        shutil.copy(os.path.join(origin, "zlib.pc"), packages)
        bare = without_protoc_c(PKG_CONFIG_LIBDIR=packages, PKG_CONFIG_PATH="")
        run(CMAKE, "-S", self.root, "-B", self.path("build"), "-DTBLOG_ONLY=ON", "-DTBLOG_TOOL=OFF",
            "-DBUILD_TESTING=OFF", "-DWARNINGS_AS_ERRORS=ON", f"-DCMAKE_C_COMPILER={CC}", env=bare)
        run(CMAKE, "--build", self.path("build"), "--parallel", "2", env=bare)
        run(CMAKE, "--install", self.path("build"), "--prefix", self.path("prefix"))
        bare["PKG_CONFIG_PATH"] = next(
            folder for folder, _, names in os.walk(self.path("prefix")) if "tblog.pc" in names)
        example = os.path.join(self.root, "tblog/examples/log_scalars.c")
        flags = run("pkg-config", "--static", "--cflags", "--libs", "tblog", env=bare).split()
        run(CC, "-static", example, *flags, "-lm", "-o", self.path("log"))
        self.assert_logs(self.path("log"))
        self.assertNotIn("protobuf", run("pkg-config", "--static", "--libs", "tblog", env=bare))
        consumer = os.path.join(SOURCE, "tests/install/consumer")
        version = run("pkg-config", "--modversion", "tblog", env=bare).strip()
        run(CMAKE, "-S", consumer, "-B", self.path("consumer"), f"-DVERSION={version}",
            f"-DCMAKE_PREFIX_PATH={self.path('prefix')}",
            f"-DEXAMPLES={os.path.join(self.root, 'tblog/examples')}", env=bare)
        run(CMAKE, "--build", self.path("consumer"), "--parallel", "2")
        self.assert_logs(self.path("consumer/log_c_tblog_static"))

    def test_the_librarys_quick_tests_pass_without_the_trainer(self):
        build = self.path("build")
        run(CMAKE, "-S", self.root, "-B", build, "-DTBLOG_ONLY=ON", "-DCMAKE_BUILD_TYPE=Release",
            f"-DCMAKE_C_COMPILER={CC}", env=without_protoc_c())
        run(CMAKE, "--build", build, "--parallel", "2", env=without_protoc_c())
        run(CTEST, "--output-on-failure", "--parallel", "2", "--label-regex", "^tblog$",
            "--label-exclude", "^tier-", cwd=build)

    def test_the_project_of_the_page_fetches_the_archive(self):
        with open(os.path.join(self.root, "tblog/README.md"), encoding="utf-8") as file:
            page = file.read()
        program, project = (re.search(rf"^```{language}\n(.*?)^```", page, flags=re.S | re.M)[1]
                            for language in ("cpp", "cmake"))
        with open(archive, "rb") as file:
            checksum = hashlib.sha256(file.read()).hexdigest()
        source = self.path("mine")
        os.mkdir(source)
        with open(os.path.join(source, "mine.cpp"), "w", encoding="utf-8") as file:
            file.write(program)
        with open(os.path.join(source, "CMakeLists.txt"), "w", encoding="utf-8") as file:
            file.write(project.replace("SOURCE_DIR /path/to/tblog",
                                       f"URL {archive} URL_HASH SHA256={checksum}"))
        run(CMAKE, "-S", source, "-B", self.path("build"), f"-DCMAKE_C_COMPILER={CC}",
            env=without_protoc_c())
        run(CMAKE, "--build", self.path("build"), "--parallel", "2", env=without_protoc_c())
        run(self.path("build/mine"), cwd=self.directory)
        self.assertEqual(len(os.listdir(self.path("logs/mine"))), 1)

    def test_one_call_of_a_compiler_builds_a_program_with_the_library(self):
        for standard in ("gnu11", "c17"):
            with self.subTest(standard=standard):
                run(CC, f"-std={standard}", "-Wall", "-Werror", "tblog/examples/log_scalars.c",
                    "@tblog/one_call.txt", "-lz", "-lm", "-lpthread", "-o", self.path("log"),
                    cwd=self.root)
                self.assert_logs(self.path("log"))
                self.assertNotIn("protobuf", run("ldd", self.path("log")))

    @unittest.skipUnless("gcc" in run(CC, "-v").split(), "clang's default is older than C++17")
    def test_one_call_of_gcc_builds_a_program_in_cpp_with_the_library(self):
        run(CC, "-Wall", "-Werror", "tblog/examples/log_scalars.cpp", "@tblog/one_call.txt", "-lz",
            "-lm", "-lpthread", "-lstdc++", "-o", self.path("log"), cwd=self.root)
        self.assert_logs(self.path("log"))


class Whole(Unpacked):
    def test_everything_is_built(self):
        """Without optimization, since only missing files could make it fail."""
        build = self.path("build")
        run(CMAKE, "-S", self.root, "-B", build, "-DCMAKE_BUILD_TYPE=Debug", "-DCUDA=OFF",
            f"-DCMAKE_C_COMPILER={CC}", env=without_protoc_c())
        run(CMAKE, "--build", build, "--parallel", "2", env=without_protoc_c())
        self.assertIn("sweep", run(os.path.join(build, "bin/trainer"), "--help"))


if __name__ == "__main__":
    if not os.path.isdir(PROTOBUF_C):
        print("cannot run without protobuf-c's source: scripts/fetch_protobuf_c.sh fetches it",
              file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    if not os.path.exists(os.path.join(SOURCE, ".git")):
        print("cannot run: this is no git checkout", file=sys.stderr)
        sys.exit(77)
    unittest.main()
