"""Checks that stock TensorBoard serves over HTTP what write_kinds.c wrote."""

import io
import json
import urllib.parse
import wave

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
        """The answer, once the server has loaded the requested data."""
        return json.loads(self.server.await_answer(lambda answer: json.loads(answer), path,
                                                   run=RUN, **query))

    def get_tags(self, plugin, *tags):
        """Waits until the server knows all tags. Returns its list of them."""
        answer = self.server.await_answer(
            lambda answer: set(json.loads(answer).get(RUN, ())) >= set(tags), f"{plugin}/tags")
        found = json.loads(answer)[RUN]
        assert set(found) == set(tags), found
        return found

    def wait_for_last_event(self):
        """Waits until the server has loaded the whole file."""
        self.server.await_answer(
            lambda answer: json.loads(answer).get(RUN, {}).get("run_graph"), "graphs/info")

    def check_time_series(self):
        """The page that TensorBoard opens with."""
        tags = json.loads(self.server.get("timeseries/tags"))
        assert tags["scalars"]["runTagInfo"][RUN] == ["loss", "loss/high", "loss/low", "value"]
        assert tags["histograms"]["runTagInfo"][RUN] == ["buckets", "doubles", "weights"], tags
        images = tags["images"]["tagRunSampledInfo"]
        assert images == {tag: {RUN: {"maxSamplesPerStep": 2}} for tag in (
            "grey", "grey_alpha", "rgb", "rgba", "ready")}, images

    def check_tensor_scalars(self):
        self.get_tags("scalars", "loss", "loss/low", "loss/high", "value")
        for tag, *values in (("loss", np.float32(2 / 3), 0.5), ("loss/low", 0.25, 0.25),
                             ("loss/high", 0.75, 0.75), ("value", 2, 3)):
            points = self.get("scalars/scalars", tag=tag)
            assert [point[1:] for point in points] == [[2, values[0]], [3, values[1]]], points

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
        self.get_tags("histograms", "weights", "doubles", "buckets")
        weights = self.get("histograms/histograms", tag="weights")
        assert [w[1] for w in weights] == [0, 1, 2], weights
        values = np.array([i % 31 * 0.25 - 3 for i in range(1000) if i % 100])
        for found, data in zip(weights, (values, [-2.75], [])):
            expected = tensor_util.make_ndarray(histogram.histogram_pb("", data).value[0].tensor)
            assert found[2] == expected.tolist(), (found, expected)
        doubles, = self.get("histograms/histograms", tag="doubles")
        assert (doubles[2][0][0], doubles[2][-1][1]) == (-1e300, 1e300), doubles
        assert [bucket[2] for bucket in doubles[2]] == [1] + [0] * 14 + [1] + [0] * 13 + [1]
        buckets, = self.get("histograms/histograms", tag="buckets")
        assert buckets[1:] == [0, [[-1, 0, 3], [0, 1, 0.5], [1, 4, 2]]], buckets

    def images(self, tag, sample):
        for entry in self.get("images/images", tag=tag, sample=sample):
            png = self.server.get_bytes(f"images/individualImage?{entry['query']}")
            yield entry, Image.open(io.BytesIO(png))

    def check_images(self):
        tags = self.get_tags("images", "grey", "grey_alpha", "rgb", "rgba", "ready")
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
        for sample, expected in enumerate(([[[255, 0, 0], [0, 128, 255]]],
                                           [[[1, 2, 3]], [[4, 5, 6]]])):
            (_, image), = self.images("ready", sample)
            assert np.array(image).tolist() == expected, image
        later = list(self.images("rgb", 0))[1:]
        assert [entry["step"] for entry, _ in later] == [5, 6]
        for entry, image in later:
            assert image.size == (3, 5)
            begin = entry["step"]
            assert image.tobytes() == pixels[begin:begin + 45].tobytes()

    def sounds(self, tag):
        for entry in self.get("audio/audio", tag=tag, sample=0):
            assert entry["contentType"] == "audio/wav", entry
            data = self.server.get_bytes(f"audio/individualAudio?{entry['query']}")
            with wave.open(io.BytesIO(data)) as file:
                yield entry["step"], file.getparams()[:4], np.frombuffer(
                    file.readframes(file.getnframes()), "<i2")

    def check_audio(self):
        self.get_tags("audio", "sound")
        (stereo_step, stereo, samples), (mono_step, mono, mono_samples) = self.sounds("sound")
        assert (stereo_step, stereo) == (0, (2, 2, 8000, 400)), stereo
        at = np.arange(400)
        left = (at * 37 % 101 / 50 - 1) * 32767
        assert np.abs(samples[::2] - left).max() <= 0.51, samples
        assert np.abs(samples[1::2] - np.clip((at - 200) / 100, -1, 1) * 32767).max() <= 0.51
        assert (mono_step, mono) == (1, (1, 2, 44100, 5)), mono
        assert mono_samples.tolist() == [0, 1, -1, 32767, -32768]

    def curves(self, tag):
        return self.get("pr_curves/pr_curves", tag=tag)[RUN]

    def check_pr_curves(self):
        self.get_tags("pr_curves", "scores", "counts")
        at = np.arange(500)
        scores = (at * 389 % 500 / np.float32(499)).astype(np.float32)
        labels = at * 31 % 7 < 3
        curves = self.curves("scores")
        assert [curve["step"] for curve in curves] == [2, 3], curves
        for curve, count in zip(curves, (500, 250)):
            thresholds = np.array(curve["thresholds"])
            assert np.abs(thresholds - np.arange(len(thresholds)) / 200).max() < 1e-12
            # The score in units of a threshold's width, as exactly as the writer has it.
            reached = np.floor(np.float64(scores[:count]) * 200)
            for i in range(len(thresholds)):
                positive = reached >= i
                true = labels[:count]
                assert curve["true_positives"][i] == (positive & true).sum()
                assert curve["false_positives"][i] == (positive & ~true).sum()
                assert curve["true_negatives"][i] == (~positive & ~true).sum()
                assert curve["false_negatives"][i] == (~positive & true).sum()
            tp, fp = np.array(curve["true_positives"]), np.array(curve["false_positives"])
            assert np.array_equal(np.float32(curve["precision"]), np.float32(tp / (tp + fp)))
            assert np.array_equal(np.float32(curve["recall"]), np.float32(
                tp / (tp + curve["false_negatives"])))
        counts, = self.curves("counts")
        assert counts["true_positives"] == [5, 4, 1], counts
        assert counts["precision"] == [0.625, float(np.float32(0.8)), 1], counts

    def check_hparams(self):
        experiment = json.loads(self.server.await_answer(
            lambda answer: json.loads(answer).get("hparamInfos"), "hparams/experiment",
            data={"experimentName": ""}))
        assert experiment["description"] == "*Three* of them", experiment
        infos = {info["name"]: info for info in experiment["hparamInfos"]}
        rate, optimizer, shuffled = infos["rate"], infos["optimizer"], infos["shuffled"]
        assert len(infos) == 3, infos
        assert rate["type"] == "DATA_TYPE_FLOAT64", rate
        assert (rate["domainInterval"]["minValue"], rate["domainInterval"]["maxValue"]) == (0, 1)
        assert optimizer["domainDiscrete"] == ["adam"], optimizer
        assert shuffled["displayName"] == "In random order", shuffled
        statuses = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
        groups = json.loads(self.server.await_answer(
            lambda answer: json.loads(answer).get("sessionGroups"), "hparams/session_groups",
            data={"experimentName": "", "allowedStatuses": statuses, "startIndex": 0,
                  "sliceSize": 10, "colParams": []}))
        group, = groups["sessionGroups"]
        assert group["hparams"] == {"rate": 0.25, "optimizer": "adam", "shuffled": True}, group
        session, = group["sessions"]
        assert session["name"] == RUN and session["status"] == "STATUS_SUCCESS", session
        metric, = session["metricValues"]
        assert (metric["name"]["tag"], metric["value"], metric["trainingStep"]) == ("loss", 0.5, 3)
        assert session["startTimeSecs"] <= session["endTimeSecs"], session

    def check_layout(self):
        layout = json.loads(self.server.await_answer(
            lambda answer: json.loads(answer), "custom_scalars/layout"))
        category, = layout["category"]
        assert (category["title"], category["closed"]) == ("Losses", True), category
        lines, band = category["chart"]
        assert lines == {"title": "Lines", "multiline": {"tag": ["loss", "val.*"]}}, lines
        assert band == {"title": "Band", "margin": {"series": [
            {"value": "loss", "lower": "loss/low", "upper": "loss/high"}]}}, band
        scalars = self.get("custom_scalars/scalars", tag="val.*")
        assert scalars["regex_valid"] is True
        assert [point[1:] for point in scalars["tag_to_events"]["value"]] == [[2, 2], [3, 3]], scalars

    def mesh(self, tag, part, dtype):
        return np.frombuffer(self.server.get_bytes("mesh/data?" + urllib.parse.urlencode(
            {"run": RUN, "tag": tag, "content_type": part, "sample": 0, "step": 5})), dtype)

    def check_meshes(self):
        self.get_tags("mesh", "quad", "points")
        parts = self.get("mesh/meshes", tag="quad")
        assert sorted((p["content_type"], p["data_shape"]) for p in parts) == [
            (1, [1, 4, 3]), (2, [1, 2, 3]), (3, [1, 4, 3])], parts
        assert all(json.loads(p["config"]) == {"camera": {"cls": "PerspectiveCamera"}}
                   for p in parts), parts
        assert {p["components"] for p in parts} == {14}, parts
        vertices = [0, 0, 0, 1, 0, 0.5, 0, 1, -2, 1, 1, 1]
        assert self.mesh("quad", "VERTEX", "<f4").tolist() == vertices
        assert self.mesh("quad", "FACE", "<i4").tolist() == [0, 1, 2, 1, 3, 2]
        assert self.mesh("quad", "COLOR", "u1").tolist() == [255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2,
                                                             3]
        points, = self.get("mesh/meshes", tag="points")
        assert points["components"] == 2, points
        assert self.mesh("points", "VERTEX", "<f4").tolist() == vertices

    def check_graph(self):
        graph = self.server.get("graphs/graph", run=RUN)
        nodes = [" ".join(node.split()) for node in graph.split("node")[1:]]
        assert nodes == ['{ name: "a" op: "Placeholder" }', '{ name: "b" op: "Identity" input: "a" }'], graph

    def vectors(self, name):
        data = self.server.get_bytes("projector/tensor?" + urllib.parse.urlencode(
            {"run": RUN, "name": name}))
        return np.frombuffer(data, "<f4").tolist()

    def check_projector(self):
        self.server.await_answer(lambda answer: RUN in json.loads(answer), "projector/runs")
        words, coded, ones = self.get("projector/info")["embeddings"]
        assert words["tensorName"] == 'words "\\\u00e9', words
        assert words["tensorShape"] == [3, 3] and coded["tensorShape"] == [2, 2], words
        assert words["sprite"]["singleImageDim"] == [4, 2], words
        name = words["tensorName"]
        floats = [0.1, -2.0, 3e-8, 1, 0, -0.0, 1e20, 7, np.float32(1) / np.float32(3)]
        assert self.vectors(name) == np.float32(floats).tolist(), self.vectors(name)
        assert self.vectors("coded") == np.float32([-1.5, 2.25, 1e-3, -7]).tolist()
        assert self.vectors("ones") == [1, 0]
        assert self.server.get("projector/metadata", run=RUN, name=name) == "a\nb \u00e9\n\u200b\n"
        assert self.server.get("projector/metadata", run=RUN, name="coded") == (
            "digit\tright\n1\tyes\n2\tno\n")
        sheet = np.array(Image.open(io.BytesIO(self.server.get_bytes(
            "projector/sprite_image?" + urllib.parse.urlencode({"run": RUN, "name": name})))))
        pictures = (np.arange(3 * 2 * 4 * 3) * 7).astype(np.uint8).reshape(3, 2, 4, 3)
        assert sheet.shape == (4, 8, 3), sheet.shape
        for i, picture in enumerate(pictures):
            row, column = divmod(i, 2)
            assert np.array_equal(sheet[2 * row:2 * row + 2, 4 * column:4 * column + 4], picture)
        assert not sheet[2:, 4:].any()


def check_kinds(server):
    kinds = Kinds(server)
    kinds.wait_for_last_event()
    kinds.check_time_series()
    kinds.check_tensor_scalars()
    kinds.check_text()
    kinds.check_histograms()
    kinds.check_images()
    kinds.check_audio()
    kinds.check_pr_curves()
    kinds.check_hparams()
    kinds.check_layout()
    kinds.check_meshes()
    kinds.check_graph()
    kinds.check_projector()
