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

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, ctx, fmpq_mpoly

from analysis.algebra.algebraic_numbers import rational_bounds
from analysis.algebra.elimination import points_on_line
from analysis.algebra.fibres import sparse_common_points
from analysis.algebra.index import ZeroOnBoundary, index_of_field
from analysis.algebra.polynomials import coefficients_in, context, substitute, univariate
from analysis.stationary_points.points import Location
from analysis.stationary_points.products.points import Solution
from analysis.stationary_points.products.strata import (
    Reduced,
    Setting,
    coordinates,
    reduce_to,
    without_monomials,
)


@dataclass(frozen=True)
class System:
    """A reduced problem as one or two equations in as many unknowns.

    Attributes:
        reduced: the stratum.
        equations: in the first one or two variables.
        pivot: for {2,1,1} the numerator and the positive denominator of the third coordinate p.
    """

    reduced: Reduced
    equations: tuple[fmpq_mpoly, ...]
    pivot: tuple[fmpq_mpoly, fmpq_mpoly] | None

    def lift(self, poly: fmpq_mpoly) -> fmpq_mpoly:
        """poly at p = numerator/denominator, times denominator^(degree in p): of the same sign."""
        if self.pivot is None:
            return poly
        ring = self.equations[0].context()
        above, below = self.pivot
        parts = [substitute(c, {}, ring) for c in coefficients_in(poly, "p")]
        top = len(parts) - 1
        return sum((c * above**i * below ** (top - i) for i, c in enumerate(parts)), ring.constant(0))


def prepare(reduced: Reduced) -> System:
    """Eliminate p where there is one."""
    if len(reduced.equations) < 3:
        return System(reduced, reduced.equations, None)
    ring = context(reduced.coordinates.variables[:2])
    constant, leading = (substitute(c, {}, ring) for c in coefficients_in(reduced.loss.derivative(2), "p"))
    bare = System(reduced, (ring.constant(0),), (-constant, leading))
    # the three equations are Φ(t + y), Φ(t (t + y)) and the scaling; the pivot is the first two combined
    kept = tuple(without_monomials(bare.lift(reduced.equations[i])) for i in (0, 2))
    return System(reduced, kept, bare.pivot)


def solve_strata(
    setting: Setting, groups: int, keep: Callable[[System, Location], bool] = lambda system, location: True
) -> tuple[list[Solution], int, int]:
    """The solutions of case 3b, the sum of their planar indices, and the turns of the equations.

    Args:
        setting: the problem.
        groups: strata with at most so many different squares.
        keep: a further condition on a solution.

    Raises:
        CommonCurve: two equations share a factor, which happens only for a law with fewer than N atoms.
    """
    solutions: list[Solution] = []
    found = expected = 0
    for chart in coordinates(setting.factors):
        if len(chart.multiplicities) > groups:
            continue
        system = prepare(reduce_to(setting, chart))
        locations = _locations(system)
        indices, turns = _planar_check(system, locations)
        found, expected = found + indices, expected + turns
        for location in locations:
            if keep(system, location):
                solutions += _solutions(system, location)
    return solutions, found, expected


def _locations(system: System) -> list[Location]:
    """Every real solution in the quadrant or half-plane where the coordinates must be positive."""
    ring, positive = system.equations[0].context(), system.reduced.positive
    generators = ring.gens()
    if len(generators) == 1:
        points = points_on_line(univariate(system.equations[0], ring.names()[0]))
        return [point for point in points if generators[0] not in positive or point.sign(generators[0]) > 0]
    wanted = [any(substitute(z, {}, p.context()) == p for p in positive) for z in generators]
    first, second = system.equations
    return list(sparse_common_points(first, second, (wanted[0], wanted[1])))


def _solutions(system: System, location: Location) -> Iterator[Solution]:
    """What a solution of the equations stands for: nothing where it violates a condition of the stratum."""
    reduced = system.reduced
    chart = reduced.coordinates
    if any(location.sign(system.lift(p)) <= 0 for p in reduced.positive):
        return
    if any(location.sign(system.lift(p)) == 0 for p in reduced.nonzero):
        return
    if chart.sign is None:
        slope_signs = [chart.fixed_sign]
    elif reduced.halved:
        slope_signs = [1, -1]
    else:
        slope_signs = [location.sign(system.equations[0].context().gen(chart.sign))]
    below = reduced.loss.context().constant(1) if system.pivot is None else system.pivot[1] ** 2
    inertia = _inertia(system, location)
    for slope_sign in slope_signs:
        loss = (system.lift(reduced.loss), below)
        yield Solution(chart.multiplicities, location, slope_sign, _squares(system, location), loss, inertia)


def _squares(system: System, location: Location) -> Callable[[int], list[arb]]:
    """precision ↦ balls around y₁, …, y_m."""
    chart, halved = system.reduced.coordinates, system.reduced.halved

    def balls(precision: int) -> list[arb]:
        working = 2 * precision + 64
        with ctx.workprec(working):
            values = list(location.enclose(working))
            if system.pivot is not None:
                above, below = (location.value(part, working) for part in system.pivot)
                values.append(above / below)
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
    size = len(system.equations)
    second = [[reduced.loss.derivative(i).derivative(j) for j in range(size)] for i in range(size)]
    if system.pivot is not None:  # Schur complement of the positive pivot ∂²L/∂p²
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


def _planar_check(system: System, locations: Sequence[Location]) -> tuple[int, int]:
    """Sum of the indices of the solutions, and the turns of the equations around a box of them all."""
    equations = system.equations
    size = len(equations)
    jacobian = [[e.derivative(j) for j in range(size)] for e in equations]
    determinant = (
        jacobian[0][0] if size == 1 else jacobian[0][0] * jacobian[1][1] - jacobian[0][1] * jacobian[1][0]
    )
    indices = sum(
        location.sign(determinant) or _degenerate_index(system, location, locations) for location in locations
    )
    positive = system.reduced.positive
    box = []
    for i, z in enumerate(equations[0].context().gens()):
        bounds = [rational_bounds(location.enclose(64)[i], 12) for location in locations]
        reach = max((max(abs(lower), abs(upper)) for lower, upper in bounds), default=Fraction(1))
        if any(substitute(z, {}, p.context()) == p for p in positive):
            least = min((lower for lower, _ in bounds), default=Fraction(1))
            box.append((least * Fraction(3, 7), reach * Fraction(19, 11)))
        else:
            box.append((-reach * Fraction(17, 11), reach * Fraction(19, 11)))
    return indices, index_of_field(equations, box)


def _degenerate_index(system: System, location: Location, locations: Sequence[Location]) -> int:
    """The turns of the equations around one solution where their Jacobian is singular."""
    for digits in (4, 8, 16, 32):
        margin = Fraction(1, 10 ** (digits // 2))
        bounds = [rational_bounds(ball, digits) for ball in location.enclose(4 * digits + 64)]
        box = [(lower - margin, upper + margin) for lower, upper in bounds]
        others = [other for other in locations if other is not location]
        if all(_is_outside(other, box, digits) for other in others):
            with suppress(ZeroOnBoundary):
                return index_of_field(system.equations, box)
    raise ArithmeticError("the index of a degenerate solution could not be isolated")


def _is_outside(location: Location, box: Sequence[tuple[Fraction, Fraction]], digits: int) -> bool:
    bounds = [rational_bounds(ball, digits) for ball in location.enclose(4 * digits + 64)]
    return any(high < low or upper < lower for (lower, high), (low, upper) in zip(bounds, box, strict=True))
