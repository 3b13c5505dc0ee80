"""Single-path training of a NAS-Bench-201 supernet in eager PyTorch: what benchmarks/train_speed is measured against.

The same network, batch, sampling (one uniform genotype a step, shared by all cells), optimiser and threads, in
channels_last memory format, which is the fastest that eager PyTorch offers on a CPU. "none" edges cost nothing.

Reads lines of genotypes (six operator codes each, "303124 013342") from standard input; for each line trains one step a
genotype and prints the seconds they took.
usage: train_eager.py CHANNELS CELLS INPUT_CHANNELS SIDE BATCH THREADS
"""
import sys
import time

import torch
from torch import nn

EDGES = [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)]


class ReluConvNorm(nn.Module):
    def __init__(self, cin, cout, kernel, stride=1, affine=False):
        super().__init__()
        self.op = nn.Sequential(
            nn.ReLU(), nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(cout, affine=affine)
        )

    def forward(self, x):
        return self.op(x)


class Cell(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.edges = nn.ModuleList(
            nn.ModuleList([
                nn.Identity(),
                nn.Identity(),
                ReluConvNorm(channels, channels, 1),
                ReluConvNorm(channels, channels, 3),
                nn.AvgPool2d(3, 1, 1, count_include_pad=False),
            ])
            for _ in EDGES
        )

    def forward(self, x, genotype):
        nodes = [x, None, None, None]
        for (to, source), edge, code in zip(EDGES, self.edges, genotype):
            if code == 0 or nodes[source] is None:
                continue
            value = edge[code](nodes[source])
            nodes[to] = value if nodes[to] is None else nodes[to] + value
        return torch.zeros_like(x) if nodes[3] is None else nodes[3]


class Residual(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv_a = ReluConvNorm(cin, cout, 3, 2, affine=True)
        self.conv_b = ReluConvNorm(cout, cout, 3, 1, affine=True)
        self.downsample = nn.Sequential(nn.AvgPool2d(2, 2), nn.Conv2d(cin, cout, 1, bias=False))

    def forward(self, x, genotype):
        return self.conv_b(self.conv_a(x)) + self.downsample(x)


class Network(nn.Module):
    def __init__(self, channels, cells, input_channels, classes=10):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(input_channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))
        layers = []
        for stage in range(3):
            width = channels << stage
            if stage:
                layers.append(Residual(width // 2, width))
            layers.extend(Cell(width) for _ in range(cells))
        self.cells = nn.ModuleList(layers)
        self.lastact = nn.Sequential(nn.BatchNorm2d(channels * 4), nn.ReLU())
        self.classifier = nn.Linear(channels * 4, classes)

    def forward(self, x, genotype):
        x = self.stem(x)
        for cell in self.cells:
            x = cell(x, genotype)
        return self.classifier(self.lastact(x).mean((2, 3)))


def main():
    channels, cells, input_channels, side, batch, threads = map(int, sys.argv[1:7])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network = Network(channels, cells, input_channels).to(memory_format=torch.channels_last)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.025, momentum=0.9, weight_decay=5e-4, nesterov=True)
    criterion = nn.CrossEntropyLoss()
    images = torch.randn(batch, input_channels, side, side).contiguous(memory_format=torch.channels_last)
    targets = torch.randint(10, (batch,))

    def step(genotype):
        optimiser.zero_grad(set_to_none=True)
        loss = criterion(network(images, genotype), targets)
        loss.backward()
        optimiser.step()
        loss.item()

    for line in sys.stdin:
        genotypes = [[int(code) for code in word] for word in line.split()]
        start = time.perf_counter()
        for genotype in genotypes:
            step(genotype)
        print(time.perf_counter() - start, flush=True)


main()
