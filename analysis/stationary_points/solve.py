"""Every stationary point of a problem with at most two unknowns, certified.

1. Derive the landscape and find coordinates in which it is even (`symmetry`).
2. On every stratum solve the remaining equations completely: nothing to solve (the origin), one univariate
   polynomial (root isolation), or two bivariate ones (`open_stratum`). A common factor of the equations is a
   family of positive dimension; it is split off and described.
3. Decide the inertia of the Hessian at each point by exact signs in the number field of the point. On a
   stratum the Hessian is congruent to a block matrix: a diagonal entry Gᵢ for each vanishing coordinate, and
   for the active ones the matrix ∂Gᵢ/∂Zⱼ (Sylvester's law of inertia).
4. Check the list by an index sum, counted without looking for the points (`index_check`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product

from flint import ctx, fmpq_mpoly

from analysis.algebra.algebraic_numbers import RealRoot
from analysis.algebra.elimination import AlgebraicPoint, CommonCurve, points_on_line
from analysis.algebra.index import ZeroOnBoundary
from analysis.algebra.isolated_points import Undecided
from analysis.algebra.polynomials import names, univariate
from analysis.landscape import Landscape, Problem, derive
from analysis.stationary_points.families import StationarySet, singular_points
from analysis.stationary_points.globality import mark_global
from analysis.stationary_points.index_check import certify, with_indices
from analysis.stationary_points.open_stratum import (
    BY_ELIMINATION,
    UnsupportedProblem,
    Zeros,
    isolated_zeros,
)
from analysis.stationary_points.points import (
    KINDS,
    Family,
    Kind,
    Location,
    StationaryPoint,
    StationaryPoints,
    restrict,
)
from analysis.stationary_points.symmetry import Chart, Stratum, best_chart, jacobian_trace, strata

MOST_FACTORS = 4  # of a product whose stationary points are certified


def stationary_points(problem: Problem) -> StationaryPoints:
    """All stationary points of the excess MAML loss (or zeros of a first-order rule's field).

    Args:
        problem: with a numerical rate α and numerical E[x²] (the noise variance does not matter).

    Returns:
        The points with enclosures, exact inertia and kind, the families, and the certificate.

    Raises:
        UnsupportedProblem: a symbol is left, or no method covers the problem.
        MomentError: the task law has too few moments.
    """
    if set(problem.symbols) - {"s2"} or problem.symbolic_moments:
        raise UnsupportedProblem(f"give a number for {', '.join(problem.symbols) or 'every moment'}")
    if problem.noise_variance is None:  # it shifts the full loss only
        problem = replace(problem, noise_variance=Fraction(1))
    if len(problem.unknowns) > 2:
        from analysis.stationary_points.many_unknowns import solve_many

        try:
            return solve_many(problem)
        except ZeroOnBoundary as error:  # the second check of a stratum, at extreme rates
            raise UnsupportedProblem(f"not certified: {error}") from None
    return solve(derive(problem))


def solve(landscape: Landscape) -> StationaryPoints:
    """The same, for a landscape already derived."""
    try:
        return _solved(landscape)
    except Undecided as error:  # by enclosures alone, where the search found the points
        raise UnsupportedProblem(f"not certified: {error}") from None


def _solved(landscape: Landscape) -> StationaryPoints:
    chart = best_chart(landscape)
    points: list[StationaryPoint] = []
    sets: list[StationarySet] = []
    families: list[Family] = []
    proof = Zeros([])
    for stratum in strata(chart):
        zeros, curves = _solve_stratum(chart, stratum)
        locations = zeros.locations
        if zeros.method != BY_ELIMINATION:
            proof = zeros
        for factor in curves:
            whole = StationarySet(stratum, factor)
            if described := tuple(whole.families(landscape, chart)):
                sets.append(whole)
                families += described
            elif len(stratum.active) == 2 and factor is not None:
                locations += singular_points(factor)
        points += _points(landscape, chart, stratum, locations)
    everything = [f for f in families if f.dimension == len(landscape.unknowns)]
    families = everything or families
    isolated = tuple(sorted((p for p in points if not any(s.contains(p) for s in sets)), key=_order))
    indexed = with_indices(isolated)
    return StationaryPoints(
        landscape,
        mark_global(landscape, indexed, tuple(families)),
        tuple(families),
        replace(certify(landscape, indexed, tuple(families), proof.method), search=proof.search),
    )


def _points(
    landscape: Landscape, chart: Chart, stratum: Stratum, locations: Sequence[Location]
) -> Iterator[StationaryPoint]:
    """What these solutions of the equations of a stratum stand for."""
    positive = _positive(chart, stratum)
    trace = jacobian_trace(chart, stratum) if len(stratum.active) == 2 else None
    for location in locations:
        if all(location.sign(z) > 0 for z in positive):
            yield from _expand(landscape, chart, stratum, location, trace)


def _positive(chart: Chart, stratum: Stratum) -> list[fmpq_mpoly]:
    """The active even coordinates Zᵢ, which must be positive on the stratum."""
    if not stratum.equations:
        return []
    gens = stratum.equations[0].context().gens()
    return [z for i, z in zip(stratum.active, gens, strict=True) if chart.even[i]]


def _solve_stratum(chart: Chart, stratum: Stratum) -> tuple[Zeros, list[fmpq_mpoly | None]]:
    """The isolated zeros, and the irreducible common factors (None: the whole stratum)."""
    equations = stratum.equations
    if not equations:
        return Zeros([_ORIGIN]), []
    if len(equations) == 1:
        if not equations[0]:
            return Zeros([]), [None]
        return Zeros(list(points_on_line(univariate(equations[0], names(equations[0])[0])))), []
    first, second = equations
    positive = chart.even[stratum.active[0]], chart.even[stratum.active[1]]
    try:
        return isolated_zeros(first, second, positive), []
    except CommonCurve as shared:
        if not shared.factor:
            return Zeros([]), [None]
        first, second = first / shared.factor, second / shared.factor
        rest = isolated_zeros(first, second, positive) if first and second else Zeros([])
        factors: list[fmpq_mpoly | None] = [factor for factor, _ in shared.factor.factor()[1]]
        outside = [point for point in rest.locations if point.sign(shared.factor)]
        return replace(rest, locations=outside), factors


_ORIGIN = AlgebraicPoint(RealRoot((0, 1), 0), ())  # where every coordinate vanishes, over the field ℚ


def _expand(
    landscape: Landscape, chart: Chart, stratum: Stratum, location: Location, trace: fmpq_mpoly | None
) -> Iterator[StationaryPoint]:
    """The points ±√Z that one solution in Z stands for."""
    inertia = _inertia(chart, stratum, location, trace)
    kind = _kind(inertia)
    choices = [(1, -1) if chart.even[i] else (1,) for i in stratum.active]
    for signs in product(*choices):
        yield StationaryPoint(landscape, chart, location, stratum.active, signs, inertia, kind, 0)


def _inertia(
    chart: Chart, stratum: Stratum, location: Location, trace: fmpq_mpoly | None
) -> tuple[int, int, int]:
    """(positive, negative, zero) eigenvalues of the Hessian, by exact signs of polynomials at the point.

    Args:
        trace: of the Jacobian along two active coordinates, where there are two.
    """
    signs = [location.sign(restrict(chart.components[i], chart, stratum.active)) for i in stratum.vanishing]
    equations = stratum.equations
    if len(equations) == 1:
        signs.append(location.sign(equations[0].derivative(0)))
    elif trace is not None:
        determinant = _determinant_sign(location, stratum.jacobian)
        if determinant < 0:
            signs += [1, -1]
        else:
            along = location.sign(trace)
            signs += [along, along if determinant else 0]
    return sum(s > 0 for s in signs), sum(s < 0 for s in signs), sum(s == 0 for s in signs)


def _determinant_sign(location: Location, matrix: Sequence[Sequence[fmpq_mpoly]]) -> int:
    """The sign of a 2×2 determinant: from balls around the entries where that decides, else exactly."""
    with ctx.workprec(128):
        (p, q), (r, s) = [[location.value(entry, 64) for entry in row] for row in matrix]
        determinant = p * s - q * r
    if determinant > 0 or determinant < 0:
        return 1 if determinant > 0 else -1
    (f, g), (h, k) = matrix
    return location.sign(f * k - g * h)


def _kind(inertia: tuple[int, int, int]) -> Kind:
    positive, negative, zero = inertia
    if zero:
        return "degenerate"
    if not negative:
        return "minimum"
    return "saddle" if positive else "maximum"


def _order(point: StationaryPoint) -> tuple:
    return (KINDS.index(point.kind), *(-float(x.mid()) for x in point.enclose()))
