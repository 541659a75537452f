#!/usr/bin/env bash
# The tests, in three tiers.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: scripts/test.sh [quick | all | PRESET...]

  quick      before a commit: builds preset release and runs its quick tests, in less than two
             minutes after the build. Installs nothing and needs no network; a test that lacks a
             tool is skipped
  (nothing)  everything that a user's machine can run: also the tests against stock TensorBoard,
             Chromium and the frameworks, and the quick tests under the sanitizers (asan, tsan)
  all        what .ci/run runs: also exported models in other programs and their old versions,
             schedulers, the fault harness, other architectures, and the code that nvcc writes for
             the kernels, executed on the CPU; all other tests under the sanitizers; preset cuda
  PRESET     only the given presets, with all their tests: release, asan, tsan, cuda, fuzz

All but `quick` first install what the tests need, fetch MNIST and make the Python environments,
which take 3 GB in .venv; `all` and PRESET make two more, of 2 GB. Nothing is installed or built
twice.

The layout of the sources (clang-format) is checked too, and the code (clang-tidy) of the C files of
command_line, kernels, tblog and trainer. `all`, and CI=true in the environment, check every file;
otherwise only files are checked that differ from the upstream branch, or, if there is none, from the
last commit.

If a step fails, the others still run. At the end a table of all steps is printed; the exit status is
0 if none failed.

Preset cuda builds the programs that scripts/gpu_bundle.sh bundles, for all architectures, and checks
them; it needs no GPU. The other presets are built without the CUDA engine; they test its sources
compiled for the host. Preset fuzz, which needs clang-14 with its runtime, runs each target for ten
seconds.

A test or check that lacks a tool, such as nvcc, is skipped; with CI=true it fails.
END
}

# shellcheck source=scripts/options.sh
source "$(dirname "${BASH_SOURCE[0]}")/options.sh"
tier=default
presets=(release asan tsan)
case ${1:-} in
-h | --help)
    usage
    exit
    ;;
-*) wrong_usage "unknown option '$1'" ;;
'') ;;
quick)
    tier=quick
    presets=(release)
    ;;
all)
    tier=all
    presets=(cuda release asan tsan)
    ;;
*)
    tier=named
    presets=("$@")
    ;;
esac
if [[ $tier != named && $# -gt 1 ]]; then
    wrong_usage "'$1' is a tier; it takes no further arguments"
fi
# A forge's checkout has no upstream branch, so nothing would count as changed there.
every_file=no
if [[ $tier == all || ${CI:-} == true ]]; then
    every_file=yes
fi

cd "$(dirname "${BASH_SOURCE[0]}")/.."
results=build/test-results
rm -rf "$results"
mkdir -p "$results"

# step NAME FUNCTION [ARGUMENT...]: runs one step in a subshell and records its status; a failure
# does not end this script.
step() {
    local name=$1 begin=$SECONDS status
    shift
    echo "test: $name"
    set +e # not `||`, after which the step's own `set -e` would have no effect
    (
        set -e
        "$@"
    )
    status=$?
    set -e
    printf '%s\t%s\t%s\n' "$name" "$status" "$((SECONDS - begin))" >>"$results/steps"
}

# Ends a step that cannot run here.
skip() { # its name, why
    echo "$2" >"$results/$1.skipped"
    [[ ${CI:-} != true ]] || exit 1
    exit 77
}

set_up() {
    if [[ $tier == default ]]; then
        scripts/setup.sh --tests
    else
        scripts/setup.sh --all-tests
    fi
    scripts/fetch_mnist.sh
    scripts/python_venv.sh format
    scripts/python_venv.sh tensorboard
    scripts/python_venv.sh frameworks
    if [[ $tier != default ]]; then
        scripts/python_venv.sh older_frameworks
        scripts/python_venv.sh old_cmake
        scripts/python_venv.sh models
        scripts/fetch_protobuf_c.sh
    fi
}

check_scripts() {
    local scripts=(scripts/*.sh tests/*.sh tests/*/*.sh tests/scale_out/ssh bench/*.sh
        contrib/slurm/*.sbatch .ci/run)
    local script
    for script in "${scripts[@]}"; do
        bash -n "$script"
    done
    if ! command -v shellcheck >/dev/null; then
        skip scripts "no shellcheck: scripts/setup.sh --tests installs it"
    fi
    shellcheck --external-sources "${scripts[@]}"
}

# The files that match git's patterns and that a check looks at: every one, or those that changed.
files_to_check() { # pattern...
    local base
    if [[ $every_file == yes ]]; then
        git ls-files -- "$@"
        return
    fi
    base=$(git merge-base HEAD '@{upstream}' 2>/dev/null || git rev-parse HEAD)
    git diff --name-only --diff-filter=d "$base" -- "$@"
    git ls-files --others --exclude-standard -- "$@"
}

check_layout() {
    local clang_format=.venv/format/bin/clang-format files
    if ! git rev-parse HEAD >/dev/null 2>&1; then
        skip layout "this is no git checkout"
    fi
    if [[ ! -x $clang_format ]]; then
        skip layout "no .venv/format: scripts/python_venv.sh format makes it"
    fi
    mapfile -t files < <(files_to_check '*.[ch]' '*.cu' '*.cuh' '*.cpp' '*.hpp')
    if [[ ${#files[@]} -gt 0 ]]; then
        "$clang_format" --dry-run -Werror "${files[@]}"
    fi
}

# One file per call: given several, clang-tidy 14 reports initialized va_lists as uninitialized.
check_code() {
    local changed files header
    if ! git rev-parse HEAD >/dev/null 2>&1; then
        skip code "this is no git checkout"
    fi
    if ! command -v clang-tidy-14 >/dev/null; then
        skip code "no clang-tidy-14: scripts/setup.sh --tests installs it"
    fi
    mapfile -t changed < <(files_to_check 'command_line/*.[ch]' 'kernels/*.[ch]' 'tblog/*.[ch]' \
        'trainer/*.[ch]')
    files=()
    for header in "${changed[@]}"; do
        if [[ $header == *.c ]]; then
            files+=("$header")
        elif [[ $every_file == no ]]; then
            mapfile -t -O "${#files[@]}" files < <(
                git grep -l "\"${header##*/}\"" -- 'command_line/*.c' 'kernels/*.c' 'tblog/*.c' \
                    'trainer/*.c')
        fi
    done
    if [[ ${#files[@]} -gt 0 ]]; then
        configure release
        # Builds the generated headers.
        cmake --build --preset release --target tblog_proto trainer_proto onnx_proto >/dev/null
        printf '%s\0' "${files[@]}" | sort -zu |
            xargs -0 -n 1 -P "$(nproc)" clang-tidy-14 --quiet -p build/release 2>/dev/null
    fi
}

configure() { # preset
    local cuda=OFF
    [[ $1 != cuda ]] || cuda=ON
    cmake --preset "$1" -DBUILD_TESTING=ON -DWARNINGS_AS_ERRORS=ON -DCUDA="$cuda" >/dev/null
}

run_ctest() { # preset, option of ctest...
    local preset=$1 launcher=()
    shift
    # GCC's ThreadSanitizer cannot start if the kernel randomizes more address bits than it expects
    # (Ubuntu 24.04), so its tests run without address randomization.
    if [[ $preset == tsan ]] && setarch -R true 2>/dev/null; then
        launcher=(setarch -R)
    fi
    "${launcher[@]}" ctest --preset "$preset" --output-junit "$PWD/$results/$preset.xml" "$@"
}

# Builds with nvcc, makes the bundle for a GPU machine, and runs the tests with the label cuda.
test_cuda() {
    if [[ ${CI:-} != true ]] && ! command -v nvcc >/dev/null && [[ ! -x /usr/local/cuda/bin/nvcc ]]; then
        skip cuda "nvcc is not here"
    fi
    scripts/setup.sh --cuda
    configure cuda
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    scripts/gpu_bundle.sh --output "$folder/bundle"
    run_ctest cuda --label-regex '^cuda$'
}

# Labels that a run leaves out: those of larger tiers; for the sanitizers, which find nothing in
# Python, also the tests of scripts and those with stock TensorBoard.
excluded_labels() { # preset
    local labels=() sanitized=no
    case $1 in
    asan | tsan)
        sanitized=yes
        labels+=(tensorboard scripts)
        ;;
    esac
    case $tier:$sanitized in
    quick:* | default:yes) labels+=(tier-default tier-all) ;;
    default:no) labels+=(tier-all) ;;
    esac
    local IFS='|'
    echo "^(${labels[*]:-none})$"
}

test_preset() { # preset
    configure "$1"
    cmake --build --preset "$1" --parallel "$(nproc)"
    run_ctest "$1" --parallel "$(nproc)" --label-exclude "$(excluded_labels "$1")"
}

if [[ $tier != quick ]]; then
    step setup set_up
fi
step scripts check_scripts
step layout check_layout
step code check_code
for preset in "${presets[@]}"; do
    if [[ $preset == cuda ]]; then
        step cuda test_cuda
    else
        step "$preset" test_preset "$preset"
    fi
done
python3 -B tests/result_table.py "$results"
