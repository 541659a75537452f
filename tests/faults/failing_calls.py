"""A system call that fails, and a disk that is full."""

import errno
import os
import random
import shutil

from disturbed_scenes import READING_SCENES, WRITING_SCENES
from ended_processes import kill, random_run
from fault_kind import FaultFound, FaultKind, needs_fail_calls
from private_mounts import can_mount, mounted_tmpfs

MIB = 1 << 20
DISK_BYTES = 64 * MIB
CAUSE_OF_EIO = os.strerror(errno.EIO)
REPEATED = ("EINTR", "short")  # calls that every program repeats
ROOM_FOR_EVENTS, ROOM_FOR_STATES = 256 << 10, 40 * MIB


# (call, end of the file's name) of calls that may fail silently, because nothing is lost.
UNREPORTED = (
    ("mkdir", ""),  # an existing directory; if it is missing, creating files in it fails too
    ("unlink", ".tmp"),  # an interrupted replacement; the next one overwrites it
    ("close", "run.lock"),  # the process ends, and its lock with it
    ("unlink", "train"),  # a directory that the new run uses again
    ("unlink", "validation"),  # likewise
)


def needs_no_report(call):
    return any(call.name == name and call.path.name.endswith(end) for name, end in UNREPORTED)


def is_named(path, message):
    """Whether the message names the file, or, for an event file, its directory."""
    names = [path.name.removesuffix(".tmp")]
    if "tfevents" in path.name:
        names.append(str(path.parent))
    return any(name in message for name in names)


def disturbed_end(status, process, undisturbed=(0,)):
    """Returns the status of a process that met a fault. Checks that it is an undisturbed one's, or
    1 with a message."""
    if status not in (*undisturbed, 1):
        raise FaultFound(f"a process ended with {status}: {process.messages()}")
    if status == 1 and not process.messages():
        raise FaultFound("a process failed without a message")
    return status


class FailingCalls(FaultKind):
    """Makes each system call of each scene fail once, in one way."""

    counted = "calls failed"
    scenes = WRITING_SCENES
    further_orders = {}

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
        scene, at = targets[seed % len(targets)]
        run = scene.new_run(folder)
        process = scene.start(run, self._how, at, self.further_orders)
        status = disturbed_end(scene.wait(run, process), process, scene.statuses)
        call = process.calls().get(at)
        try:
            if call is not None:
                self._check_report(call, status, process.messages())
            scene.finish(run, status)
        except FaultFound as fault:
            raise FaultFound(f"{scene.name}, call {at} ({call}): {fault}; the disturbed process: "
                             f"{status}: {process.messages()}") from None
        return self.tally(calls_failed=int(call is not None), errors=int(status == 1),
                          resumes=run.starts - 1)

    def _check_report(self, call, status, messages):
        """A failed call is always reported, whether or not the run survives it. A call that must be
        retried ends no run."""
        if self._how in REPEATED:
            if status == 1:
                raise FaultFound(f"{call.name} of {call.path} was not retried: {messages}")
            return
        if status != 1 and needs_no_report(call):
            return
        if not is_named(call.path, messages):
            raise FaultFound(f"{call.name} of {call.path} failed, but the message is: {messages}")

    def _all_targets(self):
        """(scene, index) of each call that can fail this way, shuffled, so that the first few are a
        sample."""
        if self._targets is None:
            scenes = [scene(self.programs) for scene in self.scenes]
            self._targets = [(scene, at) for scene in scenes
                             for at, call in sorted(scene.calls(self.further_orders).items())
                             if self._can_fail(call)]
            if not self._targets:
                raise FaultFound("no system call was counted")
            random.Random(1).shuffle(self._targets)
        return self._targets

    def _can_fail(self, call):
        return self._how != "short" or call.is_write()


class FailingReads(FailingCalls):
    """A file of an existing run cannot be opened or read when the run is resumed."""

    scenes = READING_SCENES
    further_orders = {"FAIL_CALLS_COUNT": "reads"}

    def __init__(self, programs, how):
        super().__init__(programs, how)
        self.name = f"reads:{how}"

    def _check_report(self, call, status, messages):
        """An event file is opened twice, to be read and to be synced; the second time nothing is
        read from it. The final comparison shows which of the two it was."""
        if self._how == "unreadable" and status == 0 and "tfevents" in call.path.name:
            return
        if not is_named(call.path, messages) or CAUSE_OF_EIO not in messages:
            raise FaultFound(f"{call.path} cannot be read, but the message is: {messages}")

    def _can_fail(self, call):
        """The lock's file is never read."""
        return self._how != "unreadable" or call.path.name != "run.lock"


class FullDisk(FaultKind):
    """A file system that fills up while a run begins or is resumed."""

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
        status = disturbed_end(run.wait(process), process)
        if status == 1 and "No space left on device" not in process.messages():
            raise FaultFound(f"the message on a full disk is: {process.messages()}")
        ballast.unlink()
        return status
