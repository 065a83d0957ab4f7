"""What the rounds come to: a cell a problem, ratios of ours to each peer, geometric means, and how they are printed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field

from workers import NAMES, Row

#: Whose speed is counted in arithmetic; that of the others is in bytes.
ARITHMETIC = {"gemm", "conv2d"}


@dataclass
class Cell:
    """A problem, and a row a round of each system that solves it."""

    group: str
    kernel: str
    direction: str
    shape: str
    flops: float
    bytes: float
    #: How the samples of a round, and then the rounds, come to one figure.
    by: str
    rounds: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def work(self) -> float:
        return self.flops if self.kernel in ARITHMETIC else self.bytes

    @property
    def peers(self) -> list[str]:
        return [name for name in self.rounds if name != "ours"]

    def seconds(self, system: str) -> float:
        times = [row[f"{self.by}_seconds"] for row in self.rounds[system]]
        return statistics.median(times) if self.by == "median" else min(times)

    def rate(self, system: str) -> float:
        """10⁹ operations or bytes a second."""
        return self.work / self.seconds(system) / 1e9

    def ratio(self, peer: str) -> float:
        """Our speed over the peer's."""
        return self.seconds(peer) / self.seconds("ours")

    @property
    def least_ratio(self) -> float | None:
        """Our speed over that of the fastest peer."""
        return min(map(self.ratio, self.peers), default=None)

    @property
    def limit_fraction(self) -> float:
        return statistics.median(row["limit_fraction"] for row in self.rounds["ours"])

    @property
    def verified(self) -> bool:
        return all(row["verified"] for rows in self.rounds.values() for row in rows)

    def json(self) -> Row:
        systems = {
            name: {"algorithm": rows[-1]["algorithm"], "seconds": self.seconds(name),
                   "rounds_seconds": [row[f"{self.by}_seconds"] for row in rows],
                   "gflops": self.flops / self.seconds(name) / 1e9, "gbs": self.bytes / self.seconds(name) / 1e9,
                   "verified": all(row["verified"] for row in rows)}
            for name, rows in self.rounds.items()}
        return {"group": self.group, "kernel": self.kernel, "pass": self.direction, "shape": self.shape,
                "limit_fraction": self.limit_fraction, "systems": systems,
                "ratios": {name: self.ratio(name) for name in self.peers}, "ratio": self.least_ratio}

    def kernels_row(self, system: str) -> Row:
        """As `bench kernels --json` writes a row; the samples are the rounds."""
        times = sorted(row["median_seconds"] for row in self.rounds[system])
        median = statistics.median(times)
        quartiles = statistics.quantiles(times, n=4) if len(times) > 1 else times * 3
        ours, last = self.rounds["ours"][-1], self.rounds[system][-1]
        return {"kernel": self.kernel, "pass": self.direction, "shape": self.shape, "algorithm": last["algorithm"],
                "isa": ours["isa"], "threads": ours["threads"], "median_seconds": median,
                "min_seconds": min(row["min_seconds"] for row in self.rounds[system]),
                "lower_quartile_seconds": quartiles[0], "upper_quartile_seconds": quartiles[2], "samples": len(times),
                "gflops": self.flops / median / 1e9, "gbs": self.bytes / median / 1e9,
                "limit_fraction": ours["limit_fraction"] * ours["median_seconds"] / median,
                "verified": all(row["verified"] for row in self.rounds[system]),
                "verification": ours["verification"] if system == "ours" else "close", "chosen": True,
                "warm": ours["warm"]}


def mean_of_ratios(ratios: Iterable[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, ratios)))


def header(peers: list[str]) -> str:
    columns = f"{'kernel':24}{'pass':18}{'shape':32}{'unit':>8}{'ours':>8}{'of limit':>10}"
    return columns + "".join(f"{NAMES[name]:>20}" for name in peers) + f"{'ours/best':>11}"


def line(cell: Cell, peers: list[str]) -> str:
    unit = "GFLOP/s" if cell.kernel in ARITHMETIC else "GB/s"
    text = f"{cell.kernel:24}{cell.direction:18}{cell.shape:32}{unit:>8}{cell.rate('ours'):8.1f}"
    text += f"{100 * cell.limit_fraction:8.1f} %"
    for name in peers:
        text += f"{cell.rate(name):11.1f} ({cell.ratio(name):6.2f})" if name in cell.rounds else f"{'-':>20}"
    text += f"{cell.least_ratio:11.2f}" if cell.least_ratio is not None else f"{'-':>11}"
    return text + ("" if cell.verified else "  WRONG")


def groups(cells: list[Cell]) -> dict[tuple[str, str, str], list[Cell]]:
    """By file, kernel and pass, and by file and kernel with all passes together where there are several."""
    families: dict[tuple[str, str], dict[str, list[Cell]]] = {}
    for cell in cells:
        families.setdefault((cell.group, cell.kernel), {}).setdefault(cell.direction, []).append(cell)
    result: dict[tuple[str, str, str], list[Cell]] = {}
    for (group, kernel), passes in families.items():
        for direction, members in passes.items():
            result[group, kernel, direction] = members
        if len(passes) > 1:
            result[group, kernel, "all"] = [cell for members in passes.values() for cell in members]
    return result


def ratio_columns(cells: list[Cell], peers: list[str]) -> dict[str, list[tuple[float, Cell]]]:
    """Our ratios to each peer, and as `best` to the fastest in each cell."""
    columns = {name: [(cell.ratio(name), cell) for cell in cells if name in cell.rounds] for name in peers}
    columns["best"] = [(cell.least_ratio, cell) for cell in cells if cell.least_ratio is not None]
    return {name: column for name, column in columns.items() if column}


def means(cells: list[Cell], peers: list[str]) -> list[Row]:
    return [
        {"group": key[0], "kernel": key[1], "pass": key[2], "peer": name, "cells": len(column),
         "geometric_mean": mean_of_ratios(ratio for ratio, _ in column),
         "least": min(ratio for ratio, _ in column), "least_shape": min(column, key=lambda pair: pair[0])[1].shape}
        for key, members in groups(cells).items()
        for name, column in ratio_columns(members, peers).items()]


def means_table(rows: list[Row], peers: list[str]) -> str:
    """Geometric mean, and in parentheses the least, over each peer; where the least over the best peer is."""
    columns = [*peers, "best"]
    table: dict[tuple[str, str, str], dict[str, Row]] = {}
    for row in rows:
        table.setdefault((row["group"], row["kernel"], row["pass"]), {})[row["peer"]] = row
    lines = [f"{'shapes':18}{'kernel':24}{'pass':18}{'cells':>6}"
             + "".join(f"{'ours/' + NAMES.get(name, name):>20}" for name in columns) + "  least at"]
    for (group, kernel, direction), entries in table.items():
        text = f"{group:18}{kernel:24}{direction:18}{max(row['cells'] for row in entries.values()):6}"
        for name in columns:
            row = entries.get(name)
            text += f"{row['geometric_mean']:11.2f} ({row['least']:6.2f})" if row else f"{'-':>20}"
        lines.append(f"{text}  {entries['best']['least_shape']}")
    return "\n".join(lines)
