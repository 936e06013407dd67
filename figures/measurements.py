"""Panels drawn from the result rows of `empirical`, and what is shown where nothing has been measured.

The numbers come from `empirical.report`, which reads the committed rows; a panel without rows says "not yet
measured" and shows what the paper prints, where it prints a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from figures import style

CHANCE = 20.0
NAMES = {"omniglot": "Omniglot", "cifar-fs": "CIFAR-FS", "mini-imagenet": "mini-ImageNet"}
LOOKS: dict[str, dict[str, Any]] = {
    "lr": {"color": style.BLACK, "linestyle": "-", "label": "softmax regression"},
    "linnet": {"color": style.VERMILION, "linestyle": "--", "label": "with LinNet"},
    "collapsed": {"color": style.GREEN, "linestyle": "-.", "label": "LinNet, collapsed"},
}


def not_yet_measured(axes: Axes, text: str = "not yet measured", height: float = 0.5) -> None:
    """Say so, in the middle of the axes, at this fraction of their height."""
    axes.text(
        0.5, height, text, transform=axes.transAxes, ha="center", va="center", color="0.4", style="italic"
    )


def training_curves(axes: Axes, benchmark: str, found: Mapping[str, Any], names: Sequence[str]) -> None:
    """Validation accuracy against meta-iterations: mean over seeds, lowest to highest shaded.

    Args:
        axes: where.
        benchmark: its name, for the title.
        found: one entry of `empirical.report.figure_3` or `figure_b3`.
        names: which curves.
    """
    if not any(found[name]["iteration"] for name in names):
        not_yet_measured(axes)
        axes.set_xticks([])
    for name in names:
        curve = found[name]
        axes.plot(curve["iteration"], curve["mean"], **LOOKS[name])
        axes.fill_between(
            *(curve["iteration"], curve["low"], curve["high"]), color=LOOKS[name]["color"], alpha=0.15, lw=0
        )
    bound = found.get("bound")
    if bound is not None:
        axes.axhline(bound["value"], label="ample data of the task", **style.BOUND)
    axes.axhline(CHANCE, color="0.5", linestyle=":", linewidth=1, label="chance")
    axes.set(title=NAMES[benchmark], xlabel="meta-iteration", ylabel="accuracy, %", ylim=(0, 100))


def by_depth(accuracies: Axes, gains: Axes, benchmark: str, found: Mapping[str, Any]) -> None:
    """MAML and meta-KFO, and the gain, against the number of convolutional layers.

    Args:
        accuracies, gains: where.
        benchmark: its name, for the title.
        found: one entry of `empirical.report.figure_4`.
    """
    depth = np.array(found["depth"], dtype=float)
    looks: dict[str, dict[str, Any]] = {
        "maml": {"color": style.BLACK, "marker": "o", "linestyle": "-", "label": "MAML"},
        "kfo": {"color": style.VERMILION, "marker": "s", "linestyle": "--", "label": "meta-KFO"},
    }
    for name, look in looks.items():
        points = [(x, e["value"], e["half_width"]) for x, e in zip(depth, found[name], strict=True) if e]
        if points:
            x, value, half = np.array(points).T
            accuracies.errorbar(x, value, yerr=half, capsize=2, **look)
    printed = [np.nan if p is None else p for p in found["paper maml"]]
    accuracies.plot(
        *(depth, printed), color="0.45", marker="x", linestyle=":", label="MAML, as printed in Table 1"
    )
    points = [(x, e["value"], e["half_width"]) for x, e in zip(depth, found["gain"], strict=True) if e]
    if points:
        x, value, half = np.array(points).T
        gains.errorbar(x, value, yerr=half, capsize=2, color=style.BLUE, marker="^", linestyle="-.")
    else:
        not_yet_measured(gains)
    if not any(found["maml"]) and not any(found["kfo"]):
        not_yet_measured(accuracies, "ours: not yet measured", 0.15)
    gains.axhline(0, color="0.5", linewidth=0.8, linestyle="-")
    accuracies.set(title=NAMES[benchmark], ylabel="accuracy, %")
    gains.set(xlabel="convolutional layers", ylabel="KFO − MAML, points")
    for axes in (accuracies, gains):
        axes.set_xticks(depth)
        axes.set_xlim(depth[0] - 0.4, depth[-1] + 0.4)
