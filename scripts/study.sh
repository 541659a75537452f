#!/usr/bin/env bash
# A study of batch sizes: trains them on two data sets with several rules for the learning rate, and
# writes the tables and pictures of docs/study.md.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: scripts/study.sh [option]...

Trains each batch size on each data set, with the learning rate of each rule, and with each seed.
Then writes the tables into OUTPUT/study.md, and all figures and pictures into OUTPUT/study. In an
existing study.md only the tables are replaced. docs/study.md explains what each table answers.

  --datasets NAME,...    mnist, fashion-mnist, or NAME=PATH for another (default: these two, which
                         are fetched if data/ of this repository does not have them)
  --batch-sizes N,...    (default: 16,64,256,1024)
  --rules RULE,...       of none, sqrt and linear, for --scale-learning-rate (default: none,sqrt)
  --learning-rate X      the rate at batch size 32, which the rules scale (default: 0.001)
  --seeds K              (default: 3)
  --epochs N             (default: 4)
  --train-samples N      only the first N of each training set
  --jobs N               runs side by side, each with one thread (default: one for each processor)
  --logs DIR             the directory of the runs (default: logs/study in this repository). The
                         table of seconds is from the runs in DIR/NAME/alone: if the machine was
                         busy, delete them and call this again
  --output DIR           the directory of the results (default: docs in this repository)
  --report               only write the results of finished runs, without training
  -h, --help             this text

The same command continues after an interruption. More seeds, epochs, sizes or rules are added to the
existing runs; another learning rate or number of images needs other --logs. A quick look:
--epochs 2 --train-samples 6000 --logs /tmp/look --output /tmp/look. Needs the release build, which
scripts/run.sh makes, and python3.
END
}

refuse() {
    echo "study: $*" >&2
    exit 2
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
trainer=$root/build/release/bin/trainer
datasets=mnist,fashion-mnist
batch_sizes=16,64,256,1024
rules=none,sqrt
seeds=3
epochs=4
jobs=$(nproc)
logs=$root/logs/study
output=$root/docs
only_report=no
pass_on=()
while [[ $# -gt 0 ]]; do
    case $1 in
    -h | --help)
        usage
        exit
        ;;
    --report)
        only_report=yes
        shift
        continue
        ;;
    esac
    [[ $# -ge 2 && -n $2 ]] || refuse "$1: unknown option, or its value is missing; see --help"
    case $1 in
    --datasets) datasets=$2 ;;
    --batch-sizes) batch_sizes=$2 ;;
    --rules) rules=$2 ;;
    --seeds) seeds=$2 ;;
    --epochs) epochs=$2 ;;
    --jobs) jobs=$2 ;;
    --logs) logs=$2 ;;
    --output) output=$2 ;;
    --learning-rate | --train-samples) pass_on+=("$1" "$2") ;; # trainer sweep checks them
    *) refuse "unknown option $1; see --help" ;;
    esac
    shift 2
done
if [[ ! -x $trainer ]]; then
    echo "study: build the trainer first: scripts/run.sh does, or" \
        "cmake --preset release && cmake --build --preset release" >&2
    exit 1
fi

# Sets `path` to the data set's folder. Fetches MNIST or Fashion-MNIST if it is missing.
find_dataset() { # NAME or NAME=PATH
    case $1 in
    *=*) path=${1#*=} ;;
    mnist)
        path=$root/data/mnist
        "$root/scripts/fetch_mnist.sh" "$path"
        ;;
    fashion-mnist)
        path=$root/data/fashion-mnist
        "$root/scripts/fetch_fashion_mnist.sh" "$path"
        ;;
    *) refuse "$1 is not mnist or fashion-mnist: give NAME=PATH" ;;
    esac
}

train() { # data set's name, its path, rule
    echo "== $1, rule $3 =="
    "$trainer" sweep --data "$2" --logdir "$logs/$1/$3" --batch-sizes "$batch_sizes" \
        --seeds "$seeds" --epochs "$epochs" --scale-learning-rate "$3" --jobs "$jobs" --threads 1 \
        --no-model "${pass_on[@]}"
}

# The earlier runs shared the machine, so their seconds mean little, and measuring gradients takes
# time. So this trains one more run per batch size, one at a time, with all threads.
train_alone() { # data set's name, its path
    echo "== $1, one run at a time =="
    "$trainer" sweep --data "$2" --logdir "$logs/$1/alone" --batch-sizes "$batch_sizes" \
        --epochs "$epochs" --noise-scale --no-model "${pass_on[@]}"
}

IFS=, read -ra dataset_list <<<"$datasets"
IFS=, read -ra rule_list <<<"$rules"
if [[ $only_report == no ]]; then
    # Rule by rule, so that an interrupted study has some complete rules.
    for rule in "${rule_list[@]}"; do
        for dataset in "${dataset_list[@]}"; do
            find_dataset "$dataset"
            train "${dataset%%=*}" "$path" "$rule"
        done
    done
    for dataset in "${dataset_list[@]}"; do
        find_dataset "$dataset"
        train_alone "${dataset%%=*}" "$path"
    done
fi

mkdir -p "$output/study"
for dataset in "${dataset_list[@]%%=*}"; do
    for rule in "${rule_list[@]}"; do
        "$trainer" plot "$logs/$dataset/$rule" -o "$output/study/$dataset-$rule.svg" --overwrite
    done
done
python3 -B "$root/scripts/study_report.py" --trainer "$trainer" --logs "$logs" --output "$output" \
    --datasets "${dataset_list[@]%%=*}" --rules "${rule_list[@]}"
echo "study: the results are in $output/study.md"
