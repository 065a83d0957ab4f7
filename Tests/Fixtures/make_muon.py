"""Writes muon.json: steps of Muon in float64, PyTorch's and the one of Jordan's cifar10-airbench.

    python Tests/Fixtures/make_muon.py        (needs torch; made with torch 2.13, CPU)

PyTorch's optimiser takes the Newton-Schulz steps in bfloat16; here `Tensor.bfloat16` is replaced, so that it takes them
in float64. It accepts matrices alone: filters are given to it as such.
"""
import json
import math
import pathlib

import torch

torch.Tensor.bfloat16 = lambda tensor: tensor.double().clone()
STEPS = 6
SHAPES = [(6, 2, 3, 3), (8, 5), (4, 4)]
generator = torch.Generator().manual_seed(11)


def draw(shape, scale):
    return (scale * torch.randn(shape, generator=generator, dtype=torch.float32)).double()


START = [draw(s, 0.5) for s in SHAPES]
GRADIENTS = [[draw(s, 0.1) for s in SHAPES] for _ in range(STEPS)]


def compact(tensors):
    return [float(f"{v:.9g}") for t in tensors for v in t.detach().reshape(-1).tolist()]


def torch_muon(**options):
    parameters = [torch.nn.Parameter(p.reshape(len(p), -1).clone()) for p in START]
    optimizer = torch.optim.Muon(parameters, **options)
    result = []
    for gradients in GRADIENTS:
        for p, g in zip(parameters, gradients):
            p.grad = g.reshape(p.shape).clone()
        optimizer.step()
        result.append(compact(parameters))
    return result


def orthogonalized(g, steps, eps=1e-7):
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g / (g.norm() + eps)
    if x.shape[0] > x.shape[1]:
        x = x.T
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if g.shape[0] > g.shape[1] else x


def airbench(lr, momentum, steps):
    """As cifar10-airbench's Muon: the weight is scaled to a norm of sqrt(rows) before the update."""
    parameters = [p.reshape(len(p), -1).clone() for p in START]
    buffers = [torch.zeros_like(p) for p in parameters]
    result = []
    for gradients in GRADIENTS:
        for p, buffer, g in zip(parameters, buffers, gradients):
            g = g.reshape(p.shape)
            buffer.mul_(momentum).add_(g)
            p.mul_(math.sqrt(len(p)) / p.norm())
            p.add_(orthogonalized(g + momentum * buffer, steps), alpha=-lr)
        result.append(compact(parameters))
    return result


def main():
    content = {
        "shapes": SHAPES, "start": compact(START), "gradients": [compact(g) for g in GRADIENTS],
        "cases": {
            "torch": torch_muon(lr=0.02),
            "torch.original": torch_muon(lr=0.02, momentum=0.9, weight_decay=0.3, ns_steps=4, adjust_lr_fn="original"),
            "torch.adam": torch_muon(
                lr=0.01, momentum=0.8, nesterov=False, weight_decay=0, adjust_lr_fn="match_rms_adamw"),
            "airbench": airbench(0.24, 0.6, 3),
        },
    }
    path = pathlib.Path(__file__).with_name("muon.json")
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")


main()
