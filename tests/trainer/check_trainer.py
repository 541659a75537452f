"""The trainer as its user meets it: the built program with the real CPU engine, on a data set of a
few dozen random images. usage: check_trainer.py TRAINER TBLOG"""

import csv
import fcntl
import gzip
import json
import os
import pathlib
import pty
import random
import re
import resource
import select
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
import zipfile

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


def npy(dtype, shape, data):
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(data)


def npz_arrays():
    """Keras' four arrays, by the names of their files in mnist.npz."""
    random_bytes = random.Random(2)
    arrays = {}
    for name, count in (("train", TRAINING), ("test", VALIDATION)):
        images = [random_bytes.randrange(256) for _ in range(count * 784)]
        arrays[f"x_{name}.npy"] = npy("|u1", (count, 28, 28), images)
        arrays[f"y_{name}.npy"] = npy("|u1", (count,), [i % 10 for i in range(count)])
    return arrays


def write_npz(path, arrays):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in arrays.items():
            archive.writestr(name, content)


PARTS = ("", "train", "validation")  # the directories of a run that have event files


def events(run, part, timeless=True):
    """(step, tag, value) of every point, in the order of the file; rates left out."""
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


def weights(run):
    """What follows the header of its model file."""
    content = (run / "model.safetensors").read_bytes()
    return content[8 + struct.unpack("<Q", content[:8])[0]:]


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


class Help(TrainerTest):
    def test_help_and_version_are_everywhere(self):
        for command in ([], ["train"], ["sweep"], ["status"], ["plan"], ["compare"], ["evaluate"], ["predict"],
                        ["export"], ["selftest"]):
            for option in ("--help", "--version"):
                result = subprocess.run([TRAINER, *command, option], capture_output=True, text=True)
                self.assertEqual(result.returncode, 0)
                self.assertIn("trainer", result.stdout)
                self.assertEqual(result.stderr, "")

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
        for arguments in ([], ["fly"], ["help", "fly"], [""], ["-"]):
            result = subprocess.run([TRAINER, *arguments], capture_output=True, text=True)
            self.assert_refused(
                result, 2, "train, sweep, status, plan, compare, plot, evaluate, predict, export, "
                "selftest (",
                "trainer --help")

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
        for command in ("train", "sweep", "status", "plan", "compare", "evaluate", "export", "predict",
                        "selftest"):
            text = subprocess.run([TRAINER, command, "--help"], capture_output=True, text=True,
                                  check=True).stdout
            text = re.sub(r"\btrain\s+--[a-z-]+", "", text)  # of another command, which is named
            own = set(re.findall(r"^ +(?:-., )?(--[a-z-]+)", text, re.MULTILINE))
            self.assertLessEqual(set(re.findall(r"--[a-z-]+", text)), own, command)

    def test_what_follows_two_dashes_is_no_option(self):
        self.assert_refused(self.call("train", "--", "--fly"), 2, "--fly", "unexpected argument")
        self.assert_refused(subprocess.run([TRAINER, "--", "plan", "x"], capture_output=True,
                                           text=True), 2, "trainer plan", "unexpected argument")


class Training(TrainerTest):
    def test_a_run_says_and_logs_what_it_did(self):
        result = self.train("--update-freq", "batch", env=self.in_locale("C.UTF-8"))
        self.assert_done(result)
        self.assertIn("n_iterations = n_epochs × n_batches = 2 × 3 = 6", result.stdout)
        self.assertIn("20 training and 12 validation images", result.stdout)
        self.assertRegex(result.stdout, r"\nEpoch 2/2 - 3/3 - \S+ \S+/step - loss: \d\.\d+ - "
                                        r"accuracy: \d\.\d+ - val_loss: \d\.\d+ - "
                                        r"val_accuracy: \d\.\d+\nModel: .*\nTensorBoard: .*\n$")
        steps = {}
        for part in PARTS:
            for step, tag, _ in events(self.run_directory, part, timeless=False):
                steps.setdefault(f"{part}/{tag}", []).append(step)
        self.assertEqual(steps, {
            "/_hparams_/experiment": [0],
            "/_hparams_/session_start_info": [0],
            "/_hparams_/session_end_info": [0],
            "/custom_scalars__config__": [0],
            "/configuration": [0],
            "/host": [0],
            "/data_set": [0],
            "/hparams/best_validation_loss": [0, 1],
            "/hparams/best_validation_accuracy": [0, 1],
            "/hparams/seconds_per_epoch": [0, 1],
            "train/keras": [0],
            "train/batch_loss": [1, 2, 3, 4, 5, 6],
            "train/batch_accuracy": [1, 2, 3, 4, 5, 6],
            "train/batch_loss_vs_samples": [8, 16, 20, 28, 36, 40],
            "train/batch_accuracy_vs_samples": [8, 16, 20, 28, 36, 40],
            "train/epoch_loss": [0, 1],
            "train/epoch_accuracy": [0, 1],
            "train/epoch_learning_rate": [0, 1],
            "train/epoch_steps_per_second": [0, 1],
            "train/epoch_samples_per_second": [0, 1],
            "validation/epoch_loss": [0, 1],
            "validation/epoch_accuracy": [0, 1],
            "validation/evaluation_loss_vs_iterations": [3, 6],
            "validation/evaluation_accuracy_vs_iterations": [3, 6],
            "validation/confusion_matrix": [0, 1],
            "validation/mistakes": [0, 1],
        })
        self.assertEqual(record(self.run_directory)["state"], "finished")

    def place_programs(self):
        """The trainer as installed, and as built in a repository."""
        installed, built = (self.folder / place / "trainer"
                            for place in ("usr/bin", "a repository/build/release/bin"))
        scripts = self.folder / "a repository/scripts"
        for path in (installed, built, scripts / "view.sh", scripts / "fetch_mnist.sh"):
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TRAINER, path)
        return installed, built, scripts

    def test_advice_on_missing_data_can_be_followed(self):
        def advice(program):
            result = subprocess.run([program, "train", "--data", "nowhere"], capture_output=True,
                                    text=True, cwd=self.folder)
            self.assert_refused(result, 1, "nowhere")
            return result.stderr

        installed, built, scripts = self.place_programs()
        self.assertIn(f"({scripts}/fetch_mnist.sh fetches MNIST)", advice(built))
        self.assertNotIn("fetch_mnist", advice(installed))
        self.assertIn("--data takes", advice(installed))

    def test_the_command_that_shows_the_run_can_be_typed(self):
        def last_line(program):
            result = subprocess.run([program, "train", "--data", self.data, "--logdir", "my 'run",
                                     "--batch-size", "8", "--epochs", "1", "--overwrite"],
                                    capture_output=True, text=True, cwd=self.folder)
            self.assert_done(result)
            self.assertTrue(result.stdout.splitlines()[-1].startswith("TensorBoard: "))
            return shlex.split(result.stdout.splitlines()[-1])[1:]

        installed, built, scripts = self.place_programs()
        self.assertEqual(last_line(installed), ["tensorboard", "--logdir", "my 'run"])
        self.assertEqual(last_line(built), [f"{scripts}/view.sh", "my 'run"])

    def test_histograms_are_logged_where_they_are_asked_for(self):
        self.assert_done(self.train("--histograms"))
        tags = {tag for _, tag, _ in events(self.run_directory, "train") if "histogram" in tag}
        weights = [f"{layer}/{part}/histogram" for layer in ("conv2d", "conv2d_1", "dense", "dense_1")
                   for part in ("kernel", "bias")]
        self.assertEqual(tags, {f"{group}/{name}" for group in ("sequential", "gradient")
                                for name in weights})
        self.assertIs(record(self.run_directory)["configuration"]["histograms"], True)

    def test_the_noise_scale_is_measured_where_it_is_asked_for_and_changes_nothing_else(self):
        # Of 20 training samples each is a group.
        plain = self.folder / "plain"
        self.assert_done(self.train("--batch-size", 6))
        self.run_directory.rename(plain)
        result = self.train("--batch-size", 6, "--noise-scale")
        self.assert_done(result)
        measured = [(step, tag, value) for step, tag, value in events(self.run_directory, "train")
                    if tag.startswith("epoch_gradient")]
        self.assertIs(record(self.run_directory)["configuration"]["noise_scale"], True)
        for epoch, figures in enumerate(record(self.run_directory)["epochs"]):
            shown = f"Gradient noise scale after epoch {epoch + 1}: "
            self.assertIn(shown, result.stdout)
            for key in "gradient_variance", "gradient_square", "noise_scale":
                tag = "epoch_gradient_noise_scale" if key == "noise_scale" else f"epoch_{key}"
                logged = [value for step, at, value in measured if (step, at) == (epoch, tag)]
                if figures[key] is None:
                    self.assertEqual((key, logged), ("noise_scale", []))
                    self.assertIn(f"{shown}not measured", result.stdout)
                else:
                    self.assertAlmostEqual(logged[0] / figures[key], 1, places=6)
        for key in "loss", "accuracy", "val_loss", "val_accuracy":
            self.assertEqual(*([epoch[key] for epoch in record(run)["epochs"]]
                               for run in (plain, self.run_directory)))
        self.assertEqual(*(weights(run) for run in (plain, self.run_directory)))
        self.assertNotIn("noise_scale", record(plain)["results"])

    def test_the_run_is_described_without_its_whole_paths(self):
        self.assert_done(self.train())
        texts = {tag: text for _, tag, text in events(self.run_directory, "")}
        self.assertIn("| batch size | 8 |", texts["configuration"])
        self.assertIn("| all | 20 | 12 |", texts["data_set"])
        self.assertIn("threads", texts["host"])
        for text in map(str, texts.values()):
            self.assertNotIn(str(self.folder), text)

    def test_the_logged_network_is_a_keras_model(self):
        self.assert_done(self.train())
        model = json.loads(next(v for _, tag, v in events(self.run_directory, "train")
                                if tag == "keras"))
        layers = [(layer["class_name"], layer["config"]["name"])
                  for layer in model["config"]["layers"]]
        self.assertEqual(model["class_name"], "Sequential")
        self.assertEqual(layers, [
            ("InputLayer", "input_layer"), ("Conv2D", "conv2d"), ("Conv2D", "conv2d_1"),
            ("MaxPooling2D", "max_pooling2d"), ("Dropout", "dropout"), ("Flatten", "flatten"),
            ("Dense", "dense"), ("Dropout", "dropout_1"), ("Dense", "dense_1")])

    def test_two_equal_runs_log_the_same_bits(self):
        first, second, other = (self.folder / name for name in ("first", "second", "other"))
        for run, seed, threads in ((first, 5, 1), (second, 5, 2), (other, 6, 1)):
            self.assert_done(self.call("train", "--logdir", run, "--batch-size", 8, "--epochs", 2,
                                       "--update-freq", "batch", "--seed", seed, "--threads",
                                       threads, "--histograms"))
        for part in PARTS:
            self.assertEqual(*([event for event in events(run, part) if event[1] != "host"]
                               for run in (first, second)))  # the threads are the host's
            self.assertNotEqual(events(first, part), events(other, part))
        for key in ("loss", "accuracy", "val_loss", "val_accuracy"):
            self.assertEqual(record(first)["results"][key], record(second)["results"][key])

    def test_update_frequency_epoch_logs_no_batches(self):
        self.assert_done(self.train("--update-freq", "epoch"))
        self.assertNotIn("batch_loss", [tag for _, tag, _ in events(self.run_directory, "train")])

    def test_train_samples_takes_the_first(self):
        self.assert_done(self.train("--train-samples", 17))
        self.assertEqual(record(self.run_directory)["configuration"]["training_samples"], 17)

    def test_quiet_prints_nothing(self):
        result = self.train("--quiet")
        self.assert_done(result)
        self.assertEqual(result.stdout, "")

    def test_closed_standard_descriptors_are_not_mistaken_for_files(self):
        command = shlex.join(self.command("train", "--logdir", self.run_directory, "--batch-size",
                                          8, "--epochs", 2))
        for closed in ("<&- >&-", "<&- >&- 2>&-", ">&-"):
            subprocess.run(["sh", "-c", f"{command} --overwrite {closed}"], check=True,
                           timeout=LIMIT_SECONDS, stdin=subprocess.DEVNULL)
            verified = subprocess.run([TBLOG, "verify", self.run_directory], capture_output=True)
            self.assertEqual((closed, verified.returncode), (closed, 0))
            self.assertEqual(record(self.run_directory)["state"], "finished")

    def test_the_default_directory_is_named_by_the_batch_size(self):
        self.assert_done(self.call("train", "--batch-size", 20, "--epochs", 1))
        self.assertEqual(record(self.folder / "logs/LeNet-MNIST-2-BatchSize=20")["state"],
                         "finished")

    def test_a_terminal_is_redrawn_and_never_wrapped(self):
        for columns, accuracy in ((0, "val_acc "), (40, "val_acc "), (60, "val_acc "),
                                  (80, "val_acc "), (132, "val_accuracy: ")):
            output = self.in_terminal(columns, "train", "--logdir", self.folder / f"w{columns}",
                                      "--batch-size", 8, "--epochs", 2)
            self.assertIn("Epoch 2/2\r\n", output)
            self.assertIn("\r\033[K", output)
            progress = output[output.index("Epoch 1/2"):output.index("Model: ")]
            for line in progress.replace("\033[K", "").replace("\n", "\r").split("\r"):
                self.assertLess(len(line), columns or 80, line)
            self.assertEqual(progress.count(accuracy), 2)
            if columns in (0, 80):
                self.assertEqual(len(re.findall(r"loss \S+ acc \S+ val_loss \S+ val_acc \S+\r\n",
                                                progress)), 2)

    def in_terminal(self, columns, *arguments):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        environment = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
        process = subprocess.Popen(self.command(*arguments), stdout=slave, stderr=slave,
                                   env={**environment, "TERM": "xterm"})
        os.close(slave)
        output = b""
        deadline = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < deadline:
            ready, _, _ = select.select([master], [], [], 1)
            if ready:
                try:
                    output += os.read(master, 65536)
                except OSError:  # the other side is closed
                    break
        os.close(master)
        self.assertEqual(process.wait(timeout=LIMIT_SECONDS), 0, output)
        return output.decode()


class Divergence(TrainerTest):
    TOO_FAST = "--learning-rate", 1e20  # the loss is NaN within a few steps
    SAID = r"Diverged: the (training|validation) loss is nan at step \d of epoch 1\n"

    def test_a_run_that_diverges_is_told_plainly_and_compared(self):
        for rate in (1e10, 1e30):
            with self.subTest(rate):
                result = self.train("--learning-rate", rate, "--overwrite")
                self.assert_done(result)
                self.assertRegex(result.stdout, r"Epoch 2/2 .* val_loss: nan - val_accuracy")
                self.assertNotRegex(result.stdout, r"-nan|\d{12}")
                table = self.call("compare", self.run_directory)
                self.assert_done(table)
                self.assertNotRegex(table.stdout, r"-nan|\d{12}")
                strict = {"parse_constant": self.fail}  # NaN and Infinity are no JSON
                json.loads((self.run_directory / "run.json").read_text(), **strict)
                text = self.call("compare", "--format", "json", self.run_directory)
                json.loads(text.stdout, **strict)

    def test_it_is_said_at_once_and_at_the_end(self):
        result = self.train(*self.TOO_FAST)
        self.assert_done(result)
        self.assertRegex(result.stdout, self.SAID + "Epoch 1/2 ")
        self.assertEqual(result.stdout.count("Diverged"), 1)
        self.assertRegex(result.stdout, rf"\nWarning: {self.run_directory}: diverged at step .*\n"
                                        r"TensorBoard: .*\n$")
        self.assertEqual(record(self.run_directory)["state"], "diverged")
        self.assertEqual(len(record(self.run_directory)["epochs"]), 2)

    def test_a_quiet_run_says_it_on_stderr(self):
        result = self.train(*self.TOO_FAST, "--quiet")
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        self.assertRegex(result.stderr, rf"^{self.SAID}Warning: .*\n$")

    def test_it_ends_the_run_if_asked_to(self):
        result = self.train(*self.TOO_FAST, "--terminate-on-nan", "--update-freq", "batch")
        self.assert_refused(result, 1, self.run_directory, "--terminate-on-nan ended it")
        self.assertRegex(result.stdout, self.SAID + "$")
        kept = record(self.run_directory)
        self.assertEqual((kept["state"], kept["epochs"]), ("diverged", []))
        steps = [step for step, tag, _ in events(self.run_directory, "train") if tag == "batch_loss"]
        self.assertEqual(steps, list(range(1, kept["diverged_at_step"] + 1)))

    def test_it_is_left_as_it_is_until_overwritten(self):
        self.assert_done(self.train(*self.TOO_FAST))
        before = (self.run_directory / "run.json").read_bytes()
        result = self.train(*self.TOO_FAST, "--resume")
        self.assert_done(result)
        self.assertIn("diverged already with this configuration, left as it is", result.stdout)
        result = self.train(*self.TOO_FAST, "--resume", "--terminate-on-nan", "--quiet")
        self.assert_refused(result, 1, "diverged already")
        self.assert_refused(self.train(*self.TOO_FAST), 1, "diverged); --overwrite replaces it")
        self.assertEqual((self.run_directory / "run.json").read_bytes(), before)
        self.assert_done(self.train("--overwrite"))
        self.assertEqual(record(self.run_directory)["state"], "finished")

    def test_a_sweep_goes_on_and_leaves_it(self):
        for option, code in (((), 0), (("--terminate-on-nan",), 1)):
            with self.subTest(option):
                result = self.sweep(*self.TOO_FAST, "--overwrite", *option)
                self.assertEqual(result.returncode, code)
                self.assertIn("\nBest      none: no run has finished without diverging\n",
                              result.stdout)
                again = self.sweep(*self.TOO_FAST, *option)
                self.assertEqual((again.returncode, again.stderr), (code, "trainer sweep: no "
                                 "picture: there is no finished run to draw over epochs\n"))
                self.assertEqual(again.stdout.count("diverged already"), 2)
                for size in (16, 8):
                    run = self.folder / f"logs/LeNet-MNIST-2-BatchSize={size}-LR=1e+20"
                    self.assertEqual(record(run)["state"], "diverged")


class Plans(TrainerTest):
    def test_a_plan_tells_parts_and_the_largest_batch(self):
        result = self.call("plan", "--batch-size", 8, "--memory", "1GiB")
        self.assert_done(result)
        self.assertIn("batch size 8 on 20 training and 12 validation images", result.stdout)
        self.assertIn("the largest batch size that does is 20.", result.stdout)
        parts = dict(re.findall(r"^  (\w+) +([\d.]+) MiB$", result.stdout, re.MULTILINE))
        total = float(parts.pop("total"))
        self.assertEqual(len(parts), 6)
        self.assertAlmostEqual(sum(map(float, parts.values())), total, delta=0.4)

    def test_a_plan_for_a_card_needs_no_card(self):
        result = self.call("plan", "--engine", "cuda", "--memory", "8GiB", "--batch-size", 20)
        self.assert_done(result)
        self.assertIn("takes on the cuda engine (a CUDA device, not asked, fp32)", result.stdout)
        self.assertIn("Beside it 608.0 MiB have to stay free.", result.stdout)
        self.assertIn("It fits in the 8.00 GiB that are given; the largest batch size that does is "
                      "20.", result.stdout)
        result = self.call("plan", "--engine", "cuda", "--memory", "900MiB", "--batch-size", 20)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        result = self.call("plan", "--engine", "cuda", "--memory", "650MiB", "--batch-size", 20)
        self.assertEqual((result.returncode, result.stderr), (1, ""), result.stdout)

    def test_the_plan_is_what_the_run_takes(self):
        planned = self.call("plan", "--batch-size", 8)
        self.assert_done(self.train())
        total = record(self.run_directory)["peak_bytes"] / 2**20
        self.assertIn(f"  total        {total:10.1f} MiB\n", planned.stdout)

    def test_a_plan_that_does_not_fit_says_what_would(self):
        result = self.call("plan", "--batch-size", 20, "--memory", "1MiB")
        self.assertEqual((result.returncode, result.stderr), (1, ""))
        self.assertIn("It does not fit in the 1.0 MiB that are given: no batch size fits.",
                      result.stdout)

    def test_a_plan_without_data_counts_mnist(self):
        result = subprocess.run([TRAINER, "plan"], capture_output=True, text=True, cwd=self.folder)
        self.assertIn("batch size 32 on 60000 training and 10000 validation images", result.stdout)

    def test_wrong_questions_are_refused(self):
        for arguments, word in ((("--memory", "8XB"), "8XB"), (("--memory", "8"), "8GiB"), (("--engine", "none"), "none"),
                                (("--batch-size", 0), "--batch-size"), (("x",), "x"),
                                (("--engine", ""), "--engine"), (("--data", ""), "--data"),
                                (("--batch-size", 21), "21"), (("--precision", "fp8"), "fp8")):
            self.assert_refused(self.call("plan", *arguments), 2, word)

    def test_a_plan_with_micro_batches_takes_less(self):
        result = self.call("plan", "--batch-size", 20, "--memory", "40MiB")
        self.assertEqual((result.returncode, result.stderr), (1, ""))
        fits = re.search(r", and this one fits with --micro-batch (\d+)", result.stdout)
        self.assertIsNotNone(fits, result.stdout)
        result = self.call("plan", "--batch-size", 20, "--memory", "40MiB", "--micro-batch",
                           fits[1])
        self.assert_done(result)
        self.assertIn(f"batch size 20 in micro-batches of {fits[1]} on 20 training", result.stdout)

    def test_a_run_in_other_micro_batches_is_another_run(self):
        self.assert_done(self.train("--micro-batch", 3))
        self.assertEqual(record(self.run_directory)["configuration"]["micro_batch"], 3)
        self.assert_refused(self.train("--micro-batch", 2, "--resume"), 1,
                            "micro_batch 3 instead of 2")

    def test_a_micro_batch_of_the_whole_batch_is_none(self):
        self.assert_done(self.train("--micro-batch", 8))
        self.assertEqual(record(self.run_directory)["configuration"]["micro_batch"], 0)


class RunsThatExist(TrainerTest):
    def test_train_refuses_a_run_and_names_overwrite(self):
        self.assert_done(self.train())
        before = events(self.run_directory, "train")
        self.assert_refused(self.train(), 1, self.run_directory, "--overwrite")
        self.assertEqual(events(self.run_directory, "train"), before)
        (self.run_directory / "notes.txt").write_text("a user's")
        self.assert_done(self.train("--overwrite", "--epochs", "1"))
        self.assertEqual(len(record(self.run_directory)["epochs"]), 1)
        for part in PARTS:
            self.assertEqual(len(list((self.run_directory / part).glob("*tfevents*"))), 1)
        self.assertTrue((self.run_directory / "notes.txt").exists())

    def test_train_refuses_a_directory_of_runs(self):
        self.assert_done(self.train())
        for extra in ((), ("--overwrite",)):
            result = self.call("train", "--logdir", self.folder, "--batch-size", 8, *extra)
            self.assert_refused(result, 1, "other runs", "run")
        self.assertEqual(record(self.run_directory)["state"], "finished")

    def test_nothing_is_trained_inside_of_a_run(self):
        self.assert_done(self.train())
        for command, place, option in (("train", "run/deeper/still", "--batch-size"),
                                       ("sweep", "run", "--batch-sizes")):
            result = self.call(command, "--logdir", self.folder / place, option, 8)
            self.assert_refused(result, 1, "inside of the run")
        self.assertFalse((self.run_directory / "deeper").exists())

    def test_sweep_ends_with_the_answer(self):
        result = self.sweep()
        self.assert_done(result)
        last = "\n" + "\n".join(result.stdout.splitlines()[-10:]) + "\n"
        for words in ("\nBest      ", "\nFastest   ", "\nHow sure  "):
            self.assertIn(words, last)
        for words in ("\nBest      ", "\nFastest   ", "\nCheapest  ", "\n    16    0.001 ",
                      "\nHow sure  one seed tells nothing, 5 can: trainer sweep --batch-sizes 16,8\n"):
            self.assertIn(words, result.stdout)
        result = self.sweep("--quiet")
        self.assert_done(result)
        self.assertTrue(result.stdout.startswith(" batch learning "))

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

    def test_sweep_leaves_finished_runs_and_continues_others(self):
        self.assert_done(self.sweep())
        kept, redone = (self.folder / f"logs/LeNet-MNIST-2-BatchSize={n}" for n in (16, 8))
        for run, state in ((kept, "finished"), (redone, "interrupted")):
            beside = run / "events.out.tfevents.1700000000.host.1.2.v2"
            beside.write_bytes(b"")
            there = record(run)
            there["state"] = state
            there["event_files"].append(beside.name)
            (run / "run.json").write_text(json.dumps(there))
        before = {run: (run / "run.json").stat().st_mtime_ns for run in (kept, redone)}
        result = self.sweep()
        self.assert_done(result)
        self.assertIn(f"{kept}: finished already", result.stdout)
        self.assertNotIn(f"{redone}: finished already", result.stdout)
        self.assertEqual((kept / "run.json").stat().st_mtime_ns, before[kept])
        self.assertNotEqual((redone / "run.json").stat().st_mtime_ns, before[redone])
        self.assertEqual(record(redone)["state"], "finished")
        self.assertEqual([len(list(run.glob("events.out.*"))) for run in (kept, redone)], [2, 3])

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

    def test_sweep_trains_what_is_missing(self):
        self.assert_done(self.sweep())
        shutil.rmtree(self.folder / "logs/LeNet-MNIST-2-BatchSize=16")
        self.assert_done(self.sweep())
        self.assertEqual(record(self.folder / "logs/LeNet-MNIST-2-BatchSize=16")["state"],
                         "finished")

    def test_sweep_refuses_another_configuration_before_training(self):
        self.assert_done(self.call("sweep", "--logdir", self.folder / "logs", "--batch-sizes",
                                   "8", "--epochs", 2))
        for option, value, difference in (("--epochs", 1, "a run of 2 epochs already, more than 1"),
                                          ("--seed", 9, "seed 0 instead of 9"),
                                          ("--train-samples", 19, "training_samples 20"),
                                          ("--isa", "portable", "arithmetic"),
                                          ("--update-freq", "epoch", "log_every 1 instead of 0"),
                                          ("--histograms", None, "histograms false"),
                                          ("--noise-scale", None, "noise_scale false")):
            result = self.sweep(*([option] if value is None else [option, value]))
            self.assert_refused(result, 1, "BatchSize=8", difference, "--overwrite")
            self.assertFalse((self.folder / "logs/LeNet-MNIST-2-BatchSize=16").exists())
        self.assert_done(self.sweep("--epochs", 3, "--overwrite"))
        self.assertEqual(len(record(self.folder / "logs/LeNet-MNIST-2-BatchSize=8")["epochs"]), 3)

    def test_sweep_takes_another_data_set_for_another_configuration(self):
        self.assert_done(self.sweep())
        with open(self.data / "train-images-idx3-ubyte", "r+b") as images:
            images.seek(1000)
            images.write(b"changed")
        self.assert_refused(self.sweep(), 1, "data_crc32")

    def test_more_threads_are_the_same_configuration(self):
        self.assert_done(self.sweep("--threads", 1))
        result = self.sweep("--threads", 2)
        self.assert_done(result)
        self.assertEqual(result.stdout.count("finished already"), 2)

    def test_the_programs_own_words_are_ascii_unless_the_locale_is_utf8(self):
        for locale, times in (("C", "x"), (None, "x"), ("C.UTF-8", "×")):
            result = self.sweep("--seeds", 2, "--overwrite", env=self.in_locale(locale))
            self.assert_done(result)
            self.assertIn(f"n_epochs {times} n_batches = 2 {times} 2 = 4", result.stdout)
            self.assertEqual(result.stdout.isascii(), locale != "C.UTF-8")
        folder = self.folder / "größe"
        result = self.call("train", "--logdir", folder, "--batch-size", 8, "--epochs", 1,
                           env=self.in_locale("C"))
        self.assertIn(f"Run       {folder}\n", result.stdout)  # the user's own word

    def test_compare_gives_the_table_and_json(self):
        self.assert_done(self.sweep())
        table = self.call("compare", "logs")
        self.assert_done(table)
        self.assertLess(table.stdout.index("\n    16 "), table.stdout.index("\n     8 "))
        self.assertEqual(self.call("compare").stdout, table.stdout)
        details = self.call("compare", "--details").stdout
        self.assertTrue(details.startswith(table.stdout))
        self.assertLess(details.index("Size=16\n"), details.index("Size=8\n"))
        rows = list(csv.DictReader(self.call("compare", "--format=csv").stdout.splitlines()))
        self.assertEqual([row["batch_size"] for row in rows], ["16", "8"])
        result = self.call("compare", "--format", "json", "logs")
        self.assert_done(result)
        runs = json.loads(result.stdout)["runs"]
        self.assertEqual([run["batch_size"] for run in runs], [16, 8])
        kept = record(self.folder / "logs/LeNet-MNIST-2-BatchSize=16")
        self.assertAlmostEqual(runs[0]["val_loss"]["final"], kept["results"]["val_loss"], places=5)
        self.assertAlmostEqual(runs[0]["val_accuracy"]["final"], kept["results"]["val_accuracy"],
                               places=9)
        self.assertEqual(runs[0]["peak_bytes"], kept["peak_bytes"])

    def test_compare_takes_several_directories_and_a_target(self):
        self.assert_done(self.sweep())
        self.assert_done(self.train())
        text = self.call("compare", "--format=json", "--target-accuracy=1%", "logs", "run").stdout
        comparison = json.loads(text)
        self.assertEqual([run["name"] for run in comparison["runs"]],
                         ["logs/LeNet-MNIST-2-BatchSize=16", "logs/LeNet-MNIST-2-BatchSize=8",
                          "run"])
        self.assertEqual(comparison["left_out"]["repeated"], 1)
        self.assertEqual(comparison["target_accuracy"], 0.01)

    def test_compare_checks_event_files_if_told_to(self):
        self.assert_done(self.train())
        [path] = (self.run_directory / "train").glob("events.*")
        path.write_bytes(path.read_bytes()[:-40])
        self.assertNotIn("Note", self.call("compare", self.run_directory).stdout)
        self.assertIn(f"train/{path.name}", self.call("compare", "--check", self.run_directory)
                      .stdout.replace("\n      ", " "))

    def test_compare_tells_what_it_cannot_compare(self):
        self.assert_refused(self.call("compare", "nowhere"), 1, "nowhere")
        self.assert_refused(self.call("compare", ""), 2, "name is empty")
        self.assert_refused(self.call("compare", "logs", ""), 2, "name is empty")
        self.assert_refused(self.call("compare", self.data), 1, self.data, "no runs", "--logdir")

    def test_output_that_cannot_be_written_is_a_failure(self):
        self.assert_done(self.sweep())
        for form in ("table", "json", "csv"):
            with open("/dev/full", "w") as full:
                result = subprocess.run(
                    self.command("compare", "--format", form, self.folder / "logs"), stdout=full,
                    stderr=subprocess.PIPE, text=True)
            self.assert_refused(result, 1, "standard output")


    def test_a_reader_who_leaves_does_not_end_the_run(self):
        process = subprocess.Popen(
            self.command("train", "--logdir", self.run_directory, "--batch-size", 8, "--epochs",
                         3), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        process.stdout.close()
        self.assertEqual(process.wait(timeout=LIMIT_SECONDS), 1)
        self.assertEqual(record(self.run_directory)["state"], "finished")


class Signals(TrainerTest):
    def start(self, *arguments):
        process = subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        return process

    def wait_for_epoch(self, run):
        wait_until(lambda: (run / "run.json").exists() and record(run)["epochs"], f"an epoch of {run}")

    def notes(self, run):
        """What compare prints, long lines joined again."""
        return " ".join(self.call("compare", run).stdout.split())

    def test_a_signal_ends_the_run_readable_and_marked(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129),
                             (signal.SIGUSR1, 75), (signal.SIGUSR2, 75)):
            run = self.folder / f"run{number}"
            process = self.start("train", "--logdir", run, "--batch-size", 4, "--epochs", 1000000,
                                 "--update-freq", "batch", "--quiet")
            self.wait_for_epoch(run)
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=LIMIT_SECONDS), code)
            self.assertRegex(process.stderr.read(),
                             rf"stopped by {number.name} after epoch \d+ of 1000000.*--resume")
            kept = record(run)
            self.assertEqual(kept["state"], "interrupted")
            self.assertEqual(subprocess.run([TBLOG, "verify", run], capture_output=True).returncode,
                             0)
            losses = [value for _, tag, value in events(run, "train") if tag == "epoch_loss"]
            self.assertEqual(len(losses), len(kept["epochs"]))
            session = [tag for _, tag, _ in events(run, "") if tag.startswith("_hparams_/session")]
            self.assertEqual(session, ["_hparams_/session_start_info"])  # and no end

    def test_a_signal_ends_the_whole_sweep_and_what_is_done_is_told(self):
        process = self.start("sweep", "--logdir", self.folder / "logs", "--batch-sizes", "20,4,16",
                             "--epochs", 1000000, "--quiet")
        self.wait_for_epoch(self.folder / "logs/LeNet-MNIST-2-BatchSize=20")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=LIMIT_SECONDS), 130)
        told = process.stderr.read()
        self.assertRegex(told, r"batch size 20: stopped after epoch \d+ of 1000000")
        self.assertIn("batch size 4: not begun", told)
        self.assertFalse((self.folder / "logs/LeNet-MNIST-2-BatchSize=4").exists())

    def test_a_run_from_before_that_a_sweep_did_not_come_to_is_told_with_its_epochs(self):
        logs = self.folder / "logs"
        self.assert_done(self.call("sweep", "--logdir", logs, "--batch-sizes", 4, "--epochs", 2))
        process = self.start("sweep", "--logdir", logs, "--batch-sizes", "20,4", "--epochs", 1000000,
                             "--quiet")
        self.wait_for_epoch(logs / "LeNet-MNIST-2-BatchSize=20")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=LIMIT_SECONDS), 143)
        self.assertIn("batch size 4: not resumed, with 2 of 1000000 epochs", process.stderr.read())

    def stop(self, run, *arguments):
        """Starts the command, ends it when the run has an epoch, and returns what it says then."""
        process = self.start(*arguments, "--epochs", 1000000, "--quiet")
        self.wait_for_epoch(run)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=LIMIT_SECONDS), 143)
        return process.stderr.read()

    def test_how_to_continue_a_run_that_replaced_another_is_told(self):
        told = self.stop(self.run_directory, "train", "--logdir", self.run_directory,
                         "--batch-size", 4, "--overwrite")
        self.assertIn("; the same command with --resume instead of --overwrite continues\n", told)
        logs = self.folder / "logs"
        told = self.stop(logs / "LeNet-MNIST-2-BatchSize=4", "sweep", "--logdir", logs,
                         "--batch-sizes", 4, "--overwrite")
        self.assertIn("; the same command without --overwrite continues\n", told)

    def test_a_diverged_run_that_is_stopped_is_not_said_to_continue(self):
        told = self.stop(self.run_directory, "train", "--logdir", self.run_directory,
                         "--batch-size", 4, "--learning-rate", 1e20)
        self.assertRegex(told, r"\ntrainer train: stopped by SIGTERM after epoch \d+ of 1000000"
                               r"(, step \d of 5)?; it diverged, so that it is not resumed\n$")

    def test_a_run_that_is_being_written_is_not_touched(self):
        process = self.start("train", "--logdir", self.run_directory, "--batch-size", 4,
                             "--epochs", 1000000, "--quiet")
        self.wait_for_epoch(self.run_directory)
        self.assert_refused(self.train("--overwrite"), 1, "another process")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=LIMIT_SECONDS), 143)
        self.assert_done(self.train("--overwrite"))

    def test_a_killed_run_is_known_and_continued(self):
        run = self.folder / "logs/LeNet-MNIST-2-BatchSize=8"
        process = self.start("sweep", "--logdir", self.folder / "logs", "--batch-sizes", "8",
                             "--epochs", 1000000, "--quiet")
        self.wait_for_epoch(run)
        self.assertIn(f"not finished (running on {socket.gethostname()})", self.notes(run))
        process.kill()
        process.wait(timeout=LIMIT_SECONDS)
        self.assertIn("not finished (interrupted)", self.notes(run))
        self.assert_refused(self.sweep("--seed", 9), 1, "seed 0 instead of 9", "--overwrite")
        left = record(run)
        self.assertEqual(left["state"], "running")
        # The same as if it had been killed in a run of two epochs.
        left["configuration"]["epochs"] = 2
        left["epochs"] = left["epochs"][:1]
        (run / "run.json").write_text(json.dumps(left))
        self.assert_done(self.sweep())
        self.assertEqual(record(run)["state"], "finished")
        self.assertEqual(len(list((run / "train").iterdir())), 2)


class BadInput(TrainerTest):
    def test_good_input_passes(self):
        self.assert_done(self.train())

    def test_wrong_options_name_the_option(self):
        for option, value in (("--batch-size", "0"), ("--batch-size", "-1"),
                              ("--batch-size", "21"), ("--batch-size", "3x"),
                              ("--epochs", "0"), ("--epochs", "-2"), ("--epochs", "99999999999"),
                              ("--train-samples", "21"), ("--train-samples", "0"),
                              ("--learning-rate", "0"), ("--learning-rate", "nan"),
                              ("--learning-rate", "1e39"), ("--learning-rate", "1e-60"),
                              ("--seed", "-1"), ("--threads", "0"), ("--engine", "tpu"),
                              ("--precision", "fp64"), ("--update-freq", "0")):
            self.assert_refused(self.train(option, value), 2, option, value)
            self.assertFalse(self.run_directory.exists())

    def test_what_the_engine_cannot_do_is_refused(self):
        self.assert_refused(self.train("--engine", "cpu", "--precision", "tf32"), 2,
                            "--engine cpu", "precision tf32 is not available")
        self.assert_refused(self.train("--precision", "bf16", "--isa", "portable"), 1,
                            "--engine cpu", "precision bf16 needs AVX512-BF16")
        self.assert_refused(self.train("--isa", "sse9"), 1, "--engine cpu",
                            "isa 'sse9' is unknown", "portable")
        self.assertFalse(self.run_directory.exists())

    def test_sweep_refuses_a_batch_size_before_training_the_others(self):
        result = self.call("sweep", "--logdir", "logs", "--batch-sizes", "8,21")
        self.assert_refused(result, 2, "--batch-sizes", "21")
        self.assertFalse((self.folder / "logs").exists())

    def test_a_list_with_blanks_is_refused_as_such(self):
        result = self.call("sweep", "--batch-sizes", "64,", "32")
        self.assert_refused(result, 2, '--batch-sizes: "64," is not a list of numbers such as '
                            '64,32,16, without blanks')
        self.assertFalse((self.folder / "logs").exists())

    def test_bad_data_is_named_and_makes_no_run(self):
        images, labels = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
        good = {name: (self.data / name).read_bytes() for name in (images, labels)}
        cases = {
            "missing": (images, None),
            "truncated": (images, good[images][:-1]),
            "oversized": (images, good[images] + b"x"),
            "not IDX": (images, b"PNG" + good[images][3:]),
            "of another type": (images, idx(0xD03, (TRAINING, 28, 28), good[images][16:])),
            "of other counts": (labels, idx(0x801, (TRAINING - 1,), good[labels][8:-1])),
            "with a label above 9": (labels, good[labels][:-1] + b"\x0a"),
            "empty": (labels, b""),
            "without samples": (labels, idx(0x801, (0,), b"")),
        }
        for what, (name, content) in cases.items():
            with self.subTest(what):
                path = self.data / name
                path.unlink() if content is None else path.write_bytes(content)
                self.assert_refused(self.train(), 1, name)
                self.assertFalse(self.run_directory.exists())
                path.write_bytes(good[name])
        with self.subTest("corrupt gzip"):
            packed = bytearray(gzip.compress(good[images]))
            packed[len(packed) // 2] ^= 0xFF
            (self.data / images).unlink()
            (self.data / f"{images}.gz").write_bytes(packed)
            self.assert_refused(self.train(), 1, f"{images}.gz")
            (self.data / f"{images}.gz").write_bytes(gzip.compress(good[images]))
            self.assert_done(self.train())

    def test_a_bad_npz_is_named_and_makes_no_run(self):
        path = self.folder / "mnist.npz"
        good = npz_arrays()
        write_npz(path, good)
        packed = path.read_bytes()
        self.assert_done(self.call("train", "--data", path, "--logdir", self.folder / "control",
                                   "--batch-size", 8, "--epochs", 2))
        configuration = record(self.folder / "control")["configuration"]
        self.assertEqual((configuration["training_samples"], configuration["validation_samples"]),
                         (TRAINING, VALIDATION))

        damaged = bytearray(packed)  # stored, not deflated: a pixel of x_test
        damaged[packed.index(good["x_test.npy"]) + 1000] ^= 0xFF
        path.write_bytes(damaged)
        self.assert_npz_refused(path, "x_test", "CRC")

        floats = npy("<f2", (TRAINING, 28, 28), bytes(2 * TRAINING * 784))
        write_npz(path, {**good, "x_train.npy": floats})
        self.assert_npz_refused(path, "x_train", "<f2")

        write_npz(path, {name: array for name, array in good.items() if name != "y_test.npy"})
        self.assert_npz_refused(path, "y_test")

    def assert_npz_refused(self, path, *words):
        before = sorted(self.folder.iterdir())
        for command in (("train", "--logdir", self.run_directory), ("sweep",)):
            result = self.call(command[0], "--data", path, *command[1:])
            self.assert_refused(result, 1, path, *words)
            self.assertEqual(result.stdout, "")
            self.assertEqual(sorted(self.folder.iterdir()), before)

    def test_data_that_is_not_there_is_named(self):
        for path in ("nowhere", "nowhere.npz"):
            self.assert_refused(self.call("train", "--data", path, "--logdir", "run"), 1, path)
            self.assertFalse((self.folder / "run").exists())

    def test_an_unwritable_log_directory_is_named(self):
        (self.folder / "file").write_text("not a directory")
        for path in (self.folder / "file", self.folder / "file/run", "/proc/run", "/dev/null/run"):
            result = self.call("train", "--logdir", path, "--batch-size", 8)
            self.assert_refused(result, 1, path if "proc" in str(path) else "file" if
                                "file" in str(path) else "/dev/null")
        self.assert_refused(self.call("sweep", "--logdir", "file", "--batch-sizes", "8"), 1, "file")

    def test_a_log_directory_that_vanishes_ends_the_run(self):
        process = subprocess.Popen(
            self.command("train", "--logdir", self.run_directory, "--batch-size", 4, "--epochs",
                         1000000, "--quiet"), stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        Signals.wait_for_epoch(self, self.run_directory)
        self.run_directory.rename(self.folder / "elsewhere")
        self.assertEqual(process.wait(timeout=LIMIT_SECONDS), 1)
        told = process.stderr.read()
        self.assertEqual(told.count("\n"), 1, told)
        self.assertIn(str(self.run_directory), told)
        self.assertFalse(self.run_directory.exists())

    def test_a_log_that_cannot_grow_ends_the_run_marked(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (40000, 40000))

        result = self.train("--epochs", 1000000, "--update-freq", "batch", preexec_fn=limit)
        self.assert_refused(result, 1, self.run_directory, "File too large")
        self.assertEqual(record(self.run_directory)["state"], "interrupted")
        self.assertTrue(events(self.run_directory, "train"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
