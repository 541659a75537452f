"""The tblog tool's commands on many files and into new ones: ls, export, repair, merge, trim, tail.

Usage: check_cli_files.py TBLOG
"""

import csv
import fcntl
import glob
import hashlib
import io
import json
import math
import os
import pty
import random
import select
import struct
import subprocess
import termios
import time
import unittest

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.compat.proto import event_pb2, summary_pb2, types_pb2

from cli_fixture import TBLOG, ToolTest, scalar_event, tblog, version_event


def histogram_event(step, tag, with_metadata):
    value = summary_pb2.Summary.Value(tag=tag)
    value.tensor.dtype = types_pb2.DT_DOUBLE
    value.tensor.tensor_shape.dim.add(size=1)
    value.tensor.tensor_shape.dim.add(size=3)
    value.tensor.double_val.extend([0, 1, 5])
    if with_metadata:
        value.metadata.plugin_data.plugin_name = "histograms"
        value.metadata.data_class = summary_pb2.DATA_CLASS_TENSOR
    return event_pb2.Event(wall_time=3, step=step, summary=summary_pb2.Summary(value=[value]))


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class Files(ToolTest):
    def path(self, name):
        return os.path.join(self.directory, name)

    def steps(self, path, status=0):
        events, _ = self.cat(path, status)
        return [event["step"] for event in events if event["content"] == "summary"]

    def stock_steps(self, path, tag):
        """What stock TensorBoard's own reader finds."""
        accumulator = event_accumulator.EventAccumulator(path)
        accumulator.Reload()
        return [event.step for event in accumulator.Scalars(tag)]

    # ---- ls ----

    def ls(self, *arguments, status=0):
        code, out, err = tblog("ls", "--json", *arguments)
        self.assertEqual(code, status, err)
        return [json.loads(line) for line in out.splitlines()], err

    def test_ls_counts_the_tags_of_each_run(self):
        self.write(version_event(), scalar_event(3, "b", 1), scalar_event(4, "a", 1),
                   name="one/events.out.tfevents.1.x")
        self.write(version_event(), scalar_event(9, "a", 1), histogram_event(-7, "h", True),
                   histogram_event(5, "h", False), name="one/events.out.tfevents.2.x")
        self.write(version_event(), scalar_event(2**62, "a", 1), name="two/x/f.tfevents")
        rows, _ = self.ls(self.directory)
        self.assertEqual([tuple(row.values()) for row in rows],
                         [("one", "a", "scalars", 2, 4, 9), ("one", "b", "scalars", 1, 3, 3),
                          ("one", "h", "histograms", 2, -7, 5),
                          ("two/x", "a", "scalars", 1, 2**62, 2**62)])
        self.assertEqual(list(rows[0]), ["run", "tag", "kind", "count", "first_step", "last_step"])
        rows, _ = self.ls("--tag=^h$", "-t", "^b", self.directory)
        self.assertEqual([row["tag"] for row in rows], ["b", "h"])

    def test_ls_names_runs_as_tensorboard_does(self):
        self.write(scalar_event(0, "a", 1))
        self.write(scalar_event(0, "a", 1), name="x/f.tfevents")
        for root in (self.directory, self.directory + "//"):
            self.assertEqual([row["run"] for row in self.ls(root)[0]], [".", "x"])
        self.assertEqual([row["run"] for row in self.ls(self.path("x"))[0]], ["."])
        rows, _ = self.ls(self.path("x"), self.path("events.out.tfevents.1.x"))
        self.assertEqual([row["run"] for row in rows], [self.directory, self.path("x")])

    def test_ls_prints_a_table_that_no_tag_can_break(self):
        self.write(scalar_event(0, "a\n\x1b[2J\u009b\u00e9", 1), scalar_event(0, "long" * 9, 1))
        code, out, err = tblog("ls", self.directory)
        self.assertEqual((code, err), (0, ""))
        lines = out.splitlines()
        self.assertEqual(lines[0].split(), ["RUN", "TAG", "KIND", "COUNT", "FIRST", "LAST"])
        self.assertEqual(lines[1].split(), [".", "a??[2J?\u00e9", "scalars", "1", "0", "0"])
        self.assertEqual({len(line) for line in lines}, {len(lines[0])})

    def test_ls_tells_damage_and_lists_the_rest(self):
        damaged = self.write(version_event(), scalar_event(1, "a", 1), tail=b"x" * 20)
        self.write(scalar_event(2, "b", 1), name="x/f.tfevents")
        rows, err = self.ls(self.directory, status=1)
        self.assertEqual([row["tag"] for row in rows], ["a", "b"])
        self.assertIn(damaged, err)
        os.truncate(damaged, os.path.getsize(damaged) - 15)
        self.assertEqual(len(self.ls(self.directory, status=3)[0]), 2)
        self.ls(self.path("missing"), status=1)

    def test_ls_of_ten_thousand_tags(self):
        self.write(*[scalar_event(0, f"group/{i}", 1) for i in range(10000)])
        rows, _ = self.ls(self.directory)
        self.assertEqual(len({row["tag"] for row in rows}), 10000)

    # ---- export ----

    def test_export_writes_csv_that_reads_back_the_same(self):
        values = [0.1, math.nan, math.inf, -math.inf, -0.0, 3.4028234663852886e38, 1e-45, 16777217]
        tags = ["plain", 'quo"te', "com,ma", "new\nline", " spaces "]
        path = self.write(version_event(), *[scalar_event(i, tags[i % 5], value, 1e9 + i / 3)
                                             for i, value in enumerate(values)])
        code, out, err = tblog("export", self.directory)
        self.assertEqual((code, err), (0, ""))
        rows = list(csv.reader(io.StringIO(out, newline="")))
        self.assertEqual(rows[0], ["run", "tag", "step", "wall_time", "value"])
        self.assertEqual(len(rows), 1 + len(values))
        for i, (run, tag, step, wall_time, value) in enumerate(rows[1:]):
            self.assertEqual((run, tag, int(step), float(wall_time)),
                             (".", tags[i % 5], i, 1e9 + i / 3))
            stored = struct.pack("<f", values[i])
            self.assertEqual(struct.pack("<f", float(value)), stored)
        code, out, _ = tblog("export", "--tag", "com", path)
        self.assertEqual((code, len(out.splitlines())), (0, 3))

    def test_export_makes_a_file_and_leaves_those_that_are_there(self):
        self.write(scalar_event(0, "a", 1))
        output = self.path("out.csv")
        self.assertEqual(tblog("export", self.directory, "-o", output), (0, "", ""))
        with open(output, encoding="utf-8") as file:
            self.assertEqual(file.read(), "run,tag,step,wall_time,value\n.,a,0,2.25,1\n")
        code, _, err = tblog("export", self.directory, "-o", output)
        self.assertEqual(code, 1)
        self.assertIn("File exists", err)

    def test_commands_tell_that_their_output_failed(self):
        path = self.write(scalar_event(0, "a", 1))
        for command in (["ls", path], ["ls", "--json", path], ["export", path], ["tail", path],
                        ["verify", path]):
            with open("/dev/full", "wb") as full:
                result = subprocess.run([TBLOG, *command], stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(result.returncode, 1, command)
            self.assertIn(b"No space left", result.stderr, command)

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

    def many(self, count=30):
        path = self.write(version_event(), *[scalar_event(i, "t", i) for i in range(count)])
        offsets = [event["offset"] for event in self.cat(path)[0]] + [os.path.getsize(path)]
        return path, offsets

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
        self.assertIn("behind a new file version", report)
        self.assertEqual(self.stock_steps(output, "t"), list(range(30)))

    def test_repair_leaves_out_a_record_that_is_no_event(self):
        path = self.write(version_event(), b"\xff", scalar_event(1, "t", 1))
        output, report = self.repair(path)
        self.assertEqual(self.steps(output), [1])
        self.assertIn("not an event", report)

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

    # ---- merge ----

    def test_merge_puts_the_files_in_tensorboards_order(self):
        self.write(version_event(), scalar_event(2, "t", 1), name="r/events.out.tfevents.20.x")
        self.write(version_event(), scalar_event(1, "t", 1), name="r/events.out.tfevents.10.x")
        self.write(version_event(), scalar_event(3, "t", 1), name="r/events.out.tfevents.30.x")
        output = self.path("merged.tfevents")
        self.assertEqual(tblog("merge", self.path("r"), "-o", output), (0, "", ""))
        self.assertEqual(self.steps(output), [1, 2, 3])
        self.assertEqual(self.stock_steps(output, "t"), [1, 2, 3])
        versions = [e for e in self.cat(output)[0] if e["content"] == "file_version"]
        self.assertEqual(len(versions), 1)

    def test_merge_refuses_two_runs_and_damage(self):
        one = self.write(version_event(), scalar_event(1, "t", 1), name="a/f.tfevents")
        self.write(version_event(), scalar_event(2, "t", 1), name="b/f.tfevents")
        output = self.path("merged")
        code, _, err = tblog("merge", self.directory, "-o", output)
        self.assertEqual(code, 1)
        self.assertIn("two runs", err)
        self.damage(one, 60)
        code, _, err = tblog("merge", self.path("a"), "-o", output)
        self.assertEqual(code, 1)
        self.assertIn("tblog repair", err)
        self.assertFalse(os.path.exists(output))

    def test_merge_leaves_a_torn_record_out(self):
        self.write(version_event(), scalar_event(1, "t", 1), name="r/1.tfevents", tail=b"x" * 5)
        self.write(version_event(), scalar_event(2, "t", 1), name="r/2.tfevents")
        output = self.path("merged")
        self.assertEqual(tblog("merge", self.path("r"), "-o", output)[0], 3)
        self.assertEqual(self.steps(output), [1, 2])

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

    def test_trim_does_not_orphan_a_tag(self):
        path = self.write(version_event(), histogram_event(5, "h", True),
                          histogram_event(4, "h", False))
        code, _, err = tblog("trim", path, "--from=5", "-o", self.path("trimmed"))
        self.assertEqual(code, 1)
        self.assertIn("'h'", err)
        self.assertFalse(os.path.exists(self.path("trimmed")))
        self.assertEqual(tblog("trim", path, "--from=4", "-o", self.path("trimmed"))[0], 0)

    # ---- tail ----

    def tail(self, *arguments, status=0, locale="C.UTF-8"):
        code, out, err = tblog("tail", *arguments, env=dict(os.environ, LC_ALL=locale))
        self.assertEqual(code, status, err)
        return out, err

    def test_tail_draws_a_falling_line(self):
        self.write(*[scalar_event(i, "t", 100 - i) for i in range(101)])
        out, _ = self.tail(self.directory, locale="C")
        lines = out.split("\n")
        self.assertEqual(lines[0], ".  t  0 at step 100")
        self.assertTrue(lines[1].startswith("       100 |"))
        self.assertTrue(lines[8].startswith("         0 |"))
        self.assertEqual(lines[9].split(), ["0", "100"])
        columns = [line.index("*", 12) for line in lines[1:9]]
        self.assertEqual(columns, sorted(columns))
        self.assertEqual((columns[0], len(lines[8])), (12, 79))
        out, _ = self.tail(self.directory)
        self.assertRegex(out, "[\u2801-\u28ff]")

    def test_tail_draws_any_numbers(self):
        limit = 3.4028234663852886e38
        self.write(scalar_event(-2**63, "t", limit), scalar_event(2**63 - 1, "t", -limit),
                   scalar_event(0, "t", math.nan), scalar_event(1, "only", math.inf),
                   scalar_event(1, "flat", 7), scalar_event(2, "flat", 7),
                   scalar_event(5, "one", 1e-45))
        out, _ = self.tail(self.directory)
        self.assertIn(".  t  -3.40282e+38 at step 9223372036854775807  (1 not finite)\n", out)
        self.assertIn(".  only  (1 not finite)\n", out)

    def test_tail_of_more_points_than_are_kept_ends_with_the_last(self):
        self.write(*[scalar_event(i, "t", 0) for i in range(20001)], scalar_event(20001, "t", 9))
        out, _ = self.tail(self.directory)
        self.assertIn("9 at step 20001", out)
        self.assertIn("         9 |", out)
        self.assertEqual(out.splitlines()[-1].split(), ["0", "20001"])

    def test_tail_chooses_tags_and_tells_where_there_are_none(self):
        self.write(scalar_event(1, "a", 1), scalar_event(1, "b", 1))
        out, _ = self.tail("-t", "^b", self.directory)
        self.assertIn("b", out)
        self.assertNotIn("a  1", out)
        _, err = self.tail("-t", "c", self.directory, status=1)
        self.assertIn("no scalars", err)

    def test_tail_goes_on_behind_damage(self):
        path, offsets = self.many()
        self.damage(path, offsets[3])
        out, err = self.tail(path, status=1)
        self.assertIn("29 at step 29", out)
        self.assertIn(path, err)

    def read_until(self, descriptor, wanted):
        seen = b""
        end = time.monotonic() + 60
        while wanted not in seen:
            ready, _, _ = select.select([descriptor], [], [], end - time.monotonic())
            self.assertTrue(ready, seen)
            seen += os.read(descriptor, 65536)
        return seen

    def test_tail_follows_growing_and_new_files(self):
        path = self.write(version_event(), scalar_event(1, "t", 1), name="a/f.tfevents")
        more = self.write(scalar_event(2, "t", 2), name="more")
        with open(more, "rb") as file:
            record = file.read()
        leader, follower = pty.openpty()
        self.addCleanup(os.close, leader)
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 60, 0, 0))
        process = subprocess.Popen([TBLOG, "tail", "-f", "-i", "0.05", self.directory],
                                   stdout=follower, stderr=subprocess.PIPE)
        os.close(follower)
        try:
            seen = self.read_until(leader, b"1 at step 1")
            self.assertIn(b"\x1b[H\x1b[2J", seen)
            with open(path, "ab") as file:
                file.write(record[:20])
                file.flush()
                time.sleep(0.2)
                file.write(record[20:])
            seen = self.read_until(leader, b"2 at step 2")
            self.write(scalar_event(7, "t", 5), name="new/run/f.tfevents")
            seen = self.read_until(leader, b"new/run  t  5 at step 7")
            self.assertLess(max(len(line) for line in seen.decode().split("\n")), 62)
            self.assertIsNone(process.poll())
        finally:
            process.terminate()
            _, err = process.communicate(timeout=60)
        self.assertEqual(err, b"")

    # ---- usage ----

    def test_wrong_usage_is_2(self):
        for arguments in (["ls"], ["ls", "-t", "(", "x"], ["export"], ["export", "-t", "[", "x"],
                          ["repair", "x"], ["repair", "-o", "y"], ["repair", "x", "z", "-o", "y"],
                          ["merge", "x"], ["merge", "-o", "y"], ["trim", "x", "-o", "y"],
                          ["trim", "x", "--from=1"], ["trim", "x", "--from=1x", "-o", "y"],
                          ["trim", "x", "--from=9223372036854775808", "-o", "y"],
                          ["tail"], ["tail", "-i", "0", "x"], ["tail", "-i", "1s", "x"]):
            code, out, err = tblog(*arguments)
            self.assertEqual((code, out), (2, ""), arguments)
            self.assertIn("--help", err, arguments)
        self.assertEqual(glob.glob(self.path("*")), [])

    def test_help_tells_the_exit_status(self):
        for command in ("ls", "export", "repair", "merge", "trim", "tail"):
            code, out, err = tblog(command, "--help")
            self.assertEqual((code, err), (0, ""))
            self.assertIn("Exit status", out)
            self.assertIn(f"  {command} ", tblog("--help")[1])


if __name__ == "__main__":
    unittest.main()
