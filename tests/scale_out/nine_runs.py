"""A sweep of nine small runs that several processes share: its options, its results when
undisturbed, and how to stop the process of a run while it trains."""

import csv
import dataclasses
import io
import os
import pathlib
import signal
import subprocess

import run_contents
import small_runs
from waiting import wait_until

BATCH_SIZES, SEEDS = (16, 8, 4), 3
RUNS = [f"LeNet-MNIST-2-BatchSize={size}-Seed={seed}" for size in BATCH_SIZES
        for seed in range(SEEDS)]  # in the list's order
EPOCHS = 12
STOPPED_OR_ENDED = "TZX"


def _table(trainer, root):
    """The table that `compare` prints, without measured times."""
    text = subprocess.run([trainer, "compare", root, "--format", "csv"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    return [{name: cell for name, cell in row.items() if "seconds" not in name}
            for row in csv.DictReader(io.StringIO(text))]


class NineRuns:
    """The sweep's options, its data, and its undisturbed runs, which are made when first needed.
    All files are in `folder`."""

    def __init__(self, trainer, tblog, folder):
        self.trainer, self.tblog = pathlib.Path(trainer).resolve(), tblog
        self._folder = folder
        self._undisturbed = None
        self.data = folder / "data"
        small_runs.write_data_set(self.data)
        # The number of threads is fixed, because a run logs it.
        self.options = ["--data", str(self.data), "--epochs", str(EPOCHS), "--threads", "1",
                        "--checkpoint-interval", "0", "--seeds", str(SEEDS),
                        "--batch-sizes", ",".join(map(str, BATCH_SIZES))]

    def differences(self, root):
        """Lines that describe how finished runs below `root` differ from undisturbed ones."""
        undisturbed = self.undisturbed()
        lines = [f"{name}: {line}" for name in RUNS for line in run_contents.differences(
            run_contents.read(self.tblog, root / name),
            run_contents.read(self.tblog, undisturbed / name))]
        if _table(self.trainer, root) != _table(self.trainer, undisturbed):
            lines.append("compare prints another table")
        return lines

    def undisturbed(self):
        if self._undisturbed is None:
            self._undisturbed = self._folder / "undisturbed"
            subprocess.run([self.trainer, "sweep", "--quiet", *self.options, "--logdir",
                            self._undisturbed], check=True, stdout=subprocess.DEVNULL)
        return self._undisturbed

    def catch(self, root, besides=()):
        """Waits for a run that has some epochs and is not finished, other than those in `besides`,
        and stops its process."""
        indices = set(range(len(RUNS))) - {caught.index for caught in besides}
        return wait_until(
            lambda: next(filter(None, (self._try_to_catch(root, i) for i in indices)), None),
            "a run that is being trained")

    def _try_to_catch(self, root, index):
        directory = root / RUNS[index]
        if not _is_under_way(directory):
            return None
        pid = next((pid for pid in processes_of(self.trainer) if _has_open(pid, directory)), None)
        if pid is None:
            return None
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: _state_of(pid) in STOPPED_OR_ENDED, "the process stops")
        if not _is_under_way(directory):
            os.kill(pid, signal.SIGCONT)
            return None
        return Caught(index, directory, pid, event_files(directory))


@dataclasses.dataclass(frozen=True)
class Caught:
    """A run whose process is stopped."""

    index: int
    directory: pathlib.Path
    pid: int
    event_files: set  # at that moment

    def host_name(self):
        return run_contents.read_record(self.directory)["host"]

    def went_on(self):
        """Whether another process has resumed the run, not restarted it."""
        return self.event_files < event_files(self.directory)


def _is_under_way(directory):
    record = run_contents.read_record(directory)
    return record.get("state") == "running" and len(record.get("epochs", [])) >= 2


def event_files(directory):
    return set(run_contents.all_event_files(directory))


def count_sessions(directory):
    """How many processes have trained the run: each writes its own event file."""
    return len(run_contents.event_files(directory, ""))


def processes_of(program):
    """The ids of the program's processes, also on other hosts of hosts.py."""
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "exe").resolve() == program:
                    yield int(entry.name)
            except OSError:
                pass  # it has ended


def is_stopped(pid):
    return _state_of(pid) == "T"


def _state_of(pid):
    """The process's state letter (proc(5)); X if it has ended."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "X"
    return stat.rpartition(")")[2].split()[0]


def _has_open(pid, directory):
    """Whether the process has a file of the run open; a training process has at least the lock."""
    try:
        links = [os.readlink(entry) for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return False
    return any(link.startswith(f"{directory}/") for link in links)
