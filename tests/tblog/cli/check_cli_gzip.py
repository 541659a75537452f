"""The tblog tool on gzip files: read in place, truncated, damaged, and larger than memory.

Usage: check_cli_gzip.py TBLOG
"""

import gzip
import os
import subprocess
import unittest

from tensorboard.compat.proto import event_pb2

from cli_fixture import TBLOG, ToolTest, scalar_event, tblog, version_event


class Gzip(ToolTest):
    def setUp(self):
        super().setUp()
        # A record larger than one read, whose end is read before its middle.
        graph = event_pb2.Event(graph_def=os.urandom(300_000))
        self.plain = self.write(version_event(), graph, *[
            scalar_event(i, "loss", i / 7, 100 + i) for i in range(40)], name="plain/f.tfevents")
        with open(self.plain, "rb") as file:
            self.content = file.read()
        self.packed = self.pack(self.content)

    def pack(self, *members, name="packed/f.tfevents.gz", tail=b""):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"".join(gzip.compress(member, mtime=0) for member in members) + tail)
        return path

    def test_commands_read_gzip_files_in_place(self):
        packed = self.path("packed/f.tfevents")
        os.rename(self.packed, packed)
        for arguments in (["ls"], ["ls", "--json"], ["cat"], ["export"], ["export", "--wide"],
                          ["verify"], ["tail"]):
            for path in ("f.tfevents", "."):
                if path == "." and arguments == ["cat"]:
                    continue
                expected, found = (tblog(*arguments, path, cwd=os.path.dirname(file))
                                   for file in (self.plain, packed))
                self.assertEqual(expected[0], 0, expected)
                self.assertEqual(found, expected)

    def test_a_directory_stands_for_its_gzip_files_too(self):
        self.assertEqual(tblog("verify", os.path.dirname(self.packed))[1],
                         f"{self.packed}: whole, 42 events\n")

    def test_commands_copy_from_gzip_files(self):
        for command, *options in (["merge"], ["repair"], ["trim", "--from=99"]):
            output = self.path(command)
            code, _, err = tblog(command, self.packed, *options, "-o", output)
            self.assertEqual((code, err), (0, ""))
            with open(output, "rb") as file:
                self.assertEqual(file.read(), self.content)

    def test_the_content_decides_and_not_the_name(self):
        with open(self.packed, "rb") as file:
            packed = file.read()
        for name, content in (("a/f.tfevents", packed), ("a/g.tfevents.gz", self.content)):
            path = self.path(name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
            self.assertEqual(tblog("verify", path), (0, f"{path}: whole, 42 events\n", ""))

    def test_members_are_read_one_after_the_other(self):
        half = len(self.content) // 2
        path = self.pack(self.content[:half], b"", self.content[half:], name="m.gz")
        self.assertEqual(tblog("verify", path), (0, f"{path}: whole, 42 events\n", ""))

    def test_a_gzip_file_may_come_through_a_pipe(self):
        with open(self.packed, "rb") as file:
            result = subprocess.run(["bash", "-c", 'cat | "$0" verify /dev/stdin', TBLOG],
                                    stdin=file, stdout=subprocess.PIPE, check=True)
        self.assertEqual(result.stdout, b"/dev/stdin: whole, 42 events\n")

    def steps(self, path, status):
        """The exported rows, and standard error."""
        code, out, err = tblog("export", path)
        self.assertEqual(code, status, err)
        return [line.split(",")[2] for line in out.splitlines()[1:]], err

    def test_a_gzip_file_that_is_cut_off_is_reported_and_read_so_far(self):
        path = self.pack(self.content)
        size = os.path.getsize(path)
        for cut in (1, 8, 100):
            os.truncate(path, size - cut)
            steps, err = self.steps(path, 1)
            self.assertRegex(err, f"^tblog export: {path}: at byte [0-9]+: reading failed: the gzip "
                             "file is cut off\n$")
            self.assertEqual(steps, [str(i) for i in range(len(steps))])
            self.assertEqual(len(steps) == 40, cut <= 8, cut)
        os.truncate(path, 3)
        self.assertIn("at byte 0: reading failed: the gzip file is cut off", self.steps(path, 1)[1])
        code, out, err = tblog("verify", path)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("cut off", err)
        for command, *options in (["merge"], ["repair"], ["trim", "--from=99"]):
            self.assertEqual(tblog(command, path, *options, "-o", self.path("out"))[0], 1)
            self.assertFalse(os.path.exists(self.path("out")))

    def test_no_damaged_byte_goes_unnoticed(self):
        with open(self.write(version_event(), *[scalar_event(i, "t", i) for i in range(9)],
                             name="small"), "rb") as file:
            small = file.read()
        path = self.pack(small, name="small.gz")
        expected = self.steps(path, 0)[0]
        header = 10
        for at in range(header, os.path.getsize(path)):
            self.damage(path, at)
            code, out, err = tblog("export", path)
            self.assertEqual(code, 1, f"byte {at}")
            self.assertRegex(err, "the gzip file is (damaged|cut off)|checksum|not an event", at)
            steps = [line.split(",")[2] for line in out.splitlines()[1:]]
            self.assertEqual(steps, expected[:len(steps)])
            self.damage(path, at)
        self.assertIn("the gzip file is damaged", self.steps(self.pack(small, tail=b"more"), 1)[1])

    def test_a_gzip_file_of_something_else_is_no_event_file(self):
        for content in (b"<html>" * 99, gzip.compress(b"<html>" * 99)):
            code, _, err = tblog("verify", self.pack(content))
            self.assertEqual(code, 1)
            self.assertIn("not an event file", err)


if __name__ == "__main__":
    unittest.main()
