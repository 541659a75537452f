"""A system call that fails, and a disk that is full."""

import pathlib
import random
import shutil

from ended_processes import kill, random_run
from fault_kind import FaultFound, FaultKind, needs_fail_calls
from private_mounts import can_mount, mounted_tmpfs
from small_runs import EVERY_EPOCH, SmallRun

MIB = 1 << 20
DISK_BYTES = 64 * MIB
ROOM_FOR_EVENTS, ROOM_FOR_STATES = 256 << 10, 40 * MIB


def disturbed_end(run, process):
    """The status of a process that met a fault: 0 or 1, and 1 only with a message."""
    status = run.wait(process)
    if status not in (0, 1):
        raise FaultFound(f"a process ended with {status}: {process.messages()}")
    if status == 1 and not process.messages():
        raise FaultFound("a process failed without a message")
    return status


class FailingCalls(FaultKind):
    """Each writing system call of a run, and of one that is resumed, fails in one way."""

    counted = "calls failed"

    def __init__(self, programs, how):
        super().__init__(programs)
        self.name = f"calls:{how}"
        self._how = how
        self._targets = None

    def obstacle(self):
        return needs_fail_calls(self.programs)

    def count(self):
        return len(self._all_targets())

    def case(self, seed, folder):
        targets = self._all_targets()
        resumed, at = targets[seed % len(targets)]
        run = SmallRun(self.programs, folder / "run", "short", EVERY_EPOCH)
        if resumed:
            self._interrupt(run)
        process = run.start(self._how, at)
        status = disturbed_end(run, process)
        call = process.calls().get(at)
        if status == 1 and call is not None and not self._is_named(call, process.messages()):
            raise FaultFound(f"{call.name} of {call.path} failed, but the message is: "
                             f"{process.messages()}")
        run.finish()
        failed = int(call is not None)
        return self.tally(calls_failed=failed, errors=status, resumes=run.starts - 1)

    def _all_targets(self):
        """(is it a resumed run's, index) of each call that can fail this way."""
        if self._targets is None:
            first = self.programs.undisturbed("short").calls
            if not first:
                raise FaultFound("no system call was counted")
            self._targets = [(resumed, at) for resumed, calls in
                             ((False, first), (True, self._calls_of_a_resumed_run()))
                             for at, call in sorted(calls.items())
                             if self._how != "short" or call.is_write()]
        return self._targets

    def _calls_of_a_resumed_run(self):
        with self.programs.scratch() as folder:
            run = SmallRun(self.programs, pathlib.Path(folder, "run"), "short", EVERY_EPOCH)
            self._interrupt(run)
            return run.resume(how="count").calls()

    def _interrupt(self, run):
        """Leaves a run with a checkpoint and with points after it."""
        calls = len(self.programs.undisturbed("short").calls)
        run.wait(run.start("kill-before", calls * 6 // 10))

    @staticmethod
    def _is_named(call, message):
        """By its name, or, for an event file that cannot be made, by its directory."""
        names = [call.path.name.removesuffix(".tmp")]
        if "tfevents" in call.path.name:
            names.append(str(call.path.parent))
        return any(name in message for name in names)


class FullDisk(FaultKind):
    """A file system that is full from some moment on, while a run begins or is resumed."""

    name, counted, default_count = "disk", "full disks", 30

    def obstacle(self):
        return None if can_mount() else "only root may mount a small tmpfs"

    def case(self, seed, folder):
        chance = random.Random(seed)
        with mounted_tmpfs(folder / "disk", DISK_BYTES) as disk:
            run = random_run(self.programs, chance, disk, traces=folder)
            if chance.random() < 0.5:
                kill(run, chance)
            failed = self._run_on_full_disk(run, disk, chance)
            run.finish()
        return self.tally(full_disks=1, errors=failed, resumes=run.starts - 1)

    @staticmethod
    def _run_on_full_disk(run, disk, chance):
        free = chance.randrange(chance.choice((ROOM_FOR_EVENTS, ROOM_FOR_STATES)))
        ballast = disk / "ballast"
        with open(ballast, "wb") as file:
            left = max(shutil.disk_usage(disk).free - free, 0)
            file.write(bytes(left))
        process = run.start()
        status = disturbed_end(run, process)
        if status == 1 and "No space left on device" not in process.messages():
            raise FaultFound(f"the message on a full disk is: {process.messages()}")
        ballast.unlink()
        return status
