"""Tests what happens to the measurement that the limit of a call of gpu_check.sh interrupts. The
stage runs in this process: the test ends the call at a certain point of it, not after a time.

Usage: check_gpu_limit.py REPOSITORY
"""

import argparse
import json
import pathlib
import sys
import tempfile
import time
import unittest

from waiting import LIMIT_SECONDS

ROOT = pathlib.Path(sys.argv.pop(1)).resolve()
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "bench/gpu"))
import timings  # noqa: E402
from session import OutOfTime, Server, Session  # noqa: E402

SIZES = {"batch_sizes": [16, 32, 64], "precisions": ["fp32"], "seeds": 2, "jobs": 1, "epochs": 1}


class CutSession(Session):
    """The limit is reached whenever a program is called, after `finish_runs` got its log folder."""

    def __init__(self, options, finish_runs):
        super().__init__(options, SIZES, made_on={})
        self.finish_runs = finish_runs

    def call(self, log, command, **more):
        self.finish_runs(command[-1])
        raise OutOfTime


class LimitTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="check gpu limit ")
        self.addCleanup(folder.cleanup)
        world = pathlib.Path(folder.name)
        (world / "bundle/bin").mkdir(parents=True)
        (world / "bundle/bin/trainer").touch()
        self.options = argparse.Namespace(
            bundle=world / "bundle", results=world / "results", limit=LIMIT_SECONDS,
            python=sys.executable, dry_run=False, again=False)


class CutSweep(LimitTest):
    def accuracy(self, finish_runs):
        """What is known of the stage after a call whose limit ended it."""
        session = CutSession(self.options, finish_runs)
        with self.assertRaises(OutOfTime):
            timings.accuracy(session)
        return json.loads(session.file.read_text())["accuracy"]

    def test_what_is_cut_off_twice_and_got_nowhere_has_failed(self):
        def finish_none(_):
            pass

        self.assertEqual(self.accuracy(finish_none), {})
        second = self.accuracy(finish_none)
        self.assertIn("interrupted", second["fp32-16"]["failed"])
        self.assertEqual(list(second), ["fp32-16"])
        third = self.accuracy(finish_none)  # the next one's turn, for the second time
        self.assertIn("interrupted", third["fp32-32"]["failed"])

    def test_a_cut_sweep_that_gets_on_has_not_failed(self):
        def finish_one(logdir):
            logdir.mkdir(exist_ok=True)
            run = pathlib.Path(tempfile.mkdtemp(dir=logdir))
            (run / "run.json").write_text('{"state": "finished"}')

        for _ in range(3):
            self.assertEqual(self.accuracy(finish_one), {})


class Programs(LimitTest):
    def test_a_program_and_its_children_are_ended_at_the_limit(self):
        session = Session(self.options, SIZES, made_on={})
        session.end = time.monotonic()
        with self.assertRaises(OutOfTime):
            session.call("hung", ["bash", "-c", "sleep infinity & wait"], limit=None)

    def test_a_dry_run_has_only_the_limit_of_the_call(self):
        self.options.dry_run = True
        session = Session(self.options, SIZES, made_on={})
        self.assertEqual(session.call("slow", ["echo", "done"], limit=0), "done\n")
        server = Server(session, "slow-server", ["bash", "-c", """echo '{"ready": true}'; read"""])
        self.addCleanup(server.close)
        self.assertEqual(server.answer("ready", time.monotonic()), {"ready": True})


if __name__ == "__main__":
    unittest.main()
