"""Every stationary point of a problem with at most two unknowns, certified.

1. Derive the landscape and find coordinates in which it is even (`symmetry`).
2. On every stratum solve the remaining equations completely: nothing to solve (the origin), one univariate
   polynomial (root isolation), or two bivariate ones: by `algebra.elimination` up to degree 8, beyond, from
   two inner steps on, by `algebra.exclusion`. A common factor of the equations is a family of positive
   dimension; it is split off and described.
3. Decide the inertia of the Hessian at each point by exact signs in the number field of the point. On a
   stratum the Hessian is congruent to a block matrix: a diagonal entry Gᵢ for each vanishing coordinate, and
   for the active ones the matrix ∂Gᵢ/∂Zⱼ (Sylvester's law of inertia).
4. Check the list by an index sum, counted without looking for the points (`index_check`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from fractions import Fraction
from itertools import product

from flint import ctx, fmpq_mpoly

from analysis.algebra.algebraic_numbers import RealRoot
from analysis.algebra.charts_at_infinity import UnresolvedAtInfinity
from analysis.algebra.elimination import AlgebraicPoint, CommonCurve, common_points, points_on_line
from analysis.algebra.exclusion import Exclusion, common_points_by_exclusion
from analysis.algebra.isolated_points import Undecided
from analysis.algebra.polynomials import names, univariate
from analysis.algebra.subdivision import DegenerateZero, WorkLimit
from analysis.landscape import Landscape, Problem, derive
from analysis.stationary_points.families import StationarySet, singular_points
from analysis.stationary_points.globality import mark_global
from analysis.stationary_points.index_check import certify, with_indices
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

METHOD = (
    "symmetry strata; univariate root isolation and bivariate elimination over Q (separating resultant, "
    "gcd over each residue field); exact signs in number fields"
)
METHOD_BY_EXCLUSION = (
    "symmetry strata; univariate root isolation over Q; on the open stratum exclusion by Bernstein "
    "coefficients with proved rounding, infinity resolved by blow-ups, and interval Newton: {boxes} boxes "
    "in {charts} charts, in {coordinates}"
)
_ELIMINATION_DEGREE = (
    8  # of an equation; elimination takes 0.01 s at 5 (one inner step) and minutes at 17 (two)
)

MOST_FACTORS = 4  # of a product whose stationary points are certified


class UnsupportedProblem(ValueError):
    """The problem is outside what this solver can certify; the message says what it can."""


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

        return solve_many(problem)
    return solve(derive(problem))


def solve(landscape: Landscape) -> StationaryPoints:
    """The same, for a landscape already derived."""
    chart = best_chart(landscape)
    points: list[StationaryPoint] = []
    sets: list[StationarySet] = []
    families: list[Family] = []
    search: Exclusion | None = None
    for stratum in strata(chart):
        locations, curves, record = _solve_stratum(chart, stratum)
        search = search or record
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
    method = METHOD if search is None else METHOD_BY_EXCLUSION.format(**asdict(search))
    return StationaryPoints(
        landscape,
        mark_global(landscape, indexed, tuple(families)),
        tuple(families),
        replace(certify(landscape, indexed, tuple(families), method), search=search),
    )


def isolated_on(landscape: Landscape, chart: Chart, stratum: Stratum) -> list[StationaryPoint]:
    """The isolated stationary points on one stratum."""
    return list(_points(landscape, chart, stratum, _solve_stratum(chart, stratum)[0]))


def _points(
    landscape: Landscape, chart: Chart, stratum: Stratum, locations: Sequence[Location]
) -> Iterator[StationaryPoint]:
    """What these solutions of the equations of a stratum stand for."""
    for location in locations:
        if all(location.sign(z) > 0 for z in _positive(chart, stratum)):
            yield from _expand(landscape, chart, stratum, location)


def _positive(chart: Chart, stratum: Stratum) -> list[fmpq_mpoly]:
    """The active even coordinates Zᵢ, which must be positive on the stratum."""
    if not stratum.equations:
        return []
    gens = stratum.equations[0].context().gens()
    return [z for i, z in zip(stratum.active, gens, strict=True) if chart.even[i]]


def _solve_stratum(
    chart: Chart, stratum: Stratum
) -> tuple[list[Location], list[fmpq_mpoly | None], Exclusion | None]:
    """The isolated zeros, the irreducible common factors (None: the whole stratum), and the search."""
    equations = stratum.equations
    if not equations:
        return [_ORIGIN], [], None
    if len(equations) == 1:
        if not equations[0]:
            return [], [None], None
        return list(points_on_line(univariate(equations[0], names(equations[0])[0]))), [], None
    try:
        points, record = _isolated(chart, stratum, *equations)
        return points, [], record
    except CommonCurve as shared:
        if not shared.factor:
            return [], [None], None
        quotients = [equation / shared.factor for equation in equations]
        rest, record = _isolated(chart, stratum, *quotients) if all(quotients) else ([], None)
        factors: list[fmpq_mpoly | None] = [factor for factor, _ in shared.factor.factor()[1]]
        return [point for point in rest if point.sign(shared.factor)], factors, record


def _isolated(
    chart: Chart, stratum: Stratum, first: fmpq_mpoly, second: fmpq_mpoly
) -> tuple[list[Location], Exclusion | None]:
    """The common zeros, by the method that suits the degree."""
    if max(first.total_degree(), second.total_degree()) <= _ELIMINATION_DEGREE:
        return list(common_points(first, second)), None
    even = [chart.even[i] for i in stratum.active]
    try:
        found = common_points_by_exclusion(first, second, positive=(even[0], even[1]))
    except (Undecided, DegenerateZero, WorkLimit, UnresolvedAtInfinity) as error:
        raise UnsupportedProblem(f"not certified: {error}") from None
    return list(found.points), found.record


_ORIGIN = AlgebraicPoint(RealRoot((0, 1), 0), ())  # where every coordinate vanishes, over the field ℚ


def _expand(
    landscape: Landscape, chart: Chart, stratum: Stratum, location: Location
) -> Iterator[StationaryPoint]:
    """The points ±√Z that one solution in Z stands for."""
    inertia = _inertia(chart, stratum, location)
    kind = _kind(inertia)
    choices = [(1, -1) if chart.even[i] else (1,) for i in stratum.active]
    for signs in product(*choices):
        yield StationaryPoint(landscape, chart, location, stratum.active, signs, inertia, kind, 0)


def _inertia(chart: Chart, stratum: Stratum, location: Location) -> tuple[int, int, int]:
    """(positive, negative, zero) eigenvalues of the Hessian, by exact signs of polynomials at the point."""
    signs = [location.sign(restrict(chart.components[i], chart, stratum.active)) for i in stratum.vanishing]
    equations = stratum.equations
    if len(equations) == 1:
        signs.append(location.sign(equations[0].derivative(0)))
    elif len(equations) == 2:
        determinant = _determinant_sign(location, stratum.jacobian)
        trace = location.sign(jacobian_trace(chart, stratum))
        if determinant < 0:
            signs += [1, -1]
        elif determinant > 0:
            signs += [trace, trace]
        else:
            signs += [0, trace]
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
