"""Makes golden_events.h: records written by the stock tensorboard package, and messages of kinds
that our own writer does not make.

Run by hand: .venv/tensorboard/bin/python tests/tblog/stock/golden.py > tests/tblog/support/golden_events.h
"""

import io
import sys
import types
import wave

import numpy as np
import tensorboard
from tensorboard import dataclass_compat
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2
from tensorboard.plugins.audio import summary as audio
from tensorboard.plugins.custom_scalar import layout_pb2, summary as custom_scalar
from tensorboard.plugins.histogram import summary_v2 as histogram
from tensorboard.plugins.hparams import api_pb2, metadata as hparams_metadata, plugin_data_pb2
from tensorboard.plugins.hparams import summary_v2 as hparams
from tensorboard.plugins.image import summary as image
from tensorboard.plugins.mesh import summary_v2 as mesh
from tensorboard.plugins.pr_curve import summary as pr_curve
from tensorboard.plugins.scalar import summary_v2 as scalar
from tensorboard.plugins.text import summary_v2 as text
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util import tensor_util

WALL_TIME = 1700000000.25


def record(payload):
    stream = io.BytesIO()
    RecordWriter(stream).write(payload)
    return stream.getvalue()


def summary_event(step, *values):
    return event_pb2.Event(wall_time=WALL_TIME, step=step,
                           summary=summary_pb2.Summary(value=values))


def metadata(plugin, data_class, content=b""):
    return summary_pb2.SummaryMetadata(
        plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name=plugin, content=content),
        data_class=data_class)


def tensor(dtype, dims=(), **values):
    shape = tensor_shape_pb2.TensorShapeProto(
        dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in dims])
    return tensor_pb2.TensorProto(dtype=dtype, tensor_shape=shape, **values)


def tensor_value(tag, plugin, data_class, value, content=b""):
    return summary_pb2.Summary.Value(tag=tag, tensor=value,
                                     metadata=metadata(plugin, data_class, content))


def pretend_tensorflow():
    """The older summary functions import TensorFlow for a few names that the package has itself."""
    names = types.ModuleType("tensorflow.compat.v1")
    names.make_tensor_proto = lambda values, dtype=None: tensor_util.make_tensor_proto(
        values, dtype=np.dtype(dtype) if dtype is not None else None)
    names.string = np.object_
    names.float32 = np.float32
    names.Summary = summary_pb2.Summary
    names.SummaryMetadata = summary_pb2.SummaryMetadata
    names.compat = types.SimpleNamespace(as_bytes=lambda value: value)
    sys.modules["tensorflow"] = types.ModuleType("tensorflow")
    sys.modules["tensorflow.compat"] = types.ModuleType("tensorflow.compat")
    sys.modules["tensorflow.compat"].v1 = names
    sys.modules["tensorflow.compat.v1"] = names
    mesh.tf = types.SimpleNamespace(float32=np.float32, int32=np.int32, uint8=np.uint8)


def stock(step, summary, tag=None):
    """The result of a summary function of the stock package, as its loader passes it on: with the
    data class, and without the display name, which only the older functions set."""
    event = event_pb2.Event(wall_time=WALL_TIME, step=step)
    event.summary.ParseFromString(summary.SerializeToString())
    for value in event.summary.value:
        value.metadata.ClearField("display_name")
        if tag is not None:
            value.tag = tag
    migrated, = dataclass_compat.migrate_event(event, {})
    return migrated


def first_bytes_of_png(width, height):
    """The part of a PNG that is read."""
    return (b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") +
            b"\x08\0\0\0\0\0\0\0\0")


def kinds():
    """One event of each kind of value, by the stock package's own functions."""
    yield "scalar_tensor", "A scalar 2.5 as a tensor.", stock(3, scalar.scalar_pb("t", 2.5))
    yield "text", "A text of *ho*.", stock(3, text.text_pb("t", "*ho*"))
    yield "text_table", "A table of a, b; c, d.", stock(
        3, text.text_pb("t", np.array([["a", "b"], ["", "d"]], dtype=object)))
    yield "histogram", "A histogram of the squares of 0 to 99, a tenth of each, less 100.", stock(
        5, histogram.histogram_pb("h", np.arange(100, dtype=np.float32) ** 2 * np.float32(0.1) - 100))
    yield "histogram_single", "A histogram of 2.5, three times.", stock(
        5, histogram.histogram_pb("h", [2.5, 2.5, 2.5]))
    yield "histogram_empty", "A histogram of nothing.", stock(5, histogram.histogram_pb("h", []))
    pngs = iter([first_bytes_of_png(3, 2), first_bytes_of_png(4, 5)])
    image.encoder.encode_png = lambda _: next(pngs)
    yield "images", "Two images that end behind their headers, 3 by 2 and 4 by 5 pixels.", stock(
        6, image.pb("i", np.zeros((2, 2, 3, 3), np.uint8)), "i")
    audio.encoder_util.encode_wav = lambda samples, samples_per_second: wav(
        samples, samples_per_second)
    yield "audio", "Two frames of two channels at 8000 Hz: 0, 0.5; 1, -1.", stock(
        7, audio.pb("a", np.array([[[0, 0.5], [1, -1]]]), 8000), "a")
    yield "pr_curve", "A curve of eight samples at five thresholds; see check_add_pr_curve.c.", stock(
        8, pr_curve.pb("p", np.array([0, 1, 1, 0, 1, 0, 1, 1], bool),
                       np.array([0, 1, 0.25, 0.3, 0.74, 0.75, 0.99, 0.5]), num_thresholds=5), "p")
    vertices = np.array([[[0, 0, 0], [1, 0, 0.5], [0, 1, -2]]], np.float32)
    yield "mesh", "A coloured triangle.", stock(9, mesh.mesh_pb(
        "m", vertices, np.array([[[0, 2, 1]]], np.int32),
        np.array([[[255, 0, 0], [0, 255, 0], [1, 2, 3]]], np.uint8), {"camera": {"fov": 75}}))
    yield "points", "Its points alone.", stock(9, mesh.mesh_pb("m", vertices))
    layout = layout_pb2.Layout(category=[
        layout_pb2.Category(title="first", chart=[
            layout_pb2.Chart(title="lines", multiline=layout_pb2.MultilineChartContent(
                tag=["loss", "acc.*"])),
            layout_pb2.Chart(margin=layout_pb2.MarginChartContent(series=[
                layout_pb2.MarginChartContent.Series(value="m", lower="l", upper="u"),
                layout_pb2.MarginChartContent.Series(value="m2", lower="l2", upper="u2")]))]),
        layout_pb2.Category(closed=True, chart=[
            layout_pb2.Chart(multiline=layout_pb2.MultilineChartContent(tag=["x"]))])])
    yield "layout", "A layout of two categories.", stock(0, custom_scalar.pb(layout))
    yield "session_start", "A session's start with a value of each type.", in_order(stock(
        0, hparams.hparams_pb({"adam": False, "name": "LeNet", "rate": 0.001}, "group", WALL_TIME)))
    yield "session_end", "Its end.", stock(0, hparams._summary_pb(
        hparams_metadata.SESSION_END_INFO_TAG, plugin_data_pb2.HParamsPluginData(
            session_end_info=plugin_data_pb2.SessionEndInfo(
                status=api_pb2.STATUS_FAILURE, end_time_secs=WALL_TIME))))
    yield "experiment", "An experiment; see check_add_hparams.c.", stock(0, hparams.hparams_config_pb(
        [hparams.HParam("batch", hparams.Discrete([16.0, 32.0]), "Batch size", "*samples*"),
         hparams.HParam("rate", hparams.RealInterval(0.0, 0.5)),
         hparams.HParam("adam", hparams.Discrete([False, True])),
         hparams.HParam("name", hparams.Discrete(["a", "b"]))],
        [hparams.Metric("loss", "validation", "Loss", "cross-entropy"), hparams.Metric("acc")],
        WALL_TIME))


def wav(samples, rate):
    """16-bit PCM by the standard library."""
    data = np.round(np.asarray(samples) * 32767).astype("<i2")
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setparams((data.shape[1], 2, rate, 0, "NONE", None))
        file.writeframes(data.tobytes())
    return stream.getvalue()


def in_order(event):
    """A map's entries are not ordered; this orders them by their keys."""
    for value in event.summary.value:
        data = plugin_data_pb2.HParamsPluginData.FromString(value.metadata.plugin_data.content)
        value.metadata.plugin_data.content = data.SerializeToString(deterministic=True)
    return event


def events():
    value = summary_pb2.Summary.Value
    yield "file_version", "A file's first event, as our writer makes it but for its name.", (
        event_pb2.Event(wall_time=WALL_TIME, file_version="brain.Event:2",
                        source_metadata=event_pb2.SourceMetadata(writer="golden")))
    yield "scalars", "Two first values at step 7: loss 0.5 and zero 0.0.", summary_event(
        7, value(tag="loss", simple_value=0.5, metadata=metadata("scalars", 1)),
        value(tag="zero", simple_value=0.0, metadata=metadata("scalars", 1)))
    yield "later_scalar", "A later value: loss -1.5 at step -3.", summary_event(
        -3, value(tag="loss", simple_value=-1.5))
    yield "keras_graph", "A Keras model.", summary_event(
        0, tensor_value("keras", "graph_keras_model", 3, tensor(7, dims=[1], string_val=[b'{"a": 1}']),
                        b"1"))
    yield "text_rank_0", "Text as tf.summary.text writes it.", summary_event(
        0, tensor_value("t", "text", 2, tensor(7, string_val=[b"*ho*"])))
    yield "float_tensor", "A scalar 2.5 as tf.summary.scalar writes it.", summary_event(
        3, tensor_value("t", "scalars", 1, tensor(1, float_val=[2.5])))
    yield "float_content", "A scalar 2.5 in tensor_content.", summary_event(
        3, tensor_value("t", "scalars", 1,
                        tensor(1, tensor_content=np.float32(2.5).tobytes())))
    yield "text_tensor", "Text of rank 1 with one element.", summary_event(
        4, tensor_value("t", "text", 2, tensor(7, dims=[1], string_val=[b"*hi*"])))
    yield "vector_tensor", "Two floats: not a scalar.", summary_event(
        4, tensor_value("t", "pr_curves", 2, tensor(1, dims=[2], float_val=[1, 2])))
    yield "elements", "Tensors of the other types, by content and by lists, one content cut.", (
        summary_event(
            4, tensor_value("d", "p", 2, tensor(2, dims=[2], double_val=[0.1, -3])),
            tensor_value("i", "p", 2, tensor(3, dims=[1, 2], int_val=[-5, 7])),
            tensor_value("ic", "p", 2, tensor(3, dims=[1], tensor_content=b"\xfe\xff\xff\xff")),
            tensor_value("u", "p", 2, tensor(4, dims=[3], tensor_content=b"\x00\x7f\xff")),
            tensor_value("cut", "p", 2, tensor(2, dims=[1], tensor_content=b"1234567")),
            tensor_value("half", "p", 2, tensor(19, dims=[1], half_val=[1])),
            tensor_value("none", "p", 2, tensor(1, dims=[0]))))
    yield "old_forms", "A histogram, an image and audio as TensorFlow 1 and PyTorch write them.", (
        summary_event(
            4, value(tag="h", histo=summary_pb2.HistogramProto(
                min=-1, max=3, num=6, sum=2, sum_squares=9, bucket=[0, 1, 2, 3, 0, 0],
                bucket_limit=[-2, 0, 1, 4, 5, sys.float_info.max])),
            value(tag="i", image=summary_pb2.Summary.Image(
                height=-7, width=2147483647, colorspace=3, encoded_image_string=b"PNG")),
            value(tag="a", audio=summary_pb2.Summary.Audio(
                sample_rate=8000, num_channels=1, length_frames=2, content_type="audio/wav",
                encoded_audio_string=b"WAV")),
            value(tag="uneven", histo=summary_pb2.HistogramProto(bucket_limit=[1], bucket=[1, 2]))))
    yield "session_log", "A session's start.", event_pb2.Event(
        wall_time=WALL_TIME, step=9,
        session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START))
    yield "graph_def", "A graph as bytes.", event_pb2.Event(
        wall_time=WALL_TIME, graph_def=b"\x00\x01\x02")
    yield "no_event", "A good record whose payload is not an event: a key without its end.", b"\xff"


def main():
    pretend_tensorflow()
    out = sys.stdout
    out.write(f"/* Made by golden.py with tensorboard {tensorboard.__version__}. Do not edit. */\n")
    out.write("/* clang-format off */\n")
    out.write("#ifndef TESTS_GOLDEN_EVENTS_H\n#define TESTS_GOLDEN_EVENTS_H\n\n")
    out.write("#include <stdint.h>\n\n#define GOLDEN_WALL_TIME 1700000000.25\n")
    for name, comment, event in (*events(), *kinds()):
        data = record(event if isinstance(event, bytes) else event.SerializeToString())
        out.write(f"\n/* {comment} */\nstatic const uint8_t golden_{name}[{len(data)}] = {{\n")
        for at in range(0, len(data), 16):
            out.write("    " + " ".join(f"0x{b:02x}," for b in data[at:at + 16]) + "\n")
        out.write("};\n")
    out.write("\n#endif\n")


if __name__ == "__main__":
    main()
