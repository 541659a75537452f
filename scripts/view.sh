#!/usr/bin/env bash
# Shows runs in stock TensorBoard.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: scripts/view.sh [LOGDIR] [option of tensorboard]...

Starts stock TensorBoard on LOGDIR (given first; default: logs of this repository) and prints its address; ends
with Ctrl-C. It listens on this machine only. The first call makes its Python environment,
.venv/tensorboard. Runs may still be training: the page follows them.

  --port N    the port (default: the first free one from 6006 on)
  -h, --help  this text
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

"$root/scripts/setup.sh" --view
"$root/scripts/python_venv.sh" tensorboard
exec "$root/.venv/tensorboard/bin/python" -m tensorboard.main --host localhost --logdir "$logdir" "$@"
