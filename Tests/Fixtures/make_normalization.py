"""Writes normalization.json: normalisation layers and nearest upsampling of float64 PyTorch.

    python Tests/Fixtures/make_normalization.py        (needs torch; made with torch 2.13, CPU)

Each case is three training steps, the last of which has its numbers stored, the buffers behind them, and an inference.
Inputs and parameters are multiples of 1/64 (plus an offset), which Float holds exactly.
"""
import json
import pathlib

import torch
from torch import nn

torch.manual_seed(7)


def exact(shape):
    return torch.randint(-64, 65, shape).double() / 64


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


def relu(layer):
    return nn.Sequential(layer, nn.ReLU())


CASES = [
    # name, module, batch, shape of an image, offset and scale of the inputs
    ("batch", nn.BatchNorm2d(3), 2, (3, 4, 5), 0, 1),
    ("batch relu", relu(nn.BatchNorm2d(5)), 3, (5, 3, 3), 0, 1),
    ("batch momentum", nn.BatchNorm2d(2, momentum=0.37), 3, (2, 1, 1), 0, 1),
    ("batch cumulative", nn.BatchNorm2d(3, momentum=None), 2, (3, 2, 2), 0, 1),
    ("batch eps", nn.BatchNorm2d(3, eps=0.25), 2, (3, 3, 6), 0, 1),
    ("batch not affine", nn.BatchNorm2d(4, affine=False), 2, (4, 3, 2), 0, 1),
    ("batch not tracking", nn.BatchNorm2d(3, track_running_stats=False), 2, (3, 3, 3), 0, 1),
    ("batch neither", relu(nn.BatchNorm2d(3, affine=False, track_running_stats=False)), 2, (3, 2, 4), 0, 1),
    ("batch huge mean", nn.BatchNorm2d(2), 3, (2, 4, 4), 4096, 1),
    ("batch large planes", nn.BatchNorm2d(1), 2, (1, 9, 21), 0, 1),
    ("batch one pixel", nn.BatchNorm2d(19), 4, (19, 1, 1), 0, 1),
    ("features", nn.BatchNorm1d(7), 5, (7,), 0, 1),
    ("features relu", relu(nn.BatchNorm1d(21)), 3, (21,), 0, 1),
    ("features not affine", nn.BatchNorm1d(5, affine=False, momentum=None), 4, (5,), 100, 1),
    ("group", nn.GroupNorm(2, 6), 2, (6, 3, 5), 0, 1),
    ("group relu", relu(nn.GroupNorm(3, 6)), 2, (6, 4, 4), 0, 1),
    ("group instance", nn.GroupNorm(4, 4, eps=0.01), 2, (4, 2, 3), 0, 1),
    ("group not affine", nn.GroupNorm(1, 3, affine=False), 2, (3, 5, 4), 1000, 1),
    ("group features", nn.GroupNorm(2, 10), 3, (10,), 0, 1),
    ("layer", nn.LayerNorm(13), 4, (13,), 0, 1),
    ("layer relu", relu(nn.LayerNorm(20)), 3, (20,), 0, 1),
    ("layer image", nn.LayerNorm([3, 4, 5]), 2, (3, 4, 5), 0, 1),
    ("layer rows", nn.LayerNorm(6, eps=0.1), 2, (2, 3, 6), 0, 1),
    ("layer not affine", nn.LayerNorm([4, 3], elementwise_affine=False), 2, (2, 4, 3), 1000, 1),
    ("layer no bias", nn.LayerNorm(9, bias=False), 3, (9,), 0, 1),
    ("upsample", nn.Upsample(scale_factor=2), 2, (2, 3, 4), 0, 1),
    ("upsample axes", nn.Upsample(scale_factor=(3, 1)), 2, (3, 2, 5), 0, 1),
    ("upsample wide", nn.Upsample(scale_factor=(1, 4)), 1, (2, 3, 3), 0, 1),
    ("upsample none", nn.Upsample(scale_factor=1), 1, (2, 2, 3), 0, 1),
]


def named(tensors):
    """Tensors under the layer's own names, without the position in a Sequential."""
    return [
        {"name": key.split(".")[-1], "shape": list(value.shape), "values": numbers(value)} for key, value in tensors
    ]


def main():
    cases = []
    for name, module, batch, shape, offset, scale in CASES:
        module = module.double()
        for parameter in module.parameters():
            parameter.data = exact(parameter.shape)
        parameters = named(module.named_parameters())
        inputs = []
        for _ in range(3):
            x = (exact((batch, *shape)) * scale + offset).requires_grad_()
            inputs.append(numbers(x))
            y = module(x)
        gradient = exact(y.shape)
        y.backward(gradient)
        for parameter, (_, value) in zip(parameters, module.named_parameters()):
            parameter["gradient"] = numbers(value.grad)
        buffers = named(module.named_buffers())
        module.eval()
        z = module(x)
        cases.append({
            "name": name, "inputShape": list(x.shape), "outputShape": list(y.shape), "inputs": inputs,
            "output": numbers(y), "outputGradient": numbers(gradient), "inputGradient": numbers(x.grad),
            "parameters": parameters, "buffers": buffers, "inference": numbers(z),
        })
    path = pathlib.Path(__file__).with_name("normalization.json")
    path.write_text("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")


main()
