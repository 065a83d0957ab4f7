"""Times PyTorch, with the protocol of worker.hpp.

Tensors are NCHW and contiguous, as its users have them; with --channels-last they are stored channels last.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch_problems import Problem, Problems, Shape

Run = Callable[[], object]


def is_right(problem: Problem) -> bool:
    expected = problem.expected()
    results = problem.run()
    result = results[0] if isinstance(results, tuple) else results
    errors = (result - expected).abs() / expected.abs().clamp_min(1)
    return result.shape == expected.shape and bool((errors <= 1e-4).all())


def measure(runs: list[Run], seconds: float) -> tuple[float, float]:
    """Median and least time of a run, taking the sets of operands in turn.

    A set's result is kept until its next run: freed at once, its memory would be used again, warm, by the next set.
    """
    results: list[object] = [run() for run in runs]
    position = 0

    def sample(repetitions: int) -> float:
        nonlocal position
        order = [(position + i) % len(runs) for i in range(repetitions)]
        position += repetitions
        start = time.perf_counter()
        for i in order:
            results[i] = runs[i]()
        return time.perf_counter() - start

    repetitions = 1
    while sample(repetitions) < 200e-6:
        repetitions *= 2
    samples: list[float] = []
    while len(samples) < 7 or sum(samples) < seconds:
        samples.append(sample(repetitions))
    return statistics.median(samples) / repetitions, min(samples) / repetitions


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--channels-last", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    problems = Problems(options.channels_last)
    verified: dict[tuple[str, str, str], bool] = {}
    print(json.dumps({"library": "PyTorch", "version": torch.__version__}), flush=True)
    for line in sys.stdin:
        kernel, direction, text, sets = line.split()
        first = problems.make(kernel, direction, Shape(text))
        if first is None:
            print(json.dumps({"absent": ""}), flush=True)
            continue
        # At most two images, as the definition is slow; once for all batch sizes.
        small = re.sub(r"^mb\d+", f"mb{min(Shape(text).get('mb', 1), 2)}", text)
        key = (kernel, direction, small)
        if key not in verified:
            verified[key] = is_right(problems.make(*key[:2], Shape(small)) or first)
        more = (problems.make(kernel, direction, Shape(text)) for _ in range(int(sets) - 1))
        runs = [first.run, *(problem.run for problem in more if problem)]
        median, least = measure(runs, options.seconds)
        row = {"kernel": kernel, "pass": direction, "shape": text, "algorithm": "aten", "median_seconds": median,
               "min_seconds": least, "flops": first.flops, "verified": verified[key]}
        print(json.dumps(row), flush=True)
        del first, runs


if __name__ == "__main__":
    with torch.inference_mode():
        main()
