"""Stages that show whether the engine computes what it should."""
import functools
import gzip
import os
import re
import struct
import subprocess

import identity
from session import Failed, LeftOut

# The engine and the CPU engine in fp32 train 100 steps from the same weights, on the same samples,
# with the same masks. These are the largest relative differences allowed: of the first step's loss,
# which differs only by rounding, and of the mean of all losses, in which those differences have
# grown.
BOUNDS = {"fp32": (1e-5, 0.01), "tf32": (1e-3, 0.02), "bf16": (1e-2, 0.04)}

# Program (before a +) -> its environment variables. If the program itself looks for the device, its
# tests cannot run in forked processes: CUDA does not survive a fork.
DEVICE_TESTS = {
    "check_cuda_forward_device": {"CK_FORK": "no", "CUDA_LAUNCH_BLOCKING": "1"},
    "check_cuda_backward_device": {"CK_FORK": "no", "CUDA_LAUNCH_BLOCKING": "1"},
    "check_cuda_update_device": {"CK_FORK": "no", "CUDA_LAUNCH_BLOCKING": "1"},
    "check_engine": {"ENGINE": "cuda", "CK_FORK": "no"},
    "check_engine_reference": {"ENGINE": "cuda", "CK_FORK": "no"},
    "check_engine+cublas": {"ENGINE": "cuda", "CK_FORK": "no", "LENET_DENSE1": "cublas"},
    "check_engine_reference+cublas": {"ENGINE": "cuda", "CK_FORK": "no", "LENET_DENSE1": "cublas"},
}


# Programs that can run each test in a process with its own context, which takes only seconds.
FORKING = ("check_cuda_forward_device", "check_cuda_backward_device", "check_cuda_update_device")

# Time limit in seconds for a program in the stages that run many short ones. If one hangs, as a new
# kernel may, the others still run.
SHORT = 90


def precisions(session):
    """Yields each precision, and whether it is left out."""
    for precision in session.sizes["precisions"]:
        yield precision, session.dry and precision != "fp32"


def needs(left_out):
    if left_out:
        raise LeftOut("the CPU engine computes in fp32 alone")


def device(session):
    def plan():
        text = session.call("device-plan", [session.program("bin/trainer"), "plan", "--engine",
                                            session.engine, "--data", session.data])
        return {"text": text, "cublas": session.cublas or "where the loader looks"}

    def processor():
        text = open("/proc/cpuinfo").read()
        names = re.findall(r"^model name\s*: (.*)$", text, re.MULTILINE) or ["unknown"]
        return {"name": names[0], "cores": os.cpu_count()}

    def found_machine():
        if session.dry:
            raise LeftOut("no device")
        return identity.machine()

    session.measure("device", "device", found_machine)
    session.measure("device", "plan", plan)
    session.measure("device", "processor", processor)


def selftest(session):
    """The trainer's own check of a device before it uses the device."""
    def prove(precision, left_out):
        needs(left_out)
        text = session.call(f"selftest-{precision}", [
            session.program("bin/trainer"), "selftest", "--engine", session.engine, "--precision",
            precision])
        return {"text": text}

    for precision, left_out in precisions(session):
        session.measure("selftest", precision, lambda: prove(precision, left_out))


def kernels(session):
    def test(name, extra):
        if session.dry:
            raise LeftOut("no device")
        program = session.program(f"tests/{name.partition('+')[0]}")
        noted = {}
        try:
            text = session.call(f"kernels-{name}", [program], SHORT, session.environment(extra))
        except Failed as failure:
            # In one process, a broken context fails all later tests, and a signal ends them. So
            # repeat with a process per test; but after a hang, more processes would only hang
            # again.
            if name not in FORKING or "not done" in str(failure):
                raise
            noted = {"in_one_process": str(failure)}
            text = session.call(f"kernels-{name}-forked", [program], 2 * SHORT,
                                session.environment({**extra, "CK_FORK": "yes"}))
        summary = re.search(r"(\d+)%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", text)
        if summary is None or summary[2] == "0":
            raise Failed("it ran no test")
        return {"checks": int(summary[2]), **noted}

    for name, extra in DEVICE_TESTS.items():
        session.measure("kernels", name, lambda: test(name, {"CK_DEFAULT_TIMEOUT": "30", **extra}))


def engine_steps(session, log, data, precision, batch_size, steps, *more):
    return session.call_json(log, [session.program("bin/engine_steps"), data, session.engine,
                                   precision, batch_size, steps, *more], limit=SHORT)


def steps(session):
    def compare(precision, left_out, batch_size):
        needs(left_out)
        made = engine_steps(session, f"steps-{precision}-{batch_size}", small_or_all(session),
                            precision, batch_size, session.sizes["steps"], "--against", "cpu")
        apart = made["apart"]
        first, mean = BOUNDS[precision]
        if not (apart["first_loss"] <= first and apart["mean_loss"] <= mean):
            raise Failed(f"apart from the CPU engine by {apart['first_loss']:.2g} (first loss, "
                         f"allowed {first:g}) and {apart['mean_loss']:.2g} (mean, {mean:g})")
        return {**apart, "steps": made["steps"]}

    for batch_size in reversed(session.sizes["batch_sizes"]):
        for precision, left_out in precisions(session):
            session.measure("steps", f"{precision}-{batch_size}",
                            lambda: compare(precision, left_out, batch_size))


def repeat(session):
    def twice(precision, left_out, batch_size):
        needs(left_out)
        made = [engine_steps(session, f"repeat-{precision}-{batch_size}-{i}", small_or_all(session),
                             precision, batch_size, session.sizes["repeat_steps"])
                for i in range(2)]
        for what in "loss", "correct", "state_crc32":
            if made[0][what] != made[1][what]:
                raise Failed(f"two runs differ in {what}")
        return {"state_crc32": made[0]["state_crc32"], "steps": made[0]["steps"]}

    for batch_size in session.sizes["batch_sizes"]:
        for precision, left_out in precisions(session):
            session.measure("repeat", f"{precision}-{batch_size}",
                            lambda: twice(precision, left_out, batch_size))


def sanitizer(session):
    def check(tool, precision, batch_size, command):
        text = session.call(
            f"sanitizer-{tool}-{precision}-{batch_size}",
            [session.tool("compute-sanitizer"), "--tool", tool, "--error-exitcode", 9, *command],
            environment=session.environment({"LENET_DEVICE_MEMORY": "parts"}))
        summary = re.search(r"(?:ERROR|RACECHECK) SUMMARY: (\d+)", text)
        if summary is None or summary[1] != "0":
            raise Failed(summary[0] if summary else "it gave no summary")
        return {"summary": summary[0]}

    def short(tool, precision, batch_size):
        session.tool("compute-sanitizer")
        data = small_data(session)
        return check(tool, precision, batch_size, [
            session.program("bin/engine_steps"), data, "cuda", precision, batch_size, 3])

    def run(precision):
        session.tool("compute-sanitizer")
        logdir = session.work / f"memcheck-{precision}"
        return check("memcheck", precision, "run", [
            session.program("bin/trainer"), "train", "--engine", "cuda", "--precision", precision,
            "--epochs", 1, "--histograms", "--overwrite", "--quiet", "--data", small_data(session),
            "--logdir", logdir])

    for tool in "memcheck", "racecheck", "initcheck":
        for precision in session.sizes["precisions"]:
            session.measure("sanitizer", f"{tool}-{precision}", lambda: short(tool, precision, 16))
    for precision in session.sizes["precisions"]:
        session.measure("sanitizer", f"memcheck-run-{precision}", lambda: run(precision))


def small_data(session):
    """Writes the first samples of MNIST as files of their own."""
    folder = session.work / "small"
    for name, count in ("train", session.sizes["small_training"]), ("t10k", 32):
        for kind, dimensions in ("images-idx3", 3), ("labels-idx1", 1):
            to = folder / f"{name}-{kind}-ubyte"
            if to.exists():
                continue
            folder.mkdir(exist_ok=True)
            with gzip.open(session.data / f"{to.name}.gz") as file:
                header = bytearray(file.read(4 + 4 * dimensions))
                held = struct.unpack(">I", header[4:8])[0]
                kept = min(count, held)
                header[4:8] = struct.pack(">I", kept)
                data = file.read(kept * (784 if dimensions == 3 else 1))
            to.with_suffix(".new").write_bytes(bytes(header) + data)
            to.with_suffix(".new").replace(to)
    return folder


def small_or_all(session):
    return small_data(session) if session.dry else session.data


@functools.cache  # torch takes seconds
def can_import(python, module):
    made = subprocess.run([python, "-c", f"import {module}"], capture_output=True)
    return made.returncode == 0


def python_has(session, module):
    if not can_import(session.options.python, module):
        raise LeftOut(f"{session.options.python} has no {module}")
