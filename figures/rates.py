"""What depth buys in one dimension is the step size: a shallow model with a learned rate reaches the deep
model's loss at every α, with infinite data and with five samples a task.

The least excess loss after one inner step against the adaptation rate α: shallow ½(1 − α)² with infinite
data, a parabola with its least value 3/16 at α = 5/8 with five samples (unit noise); shallow with a learned
rate (Meta-SGD), and deep, constant in α. The deep values are certified: every stationary point of the loss
is found at each α and the best taken (`analysis.finite_samples.deep`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from matplotlib.figure import Figure

from analysis.finite_samples import Support, best_shallow, deep_minima, shallow_loss
from analysis.models import DEEP
from analysis.stationary_points import stationary_points
from figures import style
from figures.training import Array, problem

SAMPLES = (None, 5)


@dataclass(frozen=True)
class Data:
    """Per number of samples a task (None is infinite data).

    Attributes:
        rate: (n,) α.
        shallow: (n,) least excess loss at that α.
        deep_rate: (m,) α where the deep loss is solved.
        deep: (m,) its least value.
        learned: the least loss of the shallow model with a learned rate, and that rate.
    """

    rate: Array
    shallow: dict[int | None, Array]
    deep_rate: Array
    deep: dict[int | None, Array]
    learned: dict[int | None, tuple[float, float]]


def _deep(samples: int | None, rate: Fraction) -> float:
    if samples is None:
        found = stationary_points(problem(DEEP, rate))
        return min(point.loss().approx for point in found.points if point.is_global)
    return deep_minima(Support(samples), rate).global_minima[0].loss().approx


def data(fast: bool = False) -> Data:
    """Exact losses; the deep ones from complete lists of stationary points."""
    rates = [Fraction(k, 50) for k in range(1, 101)]
    solved = [Fraction(k, 20) for k in ((2, 10, 30) if fast else range(1, 41, 3))]
    best = {n: best_shallow(Support(n)) for n in SAMPLES}
    return Data(
        rate=np.array([float(r) for r in rates]),
        shallow={n: np.array([float(shallow_loss(Support(n), r)) for r in rates]) for n in SAMPLES},
        deep_rate=np.array([float(r) for r in solved]),
        deep={n: np.array([_deep(n, r) for r in solved]) for n in SAMPLES},
        learned={n: (float(best[n].loss), float(best[n].rate)) for n in SAMPLES},
    )


def draw(found: Data) -> Figure:
    """Infinite data, and five samples."""
    figure, panels = style.canvas(1, 2, height=3.2)
    for axes, samples in zip(panels, SAMPLES, strict=True):
        loss, rate = found.learned[samples]
        axes.plot(found.rate, found.shallow[samples], **style.SHALLOW)
        axes.axhline(loss, label="shallow, learned rate", **style.EXACT)
        axes.plot(
            *(found.deep_rate, found.deep[samples]),
            **{**style.DEEP, "linestyle": "none"},
            marker="o",
            markerfacecolor="none",
        )
        axes.plot(rate, loss, marker="*", color=style.BLACK, markersize=9, linestyle="none")
        axes.annotate(
            f"α = {rate:g}",
            (rate, loss),
            xytext=(0, 7 if samples is None else -16),
            textcoords="offset points",
            ha="center",
        )
        data_a_task = "infinite data a task" if samples is None else f"{samples} samples a task"
        axes.set(
            title=data_a_task, xlabel="adaptation rate α", ylabel="least excess loss", ylim=(-0.03, 0.62)
        )
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
