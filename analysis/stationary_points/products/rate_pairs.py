"""All rates at once on {2,1,1} and {2,2}, the strata that only four factors have (continues `rate_curves`).

**{2,1,1}.** In g and the ratio μ = a g/y of the pair, F(g, μ) = 0 is a curve for all rates (`pair_and_two`):
f = (1 + μ d)² (g + P d + Q d²) with Δ P = A, Δ Q = B, and a⁴ = μ² Q/g³. A point of the curve with g > 0 is on
the stratum where μ, Q, P and P² − 4 g Q are positive and the pair differs from both singles, g μ² − P μ + Q ≠
0. It can only leave with g or μ: where these are bounded and bounded away from 0, so are y and H, and p is
bounded, because the loss is quadratic in p with a positive leading coefficient.

At P² = 4 g Q the two singles merge, in a point of {2,2} at which the Hessian across this new pair is
singular. Every such point is found there. For f = g (1 + μ₁ d)² (1 + μ₂ d)² and ρ = θ − f the conditions

    E[ρ d (1 + μ₁ d)(1 + μ₂ d)] = 0   (stationary)   and   E[ρ d (1 + μ₁ d)²] = 0   (singular across pair 2)

differ by (μ₂ − μ₁) E[ρ d² (1 + μ₁ d)], so that both conditions of {2,1,1} hold, with pair 1 as the pair.

Where A = B = Δ = 0 the two conditions leave a line of (P, Q), on which the scaling condition is quadratic.
The solutions above such a point are looked at one by one: each is off the stratum, or the Jacobian of the
conditions and a⁴ and the Hessian across the pair are regular there, so that a⁴ is not critical. Else it is
refused.

**{2,2}.** With e = μ₁ + μ₂ and k = μ₁ μ₂ = a² g the condition that keeps g, E[ρ d (1 + e d + k d²)] = 0, and
the scaling are cubic and quartic in e. Their resultant Ψ(g, k) = 0 is a plane curve on which a⁴ = k²/g²; e is
bounded where g and k are, since the cubic begins with −g E[d⁴] e³. No component of Ψ is multiple, so there is
one e above a general point, and Ψ is singular below points with a vertical tangent or a singular Jacobian:
every fold is among the critical points of a⁴ on Ψ. So are the double points of Ψ, where the curve in space
runs above itself. Of these candidates only those stay above which balls do not show every solution to be
regular or off the stratum (e > 0, e² > 4 k).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flint import acb_poly, arb, arb_mat, arb_poly, ctx, fmpq, fmpq_mpoly

from analysis.algebra.fibres import FibrePoint, sparse_common_points
from analysis.algebra.polynomials import coefficients_in, context, evaluate, substitute
from analysis.stationary_points.products.pair_and_two import ratio_elimination
from analysis.stationary_points.products.rate_curves import RateCurve, scaling_weight
from analysis.stationary_points.products.strata import (
    Polynomial,
    Setting,
    power,
    times,
    without_monomials,
)
from analysis.tasks import TaskLaw

_BITS = 512  # with which points are shown to be regular


@dataclass(frozen=True, kw_only=True)
class SpaceCurve:
    """The stationary points of a stratum for all rates, as a curve in its own coordinates.

    Attributes:
        conditions: one less than there are coordinates.
        rate_slopes: the gradient of log a⁴, times something positive.
        positive: polynomials that are positive on the stratum.
        nonzero: polynomials that vanish at its critical points, folds apart.
    """

    conditions: tuple[fmpq_mpoly, ...]
    rate_slopes: tuple[fmpq_mpoly, ...]
    positive: tuple[fmpq_mpoly, ...]
    nonzero: tuple[fmpq_mpoly, ...] = ()

    def is_ordinary(self, place: Sequence[arb]) -> bool:
        """Whether every point of the curve in a box is off the stratum or regular; False decides nothing."""
        if any(evaluate(poly, place) < 0 for poly in self.positive):
            return True
        rows = [[evaluate(c.derivative(i), place) for i in range(len(place))] for c in self.conditions]
        rows.append([evaluate(slope, place) for slope in self.rate_slopes])
        values = [arb_mat(rows).det(), *(evaluate(poly, place) for poly in self.nonzero)]
        return not any(value.contains(0) for value in values)


@dataclass(frozen=True)
class PairsCurve(RateCurve):
    """The curve Ψ(g, k) = 0 of {2,2}.

    Attributes:
        space: the conditions in g, e, k.
    """

    space: SpaceCurve | None = None

    def is_met(self, point: FibrePoint) -> bool:
        """Whether there may be a fold above the point (g, k)."""
        assert self.space is not None
        with ctx.workprec(_BITS):
            g, k = point.enclose(_BITS // 2)
            cubic = [evaluate(c, (g, arb(0), k)) for c in coefficients_in(self.space.conditions[0], "e")]
            try:
                heights = acb_poly(arb_poly(cubic)).roots()
            except ValueError:  # the roots were not told apart
                return True
            real = [e.real for e in heights if e.imag.contains(0)]
            zeros = [e for e in real if evaluate(self.space.conditions[1], (g, e, k)).contains(0)]
            return not all(self.space.is_ordinary((g, e, k)) for e in zeros)


def pair_curves(law: TaskLaw) -> list[RateCurve]:
    """The curves of {2,1,1} and {2,2}, g > 0, for a law with at least four atoms.

    Raises:
        UnsupportedProblem: a solution with A = B = Δ = 0 may be critical, or a component of Ψ is multiple.
    """
    return [_pair_and_two(law), _two_pairs(law)]


def _pair_and_two(law: TaskLaw) -> RateCurve:
    ring = context(["g", "mu"])
    g, mu = ring.gens()
    locus, first, second, delta = ratio_elimination(Setting(4, fmpq(1), law), g, mu)
    _require_ordinary(law, first, second, delta)
    above, below = mu**2 * second, g**3 * delta
    common = above.gcd(below)
    mean = _mean(law, g)
    adapted = times(power((ring.constant(1), mu), 2), (g * delta, first, second))
    across = mean(times(_residual(adapted, g, delta), (ring.constant(0), g * delta, first, second)))
    return RateCurve(
        multiplicities=(2, 1, 1),
        locus=without_monomials(locus),
        rate=(above / common, below / common),
        across=without_monomials(across),
        gains=(g * mu, g * second * delta, first * delta),
        equal=g * mu**2 * delta - mu * first + second,
        merging=((2, 2), first**2 - 4 * g * second * delta),
    )


def _two_pairs(law: TaskLaw) -> RateCurve:
    from analysis.stationary_points.solve import UnsupportedProblem

    ring, plane = context(["g", "e", "k"]), context(["g", "k"])
    (g, e, k), zero, one = ring.gens(), ring.constant(0), ring.constant(1)
    mean, root = _mean(law, g), (one, e, k)
    adapted = tuple(g * c for c in power(root, 2))
    residual = _residual(adapted, g, one)
    conditions = (
        without_monomials(mean(times(residual, (zero, *root)))),
        without_monomials(mean(times(residual, scaling_weight(adapted, 4, g)))),
    )
    locus = plane.constant(1)
    for factor, multiplicity in without_monomials(conditions[0].resultant(conditions[1], 1)).factor()[1]:
        if multiplicity > 1:
            raise UnsupportedProblem(
                "regimes of a product: two points with 2+2 equal squares for every slope"
            )
        locus *= substitute(factor, {}, plane)
    return PairsCurve(
        multiplicities=(2, 2),
        locus=locus,
        rate=(plane.gen(1) ** 2, plane.gen(0) ** 2),
        across=plane.constant(1),
        gains=(),
        space=SpaceCurve(
            conditions=conditions,
            rate_slopes=(-k, zero, g),
            positive=(e, e**2 - 4 * k),
        ),
    )


def _require_ordinary(law: TaskLaw, first: fmpq_mpoly, second: fmpq_mpoly, delta: fmpq_mpoly) -> None:
    from analysis.stationary_points.solve import UnsupportedProblem

    space = space_of_pair_and_two(law)
    for point in dependent_points(first, second, delta):
        with ctx.workprec(_BITS):
            places = solutions_above(space, point.enclose(_BITS // 2))
            if places is None or not all(map(space.is_ordinary, places)):
                raise UnsupportedProblem(
                    "regimes of a product: on 2+1+1 equal squares the equations are dependent at a point "
                    "that is perhaps critical"
                )


def dependent_points(first: fmpq_mpoly, second: fmpq_mpoly, delta: fmpq_mpoly) -> list[FibrePoint]:
    """The points (g, μ) with A = B = Δ = 0, both positive."""
    points = sparse_common_points(without_monomials(first), without_monomials(delta), (True, True))
    return [point for point in points if point.sign(second) == 0]


def space_of_pair_and_two(law: TaskLaw) -> SpaceCurve:
    """{2,1,1} in g, μ, P, Q."""
    ring = context(["g", "mu", "p", "q"])
    (g, mu, p, q), zero, one = ring.gens(), ring.constant(0), ring.constant(1)
    mean, singles = _mean(law, g), (g, p, q)
    adapted = times(power((one, mu), 2), singles)
    residual = _residual(adapted, g, one)
    return SpaceCurve(
        conditions=(
            mean(times(residual, (zero, one, mu))),
            mean(times(residual, (zero, zero, one, mu))),
            mean(times(residual, scaling_weight(adapted, 4, g))),
        ),
        rate_slopes=(-3 * mu * q, 2 * g * q, zero, g * mu),
        positive=(p, q, p**2 - 4 * g * q),
        nonzero=(mean(times(residual, (zero, *singles))), p**2 - 4 * g * q),
    )


def solutions_above(space: SpaceCurve, base: tuple[arb, ...]) -> list[tuple[arb, ...]] | None:
    """(g, μ, P, Q) of the real solutions above a point with A = B = Δ = 0; None where balls do not tell."""
    *affine, scaling = space.conditions
    for condition in affine:
        slope, other = (evaluate(condition.derivative(i), (*base, arb(0), arb(0))) for i in (2, 3))
        if not slope.contains(0):
            constant = evaluate(condition, (*base, arb(0), arb(0)))
            break
    else:
        return None

    def place(q: arb) -> tuple[arb, ...]:
        return (*base, -(constant + other * q) / slope, q)

    low, middle, high = (evaluate(scaling, place(arb(q))) for q in (-1, 0, 1))
    square, half = (high + low) / 2 - middle, (high - low) / 4
    discriminant = half * half - square * middle
    if discriminant < 0:
        return []
    if square.contains(0) or discriminant.contains(0):
        return None
    return [place((-half + sign * discriminant.sqrt()) / square) for sign in (1, -1)]


def _mean(law: TaskLaw, g: fmpq_mpoly) -> Callable[[Polynomial], fmpq_mpoly]:
    """E of a polynomial in d = θ − g."""
    central = Setting(4, fmpq(1), law).central_moments(g, 8)
    return lambda poly: sum((c * m for c, m in zip(poly, central, strict=False)), g.context().constant(0))


def _residual(adapted: Polynomial, g: fmpq_mpoly, scale: fmpq_mpoly) -> Polynomial:
    """`scale` (θ − f) for `adapted` = `scale` f, as a polynomial in d = θ − g."""
    return (g * scale - adapted[0], scale - adapted[1], *(-c for c in adapted[2:]))
