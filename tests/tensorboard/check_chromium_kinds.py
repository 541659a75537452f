"""Each kind of value that tblog writes appears on its page of stock TensorBoard in Chromium.

write_kinds.c writes the run.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import numpy
from browser import Browser, find_browser
from plugin_pages import PluginPage
from tensorboard_page import GraphsPage, TimeSeriesPage
from tensorboard_server import TensorBoardServer
from waiting import wait_until

RUN = "kinds"


class KindsInChromium(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        logs = tempfile.mkdtemp(prefix="tensorboard_kinds_")
        cls.addClassCleanup(shutil.rmtree, logs)
        subprocess.run([os.environ["WRITE_KINDS"], os.path.join(logs, RUN)], check=True)
        cls.server = cls.enterClassContext(TensorBoardServer(logs))
        cls.browser = cls.enterClassContext(Browser())

    def page(self, name):
        return PluginPage(self.browser, self.server, name)

    def wait_for_lines(self, name, card, line, expected):
        counts = lambda page: page.line_counts(card, line) == expected
        self.page(name).wait_for(counts, f"the lines of {name}")

    def test_scalars(self):
        page = TimeSeriesPage.with_tags(self.browser, self.server, "^loss$|^value$")
        page.wait_for_lines({"loss": [RUN], "value": [RUN]})

    def test_histograms_are_drawn_for_each_step(self):
        self.wait_for_lines("histograms&tagFilter=.", "tf-histogram-loader", "path.outline",
                            {"weights": 3, "doubles": 1, "buckets": 1})

    def test_images_have_their_pixels(self):
        images = self.page("images&tagFilter=.").wait_for(
            lambda page: len(page.images()) == 10 and page.images(), "ten images")
        at = numpy.arange(100, dtype=numpy.uint64)
        pixels = (at * at * 37 + at).astype(numpy.uint8)
        for sample in range(2):
            grey = images["grey", sample]
            numpy.testing.assert_array_equal(
                grey[..., 0], pixels[15 * sample : 15 * sample + 15].reshape(3, 5))
            numpy.testing.assert_array_equal(grey[..., 1], grey[..., 2])
            for tag in ("grey_alpha", "rgba"):
                self.assertEqual(images[tag, sample].shape, (3, 5, 4))
        self.assertEqual(images["ready", 1][..., :3].tolist(), [[[1, 2, 3]], [[4, 5, 6]]])
        last = images["rgb", 0]  # of step 6
        numpy.testing.assert_array_equal(last[..., :3], pixels[6:51].reshape(5, 3, 3))

    def test_text_is_rendered_as_markdown(self):
        page = self.page("text")
        cells = ["name", "value", "rate", "0.001", "\u00e9", ""]
        page.wait_for(lambda page: page.texts("td") == cells and page.texts("h1"), "both texts")
        self.assertEqual(page.texts("td em"), ["value"])
        self.assertEqual(page.texts("h1"), ["Title"])
        self.assertEqual(page.texts("h1 + p em"), ["\u00e9t\u00e9"])

    def test_pr_curves_are_drawn(self):
        self.wait_for_lines("pr_curves", "tf-pr-curve-card", "path.line",
                            {"scores": 1, "counts": 1})

    def test_hparams_stand_in_the_table(self):
        cells = self.page("hparams").wait_for(
            lambda page: len(page.texts("div.table-cell")) == 11 and page.texts("div.table-cell"),
            "the table of sessions")
        self.assertEqual(cells, ["Trial ID", "Show Metrics", "optimizer", "rate", "In random order",
                                 "Loss", RUN, "adam", "0.25000", "true", "0.50000"])

    def test_the_graphs_nodes_are_drawn(self):
        page = GraphsPage(self.browser, self.server)
        wait_until(lambda: {"a", "b"} <= set(page.node_names()), "the graph")

    def test_audio_is_loaded(self):
        durations = self.page("audio").wait_for(PluginPage.sound_durations, "a sound")
        self.assertEqual(len(durations), 1)
        self.assertAlmostEqual(durations[0], 5 / 44100, 5)

    def test_custom_scalars_draw_lines_and_bands(self):
        def are_drawn(page):
            page.unfold()
            lines = page.line_counts("tf-custom-scalar-multi-line-chart-card", "path.line")
            bands = page.line_counts("tf-custom-scalar-margin-chart-card", "path.area")
            return lines.get("Lines", 0) >= 4 and bands == {"Band": 1}

        self.page("custom_scalars").wait_for(are_drawn, "two custom charts")

    def test_meshes_are_drawn_in_their_colours(self):
        coloured = lambda page: page.canvas_colours() > 100
        self.page("mesh").wait_for(coloured, "a mesh whose corners have different colours")

    def test_projector_gives_each_point_its_label(self):
        labels = ["a", "b \u00e9", "\u200b"]
        page = self.page("projector")
        page.wait_for(lambda page: page.projected_labels() == labels, "three points with labels")
        self.assertEqual(page.texts("span.numDataPoints") + page.texts("span.dim"), ["3", "3"])


if __name__ == "__main__":
    if find_browser() is None:
        print("no Chromium or Chrome with chromedriver on PATH", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    unittest.main(verbosity=2)
