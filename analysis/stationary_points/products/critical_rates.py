"""The values of aᴺ at which the stationary points of a product can change: a complete list.

A point of a stratum moves on the curve F(g, μ) = 0 of `rate_curves`, on which aᴺ = U/V. It continues smoothly
in α while its Hessian is regular and it stays away from w_i = 0 and ∞. So the counts of each kind are
constant between the values of aᴺ at

    fold        critical points of aᴺ on the curve: F = 0 and dF ∧ d(aᴺ) = 0;
    across      points whose Hessian across the stratum is singular: E[(θ − f) d (1 + μ d)ᴺ⁻²] = 0 for {N}.
                For {N − 1, 1} it is E[(θ − f) d (1 + μ d)ᴺ⁻³ (1 + ν d)] = 0; since E[(θ − f) d (1 + μ d)ᴺ⁻²]
                is 0 there, this is (1 − ν/μ) E[(θ − f) d (1 + μ d)ᴺ⁻³], and ν ≠ μ;
    end         limits at which g or μ tends to 0 or ∞: there a leading or trailing coefficient of
                Res_μ(F, U − c V) or Res_g(F, U − c V), aᴺ = U/V = c, vanishes.

Where A = D = 0 at a point (g, μ), ν is not determined by it: either the scaling condition leaves finitely
many ν, whose rates are critical values as well, or it holds for every ν, and above the point there is a
curve with conditions of its own (`undetermined`).

Where two tasks are solved on sets of positive dimension, the curve meets these at points with θ = f for both,
hence `across` = 0: a critical value.

With {2,1,1} and {2,2} for N = 4 (`rate_pairs`) these are all strata but that of different squares. Its
slopes g do not depend on α (`distinct`), the sizes yⱼ are bounded and bounded away from 0 for α in a compact
interval of (0, ∞), and where two of them meet the pair of points ends on a coarser stratum, at an `across`
value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import lcm
from typing import Literal

from flint import arb, ctx, fmpq, fmpq_mpoly, fmpq_poly

from analysis.algebra.algebraic_numbers import RealRoot, norm, real_roots, root_in
from analysis.algebra.elimination import CommonCurve
from analysis.algebra.fibres import FibrePoint, sparse_common_points
from analysis.algebra.polynomials import context, interpolate, univariate
from analysis.algebra.resultants import Elimination
from analysis.stationary_points.products.rate_curves import RateCurve
from analysis.stationary_points.products.strata import power, times, without_monomials

Condition = Literal["fold", "across", "end"]


@dataclass(frozen=True)
class CriticalRate:
    """A value of aᴺ at which a stratum meets one of the conditions.

    Attributes:
        condition: which.
        multiplicities: the stratum.
        power: precision ↦ a ball around aᴺ.
        degree: of a number field that contains aᴺ.
        annihilating: makes a polynomial over ℚ that vanishes at aᴺ, for exact comparison.
        solved: whether every task is solved there.
    """

    condition: Condition
    multiplicities: tuple[int, ...]
    power: Callable[[int], arb]
    degree: int
    annihilating: Callable[[], fmpq_poly]
    solved: bool = False

    def exact(self) -> RealRoot:
        """aᴺ as a root of its minimal polynomial."""
        return root_in(self.annihilating(), self.power)


def critical_rates(curve: RateCurve) -> Iterator[CriticalRate]:
    """Every aᴺ > 0 at which a condition holds on the stratum where g > 0; at some of them nothing happens.

    Raises:
        CommonCurve: a condition holds on a whole curve, as it does on a family that exists for every rate.
    """
    if curve.second is not None:
        for point in _positive_zeros(*curve.second):
            yield from undetermined(curve, point)
    conditions: tuple[tuple[Condition, fmpq_mpoly], ...] = (("fold", curve.turning), ("across", curve.across))
    for condition, poly in conditions:
        for point in _positive_zeros(curve.locus, without_monomials(poly)):
            if curve.is_met(point):
                yield _critical(curve, condition, point)
    if curve.merging is not None:
        coarser, poly = curve.merging
        for point in _positive_zeros(curve.locus, without_monomials(poly)):
            if curve.is_met(point):
                yield replace(_critical(curve, "across", point), multiplicities=coarser)
    for limit in _ends(curve):
        for root in real_roots(limit):
            if root.sign(fmpq_poly([0, 1])) > 0:
                yield _at_root("end", curve, root)


def undetermined(curve: RateCurve, point: FibrePoint) -> Iterator[CriticalRate]:
    """The critical rates above a point with A = D = 0, and those above its conjugates (which do no harm).

    With ν = aᴺ g^{N−2}/μ^{N−1} the conditions are polynomials in aᴺ over the field of the point; their norms
    are polynomials over ℚ.

    Raises:
        CommonCurve: a condition holds for every rate.
    """
    assert curve.spatial is not None
    kept, scaling, across = curve.spatial
    ring, count = kept.context(), sum(curve.multiplicities)
    g, mu, nu = ring.gens()
    slopes = [[e.derivative(i) for i in range(3)] for e in (kept, scaling)]
    # the gradient of log aᴺ = (N − 1) log μ + log ν − (N − 2) log g, times g μ ν
    rate = [-(count - 2) * mu * nu, (count - 1) * g * nu, g * mu]
    (p, q, r), (s, t, u) = slopes
    turning = rate[0] * (q * u - r * t) - rate[1] * (p * u - r * s) + rate[2] * (p * t - q * s)
    exact = point.exact
    place = (*exact.coordinates, fmpq_poly([0]))
    per_rate = exact.root.reduce(
        _power(exact.root, place[0], count - 2) * exact.root.inverse(_power(exact.root, place[1], count - 1))
    )

    def along(poly: fmpq_mpoly) -> fmpq_poly:
        """The norm of the polynomial at ν = c g^{N−2}/μ^{N−1}, as a polynomial in c; 0 if it vanishes."""
        parts = [exact.root.at(part, place[:2]) for part in _in_third(poly)]
        parts = [exact.root.reduce(x * _power(exact.root, per_rate, k)) for k, x in enumerate(parts)]
        return norm(exact.root, parts)

    adapted = times(power((1 - mu * g, mu), count - 1), (1 - nu * g, nu))
    unsolved = curve.unsolved(adapted, g, g**0)
    if unsolved and not any(map(along, unsolved)):
        return
    conditions: tuple[tuple[Condition, fmpq_mpoly], ...] = (("fold", turning), ("across", across))
    restricted = along(scaling)
    for condition, poly in conditions:
        vanishing = restricted or along(poly)
        if not vanishing:
            raise CommonCurve(poly)
        for root in real_roots(vanishing):
            if root.sign(fmpq_poly([0, 1])) > 0:
                yield _at_root(condition, curve, root)


def _in_third(poly: fmpq_mpoly) -> list[fmpq_mpoly]:
    plane = context(["g", "mu"])
    parts = [dict[tuple[int, ...], fmpq]() for _ in range(int(poly.degrees()[2]) + 1)]
    for exponents, coefficient in poly.to_dict().items():
        parts[int(exponents[2])][tuple(map(int, exponents[:2]))] = coefficient
    return [plane.from_dict(part) for part in parts]


def _power(field: RealRoot, element: fmpq_poly, exponent: int) -> fmpq_poly:
    result = fmpq_poly([1])
    for _ in range(exponent):
        result = field.reduce(result * element)
    return result


def _at_root(condition: Condition, curve: RateCurve, root: RealRoot) -> CriticalRate:
    return CriticalRate(condition, curve.multiplicities, root.enclosure, root.degree, lambda: root.polynomial)


def _critical(curve: RateCurve, condition: Condition, point: FibrePoint) -> CriticalRate:
    def annihilating() -> fmpq_poly:
        field, place = point.exact.root, point.exact.coordinates
        above, below = (field.at(part, place) for part in curve.rate)
        return norm(field, [-above, below])

    residuals = curve.residuals if condition == "across" else []
    solved = bool(residuals) and all(point.sign(residual) == 0 for residual in residuals)
    return CriticalRate(
        condition, curve.multiplicities, _power_at(curve, point), point.root.degree, annihilating, solved
    )


def _positive_zeros(first: fmpq_mpoly, second: fmpq_mpoly) -> list[FibrePoint]:
    return [] if second.is_constant() else sparse_common_points(first, second, (True, True))


def _power_at(curve: RateCurve, point: FibrePoint) -> Callable[[int], arb]:
    def power_of_rate(precision: int) -> arb:
        with ctx.workprec(precision + 32):
            above, below = (point.value(part, precision + 16) for part in curve.rate)
            return above / below

    return power_of_rate


def _ends(curve: RateCurve) -> Iterator[fmpq_poly]:
    """Polynomials in c = aᴺ that vanish at the limits of c where a coordinate tends to 0 or to infinity.

    The resultants are computed at enough integers c for the degree of their coefficients, and interpolated.
    """
    scale = lcm(*(int(c.q) for poly in curve.rate for c in poly.coeffs()))
    above, below = (scale * poly for poly in curve.rate)
    for eliminated in (1, 0):
        places = list(range(1, int(curve.locus.degrees()[eliminated]) + 2))
        eliminants = [_eliminant(curve.locus, above - c * below, eliminated) for c in places]
        first = min(next(i for i, x in enumerate(poly) if x) for poly in eliminants)
        last = max(len(poly) for poly in eliminants) - 1
        for index in (first, last):
            yield interpolate(places, [poly[index] if index < len(poly) else fmpq(0) for poly in eliminants])


def _eliminant(locus: fmpq_mpoly, level: fmpq_mpoly, eliminated: int) -> list[fmpq]:
    """The coefficients of the resultant, the same multiple for every level with integer coefficients."""
    x, y = locus.context().gens()
    if not eliminated:
        locus, level = locus.compose(y, x), level.compose(y, x)
    if level.degrees()[1]:
        return Elimination(locus, level).resultant.coeffs()
    return univariate(locus.resultant(level, 1), locus.context().names()[0]).coeffs()
