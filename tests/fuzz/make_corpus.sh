#!/usr/bin/env bash
# make_corpus.sh WRITE_KINDS MAKE_CORPUS DIRECTORY: makes the corpus again, from an event file with
# every kind of value.
set -euo pipefail
rm -rf "$3"
mkdir -p "$3"
"$1" "$3/run"
"$2" "$3"/run/*tfevents* "$3"
