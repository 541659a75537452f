#!/usr/bin/env bash
# Makes Debian packages of tblog.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: scripts/debian_packages.sh [--output DIR] [--contact 'NAME <ADDRESS>']

Builds tblog alone as Debian builds its packages, and packs it: libtblogX.Y is the library,
libtblog-dev its development files, tblog the command.

  --output DIR   where to (default: build/debian-packages)
  --contact WHO  who maintains the packages (default: tblog <tblog@example.org>)
  -h, --help     this text

Needs what the build of tblog needs, CMake 3.19 and dpkg-dev.
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=scripts/options.sh
source "$root/scripts/options.sh"
output=$root/build/debian-packages
contact='tblog <tblog@example.org>'
take_options output contact -- "$@"
mkdir -p "$output"
output=$(cd "$output" && pwd -P)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DEB_BUILD_MAINT_OPTIONS="hardening=+all reproducible=-fixfilepath,-fixdebugpath"
c_flags="$(dpkg-buildflags --get CFLAGS) $(dpkg-buildflags --get CPPFLAGS)"
link_flags=$(dpkg-buildflags --get LDFLAGS)
# With the prefix /usr, CMake installs the library into the architecture's own folder.
cmake -S "$root" -B "$work" -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_BUILD_TYPE=None -DTBLOG_ONLY=ON \
    -DBUILD_TESTING=OFF -DTBLOG_BUNDLED_PROTOBUF_C=OFF \
    -DTBLOG_PACKAGE_CONTACT="$contact" -DCMAKE_C_FLAGS="$c_flags '-ffile-prefix-map=$root=.'" \
    -DCMAKE_EXE_LINKER_FLAGS="$link_flags" -DCMAKE_SHARED_LINKER_FLAGS="$link_flags" >/dev/null
cmake --build "$work" --parallel "$(nproc)" >/dev/null
(cd "$work" && cpack -G DEB -B "$work/packages" >/dev/null)
# Packages of an older version must not be installed with the new ones.
rm -f "$output"/libtblog*.deb "$output"/tblog_*.deb
mv "$work"/packages/*.deb "$output"
echo "debian_packages: made packages in $output"
