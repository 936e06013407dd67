"""The complete answer for a product of factors: families, isolated points and the certificate together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from analysis.algebra.polynomials import rational
from analysis.landscape import Landscape
from analysis.stationary_points.points import KINDS, Certificate, StationaryPoints
from analysis.stationary_points.products.atoms import coordinate_sets, settled_families
from analysis.stationary_points.products.distinct import solve_distinct
from analysis.stationary_points.products.points import ProductPoint, expand
from analysis.stationary_points.products.single_points import SinglePoints
from analysis.stationary_points.products.solve import solve_strata
from analysis.stationary_points.products.strata import Setting
from analysis.stationary_points.products.support import support_of

METHOD = (
    "factors that vanish: by hand, for every N; otherwise strata of equal squares w_i^2 (symmetric "
    "criticality), each reduced to one or two unknowns and solved by root isolation or bivariate elimination "
    "over Q; exact signs; independently the turns of each pair of equations around a rectangle"
)


def product_stationary_points(landscape: Landscape) -> StationaryPoints:
    """Every stationary point of ŷ = w₁ ⋯ w_N x, 3 ≤ N ≤ 4, one inner step, all factors adapting.

    Args:
        landscape: derived with a numerical rate and E[x²].

    Returns: The isolated points (whole orbits: permutations and even sign changes), the families, and the
        certificate.
    """
    problem = landscape.problem
    assert problem.loop.rate is not None
    assert problem.input_second_moment is not None
    rate = rational(problem.loop.rate * problem.input_second_moment)
    setting = Setting(len(problem.model.parameters), rate, problem.task)
    reservation = ""
    support = support_of(setting)
    families = list(coordinate_sets(setting, landscape, support))
    groups = setting.factors if support is None else len(support.atoms)
    if support is None:
        solutions, counts = solve_strata(setting, groups)
        solutions += solve_distinct(setting)
    else:
        single = SinglePoints(setting, support)
        solutions, counts = solve_strata(setting, groups, single)
        reservation = "; ".join(dict.fromkeys(single.doubts))
        families += settled_families(setting, landscape, support)
    points = sorted((p for s in solutions for p in expand(landscape, s)), key=_order)
    reach = max((abs(float(x.mid())) for s in points for x in s.enclose()), default=0.0)
    bound = Fraction(int(2 * reach) + 1)
    box = ((-bound, bound),) * setting.factors
    return StationaryPoints(
        landscape,
        _marked(points),
        tuple(families),
        Certificate(METHOD, _CHECK, counts, box, reservation=reservation),
    )


def _marked(points: Sequence[ProductPoint]) -> tuple[ProductPoint, ...]:
    """The points with `is_global` and `why`: a law with N atoms can be solved without a vanishing factor."""
    solved = {id(s): s for s in (p.solution for p in points) if s.kind in ("minimum", "degenerate")}
    zero = {key for key, s in solved.items() if s.location.sign(s.loss[0]) == 0}
    return tuple(
        replace(p, is_global=id(p.solution) in zero, why=_GLOBAL if id(p.solution) in zero else _NOT_GLOBAL)
        for p in points
    )


_CHECK = "winding numbers on the strata with two unknown squares"
_GLOBAL = "its excess loss is exactly 0, and no excess loss is negative"
_NOT_GLOBAL = "its excess loss is positive, and 0 is attained where one factor vanishes"


def _order(point: ProductPoint) -> tuple:
    return (KINDS.index(point.kind), point.loss().approx, *(-float(x.mid()) for x in point.enclose()))
