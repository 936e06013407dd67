"""The isolated stationary points of ŷ = w₁ ⋯ w_N x after one inner step, N ≤ 4, with proof.

Completeness. Every w belongs to exactly one of these cases.

1. Two or more factors vanish: all of these points are stationary (`families`).
2. Exactly one factor vanishes: stationary if and only if the loss is zero (`families`).
3. No factor vanishes. Group equal squares: the partition of N that arises is one of finitely many strata.
   a. All squares different: one univariate polynomial (`distinct`).
   b. Otherwise the equations of `strata.reduce_to`, with no factor yⱼ − yₗ left in them, are solved
      completely: univariate root isolation or `algebra.fibres`. Conditions that define the stratum (positive,
      different squares) are decided by exact signs.

It needs a law of θ with at least N atoms, which makes the projection of 3a unique and the pivot of {2,1,1}
positive; other laws are the subject of `atoms`.

Independent check. For each system of 3b the solutions found carry indices (signs of a Jacobian determinant);
their sum must be the number of turns of the pair of equations around a rectangle, by interval arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flint import arb, ctx, fmpq_mpoly

from analysis.algebra.elimination import points_on_line
from analysis.algebra.fibres import sparse_common_points
from analysis.algebra.polynomials import univariate
from analysis.stationary_points.points import Location
from analysis.stationary_points.products.pair_and_two import pair_system
from analysis.stationary_points.products.planar_check import indices_and_turns
from analysis.stationary_points.products.points import Solution
from analysis.stationary_points.products.strata import Setting, coordinates, reduce_to
from analysis.stationary_points.products.system import System


def solve_strata(
    setting: Setting, groups: int, keep: Callable[[System, Location], bool] = lambda system, location: True
) -> tuple[list[Solution], tuple[tuple[int, int], ...]]:
    """The solutions of case 3b, and for each stratum the sum of their planar indices and the turns.

    Args:
        setting: the problem.
        groups: strata with at most so many different squares.
        keep: a further condition on a solution that is on its stratum.

    Raises:
        CommonCurve: two equations share a factor, which happens only for a law with fewer than N atoms.
    """
    solutions: list[Solution] = []
    counts: list[tuple[int, int]] = []
    for chart in coordinates(setting):
        if len(chart.multiplicities) > groups:
            continue
        reduced = reduce_to(setting, chart)
        pair = chart.multiplicities == (2, 1, 1)
        system = pair_system(setting, reduced) if pair else System(reduced, reduced.equations)
        locations = locations_of(system)
        counts.append(indices_and_turns(system.equations, locations, system.positive))
        for location in locations:
            if system.holds_at(location) and is_on_stratum(system, location) and keep(system, location):
                solutions += solutions_at(setting, system, location, _inertia(system, location))
    return solutions, tuple(counts)


def locations_of(system: System) -> list[Location]:
    """Every real solution in the quadrant or half-plane where the unknowns must be positive."""
    equations, positive = system.equations, system.positive
    if len(equations) == 1:
        ring = equations[0].context()
        points = points_on_line(univariate(equations[0], ring.names()[0]))
        return [point for point in points if not positive[0] or point.sign(ring.gen(0)) > 0]
    first, second = equations
    return list(sparse_common_points(first, second, (positive[0], positive[1])))


def is_on_stratum(system: System, location: Location) -> bool:
    """Whether a solution of the equations satisfies the conditions that define the stratum."""
    reduced = system.reduced
    return all(location.sign(system.lift(p)) > 0 for p in reduced.positive) and all(
        location.sign(system.lift(p)) != 0 for p in reduced.nonzero
    )


def solutions_at(
    setting: Setting, system: System, location: Location, inertia: tuple[int, int, int]
) -> Iterator[Solution]:
    """The orbits that a solution on the stratum stands for."""
    reduced = system.reduced
    chart = reduced.coordinates
    if reduced.halved or (chart.sign is None and setting.law_is_symmetric):
        slope_signs = [1, -1]
    elif chart.sign is None:
        slope_signs = [chart.fixed_sign]
    else:
        slope_signs = [location.sign(system.equations[0].context().gen(chart.sign))]
    loss = (system.lift(reduced.loss), system.lowered(reduced.loss))
    for slope_sign in slope_signs:
        yield Solution(chart.multiplicities, location, slope_sign, _squares(system, location), loss, inertia)


def _squares(system: System, location: Location) -> Callable[[int], list[arb]]:
    """precision ↦ balls around y₁, …, y_m."""
    chart, halved = system.reduced.coordinates, system.reduced.halved

    def balls(precision: int) -> list[arb]:
        working = 2 * precision + 64
        with ctx.workprec(working):
            values = system.enclose(location, working)
            squared = [v if halved and i == chart.sign else v * v for i, v in enumerate(values)]
            return chart.squares(values, squared)

    return balls


def _inertia(system: System, location: Location) -> tuple[int, int, int]:
    """(positive, negative, zero) eigenvalues of the Hessian, by exact signs."""
    reduced = system.reduced

    def sign(poly: fmpq_mpoly) -> int:
        return location.sign(system.lift(poly))

    signs = [s for weight, count in reduced.across for s in [sign(weight)] * count]
    if reduced.across_pair:
        signs += _pair_signs(*(sign(p) for p in reduced.across_pair))
    size = min(2, len(reduced.equations))
    second = [[reduced.loss.derivative(i).derivative(j) for j in range(size)] for i in range(size)]
    if len(reduced.equations) > size:  # Schur complement of the positive pivot ∂²L/∂p²
        mixed = [reduced.loss.derivative(2).derivative(i) for i in range(size)]
        leading = reduced.loss.derivative(2).derivative(2)
        second = [[leading * second[i][j] - mixed[i] * mixed[j] for j in range(size)] for i in range(size)]
        signs.append(1)
    if size == 1:
        signs.append(sign(second[0][0]))
    else:
        determinant = sign(second[0][0] * second[1][1] - second[0][1] * second[1][0])
        signs += _pair_signs(sign(second[0][0] + second[1][1]), determinant)
    return sum(s > 0 for s in signs), sum(s < 0 for s in signs), sum(s == 0 for s in signs)


def _pair_signs(total: int, determinant: int) -> list[int]:
    """The signs of two real numbers with this sign of their sum and of their product."""
    if determinant < 0:
        return [1, -1]
    return [total, total if determinant else 0]
