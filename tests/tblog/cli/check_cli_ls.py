"""tblog ls: the tags of every run, and values without a tag.

Usage: check_cli_ls.py TBLOG
"""

import json
import os
import unittest

from cli_fixture import (ToolTest, events_without_values, histogram_event, scalar_event, start_event,
                         tblog, tensor_event, version_event)
from tensorboard.compat.proto import types_pb2


class List(ToolTest):
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
                         [("one", "a", "scalars", 2, 4, 9, 0), ("one", "b", "scalars", 1, 3, 3, 0),
                          ("one", "h", "histograms", 2, -7, 5, 0),
                          ("two/x", "a", "scalars", 1, 2**62, 2**62, 0)])
        self.assertEqual(list(rows[0]), ["run", "tag", "kind", "count", "first_step", "last_step",
                                         "out_of_order_steps"])
        rows, _ = self.ls("--tag=^h$", "-t", "^b", self.directory)
        self.assertEqual([row["tag"] for row in rows], ["b", "h"])

    def test_a_note_says_that_there_was_nothing_to_list(self):
        path = self.write(version_event(), scalar_event(3, "loss", 1))
        for form in ((), ("--json",)):
            self.assertEqual(tblog("ls", *form, "--tag=lss", path), (
                0, "", f"tblog ls: {path}: note: no values, or none with such a tag\n"))
            self.assertEqual(tblog("ls", *form, "--tag=loss", path)[2], "")

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

    def test_a_very_long_tag_does_not_widen_the_whole_table(self):
        self.write(scalar_event(0, "short", 1), scalar_event(0, "long" * 1000, 1))
        lines = tblog("ls", self.directory)[1].splitlines()
        self.assertEqual(sorted(len(line) > 4000 for line in lines), [False, False, True])
        self.assertLess(min(map(len, lines)), 120)

    def test_ls_tells_damage_and_lists_the_rest(self):
        damaged = self.write(version_event(), scalar_event(1, "a", 1), tail=b"x" * 20)
        self.write(scalar_event(2, "b", 1), name="x/f.tfevents")
        rows, err = self.ls(self.directory, status=1)
        self.assertEqual([row["tag"] for row in rows], ["a", "b"])
        self.assertIn(damaged, err)
        os.truncate(damaged, os.path.getsize(damaged) - 15)
        self.assertEqual(len(self.ls(self.directory, status=3)[0]), 2)
        self.ls(self.path("missing"), status=1)

    def out_of_order(self, *files):
        """{tag: count} of a run of these files, one after the other."""
        for number, events in enumerate(files):
            self.write(version_event(), *events, name=f"r/{number}.tfevents")
        rows, _ = self.ls(self.path("r"), "--tag=.")
        return {row["tag"]: row["out_of_order_steps"] for row in rows}

    def points(self, tag, *steps):
        return [scalar_event(step, tag, 1) for step in steps]

    def test_ls_marks_tags_whose_steps_go_back_or_repeat(self):
        self.write(*self.points("a", 1, 2, 2, 1), *self.points("b", 1, 2), name="x/1.tfevents")
        self.write(*self.points("b", 3), name="x/2.tfevents")
        self.write(*self.points("b", 0), name="y/1.tfevents")
        code, out, err = tblog("ls", self.directory)
        self.assertEqual((code, err), (0, ""))
        _, a, *others, remark = out.splitlines()
        self.assertRegex(a, r"^x +a .*  \*$")
        self.assertEqual([line for line in others if line.endswith("*")], [])
        self.assertRegex(remark, r"^\* steps go back or repeat: TensorBoard's default loader drops")

    def test_ls_counts_steps_that_go_back_or_repeat_over_the_files_of_a_run(self):
        found = self.out_of_order([*self.points("a", 0, 1, 2, 5, 4, 3, 6, 9, 7, 8, 10),
                                   *self.points("b", 1, 2)],
                                  [*self.points("a", 11), *self.points("b", 2, 3)])
        self.assertEqual(found, {"a": 3, "b": 1})

    def test_a_restart_excuses_only_the_points_that_it_announces(self):
        before = [start_event(0), *self.points("a", 1, 2, 3), *self.points("b", 1, 2, 3)]
        self.assertEqual(self.out_of_order(before, [start_event(2), *self.points("a", 2, 3, 4)]),
                         {"a": 0, "b": 0})
        self.assertEqual(self.out_of_order(before, [start_event(2), *self.points("a", 1, 2),
                                                    *self.points("b", 2, 2)]), {"a": 1, "b": 1})

    def test_the_first_start_of_a_run_is_no_restart(self):
        """TensorBoard's Python loader removes no points because of it."""
        self.assertEqual(self.out_of_order(self.points("a", 1, 2),
                                           [start_event(2), *self.points("a", 2)]), {"a": 1})

    def test_settings_may_be_repeated(self):
        setting = tensor_event("_hparams_/session_start_info", "hparams", [0], b"\x1a\x00",
                               dtype=types_pb2.DT_FLOAT)
        self.assertEqual(self.out_of_order([setting], [setting]),
                         {"_hparams_/session_start_info": 0})

    def test_ls_of_ten_thousand_tags(self):
        self.write(*[scalar_event(0, f"group/{i}", 1) for i in range(10000)])
        rows, _ = self.ls(self.directory)
        self.assertEqual(len({row["tag"] for row in rows}), 10000)

    def test_ls_lists_what_is_under_no_tag(self):
        self.write(version_event(), scalar_event(1, "", 1), *events_without_values())
        rows, _ = self.ls(self.directory)
        self.assertEqual([tuple(row.values())[1:] for row in rows], [
            ("", "-", 1, 5, 5, 0), ("", "graph_def", 1, 0, 0, 0), ("", "log_message", 1, 0, 0, 0),
            ("", "meta_graph_def", 1, 2, 2, 0), ("", "session_log", 2, 7, 9, 0),
            ("", "scalars", 1, 1, 1, 0), ("step 1", "tagged_run_metadata", 1, 0, 0, 0)])
        rows, _ = self.ls(self.directory, "--tag=.")
        self.assertEqual([row["tag"] for row in rows], ["step 1"])


if __name__ == "__main__":
    unittest.main()
