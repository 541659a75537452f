"""Runs to disturb: each takes a fraction of a second, on a data set made here."""

import dataclasses
import os
import pathlib
import random
import struct
import subprocess
import tempfile
import time

import child_process
import run_contents
from fault_kind import FaultFound
from waiting import LIMIT_SECONDS

BATCH_SIZE = 4
IMAGES = {"train": 38, "t10k": 12}  # ten steps an epoch, of which the last is short
SIDE = 28

EVERY_EPOCH, NEVER = 0, 3600  # --checkpoint-interval


@dataclasses.dataclass(frozen=True)
class Shape:
    """One way to train: a command, options that change what it logs, and where it puts its runs."""

    options: tuple
    command: str = "train"
    runs: tuple = ("",)


SHAPES = {
    "plain": Shape(("--epochs", "4")),
    "histograms": Shape(("--epochs", "3", "--histograms")),
    "micro-batch": Shape(("--epochs", "3", "--micro-batch", "3")),
    "short": Shape(("--epochs", "3", "--batch-size", "16")),
    "no-state": Shape(("--epochs", "3", "--batch-size", "16", "--no-state")),
    "best": Shape(("--epochs", "4", "--batch-size", "16", "--save-best")),
    "diverged": Shape(("--epochs", "3", "--batch-size", "16", "--learning-rate", "1e30")),
    "long": Shape(("--epochs", "60")),
    "sweep": Shape(("--epochs", "2", "--batch-sizes", "4,16"), "sweep",
                   ("LeNet-MNIST-2-BatchSize=4", "LeNet-MNIST-2-BatchSize=16")),
}


@dataclasses.dataclass(frozen=True)
class Call:
    """A system call that was counted, as fail_calls.c reports it."""

    name: str
    path: pathlib.Path

    def is_write(self):
        return self.name in ("write", "pwrite")

    def is_of_event_file(self):
        return "tfevents" in self.path.name


@dataclasses.dataclass(frozen=True)
class Undisturbed:
    """An undisturbed run of a shape: its contents, duration and system calls."""

    contents: list  # RunContents of each of the shape's runs
    seconds: float
    calls: dict  # {index: Call}; empty without fail_calls.so


def write_data_set(folder):
    pixels = random.Random(1)
    folder.mkdir()
    for part, count in IMAGES.items():
        images = struct.pack(">IIII", 0x803, count, SIDE, SIDE) + pixels.randbytes(count * SIDE**2)
        labels = struct.pack(">II", 0x801, count) + bytes(i % 10 for i in range(count))
        (folder / f"{part}-images-idx3-ubyte").write_bytes(images)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(labels)


def read_calls(report):
    """{index: Call}; an index is missing if the process was killed before it wrote the line."""
    calls = {}
    for line in report.read_text().splitlines() if report.exists() else ():
        index, name, path = line.split(" ", 2)
        calls[int(index)] = Call(name, pathlib.Path(path))
    return calls


class Programs:
    """The programs under test, the data set, and the undisturbed runs that others are compared
    with. `fail_calls` is the library, or None."""

    def __init__(self, trainer, tblog, fail_calls, folder):
        self.trainer, self.tblog, self.fail_calls = trainer, tblog, fail_calls
        self._folder = folder
        self._data = folder / "data"
        self._undisturbed = {}
        write_data_set(self._data)

    def command(self, directory, shape, interval, options=()):
        """The command's arguments. It resumes unless `options` has --overwrite; a sweep always
        resumes."""
        shape = SHAPES[shape]
        resuming = ()
        if shape.command == "train":
            resuming = ("--batch-size", str(BATCH_SIZE))
            resuming += () if "--overwrite" in options else ("--resume",)
        return [str(self.trainer), shape.command, "--quiet", "--data", str(self._data),
                "--logdir", str(directory), "--checkpoint-interval", str(interval),
                "--update-freq", "batch", *resuming, *shape.options, *options]

    def undisturbed(self, shape):
        """The undisturbed run of the shape, made at the first call."""
        if shape not in self._undisturbed:
            self._undisturbed[shape] = self._run_undisturbed(shape)
        return self._undisturbed[shape]

    def scratch(self):
        """A folder that is removed at the end of `with`."""
        return tempfile.TemporaryDirectory(dir=self._folder)

    def _run_undisturbed(self, shape):
        folder = self._folder / f"undisturbed-{shape}"
        folder.mkdir()
        run = SmallRun(self, folder / "run", shape, EVERY_EPOCH)
        begin = time.monotonic()
        process = run.resume(how="count")
        seconds = time.monotonic() - begin
        return Undisturbed(run.contents(), seconds, process.calls())


class RunProcess:
    """A trainer process, its messages and its writing calls."""

    def __init__(self, command, environment, traces):
        self._messages, self._calls = f"{traces}.messages", pathlib.Path(f"{traces}.calls")
        with open(self._messages, "w") as messages:
            self._process = child_process.start(command, stdout=subprocess.DEVNULL, stderr=messages,
                                                env={**os.environ, **environment(self._calls)})

    def send(self, number):
        self._process.send_signal(number)

    def is_alive(self):
        return self._process.poll() is None

    def wait(self):
        """Returns the exit status. A process that does not end is a fault."""
        try:
            return self._process.wait(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise FaultFound(f"a process did not end: {self.messages()}") from None

    def messages(self):
        """What it printed to standard error."""
        return pathlib.Path(self._messages).read_text().strip()

    def calls(self):
        """{index: Call}, if they were counted."""
        return read_calls(self._calls)


class SmallRun:
    """One run, or the runs of a sweep, with the processes that train it. Their messages and traces
    are in the folder `traces`, by default beside the run."""

    def __init__(self, programs, directory, shape, interval, traces=None):
        self.programs, self.directory = programs, directory
        self._traces = traces or directory.parent
        self.shape, self.interval = shape, interval
        self.starts = 0
        self._processes = 0  # that were started and not waited for
        self._event_files = {}  # before the first of them

    def directories(self):
        return [self.directory / name for name in SHAPES[self.shape].runs]

    def contents(self):
        return [run_contents.read(self.programs.tblog, each) for each in self.directories()]

    def start(self, how=None, at=None, directory=None, options=(), orders=None):
        """A process that begins or resumes the run. Its writing calls are counted if `how` is not
        None, and the one of index `at` is treated as `how` says (fail_calls.c). `directory`: where
        the process finds the run, if not in its own place. `options` come after the shape's, `orders`
        are further ones for fail_calls.c."""

        def environment(report):
            all_orders = {"LD_PRELOAD": str(self.programs.fail_calls), "FAIL_CALLS_HOW": how,
                          "FAIL_CALLS_BELOW": str(self.directory),
                          "FAIL_CALLS_REPORT": str(report), **(orders or {})}
            if how is None or self.programs.fail_calls is None:
                return {}
            return all_orders if at is None else {**all_orders, "FAIL_CALLS_AT": str(at)}

        self.starts += 1
        self._processes += 1
        if self._processes == 1:
            self._event_files = self._read_event_files()
        command = self.programs.command(directory or self.directory, self.shape, self.interval,
                                        options)
        return RunProcess(command, environment, self._traces / f"run.{self.starts}")

    def wait(self, process, keeps_event_files=True):
        """Returns the process's status, after checking that it left older event files unchanged."""
        status = process.wait()
        self._processes -= 1
        if not keeps_event_files:
            return status
        now = self._read_event_files()
        for path, content in self._event_files.items():
            if now.get(path) != content:
                raise FaultFound(f"{path.name} was {'changed' if path in now else 'removed'}")
        return status

    def resume(self, how=None, **settings):
        """Trains the run to its end. Returns the process that finished it."""
        process = self.start(how, **settings)
        status = self.wait(process)
        if status != 0:
            raise FaultFound(f"resuming ended with {status}: {process.messages()}")
        return process

    def finish(self, expected=None):
        """Trains the run to its end and compares it with the undisturbed one, or with other
        contents."""
        self.resume()
        expected = expected or self.programs.undisturbed(self.shape).contents
        differences = [line for pair in zip(self.contents(), expected)
                       for line in run_contents.differences(*pair)]
        if differences:
            raise FaultFound("; ".join(differences))

    def _read_event_files(self):
        return {path: path.read_bytes() for directory in self.directories()
                for path in run_contents.all_event_files(directory)}
