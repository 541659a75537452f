"""Processes that join in a sweep. Arguments are the trainer and tblog, as for trainer_test.

The files show who trained what: each start of a run makes an event file with the run's
configuration in the run's own directory, and run.json names the process that trained it last."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import unittest

from trainer_test import TBLOG, TrainerTest, record, wait_for_epoch
from waiting import LIMIT_SECONDS, wait_until

NEVER_ENDS = 1000000  # epochs
RUNS = 4


def starts(run):
    """How often a process has begun or resumed the run."""
    return len(list(run.glob("events.out.tfevents.*")))


class JoinTest(TrainerTest):
    images = 40, 10

    def setUp(self):
        super().setUp()
        self.logs = self.folder / "logs"

    def arguments(self, *more, logs=None):
        """The arguments of a sweep of RUNS runs."""
        return ("--logdir", logs or self.logs, "--batch-sizes", "16,8", "--seeds", 2, "--epochs", 2,
                "--threads", 1, *more)

    def join(self, *more, **settings):
        return self.call("sweep", *self.arguments("--join", *more), **settings)

    def start(self, *more, logs=None, **settings):
        process = subprocess.Popen(
            self.command("sweep", *self.arguments("--join", *more, logs=logs)), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder, **settings)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def end(self, process):
        """Waits for the process. Returns its exit status and output."""
        printed, told = process.communicate(timeout=LIMIT_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, printed, told)

    def runs(self):
        return sorted(path.parent for path in self.logs.glob("*/run.json"))

    def ended(self):
        return [run for run in self.runs() if record(run)["state"] == "finished"]

    def run_of(self, batch_size, seed):
        return self.logs / f"LeNet-MNIST-2-BatchSize={batch_size}-Seed={seed}"

    def hold(self, run, *more):
        """Starts a process that trains the run without end, and waits until it has finished an
        epoch."""
        batch_size, seed = re.findall(r"=(\d+)", run.name)
        process = subprocess.Popen(
            self.command("train", "--logdir", run, "--batch-size", batch_size, "--seed", seed,
                         "--epochs", NEVER_ENDS, "--threads", 1, "--quiet", *more),
            stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for_epoch(run)
        return process

    def halt_in_a_run(self, process):
        """Stops the process while it trains a run, and returns the run."""
        def begun():
            return [run for run in self.runs() if record(run)["state"] == "running"
                    and record(run)["epochs"]]

        while True:
            wait_until(begun, "a run that has an epoch")
            process.send_signal(signal.SIGSTOP)
            if begun():
                return begun()[0]
            process.send_signal(signal.SIGCONT)

    def table(self, logs):
        """The comparison, without measured times."""
        result = self.call("compare", "--format", "json", logs)
        self.assert_done(result)

        def timeless(value):
            if isinstance(value, dict):
                return {k: timeless(v) for k, v in value.items()
                        if "second" not in k and k not in ("runs_at_once", "hardware", "cheapest")}
            return [timeless(v) for v in value] if isinstance(value, list) else value

        return timeless(json.loads(result.stdout))

    def assert_same(self, options=()):
        """Asserts that the sweep equals one by a single undisturbed process, except for times."""
        whole = self.folder / "undisturbed"
        self.assert_done(self.call("sweep", *self.arguments("--quiet", *options, logs=whole)))
        self.assertEqual(self.table(self.logs), self.table(whole))
        self.assertEqual(len(self.runs()), RUNS)
        for run in self.runs():
            for name in ("model.safetensors",):
                self.assertEqual((run / name).read_bytes(), (whole / run.name / name).read_bytes())
        verified = subprocess.run([TBLOG, "verify", self.logs], capture_output=True, text=True)
        self.assertIn(verified.returncode, (0, 3), verified.stderr)  # 3: records torn by a kill


class Join(JoinTest):
    def test_ten_that_start_at_once_train_every_run_once(self):
        results = [self.end(process) for process in [self.start() for _ in range(10)]]
        for result in results:
            self.assert_done(result)
        trained = [name for result in results
                   for name in re.findall(rf"^Run +\d of {RUNS}: (.*)$", result.stdout, re.MULTILINE)]
        self.assertEqual(sorted(trained), sorted(str(run) for run in self.runs()))
        self.assertEqual([starts(run) for run in self.runs()], [1] * RUNS)
        self.assertEqual({record(run)["state"] for run in self.runs()}, {"finished"})
        answers = sum("How sure" in result.stdout for result in results)
        self.assertGreaterEqual(answers, 1)
        self.assertEqual(sum("the last one prints the comparison" in result.stdout
                             for result in results), 10 - answers)
        self.assertEqual({path.name for path in self.logs.iterdir()},
                         {"comparison.svg", *(run.name for run in self.runs())})
        self.assert_same()

    def test_one_alone_is_a_sweep_and_again_it_only_answers(self):
        for trained in (RUNS, 0):
            result = self.join()
            self.assert_done(result)
            self.assertEqual(result.stdout.count("Run       "), trained)
            self.assertIn("How sure", result.stdout)
        self.assert_same()

    def test_a_run_of_a_killed_process_is_finished_by_another(self):
        long = ("--epochs", 6)
        first = self.start(*long)
        held = self.halt_in_a_run(first)
        done = self.ended()
        second = self.start(*long)
        wait_until(lambda: len(self.ended()) == RUNS - 1, "all runs but the one that is held")
        first.kill()
        first.wait()
        result = self.end(second)
        self.assert_done(result)
        self.assertRegex(result.stdout, rf"(?m)^Run       \d of {RUNS}: {held}$")
        self.assertEqual([starts(run) for run in self.runs()],
                         [2 if run == held else 1 for run in self.runs()])
        self.assertEqual(record(held)["process"], second.pid)
        self.assertEqual(result.stdout.count("Run       "), RUNS - len(done))
        self.assertIn("How sure", result.stdout)
        self.assert_same(options=long)

    def test_who_waits_says_once_for_what_and_takes_the_run_when_its_lock_is_free(self):
        held = self.run_of(16, 1)
        holder = self.hold(held)
        waiter = self.start("--epochs", NEVER_ENDS, "--seed", 1, "--seeds", 1, "--batch-sizes", 16)
        self.assertEqual(waiter.stdout.readline(),
                         f"Waits for 1 run of other processes, such as {held}: another process is "
                         f"writing a run there (process {holder.pid} on {socket.gethostname()})\n")
        holder.kill()
        holder.wait()
        wait_until(lambda: record(held)["process"] == waiter.pid, "it has taken the run")
        waiter.send_signal(signal.SIGUSR1)
        result = self.end(waiter)
        self.assertEqual(result.returncode, 75)
        self.assertNotIn("Waits for", result.stdout)
        self.assertEqual(record(held)["state"], "interrupted")

    def test_a_signal_ends_the_waiting(self):
        self.hold(self.run_of(16, 1))
        waiter = self.start("--quiet")
        wait_until(lambda: len(self.ended()) == RUNS - 1, "all but the run that is held")
        waiter.send_signal(signal.SIGTERM)
        waiter.send_signal(signal.SIGTERM)  # like a scheduler
        result = self.end(waiter)
        self.assertEqual(result.returncode, 128 + signal.SIGTERM)
        self.assertEqual(result.stderr,
                         "trainer sweep: stopped by SIGTERM; the same command continues\n")

    def test_without_waiting_it_leaves_what_others_hold(self):
        held = self.run_of(16, 1)
        self.hold(held)
        result = self.join("--no-wait")
        self.assert_done(result)
        self.assertIn(f"Leaves    1 run of other processes, such as {held}: ", result.stdout)
        self.assertNotIn("How sure", result.stdout)
        self.assertEqual(len(self.ended()), RUNS - 1)

    def test_a_run_that_fails_is_tried_once_and_the_others_are_trained(self):
        broken = self.run_of(8, 1)
        broken.mkdir(parents=True)
        (broken / "train").write_text("not a directory")
        result = self.join()
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.count(str(broken)), 1, result.stderr)
        self.assertIn("batch size 8, seed 1: failed\n", result.stderr)
        self.assertEqual(result.stderr.count("\n"), 2, result.stderr)
        self.assertNotIn("How sure", result.stdout)
        self.assertEqual(len(self.ended()), RUNS - 1)

    def test_a_signal_asks_for_another_turn_also_after_a_failure(self):
        broken = self.run_of(16, 0)
        broken.mkdir(parents=True)
        (broken / "train").write_text("not a directory")
        self.hold(self.run_of(8, 1))
        waiter = self.start("--quiet")
        wait_until(lambda: len(self.ended()) == RUNS - 2, "all others")
        waiter.send_signal(signal.SIGUSR1)
        result = self.end(waiter)
        self.assertEqual(result.returncode, 75, result.stderr)
        self.assertIn("batch size 16, seed 0: failed\n", result.stderr)

    def test_a_run_that_diverged_has_ended(self):
        diverging = ("--learning-rates", "0.001,1e30", "--seeds", 1)
        for code, option in ((0, ()), (1, ("--terminate-on-nan",))):
            for _ in range(2):
                result = self.join(*diverging, *option)
                self.assertEqual(result.returncode, code, result.stderr)
                self.assertIn("How sure", result.stdout)
        states = [record(run)["state"] for run in self.runs()]
        self.assertEqual(sorted(states), ["diverged", "diverged", "finished", "finished"])
        self.assertEqual([starts(run) for run in self.runs()], [1] * 4)

    def test_options_that_do_not_go_together_are_refused(self):
        self.assert_refused(self.join("--overwrite"), 2, "--overwrite", "--join")
        self.assert_refused(self.join("--task", "0/2"), 2, "--task", "--join")
        self.assert_refused(self.call("sweep", *self.arguments("--no-wait")), 2, "--no-wait",
                            "--join")

    def test_other_arithmetic_takes_nothing_and_says_so(self):
        """For an existing run that is held or has ended."""
        portable = ("--isa", "portable")
        words = ("--join: ", "arithmetic", "portable", "this process takes no further run")
        with self.subTest("held"):
            self.hold(self.run_of(8, 1))
            self.assert_refused(self.join(*portable), 1, str(self.run_of(8, 1)), *words)
            self.assertEqual(len(self.runs()), 1)
        with self.subTest("ended"):
            self.assert_done(self.join("--no-wait"))
            shutil.rmtree(self.run_of(16, 0))
            self.assert_refused(self.join(*portable), 1, *words)
            self.assertFalse(self.run_of(16, 0).exists())

    def test_an_older_run_of_other_options_is_named_as_the_likely_cause(self):
        self.assert_done(self.join())
        self.assert_refused(self.join("--train-samples", 19), 1, str(self.run_of(16, 0)),
                            "training_samples 40 instead of 19; if it is an older run, choose "
                            "another --logdir; otherwise give all hosts the same options")

    def test_hosts_of_two_kinds_that_start_at_once_agree_on_one(self):
        if self.train("--isa", "avx2").returncode != 0:
            self.skipTest("this machine has no avx2")
        results = [self.end(process) for process in
                   [self.start("--isa", isa) for isa in ("portable", "avx2") * 3]]
        codes = [result.returncode for result in results]
        self.assertEqual(sorted(codes), [0, 0, 0, 1, 1, 1])
        self.assertEqual(len({codes[0], codes[2], codes[4]}), 1)  # all of a kind alike
        self.assertEqual(len({record(run)["configuration"]["arithmetic"] for run in self.runs()}), 1)
        self.assertEqual(len(self.ended()), RUNS)
        for result in results:
            if result.returncode == 1:
                self.assertNotIn("Run  ", result.stdout)
                self.assert_refused(result, 1, "this process takes no further run")

    def test_several_runs_at_once_and_several_processes(self):
        results = [self.end(process) for process in [self.start("--jobs", 3) for _ in range(3)]]
        for result in results:
            self.assert_done(result)
        self.assertEqual([starts(run) for run in self.runs()], [1] * RUNS)
        self.assert_same()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
