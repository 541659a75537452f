"""Drives the programs that bench/cpu.sh compares, and prints its report.

cpu_rounds.py ROOT BATCH_SIZE PRECISION ROUNDS STEPS CSV

Every program is started once, one after the other, and warms up. Then they take turns, round by
round, while the others wait for their standard input (peers/rounds.py describes the protocol). A
peer that fails is reported and left out from then on. Needs only Python.
"""
import collections
import csv
import os
import pathlib
import re
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from machine import machine

MFLOP_A_SAMPLE = 71.6  # of a dense training step, a multiply-add counted as 2
SAMPLES = 60000
OURS_STEPS = 3  # times the peers' steps, so that our rounds are long enough to measure
SETTLE_SECONDS = 0.5  # until the previous program's threads have stopped spinning for more work
READY_SECONDS = 900  # torch.compile compiles for a minute if the machine is free
ROUND_SECONDS = 600


class Failure(Exception):
    pass


class Program:
    def __init__(self, command):
        self.seconds = {}  # {round: seconds per epoch}
        self.unread = b""
        self.errors = tempfile.TemporaryFile("w+", errors="replace")
        try:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)
        except OSError as error:
            raise Failure(f"cannot start {error.filename}: {error.strerror}") from None

    def line(self, limit):
        """Its next line of output. It may have been read together with the line before."""
        while b"\n" not in self.unread:
            if not select.select([self.process.stdout], [], [], limit)[0]:
                raise Failure(f"printed nothing for {limit} s")
            part = os.read(self.process.stdout.fileno(), 4096)
            if not part:
                self.process.wait()
                self.errors.seek(0)
                last = [line for line in self.errors.read().splitlines() if line.strip()][-3:]
                raise Failure("\n    ".join([f"ended with status {self.process.returncode}", *last]))
            self.unread += part
        text, _, self.unread = self.unread.partition(b"\n")
        return text.decode(errors="replace").strip()

    def await_ready(self):
        while self.line(READY_SECONDS) != "ready":
            pass

    def train(self, steps):
        """Returns its seconds per step and its loss."""
        try:
            self.process.stdin.write(f"{steps}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # reported when its answer is read
        text = self.line(ROUND_SECONDS)
        try:
            seconds, loss = map(float, text.split())
        except ValueError:
            raise Failure(f"printed {text!r}") from None
        if not (seconds > 0 and 0 <= loss < 5):
            raise Failure(f"does not train: {seconds} s, loss {loss}")
        return seconds / steps, loss

    def end(self):
        self.process.kill()
        self.process.wait()


def commands(root, batch_size, precision):
    """The programs by name, ours last."""
    data, batch_size = str(root / "data/mnist"), str(batch_size)
    peers = [("keras-fit", "frameworks", "keras_fit.py"),
             ("torch-eager", "frameworks", "torch_step.py", "eager"),
             ("torch-channels_last", "frameworks", "torch_step.py", "channels_last"),
             ("torch-compile", "frameworks", "torch_step.py", "compile"),
             ("torch-compile-channels_last", "frameworks", "torch_step.py",
              "compile_channels_last")]
    if precision == "fp32":
        peers.append(("jax-jit", "jax", "jax_step.py"))
    for name, environment, program, *mode in peers:
        yield name, [str(root / ".venv" / environment / "bin/python"),
                     str(root / "bench/peers" / program), data, batch_size, precision, *mode]
    yield "ours", [str(root / "build/release/bench/train_steps"), "--data", data, "--batch-size",
                   batch_size, "--precision", precision, "--serve"]


def report(name, failure):
    print(f"cpu.sh: {name} failed: {failure}", file=sys.stderr, flush=True)


def drop(name, failure, programs, failed):
    report(name, failure)
    failed.add(name)
    if name in programs:
        programs[name].end()


def start(root, batch_size, precision, programs, failed):
    for name, command in commands(root, batch_size, precision):
        begin = time.monotonic()
        try:
            programs[name] = Program(command)
            programs[name].await_ready()
        except Failure as failure:
            drop(name, failure, programs, failed)
            continue
        print(f"{name} is ready after {time.monotonic() - begin:.0f} s", flush=True)


def play_round(number, batch_size, steps, programs, failed):
    for name, program in programs.items():
        if name in failed:
            continue
        time.sleep(SETTLE_SECONDS)
        try:
            seconds, loss = program.train(steps * (OURS_STEPS if name == "ours" else 1))
        except Failure as failure:
            drop(name, failure, programs, failed)
            continue
        program.seconds[number] = seconds * SAMPLES / batch_size
        print(f"round {number}: {name} bs {batch_size}: {seconds * 1e3:.3f} ms/step, "
              f"{program.seconds[number]:.2f} s/epoch, loss {loss:.4f}", flush=True)


def executed_mflop(root, batch_size, precision, steps):
    """The engine's measured work per sample in its first `steps` steps, in MFLOP, or None."""
    command = [str(root / "build/release/bench/layers"), "--data", str(root / "data/mnist"),
               "--batch-size", str(batch_size), "--precision", precision, "--steps", str(steps),
               "--work"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return float(result.stdout.split()[0])
    except (IndexError, ValueError):
        report("layers --work", result.stderr.strip() or result.stdout.strip())
        return None


def peak_gflops(root, batch_size):
    """The peak rate of fp32 multiply-adds of all threads together, in GFLOP/s, or None."""
    command = [str(root / "build/release/bench/layers"), "--data", str(root / "data/mnist"),
               "--batch-size", str(batch_size), "--peak"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.findall(r"([\d.]+) GFLOP/s", result.stdout)
    return float(found[-1]) if found else None


def write_csv(path, batch_size, precision, programs):
    """Appends a line for each program and round, after a header if the file is new."""
    with open(path, "a", newline="") as file:
        rows = csv.writer(file)
        if file.tell() == 0:
            rows.writerow(["date", "machine", "precision", "batch_size", "round", "program",
                           "seconds_an_epoch"])
        for name, program in programs.items():
            for number, seconds in program.seconds.items():
                rows.writerow([time.strftime("%Y-%m-%d"), machine(), precision, batch_size, number,
                               name, f"{seconds:.3f}"])


def print_table(programs, executed, peak):
    print(f"\n{'':28} {'s/epoch: median (low, high)':28} {'GFLOP/s: dense-equivalent':26}"
          " really executed  of fp32's peak")
    for name, program in programs.items():
        values = list(program.seconds.values())
        if not values:
            continue
        median = statistics.median(values)
        times = f"{median:7.2f} ({min(values):.2f}, {max(values):.2f})"
        mflop = executed if name == "ours" else MFLOP_A_SAMPLE
        really = None if mflop is None else mflop * SAMPLES / median / 1e3
        share = None if really is None or peak is None else f"{100 * really / peak:.0f} %"
        print(f"{name:28} {times:28} {MFLOP_A_SAMPLE * SAMPLES / median / 1e3:25.1f}"
              f"  {'?' if really is None else f'{really:.1f}':>15} {share or '?':>15}")


def ratios(programs):
    """For each round: the fastest peer's time over ours, and that peer's name."""
    ours = programs["ours"].seconds
    for number, own in ours.items():
        peers = [(program.seconds[number], name) for name, program in programs.items()
                 if name != "ours" and number in program.seconds]
        if peers:
            seconds, name = min(peers)
            yield seconds / own, name


def main():
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    root = pathlib.Path(sys.argv[1])
    batch_size, rounds, steps = int(sys.argv[2]), int(sys.argv[4]), int(sys.argv[5])
    precision, csv_path = sys.argv[3], sys.argv[6]
    print(f"{precision} at batch size {batch_size} on {machine()}", flush=True)
    programs, failed = {}, set()
    try:
        start(root, batch_size, precision, programs, failed)
        for number in range(1, rounds + 1):
            if "ours" not in failed:
                play_round(number, batch_size, steps, programs, failed)
    finally:
        for program in programs.values():
            program.end()
    if "ours" not in programs or not programs["ours"].seconds:
        sys.exit("cpu.sh: no ratio without ours")
    executed = executed_mflop(root, batch_size, precision, OURS_STEPS * steps * rounds)
    print_table(programs, executed, peak_gflops(root, batch_size))
    if csv_path:
        write_csv(csv_path, batch_size, precision, programs)
    found = list(ratios(programs))
    if not found:
        sys.exit("cpu.sh: no ratio without a peer")
    fastest = collections.Counter(name for _, name in found)
    print("\nfastest peer: " + ", ".join(f"{name} ({count} of {len(found)} rounds)"
                                         for name, count in fastest.most_common()))
    if failed:
        print(f"without {', '.join(sorted(failed))}, which failed: see above")
    print(f"ratios by round: {', '.join(f'{ratio:.2f}' for ratio, _ in found)}")
    print(f"ratio {statistics.median(ratio for ratio, _ in found):.2f}")
    return 3 if failed else 0


sys.exit(main())
