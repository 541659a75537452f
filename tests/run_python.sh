#!/usr/bin/env bash
# Runs a Python test in the environment that holds stock TensorBoard. Without one the test is
# skipped, with CTest's status for that, unless CI=true forbids skipping.
set -euo pipefail
unset CDPATH

case ${1:-} in
'' | -h | --help)
    echo "Usage: tests/run_python.sh FILE.py [ARGUMENT]..."
    exit $(($# == 0 ? 2 : 0))
    ;;
esac
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
python=$root/.venv/tensorboard/bin/python
if [[ ! -x $python ]]; then
    echo "no environment of stock TensorBoard: scripts/tensorboard_venv.sh makes it" >&2
    [[ ${CI:-} != true ]] || exit 1
    exit 77
fi
exec "$python" "$@"
