"""What write_kinds.c wrote, as stock TensorBoard gives it back over HTTP."""

import io
import json

import numpy as np
from PIL import Image
from tensorboard.plugins.histogram import summary_v2 as histogram
from tensorboard.util import tensor_util

RUN = "kinds"


class Kinds:
    """The checks of one server."""

    def __init__(self, server):
        self.server = server

    def get(self, path, **query):
        """The answer, as soon as the server has loaded what is asked for."""
        return json.loads(self.server.await_answer(lambda answer: json.loads(answer), path,
                                                   run=RUN, **query))

    def get_tags(self, plugin, *tags):
        """Waits until the server knows all tags; what it says of them."""
        answer = self.server.await_answer(
            lambda answer: set(json.loads(answer).get(RUN, ())) >= set(tags), f"{plugin}/tags")
        found = json.loads(answer)[RUN]
        assert set(found) == set(tags), found
        return found

    def check_text(self):
        self.get_tags("text", "note", "table")
        note = self.get("text/text", tag="note")
        assert [n["step"] for n in note] == [1, 2], note
        assert note[0]["text"] == "<h1>Title</h1>\n<p><em>été</em></p>", note
        assert note[1]["text"] == "", note
        table, = self.get("text/text", tag="table")
        assert table["text"].count("<tr>") == 3, table
        assert table["text"].count("<td>") == 6, table
        assert "<td><p><em>value</em></p></td>" in table["text"], table

    def check_histograms(self):
        self.get_tags("histograms", "weights", "buckets")
        weights = self.get("histograms/histograms", tag="weights")
        assert [w[1] for w in weights] == [0, 1, 2], weights
        values = np.array([i % 31 * 0.25 - 3 for i in range(1000) if i % 100])
        for found, data in zip(weights, (values, [-2.75], [])):
            expected = tensor_util.make_ndarray(histogram.histogram_pb("", data).value[0].tensor)
            assert found[2] == expected.tolist(), (found, expected)
        buckets, = self.get("histograms/histograms", tag="buckets")
        assert buckets[1:] == [0, [[-1, 0, 3], [0, 1, 0.5], [1, 4, 2]]], buckets

    def images(self, tag, sample):
        for entry in self.get("images/images", tag=tag, sample=sample):
            png = self.server.get_bytes(f"images/individualImage?{entry['query']}")
            yield entry, Image.open(io.BytesIO(png))

    def check_images(self):
        tags = self.get_tags("images", "grey", "grey_alpha", "rgb", "rgba")
        assert all(tag["samples"] == 2 for tag in tags.values()), tags
        at = np.arange(2 * 3 * 5 * 4, dtype=np.uint64)
        pixels = (at * at * 37 + at).astype(np.uint8)
        for channels, (tag, mode) in enumerate((("grey", "L"), ("grey_alpha", "LA"),
                                                ("rgb", "RGB"), ("rgba", "RGBA")), 1):
            expected = pixels[:2 * 15 * channels].reshape(2, 3, 5, channels)
            for sample in range(2):
                entry, image = next(self.images(tag, sample))
                assert (image.size, entry["step"]) == ((5, 3), 4), entry
                assert image.mode == mode, image.mode
                assert np.array_equal(np.array(image).reshape(3, 5, channels), expected[sample])
        later = list(self.images("rgb", 0))[1:]
        assert [entry["step"] for entry, _ in later] == [5, 6]
        for entry, image in later:
            assert image.size == (3, 5)
            begin = entry["step"]
            assert image.tobytes() == pixels[begin:begin + 45].tobytes()


def check_kinds(server):
    kinds = Kinds(server)
    kinds.check_text()
    kinds.check_histograms()
    kinds.check_images()
