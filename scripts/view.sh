#!/usr/bin/env bash
# Shows runs in stock TensorBoard.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: scripts/view.sh [LOGDIR] [option of tensorboard]...

Starts stock TensorBoard on LOGDIR (the first argument; default: logs in this repository) and prints
its address. Ctrl-C ends it. The first call makes its Python environment, .venv/view. The page also
follows runs that still train.

If LOGDIR is the parent of runs, it also prints a link that compares batch sizes: one colour for
each, no smoothing, and only the charts with one curve per run.

  --port N     the port (default: the first free one from 6006 on)
  --bind_all   let other machines see the page too (default: this machine only)
  --host ADDR  listen on this address of the machine
  -h, --help   this text
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=scripts/options.sh
source "$root/scripts/options.sh"
logdir=$root/logs
case ${1:-} in
'' | -*) ;;
*)
    logdir=$1
    shift
    ;;
esac
# TensorBoard's options. It may not be installed yet, and checks their values later.
check_options --bind_all --db --db_import --detect_file_replacement --event_file \
    --extra_data_server_flags --generic_data --grpc_creds_type --grpc_data_provider --helpfull --host \
    --inspect --load_fast --logdir --logdir_spec --max_reload_threads --path_prefix --port \
    --purge_orphaned_data --reload_interval --reload_multifile --reload_multifile_inactive_secs \
    --reload_task --reuse_port --samples_per_plugin --tag --version_tb --window_title -- "$@"
if [[ ! -e $logdir ]]; then
    echo "view: $logdir: no such directory" >&2
    exit 1
elif [[ ! -d $logdir ]]; then
    echo "view: $logdir is not a directory" >&2
    exit 1
fi

host=(--host localhost)
for option in "$@"; do
    case $option in
    --host | --host=* | --bind_all) host=() ;; # TensorBoard refuses two of them
    esac
done

# A query of the Time Series page that colours runs by the batch size in their names. `trainer
# sweep` prints the same query.
colours='?runColorGroup=regex%3ABatchSize%3D%28%5Cd%2B%29&smoothing=0&tagFilter=_vs_#timeseries'

# Passes TensorBoard's messages on. After the message with its address it prints the link, but not
# for the directory of a single run: runs named train and validation would all be grey.
add_link() {
    trap '' INT # Ctrl-C ends TensorBoard, which may still print something
    local line
    while IFS= read -r line; do
        printf '%s\n' "$line"
        if [[ $line =~ ^TensorBoard\ .*\ at\ (http[^ ]*) && ! -e $logdir/run.json ]]; then
            printf '%s\n' 'Runs coloured by batch size:' "${BASH_REMATCH[1]}$colours"
        fi
    done
}

# Whether TensorBoard finds an event file in the directory. Like TensorBoard, it follows links.
has_runs() {
    [[ -n $(find -L "$logdir" -name '*tfevents*' -print -quit 2>/dev/null) ]]
}

"$root/scripts/setup.sh" --view
"$root/scripts/python_venv.sh" view
if ! has_runs; then
    echo "view: no runs in $logdir yet; the page fills when a run is trained there" >&2
fi
exec "$root/.venv/view/bin/python" -m tensorboard.main "${host[@]}" --logdir "$logdir" "$@" \
    2> >(add_link >&2)
