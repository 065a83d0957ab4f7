"""Writes layers.json: learned slopes, branches that are multiplied, bilinear upsampling, adaptive max pooling and layers of
lines of float64 PyTorch, forward and backward.

    python Tests/Fixtures/make_layers.py        (needs torch; made with torch 2.13, CPU)

Inputs and parameters are multiples of 1/64, which Float holds exactly. Each case has random numbers of its own, which
follow from its name.
"""
import json
import pathlib
import zlib

import torch
from torch import nn


def exact(shape):
    return torch.randint(-64, 65, shape).double() / 64


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


class Product(nn.ModuleList):
    def forward(self, x):
        result = 1
        for branch in self:
            result = result * branch(x)
        return result


def squeeze(channels, reduced):
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, reduced, 1), nn.ReLU(), nn.Conv2d(reduced, channels, 1),
        nn.Sigmoid())


def block(channels):
    return nn.Sequential(nn.Conv2d(channels, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1, bias=False))


CASES = [
    # name, module, shape of an image
    ("prelu", nn.PReLU(), (3, 5, 7)),
    ("prelu channels", nn.PReLU(4), (4, 5, 7)),
    ("prelu features", nn.PReLU(19), (19,)),
    ("prelu features shared", nn.PReLU(), (19,)),
    ("prelu line", nn.PReLU(3), (3, 11)),
    ("prelu network", nn.Sequential(nn.Conv2d(2, 5, 3), nn.PReLU(5), nn.MaxPool2d(2, ceil_mode=True)), (2, 9, 9)),
    ("multiplied", Product([nn.Conv2d(3, 4, 1), nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Tanh())]), (3, 6, 5)),
    ("multiplied three", Product([nn.Conv2d(3, 3, 1), nn.Identity(), nn.Conv2d(3, 3, 3, padding=1)]), (3, 6, 5)),
    ("squeeze and excite", Product([nn.Identity(), squeeze(8, 2)]), (8, 6, 5)),
    ("squeeze first", Product([squeeze(4, 3), nn.Conv2d(4, 4, 3, padding=1), nn.Identity()]), (4, 5, 5)),
    ("bilinear", nn.Upsample(scale_factor=2, mode="bilinear"), (2, 3, 5)),
    ("bilinear corners", nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), (2, 4, 3)),
    ("bilinear axes", nn.Upsample(scale_factor=(3, 1), mode="bilinear"), (2, 3, 4)),
    ("bilinear wide", nn.Upsample(scale_factor=(1, 4), mode="bilinear", align_corners=True), (1, 2, 5)),
    ("bilinear pixel", nn.Upsample(scale_factor=3, mode="bilinear", align_corners=True), (3, 1, 1)),
    ("bilinear network", nn.Sequential(nn.Conv2d(2, 3, 3), nn.Upsample(scale_factor=2, mode="bilinear"),
                                       nn.Conv2d(3, 2, 1)), (2, 7, 9)),
    ("adaptive max", nn.AdaptiveMaxPool2d((3, 2)), (2, 7, 5)),
    ("adaptive max divides", nn.AdaptiveMaxPool2d((2, 3)), (2, 6, 9)),
    ("adaptive max larger", nn.AdaptiveMaxPool2d(5), (2, 3, 4)),
    ("adaptive max global", nn.AdaptiveMaxPool2d(1), (3, 4, 6)),
    ("line conv", nn.Conv1d(4, 6, 3, padding=1), (4, 13)),
    ("line conv options", nn.Conv1d(4, 6, 5, stride=2, padding=3, dilation=2, groups=2, bias=False), (4, 21)),
    ("line conv same", nn.Conv1d(3, 2, 4, padding="same"), (3, 9)),
    ("line conv reflect", nn.Conv1d(2, 3, 3, padding=2, padding_mode="reflect"), (2, 8)),
    ("line conv depthwise", nn.Conv1d(5, 5, 3, padding=1, groups=5), (5, 40)),
    ("line max", nn.MaxPool1d(3, stride=2, padding=1, ceil_mode=True), (3, 12)),
    ("line max dilation", nn.MaxPool1d(2, stride=1, dilation=3), (3, 12)),
    ("line average", nn.AvgPool1d(3, stride=2, padding=1, count_include_pad=False), (3, 12)),
    ("line average default", nn.AvgPool1d(2), (3, 11)),
    ("line global", nn.AdaptiveAvgPool1d(1), (3, 11)),
    ("line adaptive", nn.AdaptiveAvgPool1d(4), (3, 11)),
    ("line adaptive max", nn.AdaptiveMaxPool1d(4), (3, 11)),
    ("line network", nn.Sequential(nn.Conv1d(2, 4, 5), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(4, 3, 3), nn.PReLU(3),
                                   nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(3, 4)), (2, 22)),
    ("squeeze block", nn.Sequential(block(3), Product([nn.Identity(), squeeze(4, 2)]), nn.ReLU()), (3, 6, 7)),
]


def main():
    cases = []
    for name, module, shape in CASES:
        torch.manual_seed(zlib.crc32(name.encode()))
        module = module.double()
        for parameter in module.parameters():
            parameter.data = exact(parameter.shape)
        x = exact((2, *shape)).requires_grad_()
        y = module(x)
        gradient = exact(y.shape)
        y.backward(gradient)
        cases.append({
            "name": name, "inputShape": list(x.shape), "outputShape": list(y.shape), "input": numbers(x),
            "output": numbers(y), "outputGradient": numbers(gradient), "inputGradient": numbers(x.grad),
            "parameters": [
                {"name": key, "shape": list(p.shape), "values": numbers(p), "gradient": numbers(p.grad)}
                for key, p in module.named_parameters()
            ],
        })
    path = pathlib.Path(__file__).with_name("layers.json")
    path.write_text("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")


main()
