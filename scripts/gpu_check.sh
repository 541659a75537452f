#!/usr/bin/env bash
# Checks and measures the CUDA engine on this machine's GPU, from a bundle of scripts/gpu_bundle.sh.
set -euo pipefail
unset CDPATH

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
bundle=$here
if [[ ! -e $here/version ]]; then
    bundle=$here/build/gpu-bundle # called from the repository
fi
python=python3
arguments=("$@")
while [[ $# -gt 0 ]]; do
    case $1 in
    --bundle | --python)
        [[ $# -ge 2 ]] || break
        [[ $1 == --python ]] && python=$2 || bundle=$2
        shift
        ;;
    esac
    shift
done
if ! command -v "$python" >/dev/null; then
    echo "gpu_check: $python is needed" >&2
    exit 1
fi
# -B: Python must not write __pycache__ into the bundle.
exec "$python" -B "$here/bench/gpu/check.py" --bundle "$bundle" "${arguments[@]}"
