"""Products of factors of which only some adapt (ANIL: the last one): the stationary set for every subset.

One inner step. Let S be the s factors that adapt, U the product of the others, G that of S, g = UG,
a = α E[x²], d = θ − g. As in `products` f = U ∏_S (wᵢ + a d U G/wᵢ), so that with the elementary symmetric
polynomials e_k of the squares xᵢ, i ∈ S,

    f = g + a d U² e_{s−1} + (a d)² U² g e_{s−2} + … .

**Some factor vanishes.** Then f = a θ U² e_{s−1}, and the stationary points are the following sets; q is the
product of the factors that are not said to vanish, Q = q².

* Two factors of S vanish: f = 0; loss ½ m₂ (the same as in `products.families`).
* One factor of S vanishes, s ≥ 2, and a Q = 1: every task is solved.
* A factor w outside S vanishes. ∇f = G ∇U for every task, so this is stationary if E θ = 0 (a hyperplane),
  and else if a factor of S or another one outside S vanishes as well. L = ½ m₂ + ½ U² (e_s − 2 a m₂ e_{s−1})
  − E θ UG + …: on the hyperplanes the Hessian has rank 1; they are maxima where e_s < 2 a m₂ e_{s−1}, and
  minima, not global ones, where e_s > 2 a m₂ e_{s−1}.

**s = 1.** θ − f = (1 − a U²)(θ − g): besides, the hypersurface a U² = 1, where every task is solved whatever
the factor that adapts. **s = 0.** L = ½ E (θ − g)²: besides, the hypersurface g = E θ.

**No factor vanishes, s ≥ 2.** g and the xᵢ are independent: f = g ∏_S (1 + μᵢ d) with μᵢ = a g/xᵢ, and
`ratios` finds the critical points (g, μ), finitely many and free of α. Those with all g μᵢ > 0 are
stationary; each fixes the squares in S and U, hence a set of dimension N − s − 1 (points, if one factor
stands still). This needs a law with more than s atoms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product
from math import prod

from flint import arb, ctx, fmpq, fmpq_mpoly

from analysis.algebra.polynomials import rational
from analysis.landscape import Landscape
from analysis.stationary_points.finite_field_check import certificate, count_over_finite_field
from analysis.stationary_points.points import (
    KINDS,
    Family,
    Interval,
    Kind,
    StationaryPoints,
    interval,
)
from analysis.stationary_points.products.families import solved_by, two_zeros
from analysis.stationary_points.products.points import ProductPoint, Solution, arrange
from analysis.stationary_points.products.strata import Setting
from analysis.stationary_points.products.support import require_atoms
from analysis.stationary_points.ratios import RatioPoint, ratio_points

METHOD = (
    "factors that vanish: by hand, for every N; otherwise the loss in the slope and the ratios a g/w_i^2, "
    "solved by bivariate elimination over Q"
)


def partial_stationary_points(landscape: Landscape) -> StationaryPoints:
    """Every stationary point of a product of N ≥ 3 factors some of which do not adapt, one step of MAML.

    Args:
        landscape: derived with numbers for α and E[x²].

    Raises:
        UnsupportedProblem: the law has fewer than max(2, s + 1) atoms.
    """
    problem = landscape.problem
    assert problem.loop.rate is not None
    assert problem.input_second_moment is not None
    chosen = problem.loop.adapting(problem.model) if problem.loop.steps else ()
    rate = rational(problem.loop.rate * problem.input_second_moment)
    setting = Setting(len(problem.model.parameters), rate, problem.task)
    require_atoms(setting, max(2, len(chosen) + 1))
    inside = [landscape.unknowns.index(w) for w in chosen]
    families = [*_vanishing(setting, landscape, inside)]
    points: list[ProductPoint] = []
    ratios = ratio_points(setting.law, len(inside)) if len(inside) >= 2 else None
    by_enumeration = count_over_finite_field(setting, landscape, families, vanishing_only=ratios is not None)
    if ratios is not None:
        for ratio in ratios.points:
            if all(sign > 0 for sign in ratio.gain_signs):
                found, more = _from_ratios(setting, landscape, inside, ratio)
                points, families = points + found, families + more
    points.sort(key=lambda p: (KINDS.index(p.kind), p.solution.slope_sign))
    marked = tuple(replace(point, why=_NOT_GLOBAL) for point in points)
    proof = certificate(METHOD, ratios, by_enumeration)
    return StationaryPoints(landscape, marked, tuple(families), proof)


_NOT_GLOBAL = "its excess loss is positive, and 0 is attained where one adapting factor vanishes"


def _vanishing(setting: Setting, landscape: Landscape, inside: Sequence[int]) -> Iterator[Family]:
    """The sets on which a factor vanishes, and the hypersurfaces of s ≤ 1."""
    gens, names = landscape.ring.gens(), landscape.unknowns
    outside = [i for i in range(len(gens)) if i not in inside]
    mean, second = (rational(setting.law.moment(k)) for k in (1, 2))
    a, one = setting.rate, landscape.ring.constant(1)
    still = prod((gens[j] for j in outside), start=one)
    yield from two_zeros(setting, landscape, list(combinations(inside, 2)))
    if len(inside) >= 2:
        yield from solved_by(setting, landscape, inside)
    elif len(inside) == 1:
        gain = a * still**2 - 1
        words = f"{gain} = 0: f(theta) = theta for every task, whatever {names[inside[0]]}"
        yield _family([gain], landscape, words, fmpq(0), "minimum")
    else:
        slope = prod(gens, start=one)
        words = f"{slope} = {mean}: the mean task, nothing adapts"
        if mean:
            yield _family([slope - mean], landscape, words, (second - mean**2) / 2, "minimum")
    if mean:
        for i, j in [*product(outside, inside), *combinations(outside, 2)]:
            words = f"{names[i]} = {names[j]} = 0: f = 0"
            rest = "*".join(names[k] for k in range(len(gens)) if k not in (i, j))
            yield _family(
                [gens[i], gens[j]], landscape, words, second / 2, "saddle", f"rank 0 where {rest} = 0"
            )
        return
    squares = [gens[i] ** 2 for i in inside]
    top = prod(squares, start=one)
    below = sum((prod((x for x in squares if x is not y), start=one) for y in squares), 0 * one)
    for j in outside:
        sides = top - 2 * a * second * below
        rest = "*".join(names[k] for k in outside if k != j)
        where = (
            f"a maximum where {sides} < 0 and a minimum, not a global one, where it is > 0; "
            f"the Hessian is zero where it is 0{f' or {rest} = 0' if rest else ''}"
        )
        kind: Kind = "degenerate" if inside else "minimum"
        yield _family(
            [gens[j]], landscape, f"{names[j]} = 0: f = 0", second / 2, kind, where if inside else ""
        )


def _family(
    equations: list[fmpq_mpoly],
    landscape: Landscape,
    description: str,
    loss: fmpq,
    kind: Kind,
    exceptions: str = "",
) -> Family:
    return Family(
        dimension=len(landscape.unknowns) - len(equations),
        equations=tuple(equations),
        description=description,
        loss=_number(loss),
        hessian_rank=len(equations),
        kind=kind,
        exceptions=exceptions,
    )


def _from_ratios(
    setting: Setting, landscape: Landscape, inside: Sequence[int], ratio: RatioPoint
) -> tuple[list[ProductPoint], list[Family]]:
    """The points (one factor outside S) or the families that one critical point (g, μ) stands for."""
    count, names = len(landscape.unknowns), landscape.unknowns
    outside = [i for i in range(count) if i not in inside]
    labels = [group for group, number in enumerate(ratio.multiplicities) for _ in range(number)]

    def squares(precision: int) -> list[arb]:
        with ctx.workprec(2 * precision + 64):
            g, ratios = ratio.enclose(2 * precision)
            found = [setting.rate * g / mu for mu in ratios]
            inner = prod((found[label] for label in labels), start=arb(1))
            return [*found, g * g / inner]

    slope_sign = ratio.location.sign(ratio.loss[0].context().gen(0))
    solution = Solution(
        (*ratio.multiplicities, 1), ratio.location, slope_sign, squares, ratio.loss, ratio.inertia
    )
    if len(outside) == 1:
        return list(arrange(landscape, solution, labels, inside)), []
    i, j = inside
    with ctx.workprec(128):
        y, other = (x.str(12, radius=False) for x in squares(64))
        slope = ratio.enclose(64)[0].str(12, radius=False)
    positive, negative, zero = ratio.inertia
    kind: Kind = "degenerate" if zero else "saddle"
    if 3 in (positive, negative):
        kind = "minimum" if positive else "maximum"
    gens, still = landscape.ring.gens(), "*".join(names[k] for k in outside)
    free, last = [names[k] for k in outside[:-1]], names[outside[-1]]
    field = (_in_unknowns(setting, ratio.loss[0].derivative(k), landscape, i) for k in range(2))
    family = Family(
        dimension=len(outside) - 1,
        equations=(gens[i] ** 2 - gens[j] ** 2, *field),
        description=f"{names[i]}^2 = {names[j]}^2 = {y}, ({still})^2 = {other}, product of all {slope}",
        loss=interval(ratio.value(96), 12),
        hessian_rank=positive + negative,
        kind=kind,
        parametrisation=f"{', '.join(free)} free and non-zero; {last} = +-sqrt({other})/({' '.join(free)})",
    )
    return [], [family]


def _in_unknowns(setting: Setting, equation: fmpq_mpoly, landscape: Landscape, index: int) -> fmpq_mpoly:
    """An equation in g and μ at μ = a g/wᵢ², times a power of wᵢ².

    The description of the family selects one of its real solutions.
    """
    gens = landscape.ring.gens()
    slope = prod(gens, start=landscape.ring.constant(1))
    total, top = landscape.ring.constant(0), int(equation.degrees()[1])
    for (j, k), c in equation.to_dict().items():
        ratio = (setting.rate * slope) ** int(k) * gens[index] ** (2 * (top - int(k)))
        total += c * slope ** int(j) * ratio
    return total


def _number(value: fmpq) -> Interval:
    with ctx.workprec(128):
        return interval(arb(value), 12)
