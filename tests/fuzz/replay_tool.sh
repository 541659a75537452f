#!/usr/bin/env bash
# replay_tool.sh TBLOG SCRATCH DIRECTORY...: runs the tool on every file of the directories. Each
# command must end with one of its own exit statuses, not a sanitizer's. Files that it repairs and
# then merges must be complete.
set -euo pipefail
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99 TSAN_OPTIONS=exitcode=99
tool=$1 scratch=$2
shift 2
rm -rf "$scratch"
mkdir -p "$scratch/files" "$scratch/repaired"
find "$@" -type f -print0 | sort -z | while IFS= read -r -d '' file; do
    cp "$file" "$scratch/files/$(basename "$file").tfevents"
done

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
run verify "$scratch/files"
run ls "$scratch/files"
files=0
for file in "$scratch"/files/*; do
    run cat "$file"
    run repair "$file" -o "$scratch/repaired/$(basename "$file")"
    files=$((files + 1))
done
"$tool" verify "$scratch/repaired" >/dev/null
"$tool" merge "$scratch/repaired" -o "$scratch/merged"
"$tool" verify "$scratch/merged" >/dev/null
[[ $files -gt 20 ]]
echo "$files files"
