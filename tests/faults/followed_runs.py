"""A run that stock TensorBoard follows while it is killed and resumed."""

import contextlib
import importlib.util
import random

import run_contents
from ended_processes import kill_after_some_time
from fault_kind import FaultFound, FaultKind
from small_runs import EVERY_EPOCH, NEVER, SmallRun
from waiting import wait_until

LOADERS = ("true", "false")  # --load_fast
MOST_KILLS = 6
SHARE = 0.3  # of the run's duration; kills come before that, so several hit the process


def scalars(points, name):
    """{(run, tag): points} of all that TensorBoard shows as scalars, with its names of runs."""
    return {("/".join(filter(None, (name, part))), tag): series
            for (part, tag), series in points.items() if isinstance(series[0][1], float)}


class Followed(FaultKind):
    """TensorBoard, with each of its loaders, shows no point twice at any moment and none is missing
    in the end, also after its restart."""

    name, counted, default_count = "tensorboard", "kills", 10

    def obstacle(self):
        if importlib.util.find_spec("tensorboard") is None:
            return "this Python has no tensorboard: use .venv/tensorboard/bin/python"
        return None

    def case(self, seed, folder):
        chance = random.Random(seed)
        logs = folder / "logs"
        logs.mkdir()
        run = SmallRun(self.programs, logs / "run", "long", chance.choice((EVERY_EPOCH, NEVER)))
        with self._servers(logs) as servers:
            kills = self._kill_several_times(run, servers, chance)
            run.finish()
            self._check_shown(servers, run)
        with self._servers(logs) as servers:
            self._check_shown(servers, run)
        return self.tally(kills=kills, resumes=run.starts - 1)

    @contextlib.contextmanager
    def _servers(self, logs):
        from tensorboard_server import TensorBoardServer  # needs tensorboard

        with contextlib.ExitStack() as stack:
            yield [stack.enter_context(TensorBoardServer(str(logs), loader)) for loader in LOADERS]

    def _kill_several_times(self, run, servers, chance):
        kills = 0
        for _ in range(chance.randint(3, MOST_KILLS)):
            if not kill_after_some_time(run, chance, share=SHARE):
                break
            kills += 1
            if chance.random() < 0.5:
                self._check_shown(servers, run)
        return kills

    def _check_shown(self, servers, run):
        """Waits until TensorBoard shows what is on disk."""
        points = run_contents.read_points(self.programs.tblog, run.directory)
        expected = scalars(points, run.directory.name)
        for server in servers:
            wait_until(lambda: self._shown(server) == expected,
                       f"load_fast={server.load_fast} shows the run's points")

    @staticmethod
    def _shown(server):
        points = server.scalar_points()
        for (run, tag), series in points.items():
            steps = [step for step, _ in series]
            if steps != sorted(set(steps)):
                raise FaultFound(f"load_fast={server.load_fast} shows {run} {tag} at {steps}")
        return points
