"""Tests the estimate of a step from the counts that check_ptx_traffic prints, and the README's
table of it.

Usage: check_estimate_step.py ESTIMATE_STEP
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv.pop())
README = pathlib.Path(__file__).resolve().parents[2] / "kernels/cuda/README.md"

KERNELS = ["conv_forward<ENGINE_TF32>", "dense1_forward<ENGINE_TF32>", "head", "head_gradients",
           "dense1_update<ENGINE_TF32>", "conv2_weights<ENGINE_TF32>",
           "conv1_weights<ENGINE_TF32>", "update"]


def counts_of(kernel, loads, stores, shared):
    return [f"  {kernel}, 1 launches",
            f"    loads          10 requests    3200 bytes    {loads} used    100 least  100 %",
            f"    stores         10 requests    3200 bytes    {stores} used    100 least  100 %",
            f"    shared memory  10 requests    3200 bytes    {shared} used    100 least  100 %"]


class EstimateStepTest(unittest.TestCase):
    def run_with(self, lines, *arguments):
        return subprocess.run([sys.executable, "-B", PROGRAM, *arguments], text=True,
                              input="".join(f"{line}\n" for line in lines),
                              capture_output=True, check=False)

    def test_sectors_and_wavefronts_become_microseconds(self):
        # A microsecond is 262,500 sectors or 231,660 wavefronts: 2 of loads, 1 of stores and 1 of
        # shared memory are added to each kernel's 1.2.
        lines = ["a step of 32 samples in tf32"]
        for kernel in KERNELS:
            lines += counts_of(kernel, 525000, 262500, 231660)
        lines += ["a step of two micro-batches of 32 samples in tf32",
                  *counts_of("head", 525000, 262500, 231660)]
        result = self.run_with(lines)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout.splitlines(), [
            "| µs a step, estimated | 32, tf32 |",
            "|---|---|",
            "| conv_forward | 5.2 |",
            "| dense1_forward | 5.2 |",
            "| head | 7.0 |",
            "| dense1 backward, update | 5.2 |",
            "| conv2 and conv1 weights | 9.2 |",
            "| update | 6.2 |",
            "| gaps, forks | 8.5 |",
            "| sum | 46 |",
            "| 15 epochs, s | 1.3 |",  # 28,125 steps of 46.5 µs
        ])

    def test_counts_kept_as_csv_give_the_same_table(self):
        lines = []
        for precision in "tf32", "bf16":
            lines.append(f"a step of 32 samples in {precision}")
            for i, kernel in enumerate(KERNELS):
                lines += counts_of(kernel, 525000 + i, 262500, 231660)
        with tempfile.TemporaryDirectory() as folder:
            counts = pathlib.Path(folder) / "counts.csv"
            counts.write_text(self.run_with(lines, "--csv").stdout)
            table = self.run_with([], counts)
        self.assertEqual(table.returncode, 0, table.stderr)
        self.assertEqual(table.stdout, self.run_with(lines).stdout)

    def test_the_readme_has_the_table_of_the_counts_kept_beside_the_program(self):
        table = self.run_with([], PROGRAM.with_name("step_counts.csv")).stdout
        self.assertIn("| sum |", table)
        self.assertIn(f"\n\n{table}\n", README.read_text(encoding="utf-8"))

    def test_input_without_counts_is_refused(self):
        result = self.run_with(["Running suite(s): the CUDA engine on the harness"])
        self.assertEqual(result.returncode, 1)
        self.assertIn("standard input has no counts of a step", result.stderr)


if __name__ == "__main__":
    unittest.main()
