"""No files include or call each other in a circle.

Usage: check_circles.py SOURCE_FOLDER BUILD_FOLDER NM

A unit is a source file with the header of the same name. The calls are read from the build's
objects: a unit depends on the units that define its undefined symbols.
"""

import collections
import graphlib
import json
import pathlib
import re
import shlex
import subprocess
import sys
import unittest

NM = sys.argv.pop(3)
BUILD = pathlib.Path(sys.argv.pop(2)).resolve()
SOURCE = pathlib.Path(sys.argv.pop(1)).resolve()

PARTS = ("bench", "command_line", "kernels", "tblog", "tests", "trainer")
SUFFIXES = (".c", ".h", ".cpp", ".hpp", ".cu", ".cuh")
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)


def unit_of(source):
    """"trainer/run/run_lock" for both of its files; None for a file of no part."""
    if not source.is_relative_to(SOURCE) or source.is_relative_to(BUILD):
        return None
    unit = source.relative_to(SOURCE)
    if unit.suffix != ".hpp":  # tblog.hpp does not belong to tblog.h
        unit = unit.with_suffix("")
    unit = unit.as_posix()
    return unit if unit.startswith(PARTS) else None


def seen_by(unit, others):
    """Parts may have files and symbols of the same name: prefers those of the same part, then those
    of the program."""
    part = unit.split("/")[0]
    own = {other for other in others if other.startswith(part + "/")}
    return (own or {other for other in others if not other.startswith("tests/")}) - {unit}


def included():
    """{unit: the units whose headers it includes}."""
    sources = [source for part in PARTS for source in (SOURCE / part).rglob("*")
               if source.suffix in SUFFIXES]
    units_by_name = collections.defaultdict(set)
    for source in sources:
        units_by_name[source.name].add(unit_of(source))
    graph = collections.defaultdict(set)
    for source in sources:
        unit = unit_of(source)
        for header in INCLUDE.findall(source.read_text(encoding="utf-8")):
            graph[unit] |= seen_by(unit, units_by_name[pathlib.Path(header).name])
    return graph


def compiled():
    """Yields each object of the build with its unit."""
    for entry in json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8")):
        command = shlex.split(entry["command"])
        target = pathlib.Path(entry["directory"], command[command.index("-o") + 1])
        unit = unit_of(pathlib.Path(entry["directory"], entry["file"]).resolve())
        if unit is not None and target.exists():
            yield str(target), unit


def called():
    """{unit: the units that define the symbols that it calls}."""
    units = dict(compiled())
    defined = collections.defaultdict(set)
    undefined = collections.defaultdict(set)
    listing = subprocess.run([NM, "--print-file-name", "--format=posix", *units], text=True,
                             check=True, stdout=subprocess.PIPE).stdout
    for line in listing.splitlines():
        path, symbol, kind = re.match(r"(.*?): (\S+) (\S)", line).groups()
        if kind == "U":
            undefined[units[path]].add(symbol)
        elif kind in "BCDRTVW":
            defined[symbol].add(units[path])
    return {unit: set().union(*(seen_by(unit, defined[symbol]) for symbol in symbols))
            for unit, symbols in undefined.items()}


class Circles(unittest.TestCase):
    def check(self, graph, verb):
        self.assertGreater(sum(map(len, graph.values())), 500, "the tree was not found")
        circle = []
        try:
            graphlib.TopologicalSorter(graph).prepare()
        except graphlib.CycleError as error:
            circle = error.args[1][::-1]  # which begins with what is needed
        self.assertFalse(circle, f" {verb} ".join(circle))

    def test_no_file_includes_itself_in_a_circle(self):
        self.check(included(), "includes")

    def test_no_file_calls_itself_in_a_circle(self):
        self.check(called(), "calls")


if __name__ == "__main__":
    unittest.main()
