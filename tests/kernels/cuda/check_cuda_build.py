"""Checks nvcc's code of the CUDA kernels: no register spills, tensor cores where the precision
needs them, and the numbers of registers that the order of a step's launches relies on.

Usage: check_cuda_build.py PTX_FOLDER PTXAS ARCHITECTURE,... SOURCE.cu...
"""

import pathlib
import re
import subprocess
import sys
import unittest

PTX_FOLDER, PTXAS = pathlib.Path(sys.argv[1]), sys.argv[2]
SOURCES = [pathlib.Path(source).stem for source in sys.argv[4:]]
ARCHITECTURES = sys.argv[3].split(",")
del sys.argv[1:]

# engine_precision's values, as in the mangled names of templates.
FP32, TF32, BF16 = 1, 2, 3

# Registers of a multiprocessor, from sm_75 to sm_120.
REGISTERS = 65536


def ptx_file(source, architecture):
    found = [PTX_FOLDER / f"{source}.compute_{architecture}.ptx", PTX_FOLDER / f"{source}.ptx"]
    return next(path for path in found if path.exists())


def entries(text):
    """{mangled name: text} of the kernels."""
    parts = re.split(r"^(?:\.\w+ )*\.entry (\w+)\(", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def ptxas_report(path, architecture):
    return subprocess.run([PTXAS, "-v", f"-arch=sm_{architecture}", path, "-o", "/dev/null"],
                          capture_output=True, text=True, check=True).stderr


def block_registers(source, architecture):
    """{mangled name: registers of a whole block} of the kernels."""
    path = ptx_file(source, architecture)
    used = re.findall(r"Compiling entry function '(\w+)'.*?Used (\d+) registers",
                      ptxas_report(path, architecture), re.DOTALL)
    threads = {name: int(re.search(r"\.maxntid (\d+)", body)[1])
               for name, body in entries(path.read_text()).items()}
    return {name: threads[name] * int(registers) for name, registers in used}


class CudaBuildTest(unittest.TestCase):
    def of_precision(self, architecture, precision):
        """The kernels that are made for this precision."""
        found = {}
        for source in SOURCES:
            for name, body in entries(ptx_file(source, architecture).read_text()).items():
                if f"engine_precision{precision}E" in name:
                    found[name] = body
        self.assertGreaterEqual(len(found), 3, "conv2, dense1 forward and backward at least")
        return found

    def test_tf32_and_bf16_products_are_the_tensor_cores(self):
        for architecture in ARCHITECTURES:
            for precision, kind in (TF32, ".tf32.tf32."), (BF16, ".bf16.bf16."):
                for name, body in self.of_precision(architecture, precision).items():
                    with self.subTest(architecture=architecture, kernel=name):
                        products = re.findall(r"(?:wg)?mma\S*sync\S*", body)
                        self.assertTrue(products)
                        self.assertTrue(all(kind in product for product in products), products)

    def test_fp32_products_are_not(self):
        for architecture in ARCHITECTURES:
            for name, body in self.of_precision(architecture, FP32).items():
                with self.subTest(architecture=architecture, kernel=name):
                    self.assertNotIn("mma", body)

    def test_no_kernel_spills_registers(self):
        for architecture in ARCHITECTURES:
            kernels = 0
            for source in SOURCES:
                path = ptx_file(source, architecture)
                report = ptxas_report(path, architecture)
                spills = re.findall(r"(\d+) bytes spill stores, (\d+) bytes spill loads", report)
                with self.subTest(source=source, architecture=architecture):
                    # Functions that kernels call have lines of their own.
                    self.assertGreaterEqual(len(spills), len(entries(path.read_text())))
                    self.assertLessEqual({int(b) for pair in spills for b in pair}, {0}, report)
                kernels += len(spills)
            self.assertGreaterEqual(kernels, len(SOURCES))

    def test_a_multiprocessor_has_no_room_for_two_blocks_of_the_convolutions_weights(self):
        # Therefore cuda_step.c queues the longer kernel first.
        for architecture in ARCHITECTURES:
            blocks = {name: registers for source in ("conv1_weights", "conv2_weights")
                      for name, registers in block_registers(source, architecture).items()}
            with self.subTest(architecture=architecture):
                self.assertEqual(len(blocks), 6, "two kernels in three precisions")
                self.assertGreater(2 * min(blocks.values()), REGISTERS, blocks)


if __name__ == "__main__":
    unittest.main()
