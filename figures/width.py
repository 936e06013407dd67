"""In d dimensions depth needs room: aᵀBx reaches zero excess loss in one step only from width d + 1 − m on,
and with one hidden unit it is no better than a tuned rate.

The least excess loss of aᵀBx against its hidden width h, for d = 4 inputs with second moment Σ = diag(1, 2,
3, 4) (its largest eigenvalue is simple, m = 1), beside what the shallow model reaches
with its best rate and with a learned rate for each weight (Meta-SGD). The bar of the net is what an explicit
point attains; the whisker reaches down to the proved lower bound (`analysis.dimensions.narrow`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpq_mat
from matplotlib.figure import Figure

from analysis.dimensions import Setting, least_excess
from analysis.equivalence import Tasks
from figures import style
from figures.training import RATE, Array

SPECTRUM = (1, 2, 3, 4)


@dataclass(frozen=True)
class Data:
    """Attributes:
    width: h = 1 … d.
    attained, bound: the least excess loss lies between `bound` and `attained`.
    shallow: for each way of choosing the shallow model's rate its least excess loss.
    """

    width: Array
    attained: Array
    bound: Array
    shallow: dict[str, float]


def data(fast: bool = False) -> Data:
    """Exact rationals, as floats; `fast` changes nothing."""
    size = len(SPECTRUM)
    spectrum = tuple(map(Fraction, SPECTRUM))
    bounds = [least_excess(Setting(1, size, h, RATE, spectrum)) for h in range(1, size + 1)]
    entries = [SPECTRUM[i] if i == j else 0 for i in range(size) for j in range(size)]
    identity = [int(i == j) for i in range(size) for j in range(size)]
    tasks = Tasks(1, fmpq_mat(size, size, entries), fmpq_mat(size, size, identity))
    return Data(
        width=np.arange(1.0, size + 1),
        attained=np.array([float(b.upper) for b in bounds]),
        bound=np.array([float(b.lower) for b in bounds]),
        shallow={
            "best α": float(tasks.best_rate()[1]),
            "Meta-SGD": float(tasks.meta_sgd()[1]),
        },
    )


def draw(found: Data) -> Figure:
    """Bars for the net, lines for the shallow model."""
    figure, axes = style.canvas(width=4.6, height=3.4)
    axes.bar(
        *(found.width, found.attained),
        color=style.SKY,
        edgecolor="k",
        width=0.6,
        yerr=(found.attained - found.bound, 0 * found.bound),
        capsize=3,
        label="$a^TBx$ of hidden width $h$",
    )
    lines = zip(found.shallow.items(), ("--", ":"), (style.VERMILION, style.BLUE), strict=True)
    for (name, loss), pattern, colour in lines:
        axes.axhline(loss, color=colour, linestyle=pattern, linewidth=2, label=f"shallow, {name}")
    axes.set(xlabel="hidden width $h$", ylabel="least excess loss, one step", xticks=found.width)
    style.legend_below(axes, 2)
    return figure
