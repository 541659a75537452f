#!/usr/bin/env bash
# replay_tool.sh TBLOG SCRATCH DIRECTORY...: the tool on every file of the directories. Whatever is in
# a file, each command ends with a status of its own, which a sanitizer's is not.
set -euo pipefail
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99 TSAN_OPTIONS=exitcode=99
tool=$1 scratch=$2
shift 2
rm -rf "$scratch"
mkdir -p "$scratch"
files=0
run() {
    local status=0
    "$tool" "$@" >/dev/null 2>"$scratch/errors" || status=$?
    case $status in
    0 | 1 | 3) ;;
    *)
        echo "tblog $*: status $status" >&2
        cat "$scratch/errors" >&2
        exit 1
        ;;
    esac
}
for directory in "$@"; do
    for file in "$directory"/*; do
        [[ -f $file ]] || continue
        copy=$scratch/$(basename "$file").tfevents
        cp "$file" "$copy"
        run verify "$copy"
        run ls "$copy"
        run cat "$copy"
        rm -f "$scratch/repaired.tfevents"
        run repair "$copy" -o "$scratch/repaired.tfevents"
        if [[ -e $scratch/repaired.tfevents ]]; then
            "$tool" verify "$scratch/repaired.tfevents" >/dev/null
        fi
        rm "$copy"
        files=$((files + 1))
    done
done
[[ $files -gt 0 ]]
echo "$files files"
