#!/usr/bin/env bash
# Makes a Python environment that the tests or the viewer need.
set -euo pipefail
unset CDPATH

usage() {
    cat <<'END'
Usage: scripts/python_venv.sh NAME

Makes the Python environment .venv/NAME from scripts/NAME_requirements.txt, with pip. Does nothing if
it exists; makes it again if the requirements have changed.

  format            clang-format, in the version that decides the layout of the sources
  view              stock TensorBoard for scripts/view.sh
  tensorboard       stock TensorBoard, and what most tests need to check our files and its page
  frameworks        TensorFlow, Keras, PyTorch and others: tests read their event files and load
                    exported models in them; bench/cpu.sh times their training
  older_frameworks  old versions of Keras and onnxruntime, which load exported models in tests
  old_cmake         CMake 3.16, the oldest that builds tblog alone
  models            onnxruntime, OpenCV, JAX and others that load exported models
  jax               JAX, which bench/cpu.sh times too
END
}

# shellcheck source=scripts/options.sh
source "$(dirname "${BASH_SOURCE[0]}")/options.sh"
case ${1:-} in
format | view | tensorboard | frameworks | older_frameworks | old_cmake | models | jax) ;;
-h | --help)
    usage
    exit
    ;;
'') wrong_usage "which environment?" ;;
*) wrong_usage "unknown environment '$1'" ;;
esac
if [[ $# -gt 1 ]]; then
    wrong_usage "only one environment at a time"
fi

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
requirements=$root/scripts/$1_requirements.txt
venv=$root/.venv/$1

mkdir -p "$root/.venv"
exec {lock}>"$root/.venv/lock" # two scripts started at the same time make it once
flock "$lock"

# The copy of the requirements is the last thing written, so it marks a whole environment.
if cmp -s "$requirements" "$venv/requirements.txt" && "$venv/bin/python" -c '' 2>/dev/null; then
    exit
fi
echo "python_venv: making .venv/$1"
rm -rf "$venv"
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --only-binary :all: -r "$requirements"
cp "$requirements" "$venv/requirements.txt"
