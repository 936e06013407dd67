"""`python -m analysis.growth`: how large the problem becomes with every inner step.

One gradient step on a product of N factors has degree 2N − 1 in them, so K steps and the product again make
a slope f of degree N (2N − 1)^K, and L = ½ E(θ − f)² has twice that. The symmetry of the landscape halves the
degree, which is what a search must pay for; the terms become more, for the loss of the deep model is sparse
in a and b, where ab and a² + b² are all that enters. The table is measured, not predicted: the loss is
derived for every K, and up to a chosen K the stationary points are found and certified, each with its time.

Bézout's number of the equations on the open stratum bounds their complex solutions, where these are finitely
many. A resultant has that degree, unless the coordinates are better: 45 instead of 289 at K = 2 in those of
`algebra.folding`. With the coefficients' length it shows why elimination there takes a tenth of a second at
K = 2 and some seconds at K = 3, where a search by exclusion is tried first.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from math import prod

from analysis import models, tasks
from analysis.adaptation import InnerLoop
from analysis.command_line import OneLineParser, Refusal, deliver, integer_between, positive, run
from analysis.landscape import CONVENTION, Problem, derive
from analysis.stationary_points.report import heading, table
from analysis.stationary_points.solve import UnsupportedProblem, solve
from analysis.stationary_points.symmetry import best_chart, strata

PROG = "python -m analysis.growth"
MOST_STEPS = 4  # from K = 3 to 4 the terms become 8.6 times as many and the derivation 85 times as long


@dataclass(frozen=True)
class Size:
    """One row: how large the problem is at K inner steps, and what it costs.

    Attributes:
        steps: K.
        degree: of the loss in the unknowns.
        terms: of the loss in the unknowns.
        reduced_degree, reduced_terms: the same in the coordinates of the symmetry, even ones squared.
        digits: decimal digits of the largest numerator or denominator of a coefficient.
        bezout: the product of the degrees of the equations on the open stratum.
        derivation_seconds: of processor time, for the loss and the symmetry.
        points: the number of isolated stationary points; None where they were not asked for.
        method: the first words of the proof; "" likewise, and the reason where there is no answer.
        solution_seconds: of processor time.
    """

    steps: int
    degree: int
    terms: int
    reduced_degree: int
    reduced_terms: int
    digits: int
    bezout: int
    derivation_seconds: float
    points: int | None = None
    method: str = ""
    solution_seconds: float | None = None


def size(problem: Problem, certify: bool) -> Size:
    """Derive the landscape of a problem with a numerical rate, measure it, and solve it if asked.

    Raises:
        MomentError: the task law has too few moments for the degree.
    """
    start = time.process_time()
    landscape = derive(problem)
    chart = best_chart(landscape)
    *_, open_stratum = strata(chart)
    derived = time.process_time()
    coefficients = landscape.loss.coeffs()
    row = Size(
        steps=problem.loop.steps,
        degree=max(0, int(landscape.loss.total_degree())),
        terms=len(coefficients),
        reduced_degree=max(0, int(chart.loss.total_degree())),
        reduced_terms=len(chart.loss.coeffs()),
        digits=max((len(str(abs(int(x)))) for c in coefficients for x in (c.p, c.q)), default=0),
        bezout=prod(max(0, int(equation.total_degree())) for equation in open_stratum.equations),
        derivation_seconds=derived - start,
    )
    if not certify:
        return row
    try:
        found = solve(landscape)
    except UnsupportedProblem as error:
        return replace(row, method=str(error), solution_seconds=time.process_time() - derived)
    verdict = "elimination" if found.certificate.search is None else "exclusion"
    return replace(
        row,
        points=len(found.points),
        method=verdict if found.complete else f"{verdict}, not complete",
        solution_seconds=time.process_time() - derived,
    )


def parser() -> OneLineParser:
    """The command line."""
    p = OneLineParser(prog=PROG, description="Degree, terms and time as the number of inner steps grows.")
    p.add_argument("--model", default="deep", choices=sorted(models.NAMED))
    laws = f"{', '.join(tasks.NAMED)} or moments:m1,m2,..."
    p.add_argument("--task", default="gaussian", metavar="LAW", help=laws)
    p.add_argument("--alpha", type=positive, default=Fraction(1, 10), help="adaptation rate, exact")
    p.add_argument("--steps", type=integer_between(1, MOST_STEPS), default=4, metavar="K", help="the last K")
    p.add_argument(
        "--solve",
        type=integer_between(0, MOST_STEPS),
        default=2,
        metavar="K",
        help="find the stationary points up to this K (3 takes seconds, 4 minutes)",
    )
    p.add_argument("--json", action="store_true", help="machine-readable output")
    return p


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status.

    Raises:
        Refusal: bad input.
    """
    arguments = parser().parse_args(argv)
    try:
        law, model = tasks.parse(arguments.task), models.NAMED[arguments.model]
        problems = [Problem(model, law, InnerLoop(k, arguments.alpha)) for k in range(1, arguments.steps + 1)]
        rows = [size(problem, certify=problem.loop.steps <= arguments.solve) for problem in problems]
    except tasks.MomentError as error:
        raise Refusal(str(error)) from None
    answer = {"convention": CONVENTION, "alpha": str(arguments.alpha), "task": law.name, "model": model.name}
    header = [
        "K",
        "degree",
        "terms",
        "reduced",
        "terms",
        "digits",
        "Bezout",
        "derived in",
        "points",
        "by",
        "in",
    ]
    cells = [
        [
            *(str(x) for x in (r.steps, r.degree, r.terms, r.reduced_degree, r.reduced_terms, r.digits)),
            str(r.bezout),
            f"{r.derivation_seconds:.3f} s",
            "" if r.points is None else str(r.points),
            r.method,
            "" if r.solution_seconds is None else f"{r.solution_seconds:.3f} s",
        ]
        for r in rows
    ]
    title = heading(replace(problems[0], loop=replace(problems[0].loop, steps=arguments.steps)))
    text = f"{title}; and fewer steps\n{CONVENTION}\n\n{table(header, cells)}"
    return deliver(answer | {"sizes": [asdict(row) for row in rows]}, text, None, as_json=arguments.json)


if __name__ == "__main__":
    run(main, PROG, Refusal)
