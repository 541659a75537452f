"""What bench/scale_out.sh measures. Usage: scale_out_rates.py ROOT [OPTION]... [STAGE]..."""

import argparse
import csv
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

from machine import machine

HEAD = ["date", "machine", "stage", "what", "count", "round", "wall_seconds", "processor_seconds"]
PROCESSES = (1, 2, 4, 8, 16)
SHORT = ["--batch-sizes", "64", "--epochs", "1", "--threads", "1", "--no-model", "--no-state"]
SHARED_RUNS = 16
IMAGES = {"train": 2000, "t10k": 200}  # about a second on one processor
SIDE = 28
SHOWN_RUNS = 1000
PART = 100
ADDRESS = re.compile(r"TensorBoard \S+ at (http://\S+?)/? ")
POLL_SECONDS = 0.1


class Bench:
    """The programs and folders to measure with, and the measured times."""

    def __init__(self, root, rounds, runs, csv_file, scratch):
        self.trainer = root / "build/release/bin/trainer"
        self.python = root / ".venv/tensorboard/bin/python"
        self.data = ["--data", str(scratch / "data")]
        write_data_set(scratch / "data")
        self.rounds, self.runs, self.scratch = rounds, runs, scratch
        self._csv_file = csv_file
        self._measured = {}  # {(stage, what, count): [(wall, processor), ...]}, in seconds

    def record(self, stage, what, count, number, wall, processor):
        self._measured.setdefault((stage, what, count), []).append((wall, processor))
        if self._csv_file:
            rows = csv.writer(self._csv_file, lineterminator="\n")
            if self._csv_file.tell() == 0:
                rows.writerow(HEAD)
            rows.writerow([time.strftime("%Y-%m-%d"), machine(), stage, what, count, number,
                           f"{wall:.3f}", f"{processor:.3f}"])
            self._csv_file.flush()

    def print_medians(self, stage):
        print(f"\n| {stage} | count | wall s, median (low, high) | processor s, median |")
        print("|---|---|---|---|")
        for (of, what, count), pairs in self._measured.items():
            if of == stage:
                walls, processors = zip(*pairs)
                print(f"| {what} | {count:,} | {statistics.median(walls):.2f} ({min(walls):.2f}, "
                      f"{max(walls):.2f}) | {statistics.median(processors):.2f} |", flush=True)

    def sweep(self, logdir, *options):
        return [str(self.trainer), "sweep", "--quiet", *self.data, "--logdir", str(logdir), *options]


def write_data_set(folder):
    """Random images. Validating on all of MNIST's would take longer than the training."""
    folder.mkdir()
    for part, count in IMAGES.items():
        images = struct.pack(">IIII", 0x803, count, SIDE, SIDE) + os.urandom(count * SIDE**2)
        labels = struct.pack(">II", 0x801, count) + bytes(i % 10 for i in range(count))
        (folder / f"{part}-images-idx3-ubyte").write_bytes(images)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(labels)


def time_together(commands):
    """(wall time, processor time) in seconds of processes that start at the same time."""
    begin = time.monotonic()
    processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    processor = 0
    for process in processes:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        processor += usage.ru_utime + usage.ru_stime
        if process.returncode != 0:
            sys.exit(f"{' '.join(process.args)}: exit status {process.returncode}")
    return time.monotonic() - begin, processor


def measure_join(bench):
    """Compares --join with --task, whose processes train fixed shares and do not coordinate."""
    ways = {"--task": lambda i, count: ["--task", f"{i}/{count}"],
            "--join": lambda i, count: ["--join"]}
    for number in range(bench.rounds):
        for count in PROCESSES:
            for what, options in ways.items():
                logdir = bench.scratch / "shared"
                commands = [bench.sweep(logdir, *SHORT, "--seeds", str(SHARED_RUNS),
                                        *options(i, count)) for i in range(count)]
                bench.record("join", what, count, number, *time_together(commands))
                shutil.rmtree(logdir)


def copy_run(run, seed):
    """Makes a run of another seed. Only its name and run.json have the seed; its event files are
    hard links to the first run's."""
    copy = run.with_name(re.sub(r"Seed=\d+", f"Seed={seed}", run.name))
    shutil.copytree(run, copy, copy_function=os.link,
                    ignore=shutil.ignore_patterns("run.json", "run.lock"))
    record = json.loads((run / "run.json").read_text())
    record["configuration"]["seed"] = seed
    (copy / "run.json").write_text(json.dumps(record))


def make_runs(bench):
    """The directory of bench.runs finished runs, made once."""
    logdir = bench.scratch / "many"
    if logdir.exists():
        return logdir
    time_together([bench.sweep(logdir, *SHORT, "--seeds", "1")])
    run, = (path.parent for path in logdir.glob("*/run.json"))
    for seed in range(1, bench.runs):
        copy_run(run, seed)
    return logdir


def measure_list(bench):
    logdir = make_runs(bench)
    options = [*SHORT, "--seeds", str(bench.runs)]
    last = next(logdir.glob(f"*Seed={bench.runs - 1}"))
    commands = {
        "sweep --list": bench.sweep(logdir, *options, "--list"),
        "status": [str(bench.trainer), "status", str(logdir)],
        "compare": [str(bench.trainer), "compare", str(logdir)],
        "sweep --join, nothing left": bench.sweep(logdir, *options, "--join"),
        "sweep --join, one run left": bench.sweep(logdir, *options, "--join"),
        "training one run alone": bench.sweep(bench.scratch / "alone", *SHORT),
    }
    for number in range(bench.rounds):
        for what, command in commands.items():
            if what.endswith("one run left"):
                shutil.rmtree(last)
            shutil.rmtree(bench.scratch / "alone", ignore_errors=True)
            bench.record("list", what, bench.runs, number, *time_together([command]))


def shown_runs(address):
    with urllib.request.urlopen(f"{address}/data/plugin/scalars/tags") as answer:
        return len(json.load(answer))


def time_tensorboard(bench, logdir, expected):
    """(wall time, processor time) in seconds until TensorBoard names as many runs as expected."""
    output = bench.scratch / "tensorboard.log"
    begin = time.monotonic()
    with open(output, "w") as log:
        server = subprocess.Popen([str(bench.python), "-m", "tensorboard.main", "--logdir", str(logdir),
                                   "--host", "127.0.0.1", "--port", "0"], stdout=log, stderr=log)
    try:
        while not (found := ADDRESS.search(output.read_text())):
            if server.poll() is not None:
                sys.exit(f"TensorBoard ended: {output.read_text()}")
            time.sleep(POLL_SECONDS)
        while shown_runs(found[1]) < expected:
            time.sleep(POLL_SECONDS)
        wall = time.monotonic() - begin
    finally:
        server.send_signal(signal.SIGINT)
        _, _, usage = os.wait4(server.pid, 0)
    return wall, usage.ru_utime + usage.ru_stime


def measure_tensorboard(bench):
    runs = sorted(path.parent for path in make_runs(bench).glob("*/run.json"))
    # TensorBoard counts each directory with event files: the run's own, train and validation.
    directories = len({path.parent for path in runs[0].rglob("*tfevents*")})
    for number in range(bench.rounds):
        for count in (SHOWN_RUNS, PART):
            links = bench.scratch / "links"
            links.mkdir()
            for run in runs[:count]:
                (links / run.name).symlink_to(run)
            bench.record("tensorboard", "until all runs are shown", count, number,
                         *time_tensorboard(bench, links, directories * len(runs[:count])))
            shutil.rmtree(links)


STAGES = {"join": measure_join, "list": measure_list, "tensorboard": measure_tensorboard}


def main():
    parser = argparse.ArgumentParser(prog="bench/scale_out.sh", add_help=False)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=10000)
    parser.add_argument("--csv", type=argparse.FileType("a"))
    parser.add_argument("stages", nargs="*", metavar="STAGE")
    arguments = parser.parse_intermixed_args()
    if unknown := set(arguments.stages) - set(STAGES):
        parser.error(f"unknown stage {', '.join(unknown)}")
    with tempfile.TemporaryDirectory(prefix="scale-out-") as scratch:
        bench = Bench(arguments.root, arguments.rounds, arguments.runs, arguments.csv,
                      pathlib.Path(scratch))
        for stage in arguments.stages or STAGES:
            STAGES[stage](bench)
            bench.print_medians(stage)


if __name__ == "__main__":
    main()
