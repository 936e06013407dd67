"""One line of a comparison between a derived number and its independent numerical counterpart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Residual:
    """How far two computations of one quantity are apart, and how far they may be.

    Attributes:
        name: the quantity and how it was computed the second time.
        value: the distance; in standard errors where the second computation is a simulation.
        bound: the largest distance that passes.
    """

    name: str
    value: float
    bound: float

    @property
    def passes(self) -> bool:
        """Whether the distance is within its bound (nan is not)."""
        return self.value <= self.bound


def show(residuals: Sequence[Residual]) -> bool:
    """Print the table; whether every line passes."""
    width = max(len(r.name) for r in residuals)
    for r in residuals:
        print(f"  {r.name:{width}s}  {r.value:9.2e}  bound {r.bound:.0e}  {'ok' if r.passes else 'FAILS'}")
    return all(r.passes for r in residuals)
