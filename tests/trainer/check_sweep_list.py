"""A sweep as a list, and tasks that each train a part of it. Arguments are the trainer and tblog, as
for check_trainer."""

import json
import sys
import unittest

from check_trainer import TrainerTest


class SweepListTest(TrainerTest):
    def setUp(self):
        super().setUp()
        self.logs = self.folder / "logs"

    def sweep(self, *arguments, **settings):
        """Of six runs."""
        return super().sweep("--epochs", 1, "--seeds", 3, *arguments, **settings)

    def listed(self, *arguments, **settings):
        result = self.sweep("--list", "--format", "json", *arguments, **settings)
        self.assert_done(result)
        return json.loads(result.stdout)["runs"]

    def trained(self):
        return sorted(path.parent.name for path in self.logs.glob("*/run.json"))


class List(SweepListTest):
    def test_it_has_each_run_by_batch_size_then_rate_then_seed(self):
        runs = self.listed("--learning-rates", "0.002,0.001")
        self.assertEqual([run["index"] for run in runs], list(range(12)))
        self.assertEqual(
            [tuple(run["configuration"].values()) for run in runs],
            [(size, rate, seed, 1) for size in (16, 8) for rate in (0.002, 0.001)
             for seed in (0, 1, 2)])
        self.assertEqual(list(runs[0]["configuration"]),
                         ["batch_size", "learning_rate", "seed", "epochs"])
        self.assertEqual(runs[0]["directory"],
                         f"{self.logs}/LeNet-MNIST-2-BatchSize=16-LR=0.002-Seed=0")
        self.assertEqual(runs[11]["directory"], f"{self.logs}/LeNet-MNIST-2-BatchSize=8-Seed=2")

    def test_the_table_has_a_line_a_run_and_its_directory_at_the_end(self):
        result = self.sweep("--list")
        self.assert_done(result)
        titles, *lines = result.stdout.splitlines()
        self.assertEqual(titles.split(), "index batch size learning rate seed epochs directory".split())
        self.assertEqual([line.split() for line in lines],
                         [[str(run["index"]), str(run["configuration"]["batch_size"]), "0.001",
                           str(run["configuration"]["seed"]), "1", run["directory"]]
                          for run in self.listed()])

    def test_it_needs_neither_data_nor_engine_and_does_not_depend_on_what_is_there(self):
        before = self.listed("--data", "nowhere")
        self.assertFalse(self.logs.exists())
        self.assert_done(self.sweep("--quiet"))
        self.assertEqual(self.listed("--engine", "cuda"), before)
        self.assertEqual(self.trained(), sorted(run["directory"].rpartition("/")[2]
                                                for run in before))

    def test_its_format_is_checked(self):
        self.assert_refused(self.sweep("--list", "--format", "xml"), 2,
                            '--format: "xml" is not table or json')
        self.assert_refused(self.sweep("--format", "json"), 2, "give --list too")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
