"""The tblog tool's memory: it depends neither on the number of points nor on the lengths that a
hostile file claims. Each command runs with a limit on its address space, and on its processor time:
10,000 tags must not take 10,000 times as long.

Usage: check_cli_memory.py TBLOG
"""

import gzip
import os
import resource
import struct
import subprocess
import unittest

from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

from cli_fixture import TBLOG, ToolTest, scalar_event, version_event
from waiting import LIMIT_SECONDS

TAGS = 10_000
POINTS_A_TAG = 100
MEBIBYTE = 1 << 20


def limited(*arguments, mebibytes):
    """Exit status, lines of standard output, standard error."""
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (mebibytes * MEBIBYTE,) * 2)
        resource.setrlimit(resource.RLIMIT_CPU, (int(LIMIT_SECONDS),) * 2)

    with subprocess.Popen([TBLOG, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          preexec_fn=limit) as process:
        lines = sum(block.count(b"\n") for block in iter(lambda: process.stdout.read(MEBIBYTE), b""))
        return process.wait(), lines, process.stderr.read().decode()


class Million(ToolTest):
    """A million points under 10,000 tags in one file of some 50 MB."""

    def setUp(self):
        super().setUp()
        self.file = self.write(version_event(), name="f.tfevents")
        block = self.write(*[scalar_event(7, f"group/{i}", i) for i in range(TAGS)], name="block")
        with open(block, "rb") as source, open(self.file, "ab") as file:
            points = source.read()
            for _ in range(POINTS_A_TAG):
                file.write(points)
        self.assertGreater(os.path.getsize(self.file), 40 * MEBIBYTE)

    def test_commands_take_less_memory_than_the_file(self):
        points = TAGS * POINTS_A_TAG
        remark = 1  # below the table of ls: steps repeat
        for arguments, lines in ((["ls"], TAGS + 1 + remark), (["ls", "--json"], TAGS),
                                 (["cat"], points + 1), (["export"], points + 1),
                                 (["tail"], 10 * TAGS),
                                 (["repair", "-o", self.path("repaired")], 2),
                                 (["merge", "-o", self.path("merged")], 0),
                                 (["trim", "--from=8", "-o", self.path("trimmed")], 0)):
            found = limited(*arguments, self.file, mebibytes=36)
            self.assertEqual(found, (0, lines, ""), arguments)
        code, lines, err = limited("verify", self.file, mebibytes=36)
        self.assertEqual((code, lines, err.count("\n")), (0, 1, 1), err)
        self.assertIn("note: step 7 follows step 7", err)

    def test_the_wide_table_takes_some_50_bytes_a_point(self):
        points = TAGS * POINTS_A_TAG
        code, lines, err = limited("export", "--wide", self.file, mebibytes=24 + 96)
        self.assertEqual((code, lines), (0, 2), err)
        self.assertIn(f"note: {points - TAGS} points", err)


class Gzip(ToolTest):
    """Gzip files larger than the memory that the tool may use."""

    def pack(self, block):
        """A file of a hundred members."""
        path = self.path("packed")
        with open(path, "wb") as file:
            file.write(100 * gzip.compress(block))
        return path

    def test_memory_does_not_go_with_the_size_of_a_gzip_file(self):
        with open(self.write(*[scalar_event(7, "t", i) for i in range(TAGS)]), "rb") as file:
            block = file.read()
        self.assertGreater(100 * len(block), 36 * MEBIBYTE)
        self.assertEqual(limited("ls", self.pack(block), mebibytes=36),
                         (0, 3, ""))  # the table, and a line on steps that go back

    def test_a_gzip_bomb_takes_no_memory(self):
        bomb = self.pack(bytes(MEBIBYTE))
        self.assertLess(os.path.getsize(bomb), MEBIBYTE)
        code, _, err = limited("verify", bomb, mebibytes=36)
        self.assertEqual(code, 1, err)
        self.assertIn("not an event file", err)


class Hostile(ToolTest):
    """Small records with many parts: an empty value, dimension or string takes two bytes here and a
    hundred in memory."""

    def nested(self, fields, content):
        """Nested messages, by their field numbers, the outermost first."""
        for field in reversed(fields):
            size, length = len(content), b""
            while True:
                length += bytes([size & 127 | (128 if size > 127 else 0)])
                size >>= 7
                if size == 0:
                    break
            content = bytes([field << 3 | 2]) + length + content
        return content

    def test_records_of_many_parts_are_refused(self):
        event_summary, value, tensor, shape = 5, 1, 8, 2
        payloads = [self.nested([event_summary], b"\x0a\x00" * (2 * MEBIBYTE)),
                    self.nested([event_summary, value, tensor, shape],
                                b"\x12\x00" * MEBIBYTE)]
        for payload in payloads:
            path = self.write(version_event(), payload)
            for command in ("verify", "ls", "cat", "export", "tail"):
                code, _, err = limited(command, path, mebibytes=200)
                self.assertEqual(code, 1, err)
                self.assertIn("too many parts for its size", err)
            code, lines, err = limited("repair", path, "-o", self.path("out"), mebibytes=200)
            self.assertEqual((code, lines, err), (0, 3, ""))
            os.remove(self.path("out"))

    def test_metadata_of_many_parts_is_shown_as_bytes(self):
        parts = b"\x0a\x00" * MEBIBYTE  # hyper-parameters without a name
        content = self.nested([3], parts)
        plugin = b"\x0a\x07hparams\x12" + self.nested([2], content)[1:]
        path = self.write(version_event(), self.nested([5, 1, 9, 1], plugin))
        self.assertEqual(limited("cat", path, mebibytes=200), (0, 2, ""))

    def test_a_length_that_is_not_there_takes_no_memory(self):
        length = struct.pack("<Q", 1 << 30)
        claim = length + struct.pack("<I", masked_crc32c(length))
        path = self.write(version_event(), tail=claim + bytes(3000))
        for command in ("verify", "cat", "ls"):
            code, _, err = limited(command, path, mebibytes=36)
            self.assertEqual(code, 3, err)
            self.assertIn("ends inside a record", err)


if __name__ == "__main__":
    unittest.main()
