"""Runs the stages of scripts/gpu_check.sh and writes the report after each."""
import argparse
import os
import pathlib
import re
import sys
import tarfile

import correctness
import identity
import report
import timings
from session import OutOfTime, Session

STAGES = {  # the most valuable first
    "device": correctness.device,
    "selftest": correctness.selftest,
    "kernels": correctness.kernels,
    "steps": correctness.steps,
    "repeat": correctness.repeat,
    "epochs": timings.epochs,
    "side_by_side": timings.side_by_side,
    "peers": timings.peers,
    "ceilings": timings.ceilings,
    "breakdown": timings.breakdown,
    "sanitizer": correctness.sanitizer,
    "accuracy": timings.accuracy,
    "choices": timings.choices,
    "more_breakdown": timings.more_breakdown,
    "more_peers": timings.more_peers,
}

REAL = {"batch_sizes": [16, 32, 64], "precisions": ["fp32", "tf32", "bf16"], "epochs": 15,
        "repeats": 3, "rounds": 5, "seeds": 50, "jobs": 8, "steps": 100, "repeat_steps": 400,
        "small_training": 200, "choice_sizes": [64, 256, 1024, 4096], "choice_epochs": 3,
        "choice_jobs": [1, 2, 4, 8], "choice_seeds": 4}
DRY = {"batch_sizes": [16, 32, 64], "precisions": ["fp32", "tf32", "bf16"], "epochs": 1,
       "repeats": 1, "rounds": 2, "seeds": 2, "jobs": 1, "steps": 3, "repeat_steps": 2,
       "peer_steps": 1, "small_training": 70, "choice_sizes": [64], "choice_epochs": 1,
       "choice_jobs": [1], "choice_seeds": 1}


def parse():
    parser = argparse.ArgumentParser(
        prog="gpu_check.sh", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Checks and measures the CUDA engine on this machine's GPU, from a bundle of\n"
                    "scripts/gpu_bundle.sh. Each measurement is kept as soon as it is made; called\n"
                    "again with the same results folder, it resumes with the missing measurements.",
        epilog="Writes gpu-DEVICE.md, gpu-DEVICE.json and gpu-check.tar.gz (all logs, and what a\n"
               "later call needs: unpack it, and name the folder with --results). Exit status: 0\n"
               "all is measured, 1 something failed, 2 wrong usage, 3 the limit was reached: call\n"
               "again.")
    parser.add_argument("--bundle", type=pathlib.Path, metavar="DIR",
                        help="default: where this script is, or build/gpu-bundle")
    parser.add_argument("--results", type=pathlib.Path, metavar="DIR",
                        help="all that was measured so far (default: gpu-check, beside the bundle)")
    parser.add_argument("--output", type=pathlib.Path, metavar="DIR",
                        default=os.environ.get("OUT"),
                        help="the report and the tar (default: $OUT, or the results folder)")
    parser.add_argument("--stage", action="append", choices=STAGES, metavar="NAME",
                        help="only this stage; may be given several times")
    parser.add_argument("--list", action="store_true", help="name the stages, in their order")
    parser.add_argument("--limit", type=float, default=530, metavar="SECONDS",
                        help="stop after this many seconds (default: 530)")
    parser.add_argument("--again", action="store_true", help="repeat failed measurements")
    parser.add_argument("--dry-run", action="store_true",
                        help="tiny sizes on the CPU engine: shows that the script works, no more")
    parser.add_argument("--python", default="python3", metavar="PROGRAM",
                        help="the Python that has PyTorch and JAX (default: python3)")
    options = parser.parse_args()
    if options.results is None:
        options.results = options.bundle.resolve().parent / "gpu-check"
    return options


def write_tar(session, output):
    """Archives everything except the runs' own files, under the name gpu-check."""
    new = output / "gpu-check.tar.gz.new"
    with tarfile.open(new, "w:gz") as tar:
        tar.add(session.file, "gpu-check/results.json")
        tar.add(session.cut_file, "gpu-check/cut.json")
        tar.add(session.folder / "identity.json", "gpu-check/identity.json")
        tar.add(session.logs, "gpu-check/logs")
    new.replace(output / "gpu-check.tar.gz")


def write_all(session):
    output = pathlib.Path(session.options.output or session.folder)
    output.mkdir(parents=True, exist_ok=True)
    device = session.made_on["device"].lower().replace("nvidia", "")
    name = re.sub(r"[^a-z0-9]+", "-", device).strip("-")
    stem = "dry-run" if session.dry else f"gpu-{name}"
    report.write(session, output / f"{stem}.md", output / f"{stem}.json")
    write_tar(session, output)
    return output / f"{stem}.md"


def check_options(options):
    if not (options.bundle / "bin/trainer").exists():
        sys.exit(f"gpu_check: {options.bundle} is no bundle: scripts/gpu_bundle.sh makes one")


def main():
    options = parse()
    if options.list:
        print("\n".join(STAGES))
        return 0
    check_options(options)
    made_on = identity.claim(options)
    session = Session(options, DRY if options.dry_run else REAL, made_on)
    status = 0
    for name in options.stage or STAGES:
        try:
            STAGES[name](session)
        except OutOfTime:
            print(f"gpu_check: the limit of {options.limit:g} s is reached in stage {name}: "
                  "call again to resume")
            status = 3
        written = write_all(session)
        if status != 0:
            break
    failed = sum("failed" in value for stage in session.results.values()
                 for value in stage.values())
    print(f"gpu_check: {written}" + (f": {failed} measurements failed" if failed else ""))
    return status or (1 if failed else 0)


sys.exit(main())
