#!/usr/bin/env bash
# Writes the kernels' PTX with nvcc. Files that are newer than all sources are kept.
set -euo pipefail
unset CDPATH

if [[ $# -lt 5 || $1 == -h || $1 == --help ]]; then
    echo "Usage: tests/ptx/compile_kernels.sh NVCC FOLDER SM KERNELS OPTION... -- SOURCE.cu..."
    echo "KERNELS is the folder with all sources; SM is 90, 80, ..."
    exit $(($# == 0 ? 2 : 0))
fi
nvcc=$1 folder=$2 sm=$3 kernels=$4
shift 4
options=()
while [[ $1 != -- ]]; do
    options+=("$1")
    shift
done
shift

if ! command -v "$nvcc" >/dev/null; then
    echo "nvcc, which writes the kernels' PTX, is not here (scripts/setup.sh --cuda says more)" >&2
    [[ ${CI:-} != true ]] || exit 1
    exit 77
fi
stale=()
for source in "$@"; do
    ptx=$folder/$(basename "$source" .cu).ptx
    if [[ ! -f $ptx || -n $(find "$kernels" "$0" -type f -newer "$ptx" -print -quit) ]]; then
        stale+=("$source")
    fi
done
[[ ${#stale[@]} -gt 0 ]] || exit 0
new=$folder/new # so that the folder has only complete files
rm -rf "$new"
mkdir -p "$new"
printf '%s\0' "${stale[@]}" | xargs -0 -n 1 -P "$(nproc)" \
    "$nvcc" "-arch=compute_$sm" "${options[@]}" -ptx -odir "$new"
mv "$new"/*.ptx "$folder"
rmdir "$new"
