#!/usr/bin/env bash
# What does it cost to share a sweep among processes, and how fast are commands on large sweeps?
# Times --join with 1 to 16 processes, the commands that read 10,000 runs, and TensorBoard on 1,000.
# Prints tables. Nothing else should run on the machine meanwhile.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: bench/scale_out.sh [--rounds N] [--runs N] [--csv FILE] [STAGE]...

Stages (all, if none is given):
  join         1, 2, 4, 8 and 16 processes train 16 runs of about a second each: with --join and, in
               turn, with --task (fixed shares), in N rounds (3)
  list         sweep --list, status, compare and taking the one run that is left, among N runs
               (10,000), all of them copies of a run trained here, in N rounds
  tensorboard  how long stock TensorBoard takes to show 1,000 of these runs, and 100

--csv appends every measurement to FILE: date, machine, stage, what, count, round, seconds of wall
time, seconds of processor time. Files go into a new directory below $TMPDIR or /tmp (1 GB) and are
removed at the end. Needs a release build and, for stage tensorboard, TensorBoard in
.venv/tensorboard (scripts/python_venv.sh tensorboard).
END
}

case ${1:-} in
-h | --help) usage; exit 0 ;;
esac
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[[ -x $root/build/release/bin/trainer ]] || {
    echo "bench/scale_out.sh: build the release preset first" >&2
    exit 1
}
exec python3 "$root/bench/scale_out_rates.py" "$root" "$@"
