"""Writes schedules.json: the learning rates of PyTorch's schedules, unit by unit, from 0.1.

    python Tests/Fixtures/make_schedules.py        (needs torch; made with torch 2.13, CPU)
"""
import json
import pathlib

import torch
from torch.optim import lr_scheduler as s

UNITS = 24
METRICS = [1.0, 0.9, 0.9, 0.91, 0.89995, 0.95, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.79, 0.79, 0.79, 0.79, 0.79, 0.79,
           0.5, 0.5, 0.5, 0.5, 0.5, 0.5]


def rates(make, metrics=None, value="lr"):
    optimizer = torch.optim.SGD([torch.zeros(1, dtype=torch.float64, requires_grad=True)], lr=0.1, momentum=0.9)
    schedule = make(optimizer)
    values = []
    for unit in range(UNITS):
        values.append(optimizer.param_groups[0][value])
        optimizer.step()
        schedule.step(*([metrics[unit]] if metrics else []))
    return values


def main():
    warmed = lambda o: s.SequentialLR(
        o, [s.LinearLR(o, start_factor=0.1, total_iters=4), s.CosineAnnealingLR(o, 20)], milestones=[4])
    path = pathlib.Path(__file__).with_name("schedules.json")
    path.write_text(json.dumps({
        "constant": rates(lambda o: s.ConstantLR(o, factor=1)),
        "linear": rates(lambda o: s.LinearLR(o, start_factor=0.4, end_factor=1, total_iters=10)),
        "step": rates(lambda o: s.StepLR(o, 3, gamma=0.7)),
        "multiStep": rates(lambda o: s.MultiStepLR(o, [2, 7, 7, 15], gamma=0.5)),
        "exponential": rates(lambda o: s.ExponentialLR(o, 0.93)),
        "cosine": rates(lambda o: s.CosineAnnealingLR(o, 16, eta_min=0.002)),
        "oneCycle": rates(lambda o: s.OneCycleLR(o, 0.5, total_steps=UNITS)),
        "oneCycleLinear": rates(lambda o: s.OneCycleLR(
            o, 0.5, total_steps=UNITS, pct_start=0.25, anneal_strategy="linear", div_factor=10, final_div_factor=100,
            three_phase=True)),
        "oneCycleMomentum": rates(lambda o: s.OneCycleLR(o, 0.5, total_steps=UNITS), value="momentum"),
        "oneCycleLinearMomentum": rates(lambda o: s.OneCycleLR(
            o, 0.5, total_steps=UNITS, pct_start=0.25, anneal_strategy="linear", three_phase=True, base_momentum=0.7,
            max_momentum=0.9), value="momentum"),
        "warmUp": rates(warmed),
        "warmRestarts": rates(lambda o: s.CosineAnnealingWarmRestarts(o, 5, T_mult=1, eta_min=0.002)),
        "warmRestartsLonger": rates(lambda o: s.CosineAnnealingWarmRestarts(o, 3, T_mult=2)),
        "cyclic": rates(lambda o: s.CyclicLR(o, 0.01, 0.3, step_size_up=4)),
        "cyclicMomentum": rates(lambda o: s.CyclicLR(o, 0.01, 0.3, step_size_up=4), value="momentum"),
        "cyclicHalving": rates(lambda o: s.CyclicLR(
            o, 0.01, 0.3, step_size_up=2, step_size_down=5, mode="triangular2", base_momentum=0.7, max_momentum=0.95)),
        "cyclicHalvingMomentum": rates(lambda o: s.CyclicLR(
            o, 0.01, 0.3, step_size_up=2, step_size_down=5, mode="triangular2", base_momentum=0.7, max_momentum=0.95),
            value="momentum"),
        "cyclicRange": rates(lambda o: s.CyclicLR(
            o, 0.01, 0.3, step_size_up=5, step_size_down=3, mode="exp_range", gamma=0.95)),
        "cyclicRangeMomentum": rates(lambda o: s.CyclicLR(
            o, 0.01, 0.3, step_size_up=5, step_size_down=3, mode="exp_range", gamma=0.95), value="momentum"),
        "metrics": METRICS,
        "plateau": rates(lambda o: s.ReduceLROnPlateau(o, patience=2, cooldown=1, factor=0.5), METRICS),
        "plateauLarger": rates(lambda o: s.ReduceLROnPlateau(
            o, mode="max", patience=1, factor=0.3, threshold=0.05, threshold_mode="abs", min_lr=0.01), METRICS),
    }) + "\n")


main()
