"""A peer of bench/cpu.sh: PyTorch's training steps on the CPU, as a user would write them.

torch_step.py DATA BATCH_SIZE eager|channels_last|compile
"""
import sys

import rounds
import torch
from torch import nn
from torch.nn import functional as F


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


def main():
    folder, batch_size, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    torch.manual_seed(0)
    images, labels = map(torch.from_numpy, rounds.training_set(folder))
    images, labels = images.unsqueeze(1), labels.long()
    network = LeNet()
    if mode == "channels_last":
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    model = torch.compile(network) if mode == "compile" else network
    order = torch.randperm(len(images))
    done = 0

    def train(steps):
        nonlocal done
        for _ in range(steps):
            at = done * batch_size % (len(images) - batch_size + 1)
            done += 1
            batch = order[at:at + batch_size]
            optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(model(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()
        return loss.item()

    rounds.serve(train)


main()
