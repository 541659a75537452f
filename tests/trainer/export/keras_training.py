"""Training continues in Keras from an exported model, in the installed Keras; the tests of this
folder have an old one and the newest."""

import os

# Before TensorFlow is imported: no output on standard error, and one thread.
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="-1",
                  OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")

import exported_models
import keras
import numpy

BATCH, STEPS = 32, 40


class KerasTraining(exported_models.ExportedModels):
    def test_training_goes_on_in_keras(self):
        images = self.read("train-images-idx3-ubyte", 16).reshape(-1, 28, 28, 1) / 255
        labels = self.read("train-labels-idx1-ubyte", 8)
        network = keras.models.load_model(self.folder / "trained/model.keras")
        ours = self.weights("trained")
        for theirs, array in zip(network.get_weights(), ours.values()):
            numpy.testing.assert_array_equal(theirs, array)
        network.compile(optimizer="adam", loss="sparse_categorical_crossentropy",
                        metrics=["accuracy"])
        chosen = slice(0, BATCH * STEPS)
        history = network.fit(images[chosen], labels[chosen], batch_size=BATCH, verbose=0).history
        self.assertGreater(history["accuracy"][0], 0.85)  # it does not start from scratch
        self.assertFalse(any(numpy.array_equal(theirs, array) for theirs, array in
                             zip(network.get_weights(), ours.values())))
