"""Basins as a picture: one panel of coloured cells; used by the command and by `figures`."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.dynamics.maps import Array, basins, exact_basins, minima

SHADES = ("#0072B2", "#9AD0F5", "#E69F00", "#F7E3A8")  # two hues, dark and light: four greys on a grey print
MARKERS = ("o", "s", "^", "v")


def cells(reach: float, count: int) -> tuple[Array, Array]:
    """The centres of count × (count + 1) cells of the square [−reach, reach]², along a and along b.

    None lies on a line a = ±b: (2i + 1)/n = ±(2j + 1)/(n + 1) is impossible, one side having an even
    denominator where the other has an odd one.
    """
    along = [reach * ((2 * np.arange(n) + 1) / n - 1) for n in (count, count + 1)]
    return along[0], along[1]


def panel(axes: Axes, a: Array, b: Array, labels: NDArray[np.int8], alpha: float) -> None:
    """Colour the cells by the minimum that their centres reach, mark the minima, draw the lines a = ±b."""
    shown = np.ma.masked_less(labels, 0)
    axes.pcolormesh(a, b, shown, cmap=ListedColormap(SHADES), vmin=0, vmax=3, rasterized=True)
    for place, marker in zip(minima(alpha), MARKERS, strict=True):
        axes.plot(*place, marker=marker, markersize=8, markerfacecolor="white", markeredgecolor="black")
    for sign in (1, -1):
        axes.plot([a[0], a[-1]], [sign * a[0], sign * a[-1]], color="k", linestyle="--", linewidth=0.8)
    axes.set(xlabel="$a$", ylabel="$b$", aspect="equal")
    axes.grid(False)


def draw(path: Path, alpha: Fraction, rate: Fraction, momentum: Fraction) -> None:
    """The basins of the flow, by theorem, and of the heavy-ball map, iterated; format by suffix."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    a, b = cells(1.3 / float(alpha) ** 0.5, 160)
    starts = np.stack(np.meshgrid(a, b), axis=-1)
    panel(left, a, b, exact_basins(starts), float(alpha))
    left.set_title("gradient flow (theorem)")
    panel(right, a, b, basins(alpha, starts, float(rate), float(momentum), 2000), float(alpha))
    right.set_title(f"heavy-ball, rate {rate}, momentum {momentum}")
    figure.suptitle(f"basins of the four minima, α = {alpha}")
    figure.savefig(path)
