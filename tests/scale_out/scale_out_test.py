"""Shared by the tests of this folder: two hosts, a folder that they share, and the nine runs. Usage
of each: check_….py TRAINER TBLOG REPOSITORY [UNITTEST_ARGUMENT]..."""

import os
import pathlib
import sys
import tempfile
import unittest

import run_contents
from hosts import Host, Network
from nine_runs import RUNS, NineRuns, count_sessions

TRAINER, TBLOG, REPOSITORY = (pathlib.Path(sys.argv.pop(1)).resolve() for _ in range(3))


class ScaleOutTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="scale out ")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name).resolve()
        cls.runs = NineRuns(TRAINER, TBLOG, cls.folder)
        cls.boot_hosts()

    @classmethod
    def boot_hosts(cls):
        """Also puts the `ssh` for these hosts first on PATH, and lets mpirun run as root."""
        folder = cls.folder / "hosts"
        folder.mkdir()
        cls.network = Network("login", folder)
        os.environ.update(HOSTS=str(folder), OMPI_ALLOW_RUN_AS_ROOT="1",
                          OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
        os.environ["PATH"] = f"{pathlib.Path(__file__).parent}{os.pathsep}{os.environ['PATH']}"
        cls.hosts = [Host(cls.network, name) for name in ("hosta", "hostb")]
        for host in cls.hosts:
            host.boot()
            cls.addClassCleanup(host.kill)

    def setUp(self):
        self.root = self.folder / f"logs of {self._testMethodName}"
        self._caught = []

    def catch(self):
        """Catches another run at each call, and stops its process."""
        self._caught.append(self.runs.catch(self.root, besides=self._caught))
        return self._caught[-1]

    def states(self):
        return [run_contents.read_record(self.root / name).get("state") for name in RUNS]

    def check_sessions(self):
        """Asserts that each run was trained by one process."""
        sessions = {name: count_sessions(self.root / name) for name in RUNS}
        self.assertEqual(sessions, dict.fromkeys(RUNS, 1))

    def check(self):
        """Asserts that the sweep has the results of an undisturbed one."""
        self.assertEqual(self.runs.differences(self.root), [])
