"""Reptile on a product of factors, one inner step: plain training on the mean task.

Reptile moves the initialisation towards the adapted parameters, along E (w₀ − w₁)/α = E[x²] (g − E θ) ∂g/∂w
for the factors w that adapt, and 0 for the others. So after one step it does not know α, and nothing but the
mean of the task law: its field is E[x²] times the gradient of ½ (g − E θ)². The zeros are

* g = E θ, where the initialisation predicts the mean task (N hyperplanes if E θ = 0);
* if E θ ≠ 0, the common zeros of the ∂g/∂w: two adapting factors vanish, or one that does not adapt.

The excess MAML loss is not constant on them: Reptile does not choose among initialisations that MAML tells
apart.
"""

from __future__ import annotations

from itertools import combinations
from math import prod

from flint import fmpq, fmpq_mpoly

from analysis.algebra.polynomials import rational
from analysis.landscape import Landscape
from analysis.stationary_points.finite_field_check import certificate, count_over_finite_field
from analysis.stationary_points.points import Family, Kind, StationaryPoints
from analysis.stationary_points.products.strata import Setting

METHOD = "by hand: the field is (g - E theta) times the gradient of g"


def reptile_stationary_points(landscape: Landscape) -> StationaryPoints:
    """The zeros of Reptile's field for a product of N factors, one step; ranks are those of its Jacobian."""
    problem, gens, names = landscape.problem, landscape.ring.gens(), landscape.unknowns
    mean = rational(problem.task.moment(1))
    inside = [names.index(w) for w in problem.loop.adapting(problem.model)]
    outside = [i for i in range(len(gens)) if i not in inside]
    slope = prod(gens, start=landscape.ring.constant(1))
    families = []
    if mean:
        families.append(_family([slope - mean], 1, "minimum"))
        families += [_family([gens[i], gens[j]], 2, "saddle") for i, j in combinations(inside, 2)]
        families += [_family([gens[j]], 1, "degenerate") for j in outside]
    else:
        families += [_family([gens[i]], 1, "minimum") for i in inside]
        families += [_family([gens[j]], 0, "degenerate") for j in outside]
    by_enumeration = count_over_finite_field(Setting(len(gens), fmpq(1), problem.task), landscape, families)
    return StationaryPoints(landscape, (), tuple(families), certificate(METHOD, None, by_enumeration))


def _family(equations: list[fmpq_mpoly], rank: int, kind: Kind) -> Family:
    return Family(
        dimension=len(equations[0].context().names()) - len(equations),
        equations=tuple(equations),
        description=" and ".join(f"{e} = 0" for e in equations),
        loss=None,
        hessian_rank=rank,
        kind=kind,
    )
