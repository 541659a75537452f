"""Tests that submit a file of contrib/slurm to a cluster of two nodes."""

import os
import pathlib
import signal
import tempfile

from scale_out_test import REPOSITORY, TRAINER, ScaleOutTest
from slurm_cluster import SlurmCluster
from waiting import wait_until

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "munged", "ip")


class SlurmTest(ScaleOutTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="slurm-")
        cls.addClassCleanup(folder.cleanup)
        cls.cluster = cls.enterClassContext(
            SlurmCluster(pathlib.Path(folder.name), cls.network, cls.hosts))

    def submit(self, script, *options):
        """The job's number."""
        self.cluster.environment["TRAINER"] = str(TRAINER)
        return self.cluster.call(
            "sbatch", "--parsable", *options, REPOSITORY / "contrib/slurm" / script,
            *self.runs.options, "--logdir", self.root, cwd=self.folder)

    def kill_a_program(self):
        caught = self.catch()
        os.kill(caught.pid, signal.SIGKILL)
        return caught

    def kill_a_node(self):
        """Boots the host again after Slurm has noticed that it is down."""
        caught = self.catch()
        host = next(host for host in self.hosts if host.name == caught.host_name())
        host.kill()
        wait_until(lambda: self.cluster.state_of(host).startswith("down"),
                   f"{host.name} is missed")
        host.boot()
        self.cluster.start_node(host)
        return caught

    def wait_for_the_queue(self):
        wait_until(lambda: not self.cluster.call("squeue", "-h"), "all jobs have ended")
