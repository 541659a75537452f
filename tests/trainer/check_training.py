"""What a run prints, logs and records. Arguments are the trainer and tblog, as for trainer_test."""

import fcntl
import json
import os
import pty
import re
import select
import shlex
import shutil
import struct
import subprocess
import sys
import termios
import time
import unittest

from trainer_test import PARTS, TBLOG, TRAINER, TrainerTest, events, record
from waiting import LIMIT_SECONDS


def weights(run):
    """The contents of its model file after the header."""
    content = (run / "model.safetensors").read_bytes()
    return content[8 + struct.unpack("<Q", content[:8])[0]:]


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
        data = self.folder / "a repository/data/mnist"
        shutil.copytree(self.data, data)
        self.assertIn(f"(--data '{data}' has MNIST)", advice(built))
        next(data.iterdir()).unlink()
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
                               for run in (first, second)))  # the host decides the threads
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


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
