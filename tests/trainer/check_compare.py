"""trainer compare. Arguments are the trainer and tblog, as for trainer_test."""

import csv
import json
import subprocess
import sys
import unittest

from trainer_test import TrainerTest, record


class Compare(TrainerTest):
    def test_compare_gives_the_table_and_json(self):
        self.assert_done(self.sweep())
        table = self.call("compare", "logs")
        self.assert_done(table)
        self.assertLess(table.stdout.index("\n    16 "), table.stdout.index("\n     8 "))
        self.assertEqual(self.call("compare").stdout, table.stdout)
        details = self.call("compare", "--details").stdout
        self.assertTrue(details.startswith(table.stdout))
        self.assertLess(details.index("Size=16\n"), details.index("Size=8\n"))
        rows = list(csv.DictReader(self.call("compare", "--format=csv").stdout.splitlines()))
        self.assertEqual([row["batch_size"] for row in rows], ["16", "8"])
        result = self.call("compare", "--format", "json", "logs")
        self.assert_done(result)
        runs = json.loads(result.stdout)["runs"]
        self.assertEqual([run["batch_size"] for run in runs], [16, 8])
        kept = record(self.folder / "logs/LeNet-MNIST-2-BatchSize=16")
        self.assertAlmostEqual(runs[0]["val_loss"]["final"], kept["results"]["val_loss"], places=5)
        self.assertAlmostEqual(runs[0]["val_accuracy"]["final"], kept["results"]["val_accuracy"],
                               places=9)
        self.assertEqual(runs[0]["peak_bytes"], kept["peak_bytes"])

    def test_compare_takes_several_directories_and_a_target(self):
        self.assert_done(self.sweep())
        self.assert_done(self.train())
        text = self.call("compare", "--format=json", "--target-accuracy=1%", "logs", "run").stdout
        comparison = json.loads(text)
        self.assertEqual([run["name"] for run in comparison["runs"]],
                         ["logs/LeNet-MNIST-2-BatchSize=16", "logs/LeNet-MNIST-2-BatchSize=8",
                          "run"])
        self.assertEqual(comparison["left_out"]["repeated"], 1)
        self.assertEqual(comparison["target_accuracy"], 0.01)

    def test_compare_checks_event_files_if_told_to(self):
        self.assert_done(self.train())
        [path] = (self.run_directory / "train").glob("events.*")
        path.write_bytes(path.read_bytes()[:-40])
        self.assertNotIn("Note", self.call("compare", self.run_directory).stdout)
        self.assertIn(f"train/{path.name}", self.call("compare", "--check", self.run_directory)
                      .stdout.replace("\n      ", " "))

    def test_compare_tells_what_it_cannot_compare(self):
        self.assert_refused(self.call("compare", "nowhere"), 1, "nowhere")
        self.assert_refused(self.call("compare", ""), 2, "name is empty")
        self.assert_refused(self.call("compare", "logs", ""), 2, "name is empty")
        self.assert_refused(self.call("compare", self.data), 1, self.data, "no runs", "--logdir")

    def test_output_that_cannot_be_written_is_a_failure(self):
        self.assert_done(self.sweep())
        for form in ("table", "json", "csv"):
            with open("/dev/full", "w") as full:
                result = subprocess.run(
                    self.command("compare", "--format", form, self.folder / "logs"), stdout=full,
                    stderr=subprocess.PIPE, text=True)
            self.assert_refused(result, 1, "standard output")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
