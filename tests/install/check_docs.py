"""The documentation: the manual page is well formed, it and the completion know what the tool knows,
completion completes, and Doxygen finds nothing wrong with the header's comments.

Usage: check_docs.py SOURCE_DIRECTORY BUILD_DIRECTORY TBLOG
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE, BUILD, TBLOG = (os.path.abspath(sys.argv.pop(1)) for _ in range(3))
PAGE = os.path.join(SOURCE, "docs/man/tblog.1")
COMPLETION = os.path.join(SOURCE, "tblog/cli/completion.bash")


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=120, **options)


def commands():
    return re.findall(r"^  ([a-z]+) +.*", run(TBLOG, "--help").stdout.split("Commands:")[1],
                      flags=re.M)


def options_of(*command):
    return set(re.findall(r"--[a-z]+", run(TBLOG, *command, "--help").stdout.split("\n\n")[1])) - {
        "--help", "--usage", "--version"}


def complete(*words):
    """What bash offers for the last of the words."""
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tblog; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    result = run("bash", "-c", script, "bash", COMPLETION, *words)
    return [line for line in result.stdout.split("\n") if line]


def needs(tool):
    there = shutil.which(tool) is not None
    if not there and os.environ.get("CI") == "true":
        raise AssertionError(f"{tool} is not installed")
    return unittest.skipUnless(there, f"{tool} is not installed")


class Documentation(unittest.TestCase):
    def test_there_are_commands_and_options_to_compare(self):
        self.assertGreater(len(commands()), 7)
        self.assertEqual(options_of("trim"), {"--from", "--output"})

    @needs("mandoc")
    def test_the_manual_page_is_well_formed(self):
        result = run("mandoc", "-T", "lint", "-W", "warning", PAGE)
        self.assertEqual((result.returncode, result.stdout), (0, ""))

    def test_the_manual_page_knows_every_command_and_option(self):
        with open(PAGE, encoding="utf-8") as file:
            text = file.read()
        parts = dict(re.findall(r"^\.It Cm (\w+)\n(.*?)(?=^\.It Cm|^\.Pp\nThe file)", text,
                                flags=re.M | re.S))
        self.assertEqual(sorted(parts), sorted(commands()))
        for command in commands():
            documented = {f"--{name}" for name in re.findall(r"Fl -(\w+)", parts[command])}
            self.assertTrue(options_of(command) <= documented, command)
            self.assertTrue(documented <= options_of(command), command)
            self.assertIn(f".Cm {command}\n", text.split(".Sh DESCRIPTION")[0])

    def test_completion_offers_every_command_and_option(self):
        self.assertEqual(sorted(complete("tblog", "")), sorted(commands()))
        for command in commands():
            self.assertEqual(set(complete("tblog", command, "--")),
                             options_of(command) | {"--help", "--usage"})
        self.assertEqual(complete("tblog", "ve"), ["verify"])
        self.assertEqual(complete("tblog", "trim", "--f"), ["--from"])
        self.assertIn("--version", complete("tblog", "--"))

    def test_completion_offers_files(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "a b.tfevents")
            with open(path, "w", encoding="utf-8"):
                pass
            self.assertEqual(complete("tblog", "cat", directory + "/"), [path])
            self.assertEqual(complete("tblog", "ls", "-t", directory + "/"), [])

    def test_the_readme_names_tests_that_are_there(self):
        with open(os.path.join(SOURCE, "tblog/README.md"), encoding="utf-8") as file:
            named = set(re.findall(r"`(check_\w+)`", file.read()))
        there = {os.path.splitext(name)[0]
                 for _, _, names in os.walk(os.path.join(SOURCE, "tests")) for name in names}
        self.assertGreater(len(named), 20)
        self.assertEqual(named - there, set())

    @needs("doxygen")
    def test_doxygen_finds_nothing_wrong(self):
        with open(os.path.join(BUILD, "docs/Doxyfile"), encoding="utf-8") as file:
            configuration = file.read()
        with tempfile.TemporaryDirectory() as directory:
            configuration += f"OUTPUT_DIRECTORY = {directory}\nWARN_AS_ERROR = FAIL_ON_WARNINGS\n"
            result = run("doxygen", "-", input=configuration)
            self.assertEqual((result.returncode, result.stdout), (0, ""))
            with open(os.path.join(directory, "html/tblog_8h.html"), encoding="utf-8") as file:
                page = file.read()
        # The header's words are on the page.
        self.assertIn("Flushes, closes and frees the handle in every case.", page)
        self.assertIn("an argument is wrong; nothing was written, nothing latches", page)
        self.assertIn("the system refused an operation", page)


if __name__ == "__main__":
    unittest.main()
