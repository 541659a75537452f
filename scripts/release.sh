#!/usr/bin/env bash
# Makes the archive that a release publishes.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: scripts/release.sh [--output DIR] [--protobuf-c DIR] [--allow-changes]

Makes tblog-VERSION.tar.gz, and its checksum in tblog-VERSION.tar.gz.sha256, which `sha256sum -c`
reads. The archive holds what git tracks here, and what protoc-c makes, so that its users need no
protoc-c. The same sources make the same bytes.

  --output DIR      where to (default: build/release-archive)
  --protobuf-c DIR  include protobuf-c, from its source in DIR (scripts/fetch_protobuf_c.sh): users
                    then need only zlib, and one call of a compiler can build the library
  --allow-changes   take the files as they are, even if they differ from the last commit
  -h, --help        this text

Needs what the whole build needs, git and GNU tar.
END
}

fail() {
    echo "release: $*" >&2
    exit 1
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=scripts/options.sh
source "$root/scripts/options.sh"
output=$root/build/release-archive protobuf_c='' allow_changes=no
take_options output protobuf-c allow-changes! -- "$@"
if [[ -n $protobuf_c ]]; then
    protobuf_c=$(cd "$protobuf_c" && pwd -P)
    [[ -e $protobuf_c/protobuf-c/protobuf-c.c ]] ||
        fail "$protobuf_c has no protobuf-c/protobuf-c.c: scripts/fetch_protobuf_c.sh fetches it"
fi
mkdir -p "$output"
output=$(cd "$output" && pwd -P)

cd "$root"
git rev-parse HEAD >/dev/null 2>&1 || fail "this is no git checkout"
if [[ $allow_changes == no && -n $(git status --porcelain) ]]; then
    fail "there are uncommitted changes: commit them, or give --allow-changes"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Puts protoc-c's output into the folders in which proto/CMakeLists.txt looks for it.
generate() { # the archive's folder
    local target
    local targets=(tblog_proto trainer_proto onnx_proto)
    cmake -S . -B "$work/build" -DCUDA=OFF -DBUILD_TESTING=OFF >/dev/null
    cmake --build "$work/build" --target "${targets[@]}" >/dev/null
    for target in "${targets[@]}"; do
        mkdir -p "$1/proto/generated/$target"
        cp "$work/build/proto/$target"/*.pb-c.[ch] "$1/proto/generated/$target"
    done
}

# The arguments with which a compiler builds the library: include folders, sources, hidden symbols.
list_arguments() { # the archive's folder
    (
        cd "$1"
        echo "-fvisibility=hidden -D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64"
        echo "-Itblog/include -Iproto -Iproto/generated/tblog_proto"
        find tblog -mindepth 2 -name '*.c' ! -path 'tblog/cli/*' ! -path 'tblog/examples/*' \
            -printf '-I%h\n' | sort -u
        find tblog proto -mindepth 2 -name '*.c' ! -path 'tblog/cli/*' ! -path 'tblog/examples/*' \
            ! -path 'proto/generated/trainer_proto/*' ! -path 'proto/generated/onnx_proto/*' | sort
    )
}

version=$(sed -n 's/^#define TBLOG_VERSION_\(MAJOR\|MINOR\|PATCH\) //p' tblog/include/tblog/tblog.h |
    paste -sd.)
name=tblog-$version
mkdir "$work/$name"
git ls-files -z | tar --create --null --files-from=- | tar --extract --directory="$work/$name"
generate "$work/$name"
if [[ -n $protobuf_c ]]; then
    mkdir "$work/$name/proto/protobuf-c"
    cp "$protobuf_c"/protobuf-c/protobuf-c.[ch] "$protobuf_c/LICENSE" "$work/$name/proto/protobuf-c"
    list_arguments "$work/$name" >"$work/arguments"
    mv "$work/arguments" "$work/$name/tblog/one_call.txt"
fi

tar --create --directory="$work" --sort=name --owner=0 --group=0 --numeric-owner \
    --mode=u+rwX,go+rX,go-w --mtime="@$(git log -1 --format=%ct)" --format=ustar "$name" |
    gzip -9n >"$output/$name.tar.gz"
(cd "$output" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
echo "release: made $output/$name.tar.gz"
