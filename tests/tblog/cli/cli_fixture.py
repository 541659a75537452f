"""Shared by the tests of the tblog tool: the tool, and event files made by the stock package."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2
from tensorboard.summary.writer.record_writer import RecordWriter
from waiting import LIMIT_SECONDS

TBLOG = sys.argv.pop(1)


def tblog(*arguments, **options):
    result = subprocess.run([TBLOG, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            stdin=subprocess.DEVNULL, timeout=LIMIT_SECONDS, **options)
    return result.returncode, result.stdout.decode(), result.stderr.decode()


def version_event():
    return event_pb2.Event(wall_time=1.5, file_version="brain.Event:2",
                           source_metadata=event_pb2.SourceMetadata(writer="stock"))


def scalar_event(step, tag, value, wall_time=2.25):
    return event_pb2.Event(wall_time=wall_time, step=step, summary=summary_pb2.Summary(
        value=[summary_pb2.Summary.Value(tag=tag, simple_value=value)]))


def start_event(step, wall_time=2.25):
    """The event that marks a restart for TensorBoard."""
    return event_pb2.Event(wall_time=wall_time, step=step,
                           session_log=event_pb2.SessionLog(status="START"))


def string_event(tag, content):
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=[content])
    return event_pb2.Event(summary=summary_pb2.Summary(
        value=[summary_pb2.Summary.Value(tag=tag, tensor=tensor)]))


def tensor_event(tag, plugin, shape, content=b"", step=0, **tensor):
    """One value; `plugin` and its content are its metadata, which it lacks if `plugin` is empty."""
    value = summary_pb2.Summary.Value(tag=tag, tensor=tensor_pb2.TensorProto(**tensor))
    for size in shape:
        value.tensor.tensor_shape.dim.add(size=size)
    if plugin:
        value.metadata.plugin_data.plugin_name = plugin
        value.metadata.plugin_data.content = content
    return event_pb2.Event(step=step, summary=summary_pb2.Summary(value=[value]))


def histogram_event(step, tag, with_metadata):
    value = summary_pb2.Summary.Value(tag=tag)
    value.tensor.dtype = types_pb2.DT_DOUBLE
    value.tensor.tensor_shape.dim.add(size=1)
    value.tensor.tensor_shape.dim.add(size=3)
    value.tensor.double_val.extend([0, 1, 5])
    if with_metadata:
        value.metadata.plugin_data.plugin_name = "histograms"
        value.metadata.data_class = summary_pb2.DATA_CLASS_TENSOR
    return event_pb2.Event(wall_time=3, step=step, summary=summary_pb2.Summary(value=[value]))


def events_without_values():
    """Each kind of them, and two of one kind."""
    return [
        event_pb2.Event(graph_def=b"12345"),
        event_pb2.Event(meta_graph_def=b"123", step=2),
        event_pb2.Event(tagged_run_metadata=event_pb2.TaggedRunMetadata(
            tag="step 1", run_metadata=b"12")),
        event_pb2.Event(log_message=event_pb2.LogMessage(level=30, message="hot")),
        event_pb2.Event(step=7, session_log=event_pb2.SessionLog(
            status="CHECKPOINT", checkpoint_path="a/b", msg="m")),
        start_event(9, wall_time=0),
        event_pb2.Event(step=5)]


def no_constants(name):
    raise AssertionError(f"{name} is not JSON")


class ToolTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def path(self, name):
        return os.path.join(self.directory, name)

    def many(self, count=30):
        """Makes a file of one tag's points. Returns it, and the offsets of its records and of its
        end."""
        path = self.write(version_event(), *[scalar_event(i, "t", i) for i in range(count)])
        offsets = [event["offset"] for event in self.cat(path)[0]] + [os.path.getsize(path)]
        return path, offsets

    def write(self, *events, name="events.out.tfevents.1.x", tail=b""):
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            writer = RecordWriter(file)
            for event in events:
                writer.write(event if isinstance(event, bytes) else event.SerializeToString())
            file.write(tail)
        return path

    def cat(self, path, status=0):
        code, out, err = tblog("cat", path)
        self.assertEqual(code, status, err)
        self.assertEqual(bool(err), status != 0, err)
        lines = out.split("\n")
        self.assertEqual(lines.pop(), "")
        return [json.loads(line, parse_constant=no_constants) for line in lines], err

    def steps(self, path, status=0):
        events, _ = self.cat(path, status)
        return [event["step"] for event in events if event["content"] == "summary"]

    def stock_steps(self, path, tag):
        """What stock TensorBoard's own reader finds."""
        accumulator = event_accumulator.EventAccumulator(path)
        accumulator.Reload()
        return [event.step for event in accumulator.Scalars(tag)]

    def stock_events(self, path):
        """The events that the stock package reads."""
        return [event_pb2.Event.FromString(record)
                for record in RawEventFileLoader(path).Load()]

    def damage(self, path, at):
        with open(path, "r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 1]))
