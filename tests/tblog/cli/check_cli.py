"""The tblog tool, as its users run it: usage, verify, damaged and strange files.

Usage: check_cli.py TBLOG
"""

import os
import subprocess
import unittest

from cli_fixture import TBLOG, ToolTest, histogram_event, scalar_event, tblog, version_event


class Tool(ToolTest):
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

    def test_only_what_repair_would_save_something_of_is_damaged(self):
        with open(self.write(version_event()), "rb") as file:
            record = file.read()
        page = self.write(tail=b"<html>" * 99, name="a/tfevents.html")
        half = self.write(tail=b"x" * 40 + record,
                          name="a/f.tfevents")
        good = self.write(version_event(), scalar_event(1, "t", 1), name="a/g.tfevents",
                          tail=b"x" * 40)
        false_record = self.write(b"\xff", name="a/h.tfevents", tail=b"x" * 40)
        for command in ("verify", "ls", "export"):
            code, _, err = tblog(command, self.path("a"))
            self.assertEqual(code, 1, err)
            lines = {line.split(": ")[1]: line for line in err.splitlines()}
            for path in (page, false_record):
                self.assertIn(f"{path}: not an event file: ", lines[path])
            for path in (half, good):
                self.assertTrue(lines[path].endswith("; 'tblog repair' saves the whole records"), err)
        for path, saved in ((page, False), (false_record, False), (half, True), (good, True)):
            self.assertEqual(tblog("repair", path, "-o", path + ".new")[0] == 0, saved)

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

    def test_a_pipe_among_the_files_is_not_waited_for(self):
        self.write(version_event())
        os.mkfifo(self.path("events.out.tfevents.2.x"))
        os.mkfifo(self.path("other"))
        for command in ("verify", "ls", "export", "tail"):
            code, _, err = tblog(command, self.directory)
            self.assertEqual(code, 1)
            self.assertIn("events.out.tfevents.2.x: not a file", err)
            self.assertNotIn("other", err)

    def test_verify_ends_on_links_in_a_circle(self):
        self.write(version_event())
        os.symlink(self.directory, os.path.join(self.directory, "circle"))
        code, out, err = tblog("verify", self.directory)
        self.assertEqual((code, len(out.splitlines())), (1, 1))
        self.assertIn("circle", err)

    def test_no_file_name_gives_orders_to_the_terminal(self):
        run = "a\x1b[2J\nb\x7f"
        path = self.write(version_event(), histogram_event(9, "h\x1b", True),
                          histogram_event(2, "h\x1b", False), name=f"{run}/f.tfevents")
        bad = self.write(version_event(), scalar_event(1, "t", 1), name=f"{run}2/f.tfevents",
                         tail=b"x" * 30)
        self.write(name=f"{run}3/none")
        new, directory = self.path("new\x1b"), self.path("images\x1b")
        for command in (["verify", path, bad], ["ls", path, bad], ["cat", bad], ["tail", path, bad],
                        ["repair", bad, "-o", new], ["repair", bad, "-o", new],
                        ["merge", path, bad, "-o", self.path("y")],
                        ["trim", path, "--from=3", "-o", self.path("z")],
                        ["verify", self.path(run + "3")], ["verify", self.path(run + "4")],
                        ["export", "--images", path, "-o", directory]):
            _, out, err = tblog(*command)
            self.assertNotRegex((out + err).replace("\n", ""), r"[\x00-\x1f\x7f]", command)
            self.assertNotIn("J\nb", out + err, command)

    def test_verify_tells_of_wall_times_that_are_none(self):
        path = self.write(version_event(), scalar_event(0, "t", 1, float("nan")),
                          scalar_event(1, "t", 1, float("inf")))
        code, out, err = tblog("verify", path)
        self.assertEqual((code, out), (0, f"{path}: whole, 3 events\n"))
        self.assertEqual(err, f"tblog verify: {path}: note: the wall time of 2 events is not a "
                         "finite number\n")

    def test_verify_notes_steps_that_go_back_file_by_file(self):
        names = [f"r/{number}.tfevents" for number in range(4)]
        self.write(version_event(), scalar_event(3, "t\x1b", 1), scalar_event(3, "u", 1),
                   name=names[0])
        self.write(version_event(), scalar_event(4, "u", 1), name=names[1])
        back = self.write(version_event(), scalar_event(4, "t\x1b", 1), scalar_event(2, "u", 1),
                          scalar_event(1, "u", 1), name=names[2])
        both = self.write(version_event(), scalar_event(4, "t\x1b", 1), scalar_event(1, "u", 1),
                          name=names[3])
        self.write(version_event(), scalar_event(0, "t\x1b", 1), name="s/f.tfevents")
        code, out, err = tblog("verify", self.directory)
        self.assertEqual((code, out.count(": whole, ")), (0, 5))
        effect = ("TensorBoard's default loader drops the tag's earlier points at such a step and "
                  "beyond")
        self.assertEqual(err.splitlines(), [
            f"tblog verify: {back}: note: step 2 follows step 4 under tag 'u': {effect}",
            f"tblog verify: {both}: note: step 4 follows step 4 under tag 't?', and others go back "
            f"or repeat too: {effect}"])

    # ---- usage ----

    def test_wrong_usage_is_2(self):
        for arguments in ([], ["nonsense"], ["--nonsense"], ["cat"], ["cat", "a", "b"],
                          ["cat", "--nonsense", "a"], ["verify"], ["verify", "-x"],
                          ["ls"], ["ls", "-t", "(", "x"], ["export"], ["export", "-t", "[", "x"],
                          ["export", "--images", "x"], ["export", "--audio", "x"],
                          ["export", "--wide", "--images", "-o", "y", "x"],
                          ["repair", "x"], ["repair", "-o", "y"], ["repair", "x", "z", "-o", "y"],
                          ["merge", "x"], ["merge", "-o", "y"], ["trim", "x", "-o", "y"],
                          ["trim", "x", "--from=1"], ["trim", "x", "--from=1x", "-o", "y"],
                          ["trim", "x", "--from=9223372036854775808", "-o", "y"],
                          ["trim", "x", "--rename-tag=a", "-o", "y"],
                          ["trim", "x", "--rename-tag==a", "-o", "y"],
                          ["trim", "x", "--rename-tag=a=", "-o", "y"],
                          ["trim", "x", b"--rename-tag=a=\xff", "-o", "y"],
                          ["trim", "x", "--drop-tag=a", "--rename-tag=a=b", "-o", "y"],
                          ["trim", "x", "--rename-tag=a=c", "--rename-tag=b=c", "-o", "y"],
                          ["tail"], ["tail", "-i", "0", "x"], ["tail", "-i", "1s", "x"],
                          ["tail", "-i", "1e300", "x"], ["tail", "-i", "nan", "x"],
                          ["tail", "-i", "-1", "x"], ["tail", "-i", "1e-300", "x"]):
            code, out, err = tblog(*arguments, cwd=self.directory)
            self.assertEqual((code, out, err.count("\n")), (2, "", 1), err)
            self.assertIn("--help", err, arguments)
        self.assertEqual(os.listdir(self.directory), [])

    def test_misspelt_commands_and_options_get_a_suggestion(self):
        for line, meant in (("veriy", "verify"), ("sl", "ls"), ("ls --jsn x", "--json"),
                            ("tail --follw x", "--follow"), ("tail --int 3 x", "--interval"),
                            ("export --image x", "--images"), ("trim --form 3 x", "--from")):
            code, out, err = tblog(*line.split())
            self.assertEqual((code, out, err.count("\n")), (2, "", 1), err)
            self.assertIn(f"; did you mean '{meant}'?", err)
        code, _, err = tblog("\x1b[2J\n\xc2\x9b")
        self.assertEqual((code, err.count("\n")), (2, 1))
        self.assertRegex(err, "^[ -~]+\n$")

    def test_help_is_a_command_too(self):
        for arguments in (["help"], ["-h"], ["help", "help"]):
            self.assertEqual(tblog(*arguments), tblog("--help"))
        for command in ("ls", "cat", "export", "tail", "verify", "repair", "merge", "trim"):
            for arguments in (["help", command], ["--help", command], [command, "-h"]):
                self.assertEqual(tblog(*arguments), tblog(command, "--help"))

    def test_clustered_short_options_and_their_values_pass(self):
        path = self.write(scalar_event(1, "a", 1), scalar_event(1, "b", 1))
        for arguments in (["-jta", path], ["-jt", "a", path], ["-j", path, "-t", "a"],
                          ["--json", "--tag=a", "--", path], ["--tag", "a", "--json", path]):
            code, out, err = tblog("ls", *arguments)
            self.assertEqual((code, out.count("\n"), err), (0, 1, ""), arguments)
        code, _, err = tblog("ls", "-jx", path)
        self.assertEqual(code, 2)
        self.assertIn("unknown option '-jx'", err)

    def test_help_and_version(self):
        code, out, err = tblog("--version")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"^tblog \d+\.\d+\.\d+\n$")
        for arguments in (["--help"], ["cat", "--help"], ["verify", "--help"]):
            code, out, err = tblog(*arguments)
            self.assertEqual((code, err), (0, ""))
            self.assertIn("Exit status", out)

    def test_help_tells_the_exit_status(self):
        for command in ("ls", "export", "repair", "merge", "trim", "tail"):
            code, out, err = tblog(command, "--help")
            self.assertEqual((code, err), (0, ""))
            self.assertIn("Exit status", out)
            self.assertIn(f"  {command} ", tblog("--help")[1])
            self.assertNotRegex(out, r"(?m)^ +$")

    def test_commands_tell_that_their_output_failed(self):
        path = self.write(scalar_event(0, "a", 1))
        for command in (["ls", path], ["ls", "--json", path], ["export", path],
                        ["export", "--wide", path], ["tail", path],
                        ["verify", path], ["cat", path], ["--help"], ["--usage"], ["--version"],
                        ["ls", "--help"], ["export", "--usage"]):
            with open("/dev/full", "wb") as full:
                result = subprocess.run([TBLOG, *command], stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(result.returncode, 1, command)
            self.assertIn(b"No space left", result.stderr, command)
            self.assertEqual(result.stderr.count(b"\n"), 1, command)
            closed = subprocess.run(["bash", "-c", '"$@" >&-', "bash", TBLOG, *command],
                                    stderr=subprocess.PIPE)
            self.assertEqual(closed.returncode, 1, command)
            self.assertIn(b"standard output", closed.stderr, command)


if __name__ == "__main__":
    unittest.main()
