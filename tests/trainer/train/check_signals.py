"""Runs that are stopped, killed, or written by another process. Arguments are the trainer and
tblog, as for trainer_test."""

import json
import signal
import socket
import subprocess
import sys
import unittest

from trainer_test import TBLOG, TrainerTest, events, record, wait_for_epoch
from waiting import LIMIT_SECONDS


class Signals(TrainerTest):
    def start(self, *arguments):
        process = subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        return process

    def notes(self, run):
        """The output of compare, with long lines joined again."""
        return " ".join(self.call("compare", run).stdout.split())

    def test_a_signal_ends_the_run_readable_and_marked(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129),
                             (signal.SIGUSR1, 75), (signal.SIGUSR2, 75)):
            run = self.folder / f"run{number}"
            process = self.start("train", "--logdir", run, "--batch-size", 4, "--epochs", 1000000,
                                 "--update-freq", "batch", "--quiet")
            wait_for_epoch(run)
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=LIMIT_SECONDS), code)
            self.assertRegex(process.stderr.read(),
                             rf"stopped by {number.name} after epoch \d+ of 1000000.*--resume")
            kept = record(run)
            self.assertEqual(kept["state"], "interrupted")
            self.assertEqual(subprocess.run([TBLOG, "verify", run], capture_output=True).returncode,
                             0)
            losses = [value for _, tag, value in events(run, "train") if tag == "epoch_loss"]
            self.assertEqual(len(losses), len(kept["epochs"]))
            session = [tag for _, tag, _ in events(run, "") if tag.startswith("_hparams_/session")]
            self.assertEqual(session, ["_hparams_/session_start_info"])  # and no end

    def test_a_signal_ends_the_whole_sweep_and_what_is_done_is_told(self):
        process = self.start("sweep", "--logdir", self.folder / "logs", "--batch-sizes", "20,4,16",
                             "--epochs", 1000000, "--quiet")
        wait_for_epoch(self.folder / "logs/LeNet-MNIST-2-BatchSize=20")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=LIMIT_SECONDS), 130)
        told = process.stderr.read()
        self.assertRegex(told, r"batch size 20: stopped after epoch \d+ of 1000000")
        self.assertIn("batch size 4: not begun", told)
        self.assertFalse((self.folder / "logs/LeNet-MNIST-2-BatchSize=4").exists())

    def test_a_run_from_before_that_a_sweep_did_not_come_to_is_told_with_its_epochs(self):
        logs = self.folder / "logs"
        self.assert_done(self.call("sweep", "--logdir", logs, "--batch-sizes", 4, "--epochs", 2))
        process = self.start("sweep", "--logdir", logs, "--batch-sizes", "20,4", "--epochs", 1000000,
                             "--quiet")
        wait_for_epoch(logs / "LeNet-MNIST-2-BatchSize=20")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=LIMIT_SECONDS), 143)
        self.assertIn("batch size 4: not resumed, with 2 of 1000000 epochs", process.stderr.read())

    def stop(self, run, *arguments):
        """Starts the command, ends it when the run has an epoch, and returns its last output."""
        process = self.start(*arguments, "--epochs", 1000000, "--quiet")
        wait_for_epoch(run)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=LIMIT_SECONDS), 143)
        return process.stderr.read()

    def test_how_to_continue_a_run_that_replaced_another_is_told(self):
        told = self.stop(self.run_directory, "train", "--logdir", self.run_directory,
                         "--batch-size", 4, "--overwrite")
        self.assertIn("; the same command with --resume instead of --overwrite continues\n", told)
        logs = self.folder / "logs"
        told = self.stop(logs / "LeNet-MNIST-2-BatchSize=4", "sweep", "--logdir", logs,
                         "--batch-sizes", 4, "--overwrite")
        self.assertIn("; the same command without --overwrite continues\n", told)

    def test_a_diverged_run_that_is_stopped_is_not_said_to_continue(self):
        told = self.stop(self.run_directory, "train", "--logdir", self.run_directory,
                         "--batch-size", 4, "--learning-rate", 1e20)
        self.assertRegex(told, r"\ntrainer train: stopped by SIGTERM after epoch \d+ of 1000000"
                               r"(, step \d of 5)?; it diverged, so it is not resumed\n$")

    def test_a_run_that_is_being_written_is_not_touched(self):
        process = self.start("train", "--logdir", self.run_directory, "--batch-size", 4,
                             "--epochs", 1000000, "--quiet")
        wait_for_epoch(self.run_directory)
        self.assert_refused(self.train("--overwrite"), 1, "another process")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=LIMIT_SECONDS), 143)
        self.assert_done(self.train("--overwrite"))

    def test_a_killed_run_is_known_and_continued(self):
        run = self.folder / "logs/LeNet-MNIST-2-BatchSize=8"
        process = self.start("sweep", "--logdir", self.folder / "logs", "--batch-sizes", "8",
                             "--epochs", 1000000, "--quiet")
        wait_for_epoch(run)
        self.assertIn(f"not finished (running on {socket.gethostname()})", self.notes(run))
        process.kill()
        process.wait(timeout=LIMIT_SECONDS)
        self.assertIn("not finished (interrupted)", self.notes(run))
        self.assert_refused(self.sweep("--seed", 9), 1, "seed 0 instead of 9", "--overwrite")
        left = record(run)
        self.assertEqual(left["state"], "running")
        # The same as if it had been killed in a run of two epochs.
        left["configuration"]["epochs"] = 2
        left["epochs"] = left["epochs"][:1]
        (run / "run.json").write_text(json.dumps(left))
        self.assert_done(self.sweep())
        self.assertEqual(record(run)["state"], "finished")
        self.assertEqual(len(list((run / "train").iterdir())), 2)

    def test_a_reader_who_leaves_does_not_end_the_run(self):
        process = subprocess.Popen(
            self.command("train", "--logdir", self.run_directory, "--batch-size", 8, "--epochs",
                         3), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        process.stdout.close()
        self.assertEqual(process.wait(timeout=LIMIT_SECONDS), 1)
        self.assertEqual(record(self.run_directory)["state"], "finished")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
