"""Runs that are resumed. Arguments are the trainer and tblog, as for trainer_test."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

from trainer_test import TBLOG, TrainerTest, events, record, wait_for_epoch
from waiting import LIMIT_SECONDS, wait_until

EPOCHS = 12
FIRST_EPOCH = f"Epoch {1:{len(str(EPOCHS))}}/{EPOCHS} "  # printed by a run that begins
EVERY_EPOCH = ("--checkpoint-interval", 0)
NEVER = ("--checkpoint-interval", 3600)  # of an option given twice, the last one counts


def checkpoint_state(run):
    """The checkpoint's line of JSON, and the state after it."""
    head, _, state = (run / "checkpoint").read_bytes().partition(b"\n")
    return head, state


class Resume(TrainerTest):
    images = 10, 4  # three steps an epoch, of which the last is short, so that epochs are short too

    def arguments(self, run, *more):
        return ("--logdir", run, "--batch-size", 4, "--epochs", EPOCHS, "--update-freq", "batch",
                *EVERY_EPOCH, *more)

    def train(self, *arguments, **settings):
        return super().train("--batch-size", 4, *arguments, **settings)

    def interrupt(self, run, number, *arguments):
        """Starts the command and sends it a signal when a few epochs are done; again, if the signal
        came after the last one."""
        while True:
            with subprocess.Popen(self.command(*arguments, "--quiet"),
                                  stderr=subprocess.DEVNULL) as process:
                while process.poll() is None:
                    if (run / "checkpoint").exists() and len(record(run)["epochs"]) >= 3:
                        break
                    time.sleep(0.002)
                process.send_signal(number)
            done = len(record(run)["epochs"])
            self.assertGreaterEqual(done, 3)
            if done < EPOCHS:
                return
            shutil.rmtree(run)

    def whole(self):
        run = self.folder / "whole"
        self.assert_done(self.call("train", *self.arguments(run, *NEVER)))
        return run

    def assert_same(self, run, whole):
        for part in ("train", "validation"):
            points = [point for point in events(run, part) if point[1] != "keras"]
            self.assertEqual(points, [p for p in events(whole, part) if p[1] != "keras"])
        for key in ("loss", "accuracy", "val_loss", "val_accuracy"):
            self.assertEqual(record(run)["results"][key], record(whole)["results"][key])
        self.assertEqual(len(record(run)["epochs"]), EPOCHS)
        self.assertEqual(record(run)["state"], "finished")
        self.assertEqual(checkpoint_state(run)[1], checkpoint_state(whole)[1])
        self.assertEqual((run / "model.safetensors").read_bytes(),
                         (whole / "model.safetensors").read_bytes())
        # 3: only torn last records, of processes that were killed.
        self.assertIn(subprocess.run([TBLOG, "verify", run], capture_output=True).returncode, (0, 3))

    def test_a_run_that_goes_on_is_the_same_run(self):
        whole = self.whole()
        for number in (signal.SIGTERM, signal.SIGKILL):
            run = self.folder / f"run{number}"
            self.interrupt(run, number, "train", *self.arguments(run))
            result = self.call("train", *self.arguments(run, "--resume", *NEVER))
            self.assert_done(result)
            self.assertRegex(result.stdout, rf"Resumed   after epoch \d+ of {EPOCHS}")
            self.assertNotIn(FIRST_EPOCH, result.stdout)
            self.assert_same(run, whole)

    def test_a_run_goes_on_again_and_again(self):
        whole = self.whole()
        self.interrupt(self.run_directory, signal.SIGKILL, "train",
                       *self.arguments(self.run_directory))
        for _ in range(3):
            process = subprocess.Popen(
                self.command("train", *self.arguments(self.run_directory, "--resume", "--quiet")))
            time.sleep(0.05)
            process.kill()
            process.wait(timeout=LIMIT_SECONDS)
        self.assert_done(
            self.call("train", *self.arguments(self.run_directory, "--resume", *NEVER)))
        self.assert_same(self.run_directory, whole)
        table = self.call("compare", "--check", self.run_directory)
        self.assertNotIn("Note", table.stdout)

    def test_a_sweep_goes_on_by_itself(self):
        whole = self.whole()
        run = self.folder / "logs/LeNet-MNIST-2-BatchSize=4"
        sweep = ("sweep", "--logdir", self.folder / "logs", "--batch-sizes", "4,8", "--epochs",
                 EPOCHS, "--update-freq", "batch", *EVERY_EPOCH)
        self.interrupt(run, signal.SIGKILL, *sweep)
        result = self.call(*sweep)
        self.assert_done(result)
        self.assertEqual(result.stdout.count("Resumed "), 1)
        self.assert_same(run, whole)

    def test_without_resume_an_unfinished_run_is_refused(self):
        self.interrupt(self.run_directory, signal.SIGTERM, "train",
                       *self.arguments(self.run_directory))
        before = checkpoint_state(self.run_directory)
        self.assert_refused(self.call("train", *self.arguments(self.run_directory)), 1,
                            "--resume continues it, --overwrite replaces it")
        self.assertEqual(checkpoint_state(self.run_directory), before)

    def test_another_configuration_does_not_go_on(self):
        self.interrupt(self.run_directory, signal.SIGTERM, "train",
                       *self.arguments(self.run_directory))
        result = self.call("train", *self.arguments(self.run_directory, "--resume", "--seed", 7))
        self.assert_refused(result, 1, "seed 0 instead of 7")

    def test_more_epochs_for_a_finished_run_make_the_run_of_so_many(self):
        run = self.run_directory
        self.assert_done(self.call("train", *self.arguments(run, "--epochs", EPOCHS - 2)))
        before = self.session_starts(run)
        result = self.call("train", *self.arguments(run, "--resume"))
        self.assert_done(result)
        self.assertIn(f"Resumed   after epoch {EPOCHS - 2} of {EPOCHS}\n", result.stdout)
        self.assert_same(run, self.whole())
        # HParams keeps the values of the first file, and Text has both configurations.
        self.assertEqual(self.session_starts(run), before)
        self.assertEqual(len(before), 1)
        self.assertEqual([tag for _, tag, _ in events(run, "")].count("configuration"), 2)
        fewer = self.call("train", *self.arguments(run, "--resume", "--epochs", EPOCHS - 1))
        self.assert_refused(fewer, 1, f"a run of {EPOCHS} epochs already, more than {EPOCHS - 1}")

    @staticmethod
    def session_starts(run):
        return [event for event in events(run, "") if event[1] == "_hparams_/session_start_info"]

    def test_a_sweep_gives_finished_runs_more_epochs(self):
        run = self.folder / "logs/LeNet-MNIST-2-BatchSize=4"
        for epochs in (EPOCHS - 2, EPOCHS):
            self.assert_done(self.call("sweep", "--logdir", self.folder / "logs", "--batch-sizes",
                                       "4", "--epochs", epochs, "--update-freq", "batch"))
        self.assert_same(run, self.whole())

    def test_a_checkpoint_of_format_1_still_loads(self):
        run = self.run_directory
        self.assert_done(self.call("train", *self.arguments(run, "--epochs", EPOCHS - 2)))
        head, state = checkpoint_state(run)
        old = json.loads(head) | {"format": 1, "event_files": [{"name": "x", "bytes": 1}]}
        self.assertNotIn("epoch", old)  # none is under way
        (run / "checkpoint").write_bytes(json.dumps(old).encode() + b"\n" + state)
        result = self.call("train", *self.arguments(run, "--resume"))
        self.assert_done(result)
        self.assertIn(f"Resumed   after epoch {EPOCHS - 2} of {EPOCHS}\n", result.stdout)
        self.assert_same(run, self.whole())

    def test_without_a_number_a_resumed_run_keeps_its_epochs(self):
        self.interrupt(self.run_directory, signal.SIGTERM, "train",
                       *self.arguments(self.run_directory))
        result = self.call("train", "--logdir", self.run_directory, "--batch-size", 4,
                           "--update-freq", "batch", "--resume")
        self.assert_done(result)
        self.assert_same(self.run_directory, self.whole())

    def test_fewer_epochs_than_were_planned_are_told_and_cut_nothing_off(self):
        self.interrupt(self.run_directory, signal.SIGTERM, "train",
                       *self.arguments(self.run_directory))
        left = record(self.run_directory)
        done = len(left["epochs"])
        result = self.call("train", *self.arguments(self.run_directory, "--resume", "--epochs", done))
        self.assert_refused(result, 1, f"has {done} of {EPOCHS} epochs", "may have steps of the next")
        left["configuration"]["epochs"] = EPOCHS + 5
        (self.run_directory / "run.json").write_text(json.dumps(left))
        result = self.call("train", *self.arguments(self.run_directory, "--resume"))
        self.assert_done(result)
        self.assertIn(f"{EPOCHS + 5} epochs were planned for this run, now it has {EPOCHS}",
                      result.stdout)
        self.assert_same(self.run_directory, self.whole())

    def test_a_signal_keeps_its_status_where_the_state_cannot_be_saved(self):
        self.run_directory.mkdir()
        (self.run_directory / "checkpoint.tmp").mkdir()
        with subprocess.Popen(self.command("train", *self.arguments(
                self.run_directory, "--epochs", 1000000, "--quiet", *NEVER)),
                              stderr=subprocess.PIPE, text=True) as process:
            wait_for_epoch(self.run_directory)
            process.send_signal(signal.SIGTERM)
            told = process.stderr.read()
        self.assertEqual(process.returncode, 128 + signal.SIGTERM)
        self.assertRegex(told, "Warning: the state was not saved: .*checkpoint cannot be written: ")
        self.assertIn("(no saved state: training would start at step 1); the same command with "
                      "--resume continues", told)

    def start_without_end(self):
        """Starts a run that saves no state until it ends, and waits until it has an epoch."""
        process = subprocess.Popen(
            self.command("train", *self.arguments(self.run_directory, "--epochs", 1000000,
                                                  "--quiet", *NEVER)),
            stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for_epoch(self.run_directory)
        return process

    def assert_left(self, process, who):
        """Asserts that the process reported who has its run, and wrote nothing more."""
        told = process.stderr.read()
        self.assertEqual(process.wait(), 1)
        self.assertEqual(told, f"trainer train: {self.run_directory}: another process{who}; this "
                               "one stops and writes nothing more\n")
        self.assertFalse((self.run_directory / "checkpoint").exists())

    def replace(self, name, content):
        new = self.folder / "new"
        new.write_text(content)
        new.rename(self.run_directory / name)

    def test_a_run_that_another_host_takes_over_is_left_to_it(self):
        process = self.start_without_end()
        theirs = json.dumps({**record(self.run_directory), "host": "node7", "process": 4711})

        def take_over():
            """Repeated in case the process overwrites run.json, which it read before it was
            replaced."""
            self.replace("run.json", theirs)
            return process.poll() is not None

        wait_until(take_over, "the process ends")
        self.assert_left(process, ", 4711 on node7, has taken this run over")
        self.assertEqual((self.run_directory / "run.json").read_text(), theirs)

    def test_a_run_whose_lock_is_replaced_is_left(self):
        process = self.start_without_end()
        self.replace("run.lock", "")
        self.assert_left(process, " has taken this run over or removed it")
        self.assertEqual(record(self.run_directory)["state"], "running")

    def test_overwrite_removes_the_checkpoint(self):
        self.interrupt(self.run_directory, signal.SIGTERM, "train",
                       *self.arguments(self.run_directory))
        result = self.train("--overwrite")
        self.assert_done(result)
        self.assertNotIn("Resumed", result.stdout)
        self.assertEqual(len(list((self.run_directory / "train").iterdir())), 1)

    def test_a_run_without_a_checkpoint_begins_again(self):
        self.interrupt(self.run_directory, signal.SIGTERM, "train",
                       *self.arguments(self.run_directory))
        (self.run_directory / "checkpoint").unlink()
        result = self.call("train", *self.arguments(self.run_directory, "--resume", *NEVER))
        self.assert_done(result)
        self.assertIn(FIRST_EPOCH, result.stdout)
        self.assert_same(self.run_directory, self.whole())

    def test_a_bad_checkpoint_is_told_and_the_run_begins_again(self):
        self.interrupt(self.run_directory, signal.SIGTERM, "train",
                       *self.arguments(self.run_directory))
        kept = self.folder / "kept"
        shutil.copytree(self.run_directory, kept)
        head, state = checkpoint_state(kept)
        whole = self.whole()
        for damage in ("cut", "state", "head", "longer", "empty", "of another run"):
            with self.subTest(damage):
                shutil.rmtree(self.run_directory)
                shutil.copytree(kept, self.run_directory)
                path = self.run_directory / "checkpoint"
                if damage == "cut":
                    path.write_bytes(head + b"\n" + state[:-1])
                elif damage == "state":
                    path.write_bytes(head + b"\n" + bytes([state[0] ^ 1]) + state[1:])
                elif damage == "head":
                    path.write_bytes(head[:-2] + b"\n" + state)
                elif damage == "longer":
                    path.write_bytes(head + b"\n" + state + b"x")
                elif damage == "empty":
                    path.write_bytes(b"")
                else:
                    path.write_bytes(
                        re.sub(rb'"iterations":\d+', b'"iterations":9999', head) + b"\n" + state)
                result = self.call(
                    "train", *self.arguments(self.run_directory, "--resume", *NEVER))
                self.assert_done(result)
                self.assertIn("Note: training starts at step 1", result.stdout)
                self.assertIn(FIRST_EPOCH, result.stdout)
                self.assert_same(self.run_directory, whole)
        shutil.rmtree(self.run_directory)
        shutil.copytree(kept, self.run_directory)
        (self.run_directory / "checkpoint").write_bytes(b"")
        result = self.call("train", *self.arguments(self.run_directory, "--resume", "--quiet"))
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        self.assertIn("Note: training starts at step 1", result.stderr)

    def test_a_checkpoint_is_not_written_through_a_link(self):
        victim = self.folder / "victim"
        victim.write_text("somebody's\n")
        self.run_directory.mkdir()
        (self.run_directory / "checkpoint.tmp").symlink_to(victim)
        self.assert_done(self.train(*EVERY_EPOCH))
        self.assertEqual(victim.read_text(), "somebody's\n")

    def test_a_finished_run_has_nothing_to_go_on_with(self):
        self.assert_done(self.train())
        result = self.train("--resume")
        self.assert_done(result)
        self.assertIn("finished already", result.stdout)

    def test_a_directory_without_a_run_is_begun(self):
        (self.run_directory).mkdir()
        (self.run_directory / "checkpoint").write_text("somebody's\n")
        self.assert_done(self.train("--resume", *EVERY_EPOCH))
        self.assertEqual(record(self.run_directory)["state"], "finished")

    def test_a_checkpoint_that_cannot_be_written_does_not_end_the_training(self):
        self.run_directory.mkdir()
        (self.run_directory / "checkpoint.tmp").mkdir()
        result = self.train(*EVERY_EPOCH)
        self.assert_refused(result, 1, "checkpoint cannot be written", "--no-state")
        self.assertIn("Note: no checkpoint after epoch 1", result.stdout)
        self.assertEqual(len(record(self.run_directory)["epochs"]), 2)  # and all is logged
        losses = [tag for _, tag, _ in events(self.run_directory, "train")].count("epoch_loss")
        self.assertEqual(losses, 2)
        self.assert_done(self.train("--resume", "--no-state"))
        self.assertEqual(record(self.run_directory)["state"], "finished")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
