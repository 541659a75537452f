"""Stock TensorBoard in Chromium shows the runs' names, draws their lines and shows the model."""

import os
import shutil
import sys
import tempfile
import unittest

import screenshot
import sweep
from browser import Browser, find_browser
from colours_link import QUERY
from PIL import Image
from tensorboard_page import GraphsPage, ScalarsPage, TimeSeriesPage, heading_of_empty_page
from tensorboard_server import TensorBoardServer
from waiting import wait_until


def setUpModule():
    global folder
    folder = tempfile.mkdtemp(prefix="tensorboard_chromium_")
    unittest.addModuleCleanup(shutil.rmtree, folder)


class RunsInChromium(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        data = os.path.join(folder, "data")
        cls.logs = os.path.join(folder, "logs")
        sweep.write_data_set(data)
        sweep.run_sweep(data, cls.logs)
        cls.server = cls.enterClassContext(TensorBoardServer(cls.logs))
        cls.browser = cls.enterClassContext(Browser())
        cls.training = [f"{name}/train" for name in sweep.run_names()]
        cls.validation = [f"{name}/validation" for name in sweep.run_names()]

    def test_time_series_lists_the_runs_and_draws_their_lines(self):
        page = TimeSeriesPage.with_tags(self.browser, self.server, "^batch_loss$|^evaluation_loss")
        page.wait_for_lines(
            {"batch_loss": self.training, "evaluation_loss_vs_iterations": self.validation}
        )
        colours = page.run_colours()
        curves = self.training + self.validation
        self.assertEqual(set(colours), set(curves + sweep.run_names()))
        # A sweep has more runs than TensorBoard has colours, but those with curves have their own:
        # it gives colours in the order of the runs' first wall times.
        self.assertEqual(len({tuple(colours[run]) for run in curves}), len(curves))
        # If there were lines of runs that lack the tag, colours would not identify runs.
        self.assertEqual(page.drawn_lines()["batch_loss"] & set(curves), set(self.training))

    def test_scalars_draws_a_line_for_each_run(self):
        page = ScalarsPage(self.browser, self.server, "^batch_loss$")
        drawn = lambda: page.line_counts().get("batch_loss", 0) >= len(self.training)
        wait_until(drawn, "the lines of batch_loss")

    def test_graphs_shows_the_layers(self):
        page = GraphsPage(self.browser, self.server)
        layers = "input_layer conv2d conv2d_1 max_pooling2d dropout flatten dense dropout_1 dense_1"
        # The page opens with the graph of operations.
        wait_until(lambda: page.node_names() == layers.split(), "the layers as operations")
        page.choose_tag("keras")
        wait_until(lambda: page.node_names() == ["sequential"], "the model")
        page.show_layers()

        def names():
            return [name.rpartition("/")[2] for name in page.node_names()]

        wait_until(lambda: set(layers.split()) <= set(names()), "the layers of the model")

    def test_the_readmes_picture_is_taken(self):
        path = os.path.join(folder, "picture.png")
        screenshot.main([self.logs, path])  # ends only when every chart has lines
        with Image.open(path) as picture:
            self.assertEqual((picture.format, picture.width), ("PNG", 1280))


class ColoursInChromium(unittest.TestCase):
    def test_the_sweeps_link_gives_each_batch_size_one_colour(self):
        data, logs = os.path.join(folder, "colours_data"), os.path.join(folder, "colours_logs")
        sweep.write_data_set(data)
        link = f"http://localhost:6006/{QUERY}"
        self.assertIn(link, sweep.run_two_seeds(data, logs))
        with TensorBoardServer(logs) as server, Browser() as browser:
            page = TimeSeriesPage(browser, link.replace("http://localhost:6006", server.url))
            charts = [
                "batch_accuracy_vs_samples",
                "batch_loss_vs_samples",
                "evaluation_accuracy_vs_iterations",
                "evaluation_loss_vs_iterations",
            ]
            runs = [
                f"{name}-Seed={seed}{part}"
                for name in sweep.run_names()
                for seed in range(2)
                for part in ("", "/train", "/validation")
            ]
            wait_until(lambda: page.tags() == charts, "the four charts")
            page.wait_for_lines({chart: runs for chart in charts})
            self.assertEqual(page.smoothing(), [0])
            colours = page.run_colours()
            self.assertEqual(sorted(colours), sorted(runs))
            by_size = {
                size: {tuple(colours[run]) for run in runs if f"BatchSize={size}-" in run}
                for size in sweep.BATCH_SIZES
            }
            self.assertEqual([len(of_one) for of_one in by_size.values()], [1, 1, 1], by_size)
            self.assertEqual(len(set.union(*by_size.values())), 3, by_size)


class EmptyDirectoryInChromium(unittest.TestCase):
    def test_an_empty_directory_shows_that_there_is_nothing(self):
        with TensorBoardServer(tempfile.mkdtemp(dir=folder)) as server, Browser() as browser:
            heading = heading_of_empty_page(browser, server)
            self.assertEqual(heading, ["No dashboards are active for the current data set."])
            page = TimeSeriesPage.with_tags(browser, server, "")
            wait_until(lambda: browser.texts("metrics-dashboard"), "the page of time series")
            self.assertEqual(page.run_colours(), {})
            self.assertEqual(page.drawn_lines(), {})


if __name__ == "__main__":
    if find_browser() is None:
        print("no Chromium or Chrome with chromedriver on PATH", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    unittest.main(verbosity=2)
