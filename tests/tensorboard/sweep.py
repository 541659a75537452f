"""Short runs of `trainer sweep` on a small data set made here, and the points they must log."""

import json
import os
import pathlib
import signal
import struct
import subprocess

import numpy

import child_process
from waiting import LIMIT_SECONDS

TRAINER = os.environ["TRAINER"]
TBLOG = os.environ["TBLOG"]
BATCH_SIZES = (64, 32, 16)
EPOCHS = 3
TRAINING_COUNT = 200  # leaves a short last batch at each of the batch sizes
VALIDATION_COUNT = 60
SIDE = 28


def write_data_set(directory, training_count=TRAINING_COUNT):
    """Ten kinds of bright rows in noise, as the four IDX files."""
    os.makedirs(directory)
    random = numpy.random.default_rng(1)
    for part, count in (("train", training_count), ("t10k", VALIDATION_COUNT)):
        labels = (numpy.arange(count) % 10).astype(numpy.uint8)
        images = random.integers(0, 64, (count, SIDE, SIDE), dtype=numpy.uint8)
        images[numpy.arange(count), 4 + 2 * labels.astype(int), :] = 255
        path = pathlib.Path(directory)
        header = struct.pack(">IIII", 0x803, count, SIDE, SIDE)
        (path / f"{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        header = struct.pack(">II", 0x801, count)
        (path / f"{part}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())


def command(data, logdir, epochs=EPOCHS):
    """The sweep's command line, which logs a point for each batch."""
    return [*command_of_sizes(), *options(data, logdir, epochs)]


def command_of_sizes():
    return [TRAINER, "sweep", "--batch-sizes", ",".join(map(str, BATCH_SIZES))]


def options(data, logdir, epochs):
    plain = f"--epochs {epochs} --update-freq batch --seed 1 --histograms"
    return ["--data", str(data), "--logdir", str(logdir), *plain.split()]


def run_sweep(data, logdir):
    subprocess.run(command(data, logdir), check=True, stdin=subprocess.DEVNULL)


def run_two_seeds(data, logdir):
    """Makes a short sweep of each batch size with two seeds. Returns the lines that it prints."""
    short = ["--epochs", "2", "--seeds", "2", "--update-freq", "batch"]
    output = subprocess.run(
        [*command_of_sizes(), "--data", data, "--logdir", logdir, *short],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return output.splitlines()


def run_one_at_a_time(data, logdir):
    """Trains the sweep's runs, each with its own command."""
    for name, size in zip(run_names(), BATCH_SIZES):
        arguments = options(data, os.path.join(logdir, name), EPOCHS)
        command_line = [TRAINER, "train", "--batch-size", str(size), *arguments]
        subprocess.run(command_line, check=True, stdin=subprocess.DEVNULL)


def tblog_cat(path):
    """The events of a file, as `tblog cat` prints them."""
    output = subprocess.run([TBLOG, "cat", path], check=True, stdout=subprocess.PIPE).stdout
    return [json.loads(line) for line in output.splitlines()]


class RunningSweep:
    """A sweep that would run for days; stop() ends it like a user's `kill`."""

    def __init__(self, data, logdir):
        self._process = child_process.start(
            command(data, logdir, epochs=1_000_000), stdout=subprocess.DEVNULL
        )

    def is_running(self):
        return self._process.poll() is None

    def stop(self):
        """The exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=LIMIT_SECONDS)


def run_names():
    return [f"LeNet-MNIST-2-BatchSize={size}" for size in BATCH_SIZES]


def recorded(logdir, name):
    """A run's run.json."""
    return json.loads(pathlib.Path(logdir, name, "run.json").read_text())


def expected_metrics(logdir, name):
    """{metric's name on the HParams page: value} of a finished run, from its run.json."""
    epochs = recorded(logdir, name)["epochs"]
    return {
        "validation loss": epochs[-1]["val_loss"],
        "validation accuracy": epochs[-1]["val_accuracy"],
        "best validation loss": min(epoch["val_loss"] for epoch in epochs),
        "best validation accuracy": max(epoch["val_accuracy"] for epoch in epochs),
        "seconds an epoch": sum(epoch["training_seconds"] for epoch in epochs) / len(epochs),
    }


def expected_steps():
    """{(run, tag): [step, ...]}: Keras' tags at Keras' steps, and those at samples seen."""
    steps = {}
    for name, size in zip(run_names(), BATCH_SIZES):
        batches = -(-TRAINING_COUNT // size)
        every_batch = list(range(1, EPOCHS * batches + 1))
        every_epoch = list(range(EPOCHS))
        samples = [
            epoch * TRAINING_COUNT + min(batch * size, TRAINING_COUNT)
            for epoch in every_epoch
            for batch in range(1, batches + 1)
        ]
        for quantity in ("loss", "accuracy"):
            steps[f"{name}/train", f"batch_{quantity}"] = every_batch
            steps[f"{name}/train", f"batch_{quantity}_vs_samples"] = samples
            steps[f"{name}/train", f"epoch_{quantity}"] = every_epoch
            steps[f"{name}/validation", f"epoch_{quantity}"] = every_epoch
            tag = f"evaluation_{quantity}_vs_iterations"
            steps[f"{name}/validation", tag] = every_batch[batches - 1 :: batches]
        steps[f"{name}/train", "epoch_learning_rate"] = every_epoch
    return steps
