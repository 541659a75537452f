"""Directories with existing runs: which are refused, left unchanged, resumed or replaced. Arguments
are the trainer and tblog, as for trainer_test."""

import json
import shutil
import sys
import unittest

from trainer_test import PARTS, TrainerTest, events, record


class ExistingRuns(TrainerTest):
    def test_train_refuses_a_run_and_names_overwrite(self):
        self.assert_done(self.train())
        before = events(self.run_directory, "train")
        self.assert_refused(self.train(), 1, self.run_directory, "--overwrite")
        self.assertEqual(events(self.run_directory, "train"), before)
        (self.run_directory / "notes.txt").write_text("a user's")
        self.assert_done(self.train("--overwrite", "--epochs", "1"))
        self.assertEqual(len(record(self.run_directory)["epochs"]), 1)
        for part in PARTS:
            self.assertEqual(len(list((self.run_directory / part).glob("*tfevents*"))), 1)
        self.assertTrue((self.run_directory / "notes.txt").exists())

    def test_train_refuses_a_directory_of_runs(self):
        self.assert_done(self.train())
        for extra in ((), ("--overwrite",)):
            result = self.call("train", "--logdir", self.folder, "--batch-size", 8, *extra)
            self.assert_refused(result, 1, "other runs", "run")
        self.assertEqual(record(self.run_directory)["state"], "finished")

    def test_nothing_is_trained_inside_of_a_run(self):
        self.assert_done(self.train())
        for command, place, option in (("train", "run/deeper/still", "--batch-size"),
                                       ("sweep", "run", "--batch-sizes")):
            result = self.call(command, "--logdir", self.folder / place, option, 8)
            self.assert_refused(result, 1, "inside of the run")
        self.assertFalse((self.run_directory / "deeper").exists())

    def test_sweep_leaves_finished_runs_and_continues_others(self):
        self.assert_done(self.sweep())
        kept, redone = (self.folder / f"logs/LeNet-MNIST-2-BatchSize={n}" for n in (16, 8))
        for run, state in ((kept, "finished"), (redone, "interrupted")):
            beside = run / "events.out.tfevents.1700000000.host.1.2.v2"
            beside.write_bytes(b"")
            there = record(run)
            there["state"] = state
            there["event_files"].append(beside.name)
            (run / "run.json").write_text(json.dumps(there))
        before = {run: (run / "run.json").stat().st_mtime_ns for run in (kept, redone)}
        result = self.sweep()
        self.assert_done(result)
        self.assertIn(f"{kept}: finished already", result.stdout)
        self.assertNotIn(f"{redone}: finished already", result.stdout)
        self.assertEqual((kept / "run.json").stat().st_mtime_ns, before[kept])
        self.assertNotEqual((redone / "run.json").stat().st_mtime_ns, before[redone])
        self.assertEqual(record(redone)["state"], "finished")
        self.assertEqual([len(list(run.glob("events.out.*"))) for run in (kept, redone)], [2, 3])

    def test_sweep_trains_what_is_missing(self):
        self.assert_done(self.sweep())
        shutil.rmtree(self.folder / "logs/LeNet-MNIST-2-BatchSize=16")
        self.assert_done(self.sweep())
        self.assertEqual(record(self.folder / "logs/LeNet-MNIST-2-BatchSize=16")["state"],
                         "finished")

    def test_sweep_refuses_another_configuration_before_training(self):
        self.assert_done(self.call("sweep", "--logdir", self.folder / "logs", "--batch-sizes",
                                   "8", "--epochs", 2))
        for option, value, difference in (("--epochs", 1, "a run of 2 epochs already, more than 1"),
                                          ("--seed", 9, "seed 0 instead of 9"),
                                          ("--train-samples", 19, "training_samples 20"),
                                          ("--isa", "portable", "arithmetic"),
                                          ("--update-freq", "epoch",
                                           "log_every (--update-freq) 1 instead of 0"),
                                          ("--histograms", None, "histograms false"),
                                          ("--noise-scale", None, "noise_scale false")):
            result = self.sweep(*([option] if value is None else [option, value]))
            self.assert_refused(result, 1, "BatchSize=8", difference, "--overwrite")
            self.assertFalse((self.folder / "logs/LeNet-MNIST-2-BatchSize=16").exists())
        self.assert_done(self.sweep("--epochs", 3, "--overwrite"))
        self.assertEqual(len(record(self.folder / "logs/LeNet-MNIST-2-BatchSize=8")["epochs"]), 3)

    def test_sweep_takes_another_data_set_for_another_configuration(self):
        self.assert_done(self.sweep())
        with open(self.data / "train-images-idx3-ubyte", "r+b") as images:
            images.seek(1000)
            images.write(b"changed")
        self.assert_refused(self.sweep(), 1, "data_crc32")

    def test_more_threads_are_the_same_configuration(self):
        self.assert_done(self.sweep("--threads", 1))
        result = self.sweep("--threads", 2)
        self.assert_done(result)
        self.assertEqual(result.stdout.count("finished already"), 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
