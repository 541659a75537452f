#!/bin/sh
# run_python.sh PYTHON SCRIPT [ARGUMENT...]: runs a test that needs the stock tensorboard package.
# Where PYTHON does not exist the test is skipped (77), but fails where CI=true.
if [ ! -x "$1" ]; then
    echo "skipped: $1 is missing; scripts/tensorboard_venv.sh makes it" >&2
    [ "$CI" = true ] && exit 1
    exit 77
fi
exec "$@"
