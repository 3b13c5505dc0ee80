"""Multiply-adds of MobileNetV2 1.0 by thop and fvcore, which run a PyTorch module to count: what bulk_costs is measured
against.

The module is built beforehand, in evaluation mode, with one image of 3x224x224; the first count of each tool is not
timed. Prints a line a tool: name, multiply-adds, seconds of each count.
usage: count_costs.py COUNTS
"""
import logging
import sys
import time

import thop
import torch
from fvcore.nn import FlopCountAnalysis
from torch import nn

logging.getLogger("fvcore").setLevel(logging.ERROR)
STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


def conv_norm(cin, cout, kernel, stride=1, groups=1):
    return [nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(cout)]


class Block(nn.Module):
    def __init__(self, cin, cout, expansion, stride):
        super().__init__()
        middle = cin * expansion
        layers = [*conv_norm(cin, middle, 1), nn.ReLU6()] if expansion > 1 else []
        layers += [*conv_norm(middle, middle, 3, stride, middle), nn.ReLU6(), *conv_norm(middle, cout, 1)]
        self.layers = nn.Sequential(*layers)
        self.residual = stride == 1 and cin == cout

    def forward(self, x):
        return x + self.layers(x) if self.residual else self.layers(x)


def mobilenet_v2():
    layers, channels = [*conv_norm(3, 32, 3, 2), nn.ReLU6()], 32
    for expansion, width, repeats, stride in STAGES:
        for index in range(repeats):
            layers.append(Block(channels, width, expansion, stride if index == 0 else 1))
            channels = width
    layers += [*conv_norm(channels, 1280, 1), nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000)]
    return nn.Sequential(*layers).eval()


def main():
    counts = int(sys.argv[1])
    torch.set_num_threads(1)
    model, image = mobilenet_v2(), torch.zeros(1, 3, 224, 224)
    tools = {
        "thop": lambda: int(thop.profile(model, (image,), verbose=False)[0]),
        "fvcore": lambda: int(FlopCountAnalysis(model, image).unsupported_ops_warnings(False).total()),
    }
    for name, count in tools.items():
        macs, seconds = count(), []
        for _ in range(counts):
            start = time.perf_counter()
            count()
            seconds.append(time.perf_counter() - start)
        print(name, macs, *seconds, flush=True)


main()
