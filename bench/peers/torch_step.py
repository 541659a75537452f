"""Times training steps of the same network in PyTorch on the CPU.

torch_step.py DATA BATCH_SIZE STEPS [eager|channels_last]
DATA is a folder of the four raw IDX files. Prints "torch MODE bs N: X ms/step, Y s/epoch".
"""
import pathlib
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

WARM_UP = 10


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.dense1 = nn.Linear(9216, 128)
        self.dense2 = nn.Linear(128, 10)
        self.dropout1 = nn.Dropout(0.25)
        self.dropout2 = nn.Dropout(0.5)

    def forward(self, images):
        maps = F.relu(self.conv2(F.relu(self.conv1(images))))
        flat = self.dropout1(F.max_pool2d(maps, 2)).flatten(1)
        return self.dense2(self.dropout2(F.relu(self.dense1(flat))))


def load(folder):
    """The training set as float images [N,1,28,28] and labels [N]."""
    def read(name, header):
        raw = (pathlib.Path(folder) / name).read_bytes()
        return torch.from_numpy(np.frombuffer(raw, np.uint8)[header:].copy())
    images = read("train-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    return images.float() / 255, read("train-labels-idx1-ubyte", 8).long()


def main():
    folder, batch_size, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    mode = sys.argv[4] if len(sys.argv) > 4 else "eager"
    torch.manual_seed(0)
    images, labels = load(folder)
    model = LeNet()
    if mode == "channels_last":
        model = model.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    order = torch.randperm(len(images))

    def step(number):
        at = number * batch_size % (len(images) - batch_size)
        batch = order[at:at + batch_size]
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(images[batch]), labels[batch]).backward()
        optimizer.step()

    for number in range(WARM_UP):
        step(number)
    begin = time.perf_counter()
    for number in range(WARM_UP, WARM_UP + steps):
        step(number)
    seconds = (time.perf_counter() - begin) / steps
    print(f"torch {mode} bs {batch_size}: {seconds * 1e3:.3f} ms/step, "
          f"{seconds * len(images) / batch_size:.2f} s/epoch")


main()
