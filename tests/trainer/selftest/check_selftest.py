"""The trainer with a device that is correct, wrong, hangs, or is missing.

usage: check_selftest.py TRAINER, which is wrong_device.c's
"""

import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import unittest

from waiting import wait_until

TRAINER = sys.argv.pop(1)


def idx(magic, sizes, data):
    return struct.pack(">I", magic) + b"".join(struct.pack(">I", n) for n in sizes) + data


class SelftestTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="check selftest ")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.cache = self.root / "cache"
        (self.root / "data").mkdir()
        for name, count in (("train", 4), ("t10k", 2)):
            images = bytes(i % 251 for i in range(count * 784))
            start = self.root / f"data/{name}"
            start.with_name(f"{name}-images-idx3-ubyte").write_bytes(
                idx(0x803, (count, 28, 28), images))
            start.with_name(f"{name}-labels-idx1-ubyte").write_bytes(
                idx(0x801, (count,), bytes(range(count))))

    def environment(self, device, **others):
        return {**os.environ, "XDG_CACHE_HOME": str(self.cache), "WRONG_DEVICE": device, **others}

    def call(self, device, *arguments, **others):
        return subprocess.run([TRAINER, *map(str, arguments)], capture_output=True, text=True,
                              env=self.environment(device, **others))

    def call_limited(self, device, *arguments):
        """A limit of 0 bytes for files."""
        return subprocess.run(["bash", "-c", 'ulimit -f 0; "$@"', "bash", TRAINER, *map(str, arguments)],
                              capture_output=True, text=True, env=self.environment(device))

    def train_arguments(self, engine, directory="run"):
        return ["train", "--engine", engine, "--epochs", 1, "--batch-size", 2, "--precision", "fp32",
                "--data", self.root / "data", "--logdir", self.root / directory]

    def train(self, device, engine, directory="run", **others):
        return self.call(device, *self.train_arguments(engine, directory), **others)

    def assert_trained_on(self, result, engine):
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, f"Engine +{engine}")

    def assert_one_line(self, result, *words):
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        for word in words:
            self.assertIn(str(word), result.stderr)


class Report(SelftestTest):
    def test_a_right_device_passes_with_a_report(self):
        result = self.call("none", "selftest", WRONG_DEVICE_NAME="Card 1")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for words in (r"^Program +trainer \d+\.\d+\.\d+, build [0-9a-f]{8}$", "^Engine +cuda, fp32$",
                      r"^Device +Card 1 \(", "^Driver +none$", r"^Processor +\S",
                      r"^System +Linux \S", r"^Memory +\d+ MiB free$",
                      r"^gradient/conv1/bias +\S+ +\S+$", r"^loss of step 24 +\S+ +\S+$",
                      "^Verdict: passed$"):
            self.assertRegex(result.stdout, f"(?m){words}")
        self.assertNotIn("WRONG", result.stdout)

    def test_a_wrong_device_fails_with_what_is_wrong(self):
        result = self.call("swapped-samples", "selftest", "--engine", "cuda")
        self.assertEqual((result.returncode, result.stderr), (1, ""))
        self.assertRegex(result.stdout, r"(?m)^loss of step \d+ .* WRONG$")
        self.assertRegex(result.stdout, r"(?m)^Verdict: failed: loss of step \d+ differs by \S+ and may "
                                        r"by \S+; \d+ of \d+ comparisons are wrong$")

    def test_a_device_that_ends_the_process_fails_with_the_report_so_far(self):
        result = self.call("crash", "selftest")
        self.assertEqual((result.returncode, result.stderr), (1, ""))
        self.assertRegex(result.stdout, r"(?ms)^conv1/kernel .*^Verdict: failed: signal 9 ")

    def test_the_process_that_proves_ends_if_its_parent_is_gone(self):
        other = os.getppid()
        result = self.call("none", "selftest", "--child-of", other, "--engine", "cuda")
        self.assertEqual(result.returncode, -signal.SIGKILL)
        self.assertEqual(result.stdout, "")

    def test_a_limit_of_file_sizes_does_not_fail_a_right_device(self):
        result = self.call_limited("none", "selftest", "--engine", "cuda")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, "(?m)^Verdict: passed: this verdict cannot be kept: .*File too large$")
        self.assertEqual(list(self.cache.glob("lenet_mnist/*")), [])

    def test_without_a_device_that_is_said_and_the_cpu_is_tested(self):
        result = self.call("absent", "selftest")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r"(?ms)^Verdict: not available: this machine has no made-up "
                                        r"device$.*^Engine +cpu, .*^Verdict: passed$")
        result = self.call("absent", "selftest", "--engine", "cuda")
        self.assertEqual(result.returncode, 1)
        self.assert_one_line(result, "--engine cuda: this machine has no made-up device")


class Trust(SelftestTest):
    def test_auto_takes_a_right_device(self):
        result = self.train("none", "auto")
        self.assert_trained_on(result, "cuda")
        self.assertEqual(result.stderr, "")

    def test_auto_passes_over_a_wrong_device_and_says_so(self):
        result = self.train("scaled-kernel", "auto")
        self.assert_trained_on(result, "cpu")
        report = self.cache / "lenet_mnist/selftest-report.txt"
        self.assert_one_line(result, "--engine auto: not cuda: it failed its selftest: ",
                             "loss of step 1 differs by ", f"the report is {report}")
        self.assertIn("WRONG", report.read_text(encoding="utf-8"))

    def test_cuda_refuses_a_wrong_device(self):
        result = self.train("beta", "cuda")
        self.assertEqual(result.returncode, 1)
        self.assert_one_line(result, "--engine cuda: it failed its selftest: update/")
        self.assertFalse((self.root / "run").exists())

    def test_a_device_that_ends_the_process_does_not_take_the_trainer_along(self):
        result = self.train("crash", "auto")
        self.assert_trained_on(result, "cpu")
        self.assert_one_line(result, "signal 9")

    def test_a_device_without_memory_is_not_called_wrong(self):
        result = self.train("memory", "auto")
        self.assert_trained_on(result, "cpu")
        self.assert_one_line(result, "not cuda: out of memory: batch size 16 takes 9 MiB")
        result = self.train("memory", "cuda", "other")
        self.assertEqual(result.returncode, 1)
        self.assert_one_line(result, "--engine cuda: out of memory")

    def test_where_there_is_no_device_auto_says_nothing(self):
        result = self.train("absent", "auto")
        self.assert_trained_on(result, "cpu")
        self.assertEqual(result.stderr, "")

    def test_a_device_that_cannot_be_used_is_named(self):
        result = self.train("unusable", "auto")
        self.assert_trained_on(result, "cpu")
        self.assert_one_line(result, "--engine auto: not cuda: the made-up device has an old driver")
        result = self.call("unusable", "selftest")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"(?ms)^Verdict: not usable: the made-up.*^Verdict: passed$")

    def test_a_sweep_proves_a_device_once(self):
        result = self.call("sign", "sweep", "--epochs", 1, "--batch-sizes", "4,2", "--data",
                           self.root / "data", "--logdir", self.root / "logs")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assert_one_line(result, "not cuda: it failed its selftest")

    def test_evaluation_trusts_no_wrong_device(self):
        self.assert_trained_on(self.train("none", "cpu"), "cpu")
        evaluate = ["evaluate", self.root / "run", "--data", self.root / "data"]
        result = self.call("sign", *evaluate, "--engine", "cuda")
        self.assertEqual(result.returncode, 1)
        self.assert_one_line(result, "--engine cuda: it failed its selftest")
        result = self.call("sign", *evaluate, "--engine", "auto")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("not cuda: it failed its selftest", " ".join(result.stdout.split()))

    def test_an_evaluation_proves_a_device_once(self):
        plans = self.root / "plans"
        self.assert_trained_on(self.train("none", "auto"), "cuda")
        for kept in self.cache.glob("lenet_mnist/*"):
            kept.unlink()
        result = self.call("memory", "evaluate", self.root / "run", "--data", self.root / "data",
                           WRONG_DEVICE_PLANS=str(plans))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("not cuda: out of memory", " ".join(result.stdout.split()))
        self.assertEqual(plans.read_text(encoding="utf-8"), "plan\n")

    def assert_stopped_while_it_hangs(self, name, send):
        started = self.root / name
        process = subprocess.Popen(
            [TRAINER, *map(str, self.train_arguments("auto"))], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
            env=self.environment("hang", WRONG_DEVICE_STARTED=str(started)))
        self.addCleanup(process.kill)
        wait_until(started.exists, "the device to hang")
        send(process.pid, signal.Signals[name])
        _, errors = process.communicate()
        self.assertEqual(process.returncode, 128 + signal.Signals[name])
        self.assertEqual(errors, f"trainer train: stopped by {name} in the selftest of the device\n")

    def test_a_signal_ends_the_proof_of_a_device_that_hangs(self):
        self.assert_stopped_while_it_hangs("SIGTERM", os.kill)

    def test_ctrl_c_ends_it_too_and_the_device_is_not_called_wrong(self):
        self.assert_stopped_while_it_hangs("SIGINT", os.killpg)


class KeptVerdict(SelftestTest):
    def test_a_device_that_passed_is_not_proved_again(self):
        self.assert_trained_on(self.train("none", "auto"), "cuda")
        result = self.train("sign", "auto", "other")
        self.assert_trained_on(result, "cuda")
        self.assertEqual(result.stderr, "")

    def test_another_device_is_proved(self):
        self.assert_trained_on(self.train("none", "auto"), "cuda")
        self.assert_trained_on(self.train("sign", "auto", "other", WRONG_DEVICE_NAME="other"), "cpu")

    def test_another_driver_is_proved(self):
        self.assert_trained_on(self.train("none", "auto", WRONG_DEVICE_DRIVER="1"), "cuda")
        self.assert_trained_on(self.train("sign", "auto", "other", WRONG_DEVICE_DRIVER="2"), "cpu")

    def test_verdicts_of_another_driver_do_not_pile_up(self):
        for driver in "1", "2":
            self.assert_trained_on(self.train("none", "auto", driver, WRONG_DEVICE_DRIVER=driver), "cuda")
        self.assertEqual(len(list(self.cache.glob("lenet_mnist/*"))), 1)

    def test_without_a_known_driver_no_verdict_is_kept(self):
        result = self.train("none", "auto", WRONG_DEVICE_DRIVER="")
        self.assert_trained_on(result, "cuda")
        self.assert_one_line(result, "this verdict cannot be kept: the device's driver is not known")

    def test_the_cpu_has_no_verdict(self):
        self.cache.write_text("no directory", encoding="utf-8")
        result = self.call("none", "selftest", "--engine", "cpu")
        self.assertRegex(result.stdout, "(?m)^Verdict: passed$")
        self.assertNotIn("Driver", result.stdout)

    def test_a_selftest_that_fails_ends_the_trust(self):
        for device in "sign", "crash":
            self.assert_trained_on(self.train("none", "auto", f"before {device}"), "cuda")
            self.assertEqual(self.call(device, "selftest", "--precision", "fp32").returncode, 1)
            self.assert_trained_on(self.train(device, "auto", f"after {device}"), "cpu")
            self.assertEqual(self.call("none", "selftest").returncode, 0)

    def test_a_damaged_verdict_counts_as_none(self):
        self.assert_trained_on(self.train("none", "auto"), "cuda")
        for kept in self.cache.glob("lenet_mnist/*.json"):
            kept.write_text("{}", encoding="utf-8")
        self.assert_trained_on(self.train("sign", "auto", "other"), "cpu")

    def test_a_cache_that_cannot_be_written_is_no_failure(self):
        self.cache.write_text("no directory", encoding="utf-8")
        result = self.train("none", "auto")
        self.assert_trained_on(result, "cuda")
        self.assert_one_line(result, "the selftest of engine cuda passed; this verdict cannot be kept: ",
                             self.cache, "so it runs every time")

class KeptFailure(SelftestTest):
    def setUp(self):
        super().setUp()
        self.assert_trained_on(self.train("crash", "auto"), "cpu")
        self.failure = self.cache / "lenet_mnist/selftest-failed-cuda-fp32.json"

    def assert_proved_again(self, **others):
        self.assert_trained_on(self.train("none", "auto", "again", **others), "cuda")

    def change(self, **values):
        kept = json.loads(self.failure.read_text(encoding="utf-8"))
        self.assertLessEqual(values.keys(), {key.replace(" ", "_").replace("'", "") for key in kept})
        for key in kept:
            kept[key] = values.get(key.replace(" ", "_").replace("'", ""), kept[key])
        self.failure.write_text(json.dumps(kept, indent=2), encoding="utf-8")

    def test_a_device_that_failed_is_not_asked_again(self):
        plans = self.root / "plans"
        result = self.train("none", "auto", "other", WRONG_DEVICE_PLANS=str(plans))
        self.assert_trained_on(result, "cpu")
        self.assert_one_line(result, "not cuda: it failed its selftest less than an hour ago: signal 9",
                             self.cache / "lenet_mnist/selftest-report.txt",
                             "after 'trainer selftest' it is tested again")
        self.assertFalse(plans.exists())

    def test_a_selftest_makes_an_end_of_it(self):
        self.assertEqual(self.call("none", "selftest").returncode, 0)
        self.assert_proved_again()

    def test_it_is_forgotten_after_an_hour(self):
        self.change(seconds_after_it=json.loads(self.failure.read_text())["seconds after it"] - 3600)
        self.assert_proved_again()

    def test_it_is_forgotten_when_the_machine_starts(self):
        self.change(machines_start="another")
        self.assert_proved_again()

    def test_another_build_is_proved(self):
        self.change(build="another")
        self.assert_proved_again()

    def test_other_visible_devices_are_proved(self):
        self.assert_proved_again(CUDA_VISIBLE_DEVICES="7")

    def test_a_damaged_file_counts_as_none(self):
        self.failure.write_text("{", encoding="utf-8")
        self.assert_proved_again()


if __name__ == "__main__":
    unittest.main(verbosity=2)
