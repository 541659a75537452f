"""Waiting for something to come true, with a deadline generous enough for a loaded machine."""

import time

DEADLINE_SECONDS = 120
PAUSE_SECONDS = 0.2


def wait_until(condition, what, deadline_seconds=DEADLINE_SECONDS):
    """Returns the first true value of condition(); TimeoutError, saying `what`, where none comes."""
    end = time.monotonic() + deadline_seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise TimeoutError(f"not within {deadline_seconds} s: {what}")
        time.sleep(PAUSE_SECONDS)
