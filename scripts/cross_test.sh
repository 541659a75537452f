#!/usr/bin/env bash
# Tests tblog on processors of other architectures, which QEMU emulates.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: scripts/cross_test.sh [ARCHITECTURE...]

Builds the library for each architecture with Debian's cross compiler, and runs its own tests under
QEMU. The default is all three:

  arm64  64 bits, with the instruction for the checksum
  i386   32 bits
  s390x  64 bits, big-endian

An architecture's libraries are in build/cross/ARCHITECTURE/root. They are downloaded once, not
installed on the system. Needs the packages that scripts/setup.sh --all-tests installs.
END
}

architectures=(arm64 i386 s390x)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=scripts/options.sh
source "$root/scripts/options.sh"
case ${1:-} in
-h | --help)
    usage
    exit
    ;;
-*) wrong_usage "unknown option '$1'" ;;
?*) architectures=("$@") ;;
esac
# shellcheck source=scripts/private_apt.sh
source "$root/scripts/private_apt.sh"

# Sets `processor`, as compilers and QEMU name it, and `triplet`, as Debian's folders are named.
name_processor() { # architecture
    case $1 in
    arm64) processor=aarch64 triplet=aarch64-linux-gnu compiler=aarch64-linux-gnu-gcc ;;
    i386) processor=i386 triplet=i386-linux-gnu compiler=i686-linux-gnu-gcc ;;
    s390x) processor=s390x triplet=s390x-linux-gnu compiler=s390x-linux-gnu-gcc ;;
    *)
        wrong_usage "unknown architecture '$1'; known are arm64, i386 and s390x"
        ;;
    esac
}

# Without the command, exits with CTest's status for a skipped test, or with CI=true as failed.
demand() { # command
    if ! command -v "$1" >/dev/null; then
        echo "cross_test: no $1: scripts/setup.sh --all-tests installs it" >&2
        [[ ${CI:-} == true ]] || exit 77
        exit 1
    fi
}

fetch_libraries() { # architecture, folder
    if [[ -e $2/complete ]]; then
        return
    fi
    local work package
    work=$(mktemp -d)
    rm -rf "$2"
    mkdir -p "$2"
    (
        private_apt_begin "$work" deb "$1"
        cd "$work"
        "${private_apt[@]}" download libc6 libgcc-s1 zlib1g zlib1g-dev libprotobuf-c1 \
            libprotobuf-c-dev check libsubunit0 libsubunit-dev
        for package in *.deb; do
            dpkg-deb --extract "$package" "$2"
        done
    )
    rm -rf "$work"
    touch "$2/complete" # made last, so it marks a complete folder
}

test_on() { # architecture
    local folder=$root/build/cross/$1
    local libraries=$folder/root
    name_processor "$1"
    demand "$compiler"
    demand "qemu-$processor-static"
    echo "cross_test: $1"
    fetch_libraries "$1" "$libraries"
    # A link whose path has no space: pkg-config's output cannot quote one. The link changes each
    # time, and a build remembers paths, so the build is new too.
    link=$(mktemp -d)
    trap 'rm -rf "$link"' EXIT # each architecture has its own subshell
    ln -s "$libraries" "$link/root"
    libraries=$link/root
    rm -rf "$folder/build"
    export PKG_CONFIG_LIBDIR=$libraries/usr/lib/$triplet/pkgconfig:$libraries/usr/share/pkgconfig
    export PKG_CONFIG_SYSROOT_DIR=$libraries
    cmake -S "$root" -B "$folder/build" -DCMAKE_BUILD_TYPE=Release -DTBLOG_ONLY=ON -DTBLOG_TOOL=OFF \
        -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$processor" \
        -DCMAKE_C_COMPILER="$compiler" -DCMAKE_FIND_ROOT_PATH="$libraries" \
        -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY \
        -DCMAKE_C_FLAGS="-isystem '$libraries/usr/include' -isystem '$libraries/usr/include/$triplet'" \
        -DCMAKE_EXE_LINKER_FLAGS="-Wl,-rpath-link,'$libraries/usr/lib/$triplet'" \
        -DCMAKE_CROSSCOMPILING_EMULATOR="qemu-$processor-static;-L;$libraries" \
        -DWARNINGS_AS_ERRORS=ON >/dev/null
    cmake --build "$folder/build" --parallel "$(nproc)" >/dev/null
    if [[ $1 == arm64 ]]; then
        export TBLOG_DEMAND_INSTRUCTION=1 # without it, check_crc32c would pass and test nothing
    fi
    # check_writer_sweep, which makes every system call fail, takes minutes under QEMU and does not
    # depend on the processor.
    ctest --test-dir "$folder/build" --parallel "$(nproc)" --output-on-failure \
        --exclude-regex '^check_writer_sweep$'
}

for architecture in "${architectures[@]}"; do
    (test_on "$architecture")
done
