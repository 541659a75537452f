"""Compares how tblog and the writers' own packages read event files. Shared by the tests of each
package."""

import csv
import functools
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import tensorflow as tf
from PIL import Image
from tensorboard import data_compat
from tensorboard.compat.proto import event_pb2, graph_pb2
from tensorboard.util import tensor_util
from waiting import LIMIT_SECONDS

DUMP = sys.argv.pop()
TBLOG = sys.argv.pop()


class Value:
    """A value as dump_events prints what tblog_reader gives."""

    def __init__(self, plain):
        self.tag, self.plugin, self.kind = plain["tag"], plain["plugin"], plain["kind"]
        self.shape = tuple(plain["shape"])
        self.numbers = np.array([float.fromhex(number) for number in plain["numbers"]])
        self.strings = [bytes.fromhex(string) for string in plain["strings"]]
        self.plugin_content = bytes.fromhex(plain["plugin_content"])

    def array(self):
        return self.numbers.reshape(self.shape)


def event_files(directory):
    """The paths of the event files in the order of their names, run by run."""
    return [os.path.join(folder, name) for folder, _, names in sorted(os.walk(directory))
            for name in sorted(names) if "tfevents" in name]


def run_tool(*arguments):
    return subprocess.run([TBLOG, *arguments], capture_output=True, text=True, timeout=LIMIT_SECONDS)


@functools.cache  # the tests' files stay unchanged
def dump(path):
    result = subprocess.run([DUMP, path], capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert result.returncode == 0, f"{path}: {result.stderr}"
    return [json.loads(line) for line in result.stdout.splitlines()]


class FilesTest(unittest.TestCase):
    """Tests of the files below `directory`, which a class's write() made."""

    @classmethod
    def setUpClass(cls):
        cls.directory = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="tblog_"))
        cls.write()

    def values(self, tag, run="."):
        """[(step, Value), ...] of a run's tag, as our reader gives them."""
        run_directory = os.path.normpath(os.path.join(self.directory, run))
        return [(event["step"], Value(value)) for path in event_files(self.directory)
                if os.path.dirname(path) == run_directory
                for event in dump(path) for value in event["values"] if value["tag"] == tag]

    def value(self, tag, run="."):
        """The value of a tag with one value."""
        (_, value), = self.values(tag, run)
        return value

    def graphs(self):
        """The GraphDefs of all files."""
        return [graph_pb2.GraphDef.FromString(bytes.fromhex(event["graph_def"]))
                for path in event_files(self.directory) for event in dump(path)
                if event["content"] == "graph_def"]

    def check_scalars(self, tag, points, run="."):
        """Asserts that a tag's points are these, exactly as floats."""
        found = [(step, value.numbers.tolist()) for step, value in self.values(tag, run)]
        expected = [(step, [float(np.float32(number))]) for step, number in points]
        np.testing.assert_equal(found, expected)  # NaN equals NaN here

    def check_histogram(self, value, data):
        """The buckets contain the data. No value may lie on an edge, except the first and the last
        edge."""
        self.assertEqual((value.kind, value.plugin), ("numbers", "histograms"))
        left, right, count = value.array().T
        self.assertAlmostEqual(left[0], np.min(data), 6)
        self.assertAlmostEqual(right[-1], np.max(data), 6)
        np.testing.assert_array_equal(left[1:], right[:-1])
        edges = np.append(left, right[-1] + 1e-6)  # the last bucket has its right edge
        edges[0] -= 1e-6
        np.testing.assert_array_equal(count, np.histogram(data, edges)[0])

    def check_images(self, value, pixels):
        """PNGs of these pixels, [n,height,width,channels]."""
        self.assertEqual((value.kind, value.plugin), ("strings", "images"))
        width, height, *pngs = value.strings
        self.assertEqual((int(height), int(width)), pixels.shape[1:3])
        found = [np.array(Image.open(io.BytesIO(png))).reshape(pixels.shape[1:]) for png in pngs]
        np.testing.assert_array_equal(found, pixels)

    # ---- Tests for the files of every writer ----

    def test_verify_finds_every_file_whole(self):
        result = run_tool("verify", self.directory)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(len(result.stdout.splitlines()), len(event_files(self.directory)))

    def test_reader_gives_what_the_stock_packages_give(self):
        for path in event_files(self.directory):
            ours = dump(path)
            theirs = [event_pb2.Event.FromString(record.numpy())
                      for record in tf.data.TFRecordDataset(path)]
            self.assertEqual(len(ours), len(theirs), path)
            self.assertEqual(ours[0]["file_version"], "brain.Event:2")
            for our, their in zip(ours, theirs):
                self.check_event(our, their)

    def check_event(self, our, their):
        self.assertEqual((our["content"], our["step"]), (their.WhichOneof("what"), their.step))
        self.assertEqual(float.fromhex(our["wall_time"]), their.wall_time)
        if our["content"] == "graph_def":
            self.assertEqual(bytes.fromhex(our["graph_def"]), their.graph_def)
        self.assertEqual(len(our["values"]), len(their.summary.value))
        for plain, value in zip(our["values"], their.summary.value):
            self.check_value(Value(plain), value)

    def check_value(self, our, their):
        self.assertEqual(our.tag, their.tag)
        self.assertEqual(our.plugin_content, their.metadata.plugin_data.content)
        form = their.WhichOneof("value")
        if form == "simple_value":
            np.testing.assert_array_equal(our.numbers, [their.simple_value])
            return
        their = data_compat.migrate_value(their)
        self.assertEqual(our.plugin, their.metadata.plugin_data.plugin_name)
        if form is None:
            self.assertEqual(our.kind, "other")
            return
        array = tensor_util.make_ndarray(their.tensor)
        if form == "audio":
            array = array[:, 0]  # without the empty labels
        self.assertEqual(our.shape, array.shape)
        if array.dtype == object:
            self.assertEqual(our.strings, array.reshape(-1).tolist())
        else:
            # An old histogram's numbers are doubles in the file; the package makes floats of them.
            numbers = np.float32(our.numbers) if form == "histo" else our.numbers
            np.testing.assert_array_equal(numbers, array.reshape(-1))

    def test_ls_counts_the_values_of_every_tag(self):
        expected = {}
        for path in event_files(self.directory):
            run = os.path.relpath(os.path.dirname(path), self.directory)
            for event in dump(path):
                for value in event["values"]:
                    key = run, value["tag"]
                    expected[key] = expected.get(key, 0) + 1
        result = run_tool("ls", "--json", self.directory)
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = map(json.loads, result.stdout.splitlines())
        self.assertLessEqual(expected.items(),
                             {(row["run"], row["tag"]): row["count"] for row in rows}.items())

    def test_cat_prints_every_event(self):
        for path in event_files(self.directory):
            result = run_tool("cat", path)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            found = [json.loads(line) for line in result.stdout.splitlines()]
            expected = dump(path)
            self.assertEqual([(e["step"], [v["tag"] for v in e.get("values", ())]) for e in found],
                             [(e["step"], [v["tag"] for v in e["values"]]) for e in expected])

    def test_export_has_every_scalar(self):
        expected = [(os.path.relpath(os.path.dirname(path), self.directory), value["tag"],
                     event["step"], float.fromhex(value["numbers"][0]))
                    for path in event_files(self.directory) for event in dump(path)
                    for value in event["values"] if value["kind"] == "scalar"]
        result = run_tool("export", self.directory)
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = csv.DictReader(io.StringIO(result.stdout, newline=""))
        found = [(row["run"], row["tag"], int(row["step"]), float(np.float32(row["value"])))
                 for row in rows]
        self.assertEqual(repr(sorted(found, key=repr)), repr(sorted(expected, key=repr)))
