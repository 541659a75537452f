"""Shared by the peers of the CUDA engine: their options, and how they take turns."""
import argparse
import json
import sys
import time


def parse(description, modes):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", required=True, help="folder of the IDX files")
    parser.add_argument("--mode", choices=modes, default=modes[0])
    parser.add_argument("--precision", choices=["fp32", "tf32", "bf16"], default="tf32")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--steps", type=int, default=0, help="timed steps (default: an epoch's)")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--serve", action="store_true",
                        help="time once for every line on stdin, instead of once")
    return parser.parse_args()


def run(options, count, version, train):
    """`train(steps)` trains that many steps, waits for them and returns their mean loss. Prints a
    line of JSON for each call."""
    steps = options.steps or count // options.batch_size
    train(steps)  # compiles, captures and warms up everything that the timed call uses
    turns = [""]
    if options.serve:
        print(json.dumps({"ready": True}), flush=True)
        turns = sys.stdin
    for _ in turns:
        begin = time.perf_counter()
        loss = train(steps)
        seconds = time.perf_counter() - begin
        print(json.dumps({
            "version": version, "mode": options.mode, "precision": options.precision,
            "batch_size": options.batch_size, "steps": steps, "seconds": seconds, "loss": loss,
            "seconds_per_epoch": seconds * count / (steps * options.batch_size)}), flush=True)
