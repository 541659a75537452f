"""Help, and wrong command lines. Arguments are the trainer and tblog, as for trainer_test."""

import re
import subprocess
import sys
import unittest

from trainer_test import TRAINER, TrainerTest


def listed_commands():
    """The commands that the program's help lists."""
    text = subprocess.run([TRAINER, "--help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  (\w+)  ", text.split("\nCommands:\n")[1], re.MULTILINE)


class CommandLine(TrainerTest):
    def test_help_and_version_are_everywhere(self):
        for command in [[]] + [[name] for name in listed_commands()]:
            for option in ("--help", "--version"):
                result = subprocess.run([TRAINER, *command, option], capture_output=True, text=True)
                self.assertEqual(result.returncode, 0)
                self.assertIn("trainer", result.stdout)
                self.assertEqual(result.stderr, "")

    def test_help_that_cannot_be_printed_has_failed(self):
        for arguments in (["--help"], ["--version"], ["--usage"], ["train", "--help"],
                          ["selftest", "--version"], ["plan", "--usage"], ["plan", "--engine", "cpu"]):
            for output in "/dev/full", "&-":
                result = subprocess.run(["bash", "-c", f'"$@" >{output}', "bash", TRAINER, *arguments],
                                        capture_output=True, text=True)
                self.assert_refused(result, 1, "cannot write to standard output")

    def test_unknown_commands_and_options_are_wrong_usage(self):
        for arguments in ([], ["fly"], ["train", "--fly"], ["--fly"],
                          ["compare", "--format=xml"], ["compare", "--target-accuracy=99"],
                          ["compare", "--target-accuracy=101%"],
                          ["compare", "--target-accuracy=0.9%%"],
                          ["train", "--learning-rate", "0,1"],
                          ["train", "--resume", "--overwrite"], ["train", "extra"],
                          ["train", "--epochs"], ["evaluate"], ["predict", "run"],
                          ["export", "run"], ["export", "run", "--fly"]):
            result = subprocess.run([TRAINER, *arguments], capture_output=True, text=True)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertTrue(result.stderr.startswith("trainer"), result.stderr)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)

    def test_misspelt_commands_and_options_get_a_suggestion(self):
        for line, meant in (("swep", "sweep"), ("tarin", "train"), ("hepl", "help"),
                            ("sweep --batch-size 8", "--batch-sizes"),
                            ("train --batch-sizes 8", "--batch-size"),
                            ("train --batch_size=8", "--batch-size"),
                            ("train --epoch 3", "--epochs"), ("train -epochs 3", "--epochs"),
                            ("train --over", "--overwrite"), ("plan --memroy 8G", "--memory"),
                            ("compare --formt json", "--format"), ("--versoin", "--version")):
            result = subprocess.run([TRAINER, *line.split()], capture_output=True, text=True)
            self.assert_refused(result, 2, f"; did you mean '{meant}'?")

    def test_an_option_before_the_command_is_told_to_follow_it(self):
        for options in (["--data", "x"], ["-q"], ["--epochs=3"]):
            result = subprocess.run([TRAINER, *options, "train"], capture_output=True, text=True)
            self.assert_refused(result, 2, f"unknown option '{options[0]}'",
                                "options follow the command", "'trainer --help'")

    def test_what_resembles_nothing_gets_no_suggestion(self):
        for line in ("fly", "help fly", "train --fly", "sweep -x", "--x", "train --"  + "e" * 99):
            result = subprocess.run([TRAINER, *line.split()], capture_output=True, text=True)
            self.assert_refused(result, 2, " --help'")
            self.assertNotIn("did you mean", result.stderr)

    def test_an_engine_that_the_build_does_not_know_is_refused_with_those_it_does(self):
        for command in (["train"], ["sweep"], ["plan"], ["evaluate", "run"], ["predict", "run", "-"],
                        ["selftest"]):
            result = subprocess.run([TRAINER, *command, "--engine", "tpu"], capture_output=True,
                                    text=True)
            self.assert_refused(result, 2, '--engine: "tpu" is not auto, cuda or cpu')

    def test_a_build_without_cuda_says_how_to_get_it(self):
        help_text = subprocess.run([TRAINER, "train", "--help"], capture_output=True, text=True)
        if "not in this build" not in " ".join(help_text.stdout.split()):
            self.skipTest("this build has CUDA")
        for command in (["train"], ["sweep"], ["plan"], ["selftest"]):
            result = subprocess.run([TRAINER, *command, "--engine", "cuda"], capture_output=True,
                                    text=True, cwd=self.folder)
            self.assert_refused(result, 1, "--engine cuda", "scripts/setup.sh --cuda")

    def test_an_argument_where_there_are_only_options_gets_advice(self):
        for command in ("train", "sweep", "plan", "selftest"):
            result = subprocess.run([TRAINER, command, "data/mnist"], capture_output=True, text=True)
            self.assert_refused(result, 2, '"data/mnist"', f"'trainer {command} --help' lists them")

    def test_no_command_and_an_unknown_one_list_the_commands(self):
        commands = listed_commands()
        self.assertGreaterEqual(len(commands), 10)
        for arguments in ([], ["fly"], ["help", "fly"], [""], ["-"]):
            result = subprocess.run([TRAINER, *arguments], capture_output=True, text=True)
            self.assert_refused(result, 2, f"{', '.join(commands)} (", "trainer --help")

    def test_missing_and_unwanted_values_name_the_option(self):
        for line, words in (("train --epochs", ("--epochs needs a value, N",)),
                            ("sweep --batch-sizes", ("--batch-sizes needs a value, N,N,...",)),
                            ("train --quiet=3", ("--quiet takes no value", "'3'"))):
            result = subprocess.run([TRAINER, *line.split()], capture_output=True, text=True)
            self.assert_refused(result, 2, *words)

    def test_help_is_a_command_too(self):
        def output(*arguments):
            result = subprocess.run([TRAINER, *arguments], capture_output=True, text=True)
            self.assert_done(result)
            return result.stdout

        for arguments in (["help"], ["-h"], ["-?"], ["help", "help"]):
            self.assertEqual(output(*arguments), output("--help"))
        for arguments in (["help", "sweep"], ["--help", "sweep"], ["sweep", "-h"],
                          ["sweep", "--batch-sizes", "8", "--help"], ["help", "--", "sweep"]):
            self.assertEqual(output(*arguments), output("sweep", "--help"))

    def test_help_names_no_option_that_the_command_lacks(self):
        for command in listed_commands():
            text = subprocess.run([TRAINER, command, "--help"], capture_output=True, text=True,
                                  check=True).stdout
            text = re.sub(r"\btrain\s+--[a-z-]+", "", text)  # of another command, which is named
            own = set(re.findall(r"^ +(?:-., )?(--[a-z-]+)", text, re.MULTILINE))
            self.assertLessEqual(set(re.findall(r"--[a-z-]+", text)), own, command)

    def test_what_follows_two_dashes_is_no_option(self):
        self.assert_refused(self.call("train", "--", "--fly"), 2, "--fly", "unexpected argument")
        self.assert_refused(subprocess.run([TRAINER, "--", "plan", "x"], capture_output=True,
                                           text=True), 2, "trainer plan", "unexpected argument")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
