#!/usr/bin/env bash
# Makes the Python environment that holds stock TensorBoard: .venv/tensorboard.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: scripts/tensorboard_venv.sh

Makes .venv/tensorboard from scripts/tensorboard_requirements.txt, with pip. Does nothing where it
is there already; makes it anew where the requirements have changed.
END
}

case ${1:-} in
'') ;;
-h | --help)
    usage
    exit
    ;;
*)
    usage >&2
    exit 2
    ;;
esac

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
requirements=$root/scripts/tensorboard_requirements.txt
venv=$root/.venv/tensorboard

mkdir -p "$root/.venv"
exec {lock}>"$root/.venv/lock" # two scripts started at once make it once
flock "$lock"

# The copy of the requirements is the last thing written, so it marks a whole environment.
if cmp -s "$requirements" "$venv/requirements.txt" && "$venv/bin/python" -c '' 2>/dev/null; then
    exit
fi
echo "tensorboard_venv: making .venv/tensorboard"
rm -rf "$venv"
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --only-binary :all: -r "$requirements"
cp "$requirements" "$venv/requirements.txt"
