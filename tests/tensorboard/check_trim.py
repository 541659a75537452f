"""Both loaders of stock TensorBoard show the effect of dropping and renaming tags with tblog trim.

Environment: TBLOG.
"""

import os
import subprocess
import tempfile

from tensorboard.compat.proto import event_pb2, summary_pb2, types_pb2
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard_server import TensorBoardServer
from waiting import wait_until

STEPS = range(3)


def value_of(tag, step):
    return float(10 * step + len(tag))


def values_at(step):
    """Two scalars and a histogram; only the histogram's first value has its kind."""
    for tag in ("loss", "gone"):
        yield summary_pb2.Summary.Value(tag=tag, simple_value=value_of(tag, step))
    histogram = summary_pb2.Summary.Value(tag="weights")
    histogram.tensor.dtype = types_pb2.DT_DOUBLE
    for size in (1, 3):
        histogram.tensor.tensor_shape.dim.add(size=size)
    histogram.tensor.double_val.extend([0, 1, step])
    if step == 0:
        histogram.metadata.plugin_data.plugin_name = "histograms"
        histogram.metadata.data_class = summary_pb2.DATA_CLASS_TENSOR
    yield histogram


def write_events(path):
    with open(path, "wb") as file:
        writer = RecordWriter(file)
        writer.write(event_pb2.Event(wall_time=1, file_version="brain.Event:2").SerializeToString())
        for step in STEPS:
            event = event_pb2.Event(wall_time=2 + step, step=step, summary=summary_pb2.Summary(
                value=values_at(step)))
            writer.write(event.SerializeToString())


def check_server(logdir, load_fast):
    with TensorBoardServer(logdir, load_fast) as server:
        def histograms():
            tags = server.get("/data/plugin/histograms/tags").get("run", {})
            return tags and server.get("/data/plugin/histograms/histograms", run="run",
                                       tag=list(tags)[0])

        found = wait_until(lambda: len(histograms()) == len(STEPS) and histograms(),
                           "all histograms are loaded")
        assert [(step, buckets) for _, step, buckets in found] == [
            (step, [[0, 1, step]]) for step in STEPS], found
        assert list(server.get("/data/plugin/histograms/tags")["run"]) == ["layer/weights"]
        points = server.scalar_points()
        assert points == {("run", "training loss"): [
            (step, value_of("loss", step)) for step in STEPS]}, points


def main():
    with tempfile.TemporaryDirectory() as directory:
        events = os.path.join(directory, "events")
        logdir = os.path.join(directory, "logs")
        os.makedirs(os.path.join(logdir, "run"))
        write_events(events)
        subprocess.run([os.environ["TBLOG"], "trim", events, "--drop-tag=gone",
                        "--rename-tag=loss=training loss", "--rename-tag=weights=layer/weights",
                        "-o", os.path.join(logdir, "run", "events.out.tfevents.1.x")], check=True)
        for load_fast in ("true", "false"):
            check_server(logdir, load_fast)


if __name__ == "__main__":
    main()
