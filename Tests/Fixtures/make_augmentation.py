"""Writes augmentation.json: what torchvision's transforms make of small images, with their random choices given.

    python Tests/Fixtures/make_augmentation.py        (needs torch, numpy, scipy; made with torch 2.13, CPU)

torchvision itself is not needed: its formulas (torchvision/transforms/functional.py and _functional_tensor.py, 0.2x) are
written here with torch's functions, in float64.
"""
import json
import math
import pathlib

import numpy
import torch
import torch.nn.functional as F
from scipy import stats

torch.manual_seed(7)


def image(*shape):
    return torch.randint(0, 65, shape).double() / 64


COLOUR = image(3, 9, 7)
GREY = image(1, 6, 8)
SQUARE = image(3, 6, 6)
IMAGES = {"colour": COLOUR, "grey": GREY, "square": SQUARE}


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.flatten().tolist()]


def rotate(x, angle, mode, fill):
    """functional.rotate(x, angle, interpolation, expand=False, fill=fill): an affine grid and grid_sample."""
    height, width = x.shape[-2:]
    turn = math.radians(angle)
    matrix = torch.tensor([[math.cos(turn), -math.sin(turn), 0], [math.sin(turn), math.cos(turn), 0]]).double()
    xs = torch.linspace(-width * 0.5 + 0.5, width * 0.5 + 0.5 - 1, width, dtype=torch.float64)
    ys = torch.linspace(-height * 0.5 + 0.5, height * 0.5 + 0.5 - 1, height, dtype=torch.float64)
    base = torch.stack([xs.expand(height, width), ys[:, None].expand(height, width), torch.ones(height, width)], -1)
    grid = base.double() @ (matrix.T / torch.tensor([0.5 * width, 0.5 * height]).double())
    with_mask = torch.cat([x, torch.ones(1, height, width).double()])[None]
    sampled = F.grid_sample(with_mask, grid[None], mode=mode, padding_mode="zeros", align_corners=False)[0]
    mask, sampled = sampled[-1:], sampled[:-1]
    fill = torch.tensor(fill).double().reshape(-1, 1, 1).expand_as(sampled)
    if mode == "nearest":
        return torch.where(mask < 0.5, fill, sampled)
    return sampled * mask + (1 - mask) * fill


def blur(x, kernel, sigma):
    """functional.gaussian_blur: a kernel that is the product of two, and reflected borders."""
    def weights(size):
        half = (size - 1) * 0.5
        pdf = torch.exp(-0.5 * (torch.linspace(-half, half, size).double() / sigma) ** 2)
        return pdf / pdf.sum()

    ky, kx = kernel
    weight = torch.outer(weights(ky), weights(kx)).expand(x.shape[0], 1, ky, kx)
    padded = F.pad(x[None], [kx // 2, kx // 2, ky // 2, ky // 2], mode="reflect")
    return F.conv2d(padded, weight, groups=x.shape[0])[0]


def resize(x, size, antialias, box=None):
    if box:
        top, left, height, width = box
        x = x[:, top:top + height, left:left + width]
    return F.interpolate(x[None], size=size, mode="bilinear", align_corners=False, antialias=antialias)[0]


def grey(x):
    return 0.2989 * x[0:1] + 0.587 * x[1:2] + 0.114 * x[2:3] if x.shape[0] == 3 else x


def blend(x, other, factor):
    return (factor * x + (1 - factor) * other).clamp(0, 1)


def hue(x, factor):
    """_functional_tensor.adjust_hue, by _rgb2hsv and _hsv2rgb."""
    r, g, b = x
    maxc, minc = x.max(0).values, x.min(0).values
    equal = maxc == minc
    range_ = maxc - minc
    one = torch.ones_like(maxc)
    s = range_ / torch.where(equal, one, maxc)
    divisor = torch.where(equal, one, range_)
    rc, gc, bc = (maxc - r) / divisor, (maxc - g) / divisor, (maxc - b) / divisor
    h = (maxc == r) * (bc - gc) + ((maxc == g) & (maxc != r)) * (2 + rc - bc)
    h = h + ((maxc != g) & (maxc != r)) * (4 + gc - rc)
    h = torch.fmod(h / 6 + 1, 1)
    h = (h + factor) % 1
    v = maxc
    i = torch.floor(h * 6)
    f = h * 6 - i
    i = i.int() % 6
    p, q, t = (v * (1 - s)).clamp(0, 1), (v * (1 - s * f)).clamp(0, 1), (v * (1 - s * (1 - f))).clamp(0, 1)
    rows = torch.stack([torch.stack([v, q, p, p, t, v]), torch.stack([t, v, v, q, p, p]), torch.stack([p, p, t, v, v, q])])
    return rows.gather(1, i.long()[None, None].expand(3, 1, *i.shape))[:, 0]


CASES = [
    ("flip horizontal", "colour", lambda x: x.flip(-1)),
    ("flip vertical", "colour", lambda x: x.flip(-2)),
    ("rotate 33 nearest", "colour", lambda x: rotate(x, 33, "nearest", [0.0])),
    ("rotate -77 nearest fill", "grey", lambda x: rotate(x, -77, "nearest", [0.25])),
    ("rotate 90 nearest", "square", lambda x: rotate(x, 90, "nearest", [0.0])),
    ("rotate 90 bilinear", "square", lambda x: rotate(x, 90, "bilinear", [0.0])),
    ("rotate 180 bilinear", "colour", lambda x: rotate(x, 180, "bilinear", [0.0])),
    ("rotate 30 bilinear", "colour", lambda x: rotate(x, 30, "bilinear", [0.0])),
    ("rotate -15.5 bilinear fill", "colour", lambda x: rotate(x, -15.5, "bilinear", [0.5, 0.25, 1.0])),
    ("rotate 200 bilinear fill", "grey", lambda x: rotate(x, 200, "bilinear", [0.75])),
    ("blur 3", "grey", lambda x: blur(x, (3, 3), 0.5)),
    ("blur 5x3", "colour", lambda x: blur(x, (5, 3), 1.25)),
    ("blur 7 wide", "colour", lambda x: blur(x, (7, 7), 2.0)),
    ("resize up", "colour", lambda x: resize(x, (13, 16), True)),
    ("resize down", "colour", lambda x: resize(x, (4, 3), True)),
    ("resize down plain", "colour", lambda x: resize(x, (4, 3), False)),
    ("resize mixed", "grey", lambda x: resize(x, (11, 3), True)),
    ("resize to one", "grey", lambda x: resize(x, (1, 1), True)),
    ("resized crop", "colour", lambda x: resize(x, (8, 8), True, box=(2, 1, 6, 5))),
    ("resized crop down", "colour", lambda x: resize(x, (3, 2), True, box=(0, 2, 8, 4))),
    ("pad constant", "colour", lambda x: F.pad(x, [2, 2, 3, 3], value=0.5)),
    ("pad reflect", "colour", lambda x: F.pad(x[None], [2, 2, 3, 3], mode="reflect")[0]),
    ("pad edge", "colour", lambda x: F.pad(x[None], [2, 2, 3, 3], mode="replicate")[0]),
    ("brightness 0.6", "colour", lambda x: blend(x, torch.zeros_like(x), 0.6)),
    ("brightness 1.75", "grey", lambda x: blend(x, torch.zeros_like(x), 1.75)),
    ("contrast 0.5", "colour", lambda x: blend(x, grey(x).mean(), 0.5)),
    ("contrast 1.5", "grey", lambda x: blend(x, grey(x).mean(), 1.5)),
    ("saturation 0.25", "colour", lambda x: blend(x, grey(x), 0.25)),
    ("saturation 2", "colour", lambda x: blend(x, grey(x), 2.0)),
    ("saturation 2 grey", "grey", lambda x: x),
    ("hue 0.25", "colour", lambda x: hue(x, 0.25)),
    ("hue -0.4", "colour", lambda x: hue(x, -0.4)),
    ("hue 0 square", "square", lambda x: hue(x, 0.0)),
]

# A batch of four images of two channels and three classes: mixup and CutMix with the batch rolled by one.
BATCH = image(4, 2, 4, 5)
ONE_HOT = F.one_hot(torch.tensor([2, 0, 1, 1]), 3).double()


def mix(lam):
    return lam * BATCH + (1 - lam) * BATCH.roll(1, 0), lam * ONE_HOT + (1 - lam) * ONE_HOT.roll(1, 0)


def cut(top, left, height, width):
    mixed = BATCH.clone()
    rows, columns = slice(top, top + height), slice(left, left + width)
    mixed[..., rows, columns] = BATCH.roll(1, 0)[..., rows, columns]
    lam = 1 - height * width / 20
    return mixed, lam * ONE_HOT + (1 - lam) * ONE_HOT.roll(1, 0)


# Bytes made by a formula, 40 images of 3 × 5 × 7; the statistics are numpy's.
index = numpy.arange(40 * 3 * 5 * 7, dtype=numpy.uint64)
pixels = ((index * 2654435761 >> 13) % 251).astype(numpy.uint8).reshape(40, 3, 5, 7) // numpy.array(
    [1, 2, 3], dtype=numpy.uint8).reshape(1, 3, 1, 1)
colours = pixels.astype(numpy.float64) / 255

content = {
    "images": {name: {"shape": list(x.shape), "values": numbers(x)} for name, x in IMAGES.items()},
    "cases": [
        {"name": name, "image": source, "shape": list(result.shape), "values": numbers(result)}
        for name, source, result in ((name, source, function(IMAGES[source])) for name, source, function in CASES)
    ],
    "batch": numbers(BATCH),
    "oneHot": numbers(ONE_HOT),
    "mixup": [{"lambda": lam, "images": numbers(mix(lam)[0]), "targets": numbers(mix(lam)[1])} for lam in (0.75, 0.3)],
    "cutMix": [
        {"box": box, "images": numbers(cut(*box)[0]), "targets": numbers(cut(*box)[1])}
        for box in ([0, 1, 3, 2], [2, 0, 2, 5], [1, 1, 0, 2])
    ],
    "mean": [float(value) for value in colours.mean(axis=(0, 2, 3))],
    "std": [float(value) for value in colours.std(axis=(0, 2, 3))],
    # The shares of numbers below some places.
    "beta": [
        {"a": a, "b": b, "at": [0.001, 0.05, 0.3, 0.5, 0.9],
         "below": [float(f"{stats.beta.cdf(x, a, b):.9g}") for x in (0.001, 0.05, 0.3, 0.5, 0.9)]}
        for a, b in ((0.1, 0.1), (0.4, 0.4), (1, 1), (0.5, 3), (2, 2), (8, 8), (5, 0.2))
    ],
    "normal": {"at": [-4, -3, -1, 0, 0.5, 2, 3.5],
               "below": [float(f"{stats.norm.cdf(x):.9g}") for x in (-4, -3, -1, 0, 0.5, 2, 3.5)]},
}
target = pathlib.Path(__file__).with_name("augmentation.json")
target.write_text(json.dumps(content, separators=(",", ":")) + "\n")
print(target, target.stat().st_size, "bytes")
