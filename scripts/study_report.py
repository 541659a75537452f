"""Writes the tables of scripts/study.sh from its runs. Needs only Python.

    study_report.py --trainer FILE --logs DIR --output DIR --datasets NAME... --rules RULE...

The runs are in LOGS/DATASET/RULE. OUTPUT/study/runs.csv gets a row for each epoch of each run,
OUTPUT/study.md gets the tables, and OUTPUT/study/DATASET-intervals.svg shows the final accuracies.
In study.md a table goes between two marks,

    <!-- study: NAME -->
    <!-- study: end -->

and replaces what was between them. An existing page gets only the tables that it has marks for. A
new page gets all tables.
"""

import argparse
import csv
import dataclasses
import datetime
import itertools
import json
import math
import pathlib
import re
import statistics
import subprocess
import sys

from study_picture import interval_picture

CONFIDENCE = 0.95
END = "<!-- study: end -->"


# ---- the runs

@dataclasses.dataclass
class Run:
    batch_size: int
    seed: int
    learning_rate: float
    training_samples: int
    validation_samples: int
    setting: str  # processor, threads and runs at the same time
    day: datetime.date  # when it ended
    state: str
    epochs: list  # as in run.json: one dictionary per epoch

    def accuracy(self, epoch):
        """The validation accuracy in percent after this epoch, counted from 1."""
        return 100 * self.epochs[epoch - 1]["val_accuracy"]

    def steps(self, epoch):
        return epoch * math.ceil(self.training_samples / self.batch_size)


def read_run(path):
    record = json.loads(path.read_text(encoding="utf-8"))
    configuration = record["configuration"]
    setting = f"{record['hardware']} a run, {record['runs_at_once']} at the same time"
    return Run(**{key: configuration[key] for key in (
        "batch_size", "seed", "learning_rate", "training_samples", "validation_samples")},
        setting=setting, day=datetime.date.fromtimestamp(path.stat().st_mtime),
        state=record["state"], epochs=record["epochs"])


def read_runs(folder):
    """{batch size: {seed: run}} of the finished and diverged runs."""
    runs = {}
    for path in sorted(folder.glob("*/run.json")):
        run = read_run(path)
        if run.state in ("finished", "diverged"):
            of_size = runs.setdefault(run.batch_size, {})
            if run.seed in of_size:
                sys.exit(f"study: {folder} has two runs of batch size {run.batch_size} and seed"
                         f" {run.seed}; give another study a folder of its own (--logs)")
            of_size[run.seed] = run
    return dict(sorted(runs.items()))


class Study:
    """All runs of a data set: self.runs[rule][batch size][seed]."""

    def __init__(self, folder, rules):
        self.folder = folder
        self.rules = rules
        self.runs = {rule: read_runs(folder / rule) for rule in rules}
        self.sizes = sorted({size for runs in self.runs.values() for size in runs})
        lengths = {len(run.epochs) for run in self.all() if run.state == "finished"}
        if len(lengths) != 1:
            sys.exit(f"study: {folder} has " + (
                "no finished runs" if not lengths else
                f"runs of {' and '.join(map(str, sorted(lengths)))} epochs: train them all alike"))
        self.epochs = lengths.pop()

    def of_rule(self, rule):
        return [run for of_size in self.runs[rule].values() for _, run in sorted(of_size.items())]

    def all(self):
        return [run for rule in self.rules for run in self.of_rule(rule)]

    def accuracies(self, rule, size, epoch):
        """{seed: accuracy} of the runs that finished."""
        return {seed: run.accuracy(epoch)
                for seed, run in self.runs[rule].get(size, {}).items() if run.state == "finished"}

    def image(self):
        """The percentage points that one image of the validation set is worth."""
        return 100 / self.all()[0].validation_samples


# ---- the statistics, as docs/comparing.md explains them

def t_inside(t, freedom):
    """The probability that Student's t lies between -t and t, for whole degrees of freedom
    (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine = math.cos(angle)
    odd = freedom % 2
    term, total = cosine if odd else 1.0, 0.0
    for i in range(1 + odd, freedom, 2):
        total += term
        term *= cosine * cosine * i / (i + 1)
    if odd:
        return 2 / math.pi * (angle + math.sin(angle) * total)
    return math.sin(angle) * total


def t_bound(freedom):
    low, high = 0.0, 1e6
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if t_inside(middle, freedom) < CONFIDENCE else (low, middle)
    return high


@dataclasses.dataclass
class Interval:
    mean: float
    half: float  # half the width; NaN for a single value

    def excludes(self, value):
        return abs(self.mean - value) > self.half


def interval(values, least_spread=0.0):
    values = list(values)
    half = math.nan
    if len(values) > 1:
        spread = max(statistics.stdev(values), least_spread)
        half = t_bound(len(values) - 1) * spread / math.sqrt(len(values))
    return Interval(statistics.fmean(values), half)


def difference(left, right, image):
    """The interval of left - right over the seeds that both have; None without such a seed. Its
    spread is at least what rounding to whole images causes."""
    common = sorted(left.keys() & right.keys())
    if not common:
        return None
    return interval([left[seed] - right[seed] for seed in common], image / math.sqrt(6))


# ---- the tables

def signed(value):
    return f"{value:+.2f}" if f"{value:.2f}" not in ("0.00", "-0.00") else "0.00"


def shown_difference(value):
    """Bold if the interval leaves 0 out."""
    if value is None:
        return "-"
    if math.isnan(value.half):
        return signed(value.mean)
    text = (f"{signed(value.mean)} ({signed(value.mean - value.half)} to"
            f" {signed(value.mean + value.half)})")
    return f"**{text}**" if value.excludes(0) else text


def ends(of):
    """The ends of a percentage's interval, cut off at 0 and 100; for a single value the value
    itself."""
    half = 0 if math.isnan(of.half) else of.half
    return max(of.mean - half, 0), min(of.mean + half, 100)


def shown_mean(values):
    if not values:
        return "-"
    of = interval(values)
    if math.isnan(of.half):
        return f"{of.mean:.2f}"
    return f"{of.mean:.2f} ({ends(of)[0]:.2f} to {ends(of)[1]:.2f})"


def table(heads, rows):
    if not rows:
        return "(nothing to compare)"
    lines = ["| " + " | ".join(heads) + " |", "|" + "|".join(["---"] * len(heads)) + "|"]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines)


def epochs_word(count):
    return f"{count} epoch" + ("s" if count != 1 else "")


def setup_table(study):
    runs = study.all()
    settings = sorted({run.setting for run in runs})
    days = [run.day for run in runs]
    return table(("", ""), [
        ("training images", " or ".join(sorted({f"{run.training_samples:,}" for run in runs}))),
        ("validation images", f"{runs[0].validation_samples:,}"),
        ("epochs", study.epochs),
        ("batch sizes", ", ".join(map(str, study.sizes))),
        ("seeds", ", ".join(map(str, sorted({run.seed for run in runs})))),
        ("rules", ", ".join(study.rules)),
        ("runs", f"{len(runs)}, of which {sum(run.state == 'diverged' for run in runs)} diverged"),
        ("processor", "; ".join(settings)),
        ("trained", " to ".join(map(str, sorted({min(days), max(days)})))),
    ])


def accuracy_table(study):
    def row(rule, size):
        runs = study.runs[rule][size]
        by_epoch = [study.accuracies(rule, size, epoch).values()
                    for epoch in range(1, study.epochs + 1)]
        early = [f"{statistics.fmean(values):.2f}" if values else "-" for values in by_epoch[:-1]]
        finished = sum(run.state == "finished" for run in runs.values())
        rate = next(iter(runs.values())).learning_rate
        return (rule, size, f"{rate:.4g}", *early, shown_mean(by_epoch[-1]),
                finished if finished == len(runs) else f"{finished} of {len(runs)}")

    heads = ("rule", "batch size", "rate",
             *(f"after {epochs_word(epoch)}" for epoch in range(1, study.epochs)),
             f"after {epochs_word(study.epochs)}", "seeds")
    return table(heads, [row(rule, size) for rule in study.rules for size in study.runs[rule]])


def size_pairs(study, rule):
    """Pairs of neighbouring sizes, and the pair of the smallest and the largest."""
    sizes = list(study.runs[rule])
    pairs = list(itertools.pairwise(sizes))
    return pairs + [(sizes[0], sizes[-1])] if len(sizes) > 2 else pairs


def adjusted_probabilities(study, trainer, rule):
    """Holm's p of each pair of batch sizes after the last epoch, from `trainer compare`."""
    result = subprocess.run([trainer, "compare", "--format", "json", study.folder / rule],
                            check=True, stdout=subprocess.PIPE)
    return {frozenset((pair["batch_size"], pair["other"])): pair["p"]
            for pair in json.loads(result.stdout)["differences"]}


def size_table(study, trainer):
    moments = sorted({1, study.epochs})

    def rows(rule):
        probabilities = adjusted_probabilities(study, trainer, rule)
        for small, large in size_pairs(study, rule):
            p = probabilities.get(frozenset((small, large)))
            yield (rule, f"{small} − {large}",
                   *(shown_difference(difference(study.accuracies(rule, small, epoch),
                                                 study.accuracies(rule, large, epoch),
                                                 study.image())) for epoch in moments),
                   "-" if p is None else f"{p:.2g}")

    return table(
        ("rule", "batch sizes", *(f"after {epochs_word(epoch)}" for epoch in moments), "Holm's p"),
        [row for rule in study.rules for row in rows(rule)])


def updates_table(study):
    """Compares sizes after equally many updates: the small one after one epoch, the large one after
    more."""
    def rows(rule):
        for small, large in itertools.pairwise(study.runs[rule]):
            ratio = large // small
            if large % small != 0 or ratio > study.epochs:
                continue
            updates = next(iter(study.runs[rule][small].values())).steps(1)
            yield (rule, f"{updates:,}", f"{large} after {epochs_word(ratio)}",
                   f"{small} after {epochs_word(1)}",
                   shown_difference(difference(study.accuracies(rule, large, ratio),
                                               study.accuracies(rule, small, 1), study.image())))

    return table(("rule", "updates, about", "one", "other", "one − other"),
                 [row for rule in study.rules for row in rows(rule)])


def rule_table(study):
    pairs = [(later, earlier) for earlier, later in itertools.combinations(study.rules, 2)]
    return table(
        ("batch size", *(f"{one} − {other}" for one, other in pairs)),
        [(size, *(shown_difference(difference(study.accuracies(one, size, study.epochs),
                                              study.accuracies(other, size, study.epochs),
                                              study.image()))
                  for one, other in pairs))
         for size in study.sizes])


def seconds_table(runs):
    fastest = {size: min(epoch["training_seconds"] for run in of_size.values()
                         for epoch in run.epochs)
               for size, of_size in runs.items()}
    least = min(fastest.values())
    return table(("batch size", "seconds of the fastest epoch", "times the least"),
                 [(size, f"{seconds:.2f}", f"{seconds / least:.2f}")
                  for size, seconds in fastest.items()])


def noise_table(runs):
    """Of one run per batch size."""
    runs = {size: next(iter(of_size.values())) for size, of_size in runs.items()}
    epochs = max(len(run.epochs) for run in runs.values())
    return table(
        ("batch size", *(f"after {epochs_word(epoch)}" for epoch in range(1, epochs + 1))),
        [(size, *("-" if epoch["noise_scale"] is None else f"{epoch['noise_scale']:.0f}"
                  for epoch in run.epochs))
         for size, run in runs.items()])


def interval_points(study, rule):
    finals = {size: study.accuracies(rule, size, study.epochs).values()
              for size in study.runs[rule]}
    means = {size: interval(values) for size, values in finals.items() if values}
    return {size: (of.mean, *ends(of)) for size, of in means.items()}


def draw_intervals(path, dataset, study):
    points = {rule: interval_points(study, rule) for rule in study.rules}
    path.write_text(interval_picture(f"{dataset}, {epochs_word(study.epochs)}", study.sizes, points),
                    encoding="utf-8")


def curves(dataset, study):
    return "\n\n".join(
        f"![{dataset}, rule {rule}: loss and accuracy by epoch, the mean and the range of the seeds]"
        f"(study/{dataset}-{rule}.svg)" for rule in study.rules)


def blocks_of(dataset, study, trainer):
    """{name: text} of each table."""
    yield f"{dataset} setup", setup_table(study)
    yield f"{dataset} accuracy", accuracy_table(study)
    yield (f"{dataset} intervals",
           f"![{dataset}: accuracy by batch size and rule](study/{dataset}-intervals.svg)")
    yield f"{dataset} curves", curves(dataset, study)
    yield f"{dataset} sizes", size_table(study, trainer)
    yield f"{dataset} updates", updates_table(study)
    if len(study.rules) > 1:
        yield f"{dataset} rules", rule_table(study)
    alone = read_runs(study.folder / "alone")
    if alone:
        yield f"{dataset} seconds", seconds_table(alone)
        yield f"{dataset} noise", noise_table(alone)


# ---- the files

def mark(name):
    return f"<!-- study: {name} -->"


def fill(page, blocks):
    for name, block in blocks.items():
        place = re.compile(re.escape(mark(name)) + r"\n.*?" + re.escape(END), re.DOTALL)
        page = place.sub(lambda _, text=f"{mark(name)}\n{block}\n{END}": text, page)
    return page


def empty_page(blocks):
    return "# A study of batch sizes\n" + "".join(f"\n## {name}\n\n{mark(name)}\n{END}\n"
                                                 for name in blocks)


def shown_exactly(figure):
    return "" if figure is None else f"{figure:.7g}"


def write_csv(path, studies):
    figures = ("loss", "accuracy", "val_loss", "val_accuracy", "training_seconds",
               "validation_seconds")
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("dataset", "rule", "batch_size", "learning_rate", "seed", "epoch", *figures))
        for dataset, study in studies.items():
            for rule in study.rules:
                for run in study.of_rule(rule):
                    for number, epoch in enumerate(run.epochs, 1):
                        rows.writerow((dataset, rule, run.batch_size, f"{run.learning_rate:.10g}",
                                       run.seed, number, *(shown_exactly(epoch[figure])
                                                           for figure in figures)))


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--trainer", required=True)
    parser.add_argument("--logs", required=True, type=pathlib.Path)
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("--datasets", required=True, nargs="+")
    parser.add_argument("--rules", required=True, nargs="+")
    options = parser.parse_args()

    studies = {dataset: Study(options.logs / dataset, options.rules)
               for dataset in options.datasets}
    path = options.output / "study.md"
    blocks = {}
    for dataset, study in studies.items():
        blocks.update(blocks_of(dataset, study, options.trainer))
        draw_intervals(options.output / f"study/{dataset}-intervals.svg", dataset, study)
    write_csv(options.output / "study/runs.csv", studies)
    page = path.read_text(encoding="utf-8") if path.exists() else empty_page(blocks)
    path.write_text(fill(page, blocks), encoding="utf-8")


if __name__ == "__main__":
    main()
