#!/usr/bin/env bash
# Times readers of event files on this machine, in turn: TensorBoard's data server with and without
# --checksum, its EventAccumulator (only on scalars: it takes a minute), and tblog. All read the
# same files: a million scalars, large histograms, images. By default the server verifies no
# checksum of a record that it can parse. TensorBoard's readers keep only a sample of the points,
# undecoded. tblog verifies both checksums of every record and decodes every value. Prints a table
# of medians, and last "ratio R": the median over the rounds of (data server without --checksum /
# tblog) for the scalars. Nothing else should run on the machine meanwhile.
set -euo pipefail

usage() {
    cat <<'END'
Usage: bench/readers.sh [--rounds N] [--scalars N] [--directory DIR]

Compares tblog's reader with TensorBoard's, in N rounds (5) over files in a new directory below DIR
(default: $TMPDIR or /tmp), some 400 MB, which are removed at the end. Needs a release build, and
TensorBoard in .venv/tensorboard (scripts/python_venv.sh tensorboard).
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/options.sh
source "$root/scripts/options.sh"
rounds=5 scalars=1000000 directory=${TMPDIR:-/tmp}
take_options rounds scalars directory -- "$@"
for number in "$rounds" "$scalars"; do
    [[ $number =~ ^[1-9][0-9]*$ ]] || wrong_usage "not a count: $number"
done

ours=$root/build/release/bench/reader_rates
peers=$root/bench/peers/stock_readers.py
python=$root/.venv/tensorboard/bin/python
[ -x "$ours" ] || { echo "bench/readers.sh: build the release preset first" >&2; exit 1; }
[ -x "$python" ] || {
    echo "bench/readers.sh: run scripts/python_venv.sh tensorboard first" >&2
    exit 1
}

files=$(mktemp -d "$directory/readers.XXXXXX")
trap 'rm -rf "$files"' EXIT
declare -A counts=([scalars]=$scalars [histograms]=2000 [images]=250)
for kind in scalars histograms images; do
    "$ours" make "$kind" "${counts[$kind]}" "$files/$kind" >"$files/$kind.path"
    # Once, so that the file is in memory for all.
    "$ours" read "$(<"$files/$kind.path")" >/dev/null
done
record() { # kind, a program's line: "NAME: X s…"
    printf '%s %s\n' "$1" "$2"
    sed -E "s/^([^:]*): ([0-9.]+) s(, ([0-9]+) events, ([0-9]+) bytes)?.*/$1 \1 \2 \4 \5/" <<<"$2" \
        >>"$files/times"
}
for _ in $(seq "$rounds"); do
    for kind in scalars histograms images; do
        for peer in accumulator server checksum; do
            [[ $peer == accumulator && $kind != scalars ]] && continue
            record "$kind" "$("$python" "$peers" "$peer" "$files/$kind")"
        done
        record "$kind" "$("$ours" read "$(<"$files/$kind.path")")"
    done
done

"$python" - "$files/times" <<'END'
import statistics
import sys

times, sizes = {}, {}
for line in open(sys.argv[1], encoding="utf-8"):
    kind, name, seconds, *size = line.split()
    times.setdefault(kind, {}).setdefault(name, []).append(float(seconds))
    if size:
        sizes[kind] = [int(number) for number in size]
names = {"accumulator": "EventAccumulator", "server": "data server",
         "checksum": "data server --checksum", "ours": "tblog"}
print(f"\n| {'file':<10} | {'reader':<22} | {'s, median (low, high)':<28} | {'GB/s':>6} |"
      f" {'events/s':>10} |")
print(f"|{'-' * 12}|{'-' * 24}|{'-' * 30}|{'-' * 8}|{'-' * 12}|")
for kind, readers in times.items():
    events, size = sizes[kind]
    for name, values in readers.items():
        median = statistics.median(values)
        spread = f"{median:.4f} ({min(values):.4f}, {max(values):.4f})"
        print(f"| {kind:<10} | {names[name]:<22} | {spread:<28} | {size / median / 1e9:>6.3f} |"
              f" {events / median:>10,.0f} |")


def ratios(kind, peer):
    return [a / b for a, b in zip(times[kind][peer], times[kind]["ours"])]


print()
for kind in times:
    for peer in times[kind]:
        if peer == "ours":
            continue
        values = ratios(kind, peer)
        print(f"{kind}: {names[peer]} over tblog, by round:"
              f" {', '.join(f'{value:.1f}' for value in values)};"
              f" median {statistics.median(values):.1f}")
print(f"ratio {statistics.median(ratios('scalars', 'server')):.1f}")
END
