"""Tests bench/cpu.sh, layers.py, accuracy.sh, logging_cost.sh and scale_out.sh in a copy of bench
whose programs are shims.

Usage: check_bench.py BENCH_FOLDER

The shims answer as the real programs do, with constant times. Nothing is measured or trained.
"""

import csv
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from waiting import LIMIT_SECONDS, wait_until

BENCH = pathlib.Path(sys.argv.pop(1)).resolve()

# Replaces a peer's program: eager takes 0.2 s per round, the others 0.4. $FAIL has
# PROGRAM-MODE:FAULT.
PEER = """#!/bin/bash
program=${1##*/}
name=$program-${5:-}
echo "peer $name $2 $3 $4" >>"$CALLS"
echo $$ >>"$CALLS.pids"
case ${FAIL:-} in
*"$name:missing"* | all:missing*) echo "noise" >&2; echo "ModuleNotFoundError: $program" >&2; exit 1 ;;
esac
echo "some banner"
echo ready
seconds=0.4
[[ ${5:-} == eager ]] && seconds=0.2
for ((round = 1; ; round++)); do
    read -r steps || exit 0
    [[ ${FAIL:-} == *"$name:second-round"* && $round -eq 2 ]] && exit 3
    [[ ${FAIL:-} == *"$name:nonsense"* ]] && { echo "what?"; continue; }
    [[ ${FAIL:-} == *"$name:diverges"* ]] && { echo "$seconds nan"; continue; }
    [[ ${FAIL:-} == *"$name:sleeps"* ]] && { echo waiting >>"$CALLS"; read -r _; }
    echo "steps $steps" >>"$CALLS"
    echo "$seconds 0.5"
done
"""

# Our program takes 0.3 s for three times the steps.
OURS = """#!/bin/bash
echo "ours $*" >>"$CALLS"
[[ ${FAIL:-} == *ours:missing* ]] && { echo "train_steps: no such data" >&2; exit 1; }
echo ready
while read -r steps; do
    echo "ours trains $steps" >>"$CALLS"
    echo "0.3 0.5"
done
"""

LAYERS = """#!/bin/bash
echo "layers $*" >>"$CALLS"
[[ ${FAIL:-} == *layers:fails* ]] && { echo "layers: broken" >&2; exit 1; }
case $* in
*--work) echo "10.000 MFLOP a sample" ;;
*--peak) echo "1 thread: 56.0 GFLOP/s of multiply-adds"; echo "2 threads: 112.0 GFLOP/s of multiply-adds" ;;
"--batch-size "*) cat <<END
avx2, $4 thread$([[ $4 == 1 ]] || echo s), fp32, batch size $2, 200 steps
1 thread:     117.3 GFLOP/s of multiply-adds,  145.9 GB/s in 14 MB,   45.7 GB/s in memory

kernel                      ms/step    share   GFLOP/s     GB/s  reached of its bound
conv2 weights' transform      0.0$4   0.1 %       0.0     19.9    14 % of bandwidth
conv2 forward                 4.737   33.0 %      82.6      1.8    70 % of multiply-adds
waiting, and all else         0.309    2.1 %
step                         14.359  100.0 %
END
    ;;
esac
"""

PYTHON_VENV = """#!/bin/bash
echo "venv $1" >>"$CALLS"
[[ ${FAIL:-} != *venv:$1* ]]
"""

FIRST_LOSSES = """#!/bin/bash
echo "first_losses $*" >>"$CALLS"
echo "batch size $4: within"
[[ ${FAIL:-} != *losses:$4* ]]
"""

TRAINER = """#!/bin/bash
echo "trainer $*" >>"$CALLS"
case $1 in
sweep) [[ ${FAIL:-} != *sweep* ]] || { echo "trainer: refused" >&2; exit 5; } ;;
compare) cat "${COMPARISON%/*}/${!#}" 2>/dev/null || cat "$COMPARISON" ;;
train) # the run is called ROUND-FREQUENCY; a logged epoch takes 10 s and ROUND tenths, others 10 s
    while [[ $# -gt 0 ]]; do
        [[ $1 == --logdir ]] && run=$2
        shift
    done
    mkdir -p "$run"
    round=${run##*/} seconds=10
    [[ $run == *-batch ]] && seconds=10.${round%-*}
    echo "{\\"epochs\\": [{\\"training_seconds\\": $seconds}]}" >"$run/run.json" ;;
esac
"""

COMPARISON = {"batch_sizes": [
    {"batch_size": 64, "runs": 3, "final_val_accuracy": {"mean": 0.9912345, "error": 0.00045}},
    {"batch_size": 16, "runs": 0, "final_val_accuracy": {"mean": None, "error": None}},
]}


def runs(*finals):
    """A comparison of runs of batch sizes 16 and 32, seeds from 0."""
    return {"batch_sizes": [], "runs": [
        {"batch_size": 16 << i % 2, "seed": i // 2, "state": "finished",
         "val_accuracy": {"final": final}} for i, final in enumerate(finals)] + [
             {"batch_size": 64, "seed": 0, "state": "failed", "val_accuracy": {"final": None}}]}


class BenchTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="check bench ")
        self.addCleanup(folder.cleanup)
        self.world = pathlib.Path(folder.name).resolve()
        self.root = self.world / "the repository"
        self.calls = self.world / "calls"
        shutil.copytree(BENCH, self.root / "bench")
        (self.root / "scripts").mkdir()
        shutil.copy(BENCH.parent / "scripts/options.sh", self.root / "scripts")
        rounds = self.root / "bench/cpu_rounds.py"
        text = rounds.read_text()
        self.assertIn("SETTLE_SECONDS = 0.5", text)
        rounds.write_text(text.replace("SETTLE_SECONDS = 0.5", "SETTLE_SECONDS = 0"))
        (self.root / "data/mnist").mkdir(parents=True)
        (self.world / "comparison").write_text(json.dumps(COMPARISON))
        for path, shim in {"scripts/python_venv.sh": PYTHON_VENV,
                           ".venv/frameworks/bin/python": PEER,
                           ".venv/jax/bin/python": PEER,
                           "build/release/bench/train_steps": OURS,
                           "build/release/bench/layers": LAYERS,
                           "build/release/bench/first_losses": FIRST_LOSSES,
                           "build/release/bin/trainer": TRAINER}.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(shim)
            (self.root / path).chmod(0o755)

    def start(self, script, *arguments, **environment):
        return subprocess.Popen(
            [self.root / "bench" / script, *arguments], cwd=self.world, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "CALLS": str(self.calls),
                 "COMPARISON": str(self.world / "comparison"), **environment})

    def call(self, script, *arguments, **environment):
        process = self.start(script, *arguments, **environment)
        self.stdout, self.stderr = process.communicate(timeout=LIMIT_SECONDS)
        return process.returncode

    def called(self, start):
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line for line in lines if line.startswith(start)]


class Cpu(BenchTest):
    def compare(self, *options, rounds=1, **environment):
        return self.call("cpu.sh", "--batch-size", "32", "--rounds", str(rounds), "--steps", "7",
                         *options, **environment)

    def test_the_ratio_is_the_last_line_and_against_the_fastest_peer(self):
        self.assertEqual(self.compare(rounds=3), 0, self.stderr)
        self.assertEqual(self.stderr, "")
        self.assertEqual(self.stdout.splitlines()[-1], "ratio 2.00")
        self.assertIn("fastest peer: torch-eager (3 of 3 rounds)", self.stdout)
        self.assertIn("ratios by round: 2.00, 2.00, 2.00", self.stdout)

    def test_every_program_starts_once_and_gets_its_steps_in_every_round(self):
        self.assertEqual(self.compare(rounds=3), 0, self.stderr)
        self.assertEqual(self.called("venv"), ["venv frameworks", "venv jax"])
        self.assertEqual([line.split()[1] for line in self.called("peer")], [
            "keras_fit.py-", "torch_step.py-eager", "torch_step.py-channels_last",
            "torch_step.py-compile", "torch_step.py-compile_channels_last", "jax_step.py-"])
        self.assertEqual(len(self.called(f"ours --data {self.root}")), 1)
        self.assertEqual(self.called("steps"), ["steps 7"] * 18)
        self.assertEqual(self.called("ours trains"), ["ours trains 21"] * 3)

    def test_seconds_an_epoch_and_gflops_are_those_of_the_times(self):
        self.compare(rounds=2)
        # Ours: 0.1 s for 7 steps of 32 samples makes 26.79 s for 60,000 samples, of 71.6 (dense)
        # and 10 (executed) MFLOP each.
        table = self.stdout.partition("s/epoch: median")[2].splitlines()
        ours, = [line for line in table if line.startswith("ours ")]
        self.assertEqual(ours.split(), ["ours", "26.79", "(26.79,", "26.79)", "160.4", "22.4", "20",
                                        "%"])
        eager, = [line for line in table if line.startswith("torch-eager ")]
        self.assertEqual(eager.split()[-4:], ["80.2", "80.2", "72", "%"])
        self.assertTrue(self.called("layers")[0].endswith(
            "--batch-size 32 --precision fp32 --steps 42 --work"))

    def test_in_bf16_all_are_and_jax_is_not_there(self):
        self.assertEqual(self.compare("--precision", "bf16"), 0, self.stderr)
        self.assertEqual({line.split()[-1] for line in self.called("peer")}, {"bf16"})
        self.assertEqual(self.called("venv"), ["venv frameworks"])
        self.assertIn("--precision bf16", self.called("ours --data")[0])
        self.assertTrue(self.stdout.startswith("bf16 at batch size 32 on "), self.stdout)

    def test_a_csv_has_a_line_for_each_program_and_round(self):
        table = self.world / "rounds.csv"
        self.compare("--csv", str(table), rounds=2)
        self.compare("--csv", str(table), "--precision", "bf16")
        head, *rows = csv.reader(table.read_text().splitlines())
        self.assertEqual(head[-3:], ["round", "program", "seconds_an_epoch"])
        self.assertEqual(len(rows), 7 * 2 + 6)
        self.assertEqual([row[-3:] for row in rows if row[2:4] == ["fp32", "32"]][-2:],
                         [["1", "ours", "26.786"], ["2", "ours", "26.786"]])

    def test_a_peer_that_does_not_start_is_told_and_the_others_count(self):
        self.assertEqual(self.compare(FAIL="torch_step.py-eager:missing"), 3)
        self.assertIn("torch-eager failed: ended with status 1", self.stderr)
        self.assertIn("ModuleNotFoundError: torch_step.py", self.stderr)
        self.assertIn("without torch-eager, which failed", self.stdout)
        self.assertEqual(self.stdout.splitlines()[-1], "ratio 4.00")

    def test_a_peer_that_ends_early_counts_in_the_rounds_it_had(self):
        self.assertEqual(self.compare(rounds=3, FAIL="torch_step.py-eager:second-round"), 3)
        self.assertIn("torch-eager failed: ended with status 3", self.stderr)
        self.assertIn("ratios by round: 2.00, 4.00, 4.00", self.stdout)
        self.assertEqual(self.stdout.splitlines()[-1], "ratio 4.00")

    def test_a_peer_that_does_not_train_does_not_count(self):
        for what, said in (("nonsense", "printed 'what?'"), ("diverges", "does not train")):
            self.assertEqual(self.compare(FAIL=f"torch_step.py-eager:{what}"), 3)
            self.assertIn(said, self.stderr)
            self.assertEqual(self.stdout.splitlines()[-1], "ratio 4.00")

    def test_an_environment_that_cannot_be_made_is_told(self):
        self.assertEqual(self.compare(FAIL="venv:jax jax_step.py-:missing"), 3)
        self.assertIn("without .venv/jax", self.stderr)
        self.assertEqual(self.stdout.splitlines()[-1], "ratio 2.00")

    def test_without_ours_or_without_peers_there_is_no_ratio(self):
        for fail, said in (("ours:missing", "no ratio without ours"),
                           ("all:missing", "no ratio without a peer")):
            self.assertEqual(self.compare(FAIL=fail), 1)
            self.assertIn(said, self.stderr)
            self.assertNotIn("\nratio ", self.stdout)
        self.assertIn("train_steps: no such data",
                      (self.compare(FAIL="ours:missing"), self.stderr)[1])

    def test_the_ratio_is_there_without_the_work_counted(self):
        self.assertEqual(self.compare(FAIL="layers:fails"), 0)
        self.assertIn("layers: broken", self.stderr)
        self.assertEqual(self.stdout.splitlines()[-1], "ratio 2.00")

    def test_steps_are_fewer_for_larger_batches(self):
        for batch_size, steps in ((64, 60), (16, 240), (1024, 10)):
            self.calls.unlink(missing_ok=True)
            self.call("cpu.sh", "--batch-size", str(batch_size), "--rounds", "1")
            self.assertEqual(self.called("steps")[0], f"steps {steps}")

    def test_wrong_usage_exits_2(self):
        for arguments in (["--rounds", "0"], ["--steps"], ["--batch-size", "x"], ["--fast"],
                          ["64"], ["--steps", "-1"], ["--precision", "tf32"], ["--csv"]):
            self.assertEqual(self.call("cpu.sh", *arguments), 2, arguments)
        self.assertEqual(self.called(""), [])
        self.assertEqual(self.call("cpu.sh", "--help"), 0)
        self.assertTrue(self.stdout.startswith("Usage: bench/cpu.sh"))

    def test_what_is_missing_is_named(self):
        (self.root / "data/mnist").rmdir()
        self.assertEqual(self.compare(), 1)
        self.assertIn("fetch_mnist.sh", self.stderr)
        (self.root / "build/release/bench/train_steps").unlink()
        self.assertEqual(self.compare(), 1)
        self.assertIn("build the release preset", self.stderr)

    def test_a_terminated_comparison_leaves_no_peer_behind(self):
        process = self.start("cpu.sh", "--rounds", "1", FAIL="keras_fit.py-:sleeps")
        wait_until(lambda: self.called("waiting"), "a peer that waits")
        self.assertEqual(len(self.called("peer")), 6)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LIMIT_SECONDS)
        self.assertEqual(process.returncode, 143)
        for pid in (self.world / "calls.pids").read_text().split():
            with self.assertRaises(ProcessLookupError):
                os.kill(int(pid), 0)


class Layers(BenchTest):
    def measure(self, *options, **environment):
        return self.call("layers.py", "--batch-sizes", "64,16", "--threads", "1,2", *options,
                         **environment)

    def test_its_table_has_a_row_for_each_kernel_and_a_column_for_each_run(self):
        self.assertEqual(self.measure("--", "--steps", "9"), 0, self.stderr)
        self.assertEqual(self.called("layers"), [
            f"layers --batch-size {n} --threads {threads} --data {self.root / 'data/mnist'} --steps 9"
            for n in (64, 16) for threads in (1, 2)])
        rows = [[cell.strip() for cell in line.split("|")[1:-1]]
                for line in self.stdout.splitlines() if line.startswith("|")]
        self.assertEqual(rows[0], ["batch size", "64, 1 thread", "64, 2 threads", "16, 1 thread",
                                   "16, 2 threads"])
        self.assertEqual([row[:3] for row in rows[2:]], [
            ["conv2 weights' transform", "0.01, 14 % of bandwidth", "0.02, 14 % of bandwidth"],
            ["conv2 forward"] + ["4.737, 70 % of multiply-adds"] * 2,
            ["waiting, and all else", "0.309", "0.309"], ["step", "14.359", "14.359"]])

    def test_its_csv_has_every_figure_below_one_head(self):
        path = self.world / "figures.csv"
        for _ in range(2):
            self.assertEqual(self.measure("--csv", path), 0, self.stderr)
        with open(path, newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 2 * 4 * 4)
        self.assertEqual(rows[1], rows[17])
        self.assertIn("processors, caches", rows[1].pop("machine"))
        self.assertRegex(rows[1].pop("date"), r"^\d{4}-\d\d-\d\d$")
        self.assertEqual(rows[1], {
            "instructions": "avx2", "precision": "fp32", "batch_size": "64", "threads": "1",
            "kernel": "conv2 forward", "ms_a_step": "4.737", "share_percent": "33.0",
            "gflops": "82.6", "gb_a_second": "1.8", "reached_percent": "70",
            "bound": "multiply-adds"})
        self.assertEqual(rows[3]["bound"], "")

    def test_a_missing_or_failing_program_fails(self):
        self.assertEqual(self.measure(FAIL="layers:fails"), 1)
        self.assertIn("layers: broken", self.stderr)
        (self.root / "build/release/bench/layers").unlink()
        self.assertEqual(self.measure(), 1)
        self.assertIn("build the release preset", self.stderr)


class Accuracy(BenchTest):
    def test_it_prints_each_batch_sizes_mean_and_error(self):
        self.assertEqual(self.call("accuracy.sh"), 0, self.stderr)
        self.assertEqual([line.split() for line in self.stdout.splitlines()[-2:]],
                         [["64", "3", "99.123", "%", "±", "0.045", "%"],
                          ["16", "0", "?", "±", "?"]])

    def test_its_options_reach_the_programs(self):
        self.assertEqual(self.call("accuracy.sh", "--seeds", "5", "--steps", "9", "--logdir", "my",
                                   "--isa", "avx2", "--epochs", "2"), 0, self.stderr)
        data = self.root / "data/mnist"
        self.assertEqual(self.called("first_losses"),
                         [f"first_losses --data {data} --batch-size {n} --steps 9 --seed {seed} "
                          "--isa avx2" for seed in range(5) for n in (64, 32, 16)])
        self.assertEqual(self.called("trainer"), [
            f"trainer sweep --quiet --engine cpu --data {data} --logdir my --seeds 5 --isa avx2 "
            "--epochs 2", "trainer compare --format json my"])

    def test_runs_are_compared_with_their_like(self):
        (self.world / "these").write_text(json.dumps(runs(0.992, 0.991, 0.993)))
        (self.world / "those").write_text(json.dumps(runs(0.991, 0.992, 0.991, 0.5)))
        self.assertEqual(self.call("accuracy.sh", "--logdir", "these", "--against", "those"), 0,
                         self.stderr)
        # The differences are 0.1, -0.1 and 0.2 points.
        self.assertEqual(self.stdout.splitlines()[-1], "3 runs differ by +0.067 ± 0.088 points")
        (self.world / "those").write_text(json.dumps(runs(0.991)))
        self.assertEqual(self.call("accuracy.sh", "--logdir", "these", "--against", "those"), 1)
        self.assertIn("fewer than two runs", self.stderr)

    def test_losses_beyond_their_bound_fail_it_and_the_rest_is_still_done(self):
        self.assertEqual(self.call("accuracy.sh", FAIL="losses:32"), 1)
        self.assertEqual(len(self.called("first_losses")), 9)
        self.assertIn("99.123", self.stdout)

    def test_no_losses_are_compared_where_none_are_asked_for(self):
        self.assertEqual(self.call("accuracy.sh", "--steps", "0", "--precision", "bf16"), 0)
        self.assertEqual(self.called("first_losses"), [])

    def test_a_failed_sweep_is_its_failure(self):
        self.assertEqual(self.call("accuracy.sh", FAIL="sweep"), 5)
        self.assertEqual(self.called("first_losses"), [])
        self.assertIn("trainer: refused", self.stderr)

    def test_wrong_usage_exits_2(self):
        for arguments in (["--seeds", "0"], ["--seeds"], ["--steps", "x"], ["--logdir"],
                          ["--against"], ["--isa"], ["--isa=avx2"], ["--batch-sizes=1"], ["--data", "x"],
                          ["--precision", "bf16"], ["--precision=bf16", "--steps", "3"],
                          ["--epochs", "1"], ["--train-samples=64"]):
            self.assertEqual(self.call("accuracy.sh", *arguments), 2, arguments)
        self.assertEqual(self.called(""), [])


class LoggingCost(BenchTest):
    def test_it_prints_how_much_longer_logged_steps_took(self):
        self.assertEqual(self.call("logging_cost.sh", "--rounds", "3", TMPDIR=str(self.world)), 0,
                         self.stderr)
        self.assertEqual(self.stdout.splitlines()[-1], "cost 2.00 %")
        self.assertIn("round 3: every step logged 10.300 s, none 10.000 s", self.stdout)
        order = [call.split(" --update-freq")[0].rpartition("/")[2]
                 for call in self.called("trainer train")]
        self.assertEqual(order, ["1-batch", "1-epoch", "2-epoch", "2-batch", "3-batch", "3-epoch"])
        self.assertFalse([path for path in self.world.iterdir() if path.name.startswith("tmp.")])

    def test_options_reach_the_trainer_and_wrong_ones_exit_2(self):
        self.assertEqual(self.call("logging_cost.sh", "--rounds", "1", "--batch-size", "64"), 0)
        self.assertTrue(all(call.endswith("--batch-size 64") for call in self.called("trainer")))
        for arguments in (["--rounds", "0"], ["--rounds"], ["--rounds", "x"]):
            self.assertEqual(self.call("logging_cost.sh", *arguments), 2, arguments)


class ScaleOut(BenchTest):
    def test_its_csv_has_a_line_for_each_measurement_below_one_head(self):
        trainer = self.root / "build/release/bin/trainer"
        # The measurement removes the directory that follows --logdir.
        trainer.write_text('#!/bin/bash\n[[ $5 == --logdir ]] && mkdir -p "$6"\n')
        table = self.world / "rates.csv"
        for _ in range(2):
            self.assertEqual(self.call("scale_out.sh", "--rounds", "1", "--csv", str(table), "join",
                                       TMPDIR=str(self.world)), 0, self.stderr)
        text = table.read_bytes().decode()
        self.assertNotIn("\r", text)
        head, *rows = csv.reader(text.splitlines())
        self.assertEqual(head[:3] + head[-1:], ["date", "machine", "stage", "processor_seconds"])
        self.assertEqual([row[2:6] for row in rows], 2 * [
            ["join", way, count, "0"] for count in ("1", "2", "4", "8", "16")
            for way in ("--task", "--join")])
        self.assertEqual({len(row) for row in rows}, {len(head)})


if __name__ == "__main__":
    unittest.main(verbosity=2)
