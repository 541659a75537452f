"""Child processes that end with their test, even if CTest kills it at its time limit."""

import ctypes
import signal
import subprocess

PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None)


def end_with_parent():
    """For preexec_fn: this process gets SIGTERM when its parent ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start(command, **options):
    """subprocess.Popen, without standard input, of a process that gets SIGTERM when this one ends."""
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, preexec_fn=end_with_parent, **options
    )
