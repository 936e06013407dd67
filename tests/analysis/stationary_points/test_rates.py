"""Bifurcations of a product of three factors: the curves of all rates, the thresholds, both sides of each."""

import json
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest
from flint import fmpq_poly

from analysis.adaptation import InnerLoop
from analysis.algebra.algebraic_numbers import RealRoot, real_roots
from analysis.bifurcation import main
from analysis.command_line import Refusal
from analysis.landscape import Problem
from analysis.models import DEEP, product
from analysis.stationary_points import stationary_points
from analysis.stationary_points.products.critical_rates import critical_rates
from analysis.stationary_points.products.rate_curves import rate_curves, unsettled
from analysis.stationary_points.products.rate_regimes import RateRegimes, product_regimes
from analysis.stationary_points.regimes import regimes
from analysis.tasks import GAUSSIAN, LAPLACE, RADEMACHER, UNIFORM, TaskLaw, from_moments
from tests.analysis.stationary_points.stationary_sets import SKEW, conjugates, derivatives

SPLITTING = from_moments(  # θ = 0, 3/4, 2 with probabilities 4/7, 2/7, 1/7
    tuple((2 * Fraction(3, 4) ** k + Fraction(2) ** k) / 7 for k in range(1, 7))
)
ONE_TWO = from_moments(tuple((1 + Fraction(2) ** k) / 2 for k in range(1, 7)))  # θ = 1, 2
UNEQUAL = from_moments(tuple((2 * Fraction(-1) ** k + Fraction(2) ** k) / 3 for k in range(1, 7)))
WITH_ZERO = from_moments(tuple(Fraction(1 + (-1) ** k, 4) for k in range(1, 7)))  # θ = 0, ±1
SHIFTED = from_moments(  # N(1/2, 1)
    tuple(map(Fraction, ("1/2", "5/4", "7/4", "73/16", "281/32", "1741/64")))
)


@lru_cache(maxsize=8)
def found(law: TaskLaw, second_moment: Fraction = Fraction(1)) -> RateRegimes:
    return product_regimes(Problem(product(3), law, input_second_moment=second_moment))


@pytest.mark.parametrize("law", [GAUSSIAN, LAPLACE, SKEW, SPLITTING], ids=lambda law: law.name)
def test_two_factors_have_the_thresholds_of_the_planar_analysis(law):
    """The rate as a function on a curve, against discriminants over ℚ(α): nothing is shared."""
    mirrored = TaskLaw("mirrored", lambda k: (-1) ** k * law.moment(k))
    critical = [
        c for side in {law, mirrored} for curve in rate_curves(side, 2) for c in critical_rates(curve)
    ]
    mine = sorted({round(float(c.power(96).root(2).mid()), 12): c.condition for c in critical}.items())
    planar = regimes(Problem(DEEP, law)).thresholds
    assert [t.interval(20).approx for t in planar] == pytest.approx([rate for rate, _ in mine], rel=1e-11)
    names = {"fold": "fold", "across": "pitchfork", "end": "pitchfork"}  # SKEW: it ends in the origin
    assert [{e.kind for e in t.events} for t in planar] == [{names[condition]} for _, condition in mine]
    assert len(mine) == {GAUSSIAN: 1, LAPLACE: 3, SKEW: 5, SPLITTING: 11}[law]


@pytest.mark.slow
def test_points_with_two_equal_squares_split_in_pitchforks():
    splits = [t for t in found(SPLITTING).thresholds if t.events[0].kind == "pitchfork"]
    assert [t.interval().approx for t in splits] == pytest.approx([0.861773876013, 2.11122449208])
    for threshold, kind in zip(splits, ("minimum", "saddle"), strict=True):
        assert [event.multiplicities for event in threshold.events] == [(2, 1)]
        assert ((1, 1, 1), kind, 0, 24) in threshold.changes
        ordinary = [after - before for m, _, before, after in threshold.changes if m == (2, 1)]
        assert sorted(ordinary) == [-12, 12]


@pytest.mark.parametrize("law", [GAUSSIAN, UNIFORM, SHIFTED, RADEMACHER], ids=lambda law: law.name)
def test_every_change_of_the_counts_is_the_one_its_type_says(law):
    answer = found(law)
    assert len(answer.thresholds) > 6
    for threshold in answer.thresholds:
        (event,), total = threshold.events, Counter()
        for multiplicities, kind, before, after in threshold.changes:
            assert multiplicities == event.multiplicities
            total[kind] = after - before
        orbit = (4 if event.multiplicities == (3,) else 12) * len(event.slope_signs)
        if event.kind == "fold":  # two orbits whose Morse indices differ by one, or two saddles
            assert abs(sum(total.values())) == 2 * orbit
        else:
            assert event.kind in ("exchange", "family")
            assert sum(total.values()) == 0
            assert sorted(total.values()) == [-orbit, orbit]


@pytest.mark.parametrize("law", [GAUSSIAN, SHIFTED, RADEMACHER, WITH_ZERO], ids=lambda law: law.name)
def test_counts_agree_with_rates_not_used_in_the_proof(law):
    answer = found(law)
    edges = [0.02, *(t.interval().approx for t in answer.thresholds)]
    edges.append(edges[-1] + 4)
    for (lower, upper), regime in zip(pairwise(edges), answer.regimes, strict=True):
        rate = Fraction(lower + 0.3 * (upper - lower)).limit_denominator(10**5)
        assert lower < rate < upper
        assert rate != regime.sample
        problem = replace(answer.problem, loop=InnerLoop(rate=rate))
        assert stationary_points(problem).counts == regime.counts


def test_at_a_fold_the_hessian_is_singular_within_the_stratum_and_at_an_exchange_across_it():
    """PyTorch's Hessian at the points next to each threshold, on the side where there are more of them."""
    answer = found(GAUSSIAN)
    for threshold in answer.thresholds:
        value = threshold.interval(20).approx
        smallest = []
        for side in (1 - 1e-9, 1 + 1e-9):
            rate = Fraction(value * side).limit_denominator(10**15)
            near = stationary_points(replace(answer.problem, loop=InnerLoop(rate=rate)))
            for point, _ in near.orbits:
                if point.solution.multiplicities == threshold.events[0].multiplicities:
                    w = np.array([float(x.mid()) for x in point.enclose()])
                    _, gradient, hessian = derivatives(near.problem, w)
                    spectrum = np.sort(np.abs(np.linalg.eigvalsh(hessian)))
                    assert np.abs(gradient).max() < 1e-10 * spectrum[-1]
                    smallest.append((spectrum / spectrum[-1])[:2])
        least = np.array(sorted(map(tuple, smallest)))
        assert least[0, 0] < 1e-3
        assert (least[0, 1] < 1e-3) == (
            threshold.events[0].kind == "exchange"
        )  # a double eigenvalue by symmetry


def test_input_power_moves_the_thresholds_inversely():
    one, two = found(GAUSSIAN), found(GAUSSIAN, Fraction(4))
    expected = [t.interval(20).approx / 4 for t in one.thresholds]
    assert [t.interval(20).approx for t in two.thresholds] == pytest.approx(expected, rel=1e-13)
    assert [r.counts for r in one.regimes] == [r.counts for r in two.regimes]


def test_command(capsys, tmp_path):
    assert main(["--factors", "3", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    events = [event["event"] for t in answer["thresholds"] for event in t["events"]]
    assert [events.count(kind) for kind in ("fold", "exchange")] == [6, 4]
    assert {regime["families"] for regime in answer["regimes"]} == {6}
    assert answer["thresholds"][0]["alpha"]["approx"] == pytest.approx(0.104434204659, rel=1e-9)
    assert answer["regimes"][0]["counts"]["points"] == 160
    assert answer["regimes"][-1]["counts"] == {
        "points": 32, "minimum": 8, "maximum": 0, "saddle": 24, "degenerate": 0
    }  # fmt: skip
    assert main(["--factors", "3"]) == 0
    assert "0.851449182812  exchange  all equal" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["--task", "moments:1,1,1,1,1,1"], ["--outer", "first-order"], ["--model", "deep"]],
    ids=["one task", "vector field", "two models"],
)
def test_what_is_not_covered_is_refused_in_one_line(arguments):
    with pytest.raises(Refusal) as refusal:
        main(["--factors", "3", *arguments])
    assert "\n" not in str(refusal.value)


def _answer_by(law: TaskLaw) -> dict[float, list[tuple]]:
    return {
        round(t.interval(20).approx, 12): [
            (e.kind, e.multiplicities, e.slope_signs, e.degree) for e in t.events
        ]
        for t in found(law).thresholds
    }


def test_two_tasks_have_thresholds_in_closed_form():
    """θ = ±1: at (1, 1, 1) both tasks are solved for α = 1, since (1 − 2)³ = −1."""
    thresholds = _answer_by(RADEMACHER)
    assert thresholds[1.0] == [("family", (3,), (1, -1), 1)]
    assert thresholds[0.5] == [("exchange", (3,), (1, -1), 1)]
    # the curve with g = 1 on which θ = 2 adapts exists while 2 > (1 + α)³
    assert _answer_by(ONE_TWO)[round(2 ** (1 / 3) - 1, 12)] == [("family", (3,), (1,), 3)]
    vanishing = [t for t in found(ONE_TWO).thresholds if ((), "family", 9, 8) in t.changes]
    assert [t.interval().approx for t in vanishing] == pytest.approx([2 ** (1 / 3) - 1], rel=1e-11)
    with_curves = [r.families for r in found(ONE_TWO).regimes]
    assert sorted(set(with_curves)) == [8, 9]


def test_scaling_two_tasks_by_an_irrational_number_scales_every_threshold():
    """θ = ±√2: w ↦ 2^{1/6} w and a ↦ a/2^{2/3} make it θ = ±1."""
    plain, scaled = found(RADEMACHER), found(conjugates(0, 2))
    expected = [t.interval(20).approx / 2 ** (2 / 3) for t in plain.thresholds]
    assert [t.interval(20).approx for t in scaled.thresholds] == pytest.approx(expected, rel=1e-13)
    assert [r.counts for r in scaled.regimes] == [r.counts for r in plain.regimes]
    assert [[e.kind for e in t.events] for t in scaled.thresholds] == [
        [e.kind for e in t.events] for t in plain.thresholds
    ]


def test_equal_rates_are_merged_and_every_event_is_named():
    """θ = −1, −1, 2: at α = 1/3 a fold and an exchange of points with equal squares and g < 0 coincide."""
    thresholds = _answer_by(UNEQUAL)
    assert thresholds[round(1 / 3, 12)] == [("fold", (3,), (-1,), 1), ("exchange", (3,), (-1,), 1)]
    assert sum(len(events) for events in thresholds.values()) == len(thresholds) + 1
    assert found(UNEQUAL).candidates >= len(thresholds)


def test_three_tasks_solved_at_one_point_split_it_into_different_squares():
    """θ = 0, ±1: at α = 1 (1, 1, 1) solves all three tasks; two conditions coincide there."""
    (at_one,) = (t for t in found(WITH_ZERO).thresholds if t.interval(20).approx == 1)
    assert [event.kind for event in at_one.events] == ["exchange"]
    assert ((1, 1, 1), "minimum", 0, 48) in at_one.changes
    near = stationary_points(replace(found(WITH_ZERO).problem, loop=InnerLoop(rate=Fraction(1001, 1000))))
    solved = [p for p in near.points if p.is_global]
    assert len(solved) == 48
    for point in solved[:6]:
        w = np.array([float(x.mid()) for x in point.enclose()])
        g = np.prod(w)
        assert [np.prod(w + 1.001 * (v - g) * g / w) for v in (-1, 0, 1)] == pytest.approx(
            [-1, 0, 1], abs=1e-9
        )


def test_critical_rates_know_their_minimal_polynomials():
    """The norm of V c − U over the field of the point, against a ball around U/V."""
    for curve in rate_curves(RADEMACHER, 3):
        for critical in critical_rates(unsettled(curve, fmpq_poly([-1, 0, 1]))):
            exact, ball = critical.exact(), critical.power(300)
            assert exact.enclosure(300).overlaps(ball)
            assert exact.degree <= critical.degree
            assert not any(other.overlaps(ball) for other in _others(exact))


def _others(root: RealRoot) -> list:
    return [r.enclosure(300) for r in real_roots(root.polynomial) if r != root]


def test_a_settled_component_is_divided_out_and_nothing_else():
    """On {2,1} the slopes g = θ and the curve on which both tasks adapt go, the abandoned tasks stay."""
    (_, curve) = rate_curves(RADEMACHER, 3)
    rest = unsettled(curve, fmpq_poly([-1, 0, 1]))
    gone = curve.locus / rest.locus
    g, mu = gone.context().gens()
    assert sorted(factor.degrees() for factor, _ in gone.factor()[1]) == [(1, 0), (1, 0), (3, 3)]
    for factor in (1 + mu * (1 - g), 1 + mu * (-1 - g)):
        assert not rest.locus.gcd(factor).is_constant()
