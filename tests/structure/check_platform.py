"""tblog is written for C17 and POSIX.1-2008: one file, which a port replaces, uses more.

Usage: check_platform.py SOURCE_FOLDER BUILD_FOLDER

The compiler shows a source only the functions of POSIX.1-2008, unless somebody defines a macro that
asks for more. Headers are there in any case, so they are listed below.
"""

import json
import pathlib
import re
import sys
import unittest

BUILD = pathlib.Path(sys.argv.pop(2)).resolve()
SOURCE = pathlib.Path(sys.argv.pop(1)).resolve()

PARTS = ("command_line", "tblog")
NO_PARTS = ("tblog/examples",)  # programs of their own
LINUX = "tblog/cli/output/platform_linux.c"
ASKS_FOR_MORE = re.compile(r"_(?:GNU|DEFAULT|BSD|SVID|XOPEN)_SOURCE\w*|_POSIX_C_SOURCE")
NAMES_LINUX = re.compile(r"__linux__|__gnu_linux__|__GLIBC__|\bsyscall\b|/proc/")
INCLUDE = re.compile(r"^\s*#\s*include\s+<(.+?)>", re.MULTILINE)

C17_AND_POSIX = {f"{name}.h" for name in """
    assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign
    stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar
    wchar wctype
    dirent dlfcn fcntl fnmatch glob grp iconv langinfo libgen netdb poll pthread pwd regex sched search
    semaphore spawn strings sys/mman sys/resource sys/select sys/socket sys/stat sys/time sys/times
    sys/types sys/uio sys/utsname sys/wait syslog termios unistd wordexp""".split()}
LIBRARIES = {"jansson.h", "protobuf-c/protobuf-c.h", "tblog/tblog.h", "zlib.h"}
# docs/packaging.md says what other systems have instead.
EXCEPTIONS = {
    "argp.h": "command_line tblog/cli",
    "fts.h": "tblog/cli/input/event_files.c",
    "nmmintrin.h": "tblog/record/crc32c.c",
    "sys/auxv.h": "tblog/record/crc32c.c",
    "sys/file.h": "tblog/event_file/directory_lock.c",
    "sys/ioctl.h": "tblog/cli/tail_charts.c",
}


def sources():
    for part in PARTS:
        for path in sorted((SOURCE / part).rglob("*.[ch]")):
            name = path.relative_to(SOURCE).as_posix()
            if name != LINUX and not name.startswith(NO_PARTS):
                yield name, path.read_text(encoding="utf-8")


def may_include(name, header):
    places = EXCEPTIONS.get(header, "").split()
    return header in C17_AND_POSIX | LIBRARIES or any(name.startswith(place) for place in places)


class Platform(unittest.TestCase):
    def test_the_compiler_shows_posix_alone(self):
        entries = [entry for entry in json.loads((BUILD / "compile_commands.json").read_text())
                   if entry["file"].startswith(tuple(f"{SOURCE}/{part}/" for part in PARTS))
                   and entry["file"].endswith(".c")]
        self.assertGreater(len(entries), 50, "the tree was not found")
        for entry in entries:
            asked = set(re.findall(r"-D(\S*_SOURCE\b\S*)", entry["command"]))
            with self.subTest(entry["file"]):
                self.assertEqual(asked, {"_POSIX_C_SOURCE=200809L"})
                self.assertRegex(entry["command"], " -std=c(17|11) ")

    def test_no_other_file_asks_for_more_than_posix(self):
        asking = {name for name, text in sources() if ASKS_FOR_MORE.search(text)}
        self.assertEqual(asking, {"tblog/cli/common/terminal_text.c"})  # wcwidth, of X/Open

    def test_no_other_file_names_linux(self):
        naming = {name for name, text in sources() if NAMES_LINUX.search(text)}
        self.assertEqual(naming, {"tblog/record/crc32c.c"})  # which has another way elsewhere

    def test_headers_are_those_of_c17_and_posix(self):
        strange = [f"{name}: <{header}>" for name, text in sources()
                   for header in INCLUDE.findall(text) if not may_include(name, header)]
        self.assertEqual(strange, [])

    def test_every_exception_is_used(self):
        used = {(header, place) for name, text in sources() for header in INCLUDE.findall(text)
                for place in EXCEPTIONS.get(header, "").split() if name.startswith(place)}
        self.assertEqual({(header, place) for header, places in EXCEPTIONS.items()
                          for place in places.split()} - used, set())


if __name__ == "__main__":
    unittest.main()
