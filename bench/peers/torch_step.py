"""A peer of bench/cpu.sh: PyTorch's training steps on the CPU, as a user would write them.

torch_step.py DATA BATCH_SIZE PRECISION MODE

PRECISION is fp32, or bf16 for autocast. MODE is eager, channels_last, compile or
compile_channels_last.
"""
import sys

import rounds
import torch
from torch.nn import functional as F
from torch_network import LeNet


def main():
    folder, batch_size, precision, mode = sys.argv[1], int(sys.argv[2]), *sys.argv[3:]
    torch.manual_seed(0)
    images, labels = map(torch.from_numpy, rounds.training_set(folder))
    images, labels = images.unsqueeze(1), labels.long()
    network = LeNet()
    if mode.endswith("channels_last"):
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    model = torch.compile(network) if mode.startswith("compile") else network
    order = torch.randperm(len(images))
    done = 0

    def train(steps):
        nonlocal done
        for _ in range(steps):
            at = done * batch_size % (len(images) - batch_size + 1)
            done += 1
            batch = order[at:at + batch_size]
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
                loss = F.cross_entropy(model(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()
        return loss.item()

    rounds.serve(train)


main()
