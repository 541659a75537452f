"""Tests gpu_bundle.sh and gpu_check.sh with a build that needs no device.

Usage: check_gpu.py REPOSITORY BUILD_FOLDER [CLASS...]

First a dry run with the CPU engine. Then the parts that need a device, with shims: programs that
replace --engine cuda by the CPU engine, and tools that answer like NVIDIA's.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

from waiting import LIMIT_SECONDS

BUILD = pathlib.Path(sys.argv.pop(2)).resolve()
ROOT = pathlib.Path(sys.argv.pop(1)).resolve()

# Replaces the program, which is renamed to NAME.real.
AS_CPU = """#!/bin/bash
echo "dense1 by ${LENET_DENSE1:-choice}, fork ${LENET_FORK:-1}" >&2
arguments=()
for argument in "$@"; do
    case $argument in
    cuda) argument=cpu ;;
    tf32 | bf16) argument=fp32 ;;
    esac
    arguments+=("$argument")
done
exec "$0.real" "${arguments[@]}"
"""
NVIDIA_SMI = "#!/bin/bash\necho 'NVIDIA H200 Imaginary, 580.1, 143771 MiB'\n"
SANITIZER = """#!/bin/bash
while [[ $1 == --* ]]; do shift 2; done
"$@" >/dev/null || exit 1
echo "========= ERROR SUMMARY: ${ERRORS:-0} errors"
"""
NCU = """#!/bin/bash
echo "==PROF== Profiling"
[[ $* == *lts__t_sectors.sum* ]] || exit 1
echo '"ID","Kernel Name","gpu__time_duration.sum","dram__bytes_read.sum","dram__bytes_write.sum",\
"lts__t_sectors.sum"'
echo '"","","ns","byte","byte","sector"'
echo '"0","void (anonymous namespace)::conv_forward<1>(int, float)","5,000","1,000,000","2000000","7"'
echo '"1","void (anonymous namespace)::conv_forward<1>(int, float)","7,000","1,000,000","2000000","9"'
echo '"2","update(int)","2,000","100","200","40"'
echo '"3","void (anonymous namespace)::dense1_update<1>(int)","10,000","16,000,000","12,000,000",\
"1,221,120"'
"""
CEILINGS = "#!/bin/bash\necho '{\"copy\": 4e12, \"fp32\": 5e13, \"tf32\": 4e14, \"bf16\": 8e14, \"graph_node\": 1.25e-6}'\n"
TEST = "#!/bin/bash\n[[ -n $CK_DEFAULT_TIMEOUT ]] || exit 1\necho '100%: Checks: 3, Failures: 0, Errors: 0'\n"
FAILED_TEST = """#!/bin/bash
if [[ $LENET_DENSE1 == cublas ]]; then
    echo '100%: Checks: 4, Failures: 0, Errors: 0'
    exit
fi
echo '66%: Checks: 3, Failures: 1, Errors: 0'
echo oh no >&2
exit 1
"""


# A Python with a fake PyTorch: eager prints other lines between its answers, cudagraph ends after
# its first answer, and the others end without output.
PEERS = """#!/bin/bash
case $* in
'-c import torch') exit 0 ;;
'-c import jax') exit 1 ;;
*torch_gpu.py*compile*) exit 1 ;;
*torch_gpu.py*) ;;
*) exec python3 "$@" ;;
esac
echo 'a word of welcome'
echo '{"ready": true}'
while read -r; do
    printf '3\\n{"note": 1}\\n\\377\\n{"version": "torch 0", "seconds_per_epoch": 9}\\nbye\\n'
    [[ $* != *cudagraph* ]] || exit 1
done
"""


def write_idx(path, dimensions, data):
    header = bytes([0, 0, 8, len(dimensions)])
    path.write_bytes(header + b"".join(d.to_bytes(4, "big") for d in dimensions) + data)


def make_data(folder):
    folder.mkdir()
    for name, count in ("train", 90), ("t10k", 40):
        pixels = bytes(i * i % 251 for i in range(count * 784))
        write_idx(folder / f"{name}-images-idx3-ubyte", [count, 28, 28], pixels)
        write_idx(folder / f"{name}-labels-idx1-ubyte", [count], bytes(i % 10 for i in range(count)))


def bundle(*options):
    return subprocess.run([ROOT / "scripts/gpu_bundle.sh", "--build-dir", BUILD, *options],
                          capture_output=True, text=True)


def shim(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def setUpModule():
    folder = tempfile.TemporaryDirectory(prefix="check gpu ")
    unittest.addModuleCleanup(folder.cleanup)
    GpuCheck.world = pathlib.Path(folder.name)
    GpuCheck.bundle = GpuCheck.world / "the bundle"
    make_data(GpuCheck.world / "data")
    made = bundle("--data", GpuCheck.world / "data", "--output", GpuCheck.bundle)
    if made.returncode != 0:
        raise AssertionError(made.stderr)
    shim(GpuCheck.world / "bin/nvidia-smi", NVIDIA_SMI)
    shim(GpuCheck.world / "bin/compute-sanitizer", SANITIZER)
    shim(GpuCheck.world / "bin/ncu", NCU)


class GpuCheck(unittest.TestCase):
    def check(self, name, *options, **environment):
        """Returns the exit status, the output, and the folder of the report."""
        out = self.world / name / "out"
        path = f"{self.world / 'bin'}:{os.environ['PATH']}"
        made = subprocess.run(
            [self.bundle / "scripts/gpu_check.sh", "--results", self.world / name / "results",
             "--limit", str(LIMIT_SECONDS), *options], capture_output=True, text=True, cwd=self.world,
            env={**os.environ, "PATH": path, "OUT": str(out), **environment})
        return made.returncode, made.stdout + made.stderr, out

    def results(self, name):
        return json.loads((self.world / name / "results/results.json").read_text())


class Bundle(GpuCheck):
    def test_libraries_are_its_own(self):
        for program in (self.bundle / "bin").iterdir():
            found = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
            for line in found.splitlines():
                if "libjansson" in line or "libzip" in line or "libcrypto" in line:
                    self.assertIn(str(self.bundle), line)

    def test_what_is_no_bundle_is_not_replaced(self):
        result = bundle("--data", self.world / "data", "--output", self.world / "data")
        self.assertEqual(result.returncode, 1)
        self.assertIn("is no bundle", result.stderr)
        self.assertTrue((self.world / "data/train-images-idx3-ubyte").exists())

    def build_with(self, name, needed):
        """A build with only a trainer, for which ldd reports the library `needed`."""
        build = self.world / name
        shim(build / "bin/trainer", "#!/bin/bash\n")
        tools = self.world / f"{name} tools"
        shim(tools / "ldd", f"#!/bin/bash\necho '\t{needed} => /lib/{needed} (0x1)'\n")
        return subprocess.run(
            [ROOT / "scripts/gpu_bundle.sh", "--build-dir", build, "--data", self.world / "data",
             "--output", self.world / f"{name} bundle"], capture_output=True, text=True,
            env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"})

    def test_a_cuda_build_without_its_tests_is_refused(self):
        result = self.build_with("cuda alone", "libcublas.so.13")
        self.assertEqual(result.returncode, 1)
        self.assertIn("though its trainer has the CUDA engine", result.stderr)
        self.assertFalse((self.world / "cuda alone bundle").exists())

    def test_what_another_build_lacks_is_named(self):
        result = self.build_with("cpu alone", "libc.so.6")
        self.assertEqual(result.returncode, 0, result.stderr)
        for name in "bench/gpu_ceilings", "tests/check_cuda_forward_device", "tests/check_engine":
            self.assertIn(f"has no {name}: left out", result.stderr)

    def test_missing_data_are_named(self):
        result = bundle("--data", self.world, "--output", self.world / "another")
        self.assertEqual(result.returncode, 1)
        self.assertIn("train-images-idx3-ubyte", result.stderr)


class DryRun(GpuCheck):
    def test_every_stage_is_done_or_left_out_with_a_reason(self):
        status, said, out = self.check("dry", "--dry-run")
        self.assertEqual(status, 0, said)
        names = self.check("dry", "--list")[1].split()
        results = self.results("dry")
        self.assertEqual(list(results), names)
        self.assertEqual(list(results["peers"]), ["tf32-16"])
        self.assertEqual(len(results["more_peers"]), 8)
        for stage in "steps", "repeat", "epochs", "more_peers", "accuracy":
            self.assertNotIn("left_out", results[stage]["fp32-16"], stage)
            self.assertIn("left_out", results[stage]["bf16-16"], stage)
        self.assertEqual(results["steps"]["fp32-64"]["parameters"], 0)
        self.assertGreater(results["epochs"]["fp32-32"]["loop_seconds"], 0)
        self.assertEqual(results["sanitizer"]["memcheck-tf32"]["left_out"], "no device")
        self.check_report(out)

    def check_report(self, out):
        self.assertEqual(sorted(path.name for path in out.iterdir()),
                         ["dry-run.json", "dry-run.md", "gpu-check.tar.gz"])
        text = (out / "dry-run.md").read_text()
        self.assertTrue(text.startswith("# Dry run: not a measurement\n"))
        for title in ("Whole runs", "Against the peers", "Accuracy", "Choices", "Where a step",
                      "What was done"):
            self.assertIn(f"\n## {title}", text)
        self.assertIn("Keras' own runs were not measured.", text)
        rows = [line for line in text.splitlines() if line.startswith("|")]
        self.assertGreater(len(rows), 40)
        self.assertTrue(all(row.endswith("|") for row in rows))
        self.assertTrue(json.loads((out / "dry-run.json").read_text())["dry_run"])
        with tarfile.open(out / "gpu-check.tar.gz") as tar:
            self.assertIn("gpu-check/results.json", tar.getnames())
            self.assertIn("gpu-check/logs/steps-fp32-16.log", tar.getnames())

    def test_a_peers_module_is_looked_for_once(self):
        python = self.world / "bin/some python"
        calls = self.world / "calls"
        shim(python, f"""#!/bin/bash
echo "$@" >>'{calls}'
exec python3 "$@"
""")
        status, said, out = self.check("modules", "--dry-run", "--stage=more_peers",
                                       "--python", str(python))
        self.assertEqual(status, 0, said)
        looked = re.findall("^-c import (torch|jax)$", calls.read_text(), re.MULTILINE)
        self.assertEqual(sorted(looked), ["jax", "torch"])
        self.assertIn("| 16 | fp32 | ours: ", (out / "dry-run.md").read_text())

    def test_a_peer_that_chats_or_dies_takes_nobody_with_it(self):
        python = self.world / "bin/peers python"
        shim(python, PEERS)
        status, said, out = self.check("peers", "--dry-run", "--stage=more_peers",
                                       "--python", str(python))
        self.assertEqual(status, 0, said)
        made = self.results("peers")["more_peers"]["fp32-16"]
        self.assertEqual(made["seconds_per_epoch"]["torch eager"], [9, 9])
        self.assertEqual(len(made["seconds_per_epoch"]["ours"]), 2)
        self.assertEqual(sorted(made["absent"]), ["jax scan", "torch compile", "torch cudagraph",
                                                  "torch cudagraph_compile"])
        self.assertIn("ended: ", made["absent"]["torch cudagraph"])

    def test_a_second_call_goes_on_where_the_limit_ended_the_first(self):
        status, said, out = self.check("cut", "--dry-run", "--stage", "steps", "--limit", "0")
        self.assertEqual(status, 3, said)
        self.assertTrue((out / "dry-run.md").exists())
        self.assertEqual(self.results("cut"), {"steps": {}})
        status, said, out = self.check("cut", "--dry-run", "--stage", "steps")
        self.assertEqual(status, 0, said)
        first = self.results("cut")
        status, said, out = self.check("cut", "--dry-run", "--stage", "steps")
        self.assertEqual((status, self.results("cut")), (0, first))

    def test_a_dry_run_and_a_device_do_not_share_results(self):
        self.check("mixed", "--dry-run", "--stage", "ceilings")
        status, said, out = self.check("mixed", "--stage", "ceilings")
        self.assertEqual(status, 1)
        self.assertRegex(said, "has the results of: dry run.* this is: NVIDIA H200 Imaginary")


class Device(GpuCheck):
    @classmethod
    def setUpClass(cls):
        cls.bundle = cls.world / "the bundle with a device"
        shutil.copytree(GpuCheck.bundle, cls.bundle)
        for name in "trainer", "engine_steps":
            program = cls.bundle / "bin" / name
            program.rename(program.with_name(f"{name}.real"))
            shim(program, AS_CPU)
        shim(cls.bundle / "bin/gpu_ceilings", CEILINGS)
        for name in ("check_cuda_forward_device", "check_cuda_backward_device",
                     "check_cuda_update_device", "check_engine_reference"):
            shim(cls.bundle / "tests" / name, TEST)
        shim(cls.bundle / "tests/check_engine", FAILED_TEST)

    def test_what_a_device_answers_is_taken_down(self):
        stages = "device selftest kernels sanitizer ceilings breakdown more_breakdown".split()
        status, said, out = self.check("real", *[f"--stage={stage}" for stage in stages])
        self.assertEqual(status, 1, said)
        results = self.results("real")
        failed = [(stage, key) for stage in stages for key, value in results[stage].items()
                  if "failed" in value]
        self.assertEqual(failed, [("kernels", "check_engine")], said)
        self.assertIn("oh no", (self.world / "real/results/logs/kernels-check_engine.log").read_text())
        self.assertEqual(results["kernels"]["check_cuda_forward_device"]["checks"], 3)
        self.assertEqual(results["kernels"]["check_engine+cublas"]["checks"], 4)
        kernels = results["more_breakdown"]["tf32-32"]["kernels"]
        self.assertEqual([k["microseconds"] for k in kernels], [6, 2, 10])
        report = (out / "gpu-h200-imaginary.md").read_text()
        self.assertTrue(report.startswith("# The CUDA engine on one NVIDIA H200 Imaginary\n"))
        # 3 MB in 6 us of 4 TB/s; 692 MFLOP in 6 us of 400 TFLOP/s
        self.assertIn("| 32 | tf32 | conv_forward | 2 | 6.0 | 3.00 | 12 % | 8 | 692 | 29 % |",
                      report)
        self.assertIn("| 32 | tf32 | update | 1 |", report)
        # two products of 32 samples: 2 * 2 * 9216 * 128 * 32 FLOP
        self.assertIn("| 32 | tf32 | dense1_update | 1 | 10.0 | 28.00 | 70 % | 1221120 | 151 | 4 % |",
                      report)
        self.assertIn("a kernel that does nothing: 1.25 µs.", report)
        self.assertEqual(list(results["selftest"]), ["fp32", "tf32", "bf16"])
        self.assertIn("conv2/kernel", results["selftest"]["bf16"]["text"])

    def test_another_devices_results_are_not_gone_on_with(self):
        self.assertEqual(self.check("two", "--stage=ceilings")[0], 0)
        first = self.results("two")
        another = self.world / "another"
        shim(another / "nvidia-smi", NVIDIA_SMI.replace("H200 Imaginary", "H100 Invented"))
        status, said, out = self.check("two", "--stage=device",
                                       PATH=f"{another}:{os.environ['PATH']}")
        self.assertEqual(status, 1)
        self.assertRegex(said, "results of: NVIDIA H200 Imaginary.* this is: NVIDIA H100 Invented")
        self.assertIn("--results", said)
        self.assertEqual(self.results("two"), first)

    def test_another_bundles_results_are_not_gone_on_with(self):
        self.assertEqual(self.check("bundles", "--stage=ceilings")[0], 0)
        version = self.bundle / "version"
        before = version.read_text()
        self.addCleanup(version.write_text, before)
        version.write_text("newer\n")
        status, said, out = self.check("bundles", "--stage=ceilings")
        self.assertEqual(status, 1)
        self.assertIn(f"version {before.strip()}; this is", said)
        self.assertIn("version newer", said)
        with tarfile.open(out / "gpu-check.tar.gz") as tar:
            self.assertIn("gpu-check/identity.json", tar.getnames())
        report = json.loads((out / "gpu-h200-imaginary.json").read_text())
        self.assertEqual(report["made_on"]["version"], before.strip())

    def test_a_test_program_that_fails_in_one_process_is_run_in_many(self):
        program = self.bundle / "tests/check_cuda_forward_device"
        self.addCleanup(shim, program, TEST)
        shim(program, TEST.replace("echo", "[[ $CK_FORK == yes ]] || exit 1\necho"))
        self.check("forks", "--stage=kernels")
        made = self.results("forks")["kernels"]
        self.assertEqual(made["check_cuda_forward_device"]["checks"], 3)
        self.assertIn("exit status 1", made["check_cuda_forward_device"]["in_one_process"])
        self.assertTrue((self.world / "forks/results/logs/"
                         "kernels-check_cuda_forward_device-forked.log").exists())

    def test_counters_that_are_not_permitted_are_tried_once(self):
        tools = self.world / "no counters"
        shim(tools / "nvidia-smi", NVIDIA_SMI)
        shim(tools / "ncu", f"""#!/bin/bash
echo x >>'{tools}/calls'
echo '==ERROR== ERR_NVGPUCTRPERM - The user does not have permission'
exit 1
""")
        status, said, out = self.check("counters", "--stage=breakdown", "--stage=more_breakdown",
                                       PATH=f"{tools}:{os.environ['PATH']}")
        self.assertEqual(status, 0, said)
        results = self.results("counters")
        self.assertIn("ERR_NVGPUCTRPERM", results["breakdown"]["tf32-16"]["left_out"])
        self.assertEqual(len(results["more_breakdown"]), 8)
        self.assertEqual((tools / "calls").read_text(), "x\n")

    def test_own_kernels_and_cublas_take_turns_and_sweeps_several_jobs(self):
        status, said, out = self.check("choices", "--dry-run", "--stage=choices")
        self.assertEqual(status, 0, said)
        results = self.results("choices")["choices"]
        self.assertEqual([key for key in results if "fork" not in key],
                         ["fp32-64", "tf32-64", "bf16-64", "jobs-1"])
        for name in "own", "cublas":
            self.assertEqual(len(results["fp32-64"]["seconds_per_epoch"][name]), 2)
            log = self.world / f"choices/results/logs/choices-fp32-64-{name}.log"
            self.assertIn(f"\ndense1 by {name}, fork 1\n", log.read_text())
        for name, fork in ("two-forks", "1"), ("one-fork", "0"):
            self.assertEqual(len(results["fork-fp32-16"]["seconds_per_epoch"][name]), 2)
            log = self.world / f"choices/results/logs/choices-fp32-16-{name}.log"
            self.assertIn(f"\ndense1 by choice, fork {fork}\n", log.read_text())
        self.assertGreater(results["jobs-1"]["loop_seconds"], 0)
        report = (out / "dry-run.md").read_text()
        self.assertRegex(report, r"\n\| 64 \| fp32 \| [\d.e-]+ \(.*\) \| [\d.e-]+ \(.*\) \|\n")
        self.assertRegex(report, r"\n\| 1 \| [\d.]+ \|\n")

    def test_the_sanitizers_findings_are_failures_and_can_be_tried_again(self):
        status, said, out = self.check("errors", "--stage=sanitizer", ERRORS="2")
        self.assertEqual(status, 1)
        self.assertIn("SUMMARY: 2", self.results("errors")["sanitizer"]["racecheck-bf16"]["failed"])
        self.assertEqual(self.check("errors", "--stage=sanitizer")[0], 1)
        status, said, out = self.check("errors", "--stage=sanitizer", "--again")
        self.assertEqual(status, 0, said)


class Peers(GpuCheck):
    def test_pytorchs_program_answers_its_turns(self):
        python = ROOT / ".venv/frameworks/bin/python3"
        if not python.exists():
            self.skipTest(f"{python} is not there")
        made = subprocess.run(
            [python, "-B", self.bundle / "bench/peers/torch_gpu.py", "--data", self.world / "data",
             "--mode", "cudagraph", "--batch-size", "16", "--steps", "2", "--device", "cpu",
             "--serve"], input="\n\n", capture_output=True, text=True)
        self.assertEqual(made.returncode, 0, made.stderr)
        ready, *turns = map(json.loads, made.stdout.splitlines())
        self.assertEqual((ready, len(turns)), ({"ready": True}, 2))
        self.assertGreater(turns[0]["seconds_per_epoch"], 0)
        self.assertTrue(0 < turns[1]["loss"] < 10)


if __name__ == "__main__":
    unittest.main(verbosity=2)
