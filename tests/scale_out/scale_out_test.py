"""What the tests of this folder have in common: two hosts, a folder that they share, and the nine
runs. Usage of each: check_….py TRAINER TBLOG REPOSITORY [UNITTEST_ARGUMENT]..."""

import pathlib
import sys
import tempfile
import unittest

from hosts import Host, Network
from nine_runs import NineRuns

TRAINER, TBLOG, REPOSITORY = (pathlib.Path(sys.argv.pop(1)).resolve() for _ in range(3))


class ScaleOutTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="scale out ")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name).resolve()
        cls.runs = NineRuns(TRAINER, TBLOG, cls.folder)

    @classmethod
    def boot_hosts(cls):
        cls.network = Network("login")
        cls.hosts = [Host(cls.network, name) for name in ("hosta", "hostb")]
        for host in cls.hosts:
            host.boot()
            cls.addClassCleanup(host.kill)

    def setUp(self):
        self.root = self.folder / f"logs of {self._testMethodName}"
        self._caught = []

    def catch(self):
        """Another run each time, whose process is stopped."""
        self._caught.append(self.runs.catch(self.root, besides=self._caught))
        return self._caught[-1]

    def check(self):
        """That the sweep has come to what it comes to undisturbed."""
        self.assertEqual(self.runs.differences(self.root), [])
