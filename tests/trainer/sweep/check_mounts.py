"""One directory, mounted twice, as on two hosts. bindfs passes a file's lock on to the directory's
file system, but handles a directory's lock itself, like NFS. It locks as its own process, so two
processes on one mount would both get a lock, and a reader's close would free it. So at any time
only one process on the mount holds a run.

Arguments are the trainer and tblog, as for trainer_test."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

from check_join import RUNS, JoinTest, starts
from trainer_test import TBLOG, TrainerTest, record, wait_for_epoch
from waiting import wait_until

SKIPPED = 77


def mount(source, target):
    """Mounts without caches, with which a reader would see a replaced file with the old size."""
    return subprocess.run(["bindfs", "--multithreaded", "--enable-lock-forwarding",
                           "-o", "attr_timeout=0,entry_timeout=0", source, target],
                          capture_output=True, text=True)


def unmount(target):
    command = ("umount",) if os.geteuid() == 0 else ("fusermount", "-u")
    subprocess.run([*command, target], check=True)


def why_not():
    """Why nothing can be mounted here; None if it can."""
    if shutil.which("bindfs") is None:
        return "bindfs is not installed (scripts/setup.sh --tests)"
    with tempfile.TemporaryDirectory(prefix="trainer-test-") as folder:
        target = pathlib.Path(folder)
        result = mount(target, target)
        if result.returncode != 0:
            return f"bindfs cannot mount here: {result.stderr.strip()}"
        unmount(target)
    return None


class TwoMounts(TrainerTest):
    def setUp(self):
        super().setUp()
        self.shared = self.folder / "shared"
        self.shared.mkdir()
        self.mounts = []
        for name in ("first", "second"):
            target = self.folder / name
            target.mkdir()
            result = mount(self.shared, target)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.addCleanup(unmount, target)
            self.mounts.append(target)


class Mounts(TwoMounts):
    def start(self, run):
        """Starts a run that trains until it is killed, and waits until it has an epoch."""
        process = subprocess.Popen(
            self.command("train", "--logdir", run, "--batch-size", 8, "--epochs", 1000000,
                         "--quiet"), stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for_epoch(self.shared / "run")
        return process

    def compared(self, run):
        result = self.call("compare", "--format", "json", run)
        self.assert_done(result)
        return json.loads(result.stdout)["runs"][0]

    def test_a_run_of_another_mount_is_running_and_left_alone(self):
        first, second = (path / "run" for path in self.mounts)
        holder = self.start(first)
        for option in ("--resume", "--overwrite"):
            result = self.call("train", "--logdir", second, "--batch-size", 8, option)
            self.assert_refused(result, 1, "another process is writing a run there",
                                f"(process {holder.pid} on {socket.gethostname()})")
        self.assertIsNone(holder.poll())
        run = self.compared(second)
        self.assertEqual((run["state"], run["host"]), ("running", socket.gethostname()))
        self.assertIn(f"running on {socket.gethostname()}", run["note"])
        holder.send_signal(signal.SIGTERM)
        holder.wait()
        self.assertEqual(self.compared(second)["state"], "interrupted")
        self.assertEqual(record(second)["state"], "interrupted")
        subprocess.run([TBLOG, "verify", second], check=True, capture_output=True)

    def test_a_run_of_a_killed_process_can_be_taken_by_another_mount(self):
        first, second = (path / "run" for path in self.mounts)
        holder = self.start(first)
        holder.kill()
        holder.wait()
        wait_until(lambda: self.compared(second)["state"] == "interrupted", "the lock is free")
        self.assertEqual(record(second)["state"], "running")
        result = self.call("train", "--logdir", second, "--batch-size", 8, "--epochs", 2,
                           "--overwrite")
        self.assert_done(result)
        self.assertIn("may not show locks to other hosts", result.stdout)
        self.assertEqual(self.compared(first)["state"], "finished")
        subprocess.run([TBLOG, "verify", first], check=True, capture_output=True)

    def test_a_sweep_warns_once(self):
        result = self.call("sweep", "--logdir", self.mounts[0], "--batch-sizes", "16,8",
                           "--epochs", 1, "--jobs", 1)
        self.assert_done(result)
        self.assertEqual(result.stdout.count("may not show locks to other hosts"), 1)


class Joined(TwoMounts, JoinTest):
    """A sweep of a few runs, with a process on each mount."""

    def setUp(self):
        super().setUp()
        self.logs = self.shared / "logs"

    def test_two_processes_train_every_run_once(self):
        results = [self.end(process) for process in
                   [self.start(logs=mount / "logs") for mount in self.mounts]]
        for result in results:
            self.assert_done(result)
        self.assertEqual([starts(run) for run in self.runs()], [1] * RUNS)
        self.assertTrue(any("How sure" in result.stdout for result in results))
        self.assert_same()

    def test_a_run_of_a_killed_process_is_finished_from_the_other_mount(self):
        first, second = (mount / "logs" for mount in self.mounts)
        killed = self.start("--epochs", 6, logs=first)
        held = self.halt_in_a_run(killed)
        other = self.start("--epochs", 6, logs=second)
        wait_until(lambda: len(self.ended()) == RUNS - 1, "all runs but the one that is held")
        killed.kill()
        killed.wait()
        self.assert_done(self.end(other))
        self.assertEqual([starts(run) for run in self.runs()],
                         [2 if run == held else 1 for run in self.runs()])


if __name__ == "__main__":
    reason = why_not()
    if reason is not None:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
