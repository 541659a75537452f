#!/usr/bin/env python3
"""Times each kernel of the CPU engine within training steps, for several batch sizes and numbers of
threads. Prints a Markdown table with a column for each: milliseconds per step, and the percentage
that the kernel reaches of the machine's peak rate of multiply-adds or of memory bandwidth. Needs a
release build and MNIST in data/mnist. Takes some seconds per column. Nothing else should run on the
machine meanwhile."""
import argparse
import csv
import os
import pathlib
import re
import subprocess
import sys
import time

from machine import machine

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build/release/bench/layers"
HEAD = ["date", "machine", "instructions", "precision", "batch_size", "threads", "kernel",
        "ms_a_step", "share_percent", "gflops", "gb_a_second", "reached_percent", "bound"]
FIRST_LINE = re.compile(r"(\w+), (\d+) threads?, (\w+), batch size (\d+), \d+ steps$")
KERNEL = re.compile(r"(?P<kernel>\S.*?) {2,}(?P<ms_a_step>[\d.]+) +(?P<share_percent>[\d.]+) %"
                    r"(?: +(?P<gflops>[\d.]+) +(?P<gb_a_second>[\d.]+)"
                    r" +(?P<reached_percent>\d+) % of (?P<bound>.+))?$")


def numbers(text):
    return [int(item) for item in text.split(",")]


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--batch-sizes", type=numbers, default=[64, 16], metavar="N,N")
    parser.add_argument("--threads", type=numbers, metavar="N,N", help="default: 1 and all",
                        default=sorted({1, len(os.sched_getaffinity(0))}))
    parser.add_argument("--csv", metavar="FILE", help="append a line for each kernel and column")
    parser.add_argument("rest", nargs="*", metavar="OPTION",
                        help="options of build/release/bench/layers, after --")
    return parser.parse_args()


def parse(text):
    """The rows of one run of the program: dictionaries by the names of HEAD."""
    lines = text.splitlines()
    instructions, threads, precision, batch_size = FIRST_LINE.match(lines[0]).groups()
    column = {"instructions": instructions, "precision": precision, "batch_size": batch_size,
              "threads": threads}
    return [{**column, **match.groupdict("")} for match in map(KERNEL.match, lines[1:]) if match]


def measure(options):
    columns = []
    for batch_size in options.batch_sizes:
        for threads in options.threads:
            command = [PROGRAM, "--batch-size", str(batch_size), "--threads", str(threads),
                       "--data", ROOT / "data/mnist", *options.rest]
            columns.append(parse(subprocess.run(command, check=True, text=True,
                                                stdout=subprocess.PIPE).stdout))
    return columns


def print_table(columns):
    """A row for each kernel; all columns have the same kernels."""
    heads = [f"{rows[0]['batch_size']}, {rows[0]['threads']} thread"
             + ("s" if rows[0]["threads"] != "1" else "") for rows in columns]
    print(f"{columns[0][0]['instructions']}, {columns[0][0]['precision']}, on {machine()}\n")
    print("| batch size | " + " | ".join(heads) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for rows in zip(*columns):
        cells = (f"{row['ms_a_step']}" + (f", {row['reached_percent']} % of {row['bound']}"
                                          if row["bound"] else "") for row in rows)
        print(f"| {rows[0]['kernel']} | " + " | ".join(cells) + " |")


def write_csv(path, columns):
    """Appends the rows, after a header if the file is new."""
    with open(path, "a", newline="") as file:
        out = csv.DictWriter(file, HEAD, lineterminator="\n")
        if file.tell() == 0:
            out.writeheader()
        for rows in columns:
            for row in rows:
                out.writerow({"date": time.strftime("%Y-%m-%d"), "machine": machine(), **row})


def main():
    options = parse_options()
    if not os.access(PROGRAM, os.X_OK):
        sys.exit("bench/layers.py: build the release preset first")
    try:
        columns = measure(options)
    except subprocess.CalledProcessError as error:
        return error.returncode
    print_table(columns)
    if options.csv:
        write_csv(options.csv, columns)
    return 0


if __name__ == "__main__":
    sys.exit(main())
