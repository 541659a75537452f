"""Stock TensorBoard in Chromium shows what the trainer logs besides scalars: sessions with their
numbers, the charts of training against validation, pictures, texts and histograms."""

import os
import shutil
import sys
import tempfile
import unittest

import sweep
from browser import Browser, find_browser
from tensorboard_server import TensorBoardServer
from waiting import wait_until


def setUpModule():
    global folder
    folder = tempfile.mkdtemp(prefix="chromium_sessions_")
    unittest.addModuleCleanup(shutil.rmtree, folder)


class SessionsInChromium(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        data = os.path.join(folder, "data")
        cls.logs = os.path.join(folder, "logs")
        sweep.write_data_set(data)
        sweep.run_sweep(data, cls.logs)
        cls.server = cls.enterClassContext(TensorBoardServer(cls.logs))
        # The window must show all columns of the table of sessions.
        cls.browser = cls.enterClassContext(Browser(width=2400))

    def open(self, page):
        self.browser.open(f"{self.server.url}/#{page}")

    def texts(self, selector):
        return self.browser.texts(selector)

    def headings(self):
        """The headings of the page's cards."""
        return self.texts(".heading-label.name")

    def test_the_table_of_sessions_has_their_batch_sizes_and_metrics(self):
        self.open("hparams")

        def rows():
            cells = [text for text in self.texts("vaadin-grid-cell-content") if text]
            starts = [i for i, text in enumerate(cells) if text in sweep.run_names()]
            return {cells[i]: cells[i + 1 : i + 11] for i in starts}

        full = lambda: {len(row) for row in rows().values()} == {10} and len(rows()) == 3
        wait_until(full, "a row of ten columns for each session")
        for name, size in zip(sweep.run_names(), sweep.BATCH_SIZES):
            row = rows()[name]
            metrics = list(sweep.expected_metrics(self.logs, name).values())
            self.assertEqual(row[1], "cpu")
            expected = [size, sweep.EPOCHS, 0.001, 1, *metrics]  # the seed is 1
            for shown, value in zip(row[:1] + row[2:], expected):
                # The page rounds to five digits.
                self.assertAlmostEqual(float(shown) / value, 1, places=3, msg=(name, row))

    def test_the_table_names_the_metrics(self):
        self.open("hparams")
        headings = ["batch_size", "engine", "epochs", "learning_rate", "seed"]
        headings += list(sweep.expected_metrics(self.logs, sweep.run_names()[0]))
        wait_until(lambda: set(headings) <= set(self.texts("vaadin-grid-cell-content")), "headings")

    def test_custom_scalars_draw_training_and_validation(self):
        self.open("custom_scalars&_smoothingWeight=0")

        def lines():
            return self.browser.run(
                """
                const counts = {};
                walk(document, element => {
                    if (!element.matches('tf-custom-scalar-multi-line-chart-card')) return;
                    let lines = 0;
                    walk(element.shadowRoot, part => {
                        lines += part.matches('path.line') && part.getTotalLength() > 40;
                    });
                    counts[element.title] = lines;
                });
                return counts;
                """
            )

        # Each run has a line of training and one of validation.
        wait_until(lambda: lines().get("loss by iteration", 0) >= 6, "the lines")
        self.assertEqual(len(lines()), 4)

    def test_the_pictures_are_drawn_and_not_stretched(self):
        self.open("images")

        def pictures():
            return self.browser.run(
                """
                const sizes = [];
                walk(document, element => {
                    if (element.matches('img'))
                        sizes.push([element.naturalWidth, element.clientWidth]);
                });
                return sizes;
                """
            )

        wait_until(lambda: pictures() == [[350, 350]] * 6, "two pictures of each run")
        self.assertEqual(set(self.headings()), {"confusion_matrix", "mistakes"})

    def test_texts_are_tables(self):
        self.open("text")
        cells = lambda: self.texts("td")
        for size in sweep.BATCH_SIZES:
            row = ("batch size", str(size))
            wait_until(lambda: row in zip(cells(), cells()[1:]), f"the configuration of {size}")

    def test_histograms_are_drawn(self):
        self.open("histograms")

        def drawn():
            return self.browser.run(
                """
                let count = 0;
                walk(document, element => {
                    count += element.matches('.histogram path') &&
                        (element.getAttribute('d') || '').length > 100;
                });
                return count;
                """
            )

        wait_until(lambda: drawn() >= sweep.EPOCHS, "histograms of all epochs")
        wait_until(
            lambda: "gradient/conv2d/kernel/histogram" in self.headings(),
            "Keras' tags",
        )


if __name__ == "__main__":
    if find_browser() is None:
        print("no Chromium or Chrome with chromedriver on PATH", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    unittest.main(verbosity=2)
