"""The commands of docs/scale_out.md, unchanged, on small data: those that train finish all runs.
They include README's commands for several machines."""

import json
import pathlib
import re
import subprocess
import unittest

import isolation
from scale_out_test import REPOSITORY, TRAINER
from slurm_test import PROGRAMS, SlurmTest

PAGE, README = REPOSITORY / "docs/scale_out.md", REPOSITORY / "README.md"
RUNS = 9
WITHOUT_TRAINING = ("--list", "status", "view.sh")
OF_SEVERAL_PROCESSES = re.compile(r"contrib/slurm|--join|--task")
# A login sets SHELL. Without it, GNU parallel starts no bash on the other hosts, and nothing is
# trained.
LOGIN = {"SHELL": "/bin/bash"}
# Replaces the trainer.
SMALL_TRAINER = """#!/bin/bash
small=()
[[ $1 != sweep ]] || small=(--data '{data}' --epochs 2 --batch-sizes 16,8,4)
exec '{trainer}' "$@" "${{small[@]}}"
"""
# Replaces scripts/view.sh, which starts a server. Fails if the given directory has no runs.
VIEW = """#!/bin/bash
ls "$1"/*/run.json
"""


def blocks(path):
    return re.findall(r"^```sh\n(.*?)^```", path.read_text(), re.S | re.M)


class Recipes(SlurmTest):
    def test_they_train_all_runs(self):
        for number, recipe in enumerate(blocks(PAGE)):
            with self.subTest(recipe=recipe):
                trains = not any(word in recipe for word in WITHOUT_TRAINING)
                if number == 0 or trains:
                    place = self.make_place(self.folder / f"repository {number}")
                output = self.call(recipe, place)
                if trains:
                    self.wait_for_the_queue()
                    self.assertEqual(self.count_finished(place), RUNS, output)

    def test_readme_shows_some_of_them(self):
        recipes = "".join(blocks(PAGE))
        for line in "".join(blocks(README)).splitlines():
            if OF_SEVERAL_PROCESSES.search(line):
                self.assertIn(line.partition(" #")[0].rstrip(), recipes)

    def make_place(self, folder):
        """A folder that looks like the repository's to a recipe."""
        trainer = SMALL_TRAINER.format(trainer=TRAINER, data=self.runs.data)
        for name, text in (("build/release/bin/trainer", trainer), ("scripts/view.sh", VIEW)):
            program = folder / name
            program.parent.mkdir(parents=True)
            program.write_text(text)
            program.chmod(0o755)
        (folder / "contrib").symlink_to(REPOSITORY / "contrib")
        return folder

    def call(self, recipe, place):
        result = subprocess.run(["bash", "-c", recipe], cwd=place, text=True,
                                env=self.cluster.environment | LOGIN, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(result.returncode, 0, result.stdout)
        return result.stdout

    @staticmethod
    def count_finished(place):
        records = [json.loads(path.read_text())
                   for path in pathlib.Path(place).glob("logs/*/run.json")]
        return [record["state"] for record in records].count("finished")


if __name__ == "__main__":
    isolation.require(*PROGRAMS, "mpirun", "parallel")
    unittest.main()
