"""tblog merge: the files of a run as one, in the order of the steps.

Usage: check_cli_merge.py TBLOG
"""

import logging
import os
import random
import resource
import signal
import unittest

from tensorboard.compat.proto import event_pb2, summary_pb2, types_pb2

from cli_fixture import (ToolTest, histogram_event, scalar_event, start_event, tblog, tensor_event,
                         version_event)

logging.getLogger("tensorboard").setLevel(logging.ERROR)  # It warns of each restart.
LOWEST, HIGHEST = -2**63, 2**63 - 1


def points(steps, wall_time=2.0, tag="t"):
    """A point at each of the steps, a second apart, whose value is its time."""
    return [scalar_event(step, tag, wall_time + i, wall_time + i) for i, step in enumerate(steps)]


class Merge(ToolTest):
    def merge(self, *files, status=0):
        """Merges files of these events. Returns the new file's path, and its events as JSON."""
        for number, events in enumerate(files):
            self.write(version_event(), *events, name=f"r/{number}.tfevents")
        output = self.path("merged.tfevents")
        code, out, err = tblog("merge", self.path("r"), "-o", output)
        self.assertEqual((code, out, err), (status, "", ""))
        return output, self.cat(output)[0]

    def times(self, *files, tag="t"):
        """[(step, wall time)] of the tag's points."""
        return [(event["step"], event["wall_time"]) for event in self.merge(*files)[1]
                for value in event.get("values", ()) if value["tag"] == tag]

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

    def test_a_file_that_is_named_twice_counts_once(self):
        path = self.write(version_event(), scalar_event(1, "t", 1), name="r/1.tfevents")
        self.write(version_event(), scalar_event(2, "t", 1), name="r/2.tfevents")
        os.link(path, self.path("r/3.tfevents"))
        run, output = self.path("r"), self.path("merged")
        for paths in ([run], [run, run], [run, path], [path, run],
                      [run, os.path.join(self.directory, ".", "r")]):
            self.assertEqual(tblog("merge", *paths, "-o", output), (0, "", ""))
            self.assertEqual(self.steps(output), [1, 2])
            os.remove(output)
            self.assertEqual(tblog("export", *paths)[1].count("\n"), 3)
        os.symlink("r", self.path("latest"))
        _, out, _ = tblog("export", self.directory)
        self.assertEqual([line.split(",")[0] for line in out.splitlines()[1:]],
                         ["latest", "latest", "r", "r"])

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

    def test_merge_without_room_for_its_temporary_file_makes_nothing(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 14, 1 << 14))

        path, _ = self.many(1000)
        output = self.path("merged")
        code, out, err = tblog("merge", path, "-o", output, preexec_fn=limit)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("temporary file: File too large", err)
        self.assertFalse(os.path.exists(output))

    # ---- Order ----

    def test_writers_that_took_turns_come_out_in_order(self):
        self.assertEqual(self.times(points([0, 2, 4, 6], 2), points([1, 3, 5], 2.5)),
                         [(0, 2), (1, 2.5), (2, 3), (3, 3.5), (4, 4), (5, 4.5), (6, 5)])

    def test_wall_time_breaks_ties_and_then_the_input_does(self):
        self.assertEqual(self.times(points([7, 7], 9), points([7], 5), points([8, 7], 4)),
                         [(7, 5), (7, 5), (7, 9), (7, 10), (8, 4)])

    def test_points_of_one_step_and_time_keep_their_order(self):
        _, events = self.merge([scalar_event(1, "t", value) for value in (3, 1, 2)])
        self.assertEqual([event["values"][0]["value"] for event in events[1:]], [3, 1, 2])

    def test_ten_thousand_points_in_any_order_are_sorted(self):
        steps = [random.Random(1).randrange(-3000, 3000) for _ in range(10000)]
        output, events = self.merge(points(steps[:6000]), points(steps[6000:], 50000))
        found = [(event["step"], event["wall_time"]) for event in events[1:]]
        self.assertEqual(found, sorted(found))
        self.assertEqual([step for step, _ in found], sorted(steps))
        self.assertEqual(tblog("verify", output)[0], 0)

    def test_the_extremes_of_steps_and_times_are_sorted(self):
        times = float("inf"), 5, -float("inf")
        self.assertEqual(self.times(points([HIGHEST, LOWEST, 0, -1]),
                                    [scalar_event(1, "t", 1, time) for time in times]),
                         [(LOWEST, 3), (-1, 5), (0, 4), (1, "-Infinity"), (1, 5), (1, "Infinity"),
                          (HIGHEST, 2)])

    def test_times_that_are_none_come_last(self):
        """TensorBoard's default loader stops reading a file at such an event."""
        found = self.times([scalar_event(step, "t", 1, float("nan")) for step in (2, 1)],
                           points([3, 0]))
        self.assertEqual(found, [(0, 3), (3, 2), (1, "NaN"), (2, "NaN")])

    def test_the_first_file_version_is_in_front_and_the_only_one(self):
        other = version_event()
        other.wall_time = 0.5
        _, events = self.merge(points([-5]), [other, *points([-6])])
        self.assertEqual([event["content"] for event in events],
                         ["file_version", "summary", "summary"])
        self.assertEqual(events[0]["wall_time"], 1.5)

    def test_a_file_version_without_a_time_is_replaced(self):
        self.write(event_pb2.Event(wall_time=float("nan"), file_version="brain.Event:2"),
                   *points([5]), name="r/0.tfevents")
        output = self.path("merged.tfevents")
        self.assertEqual(tblog("merge", self.path("r"), "-o", output), (0, "", ""))
        self.assertEqual([event["wall_time"] for event in self.cat(output)[0]], [2, 2])

    def test_what_is_no_summary_stands_at_its_step(self):
        graph = event_pb2.Event(wall_time=1, graph_def=b"x")
        log = event_pb2.Event(wall_time=1, step=4,
                              log_message=event_pb2.LogMessage(message="m", level=20))
        _, events = self.merge([*points([3, 5]), log, graph])
        self.assertEqual([(event["content"], event["step"]) for event in events[1:]],
                         [("graph_def", 0), ("summary", 3), ("log_message", 4), ("summary", 5)])

    # ---- Metadata ----

    def metadata(self, path):
        """The metadata of the first value of each tag, by the stock package."""
        found = {}
        for event in self.stock_events(path):
            for value in event.summary.value:
                found.setdefault(value.tag, value.metadata)
        return found

    def test_the_value_that_comes_first_has_the_metadata(self):
        first = histogram_event(5, "h", True)
        metadata = first.summary.value[0].metadata
        metadata.display_name, metadata.summary_description = "name", "what it is"
        metadata.plugin_data.content = b"\x08\x00\xff"
        output, events = self.merge([first, histogram_event(2, "h", False),
                                     histogram_event(3, "h", False)])
        self.assertEqual([event["step"] for event in events[1:]], [2, 3, 5])
        self.assertEqual(self.metadata(output), {"h": metadata})
        self.assertEqual([value.tensor for event in self.stock_events(output)
                          for value in event.summary.value],
                         3 * [first.summary.value[0].tensor])

    def test_values_of_one_event_are_given_what_each_owes(self):
        def several(step, *tags):
            event = event_pb2.Event(wall_time=1, step=step)
            for tag, with_metadata in tags:
                event.summary.value.add().CopyFrom(
                    histogram_event(step, tag, with_metadata).summary.value[0])
            return event

        output, events = self.merge(
            [several(9, ("a", True), ("b", True)), several(1, ("b", False), ("c", False))],
            [several(2, ("c", True), ("a", False)), several(3, ("a", False), ("b", False))])
        self.assertEqual([[value["tag"] for value in event["values"]] for event in events[1:]],
                         [["b", "c"], ["c", "a"], ["a", "b"], ["a", "b"]])
        histograms = histogram_event(0, "", True).summary.value[0].metadata
        self.assertEqual(self.metadata(output), dict.fromkeys("abc", histograms))

    def test_a_tag_keeps_its_metadata_where_its_first_value_was_taken_back(self):
        output, events = self.merge([start_event(0), histogram_event(5, "h", True),
                                     start_event(4), histogram_event(6, "h", False)])
        self.assertEqual([event["step"] for event in events[1:]], [0, 4, 6])
        self.assertEqual(self.metadata(output)["h"].plugin_data.plugin_name, "histograms")

    def test_an_event_without_a_value_at_all_passes(self):
        empty = event_pb2.Event(step=1, summary=summary_pb2.Summary(
            value=[summary_pb2.Summary.Value(), summary_pb2.Summary.Value(tag="h")]))
        output, events = self.merge([histogram_event(2, "h", True), empty, event_pb2.Event()])
        self.assertEqual([event["step"] for event in events[1:]], [0, 1, 2])
        self.assertEqual(self.metadata(output)["h"].plugin_data.plugin_name, "histograms")

    # ---- Restarts ----

    def test_what_a_restart_took_back_does_not_come_back(self):
        files = [[start_event(0), *points([0, 1, 2, 3, 4])], [start_event(2), *points([2, 3], 20)]]
        output, events = self.merge(*files)
        self.assertEqual([(event["step"], event["wall_time"]) for event in events
                          if event["content"] == "summary"],
                         [(0, 2), (1, 3), (2, 20), (3, 21)])
        self.assertEqual(self.stock_steps(self.path("r"), "t"), [0, 1, 2, 3])
        self.assertEqual(self.stock_steps(output, "t"), [0, 1, 2, 3])

    def test_each_restart_counts_for_what_came_before_it(self):
        files = [[start_event(0), *points(range(10))], [start_event(7), *points([7, 8, 9], 20)],
                 [start_event(3), *points([3, 4], 30)], [start_event(5), *points([5, 8], 40)]]
        self.assertEqual(self.times(*files), [(0, 2), (1, 3), (2, 4), (3, 30), (4, 31), (5, 40),
                                              (8, 41)])
        self.assertEqual(self.stock_steps(self.path("r"), "t"), [0, 1, 2, 3, 4, 5, 8])

    def test_starts_stay_and_come_first_at_their_steps(self):
        _, events = self.merge([start_event(3, 90), *points([3, 1])],
                               [start_event(3, 50), *points([3, 4], 10)])
        self.assertEqual([(event["content"], event["step"]) for event in events[1:]],
                         [("summary", 1), ("session_log", 3), ("session_log", 3), ("summary", 3),
                          ("summary", 4)])

    def test_the_first_start_takes_back_nothing_of_its_own_file(self):
        """PyTorch writes a START only when a run is resumed; TensorFlow's Supervisor may write it
        after the first points."""
        self.assertEqual(self.times(points([0, 1, 5]), [*points([1], 10), start_event(1),
                                                        *points([2], 20)]),
                         [(0, 2), (1, 10), (2, 20)])

    def test_settings_outlast_a_restart(self):
        setting = tensor_event("_hparams_/session_start_info", "hparams", [0], b"\x1a\x00",
                               dtype=types_pb2.DT_FLOAT)
        _, events = self.merge([setting, *points([0])], [start_event(0), *points([1], 9)])
        self.assertEqual([value["tag"] for event in events for value in event.get("values", ())],
                         ["_hparams_/session_start_info", "t"])

    def test_a_start_without_a_time_takes_back_no_more_than_it_did(self):
        nan = float("nan")
        output, _ = self.merge([start_event(0), *points([0, 1, 2])],
                               [start_event(1, nan), *points([1, 3], 9)])
        self.assertEqual(self.stock_steps(output, "t"), [0, 1, 3])

    def test_a_hundred_restarts_at_any_step(self):
        generator = random.Random(2)
        events = []
        for i in range(100):
            begin = generator.randrange(40)
            events += [start_event(begin, 1000 * i),
                       *points(range(begin, begin + generator.randrange(20)), 1000 * i + 1)]
        output, _ = self.merge(events)
        self.assertEqual(self.stock_steps(output, "t"), self.stock_steps(self.path("r"), "t"))


if __name__ == "__main__":
    unittest.main()
