"""Open MPI's mpirun as a launcher of a sweep, with two processes on each of two hosts. The trainer
knows nothing of MPI: it reads its rank from the environment."""

import os
import signal
import subprocess
import unittest

import child_process
import isolation
from scale_out_test import TRAINER, ScaleOutTest

MPIRUN = ["mpirun", "-n", "4", "--host", "hosta:2,hostb:2", "--bind-to", "none"]


class Mpirun(ScaleOutTest):
    def start(self, *options):
        return child_process.start(
            [*MPIRUN, TRAINER, "sweep", "--quiet", *self.runs.options, "--logdir", self.root,
             *options], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True)

    def finish(self, process):
        output, _ = process.communicate()
        self.assertEqual(process.returncode, 0, output)
        self.check()

    def test_each_rank_trains_its_part_of_the_list(self):
        self.finish(self.start("--task", "auto"))
        self.check_sessions()

    def test_ranks_that_join_train_each_run_once(self):
        self.finish(self.start("--join"))
        self.check_sessions()

    def test_after_a_killed_rank_the_same_command_goes_on(self):
        process = self.start("--join")
        caught = self.catch()
        os.kill(caught.pid, signal.SIGKILL)
        output, _ = process.communicate()
        self.assertEqual(process.returncode, 128 + signal.SIGKILL, output)
        self.finish(self.start("--join"))
        self.assertTrue(caught.went_on())


if __name__ == "__main__":
    isolation.require("mpirun", "ip")
    unittest.main()
