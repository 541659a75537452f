"""How long tests wait. No test depends on the machine's speed: it waits as long as CTest lets the
test run."""

import os
import time

LIMIT_SECONDS = float(os.environ.get("TEST_LIMIT_SECONDS", 1200))
PAUSE_SECONDS = 0.02


def wait_until(condition, what, limit_seconds=LIMIT_SECONDS):
    """Returns the first true value of condition(). Raises TimeoutError, which names `what`, if none
    comes."""
    end = time.monotonic() + limit_seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise TimeoutError(f"not within {limit_seconds:.0f} s: {what}")
        time.sleep(PAUSE_SECONDS)


def attempts(first_seconds=15):
    """Yields how long to wait before each retry: twice as long each time, until the sum is as long
    as a test may wait."""
    seconds = first_seconds
    spent = 0
    while spent < LIMIT_SECONDS:
        yield seconds
        spent += seconds
        seconds *= 2
