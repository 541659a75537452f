#!/usr/bin/env bash
# Times training steps of Keras, PyTorch, JAX and of this project's CPU engine on this machine, in
# turn, and prints each program's seconds per epoch and, last, "ratio R": the median over the rounds of
# (the fastest peer / ours). Nothing else should run on the machine meanwhile.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: bench/cpu.sh [--batch-size N] [--precision fp32|bf16] [--rounds R] [--steps S] [--csv FILE]

Compares this project's training step on the CPU with those of Keras (fit), PyTorch (eager, compile,
and both in channels_last) and JAX (jit). Each uses all cores. There are R rounds (5); in each, every
peer trains S steps (3840 / N, at least 10), and ours trains 3 S. In bf16 Keras runs with the policy
mixed_bfloat16, PyTorch under autocast, and JAX not at all. --csv appends a line for each program and
round to FILE.

Needs a release build, MNIST in data/mnist, and python3 with venv; makes .venv/frameworks and
.venv/jax. Takes minutes on two cores once these are there; with --rounds 3 --steps 30 a minute and a
half. Exits with 3 if a peer failed; the ratio is then to the fastest of the others.
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/options.sh
source "$root/scripts/options.sh"
batch_size=64 precision=fp32 rounds=5 steps='' csv=''
take_options batch-size precision rounds steps csv -- "$@"
[[ $precision == fp32 || $precision == bf16 ]] || wrong_usage "--precision takes fp32 or bf16"
for number in "$batch_size" "$rounds" ${steps:+"$steps"}; do
    [[ $number =~ ^[1-9][0-9]{0,4}$ ]] || wrong_usage "not a number from 1 to 99999: $number"
done
[[ -n $steps ]] || steps=$((3840 / batch_size > 10 ? 3840 / batch_size : 10))

for program in train_steps layers; do
    [[ -x $root/build/release/bench/$program ]] || {
        echo "bench/cpu.sh: build the release preset first" >&2
        exit 1
    }
done
[[ -e $root/data/mnist ]] || { echo "bench/cpu.sh: run scripts/fetch_mnist.sh first" >&2; exit 1; }
environments=(frameworks)
[[ $precision == bf16 ]] || environments+=(jax)
for environment in "${environments[@]}"; do
    "$root/scripts/python_venv.sh" "$environment" ||
        echo "bench/cpu.sh: without .venv/$environment the peers in it will fail" >&2
done
exec python3 "$root/bench/cpu_rounds.py" "$root" "$batch_size" "$precision" "$rounds" "$steps" "$csv"
