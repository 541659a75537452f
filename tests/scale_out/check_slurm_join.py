"""contrib/slurm/join.sbatch: one job of two processes that share nine runs. One process is killed,
then a node, and at last the job is cancelled. Submitted again, it finishes the rest."""

import unittest

import isolation
from slurm_test import PROGRAMS, SlurmTest


class SlurmJoin(SlurmTest):
    def test_a_disturbed_job_comes_to_what_it_comes_to_undisturbed(self):
        job = self.submit("join.sbatch", "--nodes=2")
        killed = self.kill_a_program()
        cut_off = self.kill_a_node()
        cancelled = self.catch()  # after the job was requeued
        self.cluster.call("scancel", job)
        self.wait_for_the_queue()
        self.assertNotIn("running", self.states())

        self.submit("join.sbatch", "--nodes=2")
        self.wait_for_the_queue()
        for caught in (killed, cut_off, cancelled):
            self.assertTrue(caught.went_on(), caught.directory.name)
        self.check()


if __name__ == "__main__":
    isolation.require(*PROGRAMS)
    unittest.main()
