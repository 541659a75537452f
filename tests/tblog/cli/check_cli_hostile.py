"""The tblog tool given names that strangers chose: of tags, runs, files and arguments. No output
contains a terminal control sequence, and JSON stays valid.

Usage: check_cli_hostile.py TBLOG
"""

import errno
import json
import os
import pty
import re
import subprocess
import unittest

from cli_fixture import (TBLOG, ToolTest, events_without_values, no_constants, scalar_event, tblog,
                         tensor_event, version_event)
from tensorboard.compat.proto import types_pb2
from waiting import LIMIT_SECONDS

PNG = b"\x89PNG\r\n\x1a\n"
ORDERS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
TAGS = ["../../etc/x", "a\nb", "a\tb\rc", "\x1b[2J\x1b]0;x\x07", "\x7f", "\x9b2J\x85", "", "'\"\\",
        "\u00e9\u4e2d\U0001f600", "\ud7ff\ufffe\u2028", "x" * 10000, "\u00e9" * 5000, "--help", "%s%n"]
RUNS = [b"r\x1b[2J\n", b"r\x9b\xff\xfe", b"\xc3\xa9", b"\xc2\x9b", b"\xed\xa0\x80", b"-rf",
        b"x" * 200 + b"/" + b"\xff" * 200]


def read_all(terminal):
    """The whole output on a terminal that all writers have closed; it may come in parts."""
    parts = []
    try:
        while part := os.read(terminal, 10000):
            parts.append(part)
    except OSError as error:  # how Linux ends it
        if error.errno != errno.EIO:
            raise
    return b"".join(parts)


class HostileNames(ToolTest):
    def assert_harmless(self, arguments, **options):
        """Checks that the output has no control sequence. Both streams are UTF-8 (`tblog` decodes
        them strictly)."""
        code, out, err = tblog(*arguments, **options)
        self.assertIsNone(ORDERS.search(out + err), arguments)
        return code, out, err

    def hostile_log(self):
        """A directory with each run, and each tag in each; the paths of the files."""
        paths = []
        for run in RUNS:
            events = [event for step, tag in enumerate(TAGS) for event in (
                scalar_event(step, tag, step),
                tensor_event("i/" + tag, "images", [3], step=step, dtype=types_pb2.DT_STRING,
                             string_val=[b"1", b"1", PNG]),
                tensor_event("t/" + tag, "text", [], step=step, dtype=types_pb2.DT_STRING,
                             string_val=[tag.encode(), b"\x1b\xff", b"\x00\x7f\xc2\x9b"]))]
            name = os.path.join("log", os.fsdecode(run), "f.tfevents")
            paths.append(self.write(version_event(), *events_without_values(), *events, name=name))
        return self.path("log"), paths

    def test_what_is_listed_and_printed(self):
        log, paths = self.hostile_log()
        code, out, err = self.assert_harmless(["ls", log])
        self.assertEqual((code, err), (0, ""))
        lines = out.split("\n")[:-1]
        self.assertEqual(len(lines), 1 + len(RUNS) * (3 * len(TAGS) + 6))
        for command in (["verify", log], ["tail", log], ["cat", paths[0]], ["cat", paths[1]]):
            code, out, err = self.assert_harmless(command)
            self.assertEqual((code, err), (0, ""), command)
        self.assert_harmless(["ls", "--tag", "\x1b", log])

    def test_json_is_json_and_has_every_name(self):
        log, paths = self.hostile_log()
        rows = [json.loads(line, parse_constant=no_constants)
                for line in self.assert_harmless(["ls", "--json", log])[1].split("\n")[:-1]]
        self.assertLessEqual(set(TAGS), {row["tag"] for row in rows})
        runs = {json.dumps(row["run"]) for row in rows}
        self.assertEqual(len(runs), len(RUNS))
        self.assertIn(json.dumps({"base64": "cpv//g=="}), runs)  # r 9b ff fe
        self.assertIn(json.dumps("\u00e9"), runs)
        events = [json.loads(line, parse_constant=no_constants)
                  for line in self.assert_harmless(["cat", paths[0]])[1].split("\n")[:-1]]
        tags = [value["tag"] for event in events for value in event.get("values", [])]
        self.assertEqual(tags, [kind + tag for tag in TAGS for kind in ("", "i/", "t/")])

    def test_csv_is_exact_in_a_file_and_harmless_on_a_terminal(self):
        path = self.write(version_event(), scalar_event(0, "a,\x1b[2J\x9b\n", 1))
        code, out, _ = tblog("export", path)
        self.assertEqual(code, 0)
        self.assertIn('"a,\x1b[2J\x9b\n",0,', out)
        terminal, inner = pty.openpty()
        self.addCleanup(os.close, terminal)
        subprocess.run([TBLOG, "export", path], stdout=inner, check=True, timeout=LIMIT_SECONDS)
        os.close(inner)
        shown = read_all(terminal).decode().replace("\r\n", "\n")
        self.assertTrue(shown.endswith('"a,?[2J?\n",0,2.25,1\n'), shown)

    def test_what_is_made(self):
        log, paths = self.hostile_log()
        new = self.path("new\x1b\udcff")
        for command in (["merge", paths[1]], ["trim", paths[1], "--from=3"], ["repair", paths[1]],
                        ["merge", log]):
            for _ in range(2):  # the second finds what the first has made
                self.assert_harmless([*command, "-o", new])
            if os.path.exists(new):
                os.remove(new)
        code, out, err = self.assert_harmless(["export", "--images", log, "-o", self.path("out")])
        self.assertEqual((code, out, err), (0, "", ""))
        names = [os.path.join(directory, name) for directory, _, files in os.walk(self.path("out"))
                 for name in files]
        self.assertEqual(len(names), len(RUNS) * len(TAGS))
        for name in names:
            self.assertIsNone(ORDERS.search(name))
            name.encode()  # is UTF-8

    def test_damage_in_files_of_such_names(self):
        for run in RUNS:
            path = self.write(version_event(), tail=b"x" * 40,
                              name=os.path.join("log", os.fsdecode(run), "f.tfevents"))
            for command in (["verify"], ["ls"], ["cat"], ["export"], ["tail"],
                            ["merge", "-o", self.path("x")],
                            ["trim", "--from=1", "-o", self.path("x")]):
                code, _, err = self.assert_harmless([*command, path])
                self.assertEqual(code, 1, command)
                self.assertIn("f.tfevents", err)
                self.assertEqual(err.count("\n"), 1, err)

    def test_arguments(self):
        for name in ("\x1b[2J", "\udcfe\udcff", "\u0085\n", "x" * 10000, "", "../x", "\u009b"):
            for command in ([name], [f"--{name}x"], [f"-{name}"], ["ls", f"--{name}x"],
                            ["ls", f"--nonsense={name}"], ["ls", f"--ta={name}", "--"],
                            ["ls", "-t", f"({name}", "x"], ["trim", "x", f"--from={name}x"],
                            ["tail", f"--interval={name}x", "y"], ["cat", name + "y", name],
                            ["cat", name], ["verify", name], ["ls", name], ["merge", name],
                            ["repair", name, "-o", name], ["export", name, f"-o{name}y/z"]):
                code, out, err = self.assert_harmless(command, cwd=self.directory)
                self.assertIn(code, (1, 2), command)
                self.assertEqual(out, "", command)
                self.assertNotEqual(err, "", command)


if __name__ == "__main__":
    unittest.main()
