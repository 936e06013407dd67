"""Thresholds and events against counts on both sides, and the command."""

import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from analysis import bifurcation, tasks
from analysis.adaptation import InnerLoop
from analysis.algebra.algebraic_numbers import RealRoot
from analysis.algebra.polynomials import context
from analysis.bifurcation import diagram, event_rows, grid, main
from analysis.command_line import Refusal
from analysis.landscape import Problem
from analysis.models import DEEP, SHALLOW
from analysis.stationary_points import stationary_points
from analysis.stationary_points.branches import analyse, in_alpha, turning
from analysis.stationary_points.line_regimes import line_regimes
from analysis.stationary_points.regimes import regimes
from analysis.stationary_points.symmetry import Chart, Stratum

SKEWED = tasks.from_moments((Fraction(1, 2), Fraction(1), Fraction(1), Fraction(3)))


@pytest.mark.parametrize("law", [tasks.GAUSSIAN, tasks.LAPLACE, SKEWED], ids=lambda law: law.name)
def test_events_account_for_every_change_of_the_count(law: tasks.TaskLaw) -> None:
    found = regimes(Problem(DEEP, law))
    for threshold, (before, after) in zip(found.thresholds, pairwise(found.regimes), strict=True):
        change = sum(event.after - event.before for event in threshold.events)
        assert threshold.events
        assert before.counts["points"] + change == after.counts["points"]


def test_kinds_of_events() -> None:
    assert {row["event"] for row in event_rows(regimes(Problem(DEEP)))} == {"fold"}
    assert {row["event"] for row in event_rows(regimes(Problem(DEEP, SKEWED)))} == {"fold", "pitchfork"}
    assert {row["event"] for row in event_rows(regimes(Problem(SHALLOW)))} == {"family"}


def test_input_power_moves_the_threshold_inversely() -> None:
    (one,) = regimes(Problem(DEEP)).thresholds
    (two,) = regimes(Problem(DEEP, input_second_moment=Fraction(2))).thresholds
    assert two.interval(20).approx == pytest.approx(one.interval(20).approx / 2, rel=1e-12)


def test_diagram_has_the_counts_of_the_regimes() -> None:
    found = regimes(Problem(DEEP))
    points = diagram(Problem(DEEP), [Fraction(1, 10), Fraction(1)])
    assert [sum(p.rate == rate for p in points) for rate in (Fraction(1, 10), 1)] == [17, 9]
    rates = grid(found, 5)
    assert rates == sorted(rates)
    assert all(rate > 0 for rate in rates)


def test_rates_of_a_diagram_follow_the_units() -> None:
    one, other = (regimes(Problem(DEEP, input_second_moment=Fraction(m))) for m in (1, 10**9))
    assert len(set(grid(other))) == len(set(grid(one)))
    assert min(grid(other)) > 0


def test_command(capsys, tmp_path: Path) -> None:
    path = tmp_path / "diagram.svg"
    assert main(["--plot", str(path)]) == 0
    text = capsys.readouterr().out
    assert "fold" in text
    assert "17 points (4 minimum, 5 maximum, 8 saddle)" in text
    assert path.stat().st_size > 1000
    assert main(["--model", "shallow", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["events"][0]["event"] == "family"


@pytest.mark.parametrize(
    "arguments", [["--task", "cauchy"], ["--plot", "x.gif"], ["--plot", "no/where/x.png"]]
)
def test_bad_input(arguments: list[str]) -> None:
    with pytest.raises(Refusal):
        main(arguments)


def test_thresholds_in_units_where_they_are_minute() -> None:
    (one,) = regimes(Problem(DEEP)).thresholds
    found = regimes(Problem(DEEP, input_second_moment=Fraction(10**50)))
    assert found.thresholds[0].interval(60).approx * 1e50 == pytest.approx(one.interval().approx, rel=1e-9)
    assert [r.counts["points"] for r in found.regimes] == [17, 9]


def test_a_pair_of_eigenvalues_on_the_imaginary_axis_is_critical() -> None:
    """The field ((α − 1) x − y, x + (α − 1) y) turns from a sink into a source at α = 1; no points meet."""
    ring = context(["x", "y", "alpha"])
    x, y, alpha = ring.gens()
    components = ((alpha - 1) * x - y, x + (alpha - 1) * y)
    identity = ((Fraction(1), Fraction(0)), (Fraction(0), Fraction(1)))
    chart = Chart(("x", "y"), identity, (False, False), components, ring.constant(0))
    analysis = analyse(chart, Stratum((0, 1), (), components))
    one = RealRoot((-1, 1), 0)
    assert not any(one.sign(in_alpha(c)) == 0 for c in analysis.conditions)
    assert any(one.sign(in_alpha(c)) == 0 for c in turning(chart, analysis))


def test_an_undecided_count_is_not_called_a_family() -> None:
    """Atoms −3, −2, −1: pairs merge into a + b = 0 at irrational rates, where the count is left open."""
    law = tasks.parse("moments:-7/3,19/3,-55/3,163/3,-487/3,1459/3,-4375/3,13123/3")
    found = regimes(Problem(DEEP, law, InnerLoop(outer="first-order")))
    open_ones = [t for t in found.thresholds if t.points_at is None]
    assert open_ones
    for threshold in open_ones:
        assert "family" not in threshold.points_in_words
        assert all(event.before or event.after for event in threshold.events)


def test_two_steps_on_the_lines_agree_with_the_complete_answer() -> None:
    """The complete search for two steps knows nothing of α as a symbol."""
    problem = Problem(DEEP, tasks.GAUSSIAN, InnerLoop(steps=2))
    found = line_regimes(problem)
    assert [[t.kind for t in line.thresholds] for line in found.lines] == [["fold"] * 4] * 2
    rates = (Fraction(1, 10), Fraction(1, 2))
    for rate, place in zip(rates, (0, 2), strict=True):
        points = stationary_points(Problem(DEEP, tasks.GAUSSIAN, InnerLoop(steps=2, rate=rate))).charted
        for line in found.lines:
            kinds = [point.kind for point in points if point.active == line.active]
            assert len(kinds) == line.counts[place]["points"]
            assert kinds.count("maximum") == line.counts[place]["maximum"]
            if place:
                lower, upper = (line.thresholds[i].interval() for i in (place - 1, place))
                assert lower.upper < rate < upper.lower


def test_two_steps_without_the_symmetry_of_tasks_are_said_to_be_covered_in_part(capsys, monkeypatch) -> None:
    """A law with a mean takes a minute on its lines; here the symmetry is not used although it is there."""
    monkeypatch.setattr(bifurcation, "is_even", lambda law: False)
    assert main(["--steps", "2", "--task", "laplace", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["complete"] is False
    assert [t["alpha"]["approx"] for t in answer["lines"][0]["thresholds"]] == pytest.approx(
        [0.0839917861781, 0.252064173765]
    )
    assert main(["--steps", "2", "--task", "laplace"]) == 0
    assert "points off these lines are not covered" in capsys.readouterr().out
    with pytest.raises(Refusal, match="only those on two lines"):
        main(["--steps", "2", "--task", "laplace", "--plot", "diagram.png"])


def test_a_rate_that_is_a_unit_is_said_to_be_one(capsys) -> None:
    assert main(["--adapts", "last"]) == 0
    shown = capsys.readouterr().out
    assert "no thresholds" in shown
    assert "L(a, b; alpha) = L(alpha^(1/2) a, alpha^(-1/2) b; 1)" in shown
    with pytest.raises(Refusal, match="no rate alpha"):
        main(["--preconditioner", "meta-sgd"])


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--factors", "3"], "certified is yhat = abx"),
        (["--outer", "first-order"], "certified is yhat = abx"),
        (["--model", "shallow"], "certified is yhat = abx"),
        (["--task", "moments:0,1,0,3"], "add m5"),
        (["--task", "moments:0,0,0,0,0,0,0,0,0,0,0,0"], "for every"),
    ],
)
def test_two_steps_beyond_what_is_certified_are_refused(arguments: list[str], reason: str) -> None:
    with pytest.raises(Refusal, match=reason) as refusal:
        main(["--steps", "2", *arguments])
    assert "\n" not in str(refusal.value)
