"""Exported models in PyTorch and in the newest Keras.

Usage: check_export_frameworks.py TRAINER DOCS/MODELS.MD MNIST_FOLDER
"""

import unittest

import keras_training  # must be imported first: it silences TensorFlow
import torch
from torch.nn import functional


class Net(torch.nn.Module):
    """The module of PyTorch's MNIST example."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 32, 3)
        self.conv2 = torch.nn.Conv2d(32, 64, 3)
        self.dropout1 = torch.nn.Dropout(0.25)
        self.dropout2 = torch.nn.Dropout(0.5)
        self.fc1 = torch.nn.Linear(9216, 128)
        self.fc2 = torch.nn.Linear(128, 10)

    def forward(self, x):
        x = functional.relu(self.conv2(functional.relu(self.conv1(x))))
        x = torch.flatten(self.dropout1(functional.max_pool2d(x, 2)), 1)
        x = self.dropout2(functional.relu(self.fc1(x)))
        return functional.log_softmax(self.fc2(x), dim=1)


class Readers(keras_training.KerasTraining):
    READERS = "PyTorch", "Keras"

    def run_page(self, reader, **names):
        with torch.no_grad():
            return super().run_page(reader, Net=Net, **names)


if __name__ == "__main__":
    unittest.main(verbosity=2)
