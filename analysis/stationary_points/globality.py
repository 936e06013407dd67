"""Which minima are global, and why.

The excess loss is never negative, so a point with L = 0 is a global minimum and no other minimum is, where
such a point exists. With one unknown a non-constant loss that is bounded below tends to +∞ at both ends, so
its lowest stationary value is its minimum. Anything else is left undecided, and said to be.
"""

from __future__ import annotations

from dataclasses import replace

from analysis.landscape import Landscape
from analysis.stationary_points.points import Family, StationaryPoint


def mark_global(
    landscape: Landscape, points: tuple[StationaryPoint, ...], families: tuple[Family, ...]
) -> tuple[StationaryPoint, ...]:
    """The points with `is_global` and `why` filled in."""
    solved = [_is_zero(point) for point in points]
    if any(solved) or any(f.loss is not None and f.loss.lower == f.loss.upper == 0 for f in families):
        return tuple(
            replace(point, is_global=zero, why=_ZERO if zero else _NONZERO)
            for point, zero in zip(points, solved, strict=True)
        )
    if len(landscape.unknowns) == 1 and len(points) == 1 and points[0].kind == "minimum":
        return (replace(points[0], is_global=True, why=_ONLY),)
    return tuple(
        replace(point, is_global=None if point.kind == "minimum" else False, why=_OPEN) for point in points
    )


_ZERO = "its excess loss is exactly 0, and no excess loss is negative"
_NONZERO = "its excess loss is positive, and 0 is attained"
_ONLY = "the only stationary point of a loss that tends to +infinity at both ends"
_OPEN = "no stationary point has zero excess loss, so comparing with 0 decides nothing"


def _is_zero(point: StationaryPoint) -> bool:
    return point.kind in ("minimum", "degenerate") and point.has_zero_loss()
