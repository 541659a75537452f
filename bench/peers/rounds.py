"""Shared by the peers of bench/cpu.sh: MNIST, and the protocol of cpu_rounds.py.

A peer trains a few steps to warm up (and compile), and prints a line "ready". Then each line of its
standard input is a number of steps to train. It answers with the seconds that they took and the
loss of the last one. So it compiles and loads only once.
"""
import sys
import time

import idx
import numpy as np

WARM_UP = 10
WAKE_UP = 3  # untimed steps at the start of each round: others have just used the processors


def training_set(folder):
    """The images [60000,28,28] as floats in 0 .. 1, and the labels [60000] as int32."""
    images, labels = idx.load(folder)
    return images.astype(np.float32) / np.float32(255), labels.astype(np.int32)


def plan():
    """A generator of how many steps to train next. Send it the last step's loss after each."""
    yield WARM_UP
    print("ready", flush=True)
    for line in sys.stdin:
        yield WAKE_UP
        begin = time.perf_counter()
        loss = float((yield int(line)))
        print(f"{time.perf_counter() - begin:.6f} {loss:.4f}", flush=True)


def serve(train):
    """train(steps) continues training, waits for it and returns the last step's loss."""
    steps = plan()
    loss = None
    while True:
        try:
            count = steps.send(loss)
        except StopIteration:
            return
        loss = train(count)
