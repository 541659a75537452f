"""tblog tail: charts in the terminal, of files that grow and of damaged ones.

Usage: check_cli_tail.py TBLOG
"""

import contextlib
import fcntl
import gzip
import pathlib
import math
import os
import pty
import resource
import select
import struct
import subprocess
import termios
import time
import unittest

from cli_fixture import TBLOG, ToolTest, scalar_event, tblog, version_event
from waiting import LIMIT_SECONDS


def is_asleep(process):
    """Whether the process sleeps: in nanosleep, or in the call that the C library makes for it."""
    call = pathlib.Path(f"/proc/{process.pid}/syscall").read_text().split()[0]
    return call in ("35", "230")

class Tail(ToolTest):
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
        end = time.monotonic() + LIMIT_SECONDS
        while wanted not in seen:
            ready, _, _ = select.select([descriptor], [], [], end - time.monotonic())
            self.assertTrue(ready, seen)
            seen += os.read(descriptor, 65536)
        return seen

    def screen(self, rows, columns, *arguments):
        """The lines that tail -f first draws on a terminal of this size."""
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        process = subprocess.Popen([TBLOG, "tail", "-f", *arguments], stdout=follower,
                                   stderr=subprocess.PIPE, env=dict(os.environ, LC_ALL="C.UTF-8"))
        os.close(follower)
        try:
            seen = self.read_until(leader, b"\x1b[2J")
            while not is_asleep(process):  # once everything is written
                if select.select([leader], [], [], 0.01)[0]:
                    seen += os.read(leader, 65536)
        finally:
            process.terminate()
            _, err = process.communicate(timeout=LIMIT_SECONDS)
        with contextlib.suppress(OSError):  # the end of a terminal whose other side is closed
            while more := os.read(leader, 65536):
                seen += more
        os.close(leader)
        self.assertEqual(err, b"")
        return seen.decode().split("\x1b[2J")[-1].replace("\r\n", "\n").rstrip("\n").split("\n")

    def test_charts_fit_the_terminal(self):
        run = "a run/with a name that is long"
        self.write(*[scalar_event(i, tag, math.sin(i / 9) * 1e-3) for i in range(100)
                     for tag in ("t", "long \u00e9\u00e9 " * 5, "third")],
                   name=f"{run}/f.tfevents")
        for columns in (20, 40, 120):
            for rows, charts in ((40, 3), (13, 3), (12, 2), (9, 1)):
                lines = self.screen(rows, columns, self.directory)
                self.assertLess(max(map(len, lines)), columns, lines)
                self.assertLess(len(lines), rows, lines)
                axes = [line for line in lines if line.startswith(" " * 12)]
                self.assertEqual(len(axes), charts, (rows, columns, lines))
                more = [line for line in lines if "more; --tag" in line]
                self.assertEqual(more, [f"... {3 - charts} more; --tag"][:3 - charts])
        titles = [line for line in self.screen(24, 40, self.directory) if "|" not in line][::2]
        self.assertRegex(titles[1], r"^\.\.\..*name that is long  t  ")

    def test_tail_reads_more_files_than_may_be_open(self):
        for i in range(40):
            self.write(scalar_event(1, f"tag{i}", 1), name=f"{i}/f.tfevents")
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
        code, out, err = tblog("tail", self.directory, preexec_fn=limit)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out.count("1 at step 1"), 40)

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
            _, err = process.communicate(timeout=LIMIT_SECONDS)
        self.assertEqual(err, b"")

    def follow(self):
        """Starts tail -f on the directory; its output is a pipe."""
        process = subprocess.Popen([TBLOG, "tail", "-f", "-i", "0.01", self.directory],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate, timeout=LIMIT_SECONDS)
        self.addCleanup(process.terminate)
        return process, process.stdout.fileno()

    def test_tail_goes_on_in_a_file_that_is_replaced_cut_or_made_anew(self):
        other = self.write(scalar_event(1, "other", 1), name="a/g.tfevents")
        path = self.write(version_event(), *[scalar_event(i, "t", 9) for i in range(9)],
                          name="a/f.tfevents")
        process, output = self.follow()
        self.read_until(output, b"a  t  9 at step 8")
        # As rsync and editors do: a temporary file beside it, whose name TensorBoard would accept
        # too.
        os.rename(self.write(scalar_event(3, "t", 4), name="a/.f.tfevents.x"), path)
        seen = self.read_until(output, b"a  t  4 at step 3\n")
        self.assertNotIn(b"step 8", seen)
        os.truncate(path, 0)
        with open(self.write(scalar_event(2, "t", 5), name="more"), "rb") as file:
            record = file.read()
        self.read_until(output, b"a  other  1 at step 1")
        with open(path, "ab") as file:
            file.write(record)
        self.read_until(output, b"a  t  5 at step 2")
        os.remove(path)
        self.read_until(output, b"a  other  1 at step 1")
        self.write(scalar_event(6, "t", 7), name="a/f.tfevents")
        self.read_until(output, b"a  t  7 at step 6")
        os.remove(other)
        self.read_until(output, b"a  t  7 at step 6")
        self.assertIsNone(process.poll())
        process.terminate()
        self.assertEqual(process.communicate(timeout=LIMIT_SECONDS)[1], b"")

    def test_tail_draws_no_point_of_a_replaced_file_twice(self):
        path = self.write(version_event(), scalar_event(1, "t", math.nan), name="a/f.tfevents")
        _, output = self.follow()
        self.read_until(output, b"a  t  (1 not finite)")
        os.rename(self.write(version_event(), scalar_event(1, "t", math.nan),
                             scalar_event(2, "t", 4), name="more"), path)
        self.read_until(output, b"a  t  4 at step 2  (1 not finite)")

    def test_tail_draws_a_gzip_file_once_and_says_that_it_does_not_follow_it(self):
        other = self.write(version_event(), scalar_event(1, "other", 1), name="a/f.tfevents")
        content = pathlib.Path(self.write(
            version_event(), *[scalar_event(i, "t", 9) for i in range(99)],
            name="more")).read_bytes()
        packed = pathlib.Path(self.path("b/f.tfevents.gz"))
        packed.parent.mkdir()
        packed.write_bytes(gzip.compress(content))
        process, output = self.follow()
        self.read_until(output, b"b  t  9 at step 98")
        for step in range(2, 8):  # each round takes at least one poll
            with open(other, "ab") as file:
                file.write(pathlib.Path(self.write(scalar_event(step, "other", 1),
                                                   name="more")).read_bytes())
            self.read_until(output, b"a  other  1 at step %d" % step)
        process.terminate()
        self.assertEqual(process.communicate(timeout=LIMIT_SECONDS)[1].decode(),
                         f"tblog tail: {packed}: note: a gzip file is drawn, but not followed\n")

    def bytes_read(self, process):
        with open(f"/proc/{process.pid}/io", encoding="ascii") as file:
            return int(dict(line.split(": ") for line in file)["rchar"])

    def test_tail_searches_a_damaged_tail_once(self):
        zeros = 8 << 20
        path = self.write(version_event(), scalar_event(1, "t", 1), name="a/f.tfevents")
        os.truncate(path, os.path.getsize(path) + zeros)
        other = self.write(version_event(), scalar_event(0, "u", 1), name="b/f.tfevents")
        records = []
        for step in range(2, 8):
            with open(self.write(scalar_event(step, "new", 1), name="more"), "rb") as file:
                records.append(file.read())
        process = subprocess.Popen([TBLOG, "tail", "-f", "-i", "0.01", self.directory],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            output = process.stdout.fileno()
            self.read_until(output, b"u  1 at step 0")
            before = self.bytes_read(process)
            for step, record in enumerate(records[:-1], 2):  # each round takes at least one poll
                with open(other, "ab") as file:
                    file.write(record)
                self.read_until(output, b"new  1 at step %d" % step)
            self.assertLess(self.bytes_read(process) - before, zeros)
            with open(path, "ab") as file:
                file.write(records[-1])
            self.read_until(output, b"a  new  1 at step 7")
        finally:
            process.terminate()
            process.communicate(timeout=LIMIT_SECONDS)


if __name__ == "__main__":
    unittest.main()
