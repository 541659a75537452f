#!/usr/bin/env python3
"""Sweeps shared by processes on two hosts. At random moments a process is killed or asked to end,
or a host loses its power. Each sweep must have the same results as an undisturbed one. Needs root.

Usage: tests/scale_out/long.py MINUTES [SEED]

Prints what it did; exits with 1 at the first difference."""

import collections
import contextlib
import os
import pathlib
import random
import signal
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(TESTS / "support/python"), str(TESTS / "faults")]

import child_process
import isolation
from hosts import Host, Network
from nine_runs import RUNS, NineRuns, count_sessions, processes_of

PROGRAMS = TESTS.parent / "build/release/bin"
JOINERS = 2  # on each host
MOST_DISTURBANCES = 12  # of one sweep
LONGEST_PAUSE = 3  # seconds between two disturbances
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGUSR1)
SHARE_OF_HOSTS = 0.2  # of the disturbances
# A process that was killed or asked to end is replaced; one that failed is not.
JOINER = 'until "$@" || [[ $? == 1 ]]; do :; done'


def start_joiners(runs, root, host):
    command = host.command("bash", "-c", JOINER, "joiner", runs.trainer, "sweep", "--quiet",
                           *runs.options, "--logdir", root, "--join")
    with open(os.devnull, "w") as nowhere:
        return [child_process.start(command, stdout=nowhere, stderr=nowhere)
                for _ in range(JOINERS)]


def disturb_a_process(runs, chance):
    """Sends a signal to a process. Returns what was done, or None if there was no process."""
    number = chance.choice(SIGNALS)
    pids = list(processes_of(runs.trainer))
    if not pids:
        return None
    with contextlib.suppress(ProcessLookupError):
        os.kill(chance.choice(pids), number)
    return f"{number.name} to a process"


def share_a_sweep(runs, root, hosts, chance):
    """Returns a Counter of the disturbances."""
    done = collections.Counter()
    joiners = [joiner for host in hosts for joiner in start_joiners(runs, root, host)]
    for _ in range(chance.randint(1, MOST_DISTURBANCES)):
        time.sleep(chance.uniform(0, LONGEST_PAUSE))
        if chance.random() < SHARE_OF_HOSTS:
            host = chance.choice(hosts)
            host.kill()
            host.boot()
            joiners += start_joiners(runs, root, host)
            done["host without power"] += 1
        else:
            done[disturb_a_process(runs, chance)] += 1
    for joiner in joiners:
        joiner.wait()
    done.pop(None, None)
    done["runs"] = len(RUNS)
    done["processes that trained a run"] = sum(count_sessions(root / name) for name in RUNS)
    return done


def main(minutes, seed):
    chance = random.Random(seed)
    end = time.monotonic() + 60 * minutes
    total = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="scale out ") as scratch:
        folder = pathlib.Path(scratch).resolve()
        runs = NineRuns(PROGRAMS / "trainer", PROGRAMS / "tblog", folder)
        network = Network("login", folder)
        hosts = [Host(network, name) for name in ("hosta", "hostb")]
        for host in hosts:
            host.boot()
        while time.monotonic() < end:
            root = folder / f"logs {total['sweeps']}"
            total += share_a_sweep(runs, root, hosts, chance)
            total["sweeps"] += 1
            differences = runs.differences(root)
            if differences:
                print(f"sweep {total['sweeps']} of seed {seed}:", *differences, sep="\n")
                return 1
    print(", ".join(f"{what}: {count}" for what, count in total.items()))
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        print(__doc__)
        sys.exit(2)
    isolation.require("ip")
    sys.exit(main(float(sys.argv[1]), int((sys.argv[2:] or [1])[0])))
