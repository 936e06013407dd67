"""The table of sizes: degrees by theory, terms by a second count, points by the solver."""

import json
from fractions import Fraction

import pytest

from analysis.adaptation import InnerLoop
from analysis.algebra.polynomials import to_sympy
from analysis.command_line import Refusal
from analysis.growth import main, size
from analysis.landscape import Problem, derive
from analysis.models import DEEP, SHALLOW, product
from analysis.stationary_points import stationary_points

RATE = Fraction(1, 10)


@pytest.mark.parametrize(("factors", "steps"), [(2, 0), (2, 1), (2, 2), (3, 1), (4, 1)])
def test_the_degree_is_twice_n_times_2n_minus_1_to_the_k(factors: int, steps: int) -> None:
    """θ^j comes with more factors the smaller j is, so E keeps the degree for every law with E θ⁰ = 1."""
    row = size(Problem(product(factors), loop=InnerLoop(steps, RATE)), certify=False)
    assert row.degree == 2 * factors * (2 * factors - 1) ** steps
    assert (row.points, row.method, row.solution_seconds) == (None, "", None)


@pytest.mark.parametrize("steps", [1, 2])
def test_terms_and_points_are_those_of_the_landscape(steps: int) -> None:
    problem = Problem(DEEP, loop=InnerLoop(steps, RATE))
    row = size(problem, certify=True)
    assert row.terms == len(to_sympy(derive(problem).loss).terms())
    assert row.reduced_degree == row.degree // 2
    assert row.points == len(stationary_points(problem).points)
    assert row.method == "elimination"
    assert row.bezout >= row.points // 4  # four points a solution, and the solutions on the axes besides


def test_every_loss_of_the_shallow_model_is_a_parabola() -> None:
    rows = [size(Problem(SHALLOW, loop=InnerLoop(k, RATE)), certify=True) for k in (1, 2, 3)]
    assert [(row.degree, row.terms, row.points) for row in rows] == [(2, 2, 1)] * 3


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--steps", "2", "--solve", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(row["steps"], row["degree"], row["points"]) for row in found["sizes"]] == [
        (1, 12, 17),
        (2, 36, None),
    ]
    assert main(["--steps", "1"]) == 0
    assert "17      elimination" in capsys.readouterr().out
    with pytest.raises(Refusal, match="add m"):
        main(["--task", "moments:0,1,0,3", "--steps", "2"])


def test_a_loss_that_vanishes_has_no_size() -> None:
    row = size(Problem(SHALLOW, loop=InnerLoop(rate=Fraction(1))), certify=True)
    assert (row.degree, row.terms, row.digits, row.points) == (0, 0, 0, 0)
