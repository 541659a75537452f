"""tblog reads the event files of Keras, TensorFlow 1 and 2, PyTorch and tensorboardX: each package
writes real ones, and the output of the reader and the tool is compared with what was logged.

Usage: check_frameworks.py TBLOG DUMP_EVENTS
"""

import os
import unittest

# Set before TensorFlow is imported: nothing on standard error, and one thread.
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="-1",
                  OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")

from tensorflow_files import Keras, TensorFlow1, TensorFlow2
from torch_files import TensorboardX, Torch

if __name__ == "__main__":
    unittest.main(verbosity=2)
