"""The independent check of a system in one or two unknowns: indices of its solutions against turns.

The solutions found carry indices (signs of a Jacobian determinant, or turns around a small box where it is
singular). Their sum must be the number of turns of the pair of equations around a rectangle that contains
them all, counted by interval arithmetic on its boundary (`algebra.index`), which knows nothing of
elimination. The rectangle is not much larger than needed: what it excludes from being overlooked is inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction

from flint import fmpq_mpoly

from analysis.algebra.algebraic_numbers import exact_ends
from analysis.algebra.fibres import FibrePoint
from analysis.algebra.index import ZeroOnBoundary, index_of_field
from analysis.stationary_points.points import Location

_CLEAR_BITS = (1 << 9, 1 << 12)  # at a rate of 10⁻⁶⁰ a determinant of 10⁻³⁵⁹ is not 0


def indices_and_turns(
    equations: tuple[fmpq_mpoly, ...], locations: Sequence[Location], positive: Sequence[bool]
) -> tuple[int, int]:
    """Sum of the indices of the solutions, and the turns of the equations around a box of them all.

    Args:
        equations: one or two, in as many unknowns.
        locations: all their real solutions, of those with positive unknowns where `positive` says so.
        positive: for each unknown.
    """
    size = len(equations)
    jacobian = [[e.derivative(j) for j in range(size)] for e in equations]
    determinant = (
        jacobian[0][0] if size == 1 else jacobian[0][0] * jacobian[1][1] - jacobian[0][1] * jacobian[1][0]
    )
    indices = 0
    for location in locations:
        # at a singular solution in a field of high degree the exact sign takes a minute, turns do not
        unclear = isinstance(location, FibrePoint) and not any(
            location.is_clearly_nonzero(determinant, bits) for bits in _CLEAR_BITS
        )
        sign = 0 if unclear else location.sign(determinant)
        indices += sign or _degenerate_index(equations, location, locations, positive)
    box = []
    for i, is_positive in enumerate(positive):
        bounds = [exact_ends(location.enclose(64)[i]) for location in locations]
        reach = max((max(abs(lower), abs(upper)) for lower, upper in bounds), default=Fraction(1))
        if is_positive:
            least = min((lower for lower, _ in bounds), default=Fraction(1))
            box.append((least * Fraction(3, 7), reach * Fraction(19, 11)))
        else:
            box.append((-reach * Fraction(17, 11), reach * Fraction(19, 11)))
    return indices, index_of_field(equations, box)


def _degenerate_index(
    equations: tuple[fmpq_mpoly, ...],
    location: Location,
    locations: Sequence[Location],
    positive: Sequence[bool],
) -> int:
    """The turns of the equations around one solution where their Jacobian is singular, or close to it.

    The box holds no other solution: where only those with positive unknowns are known, it is among these.
    """
    for digits in (4, 8, 16, 32, 64, 128, 256, 512, 1024):
        sizes = [max(map(abs, exact_ends(ball))) or Fraction(1) for ball in location.enclose(64)]
        margins = [size / 10 ** (digits // 2) for size in sizes]
        bounds = [exact_ends(ball) for ball in location.enclose(4 * digits + 64)]
        box = [(low - margin, high + margin) for (low, high), margin in zip(bounds, margins, strict=True)]
        others = [other for other in locations if other is not location]
        inside = all(low > 0 for (low, _), only in zip(box, positive, strict=True) if only)
        if inside and all(_is_outside(other, box, digits) for other in others):
            with suppress(ZeroOnBoundary):
                return index_of_field(equations, box)
    raise ZeroOnBoundary("the index of a degenerate solution could not be isolated")


def _is_outside(location: Location, box: Sequence[tuple[Fraction, Fraction]], digits: int) -> bool:
    bounds = [exact_ends(ball) for ball in location.enclose(4 * digits + 64)]
    return any(high < low or upper < lower for (lower, high), (low, upper) in zip(bounds, box, strict=True))
