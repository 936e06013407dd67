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

**Fewer atoms than factors** (`atoms`). On {2,1} the sets on which both tasks are solved are components of the
curve: `unsettled` divides them out, since their points are not isolated. That all tasks are solved is read
off a remainder modulo the polynomial of the atoms (`support`), which need not be rational. The rest of the
curve meets them where ρ = 0 for every task, at one of the `critical_rates`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from flint import fmpq, fmpq_mpoly, fmpq_poly

from analysis.algebra.fibres import FibrePoint
from analysis.algebra.polynomials import context
from analysis.stationary_points.products.strata import Polynomial, Setting, power, times, without_monomials
from analysis.stationary_points.products.support import remainder
from analysis.tasks import TaskLaw


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
        tasks: the polynomial of the atoms, where they are fewer than N; then the components on which all
            tasks are solved are left out. None for other laws.
        merging: a coarser stratum, and a polynomial that vanishes where points merge into it; its Hessian
            across is singular there.
    """

    multiplicities: tuple[int, ...]
    locus: fmpq_mpoly
    rate: tuple[fmpq_mpoly, fmpq_mpoly]
    across: fmpq_mpoly
    gains: tuple[fmpq_mpoly, ...]
    equal: fmpq_mpoly | None = None
    second: tuple[fmpq_mpoly, fmpq_mpoly] | None = None
    spatial: tuple[fmpq_mpoly, fmpq_mpoly, fmpq_mpoly] | None = None
    tasks: fmpq_poly | None = None
    merging: tuple[tuple[int, ...], fmpq_mpoly] | None = None

    def is_met(self, point: FibrePoint) -> bool:
        """Whether a point of the curve, both coordinates positive, is on the stratum.

        Where both groups are equal it is one of {N}, at which `across` vanishes: the condition of {N − 1, 1}
        that keeps g is there the one on the Hessian across {N}.
        """
        if any(point.sign(gain) <= 0 for gain in self.gains):
            return False
        if self.equal is None or point.is_clearly_nonzero(self.equal):
            return True
        return point.sign(self.equal) != 0

    @property
    def residuals(self) -> list[fmpq_mpoly]:
        """Polynomials that vanish together where every task is solved; none for a law with N or more."""
        g, mu = self.locus.context().gens()
        count = sum(self.multiplicities)
        if self.second is None:
            return self.unsolved(power((1 - mu * g, mu), count), g, g**0)
        above, below = self.second
        adapted = times(power((1 - mu * g, mu), count - 1), (g * below - g * above, above))
        return self.unsolved(adapted, g**0, below)

    def unsolved(self, adapted: Polynomial, scale: fmpq_mpoly, below: fmpq_mpoly) -> list[fmpq_mpoly]:
        """f − θ modulo the polynomial of the atoms, where f = scale/below · (a polynomial in θ)."""
        if self.tasks is None:
            return []
        constant, linear, *rest = (scale * c for c in adapted)
        return list(remainder((constant, linear - below, *rest), self.tasks))

    @property
    def turning(self) -> fmpq_mpoly:
        """dF ∧ d(U/V) times V²."""
        (u, v), f = self.rate, self.locus
        wedge = [u.derivative(i) * v - u * v.derivative(i) for i in range(2)]
        return f.derivative(0) * wedge[1] - f.derivative(1) * wedge[0]


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
    across = mean(times(residual, (zero, *power(step, count - 3))))
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
        (zero, *power(step, count - 3)),
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


def unsettled(curve: RateCurve, tasks: fmpq_poly) -> RateCurve:
    """The curve without the components on which every task, θ a root of this polynomial, is solved."""
    named = replace(curve, tasks=tasks)
    rest = curve.locus.context().constant(1)
    for factor, _ in curve.locus.factor()[1]:
        if any(factor.gcd(residual).is_constant() for residual in named.residuals if residual):
            rest *= factor
    return replace(named, locus=rest)
