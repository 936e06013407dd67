"""Logistic regression adapts in one step at every depth when it predicts the more probable class; only drawn
predictions separate LR from the deep models, and sampled labels cap everything at ln 2.

Figure B.1 of the paper, under the two label rules that B.1 mentions and under the two ways of predicting.
Accuracy on fresh tasks after one inner step against the examples a task, from the committed measurements
(`analysis/logistic/measured.jsonl`: rates of Table D.5, default start, width 32, 1,000 meta-iterations, mean
and 95 % interval over seeds). Since every task is fresh, meta-training and meta-test accuracy are one thing.
Blue: what infinite data give LR at its MAML solution, exactly; green: the Bayes accuracy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.logistic import (
    Labels,
    Prediction,
    adapted_performance,
    bayes_accuracy,
    neutral,
    read_table,
    select,
)
from figures import style
from figures.training import Array

RATE = 0.9  # Table D.5
DEPTHS = {1: "LR", 2: "LR + LinNet(2)", 3: "LR + LinNet(3)"}
READINGS: dict[Prediction, str] = {"threshold": "after", "sampled": "after_sampled"}
TITLES = {"threshold": "decided, $1[c^Tx>0]$", "sampled": r"drawn, Bernoulli$(\sigma(c^Tx))$"}


@dataclass(frozen=True)
class Data:
    """Attributes:
    shots: (n,) examples a task.
    measured: for (labels, prediction, depth) the mean and half width, (n, 2).
    exact: for (labels, prediction) LR's accuracy from the origin with infinite data.
    bayes: for the labels the Bayes accuracy.
    """

    shots: Array
    measured: dict[tuple[Labels, Prediction, int], Array]
    exact: dict[tuple[Labels, Prediction], float]
    bayes: dict[Labels, float]


def data(fast: bool = False) -> Data:
    """The committed rows and the exact values; `fast` changes nothing."""
    header, rows = read_table()
    last = header["protocol"]["checkpoints"][-1]
    chosen = select(rows, start="default", alpha=RATE, momentum=0.0, iteration=last)
    shots = sorted({row["shots"] for row in chosen})
    measured: dict[tuple[Labels, Prediction, int], Array] = {}
    exact: dict[tuple[Labels, Prediction], float] = {}
    for labels in get_args(Labels):
        origin = adapted_performance(neutral(1, 1.0), RATE, labels, radial=24, angular=32)
        for prediction, column in READINGS.items():
            exact[labels, prediction] = origin[prediction]
            for depth in DEPTHS:
                cells = select(chosen, labels=labels, depth=depth, width=0 if depth == 1 else 32)
                measured[labels, prediction, depth] = np.array(
                    [select(cells, shots=n)[0][column] for n in shots]
                )
    bayes = {labels: float(bayes_accuracy(labels).mid()) for labels in get_args(Labels)}
    return Data(np.array(shots, dtype=float), measured, exact, bayes)


def draw(found: Data) -> Figure:
    """Label rules by rows, ways of predicting by columns."""
    figure, panels = style.canvas(2, 2, height=5.0)
    for row, labels in zip(panels, found.bayes, strict=True):
        for axes, prediction in zip(row, READINGS, strict=True):
            _panel(axes, found, labels, prediction)
            axes.set_title(f"{labels} labels; {TITLES[prediction]}")
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _panel(axes: Axes, found: Data, labels: Labels, prediction: Prediction) -> None:
    colours = {1: style.BLACK, 2: style.VERMILION, 3: style.PURPLE}
    for depth, name in DEPTHS.items():
        mean, half = found.measured[labels, prediction, depth].T
        axes.errorbar(
            found.shots * 1.04 ** (depth - 2),
            mean,
            yerr=half,
            color=colours[depth],
            marker="os^"[depth - 1],
            linestyle=("-", "--", "-.")[depth - 1],
            capsize=2,
            label=name,
        )
    axes.axhline(found.exact[labels, prediction], label="LR, infinite data, exact", **style.EXACT)
    axes.axhline(found.bayes[labels], label="Bayes accuracy", **style.BOUND)
    axes.axhline(0.5, color="0.5", linestyle="-", linewidth=0.8, label="chance")
    axes.set(xscale="log", ylim=(0.46, 1.03), xlabel="examples a task", ylabel="accuracy, one step")
    axes.set_xticks(found.shots, labels=[f"{n:g}" for n in found.shots])
    axes.minorticks_off()
