"""tblog cat: every kind of event as JSON, whoever wrote it.

Usage: check_cli_cat.py TBLOG EVENT_FILES_PAGE
"""

import base64
import json
import math
import os
import pty
import random
import re
import subprocess
import sys
import unittest

from tensorboard.compat.proto import event_pb2, summary_pb2, types_pb2
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2 as hparams_pb2
from tensorboard.plugins.mesh import plugin_data_pb2 as mesh_pb2

from cli_fixture import (TBLOG, ToolTest, events_without_values, scalar_event, string_event, tblog,
                         tensor_event, version_event)
from waiting import LIMIT_SECONDS

DOCUMENTATION = sys.argv.pop(1)


class Cat(ToolTest):
    def test_cat_prints_every_event(self):
        path = self.write(version_event(), scalar_event(7, "loss", 0.1),
                          event_pb2.Event(graph_def=b"x"))
        events, _ = self.cat(path)
        self.assertEqual(events[0], {"offset": 0, "wall_time": 1.5, "step": 0,
                                     "content": "file_version", "file_version": "brain.Event:2",
                                     "writer": "stock"})
        self.assertEqual(events[1]["values"], [{"tag": "loss", "value": 0.10000000149011612}])
        self.assertEqual((events[1]["step"], events[1]["wall_time"]), (7, 2.25))
        self.assertEqual(events[2]["content"], "graph_def")

    def test_cat_is_json_for_every_number(self):
        values = [math.nan, math.inf, -math.inf, -0.0, 3.4028234663852886e38, 1e-45]
        path = self.write(version_event(), *[scalar_event(0, "t", v) for v in values])
        events, _ = self.cat(path)
        found = [event["values"][0]["value"] for event in events[1:]]
        self.assertEqual(found[:3], ["NaN", "Infinity", "-Infinity"])
        self.assertEqual(math.copysign(1, found[3]), -1)
        self.assertEqual(found[4], values[4])
        self.assertEqual(found[5], 1.401298464324817e-45)

    def test_cat_is_json_for_every_wall_time_and_step(self):
        path = self.write(scalar_event(-2**63, "t", 0, math.nan), scalar_event(2**63 - 1, "t", 0,
                                                                               -math.inf))
        events, _ = self.cat(path)
        self.assertEqual([e["wall_time"] for e in events], ["NaN", "-Infinity"])
        self.assertEqual([e["step"] for e in events], [-2**63, 2**63 - 1])

    def test_cat_is_json_for_every_tag(self):
        tags = ["".join(map(chr, range(1, 32))), '"\\/', "\u007f\u0080\u2028\U0001f600\ufffe", ""]
        path = self.write(*[scalar_event(0, tag, 1) for tag in tags])
        events, _ = self.cat(path)
        self.assertEqual([e["values"][0]["tag"] for e in events], tags)

    def test_cat_prints_strings_and_bytes(self):
        path = self.write(string_event("a", "\u00e9\0\n".encode()), string_event("b", b"\xff\x00"),
                          string_event("c", b""))
        events, _ = self.cat(path)
        self.assertEqual(events[0]["values"], [{"tag": "a", "string": "\u00e9\0\n"}])
        self.assertEqual(events[1]["values"], [{"tag": "b", "string": {"base64": "/wA="}}])
        self.assertEqual(events[2]["values"], [{"tag": "c", "string": ""}])

    def values(self, *events):
        """What cat prints of the first values of events."""
        return [event["values"][0] for event in self.cat(self.write(*events))[0]]

    def test_cat_prints_values_as_their_plugins_take_them(self):
        buckets = [-1, 0, 2, 0, 3, 0.5]
        double, string = types_pb2.DT_DOUBLE, types_pb2.DT_STRING
        self.assertEqual(self.values(
            tensor_event("h", "histograms", [2, 3], dtype=double, double_val=buckets),
            tensor_event("h", "", [0, 3], dtype=double),
            tensor_event("h", "", [1, 3], dtype=double, double_val=buckets[3:]),
            tensor_event("i", "images", [4], dtype=string,
                         string_val=[b"5", b"3", b"PNG", b"PN"]),
            tensor_event("i", "", [2], dtype=string, string_val=[b"wide", b"\xff"]),
            tensor_event("t", "text", [1, 2], dtype=string, string_val=[b"a", "\u00e9".encode()]),
            tensor_event("a", "audio", [1], b"\x10\x0b", dtype=string, string_val=[b"\xffWAV"]),
            tensor_event("s", "", [2], dtype=string, string_val=[b"ab", b"\xff"]),
            tensor_event("p", "pr_curves", [6, 1], b"\x10\x01", dtype=types_pb2.DT_FLOAT,
                         float_val=[1, 2, 3, 4, 5, 6]),
            tensor_event("p", "", [2], dtype=types_pb2.DT_FLOAT, float_val=[1, math.nan])), [
                {"tag": "h", "plugin": "histograms", "type": "double", "shape": [2, 3],
                 "count": 2.5, "min": -1.0, "max": 3.0, "buckets": [[-1, 0, 2], [0, 3, 0.5]]},
                {"tag": "h", "type": "double", "shape": [0, 3], "count": 0, "buckets": []},
                {"tag": "h", "type": "double", "shape": [1, 3], "count": 0.5, "min": 0.0,
                 "max": 3.0, "buckets": [[0, 3, 0.5]]},
                {"tag": "i", "plugin": "images", "width": 5, "height": 3, "image_bytes": [3, 2]},
                {"tag": "i", "width": "wide", "height": {"base64": "/w=="}, "image_bytes": []},
                {"tag": "t", "plugin": "text", "type": "string", "shape": [1, 2],
                 "strings": ["a", "\u00e9"]},
                {"tag": "a", "plugin": "audio", "plugin_data": {"encoding": "WAV"},
                 "type": "string", "shape": [1], "bytes": [4]},
                {"tag": "s", "type": "string", "shape": [2], "strings": ["ab", {"base64": "/w=="}]},
                {"tag": "p", "plugin": "pr_curves", "plugin_data": {"num_thresholds": 1},
                 "type": "float", "shape": [6, 1], "true_positives": [1], "false_positives": [2],
                 "true_negatives": [3], "false_negatives": [4], "precision": [5], "recall": [6]},
                {"tag": "p", "type": "float", "shape": [2], "numbers": [1, "NaN"]}])

    def test_cat_prints_numbers_of_the_tensors_type(self):
        values = self.values(
            tensor_event("i", "", [2], dtype=types_pb2.DT_INT32, int_val=[-2**31, 7]),
            tensor_event("u", "", [2], dtype=types_pb2.DT_UINT8, tensor_content=b"\0\xff"),
            tensor_event("l", "", [1], dtype=types_pb2.DT_INT64, int64_val=[1]),
            tensor_event("x", "", [1], dtype=99))
        self.assertEqual(json.dumps(values[0]["numbers"]), "[-2147483648, 7]")
        self.assertEqual(json.dumps(values[1]["numbers"]), "[0, 255]")
        self.assertEqual(values[2], {"tag": "l", "type": "int64", "shape": [1]})
        self.assertEqual(values[3]["type"], 99)

    def test_cat_prints_hyper_parameters(self):
        pb = hparams_pb2.HParamsPluginData
        start = pb(session_start_info=hparams_pb2.SessionStartInfo(group_name="g",
                                                                   start_time_secs=5.5))
        start.session_start_info.hparams["rate"].number_value = 0.001
        start.session_start_info.hparams["name"].string_value = "ad\u00e4m"
        start.session_start_info.hparams["fast"].bool_value = False
        start.session_start_info.hparams["none"].SetInParent()
        end = pb(session_end_info=hparams_pb2.SessionEndInfo(status="STATUS_FAILURE",
                                                             end_time_secs=7))
        experiment = pb(experiment=api_pb2.Experiment(
            description="d", hparam_infos=[api_pb2.HParamInfo(
                name="rate", type="DATA_TYPE_FLOAT64",
                domain_interval=api_pb2.Interval(max_value=1))],
            metric_infos=[api_pb2.MetricInfo(name=api_pb2.MetricName(tag="loss"))]))
        experiment.experiment.hparam_infos.add(name="n").domain_discrete.extend([3, "x"])
        found = [value["plugin_data"] for value in self.values(*[
            tensor_event("h", "hparams", [0], content.SerializeToString(),
                         dtype=types_pb2.DT_FLOAT) for content in (start, end, experiment)])]
        self.assertEqual(found, [
            {"session_start_info": {
                "hparams": {"rate": 0.001, "name": "ad\u00e4m", "fast": False, "none": None},
                "group_name": "g", "start_time_secs": 5.5}},
            {"session_end_info": {"status": "STATUS_FAILURE", "end_time_secs": 7.0}},
            {"experiment": {
                "description": "d", "time_created_secs": 0.0,
                "hparam_infos": [
                    {"name": "rate", "type": "DATA_TYPE_FLOAT64",
                     "domain_interval": {"min_value": 0.0, "max_value": 1.0}},
                    {"name": "n", "domain_discrete": {"values": [3.0, "x"]}}],
                "metric_infos": [{"name": {"tag": "loss"}}]}}])

    def test_cat_is_json_where_a_hyper_parameters_name_is_not_utf8(self):
        start = hparams_pb2.HParamsPluginData()
        start.session_start_info.hparams["rate"].number_value = 1
        content = start.SerializeToString().replace(b"rate", b"r\xfft\"")
        self.assertIn(b"\xff", content)
        value, = self.values(tensor_event("h", "hparams", [0], content, dtype=types_pb2.DT_FLOAT))
        self.assertEqual(value["plugin_data"]["session_start_info"]["hparams"], {"r?t\"": 1.0})

    def test_cat_prints_layouts_and_meshes(self):
        layout = layout_pb2.Layout(category=[layout_pb2.Category(title="c", chart=[
            layout_pb2.Chart(title="m", multiline=layout_pb2.MultilineChartContent(tag=["a", "b"])),
            layout_pb2.Chart(margin=layout_pb2.MarginChartContent(series=[
                layout_pb2.MarginChartContent.Series(value="v", lower="l", upper="u")]))])])
        mesh = mesh_pb2.MeshPluginData(name="m", content_type="FACE", shape=[1, 1, 3],
                                       components=12)
        values = self.values(
            tensor_event("custom_scalars__config__", "custom_scalars", [],
                         dtype=types_pb2.DT_STRING, string_val=[layout.SerializeToString()]),
            tensor_event("m_FACE", "mesh", [1, 1, 3], mesh.SerializeToString(),
                         dtype=types_pb2.DT_INT32, int_val=[0, 1, 2]))
        self.assertEqual(values[0]["layout"], {"category": [{"title": "c", "chart": [
            {"title": "m", "multiline": {"tag": ["a", "b"]}},
            {"margin": {"series": [{"value": "v", "lower": "l", "upper": "u"}]}}]}]})
        self.assertEqual(values[1]["plugin_data"], {"name": "m", "content_type": "FACE",
                                                    "shape": [1, 1, 3], "components": 12})
        self.assertEqual(values[1]["numbers"], [0, 1, 2])

    def test_cat_prints_what_it_does_not_know_as_base64(self):
        generator = random.Random(3)
        for content in [generator.randbytes(size) for size in range(1, 9)]:
            for plugin in ("unknown", "hparams", "custom_scalars"):
                value, = self.values(tensor_event("t", plugin, [], b"\xff" + content,
                                                  dtype=types_pb2.DT_STRING,
                                                  string_val=[b"\xff" + content]))
                for found in (value["plugin_data"], value.get("string", value.get("layout"))):
                    self.assertEqual(base64.b64decode(found["base64"], validate=True),
                                     b"\xff" + content)
        event = tensor_event("t", "graph_keras_model", [], b"1", dtype=types_pb2.DT_STRING,
                             string_val=[b"{}"])
        event.summary.value[0].metadata.display_name = "D"
        event.summary.value[0].metadata.summary_description = "*d*"
        event.summary.value[0].metadata.data_class = summary_pb2.DATA_CLASS_BLOB_SEQUENCE
        self.assertEqual(self.values(event), [
            {"tag": "t", "plugin": "graph_keras_model", "plugin_data": "1",
             "data_class": "blob_sequence", "display_name": "D", "description": "*d*",
             "string": "{}"}])

    def test_cat_prints_events_without_values(self):
        events, _ = self.cat(self.write(*events_without_values()))
        found = [{key: value for key, value in event.items()
                  if key not in ("offset", "wall_time", "step")} for event in events]
        self.assertEqual(found, [
            {"content": "graph_def", "graph_def_bytes": 5},
            {"content": "meta_graph_def", "meta_graph_def_bytes": 3},
            {"content": "tagged_run_metadata", "tag": "step 1", "run_metadata_bytes": 2},
            {"content": "log_message", "level": "WARN", "message": "hot"},
            {"content": "session_log", "status": "CHECKPOINT", "checkpoint_path": "a/b",
             "message": "m"},
            {"content": "session_log", "status": "START"},
            {"content": ""}])

    def test_cat_reads_a_pipe(self):
        path = self.write(version_event(), *[scalar_event(i, "t", i) for i in range(5000)])
        _, expected, _ = tblog("cat", path)
        with open(path, "rb") as file:
            content = file.read()
        for end, status in ((len(content), 0), (len(content) - 3, 3)):
            result = subprocess.run([TBLOG, "cat", "/dev/stdin"], input=content[:end],
                                    capture_output=True, timeout=LIMIT_SECONDS)
            self.assertEqual(result.returncode, status, result.stderr)
            lines = expected.splitlines()
            self.assertEqual(result.stdout.decode().splitlines(), lines[:5001 - (status != 0)])
        content = content[:100] + b"x" + content[101:]
        output = os.path.join(self.directory, "repaired")
        result = subprocess.run([TBLOG, "repair", "/dev/stdin", "-o", output], input=content,
                                capture_output=True, timeout=LIMIT_SECONDS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(self.cat(output)[0]), 5000)

    def test_cat_prints_what_comes_through_a_pipe_at_once(self):
        with open(self.write(version_event(), scalar_event(1, "t", 1)), "rb") as file:
            content = file.read()
        leader, follower = pty.openpty()  # for which standard output is flushed line by line
        process = subprocess.Popen([TBLOG, "cat", "/dev/stdin"], stdin=subprocess.PIPE,
                                   stdout=follower)
        os.close(follower)
        with process, open(leader, "rb", buffering=0) as terminal:
            process.stdin.write(content)
            process.stdin.flush()
            seen = b""
            while seen.count(b"\n") < 2:
                seen += terminal.read(4096)
            self.assertIn(b'"tag":"t"', seen)
            self.assertIsNone(process.poll())
            process.stdin.close()
        self.assertEqual(process.returncode, 0)

    def test_cat_prints_up_to_the_damage(self):
        path = self.write(version_event(), scalar_event(0, "t", 1), scalar_event(1, "t", 1))
        events, _ = self.cat(path)
        self.damage(path, events[2]["offset"] + 14)
        events, err = self.cat(path, status=1)
        self.assertEqual(len(events), 2)
        self.assertIn(path, err)

    def test_cat_reads_the_record_of_the_documentation(self):
        with open(DOCUMENTATION, encoding="utf-8") as page:
            block = page.read().split("```")[1]
        record = b"".join(bytes.fromhex(re.match(r"(\s*[0-9a-f]{2}\b)*", line).group())
                          for line in block.splitlines())
        path = self.write(tail=record)
        self.assertEqual(len(record), 42)
        self.assertEqual(record, self.stock_record(7, "loss", 0.5, 1700000000.25))
        events, _ = self.cat(path)
        self.assertEqual(events, [{"offset": 0, "wall_time": 1700000000.25, "step": 7,
                                   "content": "summary",
                                   "values": [{"tag": "loss", "value": 0.5}]}])

    def stock_record(self, *arguments):
        with open(self.write(scalar_event(*arguments), name="stock"), "rb") as file:
            return file.read()

    def test_cat_tells_a_torn_record(self):
        path = self.write(version_event(), tail=b"\x01\x02")
        events, err = self.cat(path, status=3)
        self.assertEqual(len(events), 1)
        self.assertIn("ends inside a record", err)

    def test_cat_of_what_is_no_file(self):
        for path in (os.path.join(self.directory, "missing"), self.directory, "/dev/null"):
            _, err = self.cat(path, status=1)
            self.assertIn(path, err)

    def test_cat_tells_that_its_output_failed(self):
        path = self.write(version_event())
        with open("/dev/full", "wb") as full:
            result = subprocess.run([TBLOG, "cat", path], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"No space left", result.stderr)


if __name__ == "__main__":
    unittest.main()
