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

Where A = D = 0 at a point (g, μ), ν is not determined by it: either the scaling condition leaves finitely
many ν, whose rates are critical values as well, or it holds for every ν, and above the point there is a
curve with conditions of its own (`undetermined`).

**Fewer atoms than factors** (`atoms`). On {2,1} the sets on which both tasks are solved are components of the
curve: `unsettled` divides them out, since their points are not isolated. The conditions are the same for the
rest. Where it meets them, ρ = 0 for every task, hence `across` = 0: a critical value.

For N ≤ 3 these are all strata but that of different squares. Its slopes g do not depend on α (`distinct`),
the sizes yⱼ are bounded and bounded away from 0 for α in a compact interval of (0, ∞), and where two of them
meet the pair of points ends on a coarser stratum, at an `across` value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from flint import arb, ctx, fmpq, fmpq_mpoly, fmpq_poly

from analysis.algebra.algebraic_numbers import RealRoot, norm, real_roots, root_in
from analysis.algebra.elimination import CommonCurve
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
        spatial: the two conditions and `across` in g, μ, ν; None for (N,).
        tasks: the values of θ, where they are fewer than N; then the components on which all are solved are
            left out.
    """

    multiplicities: tuple[int, ...]
    locus: fmpq_mpoly
    rate: tuple[fmpq_mpoly, fmpq_mpoly]
    across: fmpq_mpoly
    gains: tuple[fmpq_mpoly, ...]
    equal: fmpq_mpoly | None = None
    second: tuple[fmpq_mpoly, fmpq_mpoly] | None = None
    spatial: tuple[fmpq_mpoly, fmpq_mpoly, fmpq_mpoly] | None = None
    tasks: tuple[fmpq, ...] = ()

    @property
    def residuals(self) -> list[fmpq_mpoly]:
        """f − θ for each of the `tasks`, times D."""
        g, mu = self.locus.context().gens()
        count = sum(self.multiplicities)
        lags = [v - g for v in self.tasks]
        if self.second is None:
            return [g * (1 + mu * d) ** count - v for v, d in zip(self.tasks, lags, strict=True)]
        above, below = self.second
        return [
            (1 + mu * d) ** (count - 1) * (g * below + above * d) - v * below
            for v, d in zip(self.tasks, lags, strict=True)
        ]

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


def rate_curves(law: TaskLaw, count: int) -> list[RateCurve]:
    """The curves of {N} and, for N ≥ 3, {N − 1, 1}. Those of the mirrored law are the same at −g and −μ."""
    ring = context(["g", "mu"])
    (g, mu), zero, one = ring.gens(), ring.constant(0), ring.constant(1)
    central = Setting(count, fmpq(1), law).central_moments(g, 2 * count)

    def mean(poly: Polynomial) -> fmpq_mpoly:
        return sum((c * m for c, m in zip(poly, central, strict=False)), zero)

    def scaling(residual: Polynomial, adapted: Polynomial) -> fmpq_mpoly:
        return without_monomials(mean(times(residual, scaling_weight(adapted, count, g))))

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
            spatial=_in_space(law, count),
        )
    )
    return curves


def _in_space(law: TaskLaw, count: int) -> tuple[fmpq_mpoly, fmpq_mpoly, fmpq_mpoly]:
    """On {N − 1, 1}, with ν as a third unknown: the condition that keeps g, the scaling, and `across`."""
    ring = context(["g", "mu", "nu"])
    g, mu, nu = ring.gens()
    zero, one = ring.constant(0), ring.constant(1)
    central = Setting(count, fmpq(1), law).central_moments(g, 2 * count)
    step, single = (one, mu), (one, nu)
    adapted = tuple(g * c for c in times(power(step, count - 1), single))
    residual = (g - adapted[0], one - adapted[1], *(-c for c in adapted[2:]))
    weights = (
        (zero, *power(step, count - 2)),
        scaling_weight(adapted, count, g),
        (zero, *times(power(step, count - 3), single)),
    )
    first, second, third = (
        sum((c * m for c, m in zip(times(residual, weight), central, strict=False)), zero)
        for weight in weights
    )
    return first, second, third


def scaling_weight(adapted: Polynomial, count: int, g: fmpq_mpoly) -> Polynomial:
    """N f + ((N − 2) d − N g) f′ for f given by its coefficients in d."""
    direction = [count * c for c in adapted]
    for k, c in enumerate(adapted[1:], start=1):
        direction[k] += (count - 2) * k * c
        direction[k - 1] -= count * k * g * c
    return tuple(direction)


def unsettled(curve: RateCurve, values: Sequence[fmpq]) -> RateCurve:
    """The curve without the components on which every task, θ one of the `values`, is solved."""
    named = replace(curve, tasks=tuple(values))
    rest = curve.locus.context().constant(1)
    for factor, _ in curve.locus.factor()[1]:
        if any(factor.gcd(residual).is_constant() for residual in named.residuals if residual):
            rest *= factor
    return replace(named, locus=rest)


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
            if all(point.sign(gain) > 0 for gain in curve.gains) and _apart(curve, point):
                yield _critical(curve, condition, point)
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

    unsolved = [g * (1 + mu * (v - g)) ** (count - 1) * (1 + nu * (v - g)) - v for v in curve.tasks]
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


def _apart(curve: RateCurve, point: FibrePoint) -> bool:
    """Whether the point is on the stratum.

    Where both groups are equal it is one of {N}, at which `across` vanishes: the condition of {N − 1, 1} that
    keeps g is there the one on the Hessian across {N}.
    """
    if curve.equal is None or point.is_clearly_nonzero(curve.equal):
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
