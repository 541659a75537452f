"""The tblog tool's commands that make event files: repair, trim, and what merge shares with them.

Usage: check_cli_files.py TBLOG
"""

import hashlib
import os
import random
import signal
import struct
import subprocess
import unittest

from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto import event_pb2, types_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

from cli_fixture import (TBLOG, ToolTest, histogram_event, scalar_event, tblog, tensor_event,
                         version_event)
from waiting import LIMIT_SECONDS


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class Files(ToolTest):
    # ---- repair ----

    def repair(self, path, status=0):
        output = self.path("repaired.tfevents")
        if os.path.exists(output):
            os.remove(output)
        before = digest(path), os.stat(path).st_mtime_ns
        code, out, err = tblog("repair", path, "-o", output)
        self.assertEqual(code, status, err)
        self.assertEqual((digest(path), os.stat(path).st_mtime_ns), before)
        self.assertEqual(os.path.exists(output), status == 0)
        if status == 0:
            self.assertEqual(tblog("verify", output)[0], 0)
        return output, out + err

    def test_repair_of_a_whole_file_is_a_copy(self):
        path, _ = self.many()
        output, report = self.repair(path)
        self.assertEqual(digest(output), digest(path))
        self.assertIn("nothing was wrong", report)
        self.assertIn("31 events saved", report)

    def test_repair_saves_all_but_the_damaged_records(self):
        path, offsets = self.many()
        for hits in ([5], [1, 2], [3, 9, 30], list(range(1, 31, 2))):
            path, _ = self.many()
            for hit in hits:  # the length of the one, the payload of the other
                self.damage(path, offsets[hit] + (2 if hit % 2 else 13))
            output, report = self.repair(path)
            expected = [i for i in range(30) if i + 1 not in hits]
            self.assertEqual(self.steps(output), expected)
            self.assertEqual(self.stock_steps(output, "t"), expected)
            lost = sum(offsets[hit + 1] - offsets[hit] for hit in hits)
            self.assertIn(f"lost {lost} bytes", report)
            for hit in hits:
                self.assertIn(f"at byte {offsets[hit]}:", report)

    def test_repair_of_random_damage_loses_nothing_whole(self):
        generator = random.Random(1)
        for _ in range(40):
            path, offsets = self.many()
            hits = set()
            for _ in range(generator.randrange(1, 8)):
                at = generator.randrange(offsets[-1])
                self.damage(path, at)
                hits ^= {at}
            broken = {max(i for i, offset in enumerate(offsets) if offset <= at) for at in hits}
            if not hits:
                continue
            output, _ = self.repair(path)
            self.assertEqual(self.steps(output), [i for i in range(30) if i + 1 not in broken])

    def test_repair_of_tails_of_zeros_and_torn_ones(self):
        path, offsets = self.many()
        with open(path, "r+b") as file:
            file.seek(offsets[20] + 5)
            file.write(bytes(offsets[-1] - file.tell() + 3000))
        output, report = self.repair(path)
        self.assertEqual(self.steps(output), list(range(19)))
        self.assertIn(f"lost bytes {offsets[20]} to {os.path.getsize(path) - 1}:", report)
        path, offsets = self.many()
        os.truncate(path, offsets[20] + 5)
        self.assertEqual(self.steps(self.repair(path)[0]), list(range(19)))

    def test_repair_finds_what_was_appended_to_a_crashed_file(self):
        path, offsets = self.many()
        with open(path, "rb") as file:
            content = file.read()
        with open(path, "wb") as file:
            file.write(content[:offsets[11] + 9] + content[offsets[20]:])
        self.assertEqual(self.steps(self.repair(path)[0]), list(range(10)) + list(range(19, 30)))

    def test_repair_gives_a_file_version_where_it_was_lost(self):
        path, _ = self.many()
        self.damage(path, 14)
        output, report = self.repair(path)
        events, _ = self.cat(output)
        self.assertEqual(events[0]["file_version"], "brain.Event:2")
        self.assertEqual(events[0]["wall_time"], events[1]["wall_time"])
        self.assertIn("after a new file version", report)
        self.assertEqual(self.stock_steps(output, "t"), list(range(30)))

    def test_repair_leaves_out_a_record_that_is_no_event(self):
        path = self.write(version_event(), b"\xff", scalar_event(1, "t", 1))
        output, report = self.repair(path)
        self.assertEqual(self.steps(output), [1])
        self.assertIn("not an event", report)

    def test_repair_fails_and_saves_where_its_report_cannot_be_printed(self):
        path, _ = self.many()
        output = self.path("repaired.tfevents")
        with open("/dev/full", "wb") as full:
            result = subprocess.run([TBLOG, "repair", path, "-o", output], stdout=full,
                                    stderr=subprocess.PIPE, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"standard output", result.stderr)
        self.assertEqual(digest(output), digest(path))

    def test_repair_tells_where_it_has_not_searched(self):
        """Headers whose records all claim to reach the file's end; a careless reader would read it
        again for each."""
        size = 16 << 20
        path = self.write(version_event(), scalar_event(1, "t", 1))
        begin = os.path.getsize(path)
        with open(path, "ab") as file:
            for at in range(begin, begin + 12 * 40, 12):
                length = struct.pack("<Q", size - at - 16)
                file.write(length + struct.pack("<I", masked_crc32c(length)))
            file.truncate(size)
        output, report = self.repair(path)
        self.assertEqual(self.steps(output), [1])
        lines = [line for line in report.splitlines() if "lost bytes" in line]
        self.assertRegex(lines[-1], f"to {size - 1}: .*; at byte .*: not all of this record was "
                                    "searched")
        self.assertEqual([line for line in lines[:-1] if "searched" in line], [])
        self.assertGreater(len(lines), 2)

    def test_repair_of_nothing_whole_makes_nothing(self):
        for content in (b"", b"x" * 3000, bytes(3000)):
            _, report = self.repair(self.write(tail=content), status=1)
            self.assertIn("no whole record", report)

    def test_new_files_never_replace_one(self):
        path, _ = self.many()
        before = digest(path)
        link = self.path("link")
        os.symlink(self.path("nowhere"), link)
        os.link(path, self.path("hard"))
        for output in (path, self.path("hard"), link, self.directory):
            for command in (["repair", path], ["merge", path], ["trim", path, "--from=3"]):
                code, out, err = tblog(*command, "-o", output)
                self.assertEqual((code, out), (1, ""), err)
                self.assertIn(output, err)
        self.assertEqual(digest(path), before)
        self.assertFalse(os.path.exists(self.path("nowhere")))

    def test_a_killed_command_leaves_nothing(self):
        path = self.write(version_event(), *[scalar_event(i, "t", i) for i in range(10000)])
        with open(path, "rb") as file:
            content = file.read()
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        before = sorted(os.listdir(self.directory))
        for command in (["repair", pipe], ["merge", pipe], ["trim", pipe, "--from=9000"]):
            for death in (signal.SIGTERM, signal.SIGKILL):
                output, content_left = self.path("out.tfevents"), content
                tool = subprocess.Popen([TBLOG, *command, "-o", output])
                self.addCleanup(tool.kill)
                # For reading too, so that the pipe always has a reader. It is more than a pipe
                # holds, so the tool has read some of it.
                with open(pipe, "r+b", buffering=0) as file:
                    while content_left := content_left[file.write(content_left):]:
                        pass
                    self.assertNotIn("out.tfevents", os.listdir(self.directory))
                    tool.send_signal(death)
                    self.assertEqual(tool.wait(LIMIT_SECONDS), -death)
                self.assertEqual(sorted(os.listdir(self.directory)), before)

    # ---- trim ----

    def test_trim_leaves_out_the_points_from_a_step_on(self):
        path = self.write(version_event(), histogram_event(0, "h", True),
                          *[scalar_event(i, "t", i) for i in range(10)],
                          event_pb2.Event(step=99, graph_def=b"x"), histogram_event(4, "h", False),
                          histogram_event(5, "h", False))
        output = self.path("trimmed")
        self.assertEqual(tblog("trim", path, "--from", "5", "-o", output), (0, "", ""))
        self.assertEqual(self.steps(output), [0, 0, 1, 2, 3, 4, 4])
        self.assertIn("graph_def", [event["content"] for event in self.cat(output)[0]])
        code, _, err = tblog("trim", path, "--from=-9223372036854775808", "-o", self.path("none"))
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(self.steps(self.path("none")), [])

    def test_trim_of_a_run_that_has_ended_leaves_its_end_out(self):
        start, end = (tensor_event(f"_hparams_/session_{name}_info", "hparams", [0], content,
                                   dtype=types_pb2.DT_FLOAT)
                      for name, content in (("start", b"\x1a\x00"), ("end", b"\x22\x02\x08\x01")))
        path = self.write(version_event(), start, *[scalar_event(i, "t", i) for i in range(10)],
                          end)
        for step, count in ((5, 5), (100, 10)):
            output = self.path(f"trimmed{step}")
            self.assertEqual(tblog("trim", path, f"--from={step}", "-o", output), (0, "", ""))
            tags = [value["tag"] for event in self.cat(output)[0] for value in
                    event.get("values", [])]
            self.assertEqual(tags, ["_hparams_/session_start_info"] + count * ["t"])

    def test_trim_does_not_orphan_a_tag(self):
        path = self.write(version_event(), histogram_event(5, "h", True),
                          histogram_event(4, "h", False))
        code, _, err = tblog("trim", path, "--from=5", "-o", self.path("trimmed"))
        self.assertEqual(code, 1)
        self.assertIn("'h'", err)
        self.assertFalse(os.path.exists(self.path("trimmed")))
        self.assertEqual(tblog("trim", path, "--from=4", "-o", self.path("trimmed"))[0], 0)

    def trim(self, path, *options, status=0):
        """The events of the new file, as the stock package reads them; or standard error."""
        output = self.path("trimmed.tfevents")
        code, out, err = tblog("trim", path, *options, "-o", output)
        self.assertEqual((code, out, bool(err)), (status, "", status != 0), err)
        self.assertEqual(os.path.exists(output), status in (0, 3))
        if status == 1:
            return err
        payloads = list(RawEventFileLoader(output).Load())
        os.remove(output)
        return [event_pb2.Event.FromString(payload) for payload in payloads]

    def values(self, events):
        return [(event.step, value.tag) for event in events for value in event.summary.value]

    def test_trim_drops_and_renames_tags(self):
        several = scalar_event(1, "a", 1)
        for tag in ("b", "c", "a", "b"):
            several.summary.value.add(tag=tag, simple_value=2)
        path = self.write(version_event(), scalar_event(0, "b", 1), several,
                          scalar_event(2, "c", 1), event_pb2.Event(step=3, graph_def=b"b"))
        events = self.trim(path, "--drop-tag", "b", "--rename-tag=c=d=e")
        self.assertEqual(self.values(events), [(1, "a"), (1, "d=e"), (1, "a"), (2, "d=e")])
        self.assertEqual([event.WhichOneof("what") for event in events],
                         ["file_version", "summary", "summary", "graph_def"])
        events = self.trim(path, "--drop-tag=b", "--drop-tag=a", "--from=2")
        self.assertEqual(self.values(events), [(1, "c")])

    def test_trim_keeps_all_else_of_an_event(self):
        """The same change by the stock protobuf, which keeps unknown fields."""
        unknown = b"\xfa\x3f\x03new"  # field 1023
        histogram = histogram_event(1, "h", True)
        value = histogram.summary.value[0]
        value.metadata.summary_description = "of h"
        value.node_name = "h"
        for message in (value.metadata.plugin_data, value.metadata, value.tensor, value,
                        histogram.summary, histogram):
            message.MergeFromString(unknown)
        old_forms = event_pb2.Event(wall_time=1, step=-1)
        old_forms.summary.value.add(tag="h").histo.bucket.extend([1, 2])
        old_forms.summary.value.add(tag="h").image.encoded_image_string = b"png"
        old_forms.summary.value.add(tag="h").audio.content_type = "audio/wav"
        old_forms.summary.value.add(tag="h", simple_value=-0.0)
        old_forms.summary.value.add(tag="h").tensor.half_val.append(7)
        events = [version_event(), histogram, old_forms]
        self.assertEqual(histogram.SerializeToString().count(b"new"), 6)
        found = self.trim(self.write(*events), "--rename-tag", "h=weights/\u00e9")
        for event in events:
            for value in event.summary.value:
                value.tag = "weights/\u00e9"
        self.assertEqual([event.SerializeToString(deterministic=True) for event in found],
                         [event.SerializeToString(deterministic=True) for event in events])

    def test_trim_of_a_tag_that_is_not_there_makes_nothing(self):
        path = self.write(version_event(), scalar_event(0, "a", 1))
        err = self.trim(path, "--drop-tag=b\x1b", "--rename-tag=c=d", "--drop-tag=a", status=1)
        self.assertEqual(err, f"tblog trim: {path}: tag 'b?' is not there\n"
                         f"tblog trim: {path}: tag 'c' is not there\n")

    def test_trim_renames_no_tag_to_another_that_stays(self):
        path = self.write(version_event(), scalar_event(0, "a", 1), scalar_event(0, "b", 1))
        for options in (["--rename-tag=a=b"], ["--rename-tag=b=a"]):
            self.assertIn("is there already", self.trim(path, *options, status=1))
        self.assertEqual(self.values(self.trim(path, "--drop-tag=b", "--rename-tag=a=b")),
                         [(0, "b")])
        self.assertEqual(self.values(self.trim(path, "--rename-tag=a=b", "--rename-tag=b=a")),
                         [(0, "b"), (0, "a")])

    def test_trim_drops_a_tag_whose_first_value_lies_behind(self):
        path = self.write(version_event(), histogram_event(5, "h", True),
                          histogram_event(4, "h", False), scalar_event(1, "t", 1))
        events = self.trim(path, "--from=5", "--drop-tag=h")
        self.assertEqual(self.values(events), [(1, "t")])

    def test_trim_begins_with_a_file_version_and_leaves_a_torn_record_out(self):
        path = self.write(scalar_event(0, "a", 1), scalar_event(1, "b", 1, 7.5),
                          tail=b"torn")
        events = self.trim(path, "--drop-tag=a", "--rename-tag=b=c", status=3)
        self.assertEqual([event.wall_time for event in events], [7.5, 7.5])
        self.assertEqual(events[0].file_version, "brain.Event:2")


if __name__ == "__main__":
    unittest.main()
