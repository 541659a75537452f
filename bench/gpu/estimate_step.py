#!/usr/bin/env python3
"""Estimates a training step's time on an H200 from its kernels' memory traffic.

    check_ptx_traffic --counts 16 | bench/gpu/estimate_step.py

prints a table in Markdown, or the counts with --csv. tests/ptx/README.md says how to run
check_ptx_traffic. This makes the table of kernels/cuda/README.md from the counts kept beside this
file:

    bench/gpu/estimate_step.py bench/gpu/step_counts.csv

Expect an error of about 30 %: none of the constants below was measured on a device. A kernel takes

    START + sectors / SECTORS_PER_US + wavefronts / WAVEFRONTS_PER_US + CHAINS[kernel]

and the kernels of a step follow each other with GAPS between them. Nothing overlaps in this model,
but kernels of the side stream count only if they take multiprocessors from the others.
"""

import argparse
import collections
import csv
import math
import re
import sys

from report import table

# Microseconds until a kernel's first loads from L2, which depend on each other, have arrived.
START = 1.2

# L2 delivers 8.4 TB/s; a sector has 32 bytes.
SECTORS_PER_US = 8.4e12 / 32 / 1e6

# Each of 132 multiprocessors serves one wavefront of shared memory a cycle, at 1.755 GHz.
WAVEFRONTS_PER_US = 132 * 1755

# Microseconds from the end of a kernel to the start of the next, and for the forks, over a step.
GAPS = 8.5

# Microseconds of chains of dependent operations, in addition to memory. head: barriers and
# functions in double. update: the ring's entry and its fence; Adam's powers in double take as long
# at the same time.
CHAINS = {"head": 1.8, "update": 1.0}

# The rows of the table. The weights' kernels are queued together and share one start.
# head_gradients is left out: it runs at the same time as dense1_update.
ROWS = {
    "conv_forward": ["conv_forward"],
    "dense1_forward": ["dense1_forward"],
    "head": ["head"],
    "dense1 backward, update": ["dense1_update"],
    "conv2 and conv1 weights": ["conv2_weights", "conv1_weights"],
    "update": ["update"],
}

TRAINING_SAMPLES = 60000

# The counts of a kernel: sectors, sectors, wavefronts.
KINDS = ["loads", "stores", "shared memory"]

WORK = re.compile(r"a step of (\d+) samples in (\w+)")
KERNEL = re.compile(r"  (\w+)(?:<\w+>)?, \d+ launches")
COUNT = re.compile(r"    ({}) .* (\d+) used ".format("|".join(KINDS)))


def read_counts(lines):
    """{(samples, precision): {kernel: {"loads": sectors, "stores": …, "shared memory": …}}}"""
    steps = {}
    kernels = None
    for line in lines:
        if not line.startswith(" "):
            found = WORK.fullmatch(line.rstrip())
            kernels = steps.setdefault((int(found[1]), found[2]), {}) if found else None
        elif kernels is not None:
            if found := KERNEL.match(line):
                counts = kernels.setdefault(found[1], collections.Counter())
            elif found := COUNT.match(line):
                counts[found[1]] += int(found[2])
    return steps


def write_csv(steps, file):
    """Only of the kernels of the table."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["samples", "precision", "kernel", *KINDS])
    for (samples, precision), kernels in steps.items():
        for name in (name for names in ROWS.values() for name in names):
            writer.writerow([samples, precision, name, *(kernels[name][kind] for kind in KINDS)])


def read_csv(file):
    """Returns the same as read_counts."""
    steps = {}
    for row in csv.DictReader(file):
        kernels = steps.setdefault((int(row["samples"]), row["precision"]), {})
        kernels[row["kernel"]] = {kind: int(row[kind]) for kind in KINDS}
    return steps


def row_time(kernels, names):
    """Microseconds that kernels which are queued together take."""
    total = START
    for name in names:
        counts = kernels[name]
        total += (counts["loads"] + counts["stores"]) / SECTORS_PER_US
        total += counts["shared memory"] / WAVEFRONTS_PER_US + CHAINS.get(name, 0)
    return total


def estimate(steps):
    """The lines of the table."""
    times = {step: [row_time(kernels, names) for names in ROWS.values()]
             for step, kernels in steps.items()}
    sums = {step: sum(rows) + GAPS for step, rows in times.items()}
    head = ["µs a step, estimated", *(f"{samples}, {precision}" for samples, precision in steps)]
    rows = [[name, *(f"{times[step][i]:.1f}" for step in steps)] for i, name in enumerate(ROWS)]
    rows.append(["gaps, forks", *[f"{GAPS:.1f}"] * len(steps)])
    rows.append(["sum", *(f"{sums[step]:.0f}" for step in steps)])
    seconds = (15 * math.ceil(TRAINING_SAMPLES / samples) * sums[samples, precision] / 1e6
               for samples, precision in steps)
    rows.append(["15 epochs, s", *(f"{value:.1f}" for value in seconds)])
    return table(head, rows)


def main():
    parser = argparse.ArgumentParser(prog="estimate_step.py",
                                     description="Estimates a training step's time on an H200.")
    parser.add_argument("counts", nargs="?", metavar="FILE.csv",
                        help="counts that --csv printed (default: what check_ptx_traffic --counts "
                        "prints, on standard input)")
    parser.add_argument("--csv", action="store_true", help="print the counts, not the table")
    options = parser.parse_args()
    if options.counts is None:
        steps = read_counts(sys.stdin)
    else:
        with open(options.counts, encoding="utf-8") as file:
            steps = read_csv(file)
    if not steps:
        sys.exit(f"estimate_step.py: {options.counts or 'standard input'} has no counts of a step "
                 "(check_ptx_traffic --counts prints them)")
    if options.csv:
        write_csv(steps, sys.stdout)
    else:
        print("\n".join(estimate(steps)))


if __name__ == "__main__":
    main()
