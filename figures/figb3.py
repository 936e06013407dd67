"""Linear layers multiplied into one before adaptation give the same outputs and no longer adapt.

Figure B.3 of the paper: softmax regression, with LinNet, and the LinNet model collapsed before it adapts.
*Above*, validation accuracy against meta-iterations; *below*, meta-test accuracy against inner steps; all
three start at the same outputs if they share parameters, and part with the first step. The text names
Omniglot only; CIFAR-FS is added. Drawn from the committed result rows (`empirical.report`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from figures import style
from figures.measurements import CHANCE, LOOKS, not_yet_measured, training_curves


@dataclass(frozen=True)
class Data:
    """What `empirical.report.figure_b3` returns: for each benchmark curves, and accuracies by inner step."""

    found: dict[str, dict[str, Any]]


def data(fast: bool = False) -> Data:
    """From the result rows; `fast` changes nothing."""
    from empirical.report import figure_b3

    return Data(figure_b3())


def draw(found: Data) -> Figure:
    """Meta-training above, adaptation below, a column for each benchmark."""
    figure, panels = style.canvas(2, len(found.found), height=4.8)
    for (above, below), (benchmark, results) in zip(panels.T, found.found.items(), strict=True):
        training_curves(above, benchmark, results, tuple(LOOKS))
        steps = {name: results[f"{name} per step"] for name in LOOKS}
        for name, accuracies in steps.items():
            below.plot(accuracies, marker="o", **LOOKS[name])
        if not any(steps.values()):
            not_yet_measured(below)
        below.axhline(CHANCE, color="0.5", linestyle=":", linewidth=1)
        below.set(xlabel="inner step", ylabel="meta-test accuracy, %", ylim=(0, 100), xlim=(-0.2, 5.2))
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure
