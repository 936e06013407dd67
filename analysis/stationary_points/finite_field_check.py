"""The independent check of what is derived by hand: every zero of the field over a finite field, enumerated.

Families found by hand are unions of varieties over ℚ. Modulo a prime p that divides none of the numbers that
the derivation needs to be non-zero, the zeros of the field in F_pⁿ must be the points on them: not more, or a
component with points over F_p was overlooked; not fewer, or a family is not stationary. There are pⁿ points,
and all are tried. p is such that every family found has points; where a family a Q = 1 is possible, Q the
square of a product of unknowns, a must be a square modulo p for it to have any.

Where the derivation claims real zeros only (those with no vanishing unknown, counted by winding numbers), the
points tried are those with a vanishing unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import fmpq, fmpq_mpoly
from numpy.typing import NDArray

from analysis.algebra.polynomials import rational
from analysis.landscape import Landscape
from analysis.stationary_points.points import Certificate, Family
from analysis.stationary_points.products.strata import Setting
from analysis.stationary_points.rational_points import RationalPoint
from analysis.stationary_points.ratios import RatioPoints

_PRIMES = (7, 11, 13, 5, 17, 19, 23, 29, 31, 37)
_MOST_POINTS = 2_000_000


@dataclass(frozen=True)
class FiniteFieldCount:
    """Points of F_pⁿ.

    Attributes:
        prime: p.
        either: how many are zeros of the field or on a family.
        both: how many are both; the same number where the list is right.
    """

    prime: int
    either: int
    both: int


def count_over_finite_field(
    setting: Setting,
    landscape: Landscape,
    families: Sequence[Family],
    points: Sequence[RationalPoint] = (),
    vanishing_only: bool = False,
    squares: Sequence[fmpq] = (),
) -> FiniteFieldCount | None:
    """The two counts for one suitable prime; None where none within the limit of work is suitable.

    Args:
        setting, landscape: with numbers only.
        families, points: claimed to be all zeros of the field, or all with a vanishing unknown.
        vanishing_only: try only points with a vanishing unknown.
        squares: numbers that must be squares modulo p.
    """
    size = len(landscape.unknowns)
    polynomials = [*landscape.vector_field, *(e for family in families for e in family.equations)]
    forbidden = [int(c.q) for poly in polynomials for c in poly.coeffs()]
    forbidden += [x.denominator for point in points for x in point.coordinates]
    forbidden += [int(part) for x in _needed(setting) if x for part in (x.p, x.q)]
    for p in _PRIMES:
        suitable = p**size <= _MOST_POINTS and all(x % p for x in forbidden)
        if suitable and all(pow(_residue(x, p), (p - 1) // 2, p) == 1 for x in squares):
            grid = np.stack([axis.ravel() for axis in np.meshgrid(*[np.arange(p)] * size, indexing="ij")])
            if vanishing_only:
                grid = grid[:, (grid == 0).any(axis=0)]
            on_families = [_vanish(family.equations, grid, p) for family in families]
            if all(on.any() for on in on_families):
                return _compare(landscape, grid, p, on_families, points)
    return None


def _compare(
    landscape: Landscape,
    grid: NDArray[np.int64],
    p: int,
    on_families: Sequence[NDArray[np.bool_]],
    points: Sequence[RationalPoint],
) -> FiniteFieldCount:
    zeros = _vanish(landscape.vector_field, grid, p)
    claimed = np.any(on_families, axis=0) if on_families else np.zeros(grid.shape[1], bool)
    for point in points:
        place = np.array([_residue(rational(x), p) for x in point.coordinates])
        claimed |= (grid == place[:, None]).all(axis=0)
    return FiniteFieldCount(p, int((claimed | zeros).sum()), int((claimed & zeros).sum()))


def _residue(value: fmpq, p: int) -> int:
    return int(value.p) * pow(int(value.q), -1, p) % p


def _vanish(polynomials: Sequence[fmpq_mpoly], grid: NDArray[np.int64], p: int) -> NDArray[np.bool_]:
    """Where all the polynomials are 0 modulo p."""
    common = np.ones(grid.shape[1], bool)
    for poly in polynomials:
        places = np.flatnonzero(common)
        total = np.zeros(len(places), np.int64)
        for exponents, coefficient in poly.to_dict().items():
            term = np.full(len(places), _residue(coefficient, p))
            for axis, exponent in zip(grid[:, places], exponents, strict=True):
                for _ in range(int(exponent)):
                    term = term * axis % p
            total += term
        common[places] = total % p == 0
    return common


def _needed(setting: Setting) -> tuple[fmpq, ...]:
    """What the derivations by hand divide by, where it is not zero: moments, and two Gram determinants."""
    m1, m2, m3, m4 = (rational(setting.law.moment(k)) for k in range(1, 5))
    return (setting.rate, m1, m2, m2 - m1 * m1, m2 * m4 - m3 * m3)


def certificate(method: str, ratios: RatioPoints | None, over_field: FiniteFieldCount | None) -> Certificate:
    """The method's certificate, with the counts of both checks side by side."""
    words: list[str] = []
    counts: list[tuple[int, int]] = []
    if ratios is not None:
        words.append("winding numbers of the equations in slope and ratio")
        counts += ratios.counts
    if over_field is not None:
        words.append(f"points over F_{over_field.prime}, on a family or zeros against both")
        counts.append((over_field.either, over_field.both))
    return Certificate(method, " + ".join(words), tuple(counts))
