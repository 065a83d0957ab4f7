"""Writes initialization.json: PyTorch's gains, fans and the bounds and deviations that follow, and a whitening by numpy.

    python Tests/Fixtures/make_initialization.py        (needs torch and numpy; made with torch 2.13, CPU)
"""
import json
import pathlib

import numpy
import torch
from torch.nn import init

SHAPES = [(10, 84), (16, 6, 5, 5), (32, 1, 3, 3), (8, 4, 3, 2)]    # the third: depthwise, 32 groups; the fourth: 2 groups
NONLINEARITIES = [("linear", None), ("sigmoid", None), ("tanh", None), ("relu", None), ("leaky_relu", 0.0),
                  ("leaky_relu", 0.01), ("leaky_relu", 0.2), ("selu", None)]


class Recorder(torch.Tensor):
    """Notes what it would be filled with."""

    def uniform_(self, low, high, generator=None):
        self.drawn = ("uniform", high)
        return self

    def normal_(self, mean, std, generator=None):
        self.drawn = ("normal", std)
        return self


def drawn(function, shape, **options):
    tensor = torch.empty(shape, dtype=torch.float64).as_subclass(Recorder)
    function(tensor, **options)
    return tensor.drawn[1]


def whitening(images, height, width, eps):
    windows = numpy.lib.stride_tricks.sliding_window_view(images, (height, width), axis=(2, 3))
    patches = windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, images.shape[1] * height * width)
    values, vectors = numpy.linalg.eigh(numpy.cov(patches.T, bias=True))
    kernels = []
    for i in reversed(range(len(values))):
        vector = vectors[:, i]
        vector = vector * numpy.sign(vector[numpy.argmax(abs(vector))])
        kernels.append(vector / numpy.sqrt(values[i] + eps))
    return numpy.concatenate([kernels, -numpy.array(kernels)])


def main():
    weights = []
    for shape in SHAPES:
        tensor = torch.empty(shape)
        fan_in, fan_out = init._calculate_fan_in_and_fan_out(tensor)
        entry = {"shape": shape, "fans": [fan_in, fan_out]}
        entry["xavierUniform"] = drawn(init.xavier_uniform_, shape, gain=1.5)
        entry["xavierNormal"] = drawn(init.xavier_normal_, shape, gain=1.5)
        for mode in ["fan_in", "fan_out"]:
            for name, a in NONLINEARITIES:
                options = dict(mode=mode, nonlinearity=name, a=a or 0)
                entry.setdefault("kaimingUniform", []).append(drawn(init.kaiming_uniform_, shape, **options))
                entry.setdefault("kaimingNormal", []).append(drawn(init.kaiming_normal_, shape, **options))
        weights.append(entry)
    noise = numpy.random.default_rng(3).random((3, 2, 6, 5)).astype(numpy.float32)
    # Neighbours that resemble each other, as in images.
    images = (noise[:, :, :, :] + numpy.roll(noise, 1, 3) + numpy.roll(noise, 1, 2)).astype(numpy.float32)
    path = pathlib.Path(__file__).with_name("initialization.json")
    path.write_text(json.dumps({
        "gains": [init.calculate_gain(name, a) for name, a in NONLINEARITIES],
        "weights": weights,
        "images": [float(f"{v:.9g}") for v in images.flatten()],
        "whitening": [float(f"{v:.9g}") for v in whitening(images.astype(numpy.float64), 3, 2, 5e-4).flatten()],
    }) + "\n")
    print(path.stat().st_size)


main()
