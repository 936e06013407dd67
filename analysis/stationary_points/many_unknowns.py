"""Which problems with more than two unknowns are solved, and by what."""

from __future__ import annotations

from collections.abc import Callable

from analysis.landscape import Landscape, Problem, derive
from analysis.models import product
from analysis.stationary_points.partial import partial_stationary_points
from analysis.stationary_points.points import StationaryPoints
from analysis.stationary_points.preconditioned import preconditioned_stationary_points
from analysis.stationary_points.products import product_stationary_points
from analysis.stationary_points.products.first_order import FACTORS, first_order_stationary_points
from analysis.stationary_points.reptile import reptile_stationary_points


def solve_many(problem: Problem) -> StationaryPoints:
    """All stationary points of a problem with three or more unknowns and no symbol.

    Raises:
        UnsupportedProblem: none of the methods covers it; the message says which ones there are.
    """
    solver = _solver(problem)
    return solver(derive(problem))


def _solver(problem: Problem) -> Callable[[Landscape], StationaryPoints]:
    from analysis.stationary_points.solve import MOST_FACTORS, UnsupportedProblem

    loop, count = problem.loop, len(problem.model.parameters)
    if problem.model.name != product(count).name or count > MOST_FACTORS:
        raise UnsupportedProblem(
            f"{problem.model.name}: certified are products of 1 to {MOST_FACTORS} factors"
        )
    everything = len(loop.adapting(problem.model)) == count
    if loop.steps > 1:
        raise UnsupportedProblem(
            f"{len(problem.unknowns)} unknowns and {loop.steps} inner steps: "
            "with more than two unknowns one step is certified"
        )
    if loop.preconditioner != "none":
        if count > 2 or not everything or loop.steps != 1:
            raise UnsupportedProblem(
                f"{loop.preconditioner}, {count} factors, {loop.steps} steps: "
                "certified are 1 and 2 factors, one step, all adapting"
            )
        return preconditioned_stationary_points
    if loop.outer == "reptile" and loop.steps == 1:
        return reptile_stationary_points
    if loop.outer != "maml":
        if count > FACTORS or not everything or loop.steps != 1 or loop.outer != "first-order":
            raise UnsupportedProblem(
                f"{loop.outer}, {count} factors: certified are 1 to {FACTORS} factors, of three all adapting"
            )
        return first_order_stationary_points
    return product_stationary_points if everything and loop.steps else partial_stationary_points
