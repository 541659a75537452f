"""The networks that runs keep. Arguments are the trainer and tblog, as for trainer_test."""

import json
import struct
import sys
import unittest

from trainer_test import TrainerTest, record

FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")
PARAMETER_BYTES = 4 * 1199882


def read_model(path):
    """The metadata and the shapes of a safetensors file. Checks that the tensors fill the file."""
    content = path.read_bytes()
    length, = struct.unpack("<Q", content[:8])
    assert length % 8 == 0 and len(content) == 8 + length + PARAMETER_BYTES, len(content)
    header = json.loads(content[8:8 + length])
    metadata = header.pop("__metadata__")
    return metadata, {name: tensor["shape"] for name, tensor in header.items()}


class KeptModel(TrainerTest):
    def setUp(self):
        super().setUp()
        self.model = self.run_directory / "model.safetensors"
        self.best = self.run_directory / "best.safetensors"

    def figures(self, epoch):
        """The figures of an epoch (from 1) in run.json."""
        return {name: record(self.run_directory)["epochs"][epoch - 1][name] for name in FIGURES}

    def assert_model(self, path, epoch):
        metadata, _ = read_model(path)
        self.assertEqual(metadata["epoch"], str(epoch))
        self.assertEqual({name: float(metadata[name]) for name in FIGURES}, self.figures(epoch))

    def test_a_run_leaves_a_file_that_others_read_and_names_it(self):
        result = self.train()
        self.assert_done(result)
        self.assertEqual(result.stdout.splitlines()[-2], f"Model: {self.model}")
        metadata, shapes = read_model(self.model)
        self.assertEqual(shapes, {
            "conv1.weight": [32, 1, 3, 3], "conv1.bias": [32], "conv2.weight": [64, 32, 3, 3],
            "conv2.bias": [64], "fc1.weight": [128, 9216], "fc1.bias": [128],
            "fc2.weight": [10, 128], "fc2.bias": [10]})
        self.assert_model(self.model, 2)
        configuration = record(self.run_directory)["configuration"]
        self.assertEqual(json.loads(metadata["configuration"]), configuration)
        self.assertEqual(metadata["data_crc32"], configuration["data_crc32"])
        self.assertEqual(metadata["iterations"], str(2 * 3))
        self.assertFalse(self.best.exists())

    def test_the_default_paths_fit_a_terminal(self):
        result = self.call("train", "--epochs", 1, "--batch-size", 20, "--save-best")
        self.assert_done(result)
        run = "./logs/LeNet-MNIST-2-BatchSize=20"
        lines = [f"Model: {run}/model.safetensors", f"Best:  {run}/best.safetensors"]
        self.assertEqual(result.stdout.splitlines()[-3:-1], lines)
        self.assertLess(max(map(len, lines)), 80)

    def test_quiet_names_nothing(self):
        result = self.train("--quiet")
        self.assert_done(result)
        self.assertEqual(result.stdout, "")
        self.assertTrue(self.model.exists())

    def test_a_run_that_diverged_names_nothing(self):
        result = self.train("--learning-rate", 1e20)
        self.assertEqual(result.returncode, 0)
        self.assertNotIn("Model", result.stdout)
        self.assertFalse(self.model.exists())

    def test_a_run_without_a_state_has_a_model(self):
        self.assert_done(self.train("--no-state"))
        self.assert_model(self.model, 2)

    def test_the_best_epoch_is_that_of_the_lowest_validation_loss(self):
        self.assert_done(self.train("--epochs", 4, "--learning-rate", 0.003, "--save-best"))
        losses = [self.figures(epoch)["val_loss"] for epoch in range(1, 5)]
        self.assert_model(self.best, 1 + losses.index(min(losses)))
        self.assert_model(self.model, 4)

    def test_a_run_may_keep_none(self):
        result = self.train("--no-model")
        self.assert_done(result)
        self.assertNotIn("Model", result.stdout)
        self.assertEqual(list(self.run_directory.glob("*.safetensors*")), [])

    def test_keeping_the_best_and_none_exclude_each_other(self):
        for call in (self.train, self.sweep):
            self.assert_refused(call("--save-best", "--no-model"), 2, "--save-best", "--no-model")

    def test_a_finished_run_is_the_same_with_or_without(self):
        self.assert_done(self.train("--save-best"))
        result = self.train("--resume", "--no-model")
        self.assert_done(result)
        self.assertIn("finished already with this configuration", result.stdout)

    def test_a_run_that_goes_on_without_removes_the_old_ones(self):
        self.assert_done(self.train("--save-best"))
        result = self.train("--resume", "--no-model", "--epochs", 3)
        self.assert_done(result)
        self.assertIn("Note: with --no-model the networks that the run had kept are removed",
                      result.stdout)
        self.assertEqual(list(self.run_directory.glob("*.safetensors*")), [])

    def test_a_run_that_is_replaced_leaves_none(self):
        self.assert_done(self.train("--save-best"))
        self.assert_done(self.train("--overwrite", "--no-model"))
        self.assertEqual(list(self.run_directory.glob("*.safetensors*")), [])

    def test_somebodys_model_is_not_replaced(self):
        self.run_directory.mkdir()
        self.model.write_text("somebody's")
        for more in ((), ("--overwrite",), ("--resume",)):
            self.assert_refused(self.train(*more), 1, self.run_directory,
                                "holds a model.safetensors but no run")
        self.assertEqual([p.name for p in self.run_directory.iterdir()], [self.model.name])
        self.assertEqual(self.model.read_text(), "somebody's")

    def test_a_sweep_over_seeds_says_what_its_models_take(self):
        def sizes(*arguments):
            result = self.sweep("--seeds", 2, "--epochs", 1, *arguments)
            self.assert_done(result)
            return [line for line in result.stdout.splitlines() if "--no-model" in line]

        self.assertEqual(sizes(), ["4 runs keep a model of 4.6 MiB each: 18.3 MiB; --no-model "
                                   "keeps none"])
        self.assertEqual(sizes(), [])  # nothing is left to be trained
        self.assertEqual(sizes("--overwrite", "--save-best"),
                         ["4 runs keep two models of 4.6 MiB each: 36.6 MiB; --no-model keeps "
                          "none"])
        self.assertEqual(sizes("--overwrite", "--no-model"), [])
        self.assertNotIn("--no-model", self.sweep("--epochs", 1).stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
