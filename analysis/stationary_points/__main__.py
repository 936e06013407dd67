"""`python -m analysis.stationary_points`: the whole answer on one page."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from analysis import tasks
from analysis.adaptation import InnerLoop
from analysis.command_line import (
    MissingExtra,
    OneLineParser,
    Refusal,
    check_plot,
    integer_between,
    positive,
    require_torch,
    run,
)
from analysis.landscape import Problem
from analysis.problem_options import add_problem_options, read_problem
from analysis.stationary_points.points import StationaryPoints, disjoint
from analysis.stationary_points.regimes import Regimes, regimes
from analysis.stationary_points.solve import UnsupportedProblem, stationary_points

PAPER_RATE = Fraction(1, 10)  # appendix D: "a fast-adaptation learning rate set to 0.1"
PROG = "python -m analysis.stationary_points"
MOST_STEPS = 4  # the degree of the loss is 4 * 3^K; K = 4 takes one to some minutes


def parser() -> OneLineParser:
    """The command line."""
    p = OneLineParser(
        prog=PROG,
        description="Every stationary point of a MAML loss, certified.",
    )
    p.add_argument("--alpha", type=positive, help="adaptation rate, exact: 1/10, 0.1 and 1e-1 are the same")
    add_problem_options(p, steps=MOST_STEPS, outer=("maml", "first-order", "reptile"))
    p.add_argument(
        "--check", action="store_true", help="compare with PyTorch; exit 1 if a residual is too large"
    )
    p.add_argument("--json", action="store_true", help="machine-readable output")
    p.add_argument("--latex", action="store_true", help="formulas and table to paste")
    p.add_argument("--plot", type=Path, metavar="FILE", help="contours with every point, .png, .svg or .pdf")
    p.add_argument("--digits", type=integer_between(1, 1000), default=12, help="decimals of the enclosures")
    return p


def main(argv: list[str] | None = None) -> int:
    """Parse, solve, print.

    Returns:
        0; 1 if a numeric check fails or the completeness checks disagree.

    Raises:
        Refusal: bad input.
    """
    arguments = parser().parse_args(argv)
    if arguments.json and arguments.latex:
        raise Refusal("--json and --latex exclude each other: choose one")
    if arguments.plot is not None:
        check_plot(arguments.plot)
    try:
        problem = read_problem(arguments, arguments.alpha)
        if arguments.check:
            _check_is_possible(problem)
        found, reason = _symbolic(problem)
        fixed = replace(problem, loop=replace(problem.loop, rate=arguments.alpha or PAPER_RATE))
        points = stationary_points(fixed)
    except (UnsupportedProblem, tasks.MomentError) as error:
        raise Refusal(str(error)) from None
    if arguments.plot is not None and len(problem.unknowns) > 2:
        raise Refusal(f"--plot draws 1 or 2 unknowns, not {len(problem.unknowns)}")
    if reason:
        print(f"alpha = {PAPER_RATE} (the paper's): {reason}", file=sys.stderr)
    print(_render(arguments, found, points))
    if arguments.plot is not None:
        from analysis.stationary_points.picture import draw

        draw(points, arguments.plot)
    status = 0 if points.complete else 1
    return max(status, _check(points, as_json=arguments.json)) if arguments.check else status


def _is_plain(loop: InnerLoop) -> bool:
    """Whether this is MAML itself, the paper's subject."""
    return loop.adapts is None and loop.preconditioner == "none" and loop.outer == "maml"


def _symbolic(problem: Problem) -> tuple[Regimes | None, str]:
    """The answer for symbolic α; None and the reason where α has a number or there is no such answer."""
    if problem.loop.rate is not None:
        return None, ""
    if problem.loop.steps > 1:
        return None, "the symbolic answer covers one inner step"
    if problem.loop.outer == "reptile":
        return None, "Reptile's field is divided by the rate, which is a number here"
    try:
        return regimes(problem), ""
    except UnsupportedProblem as error:
        return None, str(error)


def _render(arguments: argparse.Namespace, found: Regimes | None, points: StationaryPoints) -> str:
    digits = arguments.digits
    while not disjoint(points.points, digits):
        digits *= 2
    if arguments.json:
        import json

        from analysis.stationary_points import json_output

        answer = json_output.numeric(points, digits)
        if found is not None:
            answer = json_output.symbolic(found, digits) | {"at_paper_rate": answer}
        return json.dumps(answer, indent=2)
    if arguments.latex:
        from analysis.stationary_points import latex

        parts = [latex.symbolic(found, digits)] if found else [latex.formulas(points.landscape)]
        return "\n\n".join([*parts, latex.numeric(points, digits)])
    from analysis.stationary_points import report

    parts = [report.symbolic(found, digits)] if found else []
    parts.append(report.numeric(points, digits))
    if found is not None and arguments.task == "gaussian" and _is_plain(points.problem.loop):
        parts.append(report.paper_statement(found, points))
    return "\n\n".join(parts)


def _check_is_possible(problem: Problem) -> None:
    """Before anything is computed: whether the numeric check covers the problem.

    Raises:
        Refusal: it does not.
        MissingExtra: PyTorch is not installed.
    """
    if problem.input_second_moment != 1:
        raise Refusal("--check draws x from N(0, 1): leave --inputs at 1")
    if problem.task.name not in tasks.NAMED:
        raise Refusal(f"--check samples tasks: choose --task {', '.join(tasks.NAMED)}")
    require_torch()


def _check(points: StationaryPoints, as_json: bool) -> int:
    if _is_plain(points.problem.loop):
        from analysis.numeric.check import check
    else:
        from analysis.numeric.what_adapts import check

    residuals = check(points)
    print(residuals.render(), file=sys.stderr if as_json else sys.stdout)
    return 0 if residuals.passed else 1


if __name__ == "__main__":
    run(main, PROG, Refusal, MissingExtra)
