"""Is zero excess loss attainable, by which points, and is every local minimum global?

All three are read off the certified list of stationary points, because the excess loss L = ½ E(θ − f)² ≥ 0
is a polynomial: a point with L = 0 is a minimum, hence on the list; a local minimum that is not global is on
it too, with a certified inertia and a loss whose enclosure excludes 0.

For the deep model (1/√α, 0) and its images solve every task after one step, and from then on nothing moves:
zero loss is attained for every K and every law. Everything else depends on K and on the law:

    python -m analysis.global_optimality --steps 2 --task rademacher --alpha 1/10

At α = 1/10 every local minimum is global for K = 1 and all four named laws. For K = 2 it is not: 24 of 28
minima have positive loss for Gaussian tasks, 24 of 28 for Laplace, 48 of 52 for uniform ones. For θ = ±1
zero loss asks only for r(1) = r(−1) = 0, two equations in two unknowns: 12 points for K = 1, 92 for K = 2,
and there is no other minimum. For which α every local minimum is global with K = 2, in exact intervals, is
said by `python -m analysis.bifurcation --steps 2`: for Gaussian tasks 0.2115… < α < 0.4982… only.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from fractions import Fraction

from analysis import models, tasks
from analysis.adaptation import InnerLoop
from analysis.command_line import OneLineParser, Refusal, integer_between, positive, run
from analysis.landscape import Problem
from analysis.stationary_points import (
    Family,
    StationaryPoints,
    UnsupportedProblem,
    stationary_points,
)
from analysis.stationary_points.points import Point

PROG = "python -m analysis.global_optimality"


@dataclass(frozen=True)
class Optimality:
    """The three answers for one problem.

    Attributes:
        found: the certified stationary points that the answers rest on.
        solved: the isolated points with zero excess loss, all of them.
        solved_families: the families on which the excess loss is zero.
        spurious: the local minima with positive loss while 0 is attained, all non-degenerate.
    """

    found: StationaryPoints
    solved: tuple[Point, ...]
    solved_families: tuple[Family, ...]
    spurious: tuple[Point, ...]

    @property
    def attainable(self) -> bool:
        """Whether some point solves every task after adaptation."""
        return bool(self.solved or self.solved_families)

    @property
    def every_minimum_is_global(self) -> bool | None:
        """None where zero loss is not attained, or a degenerate point of positive loss leaves it open."""
        if not self.attainable:
            return None
        if self.spurious:
            return False
        open_points = [p for p in self.found.points if p.kind == "degenerate" and not p.is_global]
        open_families = [f for f in self.found.families if f not in self.solved_families]
        return None if open_points or open_families else True


def global_optimality(found: StationaryPoints) -> Optimality:
    """Read the answers off a certified list.

    Raises:
        UnsupportedProblem: the list is not complete.
    """
    if not found.complete:
        raise UnsupportedProblem("the list of stationary points is not certified complete")
    families = tuple(f for f in found.families if f.loss is not None and f.loss.lower == f.loss.upper == 0)
    zero = any(p.is_global for p in found.points) or bool(families)
    solved = tuple(p for p in found.points if p.is_global and p.loss().lower <= 0)
    spurious = tuple(p for p in found.points if p.kind == "minimum" and not p.is_global) if zero else ()
    return Optimality(found, solved, families, spurious)


def statement(answer: Optimality) -> str:
    """The answers in words."""
    verdict = {
        True: "every local minimum is global",
        False: f"NOT every local minimum is global: {len(answer.spurious)} have positive loss",
        None: "whether every local minimum is global is left open",
    }[answer.every_minimum_is_global]
    lines = [
        f"zero excess loss is {'attained' if answer.attainable else 'not attained'}: "
        f"{len(answer.solved)} points, {len(answer.solved_families)} families; {verdict}"
    ]
    for title, points in (("zero loss", answer.solved), ("local minimum", answer.spurious)):
        for point in points:
            place = ", ".join(f"{i.approx:.10g}" for i in point.box().values())
            loss = "" if point.is_global else f", loss {point.loss().approx:.10g}"
            lines.append(f"  {title} at ({place}){loss}")
    return "\n".join([*lines, *(f"  zero loss on {family.description}" for family in answer.solved_families)])


def parser() -> OneLineParser:
    """The command line."""
    p = OneLineParser(prog=PROG, description="Zero loss, and local against global minima, of the deep model.")
    p.add_argument("--alpha", type=positive, default=Fraction(1, 10), help="adaptation rate, exact")
    p.add_argument("--task", default="gaussian", metavar="LAW", help=", ".join(tasks.NAMED) + ", moments:…")
    p.add_argument("--steps", type=integer_between(1, 3), default=1, metavar="K", help="inner steps, 1 to 3")
    return p


def main(argv: list[str] | None = None) -> int:
    """Solve and print; 0."""
    arguments: argparse.Namespace = parser().parse_args(argv)
    try:
        loop = InnerLoop(arguments.steps, arguments.alpha)
        found = stationary_points(Problem(models.DEEP, tasks.parse(arguments.task), loop))
        print(statement(global_optimality(found)))
    except (UnsupportedProblem, tasks.MomentError) as error:
        raise Refusal(str(error)) from None
    return 0


if __name__ == "__main__":
    run(main, PROG, Refusal)
