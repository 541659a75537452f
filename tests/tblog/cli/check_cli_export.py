"""tblog export: scalars as CSV, images and sounds as files.

Usage: check_cli_export.py TBLOG
"""

import csv
import io
import math
import os
import random
import struct
import unittest

from tensorboard.compat.proto import event_pb2, summary_pb2, types_pb2

from cli_fixture import (ToolTest, histogram_event, scalar_event, tblog, tensor_event,
                         version_event)

PNG = b"\x89PNG\r\n\x1a\n"
WAV = b"RIFF\x24\0\0\0WAVE"


def images(tag, step, *blobs, first=True):
    return tensor_event(tag, "images" if first else "", [2 + len(blobs)], step=step,
                        dtype=types_pb2.DT_STRING, string_val=[b"1", b"1", *blobs])


def sounds(tag, step, shape, *strings):
    return tensor_event(tag, "audio", shape, step=step, dtype=types_pb2.DT_STRING,
                        string_val=strings)


class Export(ToolTest):
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

    def test_a_note_says_that_there_was_no_scalar_to_export(self):
        path = self.write(version_event(), scalar_event(0, "loss", 1), images("i", 0, PNG))
        for form, head in (((), "run,tag,step,wall_time,value\n"), (("--wide",), "run,step\n")):
            for tag in ("lss", "i"):
                self.assertEqual(tblog("export", *form, "-t", tag, path), (
                    0, head, f"tblog export: {path}: note: no scalars, or none with such a tag\n"))
            self.assertEqual(tblog("export", *form, "-t", "loss", path)[2], "")

    def test_export_makes_a_file_and_leaves_those_that_are_there(self):
        self.write(scalar_event(0, "a", 1))
        output = self.path("out.csv")
        self.assertEqual(tblog("export", self.directory, "-o", output), (0, "", ""))
        with open(output, encoding="utf-8") as file:
            self.assertEqual(file.read(), "run,tag,step,wall_time,value\n.,a,0,2.25,1\n")
        code, _, err = tblog("export", self.directory, "-o", output)
        self.assertEqual(code, 1)
        self.assertIn("File exists", err)

    def export(self, *arguments, status=0):
        """The exported files, by name."""
        code, out, err = tblog("export", "-o", self.path("out"), *arguments)
        self.assertEqual((code, out), (status, ""), err)
        self.assertEqual(bool(err), status != 0, err)
        found = {}
        for directory, _, names in os.walk(self.path("out")):
            for name in names:
                path = os.path.join(directory, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, self.path("out"))] = file.read()
        return found, err

    def test_a_dash_is_standard_output(self):
        path = self.write(version_event(), scalar_event(1, "t", 1))
        result = tblog("export", path, "-o", "-", cwd=self.directory)
        self.assertEqual(result, tblog("export", path))
        self.assertEqual(result[1].count("\n"), 2)
        self.assertFalse(os.path.exists(self.path("-")))

    def wide(self, *arguments, status=0):
        """The rows of the table, and standard error."""
        code, out, err = tblog("export", "--wide", *arguments)
        self.assertEqual(code, status, err)
        return list(csv.reader(io.StringIO(out, newline=""))), err

    def test_the_wide_table_holds_the_points_of_the_long_format(self):
        generator = random.Random(1)
        tags = ["loss", "com,ma", 'quo"te', "new\nline", "step"]
        for name in ("logs/a/1.tfevents", "logs/a/2.tfevents", "logs/b/1.tfevents",
                     "logs/1.tfevents"):
            self.write(version_event(), *[
                scalar_event(generator.randrange(-20, 20), generator.choice(tags),
                             generator.choice([0.1, math.nan, math.inf, -0.0, 1e-45, i]))
                for i in range(200)], name=name)
        long_rows = list(csv.reader(io.StringIO(tblog("export", self.path("logs"))[1])))[1:]
        expected = {(run, step, tag): value for run, tag, step, _, value in long_rows}
        (_, _, *columns), *rows = self.wide(self.path("logs"))[0]
        self.assertEqual(columns, list(dict.fromkeys(row[1] for row in long_rows)))
        found = {(run, step, tag): cell for run, step, *cells in rows
                 for tag, cell in zip(columns, cells, strict=True) if cell}
        self.assertEqual(found, expected)
        places = [(run, int(step)) for run, step, *_ in rows]
        self.assertEqual(places, sorted(set(places)))

    def test_the_wide_table_tells_nan_from_no_point(self):
        path = self.write(scalar_event(10, "b", math.nan), scalar_event(9, "a", 1),
                          scalar_event(-1, "b", 2), histogram_event(3, "h", True))
        rows, err = self.wide(path)
        self.assertEqual(rows, [["run", "step", "b", "a"], [self.directory, "-1", "2", ""],
                                [self.directory, "9", "", "1"], [self.directory, "10", "NaN", ""]])
        self.assertEqual(err, "")
        self.assertEqual(self.wide("-t", "a", path)[0],
                         [["run", "step", "a"], [self.directory, "9", "1"]])
        self.assertEqual(self.wide("-t", "c", path)[0], [["run", "step"]])

    def test_the_last_point_of_a_step_wins_and_a_note_counts_the_others(self):
        for name, value in (("1.tfevents", 1), ("2.tfevents", 2)):
            self.write(*[scalar_event(5, tag, value + i) for i in range(3) for tag in "ab"],
                       scalar_event(6, "a", value), name=name)
        rows, err = self.wide(self.directory)
        self.assertEqual(rows[1:], [[".", "5", "4", "4"], [".", "6", "2", ""]])
        self.assertEqual(err, "tblog export: note: 11 points left out: a later point has the same "
                         "tag and step\n")

    def test_the_wide_table_ends_where_a_file_is_damaged(self):
        path = self.write(scalar_event(1, "a", 1), tail=b"x" * 40, name="logs/1.tfevents")
        self.write(scalar_event(2, "a", 2), name="logs/2.tfevents")
        rows, err = self.wide(self.path("logs"), "-o", self.path("out"), status=1)
        self.assertEqual(rows, [])
        self.assertIn(f"{path}: damaged", err)
        with open(self.path("out"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "run,step,a\n.,1,1\n.,2,2\n")

    def test_export_saves_the_images_of_each_run_tag_and_step(self):
        self.write(version_event(), images("a", 3, PNG + b"1", PNG + b"2"),
                   images("a", -4, PNG + b"3", first=False), scalar_event(1, "loss", 1),
                   sounds("s", 1, [1], WAV), name="logs/train/f.tfevents")
        self.write(version_event(), images("a", 3, PNG + b"4"), images("b", 3, b"GIF89a"),
                   name="logs/f.tfevents")
        found, _ = self.export("--images", self.path("logs"))
        self.assertEqual(found, {"train/a@3-0.png": PNG + b"1", "train/a@3-1.png": PNG + b"2",
                                 "train/a@-4-0.png": PNG + b"3", "a@3-0.png": PNG + b"4",
                                 "b@3-0.gif": b"GIF89a"})

    def test_export_saves_images_and_sounds_of_chosen_tags(self):
        self.write(images("a", 0, PNG), images("b", 0, PNG), sounds("as", 5, [2], WAV, WAV + b"x"),
                   sounds("al", 6, [2, 2], WAV, b"label", WAV + b"y", b"label"),
                   name="logs/f.tfevents")
        found, _ = self.export("--images", "--audio", "-t", "^a", self.path("logs"))
        self.assertEqual(found, {"a@0-0.png": PNG, "as@5-0.wav": WAV, "as@5-1.wav": WAV + b"x",
                                 "al@6-0.wav": WAV, "al@6-1.wav": WAV + b"y"})

    def test_export_saves_the_forms_of_tensorflow_1(self):
        self.write(event_pb2.Event(step=2, summary=summary_pb2.Summary(value=[
            summary_pb2.Summary.Value(tag="i", image=summary_pb2.Summary.Image(
                width=1, height=1, encoded_image_string=PNG)),
            summary_pb2.Summary.Value(tag="s", audio=summary_pb2.Summary.Audio(
                encoded_audio_string=WAV))])), name="logs/f.tfevents")
        found, _ = self.export("--images", "--audio", self.path("logs"))
        self.assertEqual(found, {"i@2-0.png": PNG, "s@2-0.wav": WAV})

    def test_no_tag_leads_out_of_the_directory_or_onto_another_file(self):
        tags = ["../../x", "/etc/x", "..", ".", "", "a/b", "a%2Fb", "a@1", "-rf", ".hidden",
                "a\n\x1b[2J", "\u00e9", "long" * 100, "long" * 100 + "x", "\u00e9" * 300,
                "~", "/" * 66, "/" * 67]
        self.write(*[images(tag, 1, PNG + tag.encode()) for tag in tags], name="logs/f.tfevents")
        before = {name for _, _, names in os.walk(self.directory) for name in names}
        found, _ = self.export("--images", self.path("logs"))
        self.assertEqual(sorted(found.values()), sorted(PNG + tag.encode() for tag in tags))
        self.assertTrue(all("/" not in name and not name.startswith((".", "-")) and
                            name.isprintable() for name in found), found)
        after = {name for _, _, names in os.walk(self.directory) for name in names}
        self.assertEqual(after - before, set(found))
        self.assertEqual(found["a%2Fb@1-0.png"], PNG + b"a/b")

    def test_runs_beside_and_above_stay_in_the_directory(self):
        self.write(images("a", 1, PNG), name="x/y/f.tfevents")
        self.write(images("a", 1, PNG + b"z"), name="z/f.tfevents")
        found, _ = self.export("--images", self.path("x/y/../y"), self.path("z"))
        self.assertEqual(sorted(found.values()), [PNG, PNG + b"z"])
        self.assertTrue(any(name.endswith("x/y/%2E./y/a@1-0.png") for name in found), found)

    def test_a_step_that_comes_again_gets_further_indices(self):
        steps = [1, 1, 2, 1, 2] + [1] * 20
        self.write(*[images("a", step, PNG + bytes([i])) for i, step in enumerate(steps)],
                   name="logs/f.tfevents")
        found, _ = self.export("--images", self.path("logs"))
        ones = [PNG + bytes([i]) for i, step in enumerate(steps) if step == 1]
        self.assertEqual([found[f"a@1-{i}.png"] for i in range(len(ones))], ones)
        self.assertEqual(len(found), len(steps))

    def test_export_replaces_nothing(self):
        self.write(images("a", 1, PNG), name="logs/f.tfevents")
        os.mkdir(self.path("out"))
        with open(self.path("out/mine"), "wb"):
            pass
        found, err = self.export("--images", self.path("logs"), status=1)
        self.assertEqual(list(found), ["mine"])
        self.assertIn("name a new directory", err)
        os.remove(self.path("out/mine"))
        self.assertEqual(list(self.export("--images", self.path("logs"))[0]), ["a@1-0.png"])

    def test_export_tells_what_it_leaves_out(self):
        self.write(images("a\x1b", 1, b"#!/bin/sh", PNG), name="logs/f.tfevents")
        found, err = self.export("--images", self.path("logs"), status=1)
        self.assertEqual(list(found), ["a%1B@1-0.png"])
        self.assertIn("a? at step 1: not of a known format", err)

    def test_export_of_nothing_leaves_no_directory_but_the_users_own(self):
        self.write(images("a", 1, PNG), name="logs/f.tfevents")
        _, err = self.export("--audio", self.path("logs"), status=1)
        self.assertIn("no such values", err)
        self.assertFalse(os.path.exists(self.path("out")))
        os.mkdir(self.path("out"))
        _, err = self.export("--audio", self.path("logs"), status=1)
        self.assertIn("no such values", err)
        self.assertEqual(os.listdir(self.path("out")), [])

    def test_export_saves_what_is_before_damage(self):
        self.write(images("a", 1, PNG), tail=b"x" * 40, name="logs/f.tfevents")
        found, _ = self.export("--images", self.path("logs"), status=1)
        self.assertEqual(list(found), ["a@1-0.png"])


if __name__ == "__main__":
    unittest.main()
