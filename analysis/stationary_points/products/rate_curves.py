"""All rates at once: the points on a stratum form a curve, and α is a function on it.

In the slope g and the ratios μ = a g/y of the different squares y (a = α E[x²], d = θ − g) the adapted slope
is f = g ∏ (1 + μⱼ d)^{nⱼ}, without α. The conditions for a stationary point on a stratum of m different
squares (`strata`) are

    E[(θ − f) dⁱ⁺¹ ∏ (1 + μⱼ d)^{nⱼ−1}] = 0,   i = 0, …, m − 2,       the directions that keep g,
    E[(θ − f) (N f + ((N − 2) d − N g) f′)] = 0,                       the scaling w ↦ λ w,

for g ↦ λᴺ g, μ ↦ λᴺ⁻² μ under it: m equations in m + 1 unknowns, a curve. What is left of α is ∏ yⱼ^{nⱼ} =
g²,

    aᴺ = ∏ μⱼ^{nⱼ} / gᴺ⁻².

For {N} the curve is F(g, μ) = 0 by itself; for {N − 1, 1} the first condition is affine in the second ratio
ν, g ν = A/D, and leaves F(g, μ) = 0.

**Where the answer can change.** A point of a stratum continues smoothly in α while its Hessian is regular
and it stays away from w_i = 0 and ∞. So the counts of each kind are constant between the values of aᴺ at

    fold        critical points of aᴺ on the curve: F = 0 and dF ∧ d(aᴺ) = 0;
    across      points whose Hessian across the stratum is singular: E[(θ − f) d (1 + μ d)ᴺ⁻²] = 0 for {N},
                E[(θ − f) d (1 + μ d)ᴺ⁻³ (1 + ν d)] = 0 for {N − 1, 1};
    end         limits at which g or μ tends to 0 or ∞: there a leading or trailing coefficient of
                Res_μ(F, U − c V) or Res_g(F, U − c V), aᴺ = U/V = c, vanishes.

For N ≤ 3 these are all strata but that of different squares. Its slopes g do not depend on α (`distinct`),
the sizes yⱼ are bounded and bounded away from 0 for α in a compact interval of (0, ∞), and where two of them
meet the pair of points ends on a coarser stratum, at an `across` value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from flint import arb, ctx, fmpq, fmpq_mpoly, fmpq_poly

from analysis.algebra.algebraic_numbers import real_roots
from analysis.algebra.fibres import FibrePoint, sparse_common_points
from analysis.algebra.polynomials import context, interpolate, univariate
from analysis.stationary_points.products.strata import Polynomial, Setting, power, times, without_monomials
from analysis.tasks import TaskLaw

Condition = Literal["fold", "across", "end"]


@dataclass(frozen=True)
class RateCurve:
    """The stationary points of one stratum for all rates.

    Attributes:
        multiplicities: (N,) or (N − 1, 1).
        locus: F.
        rate: U and V without common factor, aᴺ = U/V.
        across: vanishes where the Hessian across the stratum is singular.
        gains: of the sign of g μ and g ν, positive on the stratum.
        equal: vanishes where the two groups are equal; None for (N,).
        second: A and D of g ν = A/D; None for (N,).
    """

    multiplicities: tuple[int, ...]
    locus: fmpq_mpoly
    rate: tuple[fmpq_mpoly, fmpq_mpoly]
    across: fmpq_mpoly
    gains: tuple[fmpq_mpoly, ...]
    equal: fmpq_mpoly | None = None
    second: tuple[fmpq_mpoly, fmpq_mpoly] | None = None

    @property
    def turning(self) -> fmpq_mpoly:
        """dF ∧ d(U/V) times V²."""
        (u, v), f = self.rate, self.locus
        wedge = [u.derivative(i) * v - u * v.derivative(i) for i in range(2)]
        return f.derivative(0) * wedge[1] - f.derivative(1) * wedge[0]


@dataclass(frozen=True)
class CriticalRate:
    """A value of aᴺ at which a stratum meets one of the conditions.

    Attributes:
        condition: which.
        multiplicities: the stratum.
        power: precision ↦ a ball around aᴺ.
        degree: of a number field that contains aᴺ.
    """

    condition: Condition
    multiplicities: tuple[int, ...]
    power: Callable[[int], arb]
    degree: int


def rate_curves(law: TaskLaw, count: int) -> list[RateCurve]:
    """The curves of {N} and, for N ≥ 3, {N − 1, 1}. Those of the mirrored law are the same at −g and −μ."""
    ring = context(["g", "mu"])
    (g, mu), zero, one = ring.gens(), ring.constant(0), ring.constant(1)
    central = Setting(count, fmpq(1), law).central_moments(g, 2 * count)

    def mean(poly: Polynomial) -> fmpq_mpoly:
        return sum((c * m for c, m in zip(poly, central, strict=False)), zero)

    def scaling(residual: Polynomial, adapted: Polynomial) -> fmpq_mpoly:
        direction = [count * c for c in adapted]
        for k, c in enumerate(adapted[1:], start=1):
            direction[k] += (count - 2) * k * c
            direction[k - 1] -= count * k * g * c
        return without_monomials(mean(times(residual, tuple(direction))))

    def residual_of(adapted: Polynomial, scale: fmpq_mpoly) -> Polynomial:
        return (g * scale - adapted[0], scale - adapted[1], *(-c for c in adapted[2:]))

    step = (one, mu)
    adapted = tuple(g * c for c in power(step, count))
    residual = residual_of(adapted, one)
    across = mean(times(residual, (zero, *power(step, count - 2))))
    curves = [
        RateCurve(
            multiplicities=(count,),
            locus=scaling(residual, adapted),
            rate=(mu**count, g ** (count - 2)),
            across=without_monomials(across),
            gains=(g * mu,),
        )
    ]
    if count == 2:
        return curves
    most, weight = power(step, count - 1), (zero, *power(step, count - 2))
    second = (
        mean(times(weight, residual_of(tuple(g * c for c in most), one))),
        mean(times(weight, (zero, *most))),
    )
    above, below = second
    single = (g * below, above)  # g D (1 + ν d)
    adapted = times(most, single)
    residual = residual_of(adapted, below)
    high, low = mu ** (count - 1) * above, g ** (count - 1) * below
    common = high.gcd(low)
    across = mean(times(residual, (zero, *times(power(step, count - 3), single))))
    curves.append(
        RateCurve(
            multiplicities=(count - 1, 1),
            locus=scaling(residual, adapted),
            rate=(high / common, low / common),
            across=without_monomials(across),
            gains=(g * mu, above * below),
            equal=above - g * mu * below,
            second=second,
        )
    )
    return curves


def critical_rates(curve: RateCurve) -> Iterator[CriticalRate]:
    """Every aᴺ > 0 at which a condition holds on the stratum where g > 0; at some of them nothing happens.

    Raises:
        CommonCurve: a condition holds on a whole curve, as it does on a family that exists for every rate.
        UncoveredRate: A = D = 0 at a point with g, μ > 0, so that ν is not determined there.
    """
    if curve.second is not None and _positive_zeros(*curve.second):
        raise UncoveredRate("the second ratio is undetermined at a point of the curve")
    conditions: tuple[tuple[Condition, fmpq_mpoly], ...] = (("fold", curve.turning), ("across", curve.across))
    for condition, poly in conditions:
        for point in _positive_zeros(curve.locus, without_monomials(poly)):
            if all(point.sign(gain) > 0 for gain in curve.gains) and _apart(curve, condition, point):
                yield CriticalRate(
                    condition, curve.multiplicities, _power_at(curve, point), point.root.degree
                )
    for limit in _ends(curve):
        for root in real_roots(limit):
            if root.sign(fmpq_poly([0, 1])) > 0:
                yield CriticalRate("end", curve.multiplicities, root.enclosure, root.degree)


class UncoveredRate(ValueError):
    """The list of critical rates would not be complete."""


def _positive_zeros(first: fmpq_mpoly, second: fmpq_mpoly) -> list[FibrePoint]:
    return [] if second.is_constant() else sparse_common_points(first, second, (True, True))


def _apart(curve: RateCurve, condition: str, point: FibrePoint) -> bool:
    """Whether the point is on the stratum: where both groups are equal, `across` vanishes by definition."""
    if condition != "across" or curve.equal is None or point.is_clearly_nonzero(curve.equal):
        return True
    return point.sign(curve.equal) != 0


def _power_at(curve: RateCurve, point: FibrePoint) -> Callable[[int], arb]:
    def power_of_rate(precision: int) -> arb:
        with ctx.workprec(precision + 32):
            above, below = (point.value(part, precision + 16) for part in curve.rate)
            return above / below

    return power_of_rate


def _ends(curve: RateCurve) -> Iterator[fmpq_poly]:
    """Polynomials in c = aᴺ that vanish at the limits of c where g or μ tends to 0 or to infinity.

    The resultants are computed at enough integers c for the degree of their coefficients, and interpolated.
    """
    above, below = curve.rate
    for eliminated, kept in ((1, "g"), (0, "mu")):
        places = list(range(1, int(curve.locus.degrees()[eliminated]) + 2))
        eliminants = [
            univariate(curve.locus.resultant(above - c * below, eliminated), kept).coeffs() for c in places
        ]
        first = min(next(i for i, x in enumerate(poly) if x) for poly in eliminants)
        last = max(len(poly) for poly in eliminants) - 1
        for index in (first, last):
            yield interpolate(places, [poly[index] if index < len(poly) else fmpq(0) for poly in eliminants])
