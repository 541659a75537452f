#!/usr/bin/env bash
# Does the CPU engine learn what it should? With several seeds: holds the losses of the first steps
# against the double-precision reference, then trains and prints the final validation accuracy at
# each batch size with its standard error.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: bench/accuracy.sh [--seeds K] [--steps S] [--logdir ROOT] [TRAINER_OPTION]...

With each of K seeds (3), compares the first S losses (100; 0 for none) at batch sizes 64, 32 and 16
with the reference's, then trains 15 epochs at each. Other options go to `trainer sweep`: --epochs N
and --train-samples N for a quick look, --jobs N, --isa NAME.

Takes about 10 minutes a seed on two cores, half of that for the losses. The runs lie in ROOT
(logs/accuracy); called again it goes on where it was stopped. Needs a release build, and MNIST in
data/mnist. Exits with 1 where a loss is beyond its bound.
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
seeds=3 steps=100 logdir=$root/logs/accuracy
isa=() pass_on=()
while [[ $# -gt 0 ]]; do
    case $1 in
    -h | --help) usage; exit 0 ;;
    --seeds | --steps)
        [[ ${2:-} =~ ^(0|[1-9][0-9]{0,4})$ && ! ($1 == --seeds && $2 == 0) ]] || {
            echo "bench/accuracy.sh: $1 takes a number" >&2
            exit 2
        }
        case $1 in
        --seeds) seeds=$2 ;;
        --steps) steps=$2 ;;
        esac
        shift 2
        ;;
    --logdir)
        [[ -n ${2:-} ]] || { echo "bench/accuracy.sh: --logdir takes a directory" >&2; exit 2; }
        logdir=$2
        shift 2
        ;;
    --logdir=* | --seeds=* | --steps=* | --batch-sizes*) usage >&2; exit 2 ;;
    --isa) # the losses are this instruction set's too
        [[ -n ${2:-} ]] || { echo "bench/accuracy.sh: --isa takes a name" >&2; exit 2; }
        isa=("$1" "$2")
        shift 2
        ;;
    *) pass_on+=("$1"); shift ;;
    esac
done

trainer=$root/build/release/bin/trainer
first_losses=$root/build/release/bench/first_losses
data=$root/data/mnist
[[ -x $trainer && -x $first_losses ]] || {
    echo "bench/accuracy.sh: build the release preset first" >&2
    exit 1
}
[[ -e $data ]] || { echo "bench/accuracy.sh: run scripts/fetch_mnist.sh first" >&2; exit 1; }

beyond=0
if [[ $steps -gt 0 ]]; then
    echo "losses of the first steps, against the double-precision reference"
    for ((seed = 0; seed < seeds; seed++)); do
        for batch_size in 64 32 16; do
            "$first_losses" --data "$data" --batch-size "$batch_size" --steps "$steps" \
                --seed "$seed" "${isa[@]}" || beyond=1
        done
    done
    echo
fi

"$trainer" sweep --quiet --engine cpu --data "$data" --logdir "$logdir" --seeds "$seeds" \
    "${isa[@]}" "${pass_on[@]}" >/dev/null
comparison=$(mktemp)
trap 'rm -f "$comparison"' EXIT
"$trainer" compare --format json "$logdir" >"$comparison"
python3 - "$comparison" <<'END'
import json
import sys


def percent(value, form):
    return "?" if value is None else f"{100 * value:{form}} %"


print(f"{'batch size':>10}  {'seeds':>5}  validation accuracy after the last epoch, ± standard error")
with open(sys.argv[1], encoding="utf-8") as file:
    comparison = json.load(file)
for group in comparison["batch_sizes"]:
    final = group["final_val_accuracy"]
    print(f"{group['batch_size']:>10}  {final['runs']:>5}  {percent(final['mean'], '.3f')}"
          f" ± {percent(final['error'], '.3f')}")
END
exit "$beyond"
