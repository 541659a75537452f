"""Separate namespaces for a test, its daemons and its jobs. Their ports, mounts and processes
cannot clash with others, and however the test ends, everything that it started ends too."""

import os
import shutil
import subprocess
import sys

SKIPPED = 77
INSIDE = "SCALE_OUT_ISOLATED"
UNSHARE = ["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child",
           "--mount-proc"]
SERVERS = "/usr/sbin"  # only root has it on PATH


def _obstacle(programs):
    """Why the test cannot run here; None if it can."""
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} missing: scripts/setup.sh --all-tests installs them"
    if os.geteuid() != 0:
        return "only root may make namespaces, mounts and network devices"
    attempt = subprocess.run([*UNSHARE, "true"], stderr=subprocess.PIPE, text=True)
    if attempt.returncode != 0:
        return f"this machine allows no namespaces: {attempt.stderr.strip()}"
    return None


def require(*programs):
    """Starts this program again in its own namespaces, and returns there. If that is not possible,
    ends it as skipped, or with CI=true as failed."""
    if INSIDE in os.environ:
        return
    os.environ["PATH"] += os.pathsep + SERVERS
    obstacle = _obstacle(programs)
    if obstacle:
        print(obstacle)
        sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)
    os.environ[INSIDE] = "yes"
    sys.stdout.flush()
    os.execvp(UNSHARE[0], [*UNSHARE, *sys.orig_argv])
