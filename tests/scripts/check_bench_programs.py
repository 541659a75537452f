"""The programs in bench that run the CPU engine: first_losses, train_steps and layers, on MNIST.

    check_bench_programs.py DATA BENCH_PROGRAMS_FOLDER
"""
import os
import pathlib
import re
import subprocess
import sys
import unittest

from waiting import LIMIT_SECONDS

DATA, PROGRAMS = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
EXIT_SKIPPED = 77
EXIT_USAGE = 2


def call(program, *arguments, typed=None):
    return subprocess.run([str(PROGRAMS / program), "--data", str(DATA), "--threads", "2",
                           *map(str, arguments)], input=typed, capture_output=True, text=True,
                          check=False, timeout=LIMIT_SECONDS)


def has(*options):
    return call("train_steps", "--serve", *options, typed="").returncode == 0


class FirstLosses(unittest.TestCase):
    SMALL = "--batch-size", 8, "--steps", 4, "--seed", 3

    def test_every_instruction_set_is_within_the_bounds(self):
        compared = 0
        for isa in "avx512", "avx2", "portable":
            if has("--isa", isa):
                result = call("first_losses", *self.SMALL, "--isa", isa)
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
                self.assertTrue(result.stdout.startswith(
                    "batch size 8, seed 3: 0 of 4 losses BEYOND their bounds, "), result.stdout)
                compared += 1
        self.assertGreater(compared, 0)

    def test_a_coarser_precision_is_beyond_the_bounds(self):
        if not has("--precision", "bf16"):
            self.skipTest("this processor has no bf16")
        result = call("first_losses", *self.SMALL, "--precision", "bf16", "--show")
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn(" 4 of 4 losses BEYOND", result.stdout)
        self.assertEqual(len(re.findall(r"^step \d: loss ", result.stdout, re.M)), 4)

    def test_a_slightly_wrong_update_is_beyond_the_bounds_of_every_window(self):
        result = call("first_losses", *self.SMALL, "--learning-rate-off", 0.1)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn(" 2 of 4 losses BEYOND", result.stdout)


class TrainSteps(unittest.TestCase):
    def test_it_prints_what_a_step_and_an_epoch_take(self):
        result = call("train_steps", "--batch-size", 16, "--steps", 3)
        self.assertRegex(result.stdout, r"^ours bs 16: [\d.]+ ms/step, [\d.]+ s/epoch, .*2 threads"
                                        r", fp32, mean loss [12]\.\d+\n"
                                        r"evaluation of the validation set: [\d.]+ s, [\d.]+ s of "
                                        r"processor time\n$")

    def test_it_answers_as_it_is_asked(self):
        result = call("train_steps", "--batch-size", 4, "--serve", typed="2\n1\n")
        ready, *answers = result.stdout.splitlines()
        self.assertEqual((ready, len(answers), result.returncode), ("ready", 2, 0))
        for answer in answers:
            self.assertRegex(answer, r"^\d+\.\d{6} [12]\.\d{4}$")

    def test_one_precision_is_compared_with_another(self):
        result = call("train_steps", "--steps", 1, "--rounds", 1, "--against", "fp32")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(re.sub(r"\d\.\d{3}", "R", result.stdout),
                         "".join(f"{what}: R of the other's processor time (quartiles R to R)\n"
                                 for what in ("training", "evaluation")))


class Layers(unittest.TestCase):
    def test_the_table_adds_up_to_the_step(self):
        result = call("layers", "--batch-size", 8, "--steps", 10)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(", fp32, batch size 8, 10 steps", result.stdout)
        table = result.stdout.split("\n\n")[1]
        rows = [float(share) for share in re.findall(r"^.{26} .{8} +(-?[\d.]+) %", table, re.M)]
        self.assertEqual(len(rows), 13)
        self.assertAlmostEqual(sum(rows[:-1]), rows[-1], delta=1)

    def test_the_work_is_less_than_a_dense_networks(self):
        result = call("layers", "--batch-size", 8, "--steps", 5, "--work")
        mflop = float(result.stdout.removesuffix(" MFLOP a sample\n"))
        self.assertLess(mflop, 40)
        self.assertGreater(mflop, 5)


class WrongUsage(unittest.TestCase):
    def test_it_is_refused(self):
        for program in "first_losses", "train_steps", "layers":
            for arguments in (["--batch-size", "0"], ["--steps", "x"], ["--seed", "-1"],
                              ["--precision", "fp16"], ["--threads", "1e3"], ["--fast"]):
                result = call(program, *arguments)
                self.assertEqual(result.returncode, EXIT_USAGE, (program, arguments))
                self.assertEqual(result.stdout, "")
            for arguments in (["--precision", "tf32"], ["--isa", "mmx"]):
                result = call(program, *arguments)
                self.assertEqual(result.returncode, 1, (program, arguments))
                self.assertTrue(result.stderr.startswith(f"{program}: "), result.stderr)

    def test_missing_data_are_named(self):
        for program in "first_losses", "train_steps", "layers":
            result = subprocess.run([str(PROGRAMS / program), "--data", "nowhere"],
                                    capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertIn("nowhere", result.stderr)


if not DATA.exists():
    print("check_bench_programs: scripts/fetch_mnist.sh fetches the data")
    sys.exit(1 if os.environ.get("CI") == "true" else EXIT_SKIPPED)
unittest.main(argv=sys.argv[:1], verbosity=2)
