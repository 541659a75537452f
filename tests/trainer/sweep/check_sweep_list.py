"""A sweep's list of runs, and tasks that each train a part of them. Arguments are the trainer and
tblog, as for trainer_test."""

import json
import os
import re
import sys
import unittest

from trainer_test import TrainerTest


class SweepListTest(TrainerTest):
    def setUp(self):
        super().setUp()
        self.logs = self.folder / "logs"

    def sweep(self, *arguments, **settings):
        """The arguments of a sweep of six runs."""
        return super().sweep("--epochs", 1, "--seeds", 3, *arguments, **settings)

    def listed(self, *arguments, **settings):
        result = self.sweep("--list", "--format", "json", *arguments, **settings)
        self.assert_done(result)
        return json.loads(result.stdout)["runs"]

    def trained(self):
        return sorted(path.parent.name for path in self.logs.glob("*/run.json"))


class List(SweepListTest):
    def test_it_has_each_run_by_batch_size_then_rate_then_seed(self):
        runs = self.listed("--learning-rates", "0.002,0.001")
        self.assertEqual([run["index"] for run in runs], list(range(12)))
        self.assertEqual(
            [tuple(run["configuration"].values()) for run in runs],
            [(size, rate, seed, 1) for size in (16, 8) for rate in (0.002, 0.001)
             for seed in (0, 1, 2)])
        self.assertEqual(list(runs[0]["configuration"]),
                         ["batch_size", "learning_rate", "seed", "epochs"])
        self.assertEqual(runs[0]["directory"],
                         f"{self.logs}/LeNet-MNIST-2-BatchSize=16-LR=0.002-Seed=0")
        self.assertEqual(runs[11]["directory"], f"{self.logs}/LeNet-MNIST-2-BatchSize=8-Seed=2")

    def test_the_table_has_a_line_a_run_and_its_directory_at_the_end(self):
        result = self.sweep("--list")
        self.assert_done(result)
        titles, *lines = result.stdout.splitlines()
        self.assertEqual(titles.split(), "index batch size learning rate seed epochs directory".split())
        self.assertEqual([line.split() for line in lines],
                         [[str(run["index"]), str(run["configuration"]["batch_size"]), "0.001",
                           str(run["configuration"]["seed"]), "1", run["directory"]]
                          for run in self.listed()])

    def test_it_needs_neither_data_nor_engine_and_does_not_depend_on_what_is_there(self):
        before = self.listed("--data", "nowhere")
        self.assertFalse(self.logs.exists())
        self.assert_done(self.sweep("--quiet"))
        self.assertEqual(self.listed("--engine", "cuda"), before)
        self.assertEqual(self.trained(), sorted(run["directory"].rpartition("/")[2]
                                                for run in before))

    def test_its_format_is_checked(self):
        self.assert_refused(self.sweep("--list", "--format", "xml"), 2,
                            '--format: "xml" is not table or json')
        self.assert_refused(self.sweep("--format", "json"), 2, "--format needs --list")


LAUNCHERS = ("SLURM_ARRAY_TASK_ID", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "PMI_RANK",
             "PMI_SIZE", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_CPUS_PER_TASK")


def launched(**variables):
    """The environment of a process that a launcher has started; without variables, no launcher."""
    return {**{k: v for k, v in os.environ.items() if k not in LAUNCHERS}, **variables}


class Task(SweepListTest):
    def indices(self, *arguments, **settings):
        return [run["index"] for run in self.listed(*arguments, **settings)]

    def test_shares_are_the_list_in_parts(self):
        for count in (1, 2, 4, 6):
            shares = [self.indices("--task", f"{i}/{count}") for i in range(count)]
            self.assertEqual(shares, [list(range(i, 6, count)) for i in range(count)])
        self.assertEqual(self.indices("--task", "6/7"), [])

    def test_tasks_together_train_every_run_once_and_compare_none(self):
        for task in range(4):
            result = self.sweep("--task", f"{task}/4")
            self.assert_done(result)
            self.assertIn(f"Task      {task} of 4: {2 if task < 2 else 1} of 6 runs\n",
                          result.stdout)
            self.assertNotIn("left as it is", result.stdout)
            self.assertIn("trainer compare", result.stdout)
            self.assertFalse((self.logs / "comparison.svg").exists())
        self.assertEqual(len(self.trained()), 6)
        whole = self.sweep()
        self.assert_done(whole)
        self.assertEqual(whole.stdout.count("left as it is"), 6)
        self.assertTrue((self.logs / "comparison.svg").exists())

    def test_a_task_without_a_run_is_done(self):
        result = self.sweep("--task", "6/7")
        self.assert_done(result)
        self.assertEqual(result.stdout, "Task      6 of 7: 0 of 6 runs\n")
        self.assertFalse(self.logs.exists())

    def test_auto_takes_the_first_launcher_that_is_there_and_names_it(self):
        srun = {"SLURM_PROCID": "1", "SLURM_NTASKS": "3"}
        pmi = {"PMI_RANK": "2", "PMI_SIZE": "3"}
        mpi = {"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "3"}
        array = {"SLURM_ARRAY_TASK_ID": "5"}
        for variables, indices, named in (
                (srun, [1, 4], "1 of 3, by SLURM_PROCID and SLURM_NTASKS: 2 of 6 runs"),
                (srun | pmi, [2, 5], "2 of 3, by PMI_RANK and PMI_SIZE: 2 of 6 runs"),
                (srun | pmi | mpi, [0, 3],
                 "0 of 3, by OMPI_COMM_WORLD_RANK and OMPI_COMM_WORLD_SIZE: 2 of 6 runs"),
                (srun | pmi | mpi | array, [5], "run 5 of 6, by SLURM_ARRAY_TASK_ID")):
            env = launched(**variables)
            self.assertEqual(self.indices("--task", "auto", env=env), indices)
            result = self.sweep("--task", "auto", env=env)
            self.assert_done(result)
            self.assertTrue(result.stdout.startswith(f"Task      {named}\n"), result.stdout)
        self.assertEqual(len(self.trained()), 6)  # 1, 4, 2, 5, 0, 3, and 5 again

    def test_a_task_that_cannot_be_is_refused_in_a_line(self):
        for text, words in (("3", '"3" is neither I/N, such as 0/4, nor auto'),
                            ("1/", "neither I/N"), ("/2", "neither I/N"), ("-1/2", "neither I/N"),
                            ("1/2/3", "neither I/N"), ("0/0", "neither I/N"), (" 0/2", "neither"),
                            ("", "neither I/N"), ("x" * 300, "neither I/N"), ("9" * 99 + "/2", "I/N"),
                            ("2/2", "2/2: 2 tasks are numbered from 0 to 1")):
            self.assert_refused(self.sweep("--task", text), 2, "--task ", words)
        self.assertFalse(self.logs.exists())

    def test_variables_that_cannot_be_are_refused_in_a_line(self):
        for variables, words in (
                ({}, "no job array, mpirun or srun has set which task this is"),
                ({"SLURM_ARRAY_TASK_ID": "6"}, "SLURM_ARRAY_TASK_ID is 6, but the list has 6 runs"),
                ({"SLURM_ARRAY_TASK_ID": "x"}, 'SLURM_ARRAY_TASK_ID is "x", which is not a whole'),
                ({"OMPI_COMM_WORLD_RANK": "0"}, "OMPI_COMM_WORLD_SIZE is not set"),
                ({"PMI_RANK": "", "PMI_SIZE": "2"}, 'PMI_RANK is ""'),
                ({"SLURM_PROCID": "2", "SLURM_NTASKS": "2"}, "SLURM_PROCID is 2, but SLURM_NTASKS")):
            self.assert_refused(self.sweep("--task", "auto", env=launched(**variables)), 2,
                                "--task auto: ", words)
        self.assertFalse(self.logs.exists())


class Threads(SweepListTest):
    def threads(self, *arguments, **variables):
        result = self.train("--overwrite", *arguments, env=launched(**variables))
        self.assert_done(result)
        return int(re.search(r"(\d+) threads?\)", result.stdout)[1])

    def test_a_task_of_slurm_takes_the_processors_that_it_is_given(self):
        own = self.threads()
        self.assertEqual(self.threads(SLURM_CPUS_PER_TASK="1"), 1)
        self.assertEqual(self.threads(SLURM_CPUS_PER_TASK="1000"), own)
        self.assertEqual(self.threads("--threads", 3, SLURM_CPUS_PER_TASK="1"), 3)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
