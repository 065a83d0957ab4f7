"""Writes pooling.json: pooling results of float64 PyTorch, which PoolingFixtureTests compares the kernels with.

    python Tests/Fixtures/make_pooling.py > Tests/Fixtures/pooling.json

Made with PyTorch 2.13.0, CPU. Inputs are small integers, so that ties are common; "nan", "inf" and "-inf" are strings.
"""

import json
import math

import torch
import torch.nn.functional as F

torch.manual_seed(2)


def integers(*shape):
    return torch.randint(-4, 5, shape).double()


def numbers(tensor):
    def number(value):
        if math.isnan(value):
            return "nan"
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        return int(value) if value == int(value) else round(value, 9)

    return [number(value) for value in tensor.flatten().tolist()]


def backward(output, gradient, x):
    (result,) = torch.autograd.grad(output, x, gradient)
    return result


def case(kind, x, output, extra):
    gradient = integers(*output.shape)
    return {
        "kind": kind,
        "input_shape": list(x.shape),
        "output_shape": list(output.shape),
        **extra,
        "input": numbers(x.detach()),
        "output": numbers(output.detach()),
        "output_gradient": numbers(gradient),
        "input_gradient": numbers(backward(output, gradient, x)),
    }


# input height, width, kernel, stride, padding, dilation, ceil_mode
MAXIMUM = [
    (8, 10, (2, 2), (2, 2), (0, 0), (1, 1), False),
    (7, 9, (2, 2), (2, 2), (0, 0), (1, 1), False),
    (7, 9, (2, 2), (2, 2), (0, 0), (1, 1), True),
    (9, 13, (3, 3), (2, 2), (1, 1), (1, 1), False),
    (9, 10, (3, 3), (1, 1), (1, 1), (1, 1), False),
    (6, 11, (2, 3), (3, 1), (1, 0), (1, 2), True),
    (10, 12, (3, 2), (2, 3), (1, 1), (2, 1), True),
    (5, 5, (4, 4), (3, 3), (2, 2), (1, 1), True),
]

# input height, width, kernel, stride, padding, ceil_mode, count_include_pad
AVERAGE = [
    (8, 10, (2, 2), (2, 2), (0, 0), False, True),
    (7, 9, (2, 2), (2, 2), (0, 0), True, True),
    (9, 13, (3, 3), (2, 2), (1, 1), False, True),
    (9, 13, (3, 3), (2, 2), (1, 1), False, False),
    (6, 10, (3, 4), (2, 3), (1, 2), True, True),
    (6, 10, (3, 4), (2, 3), (1, 2), True, False),
    (5, 6, (2, 2), (3, 3), (1, 1), True, True),
]

ADAPTIVE = [(7, 9, 3, 4), (5, 10, 2, 5), (3, 4, 5, 7), (6, 6, 1, 1)]

cases = []
for height, width, kernel, stride, padding, dilation, ceil_mode in MAXIMUM:
    for special in (False, True):
        x = integers(1, 2, height, width)
        if special:
            chosen = torch.rand(x.shape)
            x[chosen < 0.1] = math.nan
            x[(chosen > 0.1) & (chosen < 0.2)] = math.inf
            x[(chosen > 0.2) & (chosen < 0.5)] = -math.inf
        x.requires_grad_()
        output, indices = F.max_pool2d(x, kernel, stride, padding, dilation, ceil_mode, return_indices=True)
        parameters = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation,
                      "ceil_mode": ceil_mode, "indices": indices.flatten().tolist()}
        cases.append(case("max", x, output, parameters))
for height, width, kernel, stride, padding, ceil_mode, count_include_pad in AVERAGE:
    x = integers(1, 2, height, width).requires_grad_()
    output = F.avg_pool2d(x, kernel, stride, padding, ceil_mode, count_include_pad)
    parameters = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": (1, 1),
                  "ceil_mode": ceil_mode, "count_include_pad": count_include_pad}
    cases.append(case("average", x, output, parameters))
for height, width, rows, columns in ADAPTIVE:
    x = integers(1, 2, height, width).requires_grad_()
    cases.append(case("adaptive", x, F.adaptive_avg_pool2d(x, (rows, columns)), {}))
for height, width, rows, columns in ADAPTIVE + [(9, 33, 4, 2), (5, 20, 1, 1)]:
    for special in (False, True):
        x = integers(1, 2, height, width)
        if special:
            chosen = torch.rand(x.shape)
            x[chosen < 0.1] = math.nan
            x[(chosen > 0.1) & (chosen < 0.2)] = math.inf
            x[(chosen > 0.2) & (chosen < 0.5)] = -math.inf
        x.requires_grad_()
        output, indices = F.adaptive_max_pool2d(x, (rows, columns), return_indices=True)
        cases.append(case("adaptive max", x, output, {"indices": indices.flatten().tolist()}))

print("[")
print(",\n".join(json.dumps(case, separators=(",", ":")) for case in cases))
print("]")
