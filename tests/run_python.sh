#!/usr/bin/env bash
# Runs a Python test in one of the environments that scripts/python_venv.sh makes. Without the
# environment the test is skipped, or with CI=true fails.
set -euo pipefail
unset CDPATH

venv=tensorboard
if [[ ${1:-} == --venv=* ]]; then
    venv=${1#--venv=}
    shift
fi
case ${1:-} in
'' | -h | --help)
    echo "Usage: tests/run_python.sh [--venv=NAME] FILE.py [ARGUMENT]..."
    exit $(($# == 0 ? 2 : 0))
    ;;
esac
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
python=$root/.venv/$venv/bin/python
if [[ ! -x $python ]]; then
    echo "no Python environment .venv/$venv: scripts/python_venv.sh $venv makes it" >&2
    [[ ${CI:-} != true ]] || exit 1
    exit 77
fi
exec "$python" "$@"
