"""Stock TensorBoard shows what tblog wrote: by EventAccumulator, and over HTTP by both loaders.

Usage: check_stock.py WRITE_RUN WRITE_KINDS
"""

import json
import math
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import numpy as np
from stock_kinds import RUN as KINDS, check_kinds
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from waiting import LIMIT_SECONDS

STEPS = 20
SPECIAL_TAG = '\u03b1/\U0001f4c8 "quoted"'


def check_accumulator(run):
    accumulator = EventAccumulator(run)
    accumulator.Reload()
    tags = accumulator.Tags()
    assert sorted(tags["scalars"]) == sorted(["loss", "zero", "special", SPECIAL_TAG]), tags
    assert tags["tensors"] == ["keras"], tags
    loss = accumulator.Scalars("loss")
    assert [e.step for e in loss] == list(range(STEPS))
    assert [e.value for e in loss] == [float(np.float32(1 / (s + 1))) for s in range(STEPS)]
    assert all(e.value == 0.0 for e in accumulator.Scalars("zero"))
    assert [e.value for e in accumulator.Scalars(SPECIAL_TAG)] == [-s for s in range(STEPS)]
    special = [e.value for e in accumulator.Scalars("special")]
    assert special[0] == math.inf and math.isnan(special[1]), special
    metadata = accumulator.SummaryMetadata("keras")
    assert metadata.plugin_data.plugin_name == "graph_keras_model"
    assert metadata.plugin_data.content == b"1"


class Server:
    """Stock TensorBoard on a log directory. Its output is printed if a check fails."""

    def __init__(self, logdir, fast):
        self.output = tempfile.NamedTemporaryFile("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tensorboard.main", "--logdir", logdir, "--port", "0",
             "--host", "127.0.0.1", f"--load_fast={'true' if fast else 'false'}",
             "--reload_interval", "1"],
            stdout=self.output, stderr=subprocess.STDOUT)

    def __enter__(self):
        end = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            found = re.search(r"http://127\.0\.0\.1:\d+", self.said())
            if found:
                self.address = found.group()
                return self
            time.sleep(0.1)
        self.__exit__(AssertionError)
        raise AssertionError("TensorBoard gave no address")

    def __exit__(self, failure, *_):
        self.process.terminate()
        self.process.wait()
        if failure is not None:
            print(self.said(), file=sys.stderr)
        self.output.close()

    def said(self):
        with open(self.output.name, encoding="utf-8") as output:
            return output.read()

    def get(self, path, **query):
        return self.get_bytes(f"{path}?{urllib.parse.urlencode(query)}").decode()

    def get_bytes(self, path, data=None):
        """Posts `data` if it is given."""
        headers = {} if data is None else {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.address}/data/plugin/{path}", data, headers)
        with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as answer:
            return answer.read()

    def await_answer(self, accepts, path, data=None, **query):
        """Requests until `accepts` is true for the answer, since it loads in the background. Posts
        `data` as JSON if it is given."""
        end = time.monotonic() + LIMIT_SECONDS
        answer = None
        while time.monotonic() < end:
            try:
                if data is None:
                    answer = self.get(path, **query)
                else:
                    answer = self.get_bytes(path, json.dumps(data).encode()).decode()
                if accepts(answer):
                    return answer
            except OSError as error:  # an HTTPError, or a server too busy to answer
                answer = error
            time.sleep(0.2)
        raise AssertionError(f"{path}: {answer}")


def check_server(logdir, fast):
    with Server(logdir, fast) as server:
        # The last event of the run: from then on the server has the others too.
        server.await_answer(lambda answer: len(json.loads(answer)) == 2, "scalars/scalars",
                            run="run", tag="special")
        tags = json.loads(server.get("scalars/tags"))
        assert set(tags["run"]) == {"loss", "zero", "special", SPECIAL_TAG}, tags
        for tag, value in (("loss", lambda s: float(np.float32(1 / (s + 1)))),
                           ("zero", lambda s: 0.0), (SPECIAL_TAG, lambda s: -s)):
            points = json.loads(server.await_answer(
                lambda answer: len(json.loads(answer)) == STEPS, "scalars/scalars",
                run="run", tag=tag))
            assert [(p[1], p[2]) for p in points] == [(s, value(s)) for s in range(STEPS)], points
        special = json.loads(server.get("scalars/scalars", run="run", tag="special"))
        assert [p[2] for p in special] == ["Infinity", "NaN"], special

        info = json.loads(server.get("graphs/info"))
        assert info["run"]["tags"]["keras"]["conceptual_graph"] is True, info
        graph = server.get("graphs/graph", run="run", tag="keras", conceptual="true")
        assert 'name: "small/conv"' in graph and 'name: "small/dense"' in graph, graph
        assert 'input: "small/conv"' in graph, graph
        check_kinds(server)


def main():
    with tempfile.TemporaryDirectory() as logdir:
        run = os.path.join(logdir, "run")
        subprocess.run([sys.argv[1], run], check=True)
        subprocess.run([sys.argv[2], os.path.join(logdir, KINDS)], check=True)
        check_accumulator(run)
        for fast in (True, False):
            check_server(logdir, fast)


if __name__ == "__main__":
    main()
