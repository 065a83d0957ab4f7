"""The problems that PyTorch is timed on, and what they must result in.

A problem is a run, made on operands of its own: a function without arguments that returns the result, the first of
several if there are several. Backward passes are the operators that autograd calls, so that each is timed by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

aten = torch.ops.aten


class Shape(dict[str, int]):
    """Name-number pairs, such as mb4ic3ih32oc6kh5."""

    def __init__(self, text: str) -> None:
        super().__init__((name, int(value)) for name, value in re.findall(r"([a-z]+)(\d+)", text))

    def pair(self, name: str, default: int = 1) -> list[int]:
        height = self.get(name + "h", default)
        return [height, self.get(name + "w", height)]

    @property
    def image(self) -> list[int]:
        return [self["mb"], self["ic"], *self.pair("i")]


@dataclass
class Problem:
    run: Callable[[], Tensor | tuple[Tensor, ...]]
    #: Computes the result from the definition, in double precision, from the operands as they are before a run.
    expected: Callable[[], Tensor]
    flops: float = 0


class Problems:
    def __init__(self, channels_last: bool) -> None:
        self.format = torch.channels_last if channels_last else torch.contiguous_format

    def tensor(self, *size: int) -> Tensor:
        """Integers from -4 to 4, so that sums are exact in any order."""
        values = torch.randint(-4, 5, size).float()
        return values.to(memory_format=self.format) if len(size) == 4 else values

    def make(self, kernel: str, direction: str, shape: Shape) -> Problem | None:
        """None where PyTorch has no such operation."""
        method = getattr(self, kernel.replace("-", "_"), None)
        return method(direction, shape) if method else None

    def conv2d(self, direction: str, shape: Shape) -> Problem:
        groups = shape.get("g", 1)
        x, w = self.tensor(*shape.image), self.tensor(shape["oc"], shape["ic"] // groups, *shape.pair("k"))
        geometry = (shape.pair("s"), shape.pair("p", 0), shape.pair("d"))
        y = self.tensor(x.shape[0], *torch.conv2d(x[:1], w, None, *geometry, groups).shape[1:])
        flops = 2.0 * y.numel() * w[0].numel()

        def expected() -> Tensor:
            return convolution(direction, x, w, y, *geometry, groups)

        if direction == "forward":
            return Problem(lambda: torch.conv2d(x, w, None, *geometry, groups), expected, flops)
        part = 0 if direction == "backward-data" else 1
        mask = [part == 0, part == 1, False]

        def backward() -> Tensor:
            return aten.convolution_backward(y, x, w, None, *geometry, False, [0, 0], groups, mask)[part]

        return Problem(backward, expected, flops)

    def gemm(self, direction: str, shape: Shape) -> Problem:
        m, n, k = shape["m"], shape["n"], shape["k"]
        a = self.tensor(k, m).t() if shape.get("ta") else self.tensor(m, k)
        b = self.tensor(n, k).t() if shape.get("tb") else self.tensor(k, n)
        return Problem(lambda: torch.mm(a, b), lambda: a.double() @ b.double(), 2.0 * m * n * k)

    def max_pool2d(self, direction: str, shape: Shape) -> Problem:
        x = self.tensor(*shape.image)
        geometry = (shape.pair("k"), shape.pair("s"), shape.pair("p", 0), [1, 1])

        def forward() -> Tensor:
            return aten.max_pool2d_with_indices(x, *geometry)[0]

        if direction == "forward":
            return Problem(forward, lambda: windows(x, shape, -torch.inf).amax(-1))
        y, indices = aten.max_pool2d_with_indices(x, *geometry)
        g = self.tensor(*y.shape)

        def expected() -> Tensor:
            planes = torch.zeros_like(x.double()).flatten(2)
            return planes.scatter_add(2, indices.flatten(2), g.double().flatten(2)).view(x.shape)

        return Problem(lambda: aten.max_pool2d_with_indices_backward(g, x, *geometry, False, indices), expected)

    def average_pool2d(self, direction: str, shape: Shape) -> Problem:
        x = self.tensor(*shape.image)
        geometry = (shape.pair("k"), shape.pair("s"), shape.pair("p", 0), False, True, None)
        if direction == "forward":
            return Problem(lambda: aten.avg_pool2d(x, *geometry), lambda: windows(x, shape, 0).mean(-1))
        g = self.tensor(*aten.avg_pool2d(x, *geometry).shape)

        def expected() -> Tensor:
            size, stride, padding = geometry[:3]
            area = size[0] * size[1]
            parts = (g.double() / area).reshape(-1, 1, g.shape[2] * g.shape[3]).expand(-1, area, -1)
            return functional.fold(parts, x.shape[2:], size, padding=padding, stride=stride).reshape(x.shape)

        return Problem(lambda: aten.avg_pool2d_backward(g, x, *geometry), expected)

    def adaptive_average_pool2d(self, direction: str, shape: Shape) -> Problem:
        x, g = self.tensor(*shape.image), self.tensor(*shape.image[:2], *shape.pair("o"))

        def expected() -> Tensor:
            y, gx = torch.zeros_like(g.double()), torch.zeros_like(x.double())
            for i in range(g.shape[2]):
                for j in range(g.shape[3]):
                    tops, lefts = (
                        slice(k * size // count, -(-(k + 1) * size // count))
                        for k, size, count in zip((i, j), x.shape[2:], g.shape[2:]))
                    y[..., i, j] = x[..., tops, lefts].double().mean((2, 3))
                    area = (tops.stop - tops.start) * (lefts.stop - lefts.start)
                    gx[..., tops, lefts] += g[..., i : i + 1, j : j + 1] / area
            return y if direction == "forward" else gx

        if direction == "forward":
            return Problem(lambda: aten._adaptive_avg_pool2d(x, shape.pair("o")), expected)
        return Problem(lambda: aten._adaptive_avg_pool2d_backward(g, x), expected)

    def global_average_pool2d(self, direction: str, shape: Shape) -> Problem:
        x = self.tensor(*shape.image)
        if direction == "forward":
            return Problem(lambda: x.mean((2, 3)), lambda: x.double().mean((2, 3)))
        g = self.tensor(*x.shape[:2], 1, 1)
        area = x.shape[2] * x.shape[3]
        return Problem(lambda: (g / area).expand_as(x).contiguous(), lambda: g.double() / area + torch.zeros_like(x))

    def relu(self, direction: str, shape: Shape) -> Problem:
        y = self.tensor(shape["n"])
        if direction == "forward":
            return Problem(lambda: torch.relu(y), lambda: torch.where(y > 0, y, 0).double())
        g = self.tensor(shape["n"])
        return Problem(lambda: aten.threshold_backward(g, y, 0), lambda: torch.where(y > 0, g, 0).double())

    def tanh(self, direction: str, shape: Shape) -> Problem:
        x = self.tensor(shape["n"])
        if direction == "forward":
            return Problem(lambda: torch.tanh(x), lambda: torch.tanh(x.double()))
        y, g = torch.tanh(x), self.tensor(shape["n"])
        return Problem(lambda: aten.tanh_backward(g, y), lambda: g.double() * (1 - y.double() ** 2))

    def sigmoid(self, direction: str, shape: Shape) -> Problem:
        x = self.tensor(shape["n"])
        if direction == "forward":
            return Problem(lambda: torch.sigmoid(x), lambda: 1 / (1 + torch.exp(-x.double())))
        y, g = torch.sigmoid(x), self.tensor(shape["n"])
        return Problem(lambda: aten.sigmoid_backward(g, y), lambda: g.double() * y.double() * (1 - y.double()))

    def exp(self, direction: str, shape: Shape) -> Problem:
        x = self.tensor(shape["n"])
        return Problem(lambda: torch.exp(x), lambda: torch.exp(x.double()))

    def sgd(self, direction: str, shape: Shape) -> Problem:
        """The fused step, without the optimiser object around it."""
        p, g, v = (self.tensor(shape["n"]) for _ in range(3))
        options = {"weight_decay": 0.0, "momentum": 0.9, "lr": 2.0**-10, "dampening": 0.0, "nesterov": False,
                   "maximize": False, "is_first_step": False}

        def run() -> Tensor:
            torch._fused_sgd_([p], [g], [v], **options)
            return p

        return Problem(run, lambda: p.double() - 2.0**-10 * (0.9 * v.double() + g))

    def adam(self, direction: str, shape: Shape) -> Problem:
        p, g, m = (self.tensor(shape["n"]) for _ in range(3))
        v, step = self.tensor(shape["n"]).abs(), torch.tensor(3.0)
        options = {"lr": 2.0**-10, "beta1": 0.9, "beta2": 0.999, "weight_decay": 0.0, "eps": 1e-8, "amsgrad": False,
                   "maximize": False}

        def run() -> Tensor:
            torch._fused_adam_([p], [g], [m], [v], [], [step], **options)
            return p

        def expected() -> Tensor:
            first, second = 0.9 * m.double() + 0.1 * g, 0.999 * v.double() + 0.001 * g * g
            root = (second / (1 - 0.999**3)).sqrt() + 1e-8
            return p - 2.0**-10 * first / (1 - 0.9**3) / root

        return Problem(run, expected)

    def bias(self, direction: str, shape: Shape) -> Problem:
        x, b = self.tensor(*shape.image), self.tensor(shape["ic"])
        if direction == "forward":
            return Problem(lambda: x + b.view(1, -1, 1, 1), lambda: x.double() + b.view(1, -1, 1, 1))
        return Problem(lambda: x.sum((0, 2, 3)), lambda: x.double().sum((0, 2, 3)))

    def batch_assembly(self, direction: str, shape: Shape) -> Problem:
        images = torch.randint(0, 256, shape.image, dtype=torch.uint8)
        order = torch.randint(0, shape["mb"], (shape["mb"],))
        return Problem(lambda: images[order].float().mul_(2.0**-7).sub_(1), lambda: images[order].double() / 128 - 1)

    def softmax(self, direction: str, shape: Shape) -> Problem:
        x, g = self.tensor(shape["mb"], shape["ic"]), self.tensor(shape["mb"], shape["ic"])
        if direction == "forward":
            return Problem(lambda: torch.softmax(x, 1), lambda: x.double().exp() / exponentials(x))
        y = torch.softmax(x, 1)
        return Problem(lambda: aten._softmax_backward_data(g, y, 1, torch.float32),
                       lambda: y.double() * (g - (g * y.double()).sum(1, keepdim=True)))

    def log_softmax(self, direction: str, shape: Shape) -> Problem:
        x, g = self.tensor(shape["mb"], shape["ic"]), self.tensor(shape["mb"], shape["ic"])
        if direction == "forward":
            return Problem(lambda: torch.log_softmax(x, 1), lambda: x - exponentials(x).log())
        y = torch.log_softmax(x, 1)
        return Problem(lambda: aten._log_softmax_backward_data(g, y, 1, torch.float32),
                       lambda: g - y.double().exp() * g.sum(1, keepdim=True))

    def softmax_cross_entropy(self, direction: str, shape: Shape) -> Problem:
        x, labels = self.tensor(shape["mb"], shape["ic"]), torch.randint(0, shape["ic"], (shape["mb"],))
        scale = torch.full((shape["mb"],), 1 / shape["mb"])

        def run() -> tuple[Tensor, Tensor, Tensor]:
            y = torch.log_softmax(x, 1)
            losses, weight = aten.nll_loss_forward(y, labels, None, 0, -100)
            g = aten.nll_loss_backward(scale, y, labels, None, 0, -100, weight)
            return aten._log_softmax_backward_data(g, y, 1, torch.float32), losses, x.argmax(1)

        def expected() -> Tensor:
            return (torch.softmax(x.double(), 1) - functional.one_hot(labels, x.shape[1])) / x.shape[0]

        return Problem(run, expected)


def convolution(direction: str, x: Tensor, w: Tensor, y: Tensor, stride: list[int], padding: list[int],
                dilation: list[int], groups: int) -> Tensor:
    """A pass of a convolution in double precision: a product for each of the kernel's taps, summed."""
    def grouped(t: Tensor) -> Tensor:
        return t.double().unflatten(1, (groups, -1))

    xs = grouped(functional.pad(x, [padding[1], padding[1], padding[0], padding[0]]))
    ys, ws = grouped(y), w.double().unflatten(0, (groups, -1))
    result = torch.zeros_like({"forward": ys, "backward-data": xs}.get(direction, ws))
    ends = [(n - 1) * s + 1 for n, s in zip(y.shape[2:], stride)]
    for p in range(w.shape[2]):
        for q in range(w.shape[3]):
            top, left = p * dilation[0], q * dilation[1]
            tap = (..., slice(top, top + ends[0], stride[0]), slice(left, left + ends[1], stride[1]))
            if direction == "forward":
                result += torch.einsum("ngihw,goi->ngohw", xs[tap], ws[..., p, q])
            elif direction == "backward-data":
                result[tap] += torch.einsum("ngohw,goi->ngihw", ys, ws[..., p, q])
            else:
                result[..., p, q] = torch.einsum("ngihw,ngohw->goi", xs[tap], ys)
    if direction == "backward-weights":
        return result.flatten(0, 1)
    result = result.flatten(1, 2)
    if direction == "forward":
        return result
    return result[..., padding[0]:padding[0] + x.shape[2], padding[1]:padding[1] + x.shape[3]]


def windows(x: Tensor, shape: Shape, filling: float) -> Tensor:
    """The elements of each pooling window, last."""
    (kh, kw), (sh, sw), (ph, pw) = shape.pair("k"), shape.pair("s"), shape.pair("p", 0)
    padded = functional.pad(x.double(), [pw, pw, ph, ph], value=filling)
    return padded.unfold(2, kh, sh).unfold(3, kw, sw).flatten(-2)


def exponentials(x: Tensor) -> Tensor:
    """The sum of the exponentials of each row."""
    return x.double().exp().sum(1, keepdim=True)
