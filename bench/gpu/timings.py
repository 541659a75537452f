"""Stages that measure: times, accuracies, peers, and where a step's time goes."""
import csv
import io
import itertools
import json
import shutil
import statistics
import time

import report
from correctness import needs, precisions, python_has, small_or_all
from session import Failed, LeftOut, Server

PEERS = {  # name -> program, mode, the module it needs
    "torch eager": ("torch_gpu.py", "eager", "torch"),
    "torch compile": ("torch_gpu.py", "compile", "torch"),
    "torch cudagraph": ("torch_gpu.py", "cudagraph", "torch"),
    "torch cudagraph_compile": ("torch_gpu.py", "cudagraph_compile", "torch"),
    "jax scan": ("jax_gpu.py", "scan", "jax"),
}


def train(session, log, logdir, arguments, command="train"):
    """Trains a whole run with every scalar logged. The engine is ready when the first event file is
    opened: loop_seconds lasts from then to the end of the process, start_seconds is all before."""
    shutil.rmtree(logdir, ignore_errors=True)
    sizes = session.sizes
    begin = time.time()
    session.call(log, [session.program("bin/trainer"), command, "--engine", session.engine,
                       "--data", small_or_all(session), "--epochs", sizes["epochs"],
                       "--update-freq", "batch", "--quiet", "--logdir", logdir, *arguments])
    end = time.time()
    files = list(logdir.rglob("events.out.tfevents.*"))
    if not files:
        raise Failed("it left no event files")
    opened = min(first_wall_time(session, file) for file in files)
    return {"loop_seconds": end - opened, "start_seconds": opened - begin}


def first_wall_time(session, file):
    with file.open("rb") as stream:
        head = stream.read(4096)
    length = int.from_bytes(head[:8], "little")
    event = session.work / "first-event"  # the first record alone, for tblog to decode
    event.write_bytes(head[:12 + length + 4])
    line = session.call("first-event", [session.program("bin/tblog"), "cat", event])
    return json.loads(line.splitlines()[0])["wall_time"]


def epochs(session):
    """Several whole runs for each precision and batch size."""
    def runs(precision, left_out, batch_size):
        needs(left_out)
        made = []
        for i in range(session.sizes["repeats"]):
            name = f"epochs-{precision}-{batch_size}-{i}"
            logdir = session.work / name
            one = train(session, name, logdir,
                        ["--precision", precision, "--batch-size", batch_size])
            record = json.loads((logdir / "run.json").read_text())
            one["training_seconds"] = sum(e["training_seconds"] for e in record["epochs"])
            one["validation_seconds"] = sum(e["validation_seconds"] for e in record["epochs"])
            made.append(one)
        median = {what: statistics.median(one[what] for one in made) for what in made[0]}
        return {**median, "runs": made, "epochs": len(record["epochs"]),
                "val_accuracy": record["results"]["val_accuracy"],
                "val_loss": record["results"]["val_loss"]}

    for precision, left_out in sorted(precisions(session), key=lambda p: p[0] != "tf32"):
        for batch_size in session.sizes["batch_sizes"]:
            session.measure("epochs", f"{precision}-{batch_size}",
                            lambda: runs(precision, left_out, batch_size))


def side_by_side(session):
    def together(precision, left_out):
        needs(left_out)
        batch_sizes = ",".join(map(str, session.sizes["batch_sizes"]))
        made = []
        for i in range(session.sizes["repeats"]):
            name = f"side_by_side-{precision}-{i}"
            made.append(train(session, name, session.work / name,
                              ["--precision", precision, "--batch-sizes", batch_sizes,
                               "--jobs", len(session.sizes["batch_sizes"])], command="sweep"))
        median = {what: statistics.median(one[what] for one in made) for what in made[0]}
        return {**median, "runs": made}

    for precision, left_out in precisions(session):
        session.measure("side_by_side", precision, lambda: together(precision, left_out))


def start_all(session, stage, precision, batch_size):
    """Starts our program and every peer that is installed. Also returns why others are absent."""
    data = small_or_all(session)
    sizes = session.sizes
    log = f"{stage}-{precision}-{batch_size}"
    steps = 1 if session.dry else -(-60000 // batch_size)
    servers = {"ours": Server(session, f"{log}-ours", [
        session.program("bin/engine_steps"), data, session.engine, precision, batch_size, steps,
        "--serve"], session.environment())}
    absent = {}
    for name, (program, mode, module) in PEERS.items():
        try:
            python_has(session, module)
        except LeftOut as reason:
            absent[name] = str(reason)
            continue
        servers[name] = Server(session, f"{log}-{name.replace(' ', '-')}", [
            session.options.python, session.bundle / "bench/peers" / program, "--data", data,
            "--mode", mode, "--precision", precision, "--batch-size", batch_size, "--serve",
            "--device", "cpu" if session.dry else "cuda",
            *(["--steps", sizes["peer_steps"]] if session.dry else [])])
    return servers, absent


def drop(servers, absent, name, reason):
    absent[name] = str(reason)
    servers.pop(name).close()


def take_turns(session, servers, absent):
    """Returns {name: seconds per epoch, one for each round}, and the versions of those that report
    one. The order is the same in each round."""
    times = {name: [] for name in servers}
    versions = {}
    for name in list(servers):
        try:
            servers[name].ready()
        except Failed as reason:
            drop(servers, absent, name, reason)
    for _ in range(session.sizes["rounds"]):
        for name in list(servers):
            try:
                answer = servers[name].turn()
                times[name].append(answer["seconds_per_epoch"])
                if "version" in answer:
                    versions[name] = answer["version"]
            except Failed as reason:
                drop(servers, absent, name, reason)
    return {name: times[name] for name in servers}, versions


def against_peers(session, stage, cases):
    def together(precision, left_out, batch_size):
        needs(left_out)
        servers, absent = start_all(session, stage, precision, batch_size)
        try:
            times, versions = take_turns(session, servers, absent)
        finally:
            for server in servers.values():
                server.close()
        if "ours" not in times:
            raise Failed(f"ours: {absent['ours']}")
        others = [values for name, values in times.items() if name != "ours"]
        made = {"seconds_per_epoch": times, "versions": versions, "absent": absent}
        if others:
            made["ratios"] = [min(round_) / own for own, *round_ in zip(times["ours"], *others)]
        return made

    for precision, batch_size in cases:
        left_out = session.dry and precision != "fp32"
        session.measure(stage, f"{precision}-{batch_size}",
                        lambda: together(precision, left_out, batch_size))


FIRST_CASE = ("tf32", 16)  # the goals are for this case


def peers(session):
    against_peers(session, "peers", [FIRST_CASE])


def more_peers(session):
    """Measures all other cases, which may take longer than everything before."""
    cases = itertools.product(("tf32", "fp32", "bf16"), session.sizes["batch_sizes"])
    against_peers(session, "more_peers", [case for case in cases if case != FIRST_CASE])


def accuracy(session):
    """Final validation accuracies of many seeds. A sweep that was interrupted resumes."""
    def finished(precision, batch_size):
        root = session.work / f"accuracy-{precision}-{batch_size}"
        return sum('"finished"' in file.read_text() for file in root.rglob("run.json"))

    def seeds(precision, left_out, batch_size):
        needs(left_out)
        root = session.work / f"accuracy-{precision}-{batch_size}"
        count = session.sizes["seeds"]
        session.call(f"accuracy-{precision}-{batch_size}", [
            session.program("bin/trainer"), "sweep", "--engine", session.engine, "--precision",
            precision, "--batch-sizes", batch_size, "--seeds", count, "--jobs",
            session.sizes["jobs"], "--epochs", session.sizes["epochs"], "--update-freq", "epoch",
            "--quiet", "--data", small_or_all(session), "--logdir", root], limit=None)
        text = session.call(f"accuracy-{precision}-{batch_size}-compare", [
            session.program("bin/trainer"), "compare", "--format", "json", root])
        runs = json.loads(text)["runs"]
        finals = [run["val_accuracy"]["final"] for run in runs if run["state"] == "finished"]
        if len(finals) != count:
            raise Failed(f"{len(finals)} of {count} runs finished")
        return {"seeds": count, "mean": statistics.mean(finals),
                "error": statistics.stdev(finals) / count ** 0.5, "final": sorted(finals)}

    def compare(precision, left_out, batch_size):
        needs(left_out)
        apart = report.difference(session, precision, batch_size)
        if apart is None:
            raise Failed("one of the two was not measured")
        points, half = apart
        told = f"{points:+.3f} ± {half:.3f} points from fp32"
        print(f"gpu_check: accuracy at batch size {batch_size} in {precision}: {told}")
        if not report.is_within(points, half):
            raise Failed(f"{told}: not within ±{report.MOST_POINTS}")
        return {"points": points, "half": half}

    for batch_size in session.sizes["batch_sizes"]:
        for precision, left_out in precisions(session):
            session.measure("accuracy", f"{precision}-{batch_size}",
                            lambda: seeds(precision, left_out, batch_size),
                            lambda: finished(precision, batch_size))
            if precision != "fp32":
                session.measure("accuracy", f"{precision}-{batch_size}-difference",
                                lambda: compare(precision, left_out, batch_size))


PRODUCTS = {"own": {"LENET_DENSE1": "own"}, "cublas": {"LENET_DENSE1": "cublas"}}
FORKS = {"two-forks": {}, "one-fork": {"LENET_FORK": "0"}}


def choices(session):
    """Measurements that decide constants of the engine: dense1's products by our own kernels or by
    cuBLAS, a step with or without its second fork, and how many runs of a sweep to train at the
    same time."""
    sizes = session.sizes

    def together(precision, left_out, batch_size, ways):
        """Measures several ways in turns; `ways` maps a name to its environment variables."""
        needs(left_out)
        steps = 1 if session.dry else sizes["choice_epochs"] * -(-60000 // batch_size)
        absent = {}
        servers = {name: Server(session, f"choices-{precision}-{batch_size}-{name}", [
            session.program("bin/engine_steps"), small_or_all(session), session.engine, precision,
            batch_size, steps, "--serve"], session.environment(way)) for name, way in ways.items()}
        try:
            times, _ = take_turns(session, servers, absent)
        finally:
            for server in servers.values():
                server.close()
        if absent:
            raise Failed("; ".join(f"{name}: {why}" for name, why in absent.items()))
        return {"seconds_per_epoch": times}

    def sweep(jobs):
        name = f"choices-jobs-{jobs}"
        return train(session, name, session.work / name, [
            "--batch-sizes", ",".join(map(str, sizes["batch_sizes"])), "--seeds",
            sizes["choice_seeds"], "--jobs", jobs], command="sweep")

    for batch_size in sizes["choice_sizes"]:
        for precision, left_out in precisions(session):
            session.measure("choices", f"{precision}-{batch_size}",
                            lambda: together(precision, left_out, batch_size, PRODUCTS))
    for batch_size in sizes["batch_sizes"]:
        for precision, left_out in precisions(session):
            session.measure("choices", f"fork-{precision}-{batch_size}",
                            lambda: together(precision, left_out, batch_size, FORKS))
    for jobs in sizes["choice_jobs"]:
        session.measure("choices", f"jobs-{jobs}", lambda: sweep(jobs))


def ceilings(session):
    def rates():
        if session.dry:
            raise LeftOut("no device")
        return session.call_json("ceilings", [session.program("bin/gpu_ceilings")])

    session.measure("ceilings", "rates", rates)


def kernel_name(signature):
    """A kernel's name without return type, namespaces and arguments."""
    plain = signature.replace("(anonymous namespace)::", "").replace("<unnamed>::", "")
    return plain.split("(")[0].split("<")[0].split()[-1].split("::")[-1]


METRICS = ("gpu__time_duration.sum,dram__bytes_read.sum,dram__bytes_write.sum,"
           "lts__t_sectors.sum")


def by_kernel(text):
    """Reads ncu's table: for each kernel its launches, and the means of nanoseconds, bytes and
    sectors."""
    rows = csv.DictReader(io.StringIO(text[text.index('"ID"'):]))
    found = {}
    for row in rows:
        if not row["ID"].isdigit():
            continue  # the row of units, and the program's own output
        one = found.setdefault(kernel_name(row["Kernel Name"]), {"times": [], "bytes": [],
                                                            "sectors": []})
        time_, read, written, sectors = (float(row[m].replace(",", ""))
                                         for m in METRICS.split(","))
        one["times"].append(time_)
        one["bytes"].append(read + written)
        one["sectors"].append(sectors)
    return [{"kernel": name, "launches": len(one["times"]),
             "microseconds": statistics.mean(one["times"]) / 1e3,
             "bytes": statistics.mean(one["bytes"]),
             "sectors": statistics.mean(one["sectors"])} for name, one in found.items()]


NO_COUNTERS = "ncu may not read this machine's counters (ERR_NVGPUCTRPERM)"


def by_ncu(session, stage, cases):
    """Measures each kernel alone, in the middle of a run. If ncu has no permission to count, it is
    tried only once."""
    def profile(precision, batch_size):
        told = (session.results.get("breakdown", {}) | session.results[stage]).values()
        if any(value.get("left_out") == NO_COUNTERS for value in told):
            raise LeftOut(NO_COUNTERS)
        log = f"breakdown-{precision}-{batch_size}"
        try:
            text = run(log, precision, batch_size)
        except Failed:
            text = (session.logs / f"{log}.log").read_text(errors="replace")
            if "ERR_NVGPUCTRPERM" not in text:
                raise
        if "ERR_NVGPUCTRPERM" in text:
            raise LeftOut(NO_COUNTERS)
        try:
            return {"kernels": by_kernel(text)}
        except (ValueError, KeyError) as error:
            raise Failed(f"ncu's table is not understood: {error!r}") from None

    def run(log, precision, batch_size):
        return session.call(log, [
            session.tool("ncu"), "--clock-control", "none", "--cache-control", "none",
            "--print-units", "base", "--csv", "--page", "raw", "--metrics", METRICS,
            "--launch-skip", 60, "--launch-count", 60, session.program("bin/engine_steps"),
            session.data, "cuda", precision, batch_size, 20])

    for precision, batch_size in cases:
        session.measure(stage, f"{precision}-{batch_size}", lambda: profile(precision, batch_size))


def breakdown(session):
    by_ncu(session, "breakdown", [FIRST_CASE])


def more_breakdown(session):
    cases = itertools.product(session.sizes["precisions"], session.sizes["batch_sizes"])
    by_ncu(session, "more_breakdown", [case for case in cases if case != FIRST_CASE])
