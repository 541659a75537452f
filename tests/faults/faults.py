#!/usr/bin/env python3
"""Disturbs small training runs, lets them finish, and compares them with undisturbed runs: the
engine's state, every point, every epoch's figures. docs/faults.md has the promises."""

import argparse
import collections
import contextlib
import pathlib
import shlex
import shutil
import signal
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(TESTS / "support/python"), str(TESTS / "tensorboard")]

from ended_processes import ASKING, Insistence, Kill, Signals
from failing_calls import FailingCalls, FailingReads, FullDisk
from fault_kind import FaultFound
from followed_runs import Followed
from rival_processes import RivalMounts, Rivals
from small_runs import Programs

SKIPPED = 77


def all_kinds(programs):
    calls = [FailingCalls(programs, how) for how in ("ENOSPC", "EIO", "EINTR", "short")]
    reads = [FailingReads(programs, how) for how in ("EIO", "unreadable")]
    return [Kill(programs), Signals(programs), Insistence(programs), *calls, *reads,
            FullDisk(programs), Rivals(programs), RivalMounts(programs), Followed(programs)]


KIND_HELP = """kinds (without one, all):
  kill          SIGKILL at random times and at random system calls, several times in a run
  signal        INT, TERM, HUP, USR1, USR2, also several at a time, at random times
  insisting     INT again and again while the process cannot end
  calls         every writing system call fails once; or calls:ENOSPC, calls:EIO, calls:EINTR,
                calls:short, for one way to fail
  reads         a file of the run cannot be opened or read; or reads:EIO, reads:unreadable
  disk          a full disk (a small tmpfs; needs root)
  processes     two processes on one run
  mounts        the same on two mounts (needs root and bindfs)
  tensorboard   kills while TensorBoard follows (needs a Python with tensorboard)

Exit status: 0 no fault; 1 faults; 77 no chosen kind can run here; 2 wrong usage."""


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, epilog=KIND_HELP,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, metavar="N",
                        help="seed of the first case; each further case has the next (default: 1)")
    parser.add_argument("--count", type=int, metavar="N",
                        help="stop a kind after N of what it counts, such as kills; its last case "
                             "is completed")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR",
                        help="keep the files of cases with faults there")
    parser.add_argument("--fail-calls", type=pathlib.Path, metavar="LIBRARY",
                        help="the library built from fail_calls.c (default: tests/fail_calls.so of "
                             "the trainer's build)")
    parser.add_argument("trainer", type=pathlib.Path, metavar="TRAINER",
                        help="the trainer under test")
    parser.add_argument("tblog", type=pathlib.Path, metavar="TBLOG",
                        help="the tool that reads its event files")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="see below")
    arguments = parser.parse_args()
    if arguments.fail_calls is None:
        arguments.fail_calls = arguments.trainer.resolve().parent.parent / "tests/fail_calls.so"
    return parser, arguments


def chosen_kinds(parser, arguments, programs):
    kinds = all_kinds(programs)
    asked = arguments.kinds
    for word in asked:
        if not any(kind.name == word or kind.name.startswith(word + ":") for kind in kinds):
            parser.error(f"unknown kind {word!r}")
    return [kind for kind in kinds
            if not asked or kind.name in asked or kind.name.partition(":")[0] in asked]


class Faults:
    """Runs the cases of kinds and prints their results."""

    def __init__(self, arguments, scratch):
        self._arguments, self._scratch = arguments, scratch

    def make_all(self, kind):
        """How many cases had faults; None if the kind cannot run here."""
        obstacle = kind.obstacle()
        if obstacle:
            print(f"{kind.name}: skipped: {obstacle}", flush=True)
            return None
        begin = time.monotonic()
        counts = collections.Counter()
        faults, seed = 0, self._arguments.seed
        wanted = self._arguments.count or kind.count()
        while counts[kind.counted] + faults < wanted:
            done = self._make(kind, seed)
            counts.update(done or {})
            faults += done is None
            seed += 1
        seconds = time.monotonic() - begin
        words = [f"{count} {what}" for what, count in counts.items()]
        print(f"{kind.name}: {', '.join(words + [f'{faults} faults'])} in {seconds:.0f} s",
              flush=True)
        return faults

    def _make(self, kind, seed):
        """Runs one case. Returns a Counter of what was done; None after a fault."""
        folder = self._scratch / f"{kind.name}-{seed}".replace(":", "-")
        folder.mkdir()
        try:
            return kind.case(seed, folder)
        except (FaultFound, TimeoutError) as fault:
            print(f"{kind.name}: FAULT in the case of seed {seed}: {fault}")
            print(f"  once more: {self._command(kind, seed)}", flush=True)
            if self._arguments.keep:
                shutil.copytree(folder, self._arguments.keep / folder.name, dirs_exist_ok=True)
            return None
        finally:
            shutil.rmtree(folder)

    def _command(self, kind, seed):
        arguments = self._arguments
        return shlex.join([sys.executable, sys.argv[0], "--seed", str(seed), "--count", "1",
                           str(arguments.trainer), str(arguments.tblog), kind.name])


def take_signals():
    """Lets children get signals that this process ignores (under nohup), and unmounts everything if
    this process is asked to end."""
    for number in ASKING:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


def main():
    parser, arguments = parse_arguments()
    take_signals()
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        folder = folder.resolve()
        library = None
        if arguments.fail_calls.exists():  # a space would end its name in LD_PRELOAD
            library = pathlib.Path(shutil.copy(arguments.fail_calls, folder))
        programs = Programs(arguments.trainer, arguments.tblog, library, folder)
        faults = Faults(arguments, folder)
        results = [faults.make_all(kind) for kind in chosen_kinds(parser, arguments, programs)]
    made = [result for result in results if result is not None]
    return SKIPPED if not made else int(any(made))


if __name__ == "__main__":
    sys.exit(main())
