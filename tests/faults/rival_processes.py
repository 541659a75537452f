"""Two processes on one run: on one machine, and on two mounts, as on two hosts."""

import contextlib
import random
import signal
import time

from ended_processes import kill
from fault_kind import FaultFound, FaultKind
from private_mounts import bindfs_mount, can_mount, has_bindfs
from small_runs import EVERY_EPOCH, NEVER, SmallRun


class Rivals(FaultKind):
    """Exactly one of two processes trains; the other is refused. If that one is killed, the other
    may resume."""

    name, counted, default_count = "processes", "refusals", 30

    def case(self, seed, folder):
        chance = random.Random(seed)
        source = folder / "source"
        source.mkdir()
        run = SmallRun(self.programs, source / "run", "plain", chance.choice((EVERY_EPOCH, NEVER)))
        if chance.random() < 0.5:
            kill(run, chance)
        with self.places(source, folder) as places:
            rivals = self._contend(run, places, chance)
        counts = self._judge(rivals)
        run.finish()
        return self.tally(**counts, resumes=run.starts - 1 - counts["refusals"])

    @contextlib.contextmanager
    def places(self, source, folder):
        """The two paths at which the processes see the folder `source`."""
        yield source, source

    def _contend(self, run, places, chance):
        """Starts both processes and waits until they end."""
        seconds = self.programs.undisturbed(run.shape).seconds
        first = run.start(directory=places[0] / run.directory.name)
        time.sleep(chance.choice((0, chance.uniform(0, seconds / 2))))
        second = run.start(directory=places[1] / run.directory.name)
        if chance.random() < 0.3:
            time.sleep(chance.uniform(0, seconds / 2))
            first.send(signal.SIGKILL)
        for process in (first, second):
            run.wait(process)
        return first, second

    @staticmethod
    def _judge(rivals):
        statuses = [process.wait() for process in rivals]
        messages = [process.messages() for process in rivals]
        refused = [text for status, text in zip(statuses, messages) if status == 1]
        # Both succeed if one began after the other finished or was killed.
        if len(refused) > 1 or not set(statuses) <= {0, 1, -signal.SIGKILL}:
            raise FaultFound(f"two processes ended with {statuses}: {messages}")
        # The other process is training, or it began later and has already finished.
        if refused and not any(word in refused[0] for word in ("process", "finished")):
            raise FaultFound(f"a second process failed with: {refused[0]}")
        return {"refusals": len(refused), "kills": statuses.count(-signal.SIGKILL)}


class RivalMounts(Rivals):
    """One process on each of two mounts, whose locks are as distinct as those of two hosts."""

    name, default_count = "mounts", 20

    def obstacle(self):
        if not has_bindfs():
            return "bindfs is not installed"
        return None if can_mount() else "only root may mount"

    @contextlib.contextmanager
    def places(self, source, folder):
        with bindfs_mount(source, folder / "first") as first, \
                bindfs_mount(source, folder / "second") as second:
            yield first, second
