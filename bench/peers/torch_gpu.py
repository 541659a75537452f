"""Times training epochs of the same network in PyTorch, with the data on the device as bytes.

Modes: eager; compile (torch.compile of the network's forward pass); cudagraph (a whole step, from
the choice of the samples to Adam, captured once and replayed); cudagraph_compile (both). On the CPU
the modes with a graph run the step without one.

This Adam adds epsilon to the corrected root, Keras' Adam to the uncorrected one. The cost is the
same.
"""
import idx
import gpu_rounds
import torch
from torch.nn import functional as F
from torch_network import LeNet

MODES = ["eager", "compile", "cudagraph", "cudagraph_compile"]


class Training:
    """Keeps everything on the device: the data, the epoch's order, the place in it, the sum of
    losses."""

    def __init__(self, options):
        self.batch_size = options.batch_size
        self.device = torch.device(options.device)
        self.autocast = options.precision == "bf16"
        images, labels = idx.load(options.data)
        self.images = torch.from_numpy(images).to(self.device)
        self.labels = torch.from_numpy(labels).to(self.device)
        self.count = len(labels)
        self.order = torch.randperm(self.count, device=self.device)
        self.place = torch.arange(self.batch_size, device=self.device)
        self.loss_sum = torch.zeros((), device=self.device)
        model = LeNet().to(self.device, memory_format=torch.channels_last)
        on_device = self.device.type == "cuda"
        self.adam = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7, fused=True,
                                     capturable=on_device and "cudagraph" in options.mode)
        self.model = torch.compile(model) if "compile" in options.mode else model
        self.once = self.captured() if on_device and "cudagraph" in options.mode else self.step

    def step(self):
        chosen = self.order[self.place]
        images = self.images[chosen].unsqueeze(1).float() / 255
        self.adam.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
            logits = self.model(images.contiguous(memory_format=torch.channels_last))
        loss = F.cross_entropy(logits.float(), self.labels[chosen].long())
        loss.backward()
        self.adam.step()
        self.loss_sum += loss.detach()
        self.place += self.batch_size

    def captured(self):
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(5):  # while libraries choose kernels and gradients are first allocated
                self.step()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.step()
        return graph.replay

    def train(self, steps):
        self.loss_sum.zero_()
        a_pass = self.count // self.batch_size
        for number in range(steps):
            if number % a_pass == 0:
                self.order.copy_(torch.randperm(self.count, device=self.device))
                self.place.copy_(torch.arange(self.batch_size, device=self.device))
            self.once()
        return self.loss_sum.item() / steps  # waits for the device


def main():
    options = gpu_rounds.parse(__doc__.splitlines()[0], MODES)
    torch.manual_seed(0)
    pinned = options.precision == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = pinned
    torch.backends.cudnn.allow_tf32 = pinned
    torch.backends.cudnn.benchmark = True
    training = Training(options)
    gpu_rounds.run(options, training.count, f"torch {torch.__version__}",
               training.train)


if __name__ == "__main__":
    main()
