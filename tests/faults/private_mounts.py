"""Mounts that only this process and its children see, and that vanish with them."""

import contextlib
import ctypes
import os
import shutil
import subprocess

import child_process
from waiting import wait_until

CLONE_NEWNS = 0x00020000

_libc = ctypes.CDLL(None)


def enter_own_namespace():
    """Enters a mount namespace of this process. False if it may not mount there."""
    if os.geteuid() != 0 or _libc.unshare(CLONE_NEWNS) != 0:
        return False
    return subprocess.run(["mount", "--make-rprivate", "/"], stderr=subprocess.DEVNULL
                          ).returncode == 0


_own = None


def can_mount():
    global _own
    if _own is None:
        _own = enter_own_namespace()
    return _own


def has_bindfs():
    return shutil.which("bindfs") is not None and os.path.exists("/dev/fuse")


@contextlib.contextmanager
def mounted_tmpfs(point, size_bytes):
    point.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", point],
                   check=True)
    try:
        yield point
    finally:
        subprocess.run(["umount", "--lazy", point], check=True)


@contextlib.contextmanager
def bindfs_mount(source, point):
    """Mounts the source as a second host would see it. Its locks are forwarded to the source, where
    another process holds them. All processes that use one such mount count as one process."""
    point.mkdir()
    server = child_process.start(["bindfs", "-f", "--multithreaded", "--enable-lock-forwarding",
                                  source, point])
    try:
        wait_until(lambda: os.path.ismount(point) or server.poll() is not None, "a mounted bindfs")
        yield point
    finally:
        subprocess.run(["umount", "--lazy", point], check=True)
        server.wait()
