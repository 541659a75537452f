#!/usr/bin/env bash
# Shows runs in stock TensorBoard.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: scripts/view.sh [LOGDIR] [option of tensorboard]...

Starts stock TensorBoard on LOGDIR (given first; default: logs of this repository) and prints its
address; ends with Ctrl-C. The first call makes its Python environment, .venv/view. Runs may still
be training: the page follows them.

  --port N     the port (default: the first free one from 6006 on)
  --bind_all   let other machines see the page too (default: this machine only)
  --host ADDR  listen on this address of the machine
  -h, --help   this text
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
logdir=$root/logs
case ${1:-} in
-h | --help)
    usage
    exit
    ;;
'' | -*) ;;
*)
    logdir=$1
    shift
    ;;
esac
if [[ ! -d $logdir ]]; then
    echo "view: $logdir: no such directory" >&2
    exit 1
fi

host=(--host localhost)
for option in "$@"; do
    case $option in
    --host | --host=* | --bind_all) host=() ;; # TensorBoard refuses two of them
    esac
done

"$root/scripts/setup.sh" --view
"$root/scripts/python_venv.sh" view
exec "$root/.venv/view/bin/python" -m tensorboard.main "${host[@]}" --logdir "$logdir" "$@"
