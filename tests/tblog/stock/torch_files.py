"""The event files of torch.utils.tensorboard, and of tensorboardX, which has the same interface."""

import io
import os
import wave

import numpy as np
import tensorboardX
import torch
import torch.utils.tensorboard
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.plugins.mesh import plugin_data_pb2 as mesh_pb2

from framework_files import FilesTest

DATA = np.random.default_rng(1).normal(size=1000)
PIXELS = np.random.default_rng(2).integers(0, 256, (2, 3, 5, 3), np.uint8)
SOUND = np.linspace(-0.9, 0.9, 40)
SCALARS = [(-1, 0.1), (2, float("nan")), (3, float("inf")), (2**40, 0.0)]
TEXT = "| a | *\u00e9t\u00e9* |\n|---|---|\n| 1 | \U0001f4c8 |"
LABELS = np.arange(50) * 31 % 7 < 3
SCORES = np.arange(50) * 19 % 50 / 49
THRESHOLDS = 11
HPARAMS = {"rate": 0.1, "optimizer": "adam", "shuffled": True, "layers": 3}
VERTICES = np.random.default_rng(3).random((1, 4, 3)).astype(np.float32)
COLOURS = np.random.default_rng(4).integers(0, 256, (1, 4, 3), np.uint8)
FACES = np.array([[[0, 1, 2], [1, 2, 3]]], np.int32)


def log_everything(writer, **session):
    for step, value in SCALARS:
        writer.add_scalar("scalar", value, step)
    writer.add_scalars("group", {"low": 0.25, "high": 0.75}, 3)
    writer.add_histogram("histogram", DATA, 1)
    writer.add_histogram("histogram", DATA, 2, bins=20)
    writer.add_image("image", PIXELS[0], 1, dataformats="HWC")
    writer.add_images("image", PIXELS[:1], 2, dataformats="NHWC")
    writer.add_audio("audio", torch.tensor(SOUND), 1, 8000)
    writer.add_text("text", TEXT, 1)
    writer.add_pr_curve("curve", LABELS, SCORES, 1, THRESHOLDS)
    writer.add_custom_scalars({"Losses": {"both": ["Multiline", ["scalar", "group/.*"]],
                                          "band": ["Margin", ["scalar", "low", "high"]]}})
    writer.add_graph(torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU()),
                     torch.zeros(1, 4))
    writer.add_mesh("mesh", torch.tensor(VERTICES), torch.tensor(COLOURS), torch.tensor(FACES),
                    {"camera": {"cls": "PerspectiveCamera"}}, 1)
    writer.add_embedding(torch.tensor(VERTICES[0]), ["a", "b", "c", "d"], tag="points")
    writer.add_hparams(HPARAMS, {"hparam/accuracy": 0.5}, **session)
    writer.close()


class Writer:
    """The tests of both."""

    def test_scalars(self):
        self.check_scalars("scalar", SCALARS)
        self.check_scalars("group", [(3, 0.25)], self.group + "low")
        self.check_scalars("group", [(3, 0.75)], self.group + "high")

    def test_histograms(self):
        for _, value in self.values("histogram"):
            left, right, count = value.array().T
            # An empty bucket, which ends at the smallest value, may come before the first one.
            begin = int(count[0] == 0)
            edges = np.append(left[begin:], right[-1])
            edges[0], edges[-1] = DATA.min() - 1e-6, DATA.max() + 1e-6
            np.testing.assert_array_equal(count[begin:], np.histogram(DATA, edges)[0])
            self.assertEqual((left[0], right[-1]), (DATA.min(), DATA.max()))

    def test_images(self):
        for _, value in self.values("image"):
            self.check_images(value, PIXELS[:1])

    def test_audio(self):
        with wave.open(io.BytesIO(self.value("audio").strings[0])) as file:
            self.assertEqual((file.getframerate(), file.getnchannels()), (8000, 1))
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        # One scales by 32768, one truncates instead of rounding.
        self.assertLessEqual(np.abs(samples - SOUND * 32767).max(), 2)

    def test_text(self):
        value = self.value("text/text_summary")
        self.assertEqual((value.plugin, value.strings), ("text", [TEXT.encode()]))

    def test_pr_curve(self):
        reached = np.floor(SCORES * (THRESHOLDS - 1)) >= np.arange(THRESHOLDS)[:, np.newaxis]
        true, false = (reached & LABELS).sum(1), (reached & ~LABELS).sum(1)
        found = self.value("curve").array()
        np.testing.assert_array_equal(found[:4], [true, false, (~LABELS).sum() - false,
                                                  LABELS.sum() - true])
        np.testing.assert_array_equal(np.float32(found[4:]), np.float32(
            [true / (true + false), true / LABELS.sum()]))

    def test_custom_scalars(self):
        layout = layout_pb2.Layout.FromString(self.value("custom_scalars__config__").strings[0])
        category, = layout.category
        self.assertEqual([chart.title for chart in category.chart], ["both", "band"])
        self.assertEqual(list(category.chart[0].multiline.tag), ["scalar", "group/.*"])

    def test_graph(self):
        graph, = self.graphs()
        self.assertTrue([node for node in graph.node if "Linear" in node.name], graph)

    def test_mesh(self):
        for part, expected in zip(self.mesh_parts, (VERTICES, FACES, COLOURS)):
            value = self.value(f"mesh_{part}")
            np.testing.assert_array_equal(value.array(), expected)
            data = mesh_pb2.MeshPluginData.FromString(value.plugin_content)
            self.assertEqual(data.name, "mesh")
            self.assertIn("PerspectiveCamera", data.json_config)

    def test_hparams(self):
        data = plugin_data_pb2.HParamsPluginData.FromString(
            self.value("_hparams_/session_start_info", "session").plugin_content)
        found = {name: getattr(value, value.WhichOneof("kind"))
                 for name, value in data.session_start_info.hparams.items()}
        self.assertEqual(found, HPARAMS)
        self.check_scalars("hparam/accuracy", [(0, 0.5)], "session")

    def test_the_projectors_files_are_no_event_files(self):
        self.assertTrue(os.path.exists(os.path.join(self.directory, "projector_config.pbtxt")))


class Torch(Writer, FilesTest):
    group = "group_"
    mesh_parts = ("VERTEX", "FACE", "COLOR")

    @classmethod
    def write(cls):
        log_everything(torch.utils.tensorboard.SummaryWriter(cls.directory), run_name="session")


class TensorboardX(Writer, FilesTest):
    group = "group/"
    mesh_parts = (1, 2, 3)

    @classmethod
    def write(cls):
        log_everything(tensorboardX.SummaryWriter(cls.directory), name="session")
