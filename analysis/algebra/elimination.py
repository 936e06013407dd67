"""All real solutions of two polynomial equations in two unknowns, with proof.

Let F, G ∈ ℚ[x, y] have no common factor. After the shear u = x + k y, for all but finitely many integers k,

1. F has a constant leading coefficient in y, so no solution is lost at infinity;
2. no two complex solutions share the same u.

The solutions are then found one irreducible factor r(u) of the resultant Res_y(F, G) at a time: over the
field K = ℚ[u]/(r) Euclid's algorithm gives gcd(F(u, ·), G(u, ·)) ∈ K[y]. Condition 2 holds at the roots of r
exactly when that gcd has a single distinct root y = η(u); this is checked, and another k is tried where it
fails. A solution is real if and only if its u is real: complex conjugation permutes the solutions above a
real u, and there is only one. Hence

    real solutions  ⟷  real roots of the resultant,   (x, y) = (u − k η(u), η(u)),

a bijection, multiplicities included, so none is missing and degenerate solutions are no exception.
(This is the rational univariate representation; Gonzalez-Vega & El Kahoui 1996, Rouillier 1999.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from flint import arb, ctx, fmpq_mpoly, fmpq_poly, fmpz_poly

from analysis.algebra.algebraic_numbers import RealRoot, irreducible_factors, roots_of_irreducible
from analysis.algebra.polynomials import coefficients_in, context, evaluate, names, substitute, univariate

_SHORT = 200  # terms; from three inner steps on there are more
_SHEARS = 8  # tried with a parameter; where all fail, some solution is degenerate for every α


@dataclass(frozen=True)
class AlgebraicPoint:
    """A real point whose coordinates are elements of ℚ(u): `coordinates[i]` evaluated at the root u."""

    root: RealRoot
    coordinates: tuple[fmpq_poly, ...]

    def enclose(self, precision: int = 64) -> tuple[arb, ...]:
        """A ball around every coordinate, with at least `precision` correct bits."""
        return tuple(self.root.value(c, precision) for c in self.coordinates)

    def value(self, poly: fmpq_mpoly, precision: int = 64) -> arb:
        """A ball around poly(point); exact where the value is rational and the polynomial not long."""
        by_intervals = self._by_intervals(poly, precision)
        return (
            by_intervals
            if by_intervals is not None
            else self.root.value(self.root.at(poly, self.coordinates), precision)
        )

    def sign(self, poly: fmpq_mpoly) -> int:
        """The sign of poly(point), decided exactly."""
        by_intervals = self._by_intervals(poly, 16)
        if by_intervals is not None:
            return 1 if by_intervals > 0 else -1
        return self.root.sign(self.root.at(poly, self.coordinates))

    def _by_intervals(self, poly: fmpq_mpoly, precision: int) -> arb | None:
        """A ball around poly(point) that excludes 0, for a long polynomial: far cheaper than exact values."""
        if len(poly) <= _SHORT or self.root.degree == 1:
            return None
        for work in (precision + 128, 1 << 10, 1 << 12):
            with ctx.workprec(work):
                value = evaluate(poly, self.enclose(work))
            if value.rel_accuracy_bits() >= precision:
                return value
        return None


class CommonCurve(ValueError):
    """Two equations share a factor: their solutions contain the curve `factor = 0`."""

    def __init__(self, factor: fmpq_mpoly) -> None:
        super().__init__(f"the equations share the factor {factor}")
        self.factor = factor


def common_points(first: fmpq_mpoly, second: fmpq_mpoly) -> list[AlgebraicPoint]:
    """Every real common zero of two bivariate polynomials, exactly once.

    Raises:
        CommonCurve: the polynomials share a non-constant factor (also when one of them is zero).
    """
    common = first.gcd(second) if first and second else (first or second)
    if not common.is_constant() or not common:
        raise CommonCurve(common)
    if first.is_constant() or second.is_constant():
        return []
    for shear in count():
        points = _points_with_shear(first, second, shear)
        if points is not None:
            return points
    raise AssertionError("unreachable: all but finitely many shears separate the solutions")


def _points_with_shear(first: fmpq_mpoly, second: fmpq_mpoly, shear: int) -> list[AlgebraicPoint] | None:
    """The solutions, found through u = x + shear·y, or None where this shear does not separate them."""
    ring = first.context()
    x, y = ring.gens()
    first, second = first.compose(x - shear * y, y), second.compose(x - shear * y, y)
    variable = names(first)[1]
    if not (coefficients_in(first, variable)[-1].is_constant() and first.degrees()[1] > 0):
        return None
    eliminant = univariate(first.resultant(second, 1), names(first)[0])
    points = []
    for factor in irreducible_factors(eliminant):
        roots = list(roots_of_irreducible(factor))
        if not roots:
            continue
        height = _single_root(_gcd_above(first, second, factor), roots[0])
        if height is None:
            return None
        abscissa = roots[0].reduce(fmpq_poly([0, 1]) - shear * height)
        points += [AlgebraicPoint(root, (abscissa, height)) for root in roots]
    return points


def _gcd_above(first: fmpq_mpoly, second: fmpq_mpoly, factor: fmpz_poly) -> list[fmpq_poly]:
    """gcd(first(u, ·), second(u, ·)) over ℚ[u]/(factor): its coefficients in y, ascending, monic."""
    field = RealRoot(tuple(int(c) for c in factor.coeffs()), 0)
    base, variable = names(first)
    high, low = (
        _trim([field.reduce(univariate(c, base)) for c in coefficients_in(poly, variable)])
        for poly in (first, second)
    )
    while low:
        high, low = low, _remainder(high, low, field)
    scale = field.inverse(high[-1])
    return [field.reduce(c * scale) for c in high]


def _remainder(dividend: list[fmpq_poly], divisor: list[fmpq_poly], field: RealRoot) -> list[fmpq_poly]:
    dividend, scale = list(dividend), field.inverse(divisor[-1])
    while len(dividend) >= len(divisor):
        quotient = field.reduce(dividend[-1] * scale)
        offset = len(dividend) - len(divisor)
        for i, coefficient in enumerate(divisor):
            dividend[offset + i] = field.reduce(dividend[offset + i] - quotient * coefficient)
        dividend = _trim(dividend)
    return dividend


def _trim(coefficients: list[fmpq_poly]) -> list[fmpq_poly]:
    while coefficients and coefficients[-1] == 0:
        coefficients.pop()
    return coefficients


def _single_root(monic: list[fmpq_poly], field: RealRoot) -> fmpq_poly | None:
    """η with monic(y) = (y − η)ᵐ over ℚ(u), or None where there are several distinct roots."""
    degree = len(monic) - 1
    root = field.reduce(-monic[-2] / degree)
    power = [fmpq_poly([1])]
    for _ in range(degree):
        shifted = [fmpq_poly([0]), *power]
        power = [field.reduce(s - (root * power[i] if i < len(power) else 0)) for i, s in enumerate(shifted)]
    return root if all(a == b for a, b in zip(power, monic, strict=True)) else None


def separating_resultants(first: fmpq_mpoly, second: fmpq_mpoly) -> Iterator[tuple[int, fmpq_mpoly]]:
    """Pairs (k, R) for two equations in ℚ[x, y, α]: R ∈ ℚ[u, α] is their resultant in u = x + k y.

    k is such that the leading coefficient of the first in y is free of u, and every factor of R in which u
    occurs is simple. For each α at which neither that coefficient nor a leading coefficient, discriminant or
    mutual resultant of the factors vanishes, the solutions then correspond one to one to the roots of
    R(·, α): every fibre has total multiplicity one. R includes the leading coefficient as a factor, so its
    α-only factors are critical too.

    Raises:
        CommonCurve: the equations share a factor.
    """
    common = first.gcd(second)
    if any(common.degrees()):
        raise CommonCurve(common)
    ring = first.context()
    x, y, parameter = ring.gens()
    target = context((ring.names()[0], ring.names()[2]))
    for shear in range(_SHEARS):
        sheared = [poly.compose(x - shear * y, y, parameter) for poly in (first, second)]
        leading = coefficients_in(sheared[0], ring.names()[1])[-1]
        if leading.degrees()[0]:
            continue
        eliminant = substitute(sheared[0].resultant(sheared[1], 1), {}, target)
        if all(power == 1 for factor, power in eliminant.factor()[1] if factor.degrees()[0]):
            yield shear, eliminant * substitute(leading, {}, target)


def points_on_line(poly: fmpq_poly) -> Iterator[AlgebraicPoint]:
    """Every real zero of a non-zero univariate polynomial, as a one-coordinate point."""
    for factor in irreducible_factors(poly):
        for root in roots_of_irreducible(factor):
            yield AlgebraicPoint(root, (fmpq_poly([0, 1]) % root.polynomial,))
