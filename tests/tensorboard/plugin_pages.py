"""Reads from the pages of TensorBoard's plug-ins what is really drawn."""

import numpy

from tensorboard_page import LINE_PIXELS
from waiting import attempts, wait_until


class PluginPage:
    """The page of one plug-in; `name` is its name in the URL."""

    def __init__(self, browser, server, name):
        self._browser = browser
        self._url = f"{server.url}/?darkMode=false#{name}"

    def wait_for(self, condition, what):
        """Opens the page and returns the first true value of condition(page). A page that was
        opened before the server had the data stays empty, so it is opened again if nothing
        appears."""
        for seconds in attempts(40):
            self._browser.open(self._url)
            try:
                return wait_until(lambda: condition(self), what, seconds)
            except TimeoutError:
                pass
        raise TimeoutError(f"not on {self._url}: {what}")

    def texts(self, selector):
        return self._browser.texts(selector)

    def unfold(self):
        """Opens the groups of charts that are folded."""
        self._browser.run(
            """
            walk(document, element => {
                if (element.matches('tf-category-paginated-view') && !element.opened)
                    element.shadowRoot.querySelector('button.heading').click();
            });
            """
        )

    def line_counts(self, card, line):
        """{tag or title: number of drawn lines} of the elements `card`, whose lines match
        `line`."""
        return self._browser.run(
            """
            const counts = {};
            walk(document, element => {
                if (!element.matches(arguments[0])) return;
                let lines = 0;
                walk(element.shadowRoot, part => {
                    lines += part.matches(arguments[1]) && part.getTotalLength() > arguments[2];
                });
                counts[element.tag || element.title] = lines;
            });
            return counts;
            """,
            card,
            line,
            LINE_PIXELS,
        )

    def images(self):
        """{(tag, sample): array [height,width,4]} of the pictures that are loaded."""
        found = self._browser.run(
            """
            const images = [];
            walk(document, element => {
                if (!element.matches('tf-image-loader')) return;
                const image = element.shadowRoot.querySelector('img');
                if (!image || !image.complete || !image.naturalWidth) return;
                const canvas = document.createElement('canvas');
                canvas.width = image.naturalWidth;
                canvas.height = image.naturalHeight;
                const context = canvas.getContext('2d');
                context.drawImage(image, 0, 0);
                const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
                images.push([element.tag, element.sample, canvas.height, Array.from(pixels)]);
            });
            return images;
            """
        )
        return {
            (tag, sample): numpy.array(pixels, numpy.uint8).reshape(height, -1, 4)
            for tag, sample, height, pixels in found
        }

    def sound_durations(self):
        """Seconds of each sound that the page's players have loaded."""
        return self._browser.run(
            """
            const durations = [];
            walk(document, element => {
                if (element.matches('audio') && element.duration) durations.push(element.duration);
            });
            return durations;
            """
        )

    def projected_labels(self):
        """The labels of the projector's points; None while it has none."""
        return self._browser.run(
            """
            let labels = null;
            walk(document, element => {
                if (element.matches('vz-projector') && element.dataSet)
                    labels = element.dataSet.points.map(point => point.metadata.label);
            });
            return labels;
            """
        )

    def canvas_colours(self):
        """The number of different colours in the page's drawing areas, without greys."""
        boxes = self._browser.run(
            """
            const boxes = [];
            walk(document, element => {
                const box = element.getBoundingClientRect();
                if (element.matches('canvas') && box.width)
                    boxes.push([box.left, box.top, box.right, box.bottom].map(Math.round));
            });
            return boxes;
            """
        )
        picture = self._browser.picture()
        colours = set()
        for box in boxes:
            pixels = numpy.asarray(picture.crop(box)).reshape(-1, 3).astype(int)
            colours |= set(map(tuple, pixels[numpy.ptp(pixels, axis=1) > 30].tolist()))
        return len(colours)
