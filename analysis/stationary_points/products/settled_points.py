"""Whether a set on which every task is solved or abandoned (`atoms`) has real points near which it is a set.

A point of it is a slope g and a polynomial P(t) = ∏ (t + xᵢ) with different or equal xᵢ > 0, P(0) = g², with
P = g θ at the node t = a g (θ − g) of each task solved by adapting, and with a double root at that of each
abandoned one. Let the dimension N − (tasks) − (abandoned) be at least 1.

**g is free** (no task is solved without adapting): *such sets are never empty, and run to infinity.* Let G
tasks adapt and A be abandoned, r = N − G − 2A ≥ 1, and look for

    P(t) = ∏_abandoned (t − t_j)² ∏_adapting (t − t_i + ε_i) (t + 1) ⋯ (t + r − 1) (t + ζ).

P(0) = g² gives ζ > 0, and P(t_i) = g θ_i says that ε_i is g θ_i over the other factors at t_i. These are
differences of nodes, a g (θ_i − θ_j), and r of size a g². So ε ↦ (right sides) maps a neighbourhood of 0 into
itself for large |g| and contracts it, and ε_i = O(1/g), while −t_i = a g (g − θ_i) → +∞ at distances of order
g from each other: all roots are negative.

**g = θ_s is given** (one task is solved without adapting). An abandoned pair has the square −t, which must be
positive; then N = 4, there is no third task, and the other two squares have a given product only. Otherwise
let B(t) be the monic polynomial with the nodes of the k − 1 other tasks θ ≠ 0, which all adapt. At a node g θ
= g² + t/a. A task θ = 0 has the node −a g², and then P = (t + a g²) R, R = 1/a at 0 and at the roots of B;
otherwise R = P. So the R of degree n are

    R(t) = c + t (s + B(t) M(t)),     c = g², s = 1/a    or, with a task θ = 0,    c = 1/a, s = 0,

with any monic M of degree n − k, n > k. Everything is in ℚ(θ_s), the other atoms enter through B only, which
is P_θ(θ)/(θ − θ_s) at θ = g + t/(a g), P_θ being the polynomial of the atoms. R needs n negative roots:

* k = 1: choose n numbers with the product c.
* k = 2: v = c + s t is wanted at the root t of B. If t < 0 and n ≥ 3 every number is a value of an R (let one
  root grow and the others shrink, or two grow). If t > 0 the values are those from (c^{1/n} + t)ⁿ on (the
  inequality of Hölder), and that one is taken where all roots are equal, at that point alone.
* k = 3, n = 4: M = t + ℓ, and the number of real roots of R changes only at the roots ℓ of its discriminant,
  so that one rational ℓ inside each interval between them decides, or between those of its norm to ℚ.

**Single points.** Where the set is smooth in w it has no isolated point: its Jacobian in log xᵢ has the
entries v/(t + xᵢ) and c/xᵢ, a Cauchy matrix, of rank k as soon as k of the roots of R differ. With fewer:

* k = 2, all equal: on ∏ xᵢ = c, R(t) has a strict extremum there (second derivatives t x/(x + t)² in log xᵢ,
  all of one sign): an isolated point.
* k = 3 and a root of multiplicity 3 or 4: R + δ t B has only one or two real roots near it for either sign of
  δ, since t B ≠ 0 there: an isolated point. Two double roots −y₁, −y₂: each splits into two real ones for one
  sign of δ, that of y B(−y), so the point is isolated if and only if B(−y₁) B(−y₂) < 0.

Such points have at most two different squares; `solve` finds them, and `single_points` tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import fmpq, fmpq_mpoly, fmpq_poly

from analysis.algebra.algebraic_numbers import RealRoot, ascending, norm, rationals_between, real_roots
from analysis.algebra.elimination import AlgebraicPoint
from analysis.algebra.fibres import sparse_common_points
from analysis.algebra.polynomials import coefficients_in, context, rational, univariate
from analysis.stationary_points.products.distinct import RING, different_and_positive
from analysis.stationary_points.products.strata import Setting
from analysis.stationary_points.products.support import Support

_RING = context(["t", "g", "level"])
_X = fmpq_poly([0, 1])


def has_real_curve(setting: Setting, support: Support, fates: Sequence[str]) -> bool:
    """Whether a set of dimension ≥ 1 over ℂ has real points that are not isolated.

    Args:
        setting: N, a and the law.
        support: its atoms.
        fates: for each of them "slope" (solved without adapting), "gain" (by adapting) or "abandoned"; the
            last is not meant for θ = 0, which is then solved.
    """
    if "slope" not in fates:
        return True
    slope = support.atoms[fates.index("slope")].value
    if "abandoned" in fates:
        lost = support.atoms[fates.index("abandoned")].value
        return (ascending([lost, slope])[0] == lost) == (slope.sign(_X) > 0)
    nodes = _nodes(setting, support)
    degree = setting.factors - support.has_zero
    if nodes.degrees()[0] == 0:
        return True
    constant, start = _values(setting, support)
    if nodes.degrees()[0] == 1:
        node = univariate(-coefficients_in(nodes, "t")[0], "g")
        return slope.sign(node) < 0 or _exceeds(slope, constant, start, degree, node)
    t, _, level = _RING.gens()
    wanted = constant + t * (start + nodes * (t + level))
    assert wanted.degrees()[0] == degree
    return any(_has_negative_roots(slope, wanted, sample) for sample in _levels(slope, wanted))


def _nodes(setting: Setting, support: Support) -> fmpq_mpoly:
    """B(t): P(θ)/(θ − g), without the root 0 of P, at θ = g + t/(a g), times (a g)^degree."""
    (t, g, _), a = _RING.gens(), setting.rate
    coefficients = support.polynomial.coeffs()[support.has_zero :]
    quotient: list[fmpq_mpoly] = [_RING.constant(0)]  # by Horner's rule
    for c in reversed(coefficients[1:]):
        quotient.insert(0, quotient[0] * g + c)
    *rest, _ = quotient
    size = len(rest) - 1
    terms = (c * (a * g * g + t) ** k * (a * g) ** (size - k) for k, c in enumerate(rest))
    return sum(terms, _RING.constant(0))


def _values(setting: Setting, support: Support) -> tuple[fmpq_mpoly, fmpq_mpoly]:
    """c and s of R = c + t (s + B M)."""
    _, g, _ = _RING.gens()
    inverse = _RING.constant(1 / setting.rate)
    return (inverse, _RING.constant(0)) if support.has_zero else (g * g, inverse)


def _exceeds(slope: RealRoot, constant: fmpq_mpoly, start: fmpq_mpoly, degree: int, node: fmpq_poly) -> bool:
    """Whether c + s t > (c^{1/n} + t)ⁿ at the node t > 0: the sign of (x + t)ⁿ − c − s t at xⁿ = c, x > 0."""
    ring = context(["x", "g"])
    x, g = ring.gens()

    def here(poly: fmpq_poly) -> fmpq_mpoly:
        return sum((c * g**k for k, c in enumerate(poly.coeffs())), ring.constant(0))

    c, s, t = here(univariate(constant, "g")), here(univariate(start, "g")), here(node)
    roots = sparse_common_points(x**degree - c, here(slope.polynomial), (True, False))
    precision = 64
    while len(roots) > 1:  # one above each conjugate of the slope
        place = slope.enclosure(precision)
        roots = [root for root in roots if root.enclose(precision)[1].overlaps(place)]
        precision *= 2
    return roots[0].sign((x + t) ** degree - c - s * t) < 0


def _levels(slope: RealRoot, wanted: fmpq_mpoly) -> list[fmpq]:
    """A number between any two real ℓ at which R has a double root, or one of its conjugates has."""
    parts = [univariate(part, "g") for part in coefficients_in(wanted.discriminant(0), "level")]
    return [rational(x) for x in rationals_between(list(real_roots(norm(slope, parts))))]


def _has_negative_roots(slope: RealRoot, wanted: fmpq_mpoly, level: fmpq) -> bool:
    """Whether R = ∏ (t + x) with different positive x at this ℓ."""
    (g,) = RING.gens()
    parts = coefficients_in(wanted.compose(_RING.gen(0), _RING.gen(1), _RING.constant(level)), "t")
    elementary = [part.compose(g, g, RING.constant(0), ctx=RING) for part in reversed(parts[:-1])]
    place = AlgebraicPoint(slope, (slope.reduce(_X),))
    return different_and_positive(place, elementary, RING.constant(1))
