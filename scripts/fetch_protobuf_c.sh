#!/usr/bin/env bash
# Fetches the source of protobuf-c, for scripts/release.sh --protobuf-c.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: scripts/fetch_protobuf_c.sh [DIR]

Puts the source of protobuf-c, as Debian and Ubuntu publish it, into DIR (default:
build/protobuf-c). Does nothing if it is there. apt-get fetches it and checks its signature. This
needs neither root nor a line `deb-src` in apt's sources, and leaves the system's lists unchanged.
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=scripts/options.sh
source "$root/scripts/options.sh"
case ${1:-} in
-h | --help)
    usage
    exit
    ;;
-*) wrong_usage "unknown option '$1'" ;;
esac
if [[ $# -gt 1 ]]; then
    wrong_usage "only one folder"
fi
output=${1:-$root/build/protobuf-c}
if [[ -e $output/protobuf-c/protobuf-c.c ]]; then
    exit
fi

# shellcheck source=scripts/private_apt.sh
source "$root/scripts/private_apt.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
private_apt_begin "$work" deb-src "$(dpkg --print-architecture)"
cd "$work"
"${private_apt[@]}" source --download-only protobuf-c
mkdir source
tar -xf protobuf-c_*.orig.tar.* --strip-components=1 -C source
mkdir -p "$(dirname "$output")"
rm -rf "$output"
mv source "$output"
