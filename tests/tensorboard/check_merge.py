"""Each of TensorBoard's loaders shows the output of `tblog merge` in the order of the steps."""

import os
import shutil
import subprocess
import tempfile
import unittest

from tensorboard.compat.proto import event_pb2, summary_pb2, types_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

from tensorboard_server import TensorBoardServer
from waiting import wait_until

TBLOG = os.environ["TBLOG"]
NAN = float("nan")


def event(step, wall_time, *values):
    return event_pb2.Event(step=step, wall_time=wall_time, summary=summary_pb2.Summary(value=values))


def start(step, wall_time):
    return event_pb2.Event(
        step=step, wall_time=wall_time, session_log=event_pb2.SessionLog(status="START")
    )


def scalar(tag, value):
    return summary_pb2.Summary.Value(tag=tag, simple_value=value)


def points(steps, wall_time, sign=1):
    """A point of the tag "loss" at each step, whose value is the step, or its negative."""
    return [event(step, wall_time + i, scalar("loss", sign * step)) for i, step in enumerate(steps)]


def histogram(step, wall_time, with_metadata):
    value = summary_pb2.Summary.Value(tag="weights")
    value.tensor.dtype = types_pb2.DT_DOUBLE
    value.tensor.double_val.extend([0, 1, step])
    for size in (1, 3):
        value.tensor.tensor_shape.dim.add(size=size)
    if with_metadata:
        value.metadata.plugin_data.plugin_name = "histograms"
        value.metadata.data_class = summary_pb2.DATA_CLASS_TENSOR
    return event(step, wall_time, value)


# {case: (each file's events, the expected values of "loss")}; a value is its step or its negative.
CASES = {
    "turns": ([points([1, 4, 7], 10), points([2, 3, 5, 6], 10.5)], [1, 2, 3, 4, 5, 6, 7]),
    "restart": (
        [[start(0, 1), *points(range(6), 10)], [start(3, 20), *points([3, 4], 21, -1)]],
        [0, 1, 2, -3, -4],
    ),
    # As PyTorch writes it: only the restart has a START.
    "first start": (
        [points(range(6), 10), [start(3, 20), *points([3, 4], 21, -1)]],
        [0, 1, 2, -3, -4],
    ),
    "goes back": (
        [[histogram(5, 11, True), histogram(2, 12, False), *points([9, 8], 13)]],
        [8, 9],
    ),
    # The default loader stops at an event without a time; the Python loader shows it.
    "no time": ([[event(1, NAN, scalar("other", 1)), *points([2, 3], 10)]], [2, 3]),
}


def write(path, events):
    version = event_pb2.Event(wall_time=1, file_version="brain.Event:2")
    with open(path, "wb") as file:
        writer = RecordWriter(file)
        for one in [version, *events]:
            writer.write(one.SerializeToString())


def setUpModule():
    global logs
    folder = tempfile.mkdtemp(prefix="tensorboard_merge_")
    unittest.addModuleCleanup(shutil.rmtree, folder)
    logs = os.path.join(folder, "logs")
    for name, (files, _) in CASES.items():
        os.makedirs(os.path.join(folder, name))
        os.makedirs(os.path.join(logs, name))
        for number, events in enumerate(files):
            write(os.path.join(folder, name, f"{number}.tfevents"), events)
        output = os.path.join(logs, name, "merged.tfevents")
        subprocess.run([TBLOG, "merge", os.path.join(folder, name), "-o", output], check=True)


class Served:
    load_fast = None

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(TensorBoardServer(logs, cls.load_fast))

    def test_points_are_shown_in_the_order_of_their_steps(self):
        expected = {
            (name, "loss"): [(abs(value), value) for value in values]
            for name, (_, values) in CASES.items()
        }
        shown = {}

        def is_shown():
            shown.update(self.server.scalar_points())
            return {key: shown.get(key) for key in expected} == expected

        try:
            wait_until(is_shown, "the merged points")
        except TimeoutError:
            self.assertEqual({key: shown.get(key) for key in expected}, expected)

    def test_histograms_are_shown_whose_first_value_had_no_metadata(self):
        tags = lambda: self.server.get("/data/plugin/histograms/tags").get("goes back")
        self.assertEqual(list(wait_until(tags, "the histograms' tag")), ["weights"])
        shown = self.server.get("/data/plugin/histograms/histograms", run="goes back", tag="weights")
        self.assertEqual([(step, buckets[-1][2]) for _, step, buckets in shown], [(2, 2), (5, 5)])


class DataServer(Served, unittest.TestCase):
    load_fast = "true"


class PythonLoader(Served, unittest.TestCase):
    load_fast = "false"


if __name__ == "__main__":
    unittest.main(verbosity=2)
