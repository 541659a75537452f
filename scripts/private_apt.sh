# Sourced by other scripts: apt-get with its own package lists, which leaves the system's unchanged.
# shellcheck shell=bash

# private_apt_begin FOLDER deb|deb-src ARCHITECTURE: fetches the distribution's package lists into
# FOLDER, and sets the array `private_apt`, the command to call in FOLDER.
private_apt_begin() {
    local uri release origin component
    mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
    # shellcheck disable=SC2016 # apt-get puts the values in
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(ORIGIN) $(COMPONENT)' \
        'Created-By: Packages' | sort -u >"$1/known"
    while read -r uri release origin component; do
        # Only the release itself: its updates are not needed, and are not always complete for every
        # processor.
        case $origin:$component:$release in
        *-*) ;;
        Debian:main:* | Ubuntu:main:* | Ubuntu:universe:*)
            echo "$2 [signed-by=/usr/share/keyrings/${origin,}-archive-keyring.gpg]" \
                "$uri $release $component"
            ;;
        esac
    done <"$1/known" >"$1/sources.list"
    : >"$1/status"
    private_apt=(apt-get -qq -o APT::Sandbox::User="$(id -un)" -o APT::Architecture="$3"
        -o APT::Architectures="$3" -o Dir::Etc::SourceList="$1/sources.list"
        -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$1/lists"
        -o Dir::State::Status="$1/status" -o Dir::Cache="$1/cache")
    "${private_apt[@]}" update
}
