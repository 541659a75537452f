"""Exported models in old versions of Keras and onnxruntime.

Usage: check_export_older_frameworks.py TRAINER DOCS/MODELS.MD MNIST_FOLDER
"""

import unittest

import keras_training  # must be imported first: it silences TensorFlow


class Readers(keras_training.KerasTraining):
    READERS = "onnxruntime", "Keras"


if __name__ == "__main__":
    unittest.main(verbosity=2)
