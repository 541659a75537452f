"""Compares every figure of `trainer compare` over seeds with SciPy's. usage: check_figures.py
TRAINER"""

import itertools
import json
import math
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import unittest

import numpy
from scipy import stats

from made_up_records import IMAGES, write_run
from waiting import LIMIT_SECONDS

TRAINER = sys.argv[1]
EPOCHS = 6
LEVEL, POWER, MOST_SEEDS = 0.05, 0.8, 100
USUAL_TARGET = 0.99


def curve(chance, level, spread):
    """Accuracies that rise to about `level`, as numbers of images."""
    end = chance.gauss(level, spread)
    return [round((end - 0.02 * 2.0**-epoch + chance.gauss(0, 1e-4)) * IMAGES) / IMAGES
            for epoch in range(EPOCHS)]


def mean_and_interval(values):
    mean = numpy.mean(values)
    if len(values) < 2:
        return mean, None, None, None
    error = stats.sem(values)
    low, high = stats.t.interval(1 - LEVEL, len(values) - 1, mean, error)
    return mean, error, max(low, 0), min(high, 1)


def holm(probabilities):
    """Holm's adjustment in its textbook form; SciPy has none."""
    adjusted, largest = [None] * len(probabilities), 0
    order = sorted(range(len(probabilities)), key=probabilities.__getitem__)
    for done, place in enumerate(order):
        largest = max(largest, min(1, (len(probabilities) - done) * probabilities[place]))
        adjusted[place] = largest
    return adjusted


def seeds_needed(difference, spread, level):
    """The smallest number of seeds with which a paired t test has the power, by the noncentral
    t."""
    for seeds in range(2, MOST_SEEDS + 1):
        bound = stats.t.isf(level / 2, seeds - 1)
        shift = difference / spread * math.sqrt(seeds)
        if stats.nct.sf(bound, seeds - 1, shift) + stats.nct.cdf(-bound, seeds - 1, shift) >= POWER:
            return seeds
    return MOST_SEEDS + 1


class Figures(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="trainer-figures-")
        self.addCleanup(folder.cleanup)
        self.logs = pathlib.Path(folder.name)

    def compare(self, *options):
        result = subprocess.run([TRAINER, "compare", "--format", "json", *options, self.logs],
                                capture_output=True, text=True, timeout=LIMIT_SECONDS)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return json.loads(result.stdout)

    def assert_close(self, value, expected, tolerance=1e-7):
        """The program prints ten digits."""
        if expected is None:
            self.assertIsNone(value)
        else:
            self.assertTrue(math.isclose(value, expected, rel_tol=tolerance, abs_tol=1e-12),
                            f"{value} instead of {expected}")

    def assert_mean(self, figure, values):
        for key, expected in zip(("mean", "error", "low", "high"), mean_and_interval(values)):
            self.assert_close(figure[key], expected)

    def assert_row(self, row, curves, target):
        """`curves` are those of the row's counted seeds."""
        self.assertEqual(row["runs"], len(curves))
        self.assert_mean(row["final_val_accuracy"], [curve[-1] for curve in curves])
        self.assert_mean(row["best_val_accuracy"], [max(curve) for curve in curves])
        epochs = [next((i + 1 for i, accuracy in enumerate(curve) if accuracy >= target), math.inf)
                  for curve in curves]
        median = statistics.median(epochs)
        self.assert_close(row["epochs_to_target"], median if math.isfinite(median) else None)
        self.assertEqual(row["reached"], sum(map(math.isfinite, epochs)))

    def assert_pairs(self, comparison, tests):
        """`tests` has SciPy's result, the differences' standard deviation and the number of common
        seeds for each pair, in the program's order."""
        adjusted = holm([result.pvalue for result, _, _ in tests])
        for pair, (result, _, common), p in zip(comparison["differences"], tests, adjusted,
                                                strict=True):
            interval = result.confidence_interval(1 - LEVEL)
            self.assert_close(pair["low"], 100 * interval.low)
            self.assert_close(pair["high"], 100 * interval.high)
            self.assert_close(pair["p"], p)
            self.assertEqual((pair["paired"], pair["common_seeds"]), (common >= 2, common))

    def assert_seeds_needed(self, comparison, pair, spread, pairs):
        difference = max(abs(pair["points"]) / 100, 0.001)
        self.assertEqual(comparison["seeds_needed"],
                         seeds_needed(difference, spread, LEVEL / pairs))

    def make(self, chance, levels, spread, **settings):
        """Writes runs of five seeds per batch size. Returns {batch size: {seed: curve}}."""
        runs = {}
        for batch_size, level in levels.items():
            runs[batch_size] = {seed: curve(chance, level, spread) for seed in range(5)}
            for seed, accuracies in runs[batch_size].items():
                write_run(self.logs, batch_size, seed, accuracies, **settings)
        return runs

    def test_shared_seeds_are_paired(self):
        for number, levels in enumerate(({64: 0.9915, 32: 0.9917, 16: 0.9914},
                                         {64: 0.9915, 32: 0.994, 16: 0.990, 8: 0.9912},
                                         {64: 0.991, 16: 0.9935})):
            with self.subTest(levels):
                chance = random.Random(number)
                self.logs = self.logs / str(number)
                runs = self.make(chance, levels, 4e-4)
                comparison = self.compare()
                for row, size in zip(comparison["batch_sizes"], runs, strict=True):
                    self.assert_row(row, list(runs[size].values()), USUAL_TARGET)
                tests = []
                for one, other in itertools.combinations(runs, 2):
                    left, right = ([curve[-1] for curve in runs[size].values()]
                                   for size in (one, other))
                    tests.append((stats.ttest_rel(left, right),
                                  numpy.std(numpy.subtract(left, right), ddof=1), 5))
                self.assert_pairs(comparison, tests)
                if comparison["seeds_needed"] is not None:
                    self.assert_nearest_rival(comparison, tests)

    def assert_nearest_rival(self, comparison, tests):
        [best] = comparison["best"]
        rivals = [(abs(pair["points"]), i) for i, pair in enumerate(comparison["differences"])
                  if best in (pair["batch_size"], pair["other"]) and pair["p"] >= LEVEL]
        _, nearest = min(rivals)
        self.assert_seeds_needed(comparison, comparison["differences"][nearest],
                                 tests[nearest][1], len(tests))

    def test_other_seeds_are_compared_by_welch(self):
        chance = random.Random(7)
        left = [curve(chance, 0.992, 8e-4) for _ in range(6)]
        right = [curve(chance, 0.9915, 2e-4) for _ in range(4)]
        for seed, accuracies in enumerate(left):
            write_run(self.logs, 64, seed, accuracies)
        for seed, accuracies in enumerate(right):
            write_run(self.logs, 32, 5 + seed, accuracies)  # one in common
        comparison = self.compare()
        ends = [[accuracies[-1] for accuracies in curves] for curves in (left, right)]
        result = stats.ttest_ind(*ends, equal_var=False)
        spread = math.sqrt(sum(numpy.var(values, ddof=1) for values in ends))
        self.assert_pairs(comparison, [(result, spread, 1)])
        if comparison["seeds_needed"] is not None:
            self.assert_nearest_rival(comparison, [(result, spread, 1)])

    def test_a_rate_is_chosen_on_the_lower_seeds_and_judged_on_the_upper(self):
        chance = random.Random(9)
        rates = {0.001: {}, 0.002: {}}
        for rate, runs in rates.items():
            for seed in range(6):
                runs[seed] = curve(chance, 0.9915, 1e-3)
                write_run(self.logs, 64, seed, runs[seed], rate=rate)
        [row] = self.compare()["batch_sizes"]
        chosen = max(rates, key=lambda rate: sum(rates[rate][seed][-1] for seed in range(3)))
        self.assertEqual((row["learning_rate"], row["rate"]), (chosen, "confirmed"))
        self.assert_row(row, [rates[chosen][seed] for seed in range(3, 6)], USUAL_TARGET)

    def test_seeds_that_never_reach_the_target_are_the_slowest(self):
        chance = random.Random(11)
        runs = self.make(chance, {64: 0.9905, 32: 0.9899, 16: 0.9885}, 8e-4)
        target = 0.9895
        rows = self.compare("--target-accuracy", str(target))["batch_sizes"]
        self.assertIn(None, [row["epochs_to_target"] for row in rows])
        self.assertTrue(any(0 < row["reached"] < row["runs"] for row in rows))
        for row, curves in zip(rows, runs.values(), strict=True):
            self.assert_row(row, list(curves.values()), target)

    def test_diverged_seeds_are_in_no_figure(self):
        chance = random.Random(13)
        runs = self.make(chance, {64: 0.9905, 32: 0.992}, 5e-4)
        write_run(self.logs, 32, 5, curve(chance, 0.999, 0), state="diverged")
        comparison = self.compare()
        self.assertEqual((comparison["batch_sizes"][1]["diverged"], comparison["best"]), (1, [64]))
        for row, curves in zip(comparison["batch_sizes"], runs.values(), strict=True):
            self.assert_row(row, list(curves.values()), USUAL_TARGET)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
