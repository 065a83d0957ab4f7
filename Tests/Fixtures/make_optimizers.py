"""Writes optimizers.json: 12 steps of PyTorch's optimisers in float64, with every option, and of what goes around them.

    python Tests/Fixtures/make_optimizers.py        (needs torch; made with torch 2.13, CPU)

The parameters are those of Linear(4, 3) and Linear(3, 2). The gradients do not depend on them: step t uses row t of
`gradients` (accumulation: rows 3t, 3t + 1, 3t + 2, counted around).
"""
import json
import math
import pathlib

import torch
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, get_swa_multi_avg_fn

STEPS = 12
SHAPES = [(3, 4), (3,), (2, 3), (2,)]
generator = torch.Generator().manual_seed(7)


def draw(count, low, high):
    """Floats of either sign, as exact in float32 as in float64."""
    values = low + (high - low) * torch.rand(count, generator=generator, dtype=torch.float32)
    signs = torch.where(torch.rand(count, generator=generator) < 0.5, -1.0, 1.0)
    return (values * signs).double()


COUNT = sum(math.prod(s) for s in SHAPES)
START = draw(COUNT, 0.5, 1.5)
GRADIENTS = [draw(COUNT, 0.02, 1.0) for _ in range(STEPS)]


def split(flat):
    parts = torch.split(flat, [math.prod(s) for s in SHAPES])
    return [p.reshape(s).clone() for p, s in zip(parts, SHAPES)]


def flat(tensors):
    return torch.cat([t.detach().reshape(-1) for t in tensors])


def compact(values):
    return [float(f"{v:.9g}") for v in values.tolist()]


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.values = torch.nn.ParameterList([torch.nn.Parameter(p) for p in split(START)])


def run(make, schedule=None, before=None, after=None):
    """The parameters after each of 12 steps; rates and momenta of the steps where there is a schedule."""
    net = Net()
    parameters = list(net.values)
    optimizer = make(parameters)
    scheduler = schedule(optimizer) if schedule else None
    result = {"parameters": []}
    for t in range(STEPS):
        for p, g in zip(parameters, split(GRADIENTS[t])):
            p.grad = g
        if before:
            before(t, parameters, result)
        if scheduler:
            groups = optimizer.param_groups
            result.setdefault("rates", []).append([g["lr"] for g in groups])
            if type(scheduler).__name__ in ["OneCycleLR", "CyclicLR"]:
                g = groups[0]
                result.setdefault("momenta", []).append(g["betas"][0] if "betas" in g else g["momentum"])
        optimizer.step()
        if after:
            after(t, net, parameters, result)
        if scheduler:
            scheduler.step()
        result["parameters"].append(compact(flat(parameters)))
    return result


def groups(first, second, third):
    """First those in no group (0.weight), then the second layer's weight, then all biases."""
    def make(p):
        return [dict(params=[p[0]], **first), dict(params=[p[2]], **second), dict(params=[p[1], p[3]], **third)]
    return make


def clip_norm(limit):
    def before(t, parameters, result):
        result.setdefault("norms", []).append(torch.nn.utils.clip_grad_norm_(parameters, limit).item())
    return before


def clip_value(limit):
    return lambda t, parameters, result: torch.nn.utils.clip_grad_value_(parameters, limit)


def accumulate(t, parameters, result):
    total = sum(GRADIENTS[(3 * t + i) % STEPS] / 3 for i in range(3))
    for p, g in zip(parameters, split(total)):
        p.grad = g


def frozen(before=None):
    """The first layer is frozen in the first four steps, the second one's bias in four later ones: no gradients."""
    def freeze(t, parameters, result):
        for i, steps in [(0, range(0, 4)), (1, range(0, 4)), (3, range(5, 9))]:
            if t in steps:
                parameters[i].grad = None
        if before:
            before(t, parameters, result)
    return freeze


def lookahead(interval, alpha):
    slow = split(START)

    def after(t, net, parameters, result):
        if (t + 1) % interval == 0:
            with torch.no_grad():
                for s, p in zip(slow, parameters):
                    s += alpha * (p - s)
                    p.copy_(s)
    return after


def averaged(function):
    """PyTorch's AveragedModel."""
    model = None

    def after(t, net, parameters, result):
        nonlocal model
        if model is None:
            model = AveragedModel(net, multi_avg_fn=function)
        model.update_parameters(net)
        result.setdefault("averages", []).append(compact(flat(list(model.module.values))))
    return after


def averaged_by(share):
    """An average into which update t takes the parameters with a share."""
    average = START.clone()

    def after(t, net, parameters, result):
        nonlocal average
        average = average + share(t + 1) * (flat(parameters) - average)
        result.setdefault("averages", []).append(compact(average))
    return after


def weighted_mean(decay):
    """The mean with weights decay^(t - i), from its definition."""
    history = []

    def after(t, net, parameters, result):
        history.append(flat(parameters).clone())
        weights = [decay ** (t - i) for i in range(t + 1)]
        mean = sum(w * v for w, v in zip(weights, history)) / sum(weights)
        result.setdefault("averages", []).append(compact(mean))
    return after


def main():
    o = torch.optim
    sgd = lambda **k: lambda p: o.SGD(p, **k)
    adam = lambda **k: lambda p: o.Adam(p, **k)
    adamw = lambda **k: lambda p: o.AdamW(p, **k)
    rmsprop = lambda **k: lambda p: o.RMSprop(p, **k)
    adagrad = lambda **k: lambda p: o.Adagrad(p, **k)
    nadam = lambda **k: lambda p: o.NAdam(p, **k)
    radam = lambda **k: lambda p: o.RAdam(p, **k)
    sgd_groups = groups(
        {}, dict(lr=0.002, weight_decay=0.1, nesterov=True), dict(weight_decay=0, momentum=0.5, dampening=0.2))
    adamw_groups = groups(
        {}, dict(lr=0.002, betas=(0.8, 0.99), eps=1e-4, amsgrad=True), dict(weight_decay=0))
    adagrad_groups = groups({}, dict(lr=0.05, lr_decay=0.2), dict(initial_accumulator_value=0.5, weight_decay=0))
    rmsprop_groups = groups({}, dict(centered=True, alpha=0.9), dict(momentum=0.7, weight_decay=0))

    def grouped_adagrad(p):
        # PyTorch fills the sums of all groups with the default: the group's own value has to be put there.
        optimizer = o.Adagrad(adagrad_groups(p), lr=0.02, weight_decay=0.1, initial_accumulator_value=0.1)
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                optimizer.state[parameter]["sum"].fill_(group["initial_accumulator_value"])
        return optimizer

    nadam_groups = groups({}, dict(lr=0.002, betas=(0.8, 0.99), momentum_decay=0.1), dict(weight_decay=0))
    cyclic = lambda o: lr_scheduler.CyclicLR(o, 0.005, 0.05, step_size_up=3, base_momentum=0.7, max_momentum=0.95)
    one_cycle = lambda o: lr_scheduler.OneCycleLR(o, 0.05, total_steps=STEPS + 1)
    cases = {
        "sgd": run(sgd(lr=0.02)),
        "sgd.momentum": run(sgd(lr=0.02, momentum=0.9)),
        "sgd.dampening": run(sgd(lr=0.02, momentum=0.8, dampening=0.3, weight_decay=0.05)),
        "sgd.nesterov": run(sgd(lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.05)),
        "sgd.maximize": run(sgd(lr=0.02, momentum=0.5, weight_decay=0.1, maximize=True)),
        "adam": run(adam()),
        "adam.options": run(adam(lr=0.01, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)),
        "adam.amsgrad": run(adam(lr=0.01, betas=(0.9, 0.9), amsgrad=True)),
        "adam.maximize": run(adam(lr=0.01, weight_decay=0.1, amsgrad=True, maximize=True)),
        "adamw": run(adamw()),
        "adamw.amsgrad": run(adamw(lr=0.01, betas=(0.7, 0.9), eps=1e-4, weight_decay=0.3, amsgrad=True)),
        "adamw.maximize": run(adamw(lr=0.01, weight_decay=0.2, maximize=True)),
        "rmsprop": run(rmsprop()),
        "rmsprop.options": run(rmsprop(lr=0.005, alpha=0.9, eps=1e-3, weight_decay=0.1)),
        "rmsprop.momentum": run(rmsprop(lr=0.002, momentum=0.8)),
        "rmsprop.centered": run(rmsprop(lr=0.005, centered=True)),
        "rmsprop.all": run(rmsprop(
            lr=0.002, alpha=0.95, momentum=0.6, centered=True, weight_decay=0.05, maximize=True)),
        "adagrad": run(adagrad()),
        "adagrad.options": run(adagrad(lr=0.05, lr_decay=0.1, initial_accumulator_value=0.2, eps=1e-3)),
        "adagrad.maximize": run(adagrad(lr=0.02, weight_decay=0.1, maximize=True)),
        "nadam": run(nadam()),
        "nadam.options": run(nadam(lr=0.01, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1, momentum_decay=0.3)),
        "nadam.decoupled": run(nadam(lr=0.01, weight_decay=0.2, decoupled_weight_decay=True)),
        "nadam.maximize": run(nadam(lr=0.01, weight_decay=0.1, maximize=True)),
        "radam": run(radam()),
        "radam.options": run(radam(lr=0.01, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)),
        "radam.decoupled": run(radam(lr=0.01, betas=(0.9, 0.9), weight_decay=0.2, decoupled_weight_decay=True)),
        "radam.maximize": run(radam(lr=0.01, weight_decay=0.1, maximize=True)),
        "groups.nadam": run(lambda p: o.NAdam(nadam_groups(p), lr=0.01, weight_decay=0.2)),
        "cycle.nadam": run(nadam(lr=0.01), schedule=cyclic),
        "cycle.radam": run(radam(lr=0.01), schedule=cyclic),
        "frozen.sgd": run(sgd(lr=0.02, momentum=0.8, dampening=0.3, weight_decay=0.05), before=frozen()),
        "frozen.adamw": run(adamw(lr=0.01, weight_decay=0.3, amsgrad=True), before=frozen()),
        "frozen.nadam": run(nadam(lr=0.01, weight_decay=0.1), before=frozen()),
        "frozen.radam": run(radam(lr=0.01, weight_decay=0.1), before=frozen()),
        "frozen.rmsprop": run(rmsprop(lr=0.002, momentum=0.8, centered=True), before=frozen()),
        "frozen.adagrad": run(adagrad(lr=0.05, lr_decay=0.1), before=frozen()),
        "frozen.groups": run(
            lambda p: o.SGD(sgd_groups(p), lr=0.01, momentum=0.9, weight_decay=0.05), before=frozen()),
        "frozen.clip": run(sgd(lr=0.02, momentum=0.9), before=frozen(clip_norm(1.5))),
        "groups.sgd": run(
            lambda p: o.SGD(sgd_groups(p), lr=0.01, momentum=0.9, weight_decay=0.05),
            schedule=lambda o: lr_scheduler.StepLR(o, 4, gamma=0.5)),
        "groups.adamw": run(
            lambda p: o.AdamW(adamw_groups(p), lr=0.01, weight_decay=0.2),
            schedule=lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS, eta_min=0.001)),
        "groups.adagrad": run(grouped_adagrad),
        "groups.rmsprop": run(lambda p: o.RMSprop(rmsprop_groups(p), lr=0.005, weight_decay=0.1)),
        "cycle.sgd": run(sgd(lr=0.01, momentum=0.9), schedule=one_cycle),
        "cycle.adam": run(adam(lr=0.01), schedule=one_cycle),
        "clip.norm": run(sgd(lr=0.02, momentum=0.9), before=clip_norm(2.5)),
        "clip.value": run(adam(lr=0.01), before=clip_value(0.4)),
        "accumulation": run(sgd(lr=0.02, momentum=0.9), before=accumulate),
        "lookahead.sgd": run(sgd(lr=0.02, momentum=0.9), after=lookahead(5, 0.5)),
        "lookahead.adam": run(adam(lr=0.01), after=lookahead(3, 0.8)),
        "average.exponential": run(sgd(lr=0.05), after=averaged(get_ema_multi_avg_fn(0.9))),
        "average.equal": run(sgd(lr=0.05), after=averaged(get_swa_multi_avg_fn())),
        "average.corrected": run(sgd(lr=0.05), after=weighted_mean(0.9)),
        # timm's ModelEmaV3 with warm-up: get_decay(step) of its utils/model_ema.py.
        "average.warmedUp": run(sgd(lr=0.05), after=averaged_by(
            lambda t: 1 - min(0.9, 1 - (1 + (t - 1) / 2) ** -0.75) if t > 1 else 1)),
    }
    path = pathlib.Path(__file__).with_name("optimizers.json")
    path.write_text(json.dumps({
        "start": compact(START), "gradients": [compact(g) for g in GRADIENTS], "cases": cases,
    }, separators=(",", ":")) + "\n")
    print(path.stat().st_size)


main()
