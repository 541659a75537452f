"""The network in PyTorch, as its users write it."""
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
