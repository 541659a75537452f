"""golden_events.h is current: golden.py, with today's stock packages, makes the same file.

Usage: check_golden_bytes.py GOLDEN_EVENTS_H
"""

import contextlib
import difflib
import io
import sys

import golden


def main():
    made = io.StringIO()
    with contextlib.redirect_stdout(made):
        golden.main()
    with open(sys.argv[1], encoding="utf-8") as file:
        kept = file.read()
    difference = difflib.unified_diff(kept.splitlines(), made.getvalue().splitlines(), lineterm="")
    sys.exit("\n".join(difference) or 0)


if __name__ == "__main__":
    main()
