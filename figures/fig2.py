"""The deep model's loss has 17 stationary points at α = 1/10, and meta-training falls from every quarter of
the plane between the lines a = ±b into the minimum that lies in it.

Figure 2 of the paper, completed. *Left*, the excess loss L(a, b), cut off above 1.6: four minima in long
valleys, since the curvature across a valley is 4α and along it 3α³. *Right*, its contours with every
stationary point, certified, and real meta-training by SGD with the paper's rates from eight starts, two for
each minimum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from analysis.algebra.arrays import values
from analysis.models import DEEP
from analysis.stationary_points import StationaryPoints, stationary_points
from analysis.stationary_points.picture import LABEL, TICKS, contours
from figures import style
from figures.training import Array, courses, problem

REACH = 4.0
SURFACE, CEILING = 3.45, 1.6


@dataclass(frozen=True)
class Data:
    """Attributes:
    found: every stationary point.
    grid: (n,) coordinates of the surface.
    loss: (n, n) excess loss, rows along b.
    trajectories: (iterations + 1, runs, 2) of meta-training.
    """

    found: StationaryPoints
    grid: Array
    loss: Array
    trajectories: Array


def starts() -> Array:
    """Eight starts, two between each pair of neighbouring lines a = ±b, (8, 2)."""
    angles = np.pi / 4 + np.pi / 2 * np.arange(4)[:, None] + np.array([-0.28, 0.17])
    radii = np.array([1.3, 3.2])
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=-1).reshape(-1, 2)


def data(fast: bool = False) -> Data:
    """Solve, evaluate, meta-train."""
    found = stationary_points(problem(DEEP))
    grid = np.linspace(-SURFACE, SURFACE, 41 if fast else 149)
    iterations = 50 if fast else 2500
    return Data(
        found=found,
        grid=grid,
        loss=values(found.landscape.loss, *np.meshgrid(grid, grid)),
        trajectories=courses(DEEP, starts(), iterations),
    )


def draw(found: Data) -> Figure:
    """The surface beside the contours."""
    figure = Figure(figsize=(7.4, 3.5))
    grid = figure.add_gridspec(1, 2, width_ratios=(1, 1.1))
    surface = figure.add_subplot(grid[0], projection="3d")
    a, b = np.meshgrid(found.grid, found.grid)
    height = np.minimum(found.loss, CEILING)
    surface.plot_surface(a, b, height, cmap="cividis", rcount=75, ccount=75, rasterized=True)
    surface.set(xlabel="$a$", ylabel="$b$", zticks=(0, 0.5, 1, 1.5), title="excess loss")
    surface.view_init(elev=52, azim=-58)
    axes = figure.add_subplot(grid[1])
    figure.colorbar(contours(axes, found.found, REACH), ax=axes, label=LABEL, shrink=0.85, ticks=TICKS)
    for run in np.moveaxis(found.trajectories, 1, 0):
        axes.plot(*run.T, color=style.VERMILION, linestyle="-", linewidth=1.4)
        axes.plot(*run[0], marker="s", color=style.VERMILION, markersize=4, markeredgecolor="k", zorder=3)
    axes.plot([], [], color=style.VERMILION, linestyle="-", marker="s", markersize=4, label="meta-training")
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH))
    axes.grid(False)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure
