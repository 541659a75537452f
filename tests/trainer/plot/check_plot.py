"""Pictures that `trainer plot` makes of invented runs. usage: check_plot.py TRAINER"""

import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

from made_up_records import write_run
from waiting import LIMIT_SECONDS

TRAINER = sys.argv[1]
WIDTH = 880  # of a figure, in pixels of 1/96 inch
LINE_WIDTH, FRAME = 1.7, (139, 148, 158)  # of curves; the frames' colour in the light theme
PADDING = 0.04  # of an axis, beyond its data
PANELS = LOSS, ACCURACY, VAL_LOSS, VAL_ACCURACY = range(4)
BLUE, VERMILLION, GREEN = (0, 114, 178), (213, 94, 0), (0, 158, 115)
SMALL = 0.01  # pixels: cairo rounds to 1/256


def rising(seed=0, top=0.99, epochs=4):
    return [round(top - 0.03 * 2.0**-epoch + 0.0003 * seed, 4) for epoch in range(epochs)]


class Svg:
    """Reads a picture, except its texts, which cairo draws as outlines."""

    def __init__(self, path):
        self.root = xml.etree.ElementTree.parse(path).getroot()
        self.paths = [path for path in self.root.iter("{http://www.w3.org/2000/svg}path")
                      if path.get("d")]

    @staticmethod
    def style(path):
        """Older versions of cairo write a style, newer ones an attribute for each property."""
        pairs = (entry.split(":", 1) for entry in path.get("style", "").split(";") if entry)
        return {**path.attrib, **dict(pairs)}

    def colour(self, path, property_name):
        percent = re.findall(r"([\d.]+)%", self.style(path).get(property_name, ""))
        return tuple(round(float(part) * 2.55) for part in percent)

    @staticmethod
    def points(path):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.get("d"))]
        return list(zip(numbers[::2], numbers[1::2]))

    def strokes(self):
        """(colour, points) of the legend's and the curves' lines, in the order of drawing."""
        return [(self.colour(path, "stroke"), self.points(path)) for path in self.paths
                if float(self.style(path).get("stroke-width", 0)) == LINE_WIDTH]

    def curves(self, count):
        """Returns the points by [panel][series], and the colours."""
        strokes = self.strokes()
        legend, strokes = strokes[:count], strokes[count:]
        colours = [colour for colour, _ in legend]
        panels = [strokes[i * count:(i + 1) * count] for i in PANELS]
        for panel in panels:
            assert [colour for colour, _ in panel] == colours, panel
        assert len(strokes) == count * len(PANELS), len(strokes)
        return [[points for _, points in panel] for panel in panels], colours

    def frames(self):
        """(left, top, right, bottom) of each panel."""
        corners = [self.points(path) for path in self.paths if self.colour(path, "stroke") == FRAME]
        return [(min(x for x, _ in at), min(y for _, y in at), max(x for x, _ in at),
                 max(y for _, y in at)) for at in corners]

    def bands(self):
        """(colour, points) of the translucent areas."""
        return [(self.colour(path, "fill"), self.points(path)) for path in self.paths
                if 0 < float(self.style(path).get("fill-opacity", 1)) < 1]

    def markers(self, colour):
        """The number of opaque filled shapes of a colour."""
        return sum(self.colour(path, "fill") == colour and
                   float(self.style(path).get("fill-opacity", 1)) == 1 for path in self.paths)


class PlotTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="plot-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.logs = self.folder / "logs"

    def plot(self, *arguments):
        return subprocess.run([TRAINER, "plot", *map(str, arguments)], capture_output=True,
                              text=True, timeout=LIMIT_SECONDS, cwd=self.folder)

    def draw(self, *options, name="out.svg"):
        """Draws the runs' picture; the messages are in self.said."""
        result = self.plot("-o", name, "--overwrite", *options)
        self.said = result.stderr
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)
        self.assertEqual([path.name for path in self.folder.glob("*.tmp")], [])
        return self.folder / name

    def three_sizes(self, seeds=3):
        for size in (16, 32, 64):
            for seed in range(seeds):
                write_run(self.logs, size, seed, rising(seed, 0.99 + size / 1e5), seconds=64 / size)

    def assert_near(self, got, wanted):
        self.assertLess(abs(got - wanted), SMALL)


class Curves(PlotTest):
    def test_every_batch_size_has_a_line_in_each_panel(self):
        self.three_sizes()
        curves, colours = Svg(self.draw()).curves(3)
        self.assertEqual(colours, [BLUE, VERMILLION, GREEN])
        self.assertEqual([len(line) for line in curves[VAL_ACCURACY]], [4, 4, 4])
        self.assertEqual(self.said, "")

    def test_points_lie_where_the_figures_say(self):
        values = rising(0, 0.98), rising(0, 0.99)
        for size, accuracies in zip((64, 32), values):
            write_run(self.logs, size, 1, accuracies)
        svg = Svg(self.draw())
        (left, top, right, bottom), lines = svg.frames()[VAL_ACCURACY], svg.curves(2)[0][VAL_ACCURACY]
        low, high = min(map(min, values)), max(map(max, values))
        height, width = bottom - top, right - left
        for line, accuracies in zip(lines, values):
            for epoch, ((x, y), accuracy) in enumerate(zip(line, accuracies), start=1):
                share = PADDING + (accuracy - low) / (high - low)
                self.assert_near(y, bottom - height * share / (1 + 2 * PADDING))
                self.assert_near(x, left + width * epoch / 4 / (1 + PADDING))

    def test_the_line_is_the_mean_and_the_band_reaches_both_ends(self):
        for seed, accuracy in enumerate((0.90, 0.91, 0.95)):
            write_run(self.logs, 32, seed, [accuracy] * 2)
        svg = Svg(self.draw())
        _, top, _, bottom = svg.frames()[VAL_ACCURACY]
        height = (bottom - top) / (1 + 2 * PADDING)
        [band] = [points for colour, points in svg.bands()
                  if min(y for _, y in points) > top and max(x for x, _ in points) > WIDTH / 2]
        self.assert_near(min(y for _, y in band), top + height * PADDING)
        self.assert_near(max(y for _, y in band), bottom - height * PADDING)
        [line] = svg.curves(1)[0][VAL_ACCURACY]
        for _, y in line:
            self.assert_near(y, bottom - height * (PADDING + 0.4))

    def test_one_seed_has_no_band(self):
        self.three_sizes(seeds=1)
        svg = Svg(self.draw())
        self.assertEqual(svg.bands(), [])
        svg.curves(3)

    def test_one_epoch_is_a_marker_and_a_bar(self):
        for seed in range(3):
            write_run(self.logs, 32, seed, [0.9 + 0.01 * seed])
        svg = Svg(self.draw())
        self.assertEqual(svg.markers(BLUE), 1 + len(PANELS))  # the first is the legend's

    def test_twelve_batch_sizes_have_twelve_colours(self):
        for power in range(12):
            write_run(self.logs, 2**power, 1, rising())
        colours = Svg(self.draw()).curves(12)[1]
        self.assertEqual(len(set(colours)), 12)

    def test_losses_over_more_than_two_decades_are_logarithmic(self):
        write_run(self.logs, 32, 1, rising(), losses=[1, 0.1, 0.1, 0.001])
        [line] = Svg(self.draw()).curves(1)[0][LOSS]
        first, second, third = (after[1] - before[1] for before, after in zip(line, line[1:]))
        self.assertGreater(first, 0)
        self.assert_near(second, 0)
        self.assert_near(third, 2 * first)

    def test_the_best_rate_of_each_batch_size_is_drawn(self):
        for seed in range(4):
            write_run(self.logs, 32, seed, rising(seed, 0.98), rate=0.001)
            write_run(self.logs, 32, seed, rising(seed, 0.99), rate=0.002)
        Svg(self.draw()).curves(1)
        self.assertIn("used to choose the learning rate (6)", self.said)


class Axes(PlotTest):
    def ends(self, axis):
        """How far each line reaches, relative to the longest."""
        lines = Svg(self.draw("--axis", axis)).curves(3)[0][LOSS]
        left = Svg(self.folder / "out.svg").frames()[LOSS][0]
        lengths = [line[-1][0] - left for line in lines]
        return [round(length / max(lengths), 2) for length in lengths]

    def test_each_axis_goes_as_far_as_the_runs_do(self):
        self.three_sizes()
        self.assertEqual(self.ends("epochs"), [1, 1, 1])
        self.assertEqual(self.ends("samples"), [1, 1, 1])
        self.assertEqual(self.ends("steps"), [0.25, 0.5, 1])
        self.assertEqual(self.ends("seconds"), [0.25, 0.5, 1])

    def test_seconds_are_the_mean_over_seeds(self):
        write_run(self.logs, 64, 1, rising(), seconds=1)
        write_run(self.logs, 64, 2, rising(), seconds=3)
        write_run(self.logs, 32, 1, rising(), seconds=4)
        write_run(self.logs, 16, 1, rising(), seconds=1)
        self.assertEqual(self.ends("seconds"), [0.5, 1, 0.25])


class LeftOut(PlotTest):
    def test_runs_that_are_not_drawn_are_said(self):
        self.three_sizes()
        write_run(self.logs, 64, 10, rising(), state="diverged")
        write_run(self.logs, 32, 10, rising(), state="interrupted")
        write_run(self.logs, 32, 11, rising(), data="87654321")
        Svg(self.draw()).curves(3)
        self.assertEqual(self.said, "trainer plot: runs that are not drawn: other data (1), "
                                    "diverged (1), unfinished (1)\n")

    def test_a_batch_size_that_only_diverged_has_no_line(self):
        write_run(self.logs, 64, 1, rising(), state="diverged")
        write_run(self.logs, 32, 1, rising())
        self.assertEqual(Svg(self.draw()).curves(1)[1], [BLUE])

    def test_without_a_finished_run_nothing_is_drawn(self):
        write_run(self.logs, 64, 1, rising(), state="diverged")
        result = self.plot("-o", "out.svg")
        self.assertEqual(result.returncode, 1)
        self.assertIn("there is no finished run to draw over epochs", result.stderr.splitlines()[-1])
        self.assertFalse((self.folder / "out.svg").exists())


class Files(PlotTest):
    def setUp(self):
        super().setUp()
        self.three_sizes()

    def test_a_png_has_twice_the_pixels(self):
        content = self.draw(name="out.png").read_bytes()
        self.assertEqual(content[:8], b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", content[16:24])
        svg = Svg(self.draw()).root
        self.assertEqual(width, 2 * WIDTH)
        self.assertEqual((svg.get("width"), svg.get("height")), (f"{WIDTH}px", f"{height // 2}px"))

    def test_a_pdf_is_one(self):
        content = self.draw(name="out.pdf").read_bytes()
        self.assertTrue(content.startswith(b"%PDF-"))
        self.assertIn(b"%%EOF", content[-8:])

    def test_the_same_runs_give_the_same_bytes(self):
        for ending in ("svg", "png", "pdf"):
            first, second = (self.draw(name=f"{i}.{ending}").read_bytes() for i in "12")
            self.assertEqual(first, second, ending)

    def test_themes_differ_in_colours_alone(self):
        light = Svg(self.draw())
        dark = Svg(self.draw("--theme", "dark"))
        self.assertEqual([path.get("d") for path in light.paths],
                         [path.get("d") for path in dark.paths])
        self.assertNotEqual(light.colour(light.paths[-1], "fill"), ())
        self.assertEqual(dark.frames(), [])

    def test_a_file_that_is_there_is_kept(self):
        target = self.folder / "out.svg"
        target.write_text("mine")
        result = self.plot("-o", target)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, f"trainer plot: {target} exists; --overwrite "
                                        "replaces it\n")
        self.assertEqual(target.read_text(), "mine")

    def test_a_file_with_the_temporary_name_is_kept(self):
        mine = self.folder / "out.svg.tmp"
        mine.write_text("mine")
        result = self.plot("--overwrite", "-o", "out.svg")
        self.assertEqual(result.returncode, 1)
        self.assertIn("out.svg.tmp is in the way", result.stderr)
        self.assertEqual(mine.read_text(), "mine")

    def test_what_cannot_be_written_leaves_nothing(self):
        (self.folder / "out.svg").mkdir()
        for target in ("out.svg", "nowhere/out.svg"):
            result = self.plot("--overwrite", "-o", target)
            self.assertEqual(result.returncode, 1)
            self.assertIn(f"{target} cannot be written: ", result.stderr)
            self.assertEqual(len(result.stderr.splitlines()), 1)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["logs", "out.svg"])

    def test_wrong_arguments_are_one_line(self):
        for arguments, part in (((), "--output FILE is missing"),
                                (("-o", "out.gif"), '"out.gif" ends in none of'),
                                (("-o", ".svg"), '".svg" ends in none of'),
                                (("-o", "out.svg", "--axis", "time"), '"time" is not epochs,'),
                                (("-o", "out.svg", "--theme", ""), '"" is not light or dark'),
                                (("-o", "out.svg", ""), "name is empty")):
            result = self.plot(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
            self.assertIn(part, result.stderr)

    def test_a_root_without_runs_is_refused(self):
        (self.folder / "empty").mkdir()
        result = self.plot("-o", "out.svg", "empty")
        self.assertEqual((result.returncode, result.stderr),
                         (1, "trainer plot: empty holds no runs; give the --logdir of train or sweep\n"))

    def test_any_name_of_a_directory_can_be_drawn(self):
        for name in (b"\xff\x1b[2J", "\u20ac".encode() * 80):
            root = self.folder / name.decode(errors="surrogateescape")
            self.logs.rename(root)
            self.logs = root
            Svg(self.draw(root)).curves(3)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
