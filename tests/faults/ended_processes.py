"""Processes of a run that end early: killed, or asked to end by a signal."""

import random
import signal
import time

import run_contents
from fault_kind import FaultFound, FaultKind, needs_fail_calls
from small_runs import EVERY_EPOCH, NEVER, SmallRun
from waiting import wait_until

MOST_ENDS = 6  # of one run
ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
ASKING_FOR_ANOTHER_TURN = {signal.SIGUSR1: 75, signal.SIGUSR2: 75}  # EX_TEMPFAIL


SHAPES_OF_ONE_RUN = ("plain", "histograms", "micro-batch", "best")
INSISTS_SECONDS = 1  # a second SIGINT ends the process at once after this time


def random_run(programs, chance, folder, shapes=SHAPES_OF_ONE_RUN, traces=None):
    shape = chance.choice(shapes)
    interval = chance.choice((EVERY_EPOCH, NEVER))
    return SmallRun(programs, folder / "run", shape, interval, traces)


def kill(run, chance):
    """Starts a process and kills it at a random moment. False if the run was finished before."""
    ways = [kill_after_some_time]
    if run.programs.fail_calls is not None:
        ways.append(kill_at_some_call)
    return chance.choice(ways)(run, chance)


def kill_after_some_time(run, chance, share=1):
    """Waits for a random share of the run's duration. False if the run finished before that."""
    seconds = chance.uniform(0, share * run.programs.undisturbed(run.shape).seconds)
    process = run.start()
    time.sleep(seconds)
    process.send(signal.SIGKILL)
    return was_killed(run, process)


def kill_at_some_call(run, chance):
    calls = run.programs.undisturbed(run.shape).calls
    how = chance.choice(("kill-before", "kill-after", "kill-torn"))
    indices = [at for at, call in calls.items() if how != "kill-torn" or call.is_write()]
    return was_killed(run, run.start(how, chance.choice(indices)))


def was_killed(run, process):
    status = run.wait(process)
    if status not in (0, -signal.SIGKILL):
        raise FaultFound(f"a process ended with {status}: {process.messages()}")
    return status != 0


class Kill(FaultKind):
    """SIGKILL, several times in one run, at random times and at random system calls."""

    name, counted, default_count = "kill", "kills", 100

    def case(self, seed, folder):
        chance = random.Random(seed)
        run = random_run(self.programs, chance, folder, (*SHAPES_OF_ONE_RUN, "sweep"))
        kills = 0
        for _ in range(chance.randint(1, MOST_ENDS)):
            if not kill(run, chance):
                break
            kills += 1
        run.finish()
        torn = sum(contents.verified == run_contents.TORN for contents in run.contents())
        return self.tally(kills=kills, resumes=run.starts - 1, runs_with_torn_files=torn)


class Signals(FaultKind):
    """The signals that ask a run to end, one to three of them at a time."""

    name, counted, default_count = "signal", "signals", 100

    def case(self, seed, folder):
        chance = random.Random(seed)
        run = random_run(self.programs, chance, folder)
        signals = interrupted = 0
        for _ in range(chance.randint(1, MOST_ENDS)):
            sent = [chance.choice(ASKING) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
            # A script and its scheduler send the same signal.
            sent = chance.choice((sent, sent[:1] * len(sent)))
            if not self._ask_to_end(run, sent, chance):
                break
            signals += len(sent)
            interrupted += 1
        run.finish()
        return self.tally(signals=signals, interrupted_processes=interrupted,
                          resumes=run.starts - 1)

    def _ask_to_end(self, run, sent, chance):
        """False if the run was finished before."""
        before = run_contents.read_record(run.directory)
        seconds = chance.uniform(0, self.programs.undisturbed(run.shape).seconds)
        process = run.start()
        time.sleep(seconds)
        begin = time.monotonic()
        for number in sent:
            process.send(number)
            time.sleep(chance.choice((0, 0, 0.001, 0.01, 0.05)))
        status = run.wait(process)
        seconds = time.monotonic() - begin
        if status == 0:
            return False
        record = run_contents.read_record(run.directory)
        if status < 0 and record == before:
            return True  # it did not handle signals yet
        if status == -signal.SIGINT:
            # On a slow machine the second one may arrive a second later.
            if sent.count(signal.SIGINT) < 2 or seconds < INSISTS_SECONDS:
                raise FaultFound(f"a process was killed by SIGINT {seconds:.2f} s after the first")
            return True
        self._check_end(run, process, sent, status, record)
        return True

    def _check_end(self, run, process, sent, status, record):
        # The kernel decides which of several signals comes first.
        if status not in [ASKING_FOR_ANOTHER_TURN.get(n, 128 + n) for n in sent]:
            names = " ".join(n.name for n in sent)
            raise FaultFound(f"a process ended with {status} after {names}: {process.messages()}")
        if record.get("state") == "running":
            raise FaultFound(f"a run that ended with {status} is said to be running")
        self._check_state(run, record)

    def _check_state(self, run, record):
        """The saved state has every step that was done."""
        points = run_contents.read_points(self.programs.tblog, run.directory)
        last_step = max((step for step, _ in points.get(("train", "batch_loss"), [])), default=0)
        head, _ = run_contents.read_checkpoint(run.directory)
        saved = head or {"epochs": 0, "iterations": 0}
        done = {"epochs": len(record.get("epochs", [])), "iterations": last_step}
        if any(saved[name] != done[name] for name in done):
            raise FaultFound(f"done: {done}; saved: {({n: saved[n] for n in done})}")


class Insistence(FaultKind):
    """SIGINT comes again and again while the process cannot end. Only one that comes a second or more
    after the first ends it."""

    name, counted, default_count = "insisting", "ends", 5
    PAUSE_SECONDS = 0.3  # between two that are too early

    def obstacle(self):
        return needs_fail_calls(self.programs)

    def case(self, seed, folder):
        chance = random.Random(seed)
        run = SmallRun(self.programs, folder / "run", "plain", EVERY_EPOCH)
        calls = self.programs.undisturbed(run.shape).calls
        at = chance.choice([i for i, call in calls.items() if call.is_of_event_file()])
        process = run.start("hang", at)
        wait_until(lambda: at in process.calls() or not process.is_alive(), "the process hangs")
        begin = time.monotonic()
        process.send(signal.SIGINT)
        time.sleep(self.PAUSE_SECONDS)
        process.send(signal.SIGINT)
        time.sleep(self.PAUSE_SECONDS)
        is_alive = process.is_alive()
        if not is_alive and time.monotonic() - begin < INSISTS_SECONDS:
            raise FaultFound("a second SIGINT ended the process before a second had passed")
        while process.is_alive():
            time.sleep(max(0, begin + INSISTS_SECONDS - time.monotonic()) + self.PAUSE_SECONDS)
            process.send(signal.SIGINT)
        status = run.wait(process)
        if status != -signal.SIGINT:
            raise FaultFound(f"a process that a second SIGINT ended has the status {status}")
        run.finish()
        return self.tally(ends=1, resumes=run.starts - 1)
