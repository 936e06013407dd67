"""All rates at once on the strata {2,1,1} and {2,2} of four factors (continues `rate_curves`).

**{2,1,1}.** In g and the ratio μ = a g/y of the pair, F(g, μ) = 0 is a curve for all rates (`pair_and_two`): Δ P
= A and Δ Q = B determine f = (1 + μ d)² (g + P d + Q d²), and a⁴ = μ² Q/g³. A solution is on the stratum where g
μ, g Q, g P and P² − 4 g Q are positive and the pair differs from both singles, g μ² − P μ + Q ≠ 0. At P² = 4 g Q
the singles merge: the point is then one of {2,2} whose Hessian across that pair is singular, and every such
point is met here, since with f = g (1 + μ₁ d)² (1 + μ₂ d)² and ρ = θ − f

    E[ρ d (1 + μ₁ d)(1 + μ₂ d)] = 0   (stationary)   and   E[ρ d (1 + μ₁ d)²] = 0   (singular across μ₂)

differ by (μ₂ − μ₁) E[ρ d² (1 + μ₁ d)], so that both conditions of {2,1,1} hold for the pair μ₁. p is bounded
where g and y are bounded and bounded away from 0 (the loss is quadratic in p, its leading coefficient positive),
so points leave only with g or μ.

Where A = B = Δ = 0 the two conditions leave a line of (P, Q), on which the scaling is quadratic. `settle` looks at
each of its solutions: one that is outside of the stratum, or at which the Jacobian of (the conditions, a⁴) and the
Hessian across the pair are regular, is an ordinary point of the curve. Nothing else has occurred; it is refused.

**{2,2}.** With e = μ₁ + μ₂ and k = μ₁ μ₂ = a² |g| the conditions E[ρ d (1 + e d + k d²)] = 0 and that of the scaling
are polynomials G, S of degrees 3 and 4 in e. Ψ(g, k) = Res_e(G, S) = 0 is a plane curve with a⁴ = k²/g² on it;
e is bounded with g and k, since the leading coefficient of G is −g E[d⁴]. Ψ has double points that the curve in
space does not have: at a candidate for a fold each real root e of G is looked at, and the candidate is dropped
if all are outside of the stratum or regular.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flint import acb_poly, arb, arb_mat, arb_poly, ctx, fmpq, fmpq_mpoly

from analysis.algebra.fibres import FibrePoint, sparse_common_points
from analysis.algebra.polynomials import coefficients_in, context, evaluate
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

_BITS = 512  # at which a candidate is shown to be none


@dataclass(frozen=True, kw_only=True)
class SpaceCurve:
    """The stationary points of a stratum for all rates, as a curve in its own coordinates.

    Attributes:
        conditions: one polynomial less than there are coordinates.
        rate_slopes: the gradient of log a⁴ times a polynomial that is positive on the stratum.
        positive: on the stratum.
        nonzero: where a point of the stratum is no candidate.
    """

    conditions: tuple[fmpq_mpoly, ...]
    rate_slopes: tuple[fmpq_mpoly, ...]
    positive: tuple[fmpq_mpoly, ...]
    nonzero: tuple[fmpq_mpoly, ...] = ()

    def is_ordinary(self, place: Sequence[arb]) -> bool:
        """Whether every zero in a box is off the stratum or, so balls show, no candidate."""
        if any(evaluate(poly, place) < 0 for poly in self.positive):
            return True
        rows = [[evaluate(c.derivative(i), place) for i in range(len(place))] for c in self.conditions]
        rows.append([evaluate(slope, place) for slope in self.rate_slopes])
        kept = [arb_mat(rows).det(), *(evaluate(poly, place) for poly in self.nonzero)]
        return not any(value.contains(0) for value in kept)


@dataclass(frozen=True)
class PairsCurve(RateCurve):
    """The curve Ψ(g, k) = 0 of {2,2}.

    Attributes:
        space: the conditions in g, e, k.
    """

    space: SpaceCurve | None = None

    def is_met(self, point: FibrePoint) -> bool:
        """Whether a fold may occur above the point (g, k)."""
        assert self.space is not None
        with ctx.workprec(_BITS):
            g, k = point.enclose(_BITS // 2)
            cubic = [evaluate(c, (g, arb(0), k)) for c in coefficients_in(self.space.conditions[0], "e")]
            try:
                heights = acb_poly(arb_poly(cubic)).roots()
            except ValueError:  # not told apart
                return True
            real = [e.real for e in heights if e.imag.contains(0)]
            zeros = [e for e in real if evaluate(self.space.conditions[1], (g, e, k)).contains(0)]
            return not all(self.space.is_ordinary((g, e, k)) for e in zeros)


def pair_curves(law: TaskLaw) -> list[RateCurve]:
    """The curves of {2,1,1} and {2,2} where g > 0, for a law with at least four atoms.

    Raises:
        UnsupportedProblem: a candidate with A = B = Δ = 0 is not an ordinary point.
    """
    return [_pair_and_two(law), _two_pairs(law)]


def _pair_and_two(law: TaskLaw) -> RateCurve:
    ring = context(["g", "mu"])
    g, mu = ring.gens()
    locus, first, second, delta = ratio_elimination(Setting(4, fmpq(1), law), g, mu)
    settle(law, (first, second, delta))
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
    ring, plane = context(["g", "e", "k"]), context(["g", "k"])
    (g, e, k), zero, one = ring.gens(), ring.constant(0), ring.constant(1)
    mean, root = _mean(law, g), (one, e, k)
    adapted = tuple(g * c for c in power(root, 2))
    residual = _residual(adapted, g, one)
    conditions = (
        without_monomials(mean(times(residual, (zero, *root)))),
        without_monomials(mean(times(residual, scaling_weight(adapted, 4, g)))),
    )
    eliminant = conditions[0].resultant(conditions[1], 1).compose(plane.gen(0), plane.constant(0), plane.gen(1), ctx=plane)
    locus = plane.constant(1)
    for factor, _ in without_monomials(eliminant).factor()[1]:
        locus *= factor
    g_, k_ = plane.gens()
    return PairsCurve(
        multiplicities=(2, 2),
        locus=locus,
        rate=(k_**2, g_**2),
        across=plane.constant(1),
        gains=(),
        space=SpaceCurve(
            conditions=conditions,
            rate_slopes=(-k, zero, g),
            positive=(e, e**2 - 4 * k),
        ),
    )


def settle(law: TaskLaw, minors: tuple[fmpq_mpoly, fmpq_mpoly, fmpq_mpoly]) -> None:
    """Look at the points of {2,1,1} with A = B = Δ = 0, g > 0.

    Raises:
        UnsupportedProblem: one of them may be critical.
    """
    from analysis.stationary_points.solve import UnsupportedProblem

    first, second, delta = minors
    space = _space_of_pair_and_two(law)
    for point in sparse_common_points(without_monomials(first), without_monomials(delta), (True, True)):
        if point.sign(second) == 0:
            with ctx.workprec(_BITS):
                places = _above(space, point.enclose(_BITS // 2))
                if places is None or not all(map(space.is_ordinary, places)):
                    raise UnsupportedProblem(
                        "regimes of a product: a point with 2+1+1 equal squares where its equations are dependent"
                    )


def _space_of_pair_and_two(law: TaskLaw) -> SpaceCurve:
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


def _above(space: SpaceCurve, base: tuple[arb, ...]) -> list[tuple[arb, ...]] | None:
    """The real solutions above a point (g, μ) with A = B = Δ = 0; None where balls do not tell."""
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
