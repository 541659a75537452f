"""What the peers of bench/cpu.sh share: MNIST, and the conversation with cpu_rounds.py.

A peer sets itself up, trains a few steps to warm up (and compile), and says "ready" on a line. Then
each line of its standard input is a number of steps to train; it answers with the seconds that they
took and the loss of the last one. So it compiles and loads once, however many rounds there are.
"""
import sys
import time

import idx
import numpy as np

WARM_UP = 10
WAKE_UP = 3  # untimed steps of each round: the others have just had the processors


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
    """train(steps) trains on and returns the last step's loss, once it is there."""
    steps = plan()
    loss = None
    while True:
        try:
            count = steps.send(loss)
        except StopIteration:
            return
        loss = train(count)
