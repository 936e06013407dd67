"""Whether a set on which every task is solved or abandoned (`atoms`) has a real point.

A point of it is a slope g and a polynomial P(t) = ∏ (t + xᵢ) with P(0) = g², with P = g θ at the node t = a g
(θ − g) of each task solved by adapting, and with a double root at that of each abandoned one. Rational g and
P with N different positive xᵢ (the abandoned pair apart) are shown where they are found among simple ones.
Where g is fixed, since one task is solved without adapting, and one coefficient of P is free, P is affine in
it: the number of real roots changes only at roots of the discriminant, and one rational number inside each
interval between them decides the question. (At a multiple real root of the discriminant a single real point
might be hidden; then nothing is decided.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product

from flint import fmpq, fmpq_mat, fmpq_poly

from analysis.algebra.algebraic_numbers import rational_bounds, real_roots
from analysis.algebra.polynomials import context, rational, univariate
from analysis.stationary_points.products.strata import Setting

_SLOPES = tuple(rational(Fraction(s * 2**k, 8)) for k in range(10) for s in (1, -1))
_LEVELS = tuple(rational(Fraction(2**k, 4)) for k in range(13))
_DIGITS = 40  # of the roots of a discriminant


@dataclass(frozen=True)
class Atom:
    """A value of θ and its probability."""

    value: fmpq
    probability: fmpq


def has_real_point(setting: Setting, support: Sequence[Atom], fates: Sequence[str]) -> bool | None:
    """Whether the set has a real point; None where none was found and none is excluded.

    Args:
        setting: N, a and the law.
        support: its atoms.
        fates: for each of them "slope" (solved without adapting), "gain" (by adapting) or "abandoned".
    """
    fixed = [atom.value for atom, fate in zip(support, fates, strict=True) if fate == "slope"]
    free = setting.factors - 2 * fates.count("abandoned") - 1 - fates.count("gain")
    for g in fixed or _SLOPES:
        nodes, lost = (
            [setting.rate * g * (atom.value - g) for atom, f in zip(support, fates, strict=True) if f == fate]
            for fate in ("gain", "abandoned")
        )
        if not g or 0 in nodes or any(t >= 0 for t in lost):
            if fixed and any(t >= 0 for t in lost):
                return False  # an abandoned pair has the square −t
            continue
        doubled = [-t for t in lost]
        critical = _discriminant(setting, g, nodes, doubled) if fixed and free == 1 else None
        if critical is None:
            levels: Iterator[tuple[fmpq, ...]] = product(_LEVELS, repeat=max(free, 0))
        else:
            levels = ((x,) for x in _between_roots(critical))
        if any(_is_real(_squares_with(setting, g, nodes, doubled, level), doubled) for level in levels):
            return True
        if critical is not None and not any(real_roots(critical.gcd(critical.derivative()))):
            return False
    return None


def _squares_with(
    setting: Setting, g: fmpq, nodes: Sequence[fmpq], doubled: Sequence[fmpq], levels: Sequence[fmpq]
) -> fmpq_poly:
    """∏ (t + xᵢ)/∏ (t + y)² with these free coefficients, y the squares of abandoned pairs.

    What is left has degree n = N − 2·(abandoned), constant term g²/∏ y², and at a node t the value g θ/∏ (t +
    y)², where g θ = g² + t/a.
    """
    scale = fmpq(1)
    for y in doubled:
        scale *= y * y
    # t^n + (levels) t^{n−1} … + (unknown) t^{len(nodes)} … t + g²/scale
    known = fmpq_poly([g * g / scale, *[0] * len(nodes), *levels, 1])
    rows, values = [], []
    for t in nodes:
        target = g * g + t / setting.rate
        for y in doubled:
            target /= (t + y) ** 2
        rows += [t**k for k in range(1, len(nodes) + 1)]
        values.append(target - known(t))
    if nodes:
        found = fmpq_mat(len(nodes), len(nodes), rows).solve(fmpq_mat(len(nodes), 1, values))
        known += fmpq_poly([0, *(found[i, 0] for i in range(len(nodes)))])
    return known


def _discriminant(setting: Setting, g: fmpq, nodes: Sequence[fmpq], doubled: Sequence[fmpq]) -> fmpq_poly:
    """The discriminant in t as a polynomial in the one free coefficient."""
    ring = context(["t", "level"])
    t, level = ring.gens()
    start, end = (_squares_with(setting, g, nodes, doubled, [fmpq(x)]) for x in (0, 1))
    affine = ring.constant(0)
    for k in range(end.degree() + 1):
        affine += (start[k] + (end[k] - start[k]) * level) * t**k
    return univariate(affine.discriminant(0), "level")


def _between_roots(poly: fmpq_poly) -> list[fmpq]:
    """One rational number inside each interval that the real roots cut out of the line."""
    roots = sorted(rational_bounds(root.enclosure(256), _DIGITS) for root in real_roots(poly))
    if not roots:
        return [fmpq(0)]
    inner = [(one[1] + other[0]) / 2 for one, other in pairwise(roots)]
    return [rational(x) for x in (roots[0][0] - 1, *inner, roots[-1][1] + 1)]


def _is_real(poly: fmpq_poly, doubled: Sequence[fmpq]) -> bool:
    """Whether poly(t) = ∏ (t + x) with different positive x, none of them in `doubled`."""
    roots = list(real_roots(poly))
    negative = all(root.sign(fmpq_poly([0, 1])) < 0 for root in roots)
    return len(roots) == poly.degree() and negative and all(poly(-y) for y in doubled)
