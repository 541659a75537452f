#!/usr/bin/env bash
# Times training steps of PyTorch and of this project's CPU engine on this machine, in turn, and
# prints the median seconds an epoch of each and, last, "ratio R": the median over the rounds of
# (the fastest peer / ours). Runs for some minutes; nothing else should run beside it.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'EOF'
Usage: bench/cpu.sh [--batch-size N] [--rounds N] [--steps N]
Compares this project's training step with PyTorch's on the CPU (default: batch size 64,
5 rounds of 60 steps). Needs a release build, MNIST in data/mnist, and python3 with venv;
PyTorch goes into .venv/torch.
EOF
}

batch_size=64 rounds=5 steps=60
while [ $# -gt 0 ]; do
    case $1 in
    --batch-size) batch_size=$2; shift 2 ;;
    --rounds) rounds=$2; shift 2 ;;
    --steps) steps=$2; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ours=$root/build/release/bench/train_steps
data=$root/data/mnist
venv=$root/.venv/torch
[ -x "$ours" ] || { echo "bench/cpu.sh: build the release preset first" >&2; exit 1; }
[ -e "$data" ] || { echo "bench/cpu.sh: run scripts/fetch_mnist.sh first" >&2; exit 1; }
if ! "$venv/bin/python" -c 'import torch, numpy' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet 'torch==2.13.0' numpy
fi

times=$(mktemp)
trap 'rm -f "$times"' EXIT
record() { # name, the program's line
    printf '%s\n' "$2"
    printf '%s %s\n' "$1" "$(sed -E 's/.* ([0-9.]+) s\/epoch.*/\1/' <<<"$2")" >>"$times"
}
for _ in $(seq "$rounds"); do
    for mode in eager channels_last; do
        record "torch-$mode" \
            "$("$venv/bin/python" "$root/bench/peers/torch_step.py" "$data" "$batch_size" "$steps" "$mode")"
    done
    record ours "$("$ours" "$data" "$batch_size" "$((steps * 3))")"
done

"$venv/bin/python" - "$times" <<'EOF'
import statistics
import sys

seconds = {}
for line in open(sys.argv[1]):
    name, value = line.split()
    seconds.setdefault(name, []).append(float(value))
print("\nmedian seconds an epoch (lowest, highest)")
for name, values in seconds.items():
    print(f"  {name:20s} {statistics.median(values):7.2f} ({min(values):.2f}, {max(values):.2f})")
ours = seconds.pop("ours")
ratios = [min(round_) / own for own, *round_ in zip(ours, *seconds.values())]
print(f"ratios by round: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
print(f"ratio {statistics.median(ratios):.2f}")
EOF
