"""Shared by the tests of the built trainer: a data set of a few dozen random images, runs on it
with the real CPU engine, and their files. Call a test program with the trainer and tblog:
check_x.py TRAINER TBLOG [TEST...]"""

import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

from waiting import LIMIT_SECONDS, wait_until

TRAINER, TBLOG = sys.argv[1:3]
TRAINING, VALIDATION = 20, 12


def idx(magic, sizes, data):
    return struct.pack(">I", magic) + b"".join(struct.pack(">I", n) for n in sizes) + bytes(data)


def write_data(folder, training=TRAINING, validation=VALIDATION):
    random_bytes = random.Random(1)
    folder.mkdir(parents=True)
    for name, count in (("train", training), ("t10k", validation)):
        labels = [i % 10 for i in range(count)]
        images = [random_bytes.randrange(256) for _ in range(count * 784)]
        (folder / f"{name}-images-idx3-ubyte").write_bytes(idx(0x803, (count, 28, 28), images))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(idx(0x801, (count,), labels))


PARTS = ("", "train", "validation")  # the directories of a run that have event files


def events(run, part, timeless=True):
    """(step, tag, value) of every point, in the order of the file, without rates."""
    points = []
    for path in sorted((run / part).glob("*tfevents*")):
        text = subprocess.run([TBLOG, "cat", path], capture_output=True, check=True, text=True)
        for line in text.stdout.splitlines():
            event = json.loads(line)
            for value in event.get("values", []):
                if not (timeless and value["tag"].endswith(("_per_second", "seconds_per_epoch"))):
                    content = value.get("value", value.get("string"))
                    points.append((event["step"], value["tag"], content))
    return points


def record(run):
    return json.loads((run / "run.json").read_text())


def wait_for_epoch(run):
    wait_until(lambda: (run / "run.json").exists() and record(run)["epochs"], f"an epoch of {run}")


class TrainerTest(unittest.TestCase):
    images = TRAINING, VALIDATION

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="trainer-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.data = self.folder / "data"
        self.run_directory = self.folder / "run"
        write_data(self.data, *self.images)

    def command(self, name, *arguments):
        data = () if name in ("compare", "status") else ("--data", self.data)
        return [str(a) for a in (TRAINER, name, *data, *arguments)]

    def call(self, name, *arguments, **settings):
        return subprocess.run(self.command(name, *arguments), capture_output=True, text=True,
                              timeout=LIMIT_SECONDS, cwd=self.folder, **settings)

    def in_locale(self, locale):
        """The environment of a user whose terminal and files are in this locale."""
        return {**{k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_CTYPE", "LANG")},
                **({"LC_ALL": locale} if locale else {})}

    def train(self, *arguments, **settings):
        return self.call("train", "--logdir", self.run_directory, "--batch-size", 8, "--epochs", 2,
                         *arguments, **settings)

    def sweep(self, *arguments, **settings):
        return self.call("sweep", "--logdir", self.folder / "logs", "--batch-sizes", "16,8",
                         "--epochs", 2, *arguments, **settings)

    def assert_done(self, result):
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def assert_refused(self, result, code, *words):
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        for word in words:
            self.assertIn(str(word), result.stderr)
