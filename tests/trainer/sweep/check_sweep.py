"""Sweeps: the runs that they make, and their answer. Arguments are the trainer and tblog, as for
trainer_test."""

import re
import shutil
import sys
import unittest

from trainer_test import TrainerTest, events, record


class Sweep(TrainerTest):
    def test_sweep_ends_with_the_answer(self):
        result = self.sweep()
        self.assert_done(result)
        last = "\n" + "\n".join(result.stdout.splitlines()[-10:]) + "\n"
        for words in ("\nBest      ", "\nFastest   ", "\nHow sure  "):
            self.assertIn(words, last)
        for words in ("\nBest      ", "\nFastest   ", "\nCheapest  ", "\n    16    0.001 ",
                      "\nHow sure  one seed tells nothing; run the same trainer sweep with "
                      "--seeds 5\n"):
            self.assertIn(words, result.stdout)
        result = self.sweep("--quiet")
        self.assert_done(result)
        self.assertTrue(result.stdout.startswith(" batch learning "))

    def test_each_run_has_its_place_in_the_list(self):
        def names(result):
            self.assert_done(result)
            path = f"{self.folder}/logs/LeNet-MNIST-2-"
            return sorted(re.findall(rf"(?m)^(.*)Run       (.*){path}(.*)$", result.stdout))

        self.assertEqual(names(self.sweep("--batch-sizes", "16")), [("", "", "BatchSize=16")])
        self.assertEqual(names(self.sweep()), [("", "2 of 2: ", "BatchSize=8")])
        self.assertEqual(names(self.sweep("--seeds", 1, "--jobs", 2)),
                         [("batch size 16, seed 0: ", "1 of 2: ", "BatchSize=16-Seed=0"),
                          ("batch size 8, seed 0: ", "2 of 2: ", "BatchSize=8-Seed=0")])
        self.assertEqual(names(self.sweep("--seeds", 2, "--task", "1/2", "--jobs", 1)),
                         [("", "1 of 2: ", "BatchSize=16-Seed=1"),
                          ("", "2 of 2: ", "BatchSize=8-Seed=1")])  # the list of the task

    def test_sweep_draws_its_runs_and_names_the_picture(self):
        picture = self.folder / "logs/comparison.svg"
        for option in ((), ("--quiet",)):
            result = self.sweep(*option)
            self.assert_done(result)
            self.assertIn(f"Picture: {picture}", result.stdout.splitlines()[-10:])
            self.assertIn("</svg>", picture.read_text())
            drawn, made = picture.read_text(), picture.stat().st_ino
        self.assert_done(self.sweep())
        self.assertEqual(picture.read_text(), drawn)
        self.assertNotEqual(picture.stat().st_ino, made)  # replaced, not kept

    def test_a_picture_that_cannot_be_written_is_a_note(self):
        picture = self.folder / "logs/comparison.svg"
        picture.mkdir(parents=True)
        result = self.sweep()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr, "trainer sweep: no picture: "
                         f"{picture} cannot be written: Is a directory\n")
        self.assertNotIn("Picture:", result.stdout)

    def test_sweep_trains_several_seeds_side_by_side(self):
        result = self.sweep("--seeds", 2, "--seed", 5, "--jobs", 3, "--threads", 1)
        self.assert_done(result)
        names = [f"LeNet-MNIST-2-BatchSize={n}-Seed={s}" for n in (8, 16) for s in (5, 6)]
        self.assertEqual({p.name for p in (self.folder / "logs").iterdir()},
                         {*names, "comparison.svg"})
        for name in names:
            batch_size, seed = re.findall(r"=(\d+)", name)
            run = record(self.folder / "logs" / name)
            self.assertEqual(run["state"], "finished")
            self.assertEqual(run["configuration"]["seed"], int(seed))
            for epoch in (1, 2):
                self.assertEqual(len(re.findall(
                    rf"^batch size {batch_size}, seed {seed}: Epoch {epoch}/2 - .* val_accuracy: "
                    r"[\d.]+$", result.stdout, re.MULTILINE)), 1)
        self.assertIn("\nHow sure  2 seeds", result.stdout)
        self.assertEqual({record(self.folder / "logs" / name)["runs_at_once"] for name in names},
                         {3})
        self.assertIn("Note: up to 3 runs shared the hardware", result.stdout)
        again = self.sweep("--seeds", 2, "--seed", 5, "--jobs", 2)
        self.assertEqual(again.stdout.count("left as it is"), 4)

    def test_a_sweep_over_rates_and_seeds_names_the_rates_and_is_resumed(self):
        names = [f"LeNet-MNIST-2-BatchSize={n}{rate}-Seed={s}" for n in (16, 8)
                 for rate in ("", "-LR=0.002") for s in range(4)]
        options = ("--learning-rates", "0.001,0.002", "--seeds", 4, "--threads", 1, "--jobs", 2)
        result = self.sweep(*options)
        self.assert_done(result)
        self.assertEqual({p.name for p in (self.folder / "logs").iterdir()
                          if p.is_dir()}, set(names))
        for name in names:
            configuration = record(self.folder / "logs" / name)["configuration"]
            self.assertEqual(configuration["learning_rate"], 0.002 if "-LR=" in name else 0.001)
            self.assertEqual(name.split("-Seed=")[1], str(configuration["seed"]))
        self.assertIn("\nbatch size 16, learning rate 0.002, seed 3: Epoch 2/2", result.stdout)
        self.assertRegex(result.stdout, r"\n +16 +0\.00[12] +2 ")  # the seeds that confirm
        self.assertRegex(result.stdout, r"\n +8 +0\.00[12] +2 ")
        self.assertIn("Note: of several learning rates", result.stdout)

        shutil.rmtree(self.folder / "logs" / names[5])
        again = self.sweep(*options)
        self.assert_done(again)
        self.assertEqual(again.stdout.count("finished already"), 15)
        self.assertEqual(record(self.folder / "logs" / names[5])["state"], "finished")

    def test_a_sweep_over_rates_needs_no_seeds(self):
        self.assert_done(self.sweep("--learning-rates", "0.002,5e-4", "--quiet"))
        self.assertEqual({p.name for p in (self.folder / "logs").iterdir() if p.is_dir()},
                         {f"LeNet-MNIST-2-BatchSize={n}-LR={rate}" for n in (16, 8)
                          for rate in ("0.002", "0.0005")})

    def test_a_scaled_rate_is_what_a_run_records_and_logs(self):
        self.assert_done(self.sweep("--scale-learning-rate", "linear"))
        for size, rate in ((16, 0.0005), (8, 0.00025)):
            run = self.folder / f"logs/LeNet-MNIST-2-BatchSize={size}-LR={rate}"
            self.assertEqual(record(run)["configuration"]["learning_rate"], rate)
            for _, tag, value in events(run, "train"):
                if tag == "epoch_learning_rate":
                    self.assertAlmostEqual(value, rate, places=9)
            [configuration] = (text for _, tag, text in events(run, "") if tag == "configuration")
            self.assertIn(f"learning rate {rate},", configuration)
        self.assert_done(self.call("train", "--batch-size", 8, "--epochs", 1,
                                   "--scale-learning-rate", "sqrt"))
        run = self.folder / "logs/LeNet-MNIST-2-BatchSize=8-LR=0.0005"
        self.assertEqual(record(run)["configuration"]["learning_rate"], 0.0005)

    def test_a_rate_that_scaling_makes_unusable_is_refused_before_training(self):
        for rate, words in (("3e38", "too large"), ("2e-45", "too small")):
            sizes = "8,64" if rate == "3e38" else "32,8"
            result = self.sweep("--batch-sizes", sizes, "--learning-rates", f"0.001,{rate}",
                                "--scale-learning-rate", "linear")
            self.assert_refused(result, 2, f"batch size {64 if rate == '3e38' else 8} ", words)
            self.assertFalse((self.folder / "logs").exists())

    def test_runs_side_by_side_are_the_same_runs(self):
        self.assert_done(self.sweep("--jobs", 2, "--threads", 1))
        side = self.folder / "logs/LeNet-MNIST-2-BatchSize=8"
        self.assert_done(self.train())
        for part in ("train", "validation"):
            self.assertEqual(events(side, part), events(self.run_directory, part))

    def test_the_programs_own_words_are_ascii_unless_the_locale_is_utf8(self):
        for locale, times in (("C", "x"), (None, "x"), ("C.UTF-8", "×")):
            result = self.sweep("--seeds", 2, "--overwrite", env=self.in_locale(locale))
            self.assert_done(result)
            self.assertIn(f"n_epochs {times} n_batches = 2 {times} 2 = 4", result.stdout)
            self.assertEqual(result.stdout.isascii(), locale != "C.UTF-8")
        folder = self.folder / "größe"
        result = self.call("train", "--logdir", folder, "--batch-size", 8, "--epochs", 1,
                           env=self.in_locale("C"))
        self.assertIn(f"Run       {folder}\n", result.stdout)  # as the user gave it


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
