"""Runs stock TensorBoard in a process, and asks it over HTTP."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import child_process
from waiting import LIMIT_SECONDS, wait_until

ADDRESS = re.compile(r"TensorBoard \S+ at (http://\S+?)/? ")

# The name of each loader in /data/environment.
PROVIDERS = {"true": "GrpcDataProvider", "false": "MultiplexerDataProvider"}

# The Python loader knows a tag before the tag's first point. A request in between gets an error,
# and is repeated after this many seconds.
FAILURE_PAUSES = (0.1, 0.5, 2)


class TensorBoardServer:
    """Serves logdir on a free port of this machine during a `with` block.

    load_fast "true" is the data server, TensorBoard's default ("auto" would silently fall back if
    it cannot start); "false" is the loader in Python.
    """

    def __init__(self, logdir, load_fast="true"):
        self.logdir = logdir
        self.load_fast = load_fast
        self.url = None

    def __enter__(self):
        self._output = tempfile.TemporaryFile(mode="w+")
        command = [sys.executable, "-m", "tensorboard.main", "--logdir", self.logdir]
        command += ["--host", "127.0.0.1", "--port", "0", "--reload_interval", "1"]
        # Turn off TensorBoard's sampling, so that no point is missing.
        command += ["--samples_per_plugin", "scalars=1000000", f"--load_fast={self.load_fast}"]
        self._process = child_process.start(
            command,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "NO_PROXY": "*", "no_proxy": "*"},
            start_new_session=True,
        )
        try:
            self.url = wait_until(self._find_address, "TensorBoard listens")
            provider = self.get("/data/environment")["debug"]["data_provider"]
            if PROVIDERS[self.load_fast] not in provider:
                raise RuntimeError(f"TensorBoard loads with {provider}")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # Kill the process group: a killed TensorBoard would leave the data server running.
        try:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        except ProcessLookupError:
            pass
        self._output.close()

    def _find_address(self):
        self._output.seek(0)
        text = self._output.read()
        if self._process.poll() is not None:
            raise RuntimeError(f"TensorBoard ended with {self._process.returncode}:\n{text}")
        match = ADDRESS.search(text)
        return match and match.group(1)

    def get_bytes(self, path, **query):
        url = self.url + path + ("?" + urllib.parse.urlencode(query) if query else "")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for pause in (*FAILURE_PAUSES, None):
            try:
                with opener.open(url, timeout=LIMIT_SECONDS) as answer:
                    return answer.read()
            except urllib.error.HTTPError as error:
                if error.code != 500 or pause is None:
                    raise
            time.sleep(pause)

    def get(self, path, **query):
        return json.loads(self.get_bytes(path, **query))

    def runs(self):
        return self.get("/data/runs")

    def scalar_points(self, below=""):
        """{(run, tag): [(step, value), ...]} of the runs in the folder `below`; run names are
        relative to it."""
        points = {}
        for full_name, tags in self.get("/data/plugin/scalars/tags").items():
            run = full_name.removeprefix(below)
            if run == full_name and below:
                continue
            for tag in tags:
                series = self.get("/data/plugin/scalars/scalars", run=full_name, tag=tag)
                points[run, tag] = [(step, value) for _, step, value in series]
        return points
