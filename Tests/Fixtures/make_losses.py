"""Writes losses.json: values and gradients of PyTorch's losses in float64.

    python Tests/Fixtures/make_losses.py        (needs torch; made with torch 2.13, CPU)

An entry has the inputs that the test needs beside what it knows of the loss, the loss (a list where it is not reduced)
and the gradient of its sum by the output. Inputs are rounded to floats, so that the library starts from the same numbers.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(1)
REDUCTIONS = ["mean", "sum", "none"]
entries = []


def single(tensor):
    return tensor.float().double()


def rounded(tensor):
    return [float(f"{x:.9g}") for x in tensor.detach().double().flatten().tolist()]


def add(loss, output, function, reductions=REDUCTIONS, **given):
    """Evaluates function(output, reduction) for each reduction; given is what the entry says besides."""
    entry = {"loss": loss, "shape": list(output.shape), "output": rounded(output)}
    for name, thing in given.items():
        if torch.is_tensor(thing):
            entry[name] = rounded(thing) if thing.is_floating_point() else thing.tolist()
        elif thing is not None:
            entry[name] = thing
    entry["results"] = {}
    for reduction in reductions:
        x = output.clone().requires_grad_(True)
        value = function(x, reduction)
        value.sum().backward()
        name = "batchMean" if reduction == "batchmean" else reduction
        entry["results"][name] = {"value": rounded(value), "gradient": rounded(x.grad)}
    entries.append(entry)


def scores(images, classes, extreme):
    x = torch.randn(images, classes, dtype=torch.float64) * 3
    if extreme:
        x[0] = -1e4
        x[0, 1] = 1e4
        x[1] = 1e4
        x[1, 2 % classes] = -1e4
    return single(x)


def classes_losses():
    for images, classes in [(4, 3), (5, 20)]:
        x = scores(images, classes, True)
        labels = torch.randint(classes, (images,))
        labels[0] = 1
        labels[1] = 2 % classes
        some = labels.clone()
        some[2] = -100
        seven = labels.clone()
        seven[-1] = 1
        weights = single(torch.rand(classes, dtype=torch.float64) * 2 + 0.1)
        cases = [(labels, None, -100, 0.0), (some, None, -100, 0.0), (labels, weights, -100, 0.0),
                 (some, weights, -100, 0.0), (labels, None, -100, 0.1), (some, weights, -100, 0.3),
                 (seven, weights, 1, 0.1)]
        for target, w, ignored, smoothing in cases:
            smoothing = float(torch.tensor(smoothing, dtype=torch.float32))
            add("CrossEntropy", x, lambda o, r: F.cross_entropy(
                o, target, weight=w, ignore_index=ignored, label_smoothing=smoothing, reduction=r),
                labels=target, classWeights=w, ignoreIndex=ignored, labelSmoothing=smoothing)
        logs = single(torch.log_softmax(scores(images, classes, False), 1))
        for target, w, ignored in [(labels, None, -100), (some, weights, -100), (seven, weights, 1)]:
            add("NegativeLogLikelihood", logs, lambda o, r: F.nll_loss(
                o, target, weight=w, ignore_index=ignored, reduction=r),
                labels=target, classWeights=w, ignoreIndex=ignored)
        mixed = 0.7 * F.one_hot(labels, classes) + 0.3 * F.one_hot(labels.flip(0), classes)
        soft = torch.softmax(torch.randn(images, classes, dtype=torch.float64), 1)
        for target, w, smoothing in [(mixed, None, 0.0), (soft, weights, 0.0), (soft, weights, 0.2)]:
            target = single(target.double())
            smoothing = float(torch.tensor(smoothing, dtype=torch.float32))
            add("CrossEntropy", x, lambda o, r: F.cross_entropy(
                o, target, weight=w, label_smoothing=smoothing, reduction=r),
                targets=target, classWeights=w, labelSmoothing=smoothing)
        one_hot = F.one_hot(labels, classes).double()
        y = scores(images, classes, False)
        add("MeanSquaredError", y, lambda o, r: F.mse_loss(o, one_hot, reduction=r), labels=labels)
        add("Huber", y, lambda o, r: F.huber_loss(o, one_hot, delta=0.5, reduction=r), labels=labels, parameter=0.5)
        add("KLDivergence", logs, lambda o, r: F.kl_div(o, one_hot, reduction=r), labels=labels)
        add("BinaryCrossEntropyWithLogits", y, lambda o, r: F.binary_cross_entropy_with_logits(o, one_hot, reduction=r),
            labels=labels)
        for target in [soft, mixed]:
            target = single(target.double())
            add("KLDivergence", logs, lambda o, r: F.kl_div(o, target, reduction=r), REDUCTIONS + ["batchmean"],
                targets=target)
        target = single(torch.log(soft))
        add("KLDivergence", logs, lambda o, r: F.kl_div(o, target, reduction=r, log_target=True),
            REDUCTIONS + ["batchmean"], targets=target, logTargets=True)


def values_losses():
    for shape in [(3, 5), (2, 3, 2, 3)]:
        x = single(torch.randn(shape, dtype=torch.float64) * 2)
        t = single(torch.randn(shape, dtype=torch.float64))
        x.view(-1)[0] = t.view(-1)[0]
        x.view(-1)[1] = 1e4
        x.view(-1)[2] = -1e4
        w = single(torch.rand(shape, dtype=torch.float64))
        add("MeanSquaredError", x, lambda o, r: F.mse_loss(o, t, reduction=r), targets=t)
        add("MeanSquaredError", x, lambda o, r: F.mse_loss(o, t, reduction=r, weight=w), targets=t, weights=w)
        add("L1", x, lambda o, r: F.l1_loss(o, t, reduction=r), targets=t)
        add("L1", x, lambda o, r: F.l1_loss(o, t, reduction=r, weight=w), targets=t, weights=w)
        for beta in [1.0, 0.25, 0.0]:
            add("SmoothL1", x, lambda o, r: F.smooth_l1_loss(o, t, reduction=r, beta=beta), targets=t, parameter=beta)
        for delta in [1.0, 2.5]:
            add("Huber", x, lambda o, r: F.huber_loss(o, t, reduction=r, delta=delta), targets=t, parameter=delta)
        add("Huber", x, lambda o, r: F.huber_loss(o, t, reduction=r, weight=w), targets=t, weights=w, parameter=1.0)
        p = single(torch.rand(shape, dtype=torch.float64))
        p.view(-1)[1] = 1
        p.view(-1)[2] = 1
        p.view(-1)[3] = 0
        each = single(torch.rand(shape[1:], dtype=torch.float64) * 3)
        last = single(torch.rand(shape[-1:], dtype=torch.float64) * 3)
        first = single(torch.rand((shape[1],) + (1,) * (len(shape) - 2), dtype=torch.float64) * 3)
        for weight, positive in [(None, None), (None, each), (each, None), (last, first)]:
            add("BinaryCrossEntropyWithLogits", x, lambda o, r: F.binary_cross_entropy_with_logits(
                o, p, weight=weight, pos_weight=positive, reduction=r), targets=p, weight=weight, positiveWeight=positive,
                weightShape=None if weight is None else list(weight.shape),
                positiveWeightShape=None if positive is None else list(positive.shape))
        add("BinaryCrossEntropyWithLogits", x, lambda o, r: F.binary_cross_entropy_with_logits(
            o, p, weight=w, reduction=r), targets=p, weights=w)


def focal_losses():
    """Lin and others' definition by PyTorch's functions; the sigmoid's form as torchvision's sigmoid_focal_loss."""
    def reduced(losses, count, reduction):
        return losses if reduction == "none" else losses.sum() / (count if reduction == "mean" else 1)

    def focal(scores, labels, weights, ignored, gamma, reduction):
        losses = F.cross_entropy(scores, labels, ignore_index=ignored, reduction="none")
        p = torch.exp(-losses)
        alpha = 1 if weights is None else weights[labels.clamp(min=0)]
        return reduced(alpha * (1 - p) ** gamma * losses, (labels != ignored).sum(), reduction)

    for shape, gamma in [((4, 3), 2.0), ((5, 20), 1.5), ((3, 17), 0.5), ((2, 4, 2, 3), 2.0)]:
        x = single(torch.randn(shape, dtype=torch.float64) * 2)
        labels = torch.randint(shape[1], (shape[0],) + shape[2:])
        some = labels.clone()
        some.view(-1)[1] = -100
        weights = single(torch.rand(shape[1], dtype=torch.float64) * 2 + 0.1)
        for target, w, ignored in [(labels, None, -100), (some, weights, -100), (labels, weights, 1)]:
            add("FocalLoss", x, lambda o, r: focal(o, target, w, ignored, gamma, r),
                labels=target.flatten(), classWeights=w, ignoreIndex=ignored, parameter=gamma)

    def sigmoid_focal(scores, targets, alpha, gamma, weights, reduction):
        p = torch.sigmoid(scores)
        losses = F.binary_cross_entropy_with_logits(scores, targets, reduction="none")
        losses = losses * (1 - (p * targets + (1 - p) * (1 - targets))) ** gamma
        if alpha is not None:
            losses = losses * (alpha * targets + (1 - alpha) * (1 - targets))
        if weights is not None:
            losses = losses * weights
        return reduced(losses, losses.numel(), reduction)

    for shape, gamma, alpha in [((3, 5), 2.0, 0.25), ((2, 3, 2, 3), 1.5, None), ((3, 5), 0.0, 0.75)]:
        x = single(torch.randn(shape, dtype=torch.float64) * 3)
        t = single((torch.rand(shape, dtype=torch.float64) > 0.7).double())
        t.view(-1)[0] = 0.3
        w = single(torch.rand(shape, dtype=torch.float64))
        for weights in [None, w]:
            add("BinaryFocalLossWithLogits", x, lambda o, r: sigmoid_focal(
                o, single(t), alpha, gamma, weights, r), targets=single(t), weights=weights, parameter=gamma, alpha=alpha)
        add("BinaryFocalLossWithLogits", x[:, :3] if len(shape) == 2 else x, lambda o, r: sigmoid_focal(
            o, F.one_hot(torch.tensor([0, 2, 1])).double() if len(shape) == 2 else single(t), alpha, gamma, None, r),
            **({"labels": torch.tensor([0, 2, 1])} if len(shape) == 2 else {"targets": single(t)}), parameter=gamma,
            alpha=alpha)


classes_losses()
values_losses()
focal_losses()
path = pathlib.Path(__file__).with_name("losses.json")
path.write_text("[\n" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries) + "\n]\n")
