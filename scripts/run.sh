#!/usr/bin/env bash
# From a fresh machine to finished runs: installs, builds, fetches MNIST, trains.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: scripts/run.sh [option of trainer sweep]...

Installs what the build needs (scripts/setup.sh), builds the trainer, fetches MNIST
(scripts/fetch_mnist.sh) unless --data is given, and runs `trainer sweep` with the given options.
Without options it trains 15 epochs at each of the batch sizes 64, 32 and 16.

  --data PATH    another data set (default: data/mnist in this repository)
  --logdir ROOT  the directory of the runs (default: logs in this repository)
  -h, --help     this text; `build/release/bin/trainer sweep --help` lists all options

Given paths are relative to the current directory. scripts/view.sh shows the runs while they train.
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=scripts/options.sh
source "$root/scripts/options.sh"
defaults=(--data "$root/data/mnist" --logdir "$root/logs")
# The options of `trainer sweep`. It may not be built yet, and checks their values later.
check_options -q --quiet -V --version --usage '-?' --batch-sizes --checkpoint-interval --data --engine \
    --epochs --format --histograms --isa --jobs --join --learning-rate --learning-rates --list --logdir \
    --micro-batch --no-model --no-state --no-wait --noise-scale --overwrite --precision --save-best \
    --scale-learning-rate --seed --seeds --task --terminate-on-nan --threads --train-samples \
    --update-freq -- "$@"
fetch=yes
for argument in "$@"; do
    case $argument in
    --data | --data=*) fetch=no ;;
    esac
done

"$root/scripts/setup.sh"
# Tests are built by scripts/test.sh, which needs more packages. Of the output only the compiler's
# progress is shown: make also prints a line for each target that is up to date.
(
    cd "$root"
    cmake --preset release -DBUILD_TESTING=OFF -DCUDA=AUTO >/dev/null
    cmake --build --preset release --parallel "$(nproc)" |
        sed -u '/ Built target /d; /^Consolidate compiler generated dependencies /d'
)
if [[ $fetch == yes ]]; then
    "$root/scripts/fetch_mnist.sh" >/dev/null # silent if MNIST is there already
fi
# If an option is given twice, the last one counts, so the given options override the defaults.
exec "$root/build/release/bin/trainer" sweep "${defaults[@]}" "$@"
