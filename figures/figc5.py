"""Inside a task the gradient passes through the meta-optimizer before it moves the model, and moves the
meta-optimizer too; between tasks the last loss moves both initialisations.

Figure C.5 of the paper, with the lines of Algorithm 1 that each arrow stands for. Solid: the inner loop,
steps t = 1 … T on one task. Dashed: the outer loop, lines 10–12, once for each batch of tasks.
"""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from figures import style


@dataclass(frozen=True)
class Box:
    """A node: its text and its centre."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Arrow:
    """From box to box, with what flows along it, where that is written, and how far the arrow bends.

    Attributes:
        source, target: names of boxes.
        text: what flows.
        place: (x, y) of the text.
        lines: the lines of Algorithm 1.
        bend: curvature of the arc.
        outer: whether it belongs to the outer loop.
    """

    source: str
    target: str
    text: str
    place: tuple[float, float]
    lines: tuple[int, ...]
    bend: float = 0.0
    outer: bool = False


@dataclass(frozen=True)
class Data:
    """The graph."""

    boxes: dict[str, Box]
    arrows: tuple[Arrow, ...]


def data(fast: bool = False) -> Data:
    """The loop of Algorithm 1 as a graph; `fast` changes nothing."""
    boxes = {
        "model": Box("model\n$\\theta_t$", 0.0, 1.0),
        "loss": Box("loss\n$\\ell_\\tau(\\theta_t)$", 4.0, 1.0),
        "optimizer": Box("meta-optimizer\n$U_{\\xi_t}$", 4.0, -1.0),
        "outer": Box("outer optimizer\nOpt", 8.0, 0.0),
    }
    arrows = (
        Arrow("model", "loss", "predictions on task $\\tau$", (2.0, 1.22), (5,)),
        Arrow("loss", "optimizer", "$\\nabla_{\\theta_t}\\ell_\\tau$", (3.35, 0.05), (6,), -0.25),
        Arrow("loss", "optimizer", "$\\alpha\\nabla_{\\xi_t}\\ell_\\tau$", (4.75, 0.05), (6, 7), 0.25),
        Arrow("optimizer", "model", "$-U_{\\xi_{t+1}}(\\nabla\\ell_\\tau)$", (0.72, -0.72), (8, 9), -0.25),
        Arrow("loss", "outer", "$\\ell_\\tau(\\theta_T)$", (6.0, 0.42), (10, 11, 12), -0.2, outer=True),
        Arrow("outer", "optimizer", "$\\xi^{(init)}$", (6.6, -1.0), (12,), -0.2, outer=True),
        Arrow("outer", "model", "$\\theta^{(init)}$", (4.0, 2.28), (11,), 0.55, outer=True),
    )
    return Data(boxes, arrows)


def draw(found: Data) -> Figure:
    """Boxes and arrows."""
    figure, axes = style.canvas(width=7.2, height=3.3)
    axes.set(xlim=(-1.2, 9.4), ylim=(-1.7, 2.6))
    axes.axis("off")
    patches = {name: _box(axes, box) for name, box in found.boxes.items()}
    for arrow in found.arrows:
        axes.add_patch(
            FancyArrowPatch(
                (found.boxes[arrow.source].x, found.boxes[arrow.source].y),
                (found.boxes[arrow.target].x, found.boxes[arrow.target].y),
                patchA=patches[arrow.source],
                patchB=patches[arrow.target],
                connectionstyle=f"arc3,rad={arrow.bend}",
                arrowstyle="-|>",
                mutation_scale=12,
                linewidth=1.4,
                shrinkA=2,
                shrinkB=2,
                linestyle="--" if arrow.outer else "-",
                color=style.BLUE if arrow.outer else style.BLACK,
            )
        )
        word = "line" if len(arrow.lines) == 1 else "lines"
        lines = ", ".join(map(str, arrow.lines))
        axes.annotate(
            f"{arrow.text}\n{word} {lines}", arrow.place, ha="center", va="center", fontsize="small"
        )
    return figure


def _box(axes: Axes, box: Box) -> FancyBboxPatch:
    patch = FancyBboxPatch(
        (box.x - 0.85, box.y - 0.33),
        1.7,
        0.66,
        boxstyle="round,pad=0.08",
        facecolor="#EAF4FB",
        edgecolor="k",
    )
    axes.add_patch(patch)
    axes.annotate(box.text, (box.x, box.y), ha="center", va="center")
    return patch
