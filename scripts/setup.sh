#!/usr/bin/env bash
# Installs the packages that building, testing or viewing needs: only those that are missing.
set -euo pipefail

usage() {
    cat <<'END'
Usage: scripts/setup.sh [--tests | --all-tests | --view | --cuda]

Installs the system packages that this project needs on Debian 12 and Ubuntu 24.04, if they are
missing: by apt-get, as root or with sudo. If neither is possible it lists the missing packages and
exits with 1.

  (no option)  what scripts/run.sh needs: to build the trainer and to fetch MNIST
  --tests      also what scripts/test.sh needs
  --all-tests  also what scripts/test.sh all needs
  --view       only what scripts/view.sh needs
  --cuda       what the build with the CUDA engine needs. nvcc 13 must be installed. If its toolkit
               has no cuBLAS, pip installs NVIDIA's wheel of it into .venv/cublas
  -h, --help   this text
END
}

# shellcheck source=scripts/options.sh
source "$(dirname "${BASH_SOURCE[0]}")/options.sh"

for_build=(gcc libc6-dev cmake make pkg-config protobuf-c-compiler libprotobuf-c-dev zlib1g-dev
    libzip-dev libjansson-dev libpng-dev libcairo2-dev curl ca-certificates)
for_tests=(g++ check bindfs mandoc doxygen shellcheck clang-tidy-14 chromium chromium-driver
    fonts-liberation hdf5-tools zsh fish)
for_all_tests=(clang-14 lintian mmdebstrap dpkg-dev qemu-user-static gcc-aarch64-linux-gnu
    libc6-dev-arm64-cross gcc-i686-linux-gnu libc6-dev-i386-cross gcc-s390x-linux-gnu
    libc6-dev-s390x-cross slurm-wlm munge openmpi-bin parallel iproute2)
for_view=(python3 python3-venv)
cublas_version=13.0.2.14 # of the toolkit's own line, CUDA 13.0

has_command() {
    command -v "$1" >/dev/null
}

has_server() { # whose folder only root has on PATH
    PATH=$PATH:/usr/sbin has_command "$1"
}

has_library() { # a pkg-config module
    has_command pkg-config && pkg-config --exists "$1"
}

has_cmake() {
    has_command cmake || return 1
    local version
    version=$(cmake --version | sed -n '1s/.* //p')
    [[ $(printf '%s\n' 3.25 "$version" | sort -V | head -n 1) == 3.25 ]]
}

has_browser() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        has_command "$name" && return
    done
    return 1
}

# Looks for the program or library, not for its package, so that one from elsewhere counts.
is_present() {
    case $1 in
    libc6-dev) [[ -e /usr/include/stdio.h ]] ;;
    cmake) has_cmake ;;
    protobuf-c-compiler) has_command protoc-c ;;
    libprotobuf-c-dev) has_library 'libprotobuf-c >= 1.4' ;;
    zlib1g-dev) has_library zlib ;;
    libzip-dev) has_library libzip ;;
    libjansson-dev) has_library jansson ;;
    libpng-dev) has_library 'libpng >= 1.6' ;;
    libcairo2-dev) has_library 'cairo >= 1.16' ;;
    check) has_library check ;;
    ca-certificates) [[ -e /etc/ssl/certs/ca-certificates.crt ]] ;;
    python3-venv) has_command python3 && python3 -c 'import ensurepip, venv' 2>/dev/null ;;
    chromium) has_browser ;;
    chromium-driver) has_command chromedriver ;;
    hdf5-tools) has_command h5dump ;;
    dpkg-dev) has_command dpkg-buildflags ;;
    iproute2) has_command ip ;;
    munge) has_server munged ;;
    openmpi-bin) has_command mpirun ;;
    slurm-wlm) has_server slurmctld && has_server slurmd ;;
    qemu-user-static) has_command qemu-s390x-static ;;
    gcc-*-linux-gnu) has_command "${1#gcc-}-gcc" ;;
    libc6-dev-arm64-cross) [[ -e /usr/aarch64-linux-gnu/include/stdio.h ]] ;;
    libc6-dev-i386-cross) [[ -e /usr/i686-linux-gnu/include/stdio.h ]] ;;
    libc6-dev-s390x-cross) [[ -e /usr/s390x-linux-gnu/include/stdio.h ]] ;;
    fonts-liberation) [[ -d /usr/share/fonts/truetype/liberation ]] ;;
    *) has_command "$1" ;;
    esac
}

is_ubuntu() {
    [[ -r /etc/os-release ]] && grep -q '^ID=ubuntu$' /etc/os-release
}

# Ubuntu's Chromium is a snap, which apt-get cannot install on a machine without snapd.
cannot_be_installed() {
    is_ubuntu && [[ $1 == chromium || $1 == chromium-driver ]]
}

find_missing() { # package… -> the arrays `missing` and `unavailable`
    missing=()
    unavailable=()
    local package
    for package in "$@"; do
        if is_present "$package"; then
            continue
        elif cannot_be_installed "$package"; then
            unavailable+=("$package")
        else
            missing+=("$package")
        fi
    done
}

install() { # package…
    local as_root=()
    if [[ $EUID -ne 0 ]]; then
        if has_command sudo && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
            as_root=(sudo)
        else
            return 1
        fi
    fi
    has_command apt-get || return 1
    echo "setup: installing $*"
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
    "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "$@" >/dev/null
}

# Tries header and library: some packages of the toolkit have only one of them.
toolkit_has_cublas() ( # nvcc
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    printf '#include <cublas_v2.h>\nint main() { return cublasDestroy(0); }\n' >"$folder/try.cu"
    "$1" -o "$folder/try" "$folder/try.cu" -lcublas >/dev/null 2>&1
)

# The wheel holds only headers and shared libraries; cmake/cuda.cmake finds them.
install_cublas() {
    local root venv
    root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
    venv=$root/.venv/cublas
    mkdir -p "$root/.venv"
    exec {lock}>"$root/.venv/lock" # two scripts started at the same time make it once
    flock "$lock"
    [[ $(cat "$venv/version" 2>/dev/null) != "$cublas_version" ]] || return 0
    echo "setup: putting nvidia-cublas $cublas_version into .venv/cublas"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps \
        --only-binary :all: "nvidia-cublas==$cublas_version"
    echo "$cublas_version" >"$venv/version" # written last, so it marks a complete folder
}

set_up_cuda() {
    local nvcc
    nvcc=$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)
    if [[ ! -x $nvcc ]]; then
        echo "setup: nvcc is neither on PATH nor in /usr/local/cuda/bin: install NVIDIA's CUDA" \
            "toolkit 13, as https://developer.nvidia.com/cuda-downloads says" >&2
        exit 1
    fi
    local release
    release=$("$nvcc" --version | sed -n 's/.*release \([0-9]*\).*/\1/p')
    if [[ ${release:-0} -lt 13 ]]; then
        echo "setup: $nvcc is too old: CUDA 13 is needed" >&2
        exit 1
    fi
    toolkit_has_cublas "$nvcc" || install_cublas
}

wanted=("${for_build[@]}")
case ${1:-} in
'') ;;
--tests) wanted+=("${for_tests[@]}" "${for_view[@]}") ;;
--all-tests) wanted+=("${for_tests[@]}" "${for_view[@]}" "${for_all_tests[@]}") ;;
--view) wanted=("${for_view[@]}") ;;
--cuda) wanted+=(g++ "${for_view[@]}") ;;
-h | --help)
    usage
    exit
    ;;
*) wrong_usage "unknown option '$1'" ;;
esac
if [[ $# -gt 1 ]]; then
    wrong_usage "only one option at a time"
fi

find_missing "${wanted[@]}"
if [[ ${#unavailable[@]} -gt 0 ]]; then
    echo "setup: Ubuntu has no package of: ${unavailable[*]}. The browser test needs Chromium or" \
        "Google Chrome, and chromedriver, on PATH" >&2
fi
if [[ ${#missing[@]} -gt 0 ]]; then
    install "${missing[@]}" && find_missing "${missing[@]}"
fi
if [[ ${#missing[@]} -gt 0 ]]; then
    echo "setup: missing: ${missing[*]}" >&2
    if [[ " ${missing[*]} " == *' cmake '* ]] && has_command cmake; then
        echo "setup: $(command -v cmake) is older than 3.25" >&2
    fi
    echo "setup: install with: sudo apt-get update && sudo apt-get install ${missing[*]}" >&2
    exit 1
fi
if [[ ${1:-} == --cuda ]]; then
    set_up_cuda
fi
