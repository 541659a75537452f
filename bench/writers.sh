#!/usr/bin/env bash
# Times event writers on this machine, in turn: torch.utils.tensorboard, tensorboardX, tblog, and a
# plain buffered write() of the same records with their checksums. No writer can be much faster than
# that. Prints a table of medians, the calling thread's times, and last "ratio R": the median over
# the rounds of (torch.utils.tensorboard / ours). Each time includes the close. Afterwards stock
# TensorBoard must find every point of the last round. Nothing else should run on the machine
# meanwhile.
set -euo pipefail

usage() {
    cat <<'END'
Usage: bench/writers.sh [--rounds N] [--count N] [--peer-count N] [--directory DIR]

Compares tblog with Python's event writers. Each of N rounds (5) logs scalars: --count for tblog
(1000000), --peer-count for the others (20000). tblog and the plain write() have five turns per
round. The files go into a new directory below DIR
(default: $TMPDIR or /tmp) and are removed at the end. Needs a release build, and python3 with
venv; PyTorch and tensorboardX go into .venv/torch.
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/options.sh
source "$root/scripts/options.sh"
rounds=5 turns=5 count=1000000 peer_count=20000 directory=${TMPDIR:-/tmp}
take_options rounds count peer-count directory -- "$@"
for number in "$rounds" "$count" "$peer_count"; do
    [[ $number =~ ^[1-9][0-9]*$ ]] || wrong_usage "not a count: $number"
done

ours=$root/build/release/bench/writer_rates
peers=$root/bench/peers/scalar_writers.py
python=$root/.venv/torch/bin/python
[ -x "$ours" ] || { echo "bench/writers.sh: build the release preset first" >&2; exit 1; }
[ -x "$python" ] || python3 -m venv "$root/.venv/torch"
if ! "$python" -c 'import numpy, torch, tensorboard, tensorboardX' 2>/dev/null; then
    "$python" -m pip install --quiet --disable-pip-version-check 'torch==2.13.0' numpy \
        'tensorboard==2.21.0' 'tensorboardX==2.6.5'
fi

files=$(mktemp -d "$directory/writers.XXXXXX")
trap 'rm -rf "$files"' EXIT
record() { # a program's line: "NAME: X us/scalar, …"
    printf '%s\n' "$1"
    sed -E 's/^([^:]*): ([0-9.]+) us.*/\1 \2/' <<<"$1" >>"$files/times"
}
for round in $(seq "$rounds"); do
    rm -rf "$files"/runs
    mkdir "$files/runs"
    for peer in torch tensorboardX; do
        record "$("$python" "$peers" "$peer" "$peer_count" "$files/runs/$peer")"
    done
    # These take little time, so a disturbance can change them much.
    for _ in $(seq "$turns"); do
        rm -rf "$files"/runs/{plain,ours}
        record "$("$ours" plain "$count" "$files/runs/plain")"
        record "$("$ours" ours "$count" "$files/runs/ours")"
    done
done
echo
echo "calling thread, at 100,000 calls a second and in bursts of 1,000:"
"$ours" paced 500000 "$files/paced"
"$ours" bursts 500000 "$files/bursts"
echo
"$python" "$peers" count "$peer_count" "$files/runs/torch" "$files/runs/tensorboardX"
"$python" "$peers" count "$count" "$files/runs/ours"
echo "stock TensorBoard's EventAccumulator found every point of round $round"

"$python" - "$files/times" <<'END'
import statistics
import sys

times = {}
for line in open(sys.argv[1], encoding="utf-8"):
    name, value = line.split()
    times.setdefault(name, []).append(float(value))
names = {"torch": "torch.utils.tensorboard", "tensorboardX": "tensorboardX",
         "ours": "tblog", "plain": "plain write() with CRC"}
print(f"\n| {'writer':<24} | us a scalar, median (low, high) | scalars a second |")
print(f"|{'-' * 26}|{'-' * 33}|{'-' * 18}|")
for name, values in times.items():
    median = statistics.median(values)
    spread = f"{median:.4f} ({min(values):.4f}, {max(values):.4f})"
    print(f"| {names[name]:<24} | {spread:<31} | {1e6 / median:>16,.0f} |")


def rounds(name):
    turns = len(times[name]) // len(times["torch"])
    return [statistics.median(times[name][at:at + turns])
            for at in range(0, len(times[name]), turns)]


def ratios(name, base):
    return [a / b for a, b in zip(name, base)]


def listed(values):
    return ", ".join(f"{value:.2f}" for value in values)


over_plain = ratios(times["ours"], times["plain"])
print(f"\ntblog over plain write(), of {len(over_plain)} turns: median"
      f" {statistics.median(over_plain):.2f} ({min(over_plain):.2f}, {max(over_plain):.2f})")
over_ours = ratios(rounds("torch"), rounds("ours"))
print(f"torch.utils.tensorboard over tblog, by round: {listed(over_ours)}")
print(f"ratio {statistics.median(over_ours):.1f}")
END
