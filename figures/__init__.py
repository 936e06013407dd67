"""The figures, one module each: data first, then a drawing. `python -m figures` redraws them.

A module of a figure has

* a docstring whose first paragraph is the figure's claim,
* `data(fast=False)`, which computes everything that is drawn and returns it as arrays (tested), and
* `draw(data)`, which returns a `matplotlib.figure.Figure`.

>>> import figures
>>> figures.claim("width")[:71]
'In d dimensions depth needs room: aᵀBx reaches zero excess loss in one '
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMES = (
    *("fig1", "fig2", "fig3", "fig4", "figB1", "figB2", "figB3", "figB4", "figC5"),
    *("bifurcation", "landscapes", "basins", "rates", "depth", "preconditioner", "samples", "width"),
)
FORMATS = ("svg", "png", "pdf")
DRAWN = Path(__file__).with_name("drawn")


class UnknownFigure(ValueError):
    """A figure that is not among `NAMES`; the message lists them."""


def module(name: str) -> Any:
    """The module of a figure.

    Raises:
        UnknownFigure: there is none.
    """
    if name not in NAMES:
        raise UnknownFigure(f"no figure {name!r}: choose from {', '.join(NAMES)}")
    return import_module(f"figures.{name.lower()}")


def claim(name: str) -> str:
    """What the figure shows, in one line."""
    return " ".join(module(name).__doc__.split("\n\n")[0].split())


def draw(name: str, *, fast: bool = False) -> Figure:
    """Compute and draw one figure in the house style; `fast` computes less of it.

    Raises:
        UnknownFigure: there is no figure of that name.
        MissingExtra: it meta-trains, and PyTorch is not installed.
    """
    from analysis.command_line import MissingExtra
    from figures.style import sheet

    made = module(name)
    try:
        with sheet():
            figure: Figure = made.draw(made.data(fast))
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtra(f"{name} needs PyTorch: pip install 'metadepth[empirical]'") from None
    return figure


def write(
    name: str, folder: Path = DRAWN, formats: Iterable[str] = ("svg", "png"), *, fast: bool = False
) -> list[Path]:
    """Draw a figure into files; the same data give the same bytes."""
    from figures.style import sheet

    figure = draw(name, fast=fast)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.{suffix}" for suffix in formats]
    with sheet():
        for path in paths:
            undated: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
            figure.savefig(path, metadata=undated[path.suffix.removeprefix(".")])
    return paths
