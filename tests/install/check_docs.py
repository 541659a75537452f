"""The documentation: the manual pages are well formed, and describe all of the tool and the
library; completion works in each shell; and Doxygen finds no error in the header's comments.

Usage: check_docs.py SOURCE_DIRECTORY BUILD_DIRECTORY PROGRAM...
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

from waiting import LIMIT_SECONDS

SOURCE, BUILD, *PROGRAMS = (os.path.abspath(path) for path in sys.argv[1:])
del sys.argv[1:]
TBLOG = PROGRAMS[0]
PAGE = os.path.join(SOURCE, "docs/man/tblog.1")
LIBRARY_PAGE = os.path.join(SOURCE, "docs/man/tblog.3")
HEADER = os.path.join(SOURCE, "tblog/include/tblog/tblog.h")


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=LIMIT_SECONDS, **options)


def commands(program=TBLOG):
    return re.findall(r"^  ([a-z]+) +.*", run(program, "--help").stdout.split("Commands:")[1],
                      flags=re.M)


def all_options_of(*command):
    return set(re.findall(r"^ {2}(?:-., | {4})(--[a-z-]+)", run(*command, "--help").stdout,
                          flags=re.M))


def options_of(command):
    return all_options_of(TBLOG, command) - {"--help", "--usage", "--version"}


# Each gets the script and the words, and prints the completions of the last word.
SHELLS = {
    "bash": """source "$0"; name=_${1##*/}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); $name
               printf '%s\n' "${COMPREPLY[@]}" """,
    "zsh": """compadd() { shift; print -l -- "$@" }
              compset() { words[CURRENT]=${words[CURRENT]#$~2} }
              _files() { print -l -- $words[CURRENT]*(N) }
              words=("$@"); CURRENT=$#; source "$0" """,
    "fish": """source $argv[1]
               complete -C (string join ' ' -- (string escape -- $argv[2]) $argv[3..])""",
}


def complete(shell, program, *words):
    """The shell's completions of the last word that begin with it, since zsh and fish filter the
    list themselves. bash splits words differently."""
    script = os.path.join(BUILD, f"docs/completion/{os.path.basename(program)}.{shell}")
    last = words[-1]
    if shell == "bash":
        words = [part for word in words for part in re.split("(=)", word) if part or not word]
    result = run(shell, "-c", SHELLS[shell], script, program, *words)
    offered = [line.split("\t")[0] for line in result.stdout.split("\n") if line]
    if "=" in last:  # fish offers --option=value
        last = last.split("=")[1]
        offered = [line.split("=")[-1] for line in offered]
    return sorted(line for line in offered if line.startswith(last))


def shells():
    """The installed ones; in CI, all."""
    return [shell for shell in SHELLS if shutil.which(shell) or os.environ.get("CI") == "true"]


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def anchors_of(page):
    """The anchors that GitHub makes of the page's headings."""
    headings = re.findall(r"^#+ (.*)", text_of(page), flags=re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def needs(tool):
    there = shutil.which(tool) is not None
    if not there and os.environ.get("CI") == "true":
        raise AssertionError(f"{tool} is not installed")
    return unittest.skipUnless(there, f"{tool} is not installed")


class Documentation(unittest.TestCase):
    def test_there_are_commands_and_options_to_compare(self):
        self.assertGreater(len(commands()), 7)
        self.assertEqual(options_of("trim"),
                         {"--from", "--drop-tag", "--rename-tag", "--output"})

    @needs("mandoc")
    def test_the_manual_pages_are_well_formed(self):
        for page in (PAGE, LIBRARY_PAGE):
            result = run("mandoc", "-T", "lint", "-W", "warning", page)
            self.assertEqual((result.returncode, result.stdout), (0, ""))

    def test_the_librarys_page_knows_every_function_as_it_is_declared(self):
        with open(LIBRARY_PAGE, encoding="utf-8") as file:
            page = file.read()
        with open(HEADER, encoding="utf-8") as file:
            header = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
        # Programs call these functions by inline ones without _sized and _of.
        declared = {re.sub("_(sized|of)$", "", name) for name in
                    re.findall(r"^TBLOG_API[^;(]*?\b(tblog_\w+)\(", header, flags=re.M)}
        self.assertEqual(set(re.findall(r"^\.F[no] (tblog_\w+)", page, flags=re.M)), declared)
        header = re.sub(r"\s+", " ", header)
        synopsis = page.split(".Sh SYNOPSIS")[1].split(".Sh")[0]
        synopsis = re.sub(r'\.Fo (\w+)\n((?:\.Fa .*\n)+)\.Fc', lambda found: ".Fn {} {}".format(
            found[1], " ".join(re.findall('".*"', found[2]))), synopsis)
        prototypes = re.findall(r"\.Ft (.*)\n\.Fn (\w+) (.*)", synopsis)
        self.assertGreater(len(prototypes), 5)
        for result, name, arguments in prototypes:
            parameters = ", ".join(re.findall('"(.*?)"', arguments))
            self.assertIn(f"{result} {name}({parameters});", header)

    def test_the_manual_page_knows_every_command_and_option(self):
        with open(PAGE, encoding="utf-8") as file:
            text = file.read()
        parts = dict(re.findall(r"^\.It Cm (\w+)\n(.*?)(?=^\.It Cm|^\.Pp\nThe file)", text,
                                flags=re.M | re.S))
        self.assertEqual(sorted(parts), sorted(commands()))
        for command in commands():
            documented = {f"--{name}" for name in re.findall(r"Fl -([\w-]+)", parts[command])}
            self.assertTrue(options_of(command) <= documented, command)
            self.assertTrue(documented <= options_of(command), command)
            self.assertIn(f".Cm {command}\n", text.split(".Sh DESCRIPTION")[0])

    def test_completion_offers_every_command_and_option(self):
        for shell in shells():
            for program in PROGRAMS:
                self.assertEqual(complete(shell, program, ""), sorted(commands(program)))
                self.assertEqual(complete(shell, program, "--"), sorted(all_options_of(program)))
                for command in commands(program):
                    self.assertEqual(complete(shell, program, command, "--"),
                                     sorted(all_options_of(program, command)))
            self.assertEqual(complete(shell, TBLOG, "ve"), ["verify"])
            self.assertEqual(complete(shell, TBLOG, "trim", "--f"), ["--from"])

    def test_completion_asks_the_program_on_the_path_where_it_cannot_tell_which_was_typed(self):
        path = f"{os.path.dirname(TBLOG)}:{os.environ['PATH']}"
        with unittest.mock.patch.dict(os.environ, {"PATH": path, "nowhere": "/not there"}):
            for shell in shells():
                for program in ("tblog", "$nowhere/tblog"):
                    self.assertEqual(complete(shell, program, "ve"), ["verify"], (shell, program))

    def test_completion_offers_files_where_a_file_is_wanted(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "a.tfevents")
            with open(path, "w", encoding="utf-8"):
                pass
            begin = os.path.join(directory, "a")
            for shell in shells():
                for words in (["cat", begin], ["export", "-o", begin],
                              ["export", "--output", begin], ["export", f"--output={begin}"]):
                    self.assertEqual(complete(shell, TBLOG, *words), [path], words)
                self.assertEqual(complete(shell, TBLOG, "ls", "-t", begin), [])
                for program in PROGRAMS[1:]:
                    self.assertEqual(complete(shell, program, "train", "--data", begin), [path])
                    self.assertEqual(complete(shell, program, "train", begin), [])

    def test_completion_offers_the_words_that_an_option_takes(self):
        for shell in shells():
            for program in PROGRAMS[1:]:
                for words in (["--format", ""], ["--format="]):
                    self.assertEqual(complete(shell, program, "compare", *words),
                                     ["csv", "json", "table"])
                self.assertEqual(complete(shell, program, "compare", "--format=t"), ["table"])
                self.assertEqual(complete(shell, program, "train", "--update-freq", ""),
                                 ["batch", "epoch"])
                self.assertEqual(complete(shell, program, "sweep", "--scale-learning-rate", ""),
                                 ["linear", "none", "sqrt"])
                self.assertEqual(complete(shell, program, "sweep", "--learning-rates", ""), [])
                self.assertIn("--learning-rates", complete(shell, program, "sweep", "--lear"))

    @unittest.skipUnless(len(PROGRAMS) > 1, "tblog alone has fewer tests")
    def test_the_pages_of_the_library_name_tests_that_are_there(self):
        named = {name for page in ("tblog/README.md", "docs/packaging.md")
                 for name in re.findall(r"`(check_\w+)`", text_of(os.path.join(SOURCE, page)))}
        there = set(re.findall(r"^ *Test +#\d+: (\w+)",
                               run("ctest", "--show-only", cwd=BUILD).stdout, flags=re.M))
        self.assertGreater(len(named), 20)
        self.assertEqual(named - there, set())

    def test_the_scripts_that_are_named_are_there(self):
        named = set()
        for pattern in ("*.md", "*/*.md", "bench/*.sh", "scripts/*.sh"):
            for path in glob.glob(os.path.join(SOURCE, pattern)):
                with open(path, encoding="utf-8") as file:
                    named.update(re.findall(r"\b((?:bench|scripts)/\w+\.(?:sh|py))\b", file.read()))
        self.assertGreater(len(named), 8)
        self.assertEqual([name for name in sorted(named)
                          if not os.path.exists(os.path.join(SOURCE, name))], [])

    def test_links_lead_to_files_and_headings(self):
        pages = [path for pattern in ("*.md", "docs/*.md", "bench/*.md", "bench/results/*.md",
                                      "tblog/*.md", "kernels/*/*.md", "tests/*/*.md",
                                      "tests/support/*/*.md")
                 for path in glob.glob(os.path.join(SOURCE, pattern))]
        links = [(page, link) for page in pages
                 for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text_of(page))]
        self.assertGreater(len(links), 50)
        for page, link in links:
            path, _, heading = link.partition("#")
            target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            self.assertTrue(os.path.exists(target), (page, link))
            if heading:
                self.assertIn(heading, anchors_of(target), (page, link))

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
            with open(os.path.join(directory, "html/classtblog_1_1writer.html"),
                      encoding="utf-8") as file:
                page_for_cpp = file.read()
        # The headers' comments are on the pages.
        self.assertIn("Writes an event file.", page_for_cpp)
        self.assertIn("Flushes, closes and frees the writer, whatever happens.", page)
        self.assertIn("a wrong argument; nothing was written; not sticky", page)
        self.assertIn("a system call failed", page)


if __name__ == "__main__":
    unittest.main()
