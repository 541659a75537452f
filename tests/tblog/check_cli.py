"""The tblog tool, as its users run it: output, exit status, damaged and strange files.

Usage: check_cli.py TBLOG EVENT_FILES_PAGE
"""

import json
import math
import os
import re
import subprocess
import sys
import unittest

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2

from cli_fixture import TBLOG, ToolTest, scalar_event, string_event, tblog, version_event

DOCUMENTATION = sys.argv.pop(1)


class Tool(ToolTest):
    # ---- cat ----

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
        self.assertEqual(events[1]["values"], [{"tag": "b", "hex": "ff00"}])
        self.assertEqual(events[2]["values"], [{"tag": "c", "string": ""}])

    def test_cat_prints_shapes_counts_and_sizes(self):
        def event(tag, plugin, content=b"", **tensor):
            metadata = summary_pb2.SummaryMetadata()
            metadata.plugin_data.plugin_name = plugin
            metadata.plugin_data.content = content
            return event_pb2.Event(summary=summary_pb2.Summary(value=[summary_pb2.Summary.Value(
                tag=tag, metadata=metadata if plugin else None,
                tensor=tensor_pb2.TensorProto(**tensor))]))

        def shape(*dims):
            return {"tensor_shape": {"dim": [{"size": size} for size in dims]}}

        string, double = types_pb2.DT_STRING, types_pb2.DT_DOUBLE
        buckets = [-1, 0, 2, 0, 3, 0.5]
        path = self.write(
            event("h", "histograms", dtype=double, double_val=buckets, **shape(2, 3)),
            event("h", "", dtype=double, double_val=[], **shape(0, 3)),
            event("h", "", dtype=double, double_val=buckets[3:], **shape(1, 3)),
            event("i", "images", dtype=string, string_val=[b"5", b"3", b"PNG", b"PN"], **shape(4)),
            event("t", "text", dtype=string, string_val=[b"a", "\u00e9".encode()], **shape(1, 2)),
            event("a", "audio", b"\x10\x0b", dtype=string, string_val=[b"\xffWAV"], **shape(1)),
            event("m", "mesh", dtype=types_pb2.DT_FLOAT, float_val=[0] * 6, **shape(1, 2, 3)),
            event("s", "", dtype=string, string_val=[b"ab", b"\xff"], **shape(2)),
            event_pb2.Event(graph_def=b"12345"))
        events, _ = self.cat(path)
        self.assertEqual([e["values"][0] for e in events[:-1]], [
            {"tag": "h", "plugin": "histograms", "shape": [2, 3], "count": 2.5, "min": -1.0,
             "max": 3.0},
            {"tag": "h", "shape": [0, 3]},
            {"tag": "h", "shape": [1, 3], "count": 0.5, "min": 0.0, "max": 3.0},
            {"tag": "i", "plugin": "images", "width": "5", "height": "3", "image_bytes": [3, 2]},
            {"tag": "t", "plugin": "text", "shape": [1, 2], "strings": ["a", "\u00e9"]},
            {"tag": "a", "plugin": "audio", "bytes": [4], "plugin_content_bytes": 2},
            {"tag": "m", "plugin": "mesh", "shape": [1, 2, 3]},
            {"tag": "s", "shape": [2], "bytes": [2, 1]}])
        self.assertEqual(events[-1]["graph_def_bytes"], 5)

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

    # ---- verify ----

    def test_verify_of_whole_files(self):
        path = self.write(version_event(), scalar_event(0, "t", 1))
        code, out, err = tblog("verify", path)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, f"{path}: whole, 2 events\n")

    def test_verify_goes_through_directories(self):
        self.write(version_event(), name="a/b/events.out.tfevents.1.x")
        self.write(version_event(), name="c/events.out.tfevents.2.x")
        self.write(tail=b"not an event file", name="c/run.json")
        code, out, err = tblog("verify", self.directory)
        self.assertEqual((code, err, len(out.splitlines())), (0, "", 2))
        self.write(version_event(), name="c/events.out.tfevents.3.x", tail=b"x")
        code, _, err = tblog("verify", self.directory)
        self.assertEqual(code, 3, err)
        self.write(tail=b"x" * 40, name="a/events.out.tfevents.4.x")
        code, out, err = tblog("verify", self.directory)
        self.assertEqual((code, len(out.splitlines()), len(err.splitlines())), (1, 2, 2), err)

    def test_verify_names_file_and_offset_of_damage(self):
        path = self.write(version_event(), scalar_event(0, "t", 1), scalar_event(1, "t", 1))
        offsets = [event["offset"] for event in self.cat(path)[0]] + [os.path.getsize(path)]
        for at in range(offsets[-1]):
            self.damage(path, at)
            code, out, err = tblog("verify", path)
            begin = max(offset for offset in offsets if offset <= at)
            self.assertEqual((code, out), (1, ""), f"byte {at}")
            self.assertIn(f"{path}: damaged", err)
            self.assertIn(f"at byte {begin}:", err)
            self.damage(path, at)
        self.assertEqual(tblog("verify", path)[0], 0)

    def test_verify_of_every_truncation(self):
        path = self.write(version_event(), scalar_event(0, "t", 1))
        offsets = [event["offset"] for event in self.cat(path)[0]] + [os.path.getsize(path)]
        for size in range(offsets[-1], -1, -1):
            os.truncate(path, size)
            code, _, err = tblog("verify", path)
            self.assertEqual(code, 0 if size in offsets else 3, f"{size} bytes: {err}")

    def test_verify_of_a_record_that_is_no_event(self):
        path = self.write(version_event(), b"\xff")
        code, _, err = tblog("verify", path)
        self.assertEqual(code, 1)
        self.assertIn("not an event", err)

    def test_verify_of_a_tag_that_is_not_utf8(self):
        path = self.write(version_event(), b"\x2a\x05\x0a\x03\x0a\x01\xff")
        code, _, err = tblog("verify", path)
        self.assertEqual(code, 1)
        self.assertIn("UTF-8", err)

    def test_verify_of_nothing_is_an_error(self):
        code, _, err = tblog("verify", self.directory)
        self.assertEqual(code, 1)
        self.assertIn("no event file", err)
        code, _, err = tblog("verify", os.path.join(self.directory, "missing"))
        self.assertEqual(code, 1)
        self.assertIn("missing", err)
        good = self.write(version_event())
        self.assertEqual(tblog("verify", good, os.path.join(self.directory, "missing"))[0], 1)

    def test_verify_ends_on_links_in_a_circle(self):
        self.write(version_event())
        os.symlink(self.directory, os.path.join(self.directory, "circle"))
        code, out, err = tblog("verify", self.directory)
        self.assertEqual((code, len(out.splitlines())), (1, 1))
        self.assertIn("circle", err)

    # ---- usage ----

    def test_wrong_usage_is_2(self):
        for arguments in ([], ["nonsense"], ["--nonsense"], ["cat"], ["cat", "a", "b"],
                          ["cat", "--nonsense", "a"], ["verify"], ["verify", "-x"]):
            code, out, err = tblog(*arguments)
            self.assertEqual((code, out), (2, ""), arguments)
            self.assertNotEqual(err, "", arguments)

    def test_help_and_version(self):
        code, out, err = tblog("--version")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"^tblog \d+\.\d+\.\d+\n$")
        for arguments in (["--help"], ["cat", "--help"], ["verify", "--help"]):
            code, out, err = tblog(*arguments)
            self.assertEqual((code, err), (0, ""))
            self.assertIn("Exit status", out)


if __name__ == "__main__":
    unittest.main()
