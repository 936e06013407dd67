"""At the paper's rates the shallow model stays 0.81 above the Bayes floor and the deep one reaches it, as
derived; logistic regression does adapt, unless its predictions are drawn instead of decided.

Figure 1 of the paper. *Left*, 1-D regression: mean squared error on fresh tasks after one inner step,
against meta-iterations, mean and middle 80 % of the seeds; the dotted blue line is the heavy-ball
map on the derived loss from the same starts. The shallow model cannot leave 1 + (1 − α)² = 1.81 while α is
fixed at 1/10. *Right*, binary logistic regression (B.1) with noise-free labels and 100 examples a task: LR
is far above chance when a prediction is the more probable class, at every depth; only with predictions drawn
as ŷ ~ Bernoulli(σ(cᵀx)), as §4.2 writes the model, do LR and the deep models part as in the paper, because
LR cannot learn the length of its step (`analysis.logistic`). Shaded: 95 % intervals over seeds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.models import DEEP, SHALLOW
from figures import style
from figures.training import NOISE, RATE, Array, courses, predicted, tested

ADAPTATION_RATE = 0.9  # Table D.5
DEPTHS = {1: "LR", 2: "LR + LinNet(2)", 3: "LR + LinNet(3)"}
READINGS = ("after", "after_sampled")


@dataclass(frozen=True)
class Data:
    """Attributes:
    every: iterations between two measurements.
    measured: for "shallow" and "deep", MSE after one step on all tasks, (times, seeds).
    exact: the same as derived, at every iteration, (iterations + 1, seeds).
    shallow_limit: 1 + (1 − α)².
    checkpoints: meta-iterations of the right panel.
    accuracy: for (depth, reading): mean and half width of its 95 % interval, (checkpoints, 2).
    drawn_limit: the accuracy of drawn predictions one step after logistic regression's MAML solution.
    """

    every: int
    measured: dict[str, Array]
    exact: dict[str, Array]
    shallow_limit: float
    checkpoints: Array
    accuracy: dict[tuple[int, str], Array]
    drawn_limit: float


def data(fast: bool = False) -> Data:
    """Meta-train everything; the right panel is measured by simulation alone."""
    from analysis.logistic import adapted_performance, neutral

    seeds, iterations, every = (4, 60, 20) if fast else (16, 500, 10)
    generator = np.random.default_rng(0)
    starts = {"shallow": generator.normal(size=(seeds, 1)), "deep": generator.normal(size=(seeds, 2)) / 2}
    models = {"shallow": SHALLOW, "deep": DEEP}
    checkpoints, accuracy = _logistic(fast)
    return Data(
        every=every,
        measured={n: tested(courses(models[n], starts[n], iterations, every)) for n in models},
        exact={n: predicted(models[n], starts[n], iterations)[1] for n in models},
        shallow_limit=NOISE + float((1 - RATE) ** 2),
        checkpoints=checkpoints,
        accuracy=accuracy,
        drawn_limit=adapted_performance(neutral(1, 1.0), ADAPTATION_RATE, "deterministic")["sampled"],
    )


def _logistic(fast: bool) -> tuple[Array, dict[tuple[int, str], Array]]:
    from analysis.numeric.logistic_measurement import Batch, Protocol, run

    checkpoints = (0, 5, 20) if fast else (0, 5, 10, 20, 40, 70, 100, 150, 200, 300, 400, 600, 800, 1000)
    protocol = Protocol(seeds=3 if fast else 5, checkpoints=checkpoints, test_tasks=50 if fast else 400)
    accuracy = {}
    for depth in DEPTHS:
        cell = ("deterministic", "default", ADAPTATION_RATE, 0.0)
        rows = run(Batch(depth, 0 if depth == 1 else 2, 20 if fast else 100, (cell,)), protocol)
        for reading in READINGS:
            accuracy[depth, reading] = np.array([row[reading] for row in rows])
    return np.array(checkpoints, dtype=float), accuracy


def draw(found: Data) -> Figure:
    """Two panels."""
    figure, (left, right) = style.canvas(1, 2, height=3.3)
    _regression(left, found)
    _accuracies(right, found)
    return figure


def _regression(axes: Axes, found: Data) -> None:
    for name, line in (("shallow", style.SHALLOW), ("deep", style.DEEP)):
        measured = found.measured[name]
        time = found.every * np.arange(len(measured))
        low, high = np.quantile(measured, [0.1, 0.9], axis=1)
        axes.fill_between(time, low, high, color=line["color"], alpha=0.2, linewidth=0)
        axes.plot(time, measured.mean(axis=1), **line)
        axes.plot(found.exact[name].mean(axis=1), **style.EXACT)
    axes.plot([], [], label="derived, no fit", **style.EXACT)
    axes.axhline(NOISE, label=r"Bayes floor, $\sigma^2=1$", **style.BOUND)
    axes.annotate(
        f"$1+(1-\\alpha)^2={found.shallow_limit:.2f}$",
        (0.98, found.shallow_limit),
        xycoords=("axes fraction", "data"),
        xytext=(0, 4),
        textcoords="offset points",
        ha="right",
    )
    axes.set(
        title="1-D regression, one step, α = 0.1",
        xlabel="meta-iteration",
        ylabel="MSE after adaptation",
        ylim=(0.9, None),
    )
    style.legend_below(axes, 2)


def _accuracies(axes: Axes, found: Data) -> None:
    colours = {1: style.BLACK, 2: style.VERMILION, 3: style.PURPLE}
    markers = {1: "o", 2: "s", 3: "^"}
    for (depth, reading), accuracy in found.accuracy.items():
        mean, half = accuracy.T
        drawn = reading == "after_sampled"
        axes.fill_between(
            found.checkpoints, mean - half, np.minimum(mean + half, 1), color=colours[depth], alpha=0.15, lw=0
        )
        axes.plot(
            found.checkpoints,
            mean,
            color=colours[depth],
            linestyle=":" if drawn else "-",
            marker=markers[depth],
            markersize=3.5,
            label=None if drawn else DEPTHS[depth],
        )
    axes.plot([], [], color="0.3", linestyle="-", label="decided: $1[c^Tx>0]$")
    axes.plot([], [], color="0.3", linestyle=":", label=r"drawn: Bernoulli$(\sigma(c^Tx))$")
    axes.axhline(found.drawn_limit, label="LR drawn, derived", **{**style.EXACT, "linewidth": 1.2})
    axes.set(
        title="logistic regression, α = 0.9",
        xlabel="meta-iteration",
        ylabel="test accuracy after one step",
        ylim=(0.45, 1.02),
    )
    style.legend_below(axes, 2)
