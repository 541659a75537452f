#!/usr/bin/env bash
# fetch_fashion_mnist.sh [DIR]: puts Fashion-MNIST's four gzipped IDX files into DIR (default:
# data/fashion-mnist of this tree).
#
# They come from Debian's and Ubuntu's package dataset-fashion-mnist. The package is unpacked, not
# installed, so this needs no root. Does nothing if DIR has all four, plain or gzipped.
# Exit code: 0 all four are there; 1 some are missing; 2 wrong usage.
set -euo pipefail
unset CDPATH

package=dataset-fashion-mnist
names=(train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte
    t10k-labels-idx1-ubyte)

say() {
    printf 'fetch_fashion_mnist: %s\n' "$*" >&2
}

has_all() { # folder
    local name
    for name in "${names[@]}"; do
        [[ -f $1/$name || -f $1/$name.gz ]] || return 1
    done
}

# Unpacks into the current folder. apt-get checks the package, and chooses its file's name.
unpack_package() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null &&
        apt-get -qq download "$package" && dpkg-deb -x "$package"_*.deb .
}

case $#:${1-} in
1:-h | 1:--help)
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
    exit 0
    ;;
0:) dir=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)/data/fashion-mnist ;;
1:[!-]*) dir=$1 ;;
*)
    say "usage: fetch_fashion_mnist.sh [DIR]"
    exit 2
    ;;
esac

if has_all "$dir"; then
    exit 0
fi
mkdir -p -- "$dir"
dir=$(cd -P -- "$dir" && pwd)
# In the same directory as the files, so that they can be renamed into place.
work=$(mktemp -d -- "$dir/.fetch_fashion_mnist.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

say "taking $package from this system's package servers"
if ! (cd -- "$work" && unpack_package) || ! has_all "$work/usr/share/datasets/fashion-mnist"; then
    say "Fashion-MNIST could not be fetched. By hand: put into $dir"
    printf '  %s.gz\n' "${names[@]}" >&2
    say "of https://github.com/zalandoresearch/fashion-mnist (data/fashion)"
    exit 1
fi
mv -f -- "$work"/usr/share/datasets/fashion-mnist/*.gz "$dir"
say "Fashion-MNIST is in $dir"
