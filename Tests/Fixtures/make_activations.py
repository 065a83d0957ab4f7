"""Writes activations.json: values and gradients of float64 PyTorch, which ActivationFixtureTests compares the layers with.

    python Tests/Fixtures/make_activations.py > Tests/Fixtures/activations.json

Made with PyTorch 2.13.0, CPU. "nan", "inf" and "-inf" are strings. Inputs and output gradients are floats of 32 bits.
"""

import json
import math

import torch
import torch.nn.functional as F

torch.manual_seed(3)

SPECIAL = [0.0, -0.0, math.nan, math.inf, -math.inf, 1e-40, -1e-40, 1e-20, -1e-20, 3.0, -3.0, 20.0, 20.5, -20.0, 88.0,
           -88.0, 100.0, -100.0, 1e10, -1e10]


def numbers(tensor):
    def number(value):
        if math.isnan(value):
            return "nan"
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        return float(f"{value:.10g}")

    return [number(value) for value in tensor.flatten().tolist()]


def case(name, function, x, **options):
    x = x.float().double().requires_grad_()
    y = function(x)
    gradient = torch.randn(y.shape).float().double()
    (result,) = torch.autograd.grad(y, x, gradient)
    return {"layer": name, "options": options, "shape": list(x.shape), "input": numbers(x.detach()),
            "output": numbers(y.detach()), "output_gradient": numbers(gradient), "input_gradient": numbers(result)}


def values():
    return torch.cat([torch.tensor(SPECIAL, dtype=torch.float64), 3 * torch.randn(44, dtype=torch.float64)]).view(1, 64)


cases = [case("LeakyReLU", lambda x, s=s: F.leaky_relu(x, s), values(), negativeSlope=s) for s in (0.01, 0.3)]
cases += [case("ELU", lambda x, a=a: F.elu(x, a), values(), alpha=a) for a in (1.0, 0.6)]
cases += [case("GELU", lambda x: F.gelu(x), values()),
          case("GELU", lambda x: F.gelu(x, approximate="tanh"), values(), tanh=1)]
cases += [case("SiLU", F.silu, values()), case("HardSwish", F.hardswish, values())]
cases += [case("Softplus", lambda x, b=b, t=t: F.softplus(x, b, t), values(), beta=b, threshold=t)
          for b, t in ((1.0, 20.0), (2.0, 5.0), (0.5, 20.0))]
cases += [case("Sigmoid", torch.sigmoid, values()), case("Tanh", torch.tanh, values())]
for shape in ((3, 10), (2, 37), (2, 4, 3, 3), (1, 5, 5, 7)):
    x = 3 * torch.randn(shape, dtype=torch.float64)
    cases += [case("Softmax", lambda x: F.softmax(x, 1), x), case("LogSoftmax", lambda x: F.log_softmax(x, 1), x)]
x = 3 * torch.randn(4, 6, dtype=torch.float64)
x[0, 2], x[1, 3], x[2, 1], x[3, 0] = math.nan, math.inf, -math.inf, 1e4
cases += [case("Softmax", lambda x: F.softmax(x, 1), x), case("LogSoftmax", lambda x: F.log_softmax(x, 1), x)]
x = values()
x[0, 20], x[0, 21] = 6, 5.5
cases += [case("ReLU6", F.relu6, x)]
cases += [case("SELU", F.selu, values()), case("Mish", F.mish, values()), case("HardSigmoid", F.hardsigmoid, values())]

print("[")
print(",\n".join(json.dumps(case, separators=(",", ":")) for case in cases))
print("]")
