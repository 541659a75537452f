"""The commands of the documents: runs each fenced block of shell commands with a small data set and
one epoch, unless ELSEWHERE gives a reason not to. usage: check_document_commands.py TRAINER TBLOG
REPOSITORY"""

import itertools
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import numpy

from drawn_digits import idx, png
from waiting import LIMIT_SECONDS

TRAINER, TBLOG, REPOSITORY = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
PAGES = ("*.md", "docs/*.md", "bench/*.md", "bench/results/*.md", "kernels/*/README.md",
         "tblog/*.md", "tests/*/README.md")
# Blocks that are run in this order, by their page and the beginning of their text.
HERE = (("docs/guide.md", "export PATH"), ("docs/guide.md", "tblog ls"),
        ("docs/models.md", "trainer export"), ("docs/predict.md", "trainer predict"),
        ("tblog/README.md", "tblog ls"))
ELSEWHERE = {
    ("README.md", "scripts/run.sh"): "installs packages and trains for minutes",
    ("README.md", "trainer train"): "check_readme",
    ("README.md", "c++ -std=c++17 mine.cpp"): "check_install",
    ("README.md", "sbatch"): "check_recipes",
    ("CONTRIBUTING.md", "scripts/setup.sh"): "installs packages, builds and tests everything",
    ("bench/results/README.md", "scripts/gpu_bundle.sh"): "check_gpu_bundle",
    ("bench/results/README.md", "scripts/gpu_check.sh"): "needs a GPU; check_gpu_bundle dry-runs it",
    ("bench/results/README.md", "tar -xzf gpu-check"): "continues a measurement on a GPU",
    ("docs/faults.md", "cmake --preset release"): "takes many minutes; check_faults_kill",
    ("docs/packaging.md", "scripts/fetch_protobuf_c.sh"): "downloads sources; check_release",
    ("docs/scale_out.md", "build/release/bin/trainer sweep"): "check_recipes",
    ("docs/scale_out.md", "sbatch --array"): "check_recipes",
    ("docs/scale_out.md", "sbatch --nodes"): "check_recipes",
    ("docs/scale_out.md", "for host in"): "check_recipes",
    ("docs/scale_out.md", "parallel --jobs"): "check_recipes",
    ("docs/scale_out.md", "parallel --nonall"): "check_recipes",
    ("docs/scale_out.md", "mpirun"): "check_recipes",
    ("docs/scale_out.md", "build/release/bin/trainer status"): "check_recipes",
    ("docs/scale_out.md", "mkdir part"): "check_recipes",
    ("docs/study.md", "scripts/study.sh"): "trains for an hour; check_study runs it on small data",
    ("tblog/README.md", "c++ -std=c++17 mine.cpp"): "check_install",
    ("tblog/README.md", "cd build/debian-packages"): "installs packages; check_debian_packages",
    ("tblog/README.md", "cmake -B build && cmake --build"): "check_install builds that project",
    ("tblog/README.md", "cc mine.c @tblog/one_call.txt"): "check_release compiles like that",
    ("tblog/README.md", "cmake -B build -DTBLOG_ONLY=ON"): "check_install, with another prefix",
    ("tblog/README.md", "export PKG_CONFIG_PATH"): "check_install",
    ("tests/fuzz/README.md", "cmake --preset fuzz"): "needs clang's libFuzzer: scripts/test.sh fuzz",
    ("tests/ptx/README.md", "ctest"): "needs nvcc; check_ptx_traffic",
    ("tests/ptx/README.md", "for samples in"): "needs nvcc and ten minutes; check_estimate_step",
}
# Every run has one epoch: of an option given twice, the last one counts.
SHORT_TRAINER = """#!/bin/bash
epochs=()
[[ $1 != train && $1 != sweep ]] || epochs=(--epochs 1)
exec '{trainer}' "$@" "${{epochs[@]}}"
"""


def pages():
    """((name, text), …)"""
    for pattern in PAGES:
        for path in sorted(REPOSITORY.glob(pattern)):
            yield str(path.relative_to(REPOSITORY)), path.read_text(encoding="utf-8")


def blocks():
    """((page, text), …): the blocks of all pages."""
    for page, text in pages():
        for block in re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M):
            yield page, block


def find(page, beginning):
    return [text for name, text in blocks() if name == page and text.startswith(beginning)]


def write_data(folder):
    """A data set of noise with the default one's names: enough images for a batch of 128."""
    noise = random.Random(1)
    for name, count in (("train", 128), ("t10k", 10)):
        images = numpy.frombuffer(noise.randbytes(count * 784), numpy.uint8)
        (folder / f"{name}-images-idx3-ubyte").write_bytes(idx(images.reshape(-1, 28, 28)))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(
            struct.pack(">4BI", 0, 0, 8, 1, count) + bytes(i % 10 for i in range(count)))


def drawn_one():
    image = numpy.full((28, 28), 230, numpy.uint8)
    image[4:24, 13:15] = 20
    return png(image)


class Documents(unittest.TestCase):
    def setUp(self):
        """A folder that the commands can use as the built repository."""
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="documents-test-"))
        self.addCleanup(shutil.rmtree, self.place)
        for folder in ("build/release/bin", "data/mnist", "tmp"):
            (self.place / folder).mkdir(parents=True)
        program = self.place / "build/release/bin/trainer"
        program.write_text(SHORT_TRAINER.format(trainer=TRAINER))
        program.chmod(0o755)
        (self.place / "build/release/bin/tblog").symlink_to(TBLOG)
        write_data(self.place / "data/mnist")
        (self.place / "digit.png").write_bytes(drawn_one())
        self.new_numbers = itertools.count(1)

    def call(self, commands):
        result = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", f"PATH=$PWD/build/release/bin:$PATH\n{commands}"],
            cwd=self.place, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=LIMIT_SECONDS)
        self.assertEqual(result.returncode, 0, f"{commands}\n{result.stdout[-1000:]}")

    def fill_in(self, text):
        """Replaces the placeholders of the commands. No command overwrites a file, so each NEW is
        a new file; the first is merged from A and B, and serves as FILE."""
        run = "logs/LeNet-MNIST-2-BatchSize=32/train"
        for written, meant in ((" A B ", f" {run}/events.* "), (" FILE ", " new-1 "),
                               (" logs/run ", f" {run} "), (" -t loss ", " -t epoch_loss "),
                               (" --drop-tag A --rename-tag B=C ",
                                " --drop-tag epoch_loss --rename-tag epoch_accuracy=C "),
                               ("tail -f", "tail"),  # which would never end
                               ("/tmp/", f"{self.place}/tmp/")):
            text = text.replace(written, meant)
        return re.sub(r"\bNEW\b", lambda _: f"new-{next(self.new_numbers)}", text)

    def test_each_block_is_run_somewhere_or_it_is_said_why_not(self):
        places = [*HERE, *ELSEWHERE]
        for page, text in blocks():
            covered = [place for place in places if place[0] == page and text.startswith(place[1])]
            self.assertEqual(len(covered), 1, (page, text))
        self.assertEqual([place for place in places if not find(*place)], [])

    def test_no_block_is_indented_instead_of_fenced(self):
        for page, text in pages():
            prose = re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M)
            self.assertEqual(re.findall(r"^\n {4}\S.*", prose, re.M), [], page)

    def test_they_run(self):
        # A run of two sessions, which has two event files.
        self.call(f"trainer train && '{TRAINER}' train --resume --epochs 2")
        for page, beginning in HERE:
            for text in find(page, beginning):
                with self.subTest(page=page, block=beginning):
                    self.call(self.fill_in(text))
        for name in ("runs.svg", "logs/comparison.svg", "table.csv", "model.onnx", "loss.csv",
                     *(f"new-{i + 1}" for i in range(6))):
            self.assertGreater((self.place / name).stat().st_size, 0, name)
        self.assertTrue(any((self.place / "DIR").rglob("*.png")))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
