"""The scalars in event files, read without tblog and without TensorBoard's loaders.

This module reads the framing itself and the messages with the stock package, so it checks both
tblog and the loaders independently. It does not verify checksums; the loaders do.
"""

import os
import struct

from tensorboard.compat.proto import event_pb2
from tensorboard.util import tensor_util

LENGTH = struct.Struct("<Q")
CHECKSUM_BYTES = 4


def records(data):
    """Yields (offset, payload) of each whole record."""
    offset = 0
    while offset + LENGTH.size <= len(data):
        (length,) = LENGTH.unpack_from(data, offset)
        start = offset + LENGTH.size + CHECKSUM_BYTES
        end = start + length + CHECKSUM_BYTES
        if end > len(data):
            return
        yield offset, data[start : start + length]
        offset = end


def event_files(logdir):
    """Yields (run, path) of each event file below logdir, as TensorBoard names runs."""
    for directory, folders, names in os.walk(logdir):
        folders.sort()
        for name in sorted(names):
            if "tfevents" in name:
                yield os.path.relpath(directory, logdir), os.path.join(directory, name)


def scalar_of(value):
    """The number in a Summary.Value, or None if it holds something else."""
    if value.WhichOneof("value") == "simple_value":
        return value.simple_value
    if value.WhichOneof("value") == "tensor":
        array = tensor_util.make_ndarray(value.tensor)
        if array.ndim == 0 and array.dtype.kind == "f":
            return float(array)
    return None


def scalar_points(logdir):
    """{(run, tag): [(step, value), ...]} of every event file below logdir."""
    points = {}
    for run, path in event_files(logdir):
        with open(path, "rb") as file:
            data = file.read()
        for _, payload in records(data):
            event = event_pb2.Event.FromString(payload)
            for value in event.summary.value:
                number = scalar_of(value)
                if number is not None:
                    points.setdefault((run, value.tag), []).append((event.step, number))
    return points
