"""Writes convolutions.json: convolutions, linear layers, padding and branches of float64 PyTorch, forward and backward.

    python Tests/Fixtures/make_convolutions.py        (needs torch; made with torch 2.13, CPU)

Inputs and parameters are multiples of 1/64, which Float holds exactly.
"""
import json
import pathlib

import torch
from torch import nn

torch.manual_seed(5)


def exact(shape):
    return torch.randint(-64, 65, shape).double() / 64


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


class Residual(nn.Module):
    def __init__(self, body, shortcut=None):
        super().__init__()
        self.body = body
        self.shortcut = shortcut or nn.Identity()

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


class Parallel(nn.ModuleList):
    def forward(self, x):
        return torch.cat([branch(x) for branch in self], dim=1)


def block(channels):
    return nn.Sequential(nn.Conv2d(channels, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1, bias=False))


CASES = [
    # name, module, shape of an image
    ("conv", nn.Conv2d(4, 3, 3), (4, 7, 9)),
    ("conv 1x1", nn.Conv2d(6, 5, 1, bias=False), (6, 5, 4)),
    ("conv 1x1 stride", nn.Conv2d(3, 8, 1, stride=2), (3, 7, 8)),
    ("conv stride padding", nn.Conv2d(3, 5, (3, 5), stride=(2, 3), padding=(1, 2)), (3, 9, 11)),
    ("conv dilation", nn.Conv2d(2, 3, 3, padding=2, dilation=(2, 1)), (2, 8, 7)),
    ("conv groups", nn.Conv2d(6, 4, 3, padding=1, groups=2), (6, 6, 5)),
    ("conv depthwise", nn.Conv2d(5, 5, 3, padding=1, groups=5), (5, 8, 19)),
    ("conv depthwise stride", nn.Conv2d(4, 8, 3, stride=2, padding=1, groups=4, bias=False), (4, 9, 8)),
    ("conv reflect", nn.Conv2d(2, 3, 3, padding=(2, 1), padding_mode="reflect"), (2, 6, 5)),
    ("conv replicate", nn.Conv2d(2, 3, 3, stride=2, padding=2, padding_mode="replicate"), (2, 6, 5)),
    ("conv circular", nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular"), (2, 4, 5)),
    ("conv same", nn.Conv2d(2, 3, (4, 3), padding="same", dilation=(1, 2)), (2, 7, 6)),
    ("conv same reflect", nn.Conv2d(2, 3, 4, padding="same", padding_mode="reflect"), (2, 6, 6)),
    ("transposed", nn.ConvTranspose2d(3, 4, 3), (3, 5, 6)),
    ("transposed stride", nn.ConvTranspose2d(4, 3, 4, stride=2, padding=1, bias=False), (4, 5, 3)),
    ("transposed output padding",
     nn.ConvTranspose2d(3, 2, (3, 2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2)), (3, 4, 5)),
    ("transposed groups dilation", nn.ConvTranspose2d(4, 6, 3, stride=1, padding=1, groups=2, dilation=2), (4, 5, 6)),
    ("linear", nn.Linear(23, 7), (23,)),
    ("linear no bias", nn.Linear(5, 17, bias=False), (5,)),
    ("residual", Residual(block(4)), (4, 6, 5)),
    ("residual relu", nn.Sequential(Residual(block(4)), nn.ReLU()), (4, 6, 5)),
    ("residual shortcut", nn.Sequential(Residual(block(3), nn.Conv2d(3, 4, 1)), nn.ReLU()), (3, 6, 5)),
    ("parallel", Parallel([nn.Conv2d(3, 2, 1), nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()), nn.Identity(),
                           nn.MaxPool2d(3, stride=1, padding=1)]), (3, 5, 4)),
]


def main():
    cases = []
    for name, module, shape in CASES:
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
    path = pathlib.Path(__file__).with_name("convolutions.json")
    path.write_text("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")


main()
