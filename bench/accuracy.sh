#!/usr/bin/env bash
# Does the CPU engine learn what it should? With several seeds this trains, compares the losses of
# the first steps with the double-precision reference, and prints the final validation accuracy at
# each batch size with its standard error.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: bench/accuracy.sh [--seeds K] [--steps S] [--logdir ROOT] [--against ROOT]
                         [TRAINER_OPTION]...

With each of K seeds (3), trains 15 epochs at batch sizes 64, 32 and 16 and compares the first S
losses (100; 0 for none) with the reference's. Other options are passed to `trainer sweep`, such as
--jobs N and --isa NAME. --precision bf16 needs --steps 0, since the bounds of the losses are for
fp32. For a quick look use --epochs N and --train-samples N, with another ROOT.

With --against it also prints the mean difference between these runs and those in another ROOT with
the same batch sizes and seeds.

Takes about 10 minutes per seed on two cores, half of that for the losses. The runs are in ROOT
(logs/accuracy). The same command continues after an interruption. Needs a release build, and MNIST in
data/mnist. Exits with 1 if a loss is beyond its bound.
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
seeds=3 steps=100 logdir="" against="" isa=() pass_on=()
fp32=true whole=true
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
    --logdir | --against)
        [[ -n ${2:-} ]] || { echo "bench/accuracy.sh: $1 takes a directory" >&2; exit 2; }
        case $1 in
        --logdir) logdir=$2 ;;
        --against) against=$2 ;;
        esac
        shift 2
        ;;
    --logdir=* | --against=* | --seeds=* | --steps=* | --isa=* | --batch-sizes* | --data* | --engine*)
        usage >&2
        exit 2
        ;;
    --isa) # first_losses uses the same instruction set
        [[ -n ${2:-} ]] || { echo "bench/accuracy.sh: --isa takes a name" >&2; exit 2; }
        isa=("$1" "$2")
        shift 2
        ;;
    *)
        case $1 in
        --precision*) fp32=false ;;
        --epochs* | --train-samples*) whole=false ;;
        esac
        pass_on+=("$1")
        shift
        ;;
    esac
done
$fp32 || [[ $steps == 0 ]] || {
    echo "bench/accuracy.sh: --precision takes --steps 0: the losses' bounds are fp32's" >&2
    exit 2
}
$whole || [[ -n $logdir ]] || {
    echo "bench/accuracy.sh: give a quick look a --logdir of its own" >&2
    exit 2
}
logdir=${logdir:-$root/logs/accuracy}

trainer=$root/build/release/bin/trainer
first_losses=$root/build/release/bench/first_losses
data=$root/data/mnist
[[ -x $trainer && -x $first_losses ]] || {
    echo "bench/accuracy.sh: build the release preset first" >&2
    exit 1
}
[[ -e $data ]] || { echo "bench/accuracy.sh: run scripts/fetch_mnist.sh first" >&2; exit 1; }

# The sweep comes first because it refuses wrong options immediately.
"$trainer" sweep --quiet --engine cpu --data "$data" --logdir "$logdir" --seeds "$seeds" \
    "${isa[@]}" "${pass_on[@]}" >/dev/null

beyond=0
if [[ $steps -gt 0 ]]; then
    echo "losses of the first steps, compared with the double-precision reference"
    for ((seed = 0; seed < seeds; seed++)); do
        for batch_size in 64 32 16; do
            "$first_losses" --data "$data" --batch-size "$batch_size" --steps "$steps" \
                --seed "$seed" "${isa[@]}" || beyond=1
        done
    done
    echo
fi

comparisons=$(mktemp -d)
trap 'rm -rf "$comparisons"' EXIT
"$trainer" compare --format json "$logdir" >"$comparisons/these"
[[ -z $against ]] || "$trainer" compare --format json "$against" >"$comparisons/those"
python3 - "$comparisons" <<'END'
import json
import math
import pathlib
import statistics
import sys

folder = pathlib.Path(sys.argv[1])


def percent(value, form):
    return "?" if value is None else f"{100 * value:{form}} %"


print(f"{'batch size':>10}  {'seeds':>5}  validation accuracy after the last epoch, ± standard error")
these = json.loads((folder / "these").read_text(encoding="utf-8"))
for group in these["batch_sizes"]:
    final = group["final_val_accuracy"]
    print(f"{group['batch_size']:>10}  {group['runs']:>5}  {percent(final['mean'], '.3f')}"
          f" ± {percent(final['error'], '.3f')}")


def finals(comparison):
    return {(run["batch_size"], run["seed"]): run["val_accuracy"]["final"]
            for run in comparison["runs"] if run["state"] == "finished"}


if (folder / "those").exists():
    own = finals(these)
    other = finals(json.loads((folder / "those").read_text(encoding="utf-8")))
    apart = [100 * (own[key] - other[key]) for key in own if key in other]
    if len(apart) < 2:
        sys.exit("bench/accuracy.sh: fewer than two runs have a counterpart in --against")
    error = statistics.stdev(apart) / math.sqrt(len(apart))
    print(f"{len(apart)} runs differ by {statistics.mean(apart):+.3f} ± {error:.3f} points")
END
exit "$beyond"
