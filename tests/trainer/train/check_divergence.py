"""Runs whose loss is not finite. Arguments are the trainer and tblog, as for trainer_test."""

import json
import sys
import unittest

from trainer_test import TrainerTest, events, record


class Divergence(TrainerTest):
    TOO_FAST = "--learning-rate", 1e20  # the loss is NaN within a few steps
    SAID = r"Diverged: the (training|validation) loss is nan at step \d of epoch 1\n"

    def test_a_run_that_diverges_is_told_plainly_and_compared(self):
        for rate in (1e10, 1e30):
            with self.subTest(rate):
                result = self.train("--learning-rate", rate, "--overwrite")
                self.assert_done(result)
                self.assertRegex(result.stdout, r"Epoch 2/2 .* val_loss: nan - val_accuracy")
                self.assertNotRegex(result.stdout, r"-nan|\d{12}")
                table = self.call("compare", self.run_directory)
                self.assert_done(table)
                self.assertNotRegex(table.stdout, r"-nan|\d{12}")
                strict = {"parse_constant": self.fail}  # JSON has no NaN and Infinity
                json.loads((self.run_directory / "run.json").read_text(), **strict)
                text = self.call("compare", "--format", "json", self.run_directory)
                json.loads(text.stdout, **strict)

    def test_it_is_said_at_once_and_at_the_end(self):
        result = self.train(*self.TOO_FAST)
        self.assert_done(result)
        self.assertRegex(result.stdout, self.SAID + "Epoch 1/2 ")
        self.assertEqual(result.stdout.count("Diverged"), 1)
        self.assertRegex(result.stdout, rf"\nWarning: {self.run_directory}: diverged at step .*\n"
                                        r"TensorBoard: .*\n$")
        self.assertEqual(record(self.run_directory)["state"], "diverged")
        self.assertEqual(len(record(self.run_directory)["epochs"]), 2)

    def test_a_quiet_run_says_it_on_stderr(self):
        result = self.train(*self.TOO_FAST, "--quiet")
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        self.assertRegex(result.stderr, rf"^{self.SAID}Warning: .*\n$")

    def test_it_ends_the_run_if_asked_to(self):
        result = self.train(*self.TOO_FAST, "--terminate-on-nan", "--update-freq", "batch")
        self.assert_refused(result, 1, self.run_directory, "--terminate-on-nan ended it")
        self.assertRegex(result.stdout, self.SAID + "$")
        kept = record(self.run_directory)
        self.assertEqual((kept["state"], kept["epochs"]), ("diverged", []))
        steps = [step for step, tag, _ in events(self.run_directory, "train") if tag == "batch_loss"]
        self.assertEqual(steps, list(range(1, kept["diverged_at_step"] + 1)))

    def test_it_is_left_as_it_is_until_overwritten(self):
        self.assert_done(self.train(*self.TOO_FAST))
        before = (self.run_directory / "run.json").read_bytes()
        result = self.train(*self.TOO_FAST, "--resume")
        self.assert_done(result)
        self.assertIn("diverged already with this configuration, left as it is", result.stdout)
        result = self.train(*self.TOO_FAST, "--resume", "--terminate-on-nan", "--quiet")
        self.assert_refused(result, 1, "diverged already")
        self.assert_refused(self.train(*self.TOO_FAST), 1, "diverged); --overwrite replaces it")
        self.assertEqual((self.run_directory / "run.json").read_bytes(), before)
        self.assert_done(self.train("--overwrite"))
        self.assertEqual(record(self.run_directory)["state"], "finished")

    def test_a_sweep_goes_on_and_leaves_it(self):
        for option, code in (((), 0), (("--terminate-on-nan",), 1)):
            with self.subTest(option):
                result = self.sweep(*self.TOO_FAST, "--overwrite", *option)
                self.assertEqual(result.returncode, code)
                self.assertIn("\nBest      none: no run has finished without diverging\n",
                              result.stdout)
                again = self.sweep(*self.TOO_FAST, *option)
                self.assertEqual((again.returncode, again.stderr), (code, "trainer sweep: no "
                                 "picture: there is no finished run to draw over epochs\n"))
                self.assertEqual(again.stdout.count("diverged already"), 2)
                for size in (16, 8):
                    run = self.folder / f"logs/LeNet-MNIST-2-BatchSize={size}-LR=1e+20"
                    self.assertEqual(record(run)["state"], "diverged")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
