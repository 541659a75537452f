#!/usr/bin/env bash
# From a fresh machine to the tests' result.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: scripts/test.sh [PRESET]...

Installs what the tests need, fetches MNIST, makes the Python environments (with TensorFlow and
PyTorch they take 3 GB in .venv), checks the scripts with shellcheck (where it is installed) and the
sources with clang-format and clang-tidy, then builds and tests each preset: release, asan and tsan
unless others are named, and where nvcc is, cuda before them. Stops at the first that fails; its
exit status is the result.

Preset cuda is built and linked, with the programs that scripts/gpu_bundle.sh takes to a device, and
what was built is examined (tests with the label `cuda`); no device is needed. The other presets are
built without the CUDA engine: its sources are tested there all the same, compiled for the host.
Preset fuzz, which needs clang-14 with its runtime, runs only where it is named: libFuzzer then looks
for what tblog takes badly, for ten seconds a target.

Tests with the label `tensorboard` hold the logs against stock TensorBoard and Chromium; they run
with the release preset only, for a sanitizer would tell nothing about Python. With CI=true in the
environment a test that cannot run for want of a tool, nvcc included, fails; otherwise it is skipped.
END
}

case ${1:-} in
-h | --help)
    usage
    exit
    ;;
-*)
    usage >&2
    exit 2
    ;;
esac
presets=("$@")
if [[ $# -eq 0 ]]; then
    presets=(release asan tsan)
    if [[ ${CI:-} == true ]] || command -v nvcc >/dev/null || [[ -x /usr/local/cuda/bin/nvcc ]]; then
        presets=(cuda "${presets[@]}")
    else
        echo "test: preset cuda is left out: nvcc is not here"
    fi
fi

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh --tests
scripts/fetch_mnist.sh
scripts/python_venv.sh tensorboard
scripts/python_venv.sh frameworks

check_scripts() {
    local script
    for script in scripts/*.sh tests/*.sh bench/*.sh .ci/run; do
        bash -n "$script"
    done
    if command -v shellcheck >/dev/null; then
        shellcheck scripts/*.sh tests/*.sh bench/*.sh .ci/run
    fi
}

check_layout() {
    find kernels tblog trainer tests bench \
        \( -name '*.[ch]' -o -name '*.cu' -o -name '*.cuh' -o -name '*.cpp' \) \
        -exec clang-format-14 --dry-run -Werror {} +
}

# One file a call: clang-tidy 14 finds uninitialized va_lists that are none where it is given several.
check_code() {
    cmake --preset release -DBUILD_TESTING=ON -DWARNINGS_AS_ERRORS=ON -DCUDA=OFF >/dev/null
    cmake --build --preset release --target tblog_proto >/dev/null # the headers that it generates
    find kernels tblog trainer -name '*.c' -print0 |
        xargs -0 -n 1 -P "$(nproc)" clang-tidy-14 --quiet -p build/release 2>/dev/null
}

# In a subshell for its trap. What goes to a device is all that only nvcc can build.
test_cuda() (
    scripts/setup.sh --cuda
    cmake --preset cuda -DBUILD_TESTING=ON -DWARNINGS_AS_ERRORS=ON >/dev/null
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    scripts/gpu_bundle.sh --output "$folder/bundle"
    ctest --preset cuda --label-regex '^cuda$'
)

test_preset() { # preset
    local selection=() launcher=()
    case $1 in
    asan | tsan) selection=(--label-exclude '^tensorboard$') ;;
    esac
    # GCC's ThreadSanitizer cannot start where the kernel randomizes addresses by more bits than
    # it knows (Ubuntu 24.04), so its tests run without.
    if [[ $1 == tsan ]] && setarch -R true 2>/dev/null; then
        launcher=(setarch -R)
    fi
    cmake --preset "$1" -DBUILD_TESTING=ON -DWARNINGS_AS_ERRORS=ON -DCUDA=OFF >/dev/null
    cmake --build --preset "$1" --parallel "$(nproc)"
    "${launcher[@]}" ctest --preset "$1" --parallel "$(nproc)" "${selection[@]}"
}

echo "test: scripts and sources"
check_scripts
check_layout
check_code
for preset in "${presets[@]}"; do
    echo "test: preset $preset"
    if [[ $preset == cuda ]]; then
        test_cuda
    else
        test_preset "$preset"
    fi
done
