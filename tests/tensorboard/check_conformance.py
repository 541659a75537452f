"""Stock TensorBoard shows exactly the points that the trainer logs, with each of its loaders."""

import json
import os
import shutil
import tempfile
import unittest

import numpy
from tensorboard.backend.event_processing import event_accumulator

import event_points
import sweep
from tensorboard_server import TensorBoardServer
from waiting import wait_until


def setUpModule():
    global folder, data, logs, logged
    folder = tempfile.mkdtemp(prefix="tensorboard_conformance_")
    unittest.addModuleCleanup(shutil.rmtree, folder)
    data = os.path.join(folder, "data")
    logs = os.path.join(folder, "logs")
    sweep.write_data_set(data)
    sweep.run_sweep(data, logs)
    logged = event_points.scalar_points(logs)


def training_file(logdir):
    """(run, path) of the first training file."""
    return next(file for file in event_points.event_files(logdir) if file[0].endswith("/train"))


def remove_training_file(logdir):
    """Returns the run of the removed file."""
    run, path = training_file(logdir)
    os.remove(path)
    return run


def damage_in_the_middle(logdir):
    """Breaks a checksum in the middle of a training file. Returns the points that stay readable."""
    _, path = training_file(logdir)
    with open(path, "rb") as file:
        whole = file.read()
    offsets = [offset for offset, _ in event_points.records(whole)]
    middle = offsets[len(offsets) // 2]
    with open(path, "wb") as file:
        file.write(whole[:middle])
    readable = event_points.scalar_points(logdir)
    checksum = middle + event_points.LENGTH.size
    with open(path, "wb") as file:
        file.write(whole[:checksum] + bytes([whole[checksum] ^ 1]) + whole[checksum + 1 :])
    return readable


class LoggedPoints(unittest.TestCase):
    def test_keras_tags_are_logged_at_keras_steps(self):
        steps = {key: [step for step, _ in series] for key, series in logged.items()}
        for key, expected in sweep.expected_steps().items():
            self.assertEqual(steps.get(key), expected, key)

    def test_epoch_points_are_what_the_run_recorded(self):
        for name in sweep.run_names():
            with open(os.path.join(logs, name, "run.json")) as file:
                epochs = json.load(file)["epochs"]
            for part, prefix in (("train", ""), ("validation", "val_")):
                for quantity in ("loss", "accuracy"):
                    recorded = [float(numpy.float32(row[prefix + quantity])) for row in epochs]
                    shown = [value for _, value in logged[f"{name}/{part}", f"epoch_{quantity}"]]
                    self.assertEqual(shown, recorded, (name, part, quantity))

    def test_tblog_cat_prints_every_point(self):
        printed = {}
        for run, path in event_points.event_files(logs):
            for event in sweep.tblog_cat(path):
                for value in event.get("values", ()):
                    if isinstance(value.get("value"), float):
                        series = printed.setdefault((run, value["tag"]), [])
                        series.append((event["step"], value["value"]))
        self.assertEqual(printed, logged)

    def test_event_accumulator_sees_every_point(self):
        self.assertEqual(self.accumulated(logs), logged)

    def test_event_accumulator_sees_less_of_a_truncated_file(self):
        copy = os.path.join(folder, "truncated")
        shutil.copytree(logs, copy)
        _, path = training_file(copy)
        os.truncate(path, os.path.getsize(path) - 1)
        shown = self.accumulated(copy)
        self.assertEqual(shown, event_points.scalar_points(copy))
        self.assertNotEqual(shown, logged)

    @staticmethod
    def accumulated(logdir):
        points = {}
        for run, path in event_points.event_files(logdir):
            accumulator = event_accumulator.EventAccumulator(
                os.path.dirname(path), size_guidance={event_accumulator.SCALARS: 0}
            )
            accumulator.Reload()
            for tag in accumulator.Tags()["scalars"]:
                series = accumulator.Scalars(tag)
                points[run, tag] = [(point.step, point.value) for point in series]
        return points


class ServedPoints:
    """Has one server per loader. Each test puts runs into its own folder below the log
    directory."""

    load_fast = None

    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(dir=folder)
        cls.server = cls.enterClassContext(TensorBoardServer(cls.root, cls.load_fast))
        cls.runs_of_empty_directory = cls.server.runs()

    def show_logs(self, name, change=lambda folder: None):
        """Shows the server a copy of the logs that `change` has changed before. Returns change's
        result."""
        with tempfile.TemporaryDirectory(dir=folder) as prepared:
            copy = shutil.copytree(logs, os.path.join(prepared, name))
            result = change(copy)
            os.rename(copy, os.path.join(self.root, name))
        return result

    def wait_for_points(self, name, expected):
        """Waits until the server shows exactly the expected points of the runs in the folder."""
        shown = {}

        def is_shown():
            shown.clear()
            shown.update(self.server.scalar_points(below=name + "/"))
            return shown == expected

        try:
            wait_until(is_shown, f"the points of {name}")
        except TimeoutError as error:
            for key in sorted(shown.keys() | expected.keys()):
                self.assertEqual(shown.get(key), expected.get(key), key)
            raise error

    def test_an_empty_directory_shows_no_run(self):
        self.assertEqual(self.runs_of_empty_directory, [])

    def test_every_point_is_shown(self):
        self.show_logs("finished")
        self.wait_for_points("finished", logged)

    def test_time_series_lists_the_same_tags(self):
        self.show_logs("series")
        self.wait_for_points("series", logged)
        listed = set()
        index = self.server.get("/data/plugin/timeseries/tags")["scalars"]["runTagInfo"]
        for run, tags in index.items():
            if run.startswith("series/"):
                listed |= {(run.removeprefix("series/"), tag) for tag in tags}
        self.assertEqual(listed, set(logged))

    def test_a_missing_file_shows_less(self):
        run = self.show_logs("missing", remove_training_file)
        rest = {key: series for key, series in logged.items() if key[0] != run}
        self.assertLess(len(rest), len(logged))
        self.wait_for_points("missing", rest)

    def test_damage_hides_what_follows_it_in_the_file(self):
        readable = self.show_logs("damaged", damage_in_the_middle)
        self.assertNotEqual(readable, logged)
        self.wait_for_points("damaged", readable)

    def test_the_model_is_a_graph(self):
        self.show_logs("graph")
        run = f"graph/{sweep.run_names()[0]}/train"
        info = lambda: self.server.get("/data/plugin/graphs/info").get(run, {})
        tag = wait_until(lambda: info().get("tags", {}).get("keras"), "a graph of the run")
        self.assertTrue(tag["conceptual_graph"])
        graph = self.server.get_bytes(
            "/data/plugin/graphs/graph", run=run, tag="keras", conceptual="true"
        ).decode()
        for layer in ("Conv2D", "MaxPooling2D", "Dropout", "Flatten", "Dense"):
            self.assertRegex(graph, f'key: "keras_class"\\s+value {{\\s+s: "{layer}"')

    def test_points_appear_while_the_trainer_runs(self):
        logdir = os.path.join(self.root, "live")
        training = sweep.RunningSweep(data, logdir)
        try:
            series = (f"{sweep.run_names()[0]}/train", "batch_loss")
            shown = lambda: self.server.scalar_points(below="live/").get(series)
            self.assertTrue(wait_until(shown, "points of a run in training"))
            self.assertTrue(training.is_running())
        finally:
            status = training.stop()
        self.assertEqual(status, 143)
        self.wait_for_points("live", event_points.scalar_points(logdir))


class DataServer(ServedPoints, unittest.TestCase):
    load_fast = "true"


class PythonLoader(ServedPoints, unittest.TestCase):
    load_fast = "false"


if __name__ == "__main__":
    unittest.main(verbosity=2)
