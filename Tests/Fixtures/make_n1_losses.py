"""Writes n1-losses.json: the losses of the first 20 training steps of the tutorial CNN (N1) in float64 PyTorch.

    python Tests/Fixtures/make_n1_losses.py        (needs torch; made with torch 2.13, CPU)

Weights and images come from SplitMix64, which Tests/LayersTests/TorchLossTests.swift repeats, so that only losses are
stored, with a few values that tell where a generator drifts:
  - weights, with seed 1 and the stream 2^64 - 1, in the order of the network's parameters: ((bits >> 40) * 2^-23 - 1) * bound, in float32,
    where bound is 1/sqrt(fan-in) rounded to float32
  - batches, with seed 2, image by image: the label is (bits >> 32) % 10, then each 8 pixels are the bytes of bits,
    lowest first, halved, plus 12 * label; a pixel p enters the network as p * 2/255 - 1
"""
import json
import math
import pathlib

import numpy
import torch

MASK = (1 << 64) - 1
STEPS = 20


class SplitMix64:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    @classmethod
    def of_stream(cls, seed, stream):
        return cls(cls(cls(seed).next() ^ stream).next())


def make_network():
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 6, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(6, 16, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(400, 120), torch.nn.ReLU(),
        torch.nn.Linear(120, 84), torch.nn.ReLU(),
        torch.nn.Linear(84, 10),
    ).double()
    generator = SplitMix64.of_stream(1, MASK)
    with torch.no_grad():
        for module in network:
            if not hasattr(module, "weight"):
                continue
            bound = numpy.float32(1 / math.sqrt(module.weight[0].numel()))
            for parameter in (module.weight, module.bias):
                bits = numpy.array([generator.next() >> 40 for _ in range(parameter.numel())], dtype=numpy.float64)
                values = (bits * 2.0**-23 - 1).astype(numpy.float32) * bound
                parameter.copy_(torch.from_numpy(values).double().reshape(parameter.shape))
    return network


def make_batches(size):
    generator = SplitMix64(2)
    for _ in range(STEPS):
        pixels = numpy.empty((size, 3 * 32 * 32), dtype=numpy.uint8)
        labels = []
        for image in range(size):
            labels.append((generator.next() >> 32) % 10)
            bits = numpy.array([generator.next() for _ in range(3 * 32 * 32 // 8)], dtype="<u8")
            pixels[image] = bits.view(numpy.uint8) // 2 + 12 * labels[-1]
        yield pixels.reshape(size, 3, 32, 32), torch.tensor(labels)


def train(size, make_optimizer):
    network = make_network()
    optimizer = make_optimizer(network.parameters())
    losses = []
    checksum = 0
    for pixels, labels in make_batches(size):
        checksum += int(pixels.sum(dtype=numpy.int64))
        loss = torch.nn.functional.cross_entropy(network(torch.from_numpy(pixels).double() * 2 / 255 - 1), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"batchSize": size, "pixelSum": checksum, "losses": losses}


def main():
    result = {
        "torch": torch.__version__,
        "weights": {
            name: [float(v) for v in parameter.detach().flatten()[[0, -1]]]
            for name, parameter in make_network().named_parameters()
        },
        "sgd": train(4, lambda p: torch.optim.SGD(p, lr=0.001, momentum=0.9)),
        "adam": train(32, lambda p: torch.optim.Adam(p, lr=0.001)),
    }
    path = pathlib.Path(__file__).with_name("n1-losses.json")
    path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
