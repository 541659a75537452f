#!/usr/bin/env bash
# Runs a test whose kernels are the PTX in a folder. If compile_kernels.sh could write none, the
# test is skipped, or with CI=true fails.
set -euo pipefail

if [[ $# -lt 2 || $1 == -h || $1 == --help ]]; then
    echo "Usage: tests/ptx/run_on_ptx.sh FOLDER PROGRAM [ARGUMENT]..."
    exit $(($# == 0 ? 2 : 0))
fi
if ! compgen -G "$1/*.ptx" >/dev/null; then
    echo "no PTX in $1: nvcc, which writes it, is not here" >&2
    [[ ${CI:-} != true ]] || exit 1
    exit 77
fi
PTX_FOLDER=$1 exec "${@:2}"
