"""The scenes in which a system call fails: what the process finds, and how it is started."""

import dataclasses
import pathlib
import signal

import run_contents
from ended_processes import ASKING_FOR_ANOTHER_TURN
from fault_kind import FaultFound
from run_contents import BEST_NETWORK
from small_runs import EVERY_EPOCH, SmallRun


class Scene:
    """A run from its first step. The other scenes are subclasses."""

    name = "a new run"
    shape = "short"
    options = ()  # of the disturbed process, after the options of the shape
    statuses = (0,)  # of an undisturbed process
    first_call = 0  # no call before it is made to fail

    def __init__(self, programs):
        self.programs = programs
        self._expected = None

    def new_run(self, folder):
        run = SmallRun(self.programs, folder / "run", self.shape, EVERY_EPOCH)
        self.prepare(run)
        return run

    def prepare(self, run):
        """Prepares what the disturbed process finds."""

    def start(self, run, how, at=None, orders=None):
        """The process that is disturbed."""
        return run.start(how, at, options=self.options, orders={**self.orders(), **(orders or {})})

    def orders(self):
        return {}

    def wait(self, run, process):
        return run.wait(process)

    def finish(self, run, status):
        """Brings the run to its end after the disturbed process exited with `status`."""
        run.finish(self.expected())

    def expected(self):
        return self.programs.undisturbed(self.shape).contents

    def calls(self, orders=None):
        """The counted calls of an undisturbed process."""
        with self.programs.scratch() as folder:
            run = self.new_run(pathlib.Path(folder))
            process = self.start(run, "count", orders=orders)
            status = self.wait(run, process)
            if status not in self.statuses:
                raise FaultFound(f"{self.name} ended with {status}: {process.messages()}")
            return {at: call for at, call in process.calls().items() if at >= self.first_call}


class Resumed(Scene):
    """A run with a checkpoint and with points after it."""

    name = "a run that is resumed"

    def prepare(self, run):
        calls = len(self.programs.undisturbed(self.shape).calls)
        run.wait(run.start("kill-before", calls * 6 // 10))


class Signalled(Scene):
    """SIGUSR1 comes in the middle; only calls after it are made to fail."""

    name = "a run that a signal ends"
    statuses = (ASKING_FOR_ANOTHER_TURN[signal.SIGUSR1],)

    def __init__(self, programs):
        super().__init__(programs)
        self.first_call = len(programs.undisturbed(self.shape).calls) // 2

    def orders(self):
        return {"FAIL_CALLS_USR1_AT": str(self.first_call)}


class Overwritten(Scene):
    """A finished run of another seed is there, and is replaced."""

    name = "a run that is overwritten"
    options = ("--overwrite",)

    def prepare(self, run):
        run.resume(options=("--seed", "7"))

    def wait(self, run, process):
        return run.wait(process, keeps_event_files=False)

    def finish(self, run, status):
        """A failed process may leave the run that it should replace."""
        if status != 0:
            process = run.start(options=self.options)
            again = self.wait(run, process)
            if again != 0:
                raise FaultFound(f"the same command ended with {again}: {process.messages()}")
        super().finish(run, status)


class MoreEpochs(Scene):
    """A finished run of two epochs is given a third one."""

    name = "a finished run that gets more epochs"

    def prepare(self, run):
        run.resume(options=("--epochs", "2"))

    def expected(self):
        """It has the points of a run of three epochs, and those that a run of two logs at its
        end."""
        if self._expected is None:
            with self.programs.scratch() as folder:
                run = self.new_run(pathlib.Path(folder))
                run.resume()
                self._expected = run.contents()
        return self._expected


class WithoutState(Scene):
    name = "a run that keeps no state"
    shape = "no-state"

    def finish(self, run, status):
        """The last state stays if it could not be removed. Everything else must be as usual."""
        run.resume()
        (run.directory / "checkpoint").unlink(missing_ok=True)
        super().finish(run, status)

    def expected(self):
        expected = super().expected()
        if any(contents.progress for contents in expected):
            raise FaultFound("--no-state keeps a state")
        return expected


class WithBest(Scene):
    name = "a run that keeps its best network"
    shape = "best"

    def finish(self, run, status):
        """The best network may be of an earlier epoch if a later one could not be written."""
        run.resume()
        expected = [dataclasses.replace(whole, networks={**whole.networks, **self._best(found)})
                    for found, whole in zip(run.contents(), self.expected())]
        run.finish(expected)

    @staticmethod
    def _best(contents):
        return {BEST_NETWORK: contents.networks.get(BEST_NETWORK)}


class Diverged(Scene):
    """A diverged run is never resumed, so it keeps only what was logged before the failure."""

    name = "a run that diverges"
    shape = "diverged"

    def finish(self, run, status):
        run.resume()
        for found, whole in zip(run.contents(), self.expected()):
            if status != 0:
                whole = run_contents.part_of(found, whole)
            differences = run_contents.differences(found, whole)
            if differences:
                raise FaultFound("; ".join(differences))


WRITING_SCENES = (Scene, Resumed, Signalled, Overwritten, MoreEpochs, WithoutState, WithBest,
                  Diverged)
READING_SCENES = (Resumed, MoreEpochs)
