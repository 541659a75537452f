"""`trainer compare` and `trainer plot` on logs that Keras itself makes. usage: check_keras_logs.py TRAINER"""

import csv
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy
from tensorboard.plugins.hparams import api as hparams

from waiting import LIMIT_SECONDS

TRAINER = sys.argv[1]
EPOCHS = 3


def train(directory, batch_size, callbacks):
    """A tiny model; returns Keras' own history."""
    chance = numpy.random.default_rng(1)
    images = chance.random((64, 4), dtype="float32")
    labels = (images[:, 0] > 0.5).astype("int32")
    model = keras.Sequential([keras.layers.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model.fit(images, labels, batch_size=batch_size, epochs=EPOCHS, verbose=0,
                     validation_data=(images, labels),
                     callbacks=[keras.callbacks.TensorBoard(directory), *callbacks]).history


class KerasLogs(unittest.TestCase):
    def test_its_figures_are_those_of_the_history(self):
        with tempfile.TemporaryDirectory(prefix="trainer-keras-") as folder:
            root = pathlib.Path(folder)
            histories = {
                "a": train(root / "a", 16, [hparams.KerasCallback(str(root / "a"),
                                                                  {"batch_size": 16})]),
                "BatchSize=8": train(root / "BatchSize=8", 8, []),
            }
            result = subprocess.run([TRAINER, "compare", "--format", "csv", root],
                                    capture_output=True, text=True, timeout=LIMIT_SECONDS)
            plots = [subprocess.run([TRAINER, "plot", root, "-o", root / "out.svg", "--axis", axis],
                                    capture_output=True, text=True, timeout=LIMIT_SECONDS)
                     for axis in ("steps", "epochs")]  # no log has the number of steps
            picture = (root / "out.svg").read_text()
        self.assertEqual((plots[0].returncode, plots[0].stderr), (
            1, "trainer plot: there is no finished run to draw over steps\n"))
        self.assertEqual((plots[1].returncode, plots[1].stderr), (0, ""))
        self.assertIn("</svg>", picture)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        rows = {row["name"]: row for row in csv.DictReader(result.stdout.splitlines())}
        self.assertEqual({name: row["batch_size"] for name, row in rows.items()},
                         {"a": "16", "BatchSize=8": "8"})
        for name, history in histories.items():
            row = rows[name]
            self.assertEqual((row["epochs"], row["seed"]), (str(EPOCHS), ""))
            for figure in ("loss", "accuracy", "val_loss", "val_accuracy"):
                self.assertAlmostEqual(float(row[figure]), history[figure][-1], places=6)
            self.assertGreater(float(row["seconds_per_epoch"]), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
