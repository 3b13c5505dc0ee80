"""Single-path training of supernets in eager PyTorch: what benchmarks/train_speed is measured against.

The same network, batch, sampling (one uniform genotype a step), optimiser and threads, in channels_last memory format,
which is the fastest that eager PyTorch offers on a CPU. "none" edges cost nothing.

Reads lines of genotypes (the number of every choice's candidate, "303124 013342") from standard input; for each line
trains one step a genotype and prints the seconds they took.
usage: train_eager.py nas-bench-201 CHANNELS CELLS INPUT_CHANNELS SIDE BATCH THREADS
       train_eager.py mobilenet-proxyless-gpu SIDE BATCH THREADS
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


def conv_norm(cin, cout, kernel=1, stride=1, groups=1, activation=True):
    layers = [nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(cout)]
    return layers + ([nn.ReLU6(inplace=True)] if activation else [])


class MobileBlock(nn.Module):
    def __init__(self, cin, cout, kernel, expansion, stride):
        super().__init__()
        middle = cin * expansion
        expand = conv_norm(cin, middle) if expansion > 1 else []
        depthwise = conv_norm(middle, middle, kernel, stride, middle)
        self.body = nn.Sequential(*expand, *depthwise, *conv_norm(middle, cout, activation=False))
        self.residual = stride == 1 and cin == cout

    def forward(self, x):
        return self.body(x) + x if self.residual else self.body(x)


class ProxylessGpu(nn.Module):
    STAGES = [(32, 4, 2), (56, 4, 2), (112, 4, 2), (128, 4, 1), (256, 4, 2), (432, 1, 1)]

    def __init__(self, classes=1000):
        super().__init__()
        self.stem = nn.Sequential(*conv_norm(3, 40, 3, 2), MobileBlock(40, 24, 3, 1, 1))
        self.layers = nn.ModuleList()
        channels = 24
        for width, count, stride in self.STAGES:
            for block in range(count):
                candidates = [
                    MobileBlock(channels, width, kernel, expansion, stride if block == 0 else 1)
                    for kernel in (3, 5, 7)
                    for expansion in (3, 6)
                ]
                self.layers.append(nn.ModuleList(candidates + [nn.Identity()] * (block > 0)))
                channels = width
        self.head = nn.Sequential(*conv_norm(channels, 1728))
        self.classifier = nn.Linear(1728, classes)

    def forward(self, x, genotype):
        x = self.stem(x)
        for layer, candidate in zip(self.layers, genotype):
            x = layer[candidate](x)
        return self.classifier(self.head(x).mean((2, 3)))


def network_of(preset, numbers):
    if preset == "nas-bench-201":
        channels, cells, input_channels, side = numbers
        return Network(channels, cells, input_channels), input_channels, side, 10
    return ProxylessGpu(), 3, numbers[0], 1000


def main():
    *numbers, batch, threads = map(int, sys.argv[2:])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network, input_channels, side, classes = network_of(sys.argv[1], numbers)
    network = network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.025, momentum=0.9, weight_decay=5e-4, nesterov=True)
    criterion = nn.CrossEntropyLoss()
    images = torch.randn(batch, input_channels, side, side).contiguous(memory_format=torch.channels_last)
    targets = torch.randint(classes, (batch,))

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
