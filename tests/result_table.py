"""Prints the results of scripts/test.sh: a table of its steps, what failed, and what was skipped
and why.

Usage: result_table.py FOLDER

FOLDER holds `steps` (one line per step: name, exit status and seconds, separated by tabs),
NAME.skipped (the reason why a step was skipped; its status is 77) and NAME.xml (CTest's report of a
preset). Exits with 1 if a step failed.
"""

import pathlib
import sys
import xml.etree.ElementTree

SKIPPED = 77
SLOWEST = 5


class Test:
    def __init__(self, case):
        self.name = case.get("name")
        self.seconds = float(case.get("time"))
        self.status = case.get("status")  # run, fail, notrun or disabled
        lines = [line.strip() for line in (case.findtext("system-out") or "").splitlines()]
        self.last_line = next((line for line in reversed(lines) if line), "no reason given")


class Step:
    def __init__(self, folder, line):
        self.name, status, self.seconds = line.split("\t")
        self.seconds = int(self.seconds)
        self.is_skipped = int(status) == SKIPPED
        self.has_failed = int(status) not in (0, SKIPPED)
        reason = folder / f"{self.name}.skipped"
        self.reason = reason.read_text().strip() if reason.exists() else ""
        report = folder / f"{self.name}.xml"
        self.tests = []
        if report.exists():
            self.tests = [Test(case) for case in
                          xml.etree.ElementTree.parse(report).getroot().iter("testcase")]

    def with_status(self, *statuses):
        return [test for test in self.tests if test.status in statuses]

    @property
    def passed(self):
        return self.with_status("run")

    @property
    def failed(self):
        return self.with_status("fail")

    @property
    def skipped(self):
        return self.with_status("notrun", "disabled")

    @property
    def failed_outside_tests(self):
        return self.has_failed and not self.failed

    @property
    def result(self):
        return "FAILED" if self.has_failed else "skipped" if self.is_skipped else "ok"

    def row(self):
        counts = ["", "", ""]
        if self.tests:
            counts = [len(self.passed), len(self.failed), len(self.skipped)]
        slowest = sorted(self.tests, key=lambda test: -test.seconds)[:SLOWEST]
        return [self.name, self.result, *counts, duration(self.seconds),
                ", ".join(f"{test.name} {test.seconds:.0f} s" for test in slowest)]


def duration(seconds):
    return f"{seconds // 60} min {seconds % 60:02} s" if seconds >= 60 else f"{seconds} s"


def print_table(rows):
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [str(cell).ljust(width) if column < 2 else str(cell).rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join([*cells, row[-1]]).rstrip())


def print_list(title, lines):
    if lines:
        print(f"\n{title}:")
        for line in lines:
            print(f"  {line}")


def main(folder):
    steps = [Step(folder, line) for line in (folder / "steps").read_text().splitlines()]
    print()
    print_table([["step", "result", "passed", "failed", "skipped", "time", "the slowest tests"],
                 *(step.row() for step in steps)])
    print_list("Failed", [f"{step.name}: {test.name}" for step in steps for test in step.failed] +
               [f"{step.name}: see above" + (f" ({step.reason})" if step.reason else "")
                for step in steps if step.failed_outside_tests])
    print_list("Skipped", [f"{step.name}: {step.reason}" for step in steps if step.is_skipped] +
               [f"{step.name}: {test.name}: {test.last_line}"
                for step in steps for test in step.skipped])
    passed = sum(len(step.passed) for step in steps)
    failed = sum(len(step.failed) + step.failed_outside_tests for step in steps)
    skipped = sum(len(step.skipped) + step.is_skipped for step in steps)
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if any(step.has_failed for step in steps) else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
