"""The report of scripts/gpu_check.sh, for people and as JSON."""
import datetime
import json
import statistics

# The goals on an H200: seconds of 15 epochs, and ratios to the best peer.
GOALS = {"16": (2.5, 1.2, 0.8), "32": (1.4, 0.65, 0.45), "64": (0.9, 0.45, 0.30),
         "all": (3.5, 1.5, 1.0)}
PEER_GOALS = (2, 5, 8)
MOST_POINTS = 0.1  # in validation accuracy, between a precision's mean and fp32's mean

# Millions of floating-point operations per sample in the products as dense ones; a multiply-add
# counts as 2. conv1 has 0.39, conv2 21.23, dense1 2.36. conv1_weights first takes the gradient back
# through conv2. Two of dense1's kernels compute the gradients of both its inputs and its weights.
# Kernels that skip zeros do less.
WORK = {"conv_forward": 21.62, "conv2_weights": 21.23, "conv1_weights": 21.62,
        "dense1_forward": 2.36, "dense1_backward": 4.72, "dense1_gradient": 2.36,
        "dense1_update": 4.72}


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]


def spread(values):
    return f"{statistics.median(values):.3g} ({min(values):.3g}–{max(values):.3g})"


def head(session):
    device = session.get("device", "device")
    version = session.made_on["version"]
    today = datetime.date.today().isoformat()
    if session.dry:
        return ["# Dry run: not a measurement", "",
                f"{today}, version {version}. The CPU engine at tiny sizes stood in for a device, to "
                "show that the script works. **No figure here says anything about any machine.**"]
    if device is None:
        name = session.made_on["device"]
        return [f"# The CUDA engine on one {name}", "", f"{today}, version {version}."]
    processor = session.get("device", "processor") or {"name": "unknown", "cores": "?"}
    return [f"# The CUDA engine on one {device['name']}", "",
            f"{today}, version {version}, driver {device['driver']}, {device['memory']}; "
            f"{processor['name']}, {processor['cores']} cores. Made by scripts/gpu_check.sh."]


def goals(session):
    def row(name, goal, precision, made):
        if made is None:
            return (name, precision, "not measured", "", "", *goal)
        loops = [run["loop_seconds"] for run in made["runs"]]
        alone = ""
        if "training_seconds" in made:
            alone = f"{made['training_seconds'] + made['validation_seconds']:.3g}"
        return (name, precision, spread(loops), alone, f"{made['start_seconds']:.2f}", *goal)

    rows = []
    for precision in session.sizes["precisions"]:
        for batch_size in session.sizes["batch_sizes"]:
            rows.append(row(f"batch size {batch_size}", GOALS[str(batch_size)], precision,
                            session.get("epochs", f"{precision}-{batch_size}")))
        rows.append(row("all three side by side", GOALS["all"], precision,
                        session.get("side_by_side", precision)))
    return ["## Whole runs", "",
            f"{session.sizes['epochs']} epochs, with validation after each, and every scalar logged. "
            f"Seconds: from when the engine is ready to the end of the process, median "
            f"(lowest–highest) of {session.sizes['repeats']} runs. Epochs alone: the epochs' seconds "
            "in run.json. Start: from the start of the process until the engine is ready. The goals "
            "are for an H200 in tf32 or bf16.", "",
            *table(["run", "precision", "seconds", "epochs alone", "start", "gate", "target",
                    "moonshot"], rows)]


T_95 = 2.01  # Student's t for 50 seeds; slightly too large for a difference of two means


def difference(session, precision, batch_size):
    """The difference from fp32 in points, and half its 95 % interval; None if one of the two is
    missing."""
    base = session.get("accuracy", f"fp32-{batch_size}")
    many = session.get("accuracy", f"{precision}-{batch_size}")
    if many is None or base is None:
        return None
    return (100 * (many["mean"] - base["mean"]),
            100 * T_95 * (many["error"] ** 2 + base["error"] ** 2) ** 0.5)


def is_within(points, half):
    return abs(points) + half <= MOST_POINTS


def difference_cell(session, precision, batch_size):
    if precision == "fp32":
        return ""
    apart = difference(session, precision, batch_size)
    if apart is None:
        return "not measured"
    return f"{apart[0]:+.3f} ± {apart[1]:.3f}: {'within' if is_within(*apart) else 'NOT within'}"


def accuracies(session):
    rows = []
    for batch_size in session.sizes["batch_sizes"]:
        for precision in session.sizes["precisions"]:
            one = session.get("epochs", f"{precision}-{batch_size}")
            many = session.get("accuracy", f"{precision}-{batch_size}")
            rows.append((batch_size, precision,
                         f"{100 * one['val_accuracy']:.2f}" if one else "not measured",
                         f"{100 * many['mean']:.3f} ± {100 * T_95 * many['error']:.3f} "
                         f"({100 * many['final'][0]:.2f}–{100 * many['final'][-1]:.2f})"
                         if many else "not measured",
                         difference_cell(session, precision, batch_size)))
    return ["## Accuracy", "",
            "Final validation accuracy in per cent: of the runs above (seed 0), and the mean of "
            f"{session.sizes['seeds']} seeds with its 95 % interval (lowest–highest). The interval "
            f"of the difference from fp32 must lie within ±{MOST_POINTS} points. "
            "Keras' own runs were not measured.", "",
            *table(["batch size", "precision", "seed 0", "mean of seeds", "difference from fp32"],
                   rows)]


def peers(session):
    lines = ["## Against the peers", "",
             "Seconds of one training epoch on this machine, in turns in one run; median "
             f"(lowest–highest) of {session.sizes['rounds']} rounds. Ratio: in each round the "
             "fastest peer's time to ours. Without validation and logging on either side; data on "
             "the device; products in the precision named on both sides (torch's bf16 is autocast). "
             f"Goals in tf32 at batch size 16: {PEER_GOALS[0]}, {PEER_GOALS[1]}, "
             f"{PEER_GOALS[2]} times.", ""]
    rows = []
    absent = {}
    versions = set()
    results = session.results
    for key, made in (results.get("peers", {}) | results.get("more_peers", {})).items():
        precision, batch_size = key.split("-")
        if "seconds_per_epoch" not in made:
            rows.append((batch_size, precision, made.get("failed") or made.get("left_out"), ""))
            continue
        absent.update(made["absent"])
        versions.update(made["versions"].values())
        for name, times in made["seconds_per_epoch"].items():
            ratio = spread(made["ratios"]) if name == "ours" and "ratios" in made else ""
            rows.append((batch_size, precision, f"{name}: {spread(times)}", ratio))
    lines += table(["batch size", "precision", "seconds an epoch", "ratio"], rows)
    if versions:
        lines += ["", f"Versions: {', '.join(sorted(versions))}."]
    return lines + [""] * bool(absent) + [f"- {name}: {why}" for name, why in absent.items()]


def by_way(session, prefix, batch_sizes, ways):
    """Rows of two ways that took turns in stage choices."""
    rows = []
    for batch_size in batch_sizes:
        for precision in session.sizes["precisions"]:
            made = session.get("choices", f"{prefix}{precision}-{batch_size}")
            rows.append((batch_size, precision,
                         *(spread(made["seconds_per_epoch"][name]) if made else "not measured"
                           for name in ways)))
    return rows


def choices(session):
    sizes = session.sizes
    by_jobs = []
    for jobs in sizes["choice_jobs"]:
        made = session.get("choices", f"jobs-{jobs}")
        by_jobs.append((jobs, f"{made['loop_seconds']:.3g}" if made else "not measured"))
    return ["## Choices", "",
            "Seconds of an epoch with dense1's products by our own kernels and by cuBLAS, in turns; "
            f"median (lowest–highest) of {sizes['rounds']} rounds of {sizes['choice_epochs']} epochs.",
            "", *table(["batch size", "precision", "own", "cuBLAS"],
                       by_way(session, "", sizes["choice_sizes"], ["own", "cublas"])), "",
            "The same with the second fork of a step and without it.", "",
            *table(["batch size", "precision", "with", "without"],
                   by_way(session, "fork-", sizes["batch_sizes"], ["two-forks", "one-fork"])), "",
            f"Seconds of a sweep of {len(sizes['batch_sizes']) * sizes['choice_seeds']} runs, of "
            f"{sizes['epochs']} epochs each, in the engine's default precision, by the number of runs "
            "that train at the same time; measured once each.", "",
            *table(["at once", "seconds"], by_jobs)]


def breakdown(session):
    rates = session.get("ceilings", "rates")
    lines = ["## Where a step's time goes", ""]
    if rates is None:
        lines += ["The device's ceilings: not measured.", ""]
    else:
        lines += [f"Ceilings measured here: copy {rates['copy'] / 1e12:.2f} TB/s (read and written); "
                  + ", ".join(f"{p} {rates[p] / 1e12:.0f} TFLOP/s" for p in ("fp32", "tf32", "bf16"))
                  + " (cuBLAS, 8192³, random data). From one node of a graph to the next, each a "
                  f"kernel that does nothing: {rates['graph_node'] * 1e6:.2f} µs.", ""]
    rows = []
    results = session.results
    for key, made in (results.get("breakdown", {}) | results.get("more_breakdown", {})).items():
        precision, batch_size = key.split("-")
        for kernel in made.get("kernels", []):
            rows.append((batch_size, precision, *kernel_row(kernel, rates, precision, batch_size)))
    if not rows:
        return lines + ["By kernel: not measured."]
    return lines + ["Each kernel alone, as ncu times it (so their sum is more than a step takes); "
                    "bytes are those of device memory (DRAM) by its counters, so what the L2 cache "
                    "serves is not among them: its sectors have 32 bytes; FLOPs are those of the "
                    "dense products.", "",
                    *table(["batch size", "precision", "kernel", "launches", "µs", "DRAM MB",
                            "of copy", "L2 sectors", "MFLOP", "of the product"], rows)]


def kernel_row(kernel, rates, precision, batch_size):
    seconds = kernel["microseconds"] * 1e-6
    name = kernel["kernel"]
    flops = WORK.get(name, 0) * 1e6 * int(batch_size)
    of_copy = f"{100 * kernel['bytes'] / seconds / rates['copy']:.0f} %" if rates else ""
    of_rate = f"{100 * flops / seconds / rates[precision]:.0f} %" if rates and flops else ""
    return (name, kernel["launches"], f"{kernel['microseconds']:.1f}",
            f"{kernel['bytes'] / 1e6:.2f}", of_copy, f"{kernel['sectors']:.0f}",
            f"{flops / 1e6:.0f}" if flops else "", of_rate)


def checks(session):
    rows = []
    for stage, made in session.results.items():
        good = [key for key, value in made.items() if not {"failed", "left_out"} & set(value)]
        rows.append((stage, len(good), sum("failed" in v for v in made.values()),
                     sum("left_out" in v for v in made.values())))
    lines = ["## What was done", "", *table(["stage", "done", "failed", "left out"], rows)]
    for stage, made in session.results.items():
        reasons = {}
        for key, value in made.items():
            for word in "failed", "left_out":
                if word in value:
                    reasons.setdefault((word, value[word]), []).append(key)
        for (word, reason), keys in reasons.items():
            lines += [""] * (lines[-1].startswith("|"))
            lines.append(f"- {stage}, {word.replace('_', ' ')}: {', '.join(keys)}: {reason}")
    return lines


def write(session, markdown, data):
    parts = [head, goals, peers, accuracies, choices, breakdown, checks]
    text = "\n\n".join("\n".join(part(session)) for part in parts) + "\n"
    markdown.write_text(text)
    data.write_text(json.dumps({
        "dry_run": session.dry, "made_on": session.made_on,
        "sizes": session.sizes, "results": session.results}, indent=1) + "\n")
