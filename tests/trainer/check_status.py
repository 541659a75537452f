"""trainer status: the progress of runs, from their files. Arguments are the trainer and tblog, as
for trainer_test."""

import fcntl
import json
import os
import pty
import select
import socket
import struct
import subprocess
import sys
import termios
import unittest

from made_up_records import write_run
from trainer_test import TrainerTest, record, wait_for_epoch
from waiting import wait_until


class Status(TrainerTest):
    def setUp(self):
        super().setUp()
        self.logs = self.folder / "logs"
        self.logs.mkdir()

    def status(self, *arguments):
        result = self.call("status", *arguments, self.logs)
        self.assert_done(result)
        return result.stdout

    def made_up(self, batch_size, state, epochs, planned):
        """A run with that many finished epochs of 1.5 s."""
        run = write_run(self.logs, batch_size, 0, [0.5] * epochs, state=state)
        there = record(run)
        there["configuration"]["epochs"] = planned
        (run / "run.json").write_text(json.dumps(there))
        return run

    def hold(self):
        """A run that is training and has finished an epoch."""
        run = self.logs / "held"
        process = subprocess.Popen(
            self.command("train", "--logdir", run, "--batch-size", 8, "--epochs", 1000000, "--quiet"),
            stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for_epoch(run)
        return process

    def test_a_line_a_run_after_their_number_and_those_that_run_first(self):
        for batch_size, state, epochs, planned in ((64, "finished", 3, 3), (32, "interrupted", 1, 3),
                                                   (16, "interrupted", 2, 100000),
                                                   (8, "running", 0, 3), (4, "diverged", 2, 3)):
            self.made_up(batch_size, state, epochs, planned)
        holder = self.hold()
        lines = [line.split() for line in self.status().splitlines()]
        self.assertEqual(" ".join(lines[0]),
                         "6 runs: 1 running, 3 interrupted, 1 diverged, 1 finished")
        self.assertEqual(lines[1], "state epochs s/epoch time left host run".split())
        host = "a host".split()
        self.assertEqual(lines[3:], [
            ["interrupted", "1/3", "1.5", "3", "s", *host, "BatchSize=32-LR=0.001-Seed=0"],
            ["interrupted", "2/100000", "1.5", "1", "d", "17", "h", *host,
             "BatchSize=16-LR=0.001-Seed=0"],
            ["interrupted", "0/3", *host, "BatchSize=8-LR=0.001-Seed=0"],  # nobody holds its lock
            ["diverged", "2/3", "1.5", *host, "BatchSize=4-LR=0.001-Seed=0"],
            ["finished", "3/3", "1.5", *host, "BatchSize=64-LR=0.001-Seed=0"]])
        self.assertEqual((lines[2][0], lines[2][-2:]), ("running", [socket.gethostname(), "held"]))
        runs = json.loads(self.status("--format", "json"))["runs"]
        self.assertEqual(runs[1], {
            "name": "BatchSize=32-LR=0.001-Seed=0", "state": "interrupted", "host": "a host",
            "process": 1, "epochs": 1, "epochs_planned": 3, "seconds_per_epoch": 1.5,
            "seconds_left": 3.0})
        self.assertEqual((runs[0]["state"], runs[0]["process"]), ("running", holder.pid))
        self.assertEqual([runs[i]["seconds_left"] for i in (3, 4, 5)], [None, 0, 0])

    def test_a_killed_run_is_interrupted_as_soon_as_its_lock_is_free(self):
        holder = self.hold()
        self.assertIn("1 run: 1 running\n", self.status())
        holder.kill()
        holder.wait()
        self.assertIn("1 run: 1 interrupted\n", self.status())
        self.assertEqual(record(self.logs / "held")["state"], "running")

    def test_no_runs_yet_are_no_error(self):
        self.assertEqual(self.status(), "0 runs\n")
        self.assertEqual(json.loads(self.status("--format", "json")), {"runs": []})
        self.assert_refused(self.call("status", self.folder / "none"), 1, "none cannot be read")
        self.assert_refused(self.call("status", "--format", "csv"), 2, "is not table or json")

    def test_watching_shows_what_changes_and_as_much_as_fits(self):
        for batch_size in range(1, 21):
            self.made_up(batch_size, "finished", 1, 1)
        controller, terminal = pty.openpty()
        self.addCleanup(os.close, controller)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 100, 0, 0))
        process = subprocess.Popen(self.command("status", "--watch", self.logs), stdout=terminal)
        os.close(terminal)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        shown = ""

        def last_screen():
            """Everything drawn since the terminal was last cleared."""
            nonlocal shown
            while select.select([controller], [], [], 0)[0]:
                shown += os.read(controller, 65536).decode()
            return shown.rpartition("\x1b[H\x1b[J")[2]

        def whole_screen():
            screen = last_screen()
            return screen if screen.rstrip().endswith("more") else None

        lines = wait_until(whole_screen, "the first look").splitlines()
        self.assertEqual(len(lines), 9)
        self.assertEqual((lines[0], lines[-1]), ("20 runs: 20 finished", "and 14 more"))
        self.made_up(21, "interrupted", 1, 2)
        wait_until(lambda: "21 runs: 1 interrupted, 20 finished" in last_screen(), "another look")
        self.assertIsNone(process.poll())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
