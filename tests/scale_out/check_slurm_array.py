"""contrib/slurm/array.sbatch: an array of nine runs, two at a time. One is killed, one reaches its
time limit, one loses its node, one is pre-empted and one is cancelled. The final results are the
same as without these events."""

import contextlib
import os
import signal
import unittest

import isolation
import nine_runs
import run_contents
from slurm_test import PROGRAMS, SlurmTest
from waiting import wait_until

# Slurm sends the signal up to a minute early, but not within the first 15 seconds.
SHORT = ("--time=1", "--signal=USR1@15")


class SlurmArray(SlurmTest):
    def test_a_disturbed_array_comes_to_what_it_comes_to_undisturbed(self):
        to_go_on, cancelled = self.disturb(self.submit_tasks("0-8%2"))
        self.wait_for_the_queue()
        for caught in to_go_on:
            self.assertTrue(caught.went_on(), caught.directory.name)
        self.assertFalse(cancelled.went_on())
        self.assertEqual(run_contents.read_record(cancelled.directory)["state"], "interrupted")

        self.submit_tasks(str(cancelled.index))
        self.wait_for_the_queue()
        self.assertTrue(cancelled.went_on())
        self.check()

    def submit_tasks(self, indices):
        return self.submit("array.sbatch", f"--array={indices}", *SHORT)

    def disturb(self, job):
        """Returns the runs that Slurm must requeue by itself, and the cancelled one."""
        waits = self.catch()  # on one node; what follows happens on the other
        killed = self.kill_a_program()
        cut_off = self.kill_a_node()
        pre_empted = self.pre_empt_a_task()
        cancelled = self.cancel_a_task(job)
        self.let_the_time_limit_come(waits)
        return [waits, killed, cut_off, pre_empted], cancelled

    def pre_empt_a_task(self):
        """Slurm also continues the stopped program."""
        caught = self.catch()
        self.cluster.call("sbatch", "--partition=urgent", f"--nodelist={caught.host_name()}",
                          "--exclusive", "--output=/dev/null", "--wrap=true")
        wait_until(lambda: not nine_runs.is_stopped(caught.pid), "the task is pre-empted")
        return caught

    def cancel_a_task(self, job):
        """Slurm sends SIGTERM to script and program, and continues a stopped one. Sends a second
        SIGTERM, like a script that passes signals on."""
        caught = self.catch()
        task = f"{job}_{caught.index}"
        self.cluster.call("scancel", task)
        wait_until(lambda: not nine_runs.is_stopped(caught.pid), "Slurm wakes the program")
        with contextlib.suppress(ProcessLookupError):
            os.kill(caught.pid, signal.SIGTERM)
        wait_until(lambda: "JobState=CANCELLED" in self.cluster.call("scontrol", "show", "job", task),
                   "the task is cancelled")
        return caught

    def let_the_time_limit_come(self, caught):
        """The program is stopped first, so that its run cannot finish. Slurm also continues it."""
        wait_until(lambda: not nine_runs.is_stopped(caught.pid), "the time limit is near")


if __name__ == "__main__":
    isolation.require(*PROGRAMS)
    unittest.main()
