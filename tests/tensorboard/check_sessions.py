"""Stock TensorBoard serves what the trainer logs besides scalars, with each of its loaders."""

import io
import json
import os
import shutil
import tempfile
import unittest
import urllib.request

from PIL import Image
from tensorboard.compat.proto import event_pb2, graph_pb2

import event_points
import sweep
from tensorboard_server import TensorBoardServer
from waiting import LIMIT_SECONDS, wait_until

STATUSES = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
TENSORS = [
    f"{layer}/{part}"
    for layer in ("conv2d", "conv2d_1", "dense", "dense_1")
    for part in ("kernel", "bias")
]


def setUpModule():
    global folder, logs
    folder = tempfile.mkdtemp(prefix="tensorboard_sessions_")
    unittest.addModuleCleanup(shutil.rmtree, folder)
    data = os.path.join(folder, "data")
    logs = os.path.join(folder, "logs")
    sweep.write_data_set(data)
    sweep.run_one_at_a_time(data, logs)


def logged_graph(run):
    """The GraphDef in a run's event file."""
    for name, path in event_points.event_files(logs):
        if name == run:
            with open(path, "rb") as file:
                data = file.read()
            for _, payload in event_points.records(data):
                event = event_pb2.Event.FromString(payload)
                if event.graph_def:
                    return graph_pb2.GraphDef.FromString(event.graph_def)
    return None


class Graph(unittest.TestCase):
    def setUp(self):
        self.nodes = {
            node.name: node for node in logged_graph(f"{sweep.run_names()[0]}/train").node
        }

    def test_every_input_is_a_node_and_the_layers_are_keras(self):
        for node in self.nodes.values():
            self.assertLessEqual(set(node.input), set(self.nodes), node.name)
        self.assertEqual({name for name in self.nodes if name.endswith(("/kernel", "/bias"))},
                         set(TENSORS))
        unread = set(self.nodes) - {name for node in self.nodes.values() for name in node.input}
        self.assertEqual(unread, {"dense_1/Softmax"})

    def test_shapes_are_the_networks(self):
        expected = {
            "input_layer": [-1, 28, 28, 1],
            "conv2d/Relu": [-1, 26, 26, 32],
            "conv2d_1/kernel": [3, 3, 32, 64],
            "max_pooling2d/MaxPool": [-1, 12, 12, 64],
            "flatten/Reshape": [-1, 9216],
            "dense/kernel": [9216, 128],
            "dense/bias": [128],
            "dense_1/Softmax": [-1, 10],
        }
        for name, sides in expected.items():
            (shape,) = self.nodes[name].attr["_output_shapes"].list.shape
            self.assertEqual([dim.size for dim in shape.dim], sides, name)
        pooling = self.nodes["max_pooling2d/MaxPool"]
        self.assertEqual(list(pooling.attr["ksize"].list.i), [1, 2, 2, 1])
        self.assertEqual(pooling.attr["padding"].s, b"VALID")


class Served:
    load_fast = None

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(TensorBoardServer(logs, cls.load_fast))
        wait_until(lambda: len(cls.server.runs()) == 3 * len(sweep.run_names()), "all runs")

    def post(self, path, **body):
        request = urllib.request.Request(
            self.server.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=LIMIT_SECONDS) as answer:
            return json.load(answer)

    def session_groups(self):
        columns = [
            {"metric": info["name"]} for info in self.experiment()["metricInfos"]
        ]
        return self.post(
            "/data/plugin/hparams/session_groups",
            allowedStatuses=STATUSES,
            colParams=columns,
            startIndex=0,
            sliceSize=100,
        ).get("sessionGroups", [])

    def experiment(self):
        return self.post("/data/plugin/hparams/experiment")

    def wait_for_sessions(self):
        def complete():
            groups = self.session_groups()
            values = [len(g["sessions"][0].get("metricValues", [])) for g in groups]
            return groups if values == [5] * len(sweep.run_names()) else None

        return wait_until(complete, "a session for each run, with five metrics")

    def wait_for(self, ask, expected, what):
        """Waits until ask() returns what is expected. If it never does, reports the difference."""
        try:
            wait_until(lambda: ask() == expected, what)
        except TimeoutError:
            self.assertEqual(ask(), expected, what)

    def test_the_runs_are_sessions_with_numbers(self):
        groups = {group["name"]: group for group in self.wait_for_sessions()}
        self.assertEqual(set(groups), set(sweep.run_names()))
        for name, size in zip(sweep.run_names(), sweep.BATCH_SIZES):
            configuration = sweep.recorded(logs, name)["configuration"]
            self.assertEqual(configuration["batch_size"], size)
            expected = {
                key: configuration[key]
                for key in ("batch_size", "engine", "epochs", "learning_rate", "seed")
            }
            expected["training_precision"] = configuration["precision"]
            self.assertEqual(groups[name]["hparams"], expected)
            self.assertEqual(groups[name]["sessions"][0]["status"], "STATUS_SUCCESS")

    def test_their_metrics_are_what_the_runs_recorded(self):
        names = {
            (info["name"].get("group", ""), info["name"]["tag"]): info["displayName"]
            for info in self.experiment()["metricInfos"]
        }
        for group in self.wait_for_sessions():
            shown = {
                names[value["name"].get("group", ""), value["name"]["tag"]]: value["value"]
                for value in group["sessions"][0]["metricValues"]
            }
            expected = sweep.expected_metrics(logs, group["name"])
            self.assertEqual(set(shown), set(expected))
            for key, value in expected.items():
                self.assertAlmostEqual(shown[key] / value, 1, places=6, msg=key)

    def test_custom_scalars_merge_to_four_charts(self):
        def layout():
            return self.server.get("/data/plugin/custom_scalars/layout").get("category")

        (category,) = wait_until(layout, "the layout")
        charts = {chart["title"]: chart["multiline"]["tag"] for chart in category["chart"]}
        self.assertEqual(charts, {
            "loss by epoch": ["^epoch_loss$"],
            "accuracy by epoch": ["^epoch_accuracy$"],
            "loss by iteration": ["^batch_loss$", "^evaluation_loss_vs_iterations$"],
            "accuracy by iteration": ["^batch_accuracy$", "^evaluation_accuracy_vs_iterations$"],
        })
        run = sweep.run_names()[0]
        for part, tag in (("train", "batch_loss"), ("validation", "evaluation_loss_vs_iterations")):
            answer = self.server.get(
                "/data/plugin/custom_scalars/scalars", run=f"{run}/{part}",
                tag=charts["loss by iteration"][part == "validation"],
            )
            self.assertIn(tag, answer["tag_to_events"])

    def test_texts_are_tables(self):
        for name, size in zip(sweep.run_names(), sweep.BATCH_SIZES):
            def text(tag):
                answer = self.server.get("/data/plugin/text/text", run=name, tag=tag)
                return answer[0]["text"] if answer else None

            for tag in ("configuration", "host", "data_set"):
                self.assertIn("<table>", wait_until(lambda: text(tag), tag))
            self.assertIn(f"<td>batch size</td>\n<td>{size}</td>", text("configuration"))
            self.assertIn(
                f">{sweep.TRAINING_COUNT}</td>\n<td", text("data_set").partition(">all<")[2])

    def test_histograms_have_keras_tags_and_all_epochs(self):
        tags = {f"{group}/{name}/histogram" for group in ("sequential", "gradient")
                for name in TENSORS}
        for name in sweep.run_names():
            run = f"{name}/train"

            def served_tags():
                return set(self.server.get("/data/plugin/histograms/tags").get(run, ()))

            def series():
                return self.server.get("/data/plugin/histograms/histograms", run=run,
                                       tag="sequential/dense/kernel/histogram")

            self.wait_for(served_tags, tags, f"histograms of {run}")
            self.wait_for(lambda: [step for _, step, _ in series()], list(range(sweep.EPOCHS)),
                          f"epochs of {run}")
            for _, _, buckets in series():
                self.assertEqual(sum(count for _, _, count in buckets), 9216 * 128)

    def test_pictures_are_there_for_each_epoch(self):
        for name in sweep.run_names():
            run = f"{name}/validation"
            for tag in ("confusion_matrix", "mistakes"):

                def images():
                    index = self.server.get("/data/plugin/images/tags")
                    return self.server.get("/data/plugin/images/images", run=run, tag=tag,
                                           sample=0) if tag in index.get(run, ()) else []

                self.wait_for(lambda: [image["step"] for image in images()],
                              list(range(sweep.EPOCHS)), f"{tag} of {run}")
                for image in images():
                    png = self.server.get_bytes("/data/plugin/images/individualImage?"
                                                + image["query"])
                    with Image.open(io.BytesIO(png)) as picture:
                        self.assertEqual((picture.width, picture.mode), (350, "RGB"))

    def test_the_graph_of_operations_is_the_runs(self):
        run = f"{sweep.run_names()[0]}/train"
        info = lambda: self.server.get("/data/plugin/graphs/info").get(run, {})
        wait_until(lambda: info().get("run_graph"), "a graph of operations")
        graph = self.server.get_bytes("/data/plugin/graphs/graph", run=run).decode()
        self.assertEqual(graph.count("op: \"Conv2D\""), 2)


class DataServer(Served, unittest.TestCase):
    load_fast = "true"


class PythonLoader(Served, unittest.TestCase):
    load_fast = "false"


if __name__ == "__main__":
    unittest.main(verbosity=2)
