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
positive. A task θ = 0 that adapts has the node −a g² as a root. What is left when these roots are divided out
is a polynomial R of degree n with R(0) = c > 0 and values v ≠ 0 at the nodes t of the k − 1 other adapting
tasks, n > k. It needs n negative roots:

* k = 1: choose n numbers with the product c.
* k = 2: R(t) for ∏ xᵢ = c. If t < 0 and n ≥ 3 every number is a value (let one x grow and the others shrink,
  or two grow). If t > 0 the values are those from (c^{1/n} + t)ⁿ on (the inequality of Hölder), and that one
  is taken where all xᵢ are equal, at that point alone.
* k = 3, n = 4: R is affine in one free coefficient ℓ, and the number of its real roots changes only at roots
  of the discriminant, so that one rational ℓ inside each interval between them decides.

**Single points.** Where the set is smooth in w it has no isolated point: its Jacobian in log xᵢ has the
entries v/(t + xᵢ) and c/xᵢ, a Cauchy matrix, of rank k as soon as k of the roots of R differ. With fewer:

* k = 2, all equal: on ∏ xᵢ = c, R(t) has a strict extremum there (second derivatives t x/(x + t)² in log xᵢ,
  all of one sign): an isolated point.
* k = 3 and a root of multiplicity 3 or 4: R + δ B, B = t ∏ (t − node), has only one or two real roots near it
  for either sign of δ, since B ≠ 0 there: an isolated point. Two double roots −y₁, −y₂: each splits into two
  real ones for one sign of δ, that of −B, so the point is isolated if and only if B(−y₁) B(−y₂) < 0.

Such points have at most two different squares; `solve` finds them, and `single_points` tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flint import fmpq, fmpq_mat, fmpq_poly

from analysis.algebra.algebraic_numbers import irreducible_factors, rationals_between, real_roots
from analysis.algebra.polynomials import context, rational, univariate
from analysis.stationary_points.products.strata import Setting


@dataclass(frozen=True)
class Atom:
    """A value of θ and its probability."""

    value: fmpq
    probability: fmpq


class Interpolation(NamedTuple):
    """R: its degree n, R(0) = c, the nodes of the adapting tasks other than θ = 0, and R there."""

    degree: int
    constant: fmpq
    nodes: tuple[fmpq, ...]
    values: tuple[fmpq, ...]


def has_real_curve(setting: Setting, support: Sequence[Atom], fates: Sequence[str]) -> bool:
    """Whether a set of dimension ≥ 1 over ℂ has real points that are not isolated.

    Args:
        setting: N, a and the law.
        support: its atoms.
        fates: for each of them "slope" (solved without adapting), "gain" (by adapting) or "abandoned"; the
            last is not meant for θ = 0, which is then solved.
    """
    if "slope" not in fates:
        return True
    wanted = interpolation(setting, support, fates)
    if wanted is None:
        return False
    degree, constant, nodes, values = wanted
    if not nodes:
        return True
    if len(nodes) == 1:
        return nodes[0] < 0 or _exceeds(values[0], constant, degree, nodes[0])
    levels = rationals_between(list(real_roots(_discriminant(wanted))))
    return any(_has_negative_roots(_polynomial(wanted, [rational(level)])) for level in levels)


def interpolation(setting: Setting, support: Sequence[Atom], fates: Sequence[str]) -> Interpolation | None:
    """What R must satisfy where one task is solved without adapting; None where an abandoned t ≥ 0."""
    (g,) = (atom.value for atom, fate in zip(support, fates, strict=True) if fate == "slope")
    fated = list(zip(support, fates, strict=True))
    lost = [setting.rate * g * (atom.value - g) for atom, fate in fated if fate == "abandoned"]
    if any(t >= 0 for t in lost):
        return None
    roots = [t for t in lost for _ in range(2)]
    if any(fate == "gain" and not atom.value for atom, fate in fated):
        roots.append(-setting.rate * g * g)
    adapting = [atom.value for atom, fate in fated if fate == "gain" and atom.value]
    nodes = tuple(setting.rate * g * (value - g) for value in adapting)
    known = fmpq_poly([1])
    for t in roots:
        known *= fmpq_poly([-t, 1])
    values = tuple(g * value / known(t) for value, t in zip(adapting, nodes, strict=True))
    return Interpolation(setting.factors - len(roots), g * g / known(0), nodes, values)


def _exceeds(value: fmpq, constant: fmpq, degree: int, node: fmpq) -> bool:
    """Whether value > (c^{1/n} + t)ⁿ for t > 0: the sign of (x + t)ⁿ − value at the n-th root of c."""
    power = fmpq_poly([node, 1]) ** degree - value
    radical = fmpq_poly([-constant, *[0] * (degree - 1), 1])
    for factor in irreducible_factors(radical):
        for root in real_roots(fmpq_poly(factor)):
            if root.sign(fmpq_poly([0, 1])) > 0:
                return root.sign(power) < 0
    raise AssertionError("unreachable: a positive number has a positive root")


def _polynomial(wanted: Interpolation, levels: Sequence[fmpq]) -> fmpq_poly:
    """R = tⁿ + (levels) tⁿ⁻¹ + … + (what the nodes determine) + c."""
    degree, constant, nodes, values = wanted
    known = fmpq_poly([constant, *[0] * len(nodes), *levels, 1])
    assert known.degree() == degree
    size = len(nodes)
    rows = [t**k for t in nodes for k in range(1, size + 1)]
    right = [value - known(t) for value, t in zip(values, nodes, strict=True)]
    found = fmpq_mat(size, size, rows).solve(fmpq_mat(size, 1, right))
    return known + fmpq_poly([0, *(found[i, 0] for i in range(size))])


def _discriminant(wanted: Interpolation) -> fmpq_poly:
    """The discriminant of R in t as a polynomial in the one free coefficient."""
    ring = context(["t", "level"])
    t, level = ring.gens()
    start, end = (_polynomial(wanted, [fmpq(x)]) for x in (0, 1))
    affine = ring.constant(0)
    for k in range(end.degree() + 1):
        affine += (start[k] + (end[k] - start[k]) * level) * t**k
    return univariate(affine.discriminant(0), "level")


def _has_negative_roots(poly: fmpq_poly) -> bool:
    """Whether poly(t) = ∏ (t + x) with different positive x."""
    roots = list(real_roots(poly))
    return len(roots) == poly.degree() and all(root.sign(fmpq_poly([0, 1])) < 0 for root in roots)
