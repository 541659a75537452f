"""Rooms (folders of sources) use each other in no circle, only as the build allows, and as
docs/design.md says.

Usage: check_rooms.py SOURCE_FOLDER
"""

import collections
import graphlib
import pathlib
import re
import sys
import unittest

SOURCE = pathlib.Path(sys.argv.pop(1)).resolve()

LISTS = ("kernels/cpu", "tblog", "tblog/cli", "trainer")
PARTS = ("bench", "command_line", "kernels", "tblog", "tests", "trainer")
SUFFIXES = (".c", ".h", ".cpp", ".hpp", ".cu", ".cuh")
PATH_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]*/[^"]*)"', re.MULTILINE)
PUBLIC_HEADERS = ("tblog/tblog.h", "tblog/tblog.hpp")

# trainer_room(NAME name …), tblog_room and tblog_cli_room likewise; cpu_room(library name …).
ROOM = re.compile(r"_room\(\w+ (\w+)([^)]*)\)")
SEES = re.compile(r"\bSEES\b(.*?)(?=\b(?:SOURCES|OPTIONS)\b|$)", re.DOTALL)
# A room of the trainer that uses another one also uses everything that the other uses.
SHARED = re.compile(r"\btarget_link_libraries\(trainer_(\w+) PUBLIC ([^)]*)\)")
# The page lists the trainer's rooms, and the other libraries of this repository.
PAGE_NAMES = {"kernels": "kernels", "engine_proof": "kernels/proof", "tblog::tblog_static": "tblog",
              "tblog_command_line": "command_line"}


def build_text(folder):
    text = (SOURCE / folder / "CMakeLists.txt").read_text(encoding="utf-8")
    return re.sub("#.*", "", text)


def rooms(folder):
    """{room: names} of a CMakeLists.txt: the names that the room lists as used."""
    graph = collections.defaultdict(set)
    for name, arguments in ROOM.findall(build_text(folder)):
        seen = " ".join(SEES.findall(arguments)).split()
        graph[name] |= {library.removeprefix("trainer_") for library in seen}
    return graph


def rooms_by_the_build():
    """{room: rooms} of the trainer's rooms: all rooms that each uses."""
    listed = rooms("trainer")
    shared = {name: {library.removeprefix("trainer_") for library in text.split()}
              for name, text in SHARED.findall(build_text("trainer"))}
    names = PAGE_NAMES | {room: room for room in listed}
    graph = {}
    for room, seen in listed.items():
        for _ in listed:  # no chain of rooms is longer
            seen = seen.union(*(shared.get(name, set()) for name in seen))
        graph[room] = {names[name] for name in seen if name in names}
    return {room: seen for room, seen in graph.items() if seen}


def rooms_by_the_page():
    page = (SOURCE / "docs" / "design.md").read_text(encoding="utf-8")
    block = re.search(r"^trainer +(\w+:.*?)\n +the commands", page, re.DOTALL | re.MULTILINE)[1]
    lines = (line.split(":") for line in block.splitlines())
    return {room.strip(): set(seen.replace(",", " ").split()) for room, seen in lines}


class Rooms(unittest.TestCase):
    def test_no_room_sees_itself_in_a_circle(self):
        for folder in LISTS:
            graph = rooms(folder)
            self.assertGreaterEqual(len(graph), 3, f"the rooms of {folder} were not found")
            try:
                graphlib.TopologicalSorter(graph).prepare()
            except graphlib.CycleError as error:
                self.fail(f"{folder}: " + " sees ".join(error.args[1][::-1]))

    def test_the_page_lists_what_each_room_of_the_trainer_sees(self):
        page = rooms_by_the_page()
        build = rooms_by_the_build()
        self.assertEqual(list(page), list(build))
        for room, seen in build.items():
            with self.subTest(room):
                self.assertEqual(page[room], seen)

    def test_no_include_reaches_another_room_by_a_path(self):
        sources = [source for part in PARTS for source in (SOURCE / part).rglob("*")
                   if source.suffix in SUFFIXES]
        self.assertGreater(len(sources), 500, "the tree was not found")
        paths = [f"{source.relative_to(SOURCE)} includes {path}" for source in sources
                 for path in PATH_INCLUDE.findall(source.read_text(encoding="utf-8"))
                 if path not in PUBLIC_HEADERS]
        self.assertEqual(paths, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
