"""The installed library as other projects use it: found by CMake and by pkg-config, static and
shared, from C and from C++. Also checks its visible symbols, and that the documented commands work.

Usage: check_install.py SOURCE_DIRECTORY BUILD_DIRECTORY

Builds tblog alone (-DTBLOG_ONLY=ON) in a temporary directory, where pkg-config finds only tblog's
own packages, and installs it there. Changes nothing on the machine.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from waiting import LIMIT_SECONDS

SOURCE, BUILD = (os.path.abspath(path) for path in (sys.argv.pop(1), sys.argv.pop(1)))
CC = os.environ.get("CC", "cc")
CMAKE = os.environ.get("CMAKE_COMMAND", "cmake")
CLANG = shutil.which("clang") or shutil.which("clang-14")
CXX = shutil.which("c++") or shutil.which("g++")
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
HEADER = os.path.join(SOURCE, "tblog/include/tblog/tblog.h")
EXAMPLES = os.path.join(SOURCE, "tblog/examples")
PAGE = "tblog/README.md"
PACKAGES = ["libprotobuf-c", "zlib", "jansson", "check"]

scratch = None
prefix = None


def run(*command, **options):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            stdin=subprocess.DEVNULL, timeout=LIMIT_SECONDS, **options)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {result.returncode}\n{result.stdout}")
    return result.stdout


def packages_of_tblog_alone():
    """A pkg-config path on which the other packages of this repository are missing."""
    directory = os.path.join(scratch, "packages")
    os.mkdir(directory)
    for package in PACKAGES:
        origin = run("pkg-config", "--variable=pcfiledir", package).strip()
        shutil.copy(os.path.join(origin, f"{package}.pc"), directory)
    return dict(os.environ, PKG_CONFIG_LIBDIR=directory, PKG_CONFIG_PATH="")


def configure(directory, *options, compiler=CC):
    return run(CMAKE, "-S", SOURCE, "-B", directory, f"-DCMAKE_C_COMPILER={compiler}",
               "-DCMAKE_BUILD_TYPE=Debug", "-DTBLOG_ONLY=ON", "-DBUILD_TESTING=OFF",
               "-DWARNINGS_AS_ERRORS=ON", *options, env=packages_of_tblog_alone())


def setUpModule():
    global scratch, prefix
    holder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(holder.cleanup)
    scratch = holder.name
    prefix = os.path.join(scratch, "prefix")
    build = os.path.join(scratch, "build")
    configure(build)
    run(CMAKE, "--build", build, "--parallel", "2")
    run(CMAKE, "--install", build, "--prefix", os.path.join(scratch, "moved"))
    os.rename(os.path.join(scratch, "moved"), prefix)


def find_installed(name):
    """The only installed file whose path ends with this name."""
    found = [path for directory, _, names in os.walk(prefix)
             for path in (os.path.join(directory, file) for file in names)
             if path.endswith(f"/{name}")]
    assert len(found) == 1, f"{name}: {found}"
    return found[0]


def library_directory():
    return os.path.dirname(find_installed("libtblog.a"))


def environment():
    """The environment variables with which a program finds the installed library when it is built
    and when it runs."""
    return dict(os.environ, PKG_CONFIG_PATH=os.path.join(library_directory(), "pkgconfig"),
                LD_LIBRARY_PATH=library_directory())


def pkg_config(*options):
    return run("pkg-config", *options, "tblog", env=environment()).split()


def interface_version():
    major, minor, _ = pkg_config("--modversion")[0].split(".")
    return major if major != "0" else f"{major}.{minor}"


def static_names(library):
    """The symbols of a static library that other programs could clash with."""
    symbols = run("nm", "--extern-only", "--defined-only", "--format=posix", library).splitlines()
    return {line.split()[0] for line in symbols if not line.endswith(":")}


def declared_functions():
    with open(HEADER, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    return set(re.findall(r"^TBLOG_API[^;(]*?\b(tblog_\w+)\(", text, flags=re.M))


class Installed(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.directory = holder.name

    def path(self, name):
        return os.path.join(self.directory, name)

    def compile(self, name, *arguments, compiler=CC):
        run(compiler, *WARNINGS, "-o", self.path(name), *arguments)
        return self.path(name)

    # ---- Consumers ----

    def assert_logs(self, log, print_scalars):
        """Runs the two examples, and the installed tool on their output."""
        logs = tempfile.mkdtemp(dir=self.directory)
        run(log, logs, env=environment())
        [name] = os.listdir(logs)
        lines = run(print_scalars, os.path.join(logs, name), env=environment()).splitlines()
        self.assertEqual(lines[0].split("\t"), ["0", "train/loss", "1"])
        self.assertEqual(sum(line.split("\t")[1] == "train/accuracy" for line in lines), 100)
        events = run(find_installed("bin/tblog"), "cat", os.path.join(logs, name)).splitlines()
        self.assertEqual(json.loads(events[0])["file_version"], "brain.Event:2")
        values = [v for line in events[1:] for v in json.loads(line)["values"]]
        self.assertEqual(len(values), len(lines))

    def test_find_package_serves_c_and_cpp_with_both_libraries(self):
        run(CMAKE, "-S", os.path.join(SOURCE, "tests/install/consumer"), "-B", self.path("build"),
            f"-DCMAKE_PREFIX_PATH={prefix}",
            f"-DVERSION={interface_version()}", f"-DEXAMPLES={EXAMPLES}", f"-DCMAKE_C_COMPILER={CC}",
            f"-DCMAKE_CXX_COMPILER={CXX}", f"-DCMAKE_CXX_FLAGS={' '.join(WARNINGS)}",
            f"-DCMAKE_C_FLAGS={' '.join(WARNINGS)}")
        run(CMAKE, "--build", self.path("build"), "--parallel", "2")
        for library in ("tblog", "tblog_static"):
            for language in ("c", "cpp"):
                with self.subTest(library=library, language=language):
                    self.assert_logs(self.path(f"build/log_{language}_{library}"),
                                     self.path(f"build/print_{language}_{library}"))
        self.assertIn("libtblog.so", run("ldd", self.path("build/log_c_tblog"), env=environment()))
        self.assertNotIn("libtblog", run("ldd", self.path("build/log_c_tblog_static")))

    def test_pkg_config_serves_c_and_cpp(self):
        flags = pkg_config("--cflags", "--libs")
        print_scalars = self.compile("print", f"{EXAMPLES}/print_scalars.c", *flags)
        self.assert_logs(self.compile("c", f"{EXAMPLES}/log_scalars.c", *flags, "-lm"),
                         print_scalars)
        flags = ["-std=c++17", *flags]
        self.assert_logs(self.compile("cpp", f"{EXAMPLES}/log_scalars.cpp", *flags, compiler=CXX),
                         self.compile("print_cpp", f"{EXAMPLES}/print_scalars.cpp", *flags,
                                      compiler=CXX))

    def test_pkg_config_serves_static_programs(self):
        flags = ["-static", *pkg_config("--static", "--cflags", "--libs")]
        print_scalars = self.compile("print", f"{EXAMPLES}/print_scalars.c", *flags)
        self.assert_logs(self.compile("c", f"{EXAMPLES}/log_scalars.c", *flags, "-lm"),
                         print_scalars)
        self.assertIn("not a dynamic executable", subprocess.run(
            ["ldd", print_scalars], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env=dict(os.environ, LC_ALL="C")).stdout)

    def test_programs_may_be_optimized_as_they_are_linked(self):
        flags = ["-static", "-O2", "-flto", *pkg_config("--static", "--cflags", "--libs")]
        self.assert_logs(self.compile("c", f"{EXAMPLES}/log_scalars.c", *flags, "-lm"),
                         self.compile("print", f"{EXAMPLES}/print_scalars.c", *flags))

    def test_the_static_library_hides_its_names_when_built_with_flto(self):
        for compiler in filter(None, (CC, CLANG)):
            with self.subTest(compiler=compiler):
                build = self.path(f"build_{os.path.basename(compiler)}")
                shutil.rmtree(os.path.join(scratch, "packages"), ignore_errors=True)
                configure(build, "-DTBLOG_TOOL=OFF", "-DCMAKE_C_FLAGS=-flto", compiler=compiler)
                run(CMAKE, "--build", build, "--parallel", "2", "--target", "tblog_static")
                self.assertEqual(static_names(os.path.join(build, "lib/libtblog.a")),
                                 declared_functions())

    def test_pkg_config_tells_the_version(self):
        self.assertEqual(run(find_installed("bin/tblog"), "--version").split(),
                         ["tblog", *pkg_config("--modversion")])

    # ---- What is installed ----

    def test_every_rule_of_the_whole_build_is_of_tblog(self):
        run(CMAKE, "--install", BUILD, "--prefix", self.path("all"))
        installed = sorted(os.path.relpath(os.path.join(directory, name), self.path("all"))
                           for directory, _, names in os.walk(self.path("all")) for name in names)
        alone = sorted(os.path.relpath(os.path.join(directory, name), prefix)
                       for directory, _, names in os.walk(prefix) for name in names)
        # The files of the targets are named by the build type.
        self.assertEqual([re.sub("-(release|debug|noconfig).cmake", "", f) for f in installed],
                         [re.sub("-(release|debug|noconfig).cmake", "", f) for f in alone])
        for name in ("bin/tblog", "man1/tblog.1", "man3/tblog.3",
                     "bash-completion/completions/tblog", "zsh/site-functions/_tblog",
                     "fish/vendor_completions.d/tblog.fish"):
            self.assertTrue(find_installed(name))
        self.assertEqual([f for f in installed if f.endswith((".h", ".hpp"))],
                         ["include/tblog/detail/checked_writer.hpp",
                          "include/tblog/detail/is_contiguous.hpp", "include/tblog/tblog.h",
                          "include/tblog/tblog.hpp"])

    def test_the_shared_library_shows_the_declared_functions_only(self):
        symbols = run("nm", "--dynamic", "--defined-only", "--format=posix",
                      find_installed("libtblog.so")).splitlines()
        node = f"TBLOG_{interface_version()}"
        names = {line.split()[0] for line in symbols} - {node, f"{node}@@{node}"}
        self.assertGreater(len(declared_functions()), 15)
        self.assertEqual(names, {f"{name}@@{node}" for name in declared_functions()})

    def test_the_shared_library_has_a_soname_that_changes_with_the_interface(self):
        dynamic = run("readelf", "--dynamic", find_installed("libtblog.so"),
                      env=dict(os.environ, LC_ALL="C"))
        self.assertIn(f"soname: [libtblog.so.{interface_version()}]", dynamic)

    def is_compatible(self, version_file, asked):
        """Whether find_package takes the file's version if another is asked for."""
        script = self.path("ask.cmake")
        with open(script, "w", encoding="utf-8") as file:
            file.write(f"""include({version_file})
                           if(PACKAGE_VERSION_COMPATIBLE)
                               message(STATUS compatible)
                           endif()""")
        major, minor = asked.split(".")
        return "compatible" in run(
            CMAKE, f"-DPACKAGE_FIND_VERSION={asked}", f"-DPACKAGE_FIND_VERSION_MAJOR={major}",
            f"-DPACKAGE_FIND_VERSION_MINOR={minor}", "-P", script)

    def test_find_package_takes_later_versions_of_the_same_interface(self):
        source = self.path("source")
        os.mkdir(source)
        shutil.copy(os.path.join(SOURCE, "CMakeLists.txt"), source)
        for folder in ("cmake", "docs", "proto", "tblog"):
            shutil.copytree(os.path.join(SOURCE, folder), os.path.join(source, folder))
        header = os.path.join(source, "tblog/include/tblog/tblog.h")
        with open(header, encoding="utf-8") as file:
            text = file.read()
        for major, minor, serves in ((0, 2, {"0.2"}), (1, 2, {"1.0", "1.2"})):
            with self.subTest(major=major):
                with open(header, "w", encoding="utf-8") as file:
                    changed = re.sub(r"(_VERSION_MAJOR) \d+", rf"\1 {major}", text)
                    file.write(re.sub(r"(_VERSION_MINOR) \d+", rf"\1 {minor}", changed))
                build = self.path(f"build_{major}")
                run(CMAKE, "-S", source, "-B", build, "-DTBLOG_ONLY=ON", "-DTBLOG_TOOL=OFF",
                    "-DBUILD_TESTING=OFF", f"-DCMAKE_C_COMPILER={CC}")
                file = os.path.join(build, "tblog/tblog-config-version.cmake")
                self.assertEqual({asked for asked in ("0.1", "0.2", "1.0", "1.2", "1.3", "2.0")
                                  if self.is_compatible(file, asked)}, serves)

    def test_the_shared_library_needs_protobuf_c_zlib_and_the_c_library(self):
        dynamic = run("readelf", "--dynamic", find_installed("libtblog.so"),
                      env=dict(os.environ, LC_ALL="C"))
        needed = set(re.findall(r"\(NEEDED\) .*\[(.+)\.so\b", dynamic))
        self.assertGreaterEqual(needed, {"libprotobuf-c", "libz", "libc"})
        # The loader is part of the C library; thread-local variables cause the dependency.
        needed = {name for name in needed if not re.fullmatch(r"ld-linux[\w-]*|ld64", name)}
        self.assertLessEqual(needed, {"libprotobuf-c", "libz", "libm", "libc"})

    def test_the_static_library_adds_no_foreign_names(self):
        """Two libraries in one program must not clash in an internal name of one of them."""
        self.assertEqual(static_names(find_installed("libtblog.a")), declared_functions())

    def test_no_generated_type_shows(self):
        with open(HEADER, encoding="utf-8") as file:
            text = file.read()
        self.assertNotRegex(text, r"(?i)protobuf[-_]?c\.h|TblogPb|\.pb-c\.")
        self.assertLessEqual(set(re.findall(r"#include [<\"]([^>\"]+)[>\"]", text)),
                             {"stdbool.h", "stddef.h", "stdint.h"})

    # ---- The header ----

    def test_the_header_compiles_alone_in_every_standard(self):
        source = self.path("header")
        with open(source, "w", encoding="utf-8") as file:
            file.write("#include <tblog/tblog.h>\n#include <tblog/tblog.h>\n"
                       "int main(void) { return tblog_version() == 0; }\n")
        strict = [*WARNINGS, "-fsyntax-only", f"-I{prefix}/include"]
        for standard in ("c99", "c11", "c17"):
            run(CC, *strict, "-x", "c", f"-std={standard}", source)
        for standard in ("c++98", "c++11", "c++17", "c++20"):
            run(CXX, *strict, "-x", "c++", f"-std={standard}", source)

    # ---- The commands and programs of the pages ----

    def blocks(self, page, language):
        """The page's blocks of code in a language."""
        with open(os.path.join(SOURCE, page), encoding="utf-8") as file:
            return re.findall(rf"^```{language}\n(.*?)^```", file.read(), flags=re.S | re.M)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def take_run(self):
        """Checks that logs has one run, with the points of a page's program. Removes it and returns
        its name."""
        [name] = os.listdir(self.path("logs"))
        [file] = os.listdir(self.path(f"logs/{name}"))
        path = self.path(f"logs/{name}/{file}")
        events = [json.loads(line) for line in
                  run(find_installed("bin/tblog"), "cat", path).splitlines()]
        self.assertEqual([event["step"] for event in events[1:]], list(range(100)))
        self.assertEqual(events[2]["values"][0]["value"], 0.5)
        shutil.rmtree(self.path("logs"))
        return name

    def test_the_programs_of_the_main_page(self):
        with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
            found = re.search(r"```cpp\n(#include.*?)```.*?```c\n(#include.*?)```.*?```sh\n(.*?)```",
                              file.read(), flags=re.S)
        in_cpp, in_c, commands = found.groups()
        self.write("mine.c", in_c)
        self.write("mine.cpp", in_cpp)
        os.symlink(os.path.join(SOURCE, "tblog"), self.path("tblog"))
        os.mkdir(self.path("build"))
        os.symlink(BUILD, self.path("build/release"))
        self.assertEqual([line.split()[0] for line in commands.splitlines()], ["c++", "cc"])
        names = set()
        for command in commands.splitlines():
            run("sh", "-ec", command, cwd=self.directory, env=dict(os.environ, LD_LIBRARY_PATH=""))
            run("./mine", cwd=self.directory)
            names.add(self.take_run())
        self.assertEqual(len(names), 2, "in one run, TensorBoard would show each step twice")

    def test_the_first_programs_of_the_librarys_page(self):
        self.write("mine.c", self.blocks(PAGE, "c")[0])
        self.write("mine.cpp", self.blocks(PAGE, "cpp")[0])
        commands = self.blocks(PAGE, "sh")[0].splitlines()
        self.assertEqual([command.split()[0] for command in commands], ["c++", "cc"])
        names = set()
        for command in commands:
            run("sh", "-ec", command, cwd=self.directory, env=environment())
            run("./mine", cwd=self.directory, env=environment())
            names.add(self.take_run())
        self.assertEqual(len(names), 2, "in one run, TensorBoard would show each step twice")

    def test_the_other_programs_of_the_librarys_page(self):
        self.assertEqual(len(self.blocks(PAGE, "c")), 1)
        [program] = self.blocks(PAGE, "cpp")[1:]
        self.write("other.cpp", program)
        self.compile("other", self.path("other.cpp"), "-std=c++17", *pkg_config("--cflags", "--libs"),
                     compiler=CXX)
        output = run("./other", cwd=self.directory, env=environment())
        for line in ("99 train/accuracy 0.9", "99 validation/loss 0.3", "99 weights 0",
                     "0 digit 0", "0 notes 0", "0 log 0"):
            self.assertIn(f"\n{line}\n", output)

    def test_the_projects_of_the_librarys_page(self):
        whole, find = self.blocks(PAGE, "cmake")
        self.write("mine.cpp", self.blocks(PAGE, "cpp")[0])
        fetch, use = re.split(r"(?<=MakeAvailable\(tblog\)\n)", whole)
        for name, text, options in (
                ("fetch", whole.replace("/path/to/tblog", f'"{SOURCE}"'), []),
                ("find", re.sub(r"include(?s:.*)", "", fetch) + find.splitlines()[0] + use,
                 [f"-DCMAKE_PREFIX_PATH={prefix}"])):
            with self.subTest(way=name):
                self.write("CMakeLists.txt", text)
                build = self.path(name)
                run(CMAKE, "-S", self.directory, "-B", build, f"-DCMAKE_C_COMPILER={CC}",
                    f"-DCMAKE_CXX_COMPILER={CXX}", *options)
                run(CMAKE, "--build", build, "--parallel", "2")
                [mine] = [os.path.join(directory, "mine") for directory, _, names in os.walk(build)
                          if "mine" in names]
                run(mine, cwd=self.directory)
                self.take_run()

    def test_the_program_of_the_librarys_page_below_a_home_directory(self):
        self.write("mine.c", self.blocks(PAGE, "c")[0])
        [commands] = [block for block in self.blocks(PAGE, "sh") if "PKG_CONFIG_PATH" in block]
        run(CMAKE, "--install", os.path.join(scratch, "build"), "--prefix", self.path(".local"))
        bare = dict(os.environ, HOME=self.directory, LD_LIBRARY_PATH="")
        run("sh", "-ec", commands, cwd=self.directory, env=bare)
        run("./mine", cwd=self.directory, env=bare)
        self.take_run()

    # ---- The trainer, which has a component of its own ----

    @unittest.skipUnless(os.path.exists(os.path.join(BUILD, "bin/trainer")), "has no trainer")
    def test_the_trainer_is_installed_with_its_completion(self):
        home = self.path("trainer")
        run(CMAKE, "--install", BUILD, "--component", "trainer", "--prefix", home)
        installed = {os.path.relpath(os.path.join(directory, name), home)
                     for directory, _, names in os.walk(home) for name in names}
        self.assertEqual(installed, {"bin/trainer", "share/bash-completion/completions/trainer",
                                     "share/zsh/site-functions/_trainer",
                                     "share/fish/vendor_completions.d/trainer.fish"})
        self.assertRegex(run(os.path.join(home, "bin/trainer"), "--version"), r"^trainer \d")

    # ---- Options of the build ----

    def test_the_library_builds_without_the_tools_packages(self):
        PACKAGES.remove("jansson")
        self.addCleanup(PACKAGES.append, "jansson")
        shutil.rmtree(os.path.join(scratch, "packages"))
        configure(self.path("build"), "-DTBLOG_TOOL=OFF")
        run(CMAKE, "--build", self.path("build"), "--parallel", "2")
        shutil.rmtree(os.path.join(scratch, "packages"))
        with self.assertRaises(AssertionError):
            configure(self.path("with_the_tool"))


if __name__ == "__main__":
    missing = [what for what, there in (("a C++ compiler", CXX),
                                        ("pkg-config", shutil.which("pkg-config"))) if not there]
    if missing:
        print(f"cannot run without {', '.join(missing)}", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    unittest.main()
