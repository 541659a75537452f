"""Reads TensorBoard's pages in a browser: what they show, and which lines are really drawn."""

import urllib.parse

import numpy

from waiting import attempts, wait_until

# Antialiasing blends a line with its background; the line's middle is this close to the run's
# colour.
COLOUR_TOLERANCE = 24
# Fewer pixels of a run's colour are a dot or a mark, not a line.
LINE_PIXELS = 40


class TimeSeriesPage:
    """TensorBoard's first page, Time Series, opened by a link."""

    def __init__(self, browser, link):
        self._browser = browser
        browser.open(link)

    @classmethod
    def with_tags(cls, browser, server, tags):
        """Opens the page with the tags that match a regular expression."""
        query = urllib.parse.urlencode({"darkMode": "false", "smoothing": 0, "tagFilter": tags})
        return cls(browser, f"{server.url}/?{query}#timeseries")

    def run_colours(self):
        """{run: [red, green, blue]} from the list of runs."""
        return self._browser.run(
            """
            const colours = {};
            walk(document, element => {
                if (!element.matches('runs-data-table tb-data-table-content-row')) return;
                const swatch = element.querySelector('.run-color-swatch');
                const name = element.querySelector('.table-column-run').textContent.trim();
                colours[name] = getComputedStyle(swatch).backgroundColor.match(/[0-9]+/g).map(Number);
            });
            return colours;
            """
        )

    def _chart_boxes(self):
        """{tag: [left, top, right, bottom]} of the area with the lines in each chart."""
        return self._browser.run(
            """
            const boxes = {};
            walk(document, element => {
                if (!element.matches('scalar-card-component')) return;
                const lines = element.querySelector('.series-view');
                if (!lines) return;
                const box = lines.getBoundingClientRect();
                const tag = element.querySelector('.tag').getAttribute('title');
                boxes[tag] = [box.left, box.top, box.right, box.bottom].map(Math.round);
            });
            return boxes;
            """
        )

    def tags(self):
        """Those of the charts, in their order."""
        return list(self._chart_boxes())

    def smoothing(self):
        return self._browser.run(
            """
            const values = [];
            walk(document, element => {
                if (element.matches('.scalars-smoothing input.slider-input'))
                    values.push(Number(element.value));
            });
            return values;
            """
        )

    def drawn_lines(self):
        """{tag: set of runs} of the lines that are visible in the charts."""
        colours = self.run_colours()
        picture = self._browser.picture()
        drawn = {}
        for tag, box in self._chart_boxes().items():
            pixels = numpy.asarray(picture.crop(box)).astype(int)
            drawn[tag] = {
                run
                for run, colour in colours.items()
                if (abs(pixels - colour).max(axis=2) <= COLOUR_TOLERANCE).sum() >= LINE_PIXELS
            }
        return drawn

    def wait_for_lines(self, expected):
        """Waits until each tag's chart has lines of at least these runs: {tag: runs}."""

        def are_drawn():
            drawn = self.drawn_lines()
            return all(set(runs) <= drawn.get(tag, set()) for tag, runs in expected.items())

        wait_until(are_drawn, f"lines drawn for {sorted(expected)}")

    def hide_settings(self):
        wait_until(lambda: self._browser.texts("metrics-dashboard-settings"), "the settings")
        self._browser.click(".settings-button[aria-pressed=true]")
        wait_until(
            lambda: not self._browser.texts("metrics-dashboard-settings"), "settings hidden"
        )


class ScalarsPage:
    """The older page of scalars, which draws in SVG, with the tags that match a regular expression.

    It draws only the charts that fit into the window.
    """

    def __init__(self, browser, server, tags):
        self._browser = browser
        filter_ = urllib.parse.quote(tags)
        browser.open(f"{server.url}/#scalars&_smoothingWeight=0&tagFilter={filter_}")

    def line_counts(self):
        """{tag: number of lines longer than a mark} of the charts drawn so far."""
        return self._browser.run(
            """
            const counts = {};
            walk(document, element => {
                if (!element.matches('tf-scalar-card')) return;
                let lines = 0;
                walk(element.shadowRoot, part => {
                    lines += part.matches('path.line') && part.getTotalLength() > arguments[0];
                });
                counts[element.tag] = lines;
            });
            return counts;
            """,
            LINE_PIXELS,
        )


class GraphsPage:
    """The page of the model under Keras' tag."""

    def __init__(self, browser, server):
        self._browser = browser
        browser.open(f"{server.url}/#graphs")

    def show_layers(self):
        """Goes from the page's first view to the layers of the model."""
        wait_until(lambda: self._choose("conceptual_graph"), "a choice of graphs")
        # TensorBoard begins with the graph of operations, even if a run has none. Its message about
        # that may come after the choice and replace the model. Then this chooses again.
        for seconds in attempts():
            try:
                wait_until(
                    lambda: self._browser.click("g.node.meta .buttoncontainer"),
                    "the model on the Graphs page",
                    limit_seconds=seconds,
                )
                return
            except TimeoutError:
                self._choose("op_graph")
                self._choose("conceptual_graph")
        raise TimeoutError("the model is not on the Graphs page")

    def choose_tag(self, tag):
        """Goes to the graph of a tag; "Default" is the run's graph of operations."""
        script = """
            let found = 0;
            walk(document, element => {
                if (element.matches('paper-item') && element.textContent.trim() === arguments[0]) {
                    element.click();
                    found++;
                }
            });
            return found;
        """
        wait_until(lambda: self._browser.run(script, tag), f"a choice of {tag}")

    def _choose(self, kind):
        return self._browser.click(f"paper-radio-button[name={kind}]")

    def node_names(self):
        return self._browser.run(
            """
            const names = [];
            walk(document, element => {
                if (element.matches('g.node')) names.push(element.getAttribute('data-name'));
            });
            return names;
            """
        )


def heading_of_empty_page(browser, server):
    """The heading of TensorBoard's page for a directory without data."""
    browser.open(server.url)
    return wait_until(lambda: browser.texts("h3"), "a heading")
