#!/usr/bin/env bash
# Makes the folder that scripts/gpu_check.sh needs on a machine with a GPU and little else.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: scripts/gpu_bundle.sh [--build-dir DIR] [--data DIR] [--output DIR]

Builds preset cuda and puts everything that scripts/gpu_check.sh needs into a new folder: the
trainer, tblog, the tests that run on a device, the benchmarks, their libraries, the peers' programs,
and MNIST, gzipped. The machine with the GPU needs a driver, cuBLAS 13 and python3. PyTorch, JAX, ncu
and compute-sanitizer are used if they are installed.

  --build-dir DIR  use the programs in DIR, and build nothing
  --data DIR       MNIST's four IDX files, plain or gzipped (default: data/mnist)
  --output DIR     the folder (default: build/gpu-bundle)
  -h, --help       this text

Fails if one of the programs is missing, the folder has more than 60 MiB, or a program needs a library
that is neither in the folder nor cuBLAS nor the system's C and C++ runtime.
END
}

fail() {
    echo "gpu_bundle: $*" >&2
    exit 1
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=scripts/options.sh
source "$root/scripts/options.sh"
build_dir='' data=$root/data/mnist output=$root/build/gpu-bundle
take_options build-dir data output -- "$@"

programs=(bin/trainer bin/tblog bench/engine_steps bench/gpu_ceilings)
device_tests=(tests/check_cuda_forward_device tests/check_cuda_backward_device
    tests/check_cuda_update_device tests/check_engine tests/check_engine_reference)
max_mebibytes=60
# What the bundle expects on the machine with the GPU: the C and C++ runtime, and cuBLAS.
system_libraries='^(linux-vdso|ld-linux-x86-64|lib(c|m|dl|rt|pthread|stdc\+\+|gcc_s|cublas|cublasLt))\.so'

build_programs() {
    "$root/scripts/setup.sh" --cuda
    (
        cd "$root"
        cmake --preset cuda >/dev/null
        local targets=("${programs[@]##*/}" "${device_tests[@]##*/}")
        targets=("${targets[@]/#tblog/tblog_tool}")
        cmake --build --preset cuda --parallel "$(nproc)" --target "${targets[@]}"
    )
    build_dir=$root/build/cuda
}

# If the trainer has the CUDA engine, no program may be missing: together they check that engine.
check_programs() {
    local program
    [[ -e $build_dir/bin/trainer ]] || fail "$build_dir has no trainer"
    for program in "${programs[@]}" "${device_tests[@]}"; do
        if [[ -e $build_dir/$program ]]; then
            continue
        elif ldd "$build_dir/bin/trainer" | grep -q 'libcublas\.so'; then
            fail "$build_dir has no $program, though its trainer has the CUDA engine"
        fi
        echo "gpu_bundle: $build_dir has no $program: left out" >&2
    done
}

copy_programs() {
    mkdir -p "$output"/{bin,tests,lib,data,bench,scripts}
    local program
    for program in "${programs[@]}"; do
        if [[ -e $build_dir/$program ]]; then
            cp "$build_dir/$program" "$output/bin/"
        fi
    done
    for program in "${device_tests[@]}"; do
        if [[ -e $build_dir/$program ]]; then
            cp "$build_dir/$program" "$output/tests/"
        fi
    done
    cp -r "$root/bench/gpu" "$output/bench/"
    cp -r "$root/bench/peers" "$output/bench/"
    find "$output/bench" -name __pycache__ -prune -exec rm -r {} +
    cp "$root/scripts/gpu_check.sh" "$output/scripts/"
    local commit
    commit=$(cd "$root" && git describe --always --dirty 2>/dev/null) || commit=unknown
    # The programs may have been built from another commit, or from uncommitted changes. So the
    # version includes their checksum.
    local sum
    sum=$(find "$output"/{bin,tests} -type f -print0 | sort -z | xargs -0 cat | sha256sum)
    echo "$commit, programs ${sum:0:8}" >"$output/version"
}

# Programs of presets release and cuda look in ../lib first, also for the libraries that their
# libraries need (hence the linker option --disable-new-dtags).
needed_libraries() { # of all programs, one line each: "name path"; the path is empty if not found
    local name path
    ldd "$output"/bin/* "$output"/tests/* 2>/dev/null |
        sed -nE 's/^\s+(\S+) => (.*) \(0x[0-9a-f]+\)$/\1 \2/p; s/^\s+(\S+) => not found$/\1 /p' |
        sort -u |
        while read -r name path; do
            echo "$name ${path:+$(realpath -s "$path")}"
        done
}

copy_libraries() {
    local name path
    while read -r name path; do
        if [[ ! $name =~ $system_libraries && -e $path && $path != "$output"/* ]]; then
            cp -L "$path" "$output/lib/$name"
        fi
    done < <(needed_libraries)
}

copy_data() {
    local name
    for name in {train,t10k}-{images-idx3,labels-idx1}-ubyte; do
        if [[ -e $data/$name ]]; then
            gzip -n -c "$data/$name" >"$output/data/$name.gz"
        elif [[ -e $data/$name.gz ]]; then
            cp "$data/$name.gz" "$output/data/"
        else
            fail "$data has no $name (scripts/fetch_mnist.sh fetches it)"
        fi
    done
}

check_libraries() {
    local name path
    while read -r name path; do
        if [[ ! $name =~ $system_libraries && $path != "$output"/lib/* ]]; then
            fail "$name is not in the bundle: it is ${path:-nowhere}"
        fi
    done < <(needed_libraries)
}

check_size() {
    local mebibytes
    mebibytes=$(du -sm --apparent-size "$output" | cut -f1)
    if ((mebibytes > max_mebibytes)); then
        fail "the bundle has $mebibytes MiB, more than $max_mebibytes"
    fi
    echo "gpu_bundle: $output, $mebibytes MiB"
}

if [[ -z $build_dir ]]; then
    build_programs
fi
if [[ -e $output && ! -e $output/version ]]; then
    fail "$output is there and is no bundle"
fi
check_programs
rm -rf "$output"
mkdir -p "$output"
output=$(cd "$output" && pwd -P)
copy_programs
copy_libraries
copy_data
check_libraries
check_size
