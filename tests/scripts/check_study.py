"""Tests scripts/study.sh in a copy of the repository's scripts.

Usage: check_study.py SCRIPTS_FOLDER TRAINER

The study's data set is a few random images.
"""

import csv
import json
import os
import pathlib
import random
import re
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import unittest

from waiting import LIMIT_SECONDS, wait_until

SCRIPTS, TRAINER = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
del sys.argv[1:]
sys.dont_write_bytecode = True
sys.path.insert(0, str(SCRIPTS))
import study_report  # noqa: E402

CLASSES = 10
SIZES, RULES, SEEDS, EPOCHS = (8, 16), ("none", "sqrt"), (0, 1), 2


def write_idx(path, shape, content):
    path.write_bytes(struct.pack(f">{1 + len(shape)}I", 0x800 + len(shape), *shape) + content)


def write_dataset(folder, chance):
    """Random images, each with a bright row that shows its class, so that the network can learn."""
    folder.mkdir()
    for part, count in ("train", 96), ("t10k", 64):
        labels = bytes(chance.randrange(CLASSES) for _ in range(count))
        rows = (bytes([250 if row // 2 == label else chance.randrange(60)]) * 28
                for label in labels for row in range(28))
        write_idx(folder / f"{part}-labels-idx1-ubyte", (count,), labels)
        write_idx(folder / f"{part}-images-idx3-ubyte", (count, 28, 28), b"".join(rows))


def cells(page, name):
    """The rows of a table of the page, without the heading."""
    block = page.split(f"<!-- study: {name} -->\n")[1].split("<!-- study: end -->")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")]
            for line in block.splitlines()[2:]]


class Study(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="check study ")
        self.addCleanup(folder.cleanup)
        self.world = pathlib.Path(folder.name).resolve()
        self.root = self.world / "the repository"
        shutil.copytree(SCRIPTS, self.root / "scripts")
        programs = self.root / "build/release/bin"
        programs.mkdir(parents=True)
        (programs / "trainer").symlink_to(TRAINER)
        write_dataset(self.world / "rows", random.Random(1))
        self.logs = self.world / "logs"
        self.output = self.world / "output"

    def command(self, *more):
        return [self.root / "scripts/study.sh", "--datasets", f"rows={self.world / 'rows'}",
                "--batch-sizes", ",".join(map(str, SIZES)), "--rules", ",".join(RULES),
                "--seeds", str(len(SEEDS)), "--epochs", str(EPOCHS), "--jobs", "1",
                "--logs", self.logs, "--output", self.output, *more]

    def study(self, *more, expected=0):
        result = subprocess.run(self.command(*more), capture_output=True, text=True,
                                cwd=self.world, timeout=LIMIT_SECONDS)
        self.assertEqual(result.returncode, expected, result.stdout + result.stderr)
        return result

    def page(self):
        return (self.output / "study.md").read_text(encoding="utf-8")

    def figures(self):
        with (self.output / "study/runs.csv").open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def accuracies(self, rule, size, epoch):
        return [100 * float(row["val_accuracy"]) for row in self.figures()
                if (row["rule"], row["batch_size"], row["epoch"]) == (rule, str(size), str(epoch))]

    def finished(self):
        return {path: path.read_bytes() for path in self.logs.glob("*/*/*/run.json")
                if json.loads(path.read_text())["state"] == "finished"}

    def test_a_stopped_study_continues_and_its_tables_are_of_its_runs(self):
        stopped = subprocess.Popen(self.command(), cwd=self.world, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        wait_until(self.finished, "a finished run")
        os.killpg(stopped.pid, signal.SIGINT)  # as a terminal does
        stopped.wait(LIMIT_SECONDS)
        kept = self.finished()

        self.study()
        self.assertEqual({path: path.read_bytes() for path in kept}, kept)
        self.assertEqual(len(self.figures()), len(SIZES) * len(RULES) * len(SEEDS) * EPOCHS)
        self.assertEqual({path.name for path in (self.output / "study").iterdir()},
                         {"runs.csv", "rows-none.svg", "rows-sqrt.svg", "rows-intervals.svg"})
        self.check_accuracies()
        self.check_differences()
        for alone in "rows seconds", "rows noise":
            self.assertEqual([row[0] for row in cells(self.page(), alone)], ["8", "16"])

    def check_accuracies(self):
        rows = cells(self.page(), "rows accuracy")
        self.assertEqual([row[:2] for row in rows],
                         [[rule, str(size)] for rule in RULES for size in SIZES])
        for rule, size, rate, first, last, seeds in rows:
            scale = (int(size) / 32) ** 0.5 if rule == "sqrt" else 1
            self.assertEqual(rate, f"{0.001 * scale:.4g}")
            self.assertEqual(first, f"{statistics.fmean(self.accuracies(rule, size, 1)):.2f}")
            self.assertTrue(last.startswith(
                f"{statistics.fmean(self.accuracies(rule, size, 2)):.2f} ("), last)
            self.assertEqual(seeds, "2")

    def check_differences(self):
        """The differences between batch sizes are those that `trainer compare` prints."""
        of = json.loads(subprocess.run([TRAINER, "compare", "--format", "json",
                                        self.logs / "rows/none"], check=True, text=True,
                                       stdout=subprocess.PIPE).stdout)["differences"][0]
        shown = cells(self.page(), "rows sizes")[0]
        self.assertEqual(shown[:2], ["none", "8 − 16"])
        numbers = [float(number) for number in re.findall(r"[-+]?\d+\.\d+", shown[3])]
        self.assertEqual(shown[4], f"{of['p']:.2g}")
        sign = 1 if of["batch_size"] == 8 else -1
        expected = [sign * of["points"], *sorted([sign * of["low"], sign * of["high"]])]
        for one, other in zip(numbers, expected, strict=True):
            self.assertAlmostEqual(one, other, delta=0.0051)

        updates = cells(self.page(), "rows updates")[0]
        self.assertEqual(updates[:4], ["none", "12", "16 after 2 epochs", "8 after 1 epoch"])

    def test_text_between_tables_stays_and_more_epochs_add_to_the_runs(self):
        self.output.mkdir()
        (self.output / "study.md").write_text(
            "Words before.\n<!-- study: rows accuracy -->\nan old table\n<!-- study: end -->\nAfter.\n")
        small = "--rules", "none", "--seeds", "1"
        self.study(*small, "--epochs", "1")
        page = self.page()
        self.assertTrue(page.startswith("Words before.\n<!-- study: rows accuracy -->\n| rule |"))
        self.assertTrue(page.endswith("<!-- study: end -->\nAfter.\n"), page)
        self.assertNotIn("an old table", page)
        self.study(*small)
        self.assertEqual({row["epoch"] for row in self.figures()}, {"1", "2"})
        whole = self.page()
        self.study(*small, "--report")
        self.assertEqual(self.page(), whole)

    def test_wrong_usage_is_refused(self):
        for wrong in (["--rule"], ["--seeds"], ["--everything", "1"], ["--datasets", "letters"]):
            self.assertTrue(self.study(*wrong, expected=2).stderr.startswith("study: "), wrong)

    def test_a_wrong_rule_is_the_trainers_to_refuse(self):
        self.assertIn("--scale-learning-rate", self.study("--rules", "cube", expected=2).stderr)


class Statistics(unittest.TestCase):
    def test_bounds_of_students_t_are_those_of_the_tables(self):
        for freedom, bound in {1: 12.7062, 2: 4.3027, 3: 3.1824, 4: 2.7764, 9: 2.2622,
                               30: 2.0423}.items():
            self.assertAlmostEqual(study_report.t_bound(freedom), bound, delta=5e-5)

    def test_equal_seeds_differ_by_rounding_at_least(self):
        same = {0: 99.0, 1: 99.0, 2: 99.0}
        of = study_report.difference(same, same, 0.01)
        self.assertEqual(of.mean, 0)
        self.assertFalse(of.excludes(0))
        self.assertAlmostEqual(of.half, 4.3027 * 0.01 / 6**0.5 / 3**0.5, delta=1e-6)

    def test_one_seed_has_no_interval(self):
        of = study_report.difference({0: 99.0, 1: 98.0}, {0: 98.0}, 0.01)
        self.assertEqual(study_report.shown_difference(of), "+1.00")
        self.assertIsNone(study_report.difference({0: 99.0}, {1: 99.0}, 0.01))


if __name__ == "__main__":
    unittest.main(verbosity=2)
