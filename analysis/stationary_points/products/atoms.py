"""Laws of θ with fewer atoms than there are factors: tasks can be solved or abandoned one by one.

Let θ take the values θ₁, …, θ_n with probabilities p_i, 1 ≤ n < N, and ρ_i = θ_i − f(θ_i). The gradient of
the loss is −Σ p_i ρ_i ∇f(θ_i). It vanishes term by term where each task is

    solved:      f(θ_i) = θ_i, that is g = θ_i or a Q(t_i) = 1, since ρ_i = (θ_i − g)(1 − a Q(t_i)),
    abandoned:   two adapted factors wⱼ + a (θ_i − g) ∏_{k≠j} w_k are zero: f(θ_i) = 0 and ∇f(θ_i) = 0.

Conversely, let no factor vanish and let the squares wⱼ² take m > n different values. The equations Φ(tᵏ ∏(t +
yⱼ)^{μⱼ−1}) = 0, k = 0, …, m − 2 (`strata`), are Σ_i p_i ρ_i d_i M(t_i) t_iᵏ = 0 with n different nodes t_i =
a g d_i, so ρ_i d_i M(t_i) = 0 by Vandermonde: every task is solved or abandoned. Where m ≤ n, the systems of
`strata` are solved as for any other law, and solutions on one of the sets below are no points of their own.

**Dimension and rank.** Solved tasks cost one equation each, abandoned ones two: the set with s solved and n −
s abandoned tasks has dimension N − s − 2(n − s). On it the Hessian is Σ_solved p ∇f∇fᵀ − Σ_abandoned p θ ∇²f,
each ∇²f(θ_i) of rank 2 and signature (1, 1) on the two adapted factors; its rank is N − dimension at a
generic point. A set is listed when it has real curves (`settled_points`); single real points that it may have
besides are points of their own, degenerate ones (`single_points`). Where θ_i = 0 is abandoned f(θ_i)
= 0 solves it: these are singular points of the set where it is solved, and the rank is lower there. A single
task (n = 1) is solved on hypersurfaces; where a factor vanishes, see `coordinate_sets`. For θ =
±1 and N = 3 the solved set is e₁ = 2 a g², e₂ = 1/a + a² g²(g² − 1): a curve of global minima that runs to
infinity, beside those on which a factor vanishes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from math import prod

from flint import arb, ctx, fmpq, fmpq_mpoly, fmpq_poly

from analysis.algebra.polynomials import context, substitute
from analysis.landscape import Landscape
from analysis.stationary_points.points import Family, Interval, interval
from analysis.stationary_points.products.families import coordinate_families, two_zeros
from analysis.stationary_points.products.settled_points import has_real_curve
from analysis.stationary_points.products.strata import Setting
from analysis.stationary_points.products.support import Atom, Support


def coordinate_sets(setting: Setting, landscape: Landscape, support: Support | None) -> Iterator[Family]:
    """The stationary sets on which a factor vanishes, as far as they are not in those of solved tasks.

    A single task θ ≠ 0 is solved wherever exactly one factor vanishes and the loss is stationary, which
    leaves the sets where two vanish; θ = 0 is solved wherever one does.
    """
    if support is None or len(support.atoms) > 1:
        yield from coordinate_families(setting, landscape)
    elif not support.has_zero:
        pairs = list(combinations(range(setting.factors), 2))
        yield from two_zeros(setting, landscape, pairs)
    else:
        for name, w in zip(landscape.unknowns, landscape.ring.gens(), strict=True):
            yield Family(
                dimension=setting.factors - 1,
                equations=(w,),
                description=f"{name} = 0: theta = 0 is solved without adapting",
                loss=interval(arb(0), 12),
                hessian_rank=1,
                kind="minimum",
                exceptions="the rank is 0 where the gradient of f(0) vanishes",
            )


def settled_families(setting: Setting, landscape: Landscape, support: Support) -> list[Family]:
    """The sets of positive dimension on which every task is solved or abandoned, those with real curves."""
    count, tasks = setting.factors, len(support.atoms)
    families: list[Family] = []
    for fates in product(("slope", "gain", "abandoned"), repeat=tasks):
        abandoned = fates.count("abandoned")
        dimension = count - tasks - abandoned
        # θ = 0 with g = 0: a factor vanishes, see `families`; θ = 0 abandoned: it is solved, too
        elsewhere = any(f != "gain" and atom.is_zero for atom, f in zip(support.atoms, fates, strict=True))
        if fates.count("slope") > 1 or dimension < 1 or elsewhere:
            continue
        if has_real_curve(setting, support, fates):
            pairs = product(combinations(range(count), 2), repeat=abandoned)
            families += [_settled(setting, landscape, support, fates, chosen) for chosen in pairs]
    return families


def _settled(
    setting: Setting,
    landscape: Landscape,
    support: Support,
    fates: tuple[str, ...],
    pairs: tuple[tuple[int, int], ...],
) -> Family:
    constants = support.irrational
    names = landscape.unknowns
    ring = context([*names, *constants])
    gens = ring.gens()[: len(names)]
    slope = prod(gens, start=ring.constant(1))
    equations: list[fmpq_mpoly] = []
    words: list[str] = []
    lost: list[Atom] = []
    for atom, name, fate in zip(support.atoms, support.names, fates, strict=True):
        value = atom.rational
        number = ring.gen(ring.names().index(name)) if value is None else ring.constant(value)
        if fate == "slope":
            equations.append(slope - number)
            words.append(f"theta = {name} is solved without adapting, {' '.join(names)} = {name}")
        elif fate == "gain":
            adapted = substitute(landscape.adapted_slope, {"theta": number}, ring)
            equations.append((number - adapted) / (number - slope))
            words.append(f"theta = {name} is solved by adapting")
        else:
            i, j = pairs[len(lost)]
            equations += [gens[k] + setting.rate * (number - slope) * (slope / gens[k]) for k in (i, j)]
            words.append(f"theta = {name} is abandoned, {names[i]} and {names[j]} adapt to 0")
            lost.append(atom)
    adapts_from_zero = "gain" in fates and support.has_zero
    return Family(
        dimension=len(names) - len(equations),
        equations=tuple(equations),
        description="; ".join(words),
        loss=_loss(lost),
        hessian_rank=len(equations),
        kind="saddle" if pairs else "minimum",
        exceptions="the rank is lower where two factors adapt to 0 for theta = 0" * adapts_from_zero,
        constants=constants,
    )


def _loss(abandoned: Sequence[Atom]) -> Interval:
    """½ E θ² over these tasks."""
    with ctx.workprec(128):
        parts = [
            atom.value.value(atom.probability * fmpq_poly([0, 0, fmpq(1, 2)]), 128) for atom in abandoned
        ]
        return interval(sum(parts, arb(0)), 12)
