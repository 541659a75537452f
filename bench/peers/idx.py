"""MNIST's training set from its two IDX files, plain or gzipped."""
import gzip
import pathlib

import numpy as np


def read(folder, name, header):
    plain = pathlib.Path(folder) / name
    packed = plain.with_name(name + ".gz")
    raw = plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
    return np.frombuffer(raw, np.uint8)[header:].copy()


def load(folder):
    """Images as bytes [N,28,28] and labels [N]."""
    images = read(folder, "train-images-idx3-ubyte", 16).reshape(-1, 28, 28)
    return images, read(folder, "train-labels-idx1-ubyte", 8)
