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

from collections.abc import Iterator
from itertools import combinations, product

from flint import arb, ctx, fmpq, fmpq_mat, fmpq_mpoly, fmpq_poly

from analysis.algebra.algebraic_numbers import irreducible_factors
from analysis.algebra.polynomials import rational, substitute
from analysis.landscape import Landscape
from analysis.stationary_points.points import Family, Interval, interval
from analysis.stationary_points.products.families import coordinate_families, two_zeros
from analysis.stationary_points.products.settled_points import Atom, has_real_curve
from analysis.stationary_points.products.strata import Setting


def atoms(setting: Setting, least: int = 2) -> tuple[Atom, ...] | None:
    """The atoms of a law that has fewer than N of them; None for every other law.

    Raises:
        UnsupportedProblem: there are fewer than `least`, or they are not all rational.
    """
    from analysis.stationary_points.solve import UnsupportedProblem

    count = next((n for n in range(1, setting.factors) if _hankel(setting, n + 1).det() == 0), None)
    if count is None:
        return None
    moment = [rational(setting.law.moment(k)) for k in range(2 * count)]
    recurrence = _hankel(setting, count).solve(fmpq_mat(count, 1, moment[count : 2 * count]))
    polynomial = fmpq_poly([*(-recurrence[i, 0] for i in range(count)), 1])
    factors = irreducible_factors(polynomial)
    if count < least or any(factor.degree() > 1 for factor in factors):
        fewer = "fewer" if least == 1 else f"{least} or more"
        raise UnsupportedProblem(
            f"the law has {count} atom{'s' * (count > 1)}, the root{'s' * (count > 1)} of {polynomial}: "
            f"certified are laws with {setting.factors} or more atoms, or with {fewer}, all rational"
        )
    values = [fmpq(-int(factor[0]), int(factor[1])) for factor in factors]
    powers = fmpq_mat(count, count, [value**k for k in range(count) for value in values])
    weights = powers.solve(fmpq_mat(count, 1, moment[:count]))
    return tuple(Atom(value, weights[i, 0]) for i, value in enumerate(values))


def require_atoms(setting: Setting, least: int) -> None:
    """Refuse a law with fewer than `least` atoms.

    Raises:
        UnsupportedProblem: with the number of atoms there are.
    """
    from analysis.stationary_points.solve import UnsupportedProblem

    count = next((n for n in range(1, least) if _hankel(setting, n + 1).det() == 0), None)
    if count is not None:
        raise UnsupportedProblem(
            f"theta takes {count} value{'s' * (count > 1)} only: certified are laws with {least} or more"
        )


def _hankel(setting: Setting, size: int) -> fmpq_mat:
    moment = [rational(setting.law.moment(k)) for k in range(2 * size - 1)]
    return fmpq_mat(size, size, [moment[i + j] for i in range(size) for j in range(size)])


def coordinate_sets(
    setting: Setting, landscape: Landscape, support: tuple[Atom, ...] | None
) -> Iterator[Family]:
    """The stationary sets on which a factor vanishes, as far as they are not in those of solved tasks.

    A single task θ ≠ 0 is solved wherever exactly one factor vanishes and the loss is stationary, which
    leaves the sets where two vanish; θ = 0 is solved wherever one does.
    """
    if support is None or len(support) > 1:
        yield from coordinate_families(setting, landscape)
    elif support[0].value:
        pairs = list(combinations(range(setting.factors), 2))
        yield from two_zeros(setting, landscape, pairs)
    else:
        for name, w in zip(landscape.unknowns, landscape.ring.gens(), strict=True):
            yield Family(
                dimension=setting.factors - 1,
                equations=(w,),
                description=f"{name} = 0: theta = 0 is solved without adapting",
                loss=_number(fmpq(0)),
                hessian_rank=1,
                kind="minimum",
                exceptions="the rank is 0 where the gradient of f(0) vanishes",
            )


def settled_families(setting: Setting, landscape: Landscape, support: tuple[Atom, ...]) -> list[Family]:
    """The sets of positive dimension on which every task is solved or abandoned, those with real curves."""
    count = setting.factors
    families: list[Family] = []
    for fates in product(("slope", "gain", "abandoned"), repeat=len(support)):
        abandoned = fates.count("abandoned")
        dimension = count - len(support) - abandoned
        # θ = 0 with g = 0: a factor vanishes, see `families`; θ = 0 abandoned: it is solved, too
        elsewhere = any(f != "gain" and not a.value for a, f in zip(support, fates, strict=True))
        if fates.count("slope") > 1 or dimension < 1 or elsewhere:
            continue
        if has_real_curve(setting, support, fates):
            pairs = product(combinations(range(count), 2), repeat=abandoned)
            families += [_settled(setting, landscape, support, fates, chosen) for chosen in pairs]
    return families


def _settled(
    setting: Setting,
    landscape: Landscape,
    support: tuple[Atom, ...],
    fates: tuple[str, ...],
    pairs: tuple[tuple[int, int], ...],
) -> Family:
    ring, names = landscape.ring, landscape.unknowns
    gens = ring.gens()
    slope = ring.constant(1)
    for w in gens:
        slope *= w
    equations: list[fmpq_mpoly] = []
    words: list[str] = []
    loss, left = fmpq(0), list(pairs)
    adapting = [atom.value for atom, fate in zip(support, fates, strict=True) if fate == "gain"]
    for atom, fate in zip(support, fates, strict=True):
        if fate == "slope":
            equations.append(slope - atom.value)
            words.append(f"theta = {atom.value} is solved without adapting, {' '.join(names)} = {atom.value}")
        elif fate == "gain":
            adapted = substitute(landscape.adapted_slope, {"theta": ring.constant(atom.value)}, ring)
            equations.append((atom.value - adapted) / (atom.value - slope))
            words.append(f"theta = {atom.value} is solved by adapting")
        else:
            i, j = left.pop()
            equations += [gens[k] + setting.rate * (atom.value - slope) * (slope / gens[k]) for k in (i, j)]
            words.append(f"theta = {atom.value} is abandoned, {names[i]} and {names[j]} adapt to 0")
            loss += atom.probability * atom.value**2 / 2
    return Family(
        dimension=len(names) - len(equations),
        equations=tuple(equations),
        description="; ".join(words),
        loss=_number(loss),
        hessian_rank=len(equations),
        kind="saddle" if pairs else "minimum",
        exceptions="the rank is lower where two factors adapt to 0 for theta = 0" * (0 in adapting),
    )


def _number(value: fmpq) -> Interval:
    with ctx.workprec(128):
        return interval(arb(value), 12)
