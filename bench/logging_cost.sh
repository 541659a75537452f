#!/usr/bin/env bash
# What does it cost a training run to log every step? In turn, this trains an epoch that logs the
# loss and accuracy of every step, and an epoch that logs none. Its last line is "cost P %": how
# much longer the logged steps took, as the median over the rounds. Nothing else should run on the
# machine meanwhile.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: bench/logging_cost.sh [--rounds R] [TRAINER_OPTION]...

Compares the seconds that the steps of an epoch take with `--update-freq batch` and with
`--update-freq epoch`, in R rounds (7). The rounds alternate in which of the two comes first. Other
options go to `trainer train` (--batch-size 16, if none is given). The runs go into a new directory
below $TMPDIR or /tmp and are removed at the end. Needs a release build, and MNIST in data/mnist.
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
rounds=7
pass_on=()
while [[ $# -gt 0 ]]; do
    case $1 in
    -h | --help) usage; exit 0 ;;
    --rounds)
        [[ ${2:-} =~ ^[1-9][0-9]{0,3}$ ]] || {
            echo "bench/logging_cost.sh: --rounds takes a number from 1 to 9999" >&2
            exit 2
        }
        rounds=$2
        shift 2
        ;;
    *) pass_on+=("$1"); shift ;;
    esac
done
[[ ${#pass_on[@]} -gt 0 ]] || pass_on=(--batch-size 16)
trainer=$root/build/release/bin/trainer
[[ -x $trainer ]] || { echo "bench/logging_cost.sh: build the release preset first" >&2; exit 1; }

runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT
train() { # NAME UPDATE_FREQ
    "$trainer" train --quiet --data "$root/data/mnist" --epochs 1 --logdir "$runs/$1" \
        --update-freq "$2" "${pass_on[@]}" >/dev/null
}
for ((round = 1; round <= rounds; round++)); do
    if ((round % 2)); then
        train "$round-batch" batch
        train "$round-epoch" epoch
    else
        train "$round-epoch" epoch
        train "$round-batch" batch
    fi
done
python3 - "$runs" "$rounds" <<'END'
import json
import pathlib
import statistics
import sys


def seconds(name):
    record = json.loads((pathlib.Path(sys.argv[1]) / name / "run.json").read_text())
    return record["epochs"][0]["training_seconds"]


pairs = [(seconds(f"{i}-batch"), seconds(f"{i}-epoch")) for i in range(1, int(sys.argv[2]) + 1)]
for i, (logged, plain) in enumerate(pairs, 1):
    print(f"round {i}: every step logged {logged:.3f} s, none {plain:.3f} s")
print(f"cost {100 * statistics.median(a / b - 1 for a, b in pairs):.2f} %")
END
