"""The option CUDA if CUDA or cuBLAS is missing: AUTO prints a line and builds without the engine,
ON stops with instructions, OFF prints nothing.

Usage: check_cuda_option.py SOURCE_FOLDER

Configures the project in a temporary folder with links to its sources and without .venv. Each test
decides which nvcc CMake finds.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from waiting import LIMIT_SECONDS

SOURCE = pathlib.Path(sys.argv.pop(1)).resolve()
CMAKE = os.environ.get("CMAKE_COMMAND", "cmake")
CC = os.environ.get("CC", "cc")
TOOLKIT = "/usr/local/cuda/bin"
# Folders in which CMake looks for programs even if PATH does not have them.
SYSTEM_FOLDERS = [f"{prefix}/{folder}" for prefix in ("/usr/local", "/usr", "", "/opt")
                  for folder in ("bin", "sbin")]
NVCC = shutil.which("nvcc") or shutil.which("nvcc", path=TOOLKIT)


class CudaOption(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="check an option ")
        self.addCleanup(folder.cleanup)
        self.world = pathlib.Path(folder.name).resolve()
        self.build = self.world / "build"
        tree = self.world / "the tree"
        tree.mkdir()
        for entry in SOURCE.iterdir():
            if not entry.name.startswith(".") and entry.name not in ("build", "data"):
                (tree / entry.name).symlink_to(entry)
        self.environment = {name: value for name, value in os.environ.items()
                            if name not in ("CUDACXX", "CUDA_PATH", "CUDAToolkit_ROOT")}
        self.options = ["-S", tree, "-B", self.build, f"-DCMAKE_C_COMPILER={shutil.which(CC)}",
                        "-DBUILD_TESTING=OFF", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"]

    def hide_nvcc(self):
        """Excludes folders with an nvcc from every search, and replaces them by folders with links
        to everything else in them."""
        on_path = os.environ["PATH"].split(":")
        hidden = [folder for folder in dict.fromkeys([*on_path, *SYSTEM_FOLDERS, TOOLKIT])
                  if os.path.exists(f"{folder}/nvcc")]
        # Its path has no space: CMake's own trial projects do not quote their programs.
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        others = pathlib.Path(folder.name)
        for folder in hidden:
            for program in os.listdir(folder):
                if program != "nvcc" and not os.path.lexists(others / program):
                    (others / program).symlink_to(f"{folder}/{program}")
        self.environment["PATH"] = ":".join(
            [str(others), *(folder for folder in on_path if folder not in hidden)])
        # A toolchain file, since CMake tries a compiler in a separate project, which inherits
        # nothing else.
        toolchain = self.world / "toolchain.cmake"
        toolchain.write_text(f'set(CMAKE_IGNORE_PATH "{";".join(hidden)}")\n')
        self.options.append(f"-DCMAKE_TOOLCHAIN_FILE={toolchain}")

    def configure(self, *options):
        """The exit status and the lines that CMake printed, without this folder's name."""
        result = subprocess.run([CMAKE, *self.options, *options], text=True, timeout=LIMIT_SECONDS,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=self.environment)
        self.on_stderr = result.stderr.replace(str(self.world), "").splitlines()
        lines = result.stdout.replace(str(self.world), "").splitlines()
        return result.returncode, lines + self.on_stderr

    def assert_built_without_the_engine(self):
        commands = json.loads((self.build / "compile_commands.json").read_text())
        sources = {pathlib.Path(command["file"]).name for command in commands}
        self.assertIn("cuda_absent.c", sources)
        self.assertEqual({source for source in sources if source.endswith(".cu")}, set())
        self.assertNotIn("cuda_engine.c", sources)

    def test_auto_without_nvcc_says_so_in_one_line_each_time(self):
        self.hide_nvcc()
        for options in ([], ["-DCUDA=AUTO"]):
            status, lines = self.configure(*options)
            self.assertEqual(status, 0, "\n".join(lines))
            about = [line for line in lines if re.search("cuda|nvcc|cublas", line, re.IGNORECASE)]
            self.assertEqual(len(about), 1, "\n".join(lines))
            self.assertTrue(about[0].startswith("Without the CUDA engine: no nvcc "), about[0])
            self.assertEqual(self.on_stderr, about)  # visible even if stdout is discarded
            self.assert_built_without_the_engine()

    def test_on_without_nvcc_ends_with_what_to_do(self):
        self.hide_nvcc()
        status, lines = self.configure("-DCUDA=ON")
        self.assertNotEqual(status, 0)
        text = " ".join(" ".join(lines).split()) # CMake wraps lines
        self.assertIn("The CUDA engine cannot be built: no nvcc ", text)
        self.assertIn("install CUDA's toolkit 13", text)
        self.assertIn("-DCUDA=OFF", text)

    def test_off_says_nothing(self):
        status, lines = self.configure("-DCUDA=OFF")
        self.assertEqual(status, 0, "\n".join(lines))
        self.assertEqual([line for line in lines if "cuda" in line.lower()], [])
        self.assert_built_without_the_engine()

    @unittest.skipUnless(NVCC and shutil.which("g++"), "needs nvcc, and g++ for it")
    def test_auto_with_an_nvcc_before_13_says_that_13_is_needed(self):
        folder = tempfile.TemporaryDirectory()  # no space in the path, as in hide_nvcc
        self.addCleanup(folder.cleanup)
        old = pathlib.Path(folder.name) / "nvcc"
        old.write_text('#!/bin/sh\n[ "$*" = --version ] && exec echo "release 12.8, V12.8.93"\n'
                       f'exec "{NVCC}" "$@"\n')
        old.chmod(0o755)
        self.environment["CUDACXX"] = str(old)
        status, lines = self.configure()
        self.assertEqual(status, 0, "\n".join(lines))
        self.assertEqual([line for line in lines if "engine" in line],
                         [f"Without the CUDA engine: this nvcc is too old ({old}; "
                          "CUDA 13 is needed)"])
        self.assert_built_without_the_engine()

    def architectures_with(self, answer):
        """The default architectures if nvidia-smi prints `answer`."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        command = pathlib.Path(folder.name) / "nvidia-smi"
        command.write_text(f"#!/bin/sh\n{answer}\n")
        command.chmod(0o755)
        self.environment["PATH"] = f"{folder.name}:{os.environ['PATH']}"
        (self.world / "the tree/.venv").symlink_to(SOURCE / ".venv")  # cuBLAS may be there
        self.assertEqual(self.configure("-DCUDA=AUTO")[0], 0)
        commands = json.loads((self.build / "compile_commands.json").read_text())
        codes = {code for command in commands if command["file"].endswith(".cu")
                 for codes in re.findall(r"code=\[(.*?)\]", command["command"])
                 for code in codes.split(",")}
        if not codes:
            self.skipTest("needs cuBLAS: scripts/setup.sh --cuda")
        return codes

    @unittest.skipUnless(NVCC and shutil.which("g++"), "needs nvcc, and g++ for it")
    def test_the_machines_own_gpus_are_compiled_for(self):
        self.assertEqual(self.architectures_with("echo 8.6; echo 9.0; echo 9.0; echo 7.5"),
                         {"sm_86", "sm_90"})

    @unittest.skipUnless(NVCC and shutil.which("g++"), "needs nvcc, and g++ for it")
    def test_without_a_gpu_ptx_and_one_architecture_are_made(self):
        self.assertEqual(self.architectures_with("echo no devices were found; exit 6"),
                         {"compute_80", "sm_80"})

    @unittest.skipUnless(NVCC and shutil.which("g++"), "needs nvcc, and g++ for it")
    def test_without_cublas_auto_says_so_in_one_line_and_on_ends(self):
        for value in "AUTO", "ON":
            # Set but empty: the toolkit's own cuBLAS is not searched.
            status, lines = self.configure(f"-DCUDA={value}", "-DCUDA_cublas_LIBRARY=")
            text = "\n".join(lines)
            self.assertEqual(len([line for line in lines if "engine" in line]), 1, text)
            self.assertIn("cuBLAS is not here (scripts/setup.sh --cuda provides it)",
                          " ".join(text.split()))
            if value == "AUTO":
                self.assertEqual(status, 0, text)
                self.assert_built_without_the_engine()
            else:
                self.assertNotEqual(status, 0)


if __name__ == "__main__":
    unittest.main()
