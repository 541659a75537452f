"""trainer plan: the memory and settings of a run. Arguments are the trainer and tblog, as for
trainer_test."""

import re
import subprocess
import sys
import unittest

from trainer_test import TRAINER, TrainerTest, record


class Plan(TrainerTest):
    def test_a_plan_tells_parts_and_the_largest_batch(self):
        result = self.call("plan", "--batch-size", 8, "--memory", "1GiB")
        self.assert_done(result)
        self.assertIn("batch size 8 on 20 training and 12 validation images", result.stdout)
        self.assertIn("the largest batch size that does is 20.", result.stdout)
        parts = dict(re.findall(r"^  (\w+) +([\d.]+) MiB$", result.stdout, re.MULTILINE))
        total = float(parts.pop("total"))
        self.assertEqual(len(parts), 6)
        self.assertAlmostEqual(sum(map(float, parts.values())), total, delta=0.4)

    def test_a_plan_for_a_card_needs_no_card(self):
        result = self.call("plan", "--engine", "cuda", "--memory", "8GiB", "--batch-size", 20)
        self.assert_done(result)
        self.assertIn("takes on the cuda engine (a CUDA device, not asked, fp32)", result.stdout)
        self.assertIn("Another 608.0 MiB have to stay free.", result.stdout)
        self.assertIn("It fits in the 8.00 GiB that are given; the largest batch size that does is "
                      "20.", result.stdout)
        result = self.call("plan", "--engine", "cuda", "--memory", "900MiB", "--batch-size", 20)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        result = self.call("plan", "--engine", "cuda", "--memory", "650MiB", "--batch-size", 20)
        self.assertEqual((result.returncode, result.stderr), (1, ""), result.stdout)

    def test_the_plan_is_what_the_run_takes(self):
        planned = self.call("plan", "--batch-size", 8)
        self.assert_done(self.train())
        total = record(self.run_directory)["peak_bytes"] / 2**20
        self.assertIn(f"  total        {total:10.1f} MiB\n", planned.stdout)

    def test_a_plan_that_does_not_fit_says_what_would(self):
        result = self.call("plan", "--batch-size", 20, "--memory", "1MiB")
        self.assertEqual((result.returncode, result.stderr), (1, ""))
        self.assertIn("It does not fit in the 1.0 MiB that are given: no batch size fits.",
                      result.stdout)

    def test_a_plan_without_data_counts_mnist(self):
        result = subprocess.run([TRAINER, "plan"], capture_output=True, text=True, cwd=self.folder)
        self.assertIn("batch size 32 on 60000 training and 10000 validation images", result.stdout)

    def test_wrong_questions_are_refused(self):
        for arguments, word in ((("--memory", "8XB"), "8XB"), (("--memory", "8"), "8GiB"), (("--engine", "none"), "none"),
                                (("--batch-size", 0), "--batch-size"), (("x",), "x"),
                                (("--engine", ""), "--engine"), (("--data", ""), "--data"),
                                (("--batch-size", 21), "21"), (("--precision", "fp8"), "fp8")):
            self.assert_refused(self.call("plan", *arguments), 2, word)

    def test_a_plan_with_micro_batches_takes_less(self):
        result = self.call("plan", "--batch-size", 20, "--threads", 2, "--memory", "40MiB")
        self.assertEqual((result.returncode, result.stderr), (1, ""))
        fits = re.search(r", and this one fits with --micro-batch (\d+)", result.stdout)
        self.assertIsNotNone(fits, result.stdout)
        result = self.call("plan", "--batch-size", 20, "--threads", 2, "--memory",
                           "40MiB", "--micro-batch", fits[1])
        self.assert_done(result)
        self.assertIn(f"batch size 20 in micro-batches of {fits[1]} on 20 training", result.stdout)

    def test_a_run_in_other_micro_batches_is_another_run(self):
        self.assert_done(self.train("--micro-batch", 3))
        self.assertEqual(record(self.run_directory)["configuration"]["micro_batch"], 3)
        self.assert_refused(self.train("--micro-batch", 2, "--resume"), 1,
                            "micro_batch 3 instead of 2")

    def test_a_micro_batch_of_the_whole_batch_is_none(self):
        self.assert_done(self.train("--micro-batch", 8))
        self.assertEqual(record(self.run_directory)["configuration"]["micro_batch"], 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
