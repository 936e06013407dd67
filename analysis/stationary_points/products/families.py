"""The stationary sets of positive dimension that every product of N ≥ 3 factors has, for every task law.

Where factors vanish, g = 0 and f = g + a d Q(a g d) leaves f = a θ e_{N−1}(x), with a = α E[x²].

**Two factors vanish,** wᵢ = wⱼ = 0. All partial products ∏_{k≠l} w_k vanish, so no parameter moves and f = 0
for every task; and dg = de_{N−1} = 0, so df = 0 and the point is stationary: ½N(N − 1) coordinate subspaces
of dimension N − 2 with loss ½ m₂. With q the product of the other factors, Q = q², the Hessian acts on (wᵢ,
wⱼ) alone:

    −| 2 a m₂ Q          q (m₁ + a² m₃ Q) |
     | q (m₁ + a² m₃ Q)  2 a m₂ Q         |

Its rank is 2 except where q = 0 (a third factor vanishes: it is zero), and, for a law that is not symmetric,
except where 4 a² m₂² Q = (m₁ + a² m₃ Q)². For a symmetric law it is −2 a m₂ Q times the identity: a maximum.

**Exactly one factor vanishes,** wᵢ = 0. Then L = ½ m₂ (1 − a Q)² along the other factors, Q = ∏_{j≠i} wⱼ², so
a stationary point with m₂ > 0 has a Q = 1, and then f(θ) = θ for every task: the loss is zero. These are
N·2^{N−1} graphs of dimension N − 2, wᵢ = 0 and w_l = ±1/(√a ∏ of the rest). There the Hessian is E[∇f ∇fᵀ]
with ∂f/∂wᵢ = a² q S θ², S = e_{N−2}(x) > 0, and ∂f/∂wⱼ = 2θ/wⱼ: the Gram matrix of θ² and θ, of rank 2 = N −
dim everywhere if m₂ m₄ > m₃², that is if θ takes at least two non-zero values; otherwise of rank 1.

N = 2 is the same with points for sets: the origin, and (±1/√a, 0), (0, ±1/√a), the minima of the paper's
§4.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from flint import arb, ctx, fmpq_mpoly, fmpq_poly

from analysis.algebra.algebraic_numbers import real_roots
from analysis.algebra.polynomials import context, rational
from analysis.landscape import Landscape
from analysis.stationary_points.points import Family, Kind, interval
from analysis.stationary_points.products.strata import Setting


def coordinate_families(setting: Setting, landscape: Landscape) -> Iterator[Family]:
    """Both kinds of set, for N ≥ 3 factors that all adapt."""
    indices = range(len(landscape.unknowns))
    yield from two_zeros(setting, landscape, list(combinations(indices, 2)))
    yield from solved_by(setting, landscape, indices)


def two_zeros(setting: Setting, landscape: Landscape, pairs: Sequence[tuple[int, int]]) -> Iterator[Family]:
    """wᵢ = wⱼ = 0 for these pairs of adapting factors."""
    names, gens = landscape.unknowns, landscape.ring.gens()
    kind, where = _kind_across(setting)
    with ctx.workprec(128):
        loss = interval(arb(rational(setting.law.moment(2)) / 2), 12)
    for i, j in pairs:
        rest = [name for k, name in enumerate(names) if k not in (i, j)]
        yield Family(
            dimension=len(rest),
            equations=(gens[i], gens[j]),
            description=f"{names[i]} = {names[j]} = 0: nothing adapts, f = 0",
            loss=loss,
            hessian_rank=2,
            kind=kind,
            parametrisation=f"{', '.join(rest)} free",
            exceptions=f"the Hessian is zero where {'*'.join(rest)} = 0"
            + where.format(f"({'*'.join(rest)})^2"),
        )


def _kind_across(setting: Setting) -> tuple[Kind, str]:
    """The kind by the signs of 4 a² m₂² Q − (m₁ + a² m₃ Q)² on Q > 0, and where it changes."""
    m1, m2, m3 = (rational(setting.law.moment(k)) for k in (1, 2, 3))
    a = setting.rate
    if not m1 and not m3:
        return "maximum", ""
    determinant = fmpq_poly([-m1 * m1, 4 * a**2 * m2**2 - 2 * a**2 * m1 * m3, -(a**4) * m3**2])
    roots = [root for root in real_roots(determinant) if root.sign(fmpq_poly([0, 1])) > 0]
    if not roots:
        return "saddle", ""
    values = " and ".join(root.enclosure(64).str(8, radius=False) for root in roots)
    changes = f"a maximum instead of a saddle where {_in_q(determinant)} > 0, of rank 1 where that is 0"
    return "saddle", f"; with Q = {{}}, {changes} (Q = {values})"


def _in_q(poly: fmpq_poly) -> str:
    ring = context(["Q"])
    return str(ring.from_dict({(k,): c for k, c in enumerate(poly.coeffs()) if c}))


def solved_by(setting: Setting, landscape: Landscape, indices: Iterable[int]) -> Iterator[Family]:
    """wᵢ = 0 for one of these adapting factors, the others adapting it so that every task is solved."""
    names, gens, ring = landscape.unknowns, landscape.ring.gens(), landscape.ring
    zero = interval(arb(0), 12)
    m2, m3, m4 = (rational(setting.law.moment(k)) for k in (2, 3, 4))
    for i in indices:
        name = names[i]
        rest = [k for k in range(len(names)) if k != i]
        square: fmpq_mpoly = ring.constant(setting.rate)
        for k in rest:
            square *= gens[k] ** 2
        last, free = names[rest[-1]], [names[k] for k in rest[:-1]]
        yield Family(
            dimension=len(free),
            equations=(gens[i], square - 1),
            description=f"{name} = 0 and {square} = 1: f(theta) = theta for every task",
            loss=zero,
            hessian_rank=2 if m2 * m4 > m3 * m3 else 1,
            kind="minimum",
            parametrisation=f"{', '.join(free)} free and non-zero; "
            f"{last} = +-1/(sqrt({setting.rate}) {' '.join(free)})",
        )
