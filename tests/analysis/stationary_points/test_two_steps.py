"""Bifurcations of two inner steps: the loss in new units, both sides of each threshold, folds in numbers."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest
import torch
from flint import arb, fmpq_poly, fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import bifurcation
from analysis.adaptation import InnerLoop
from analysis.algebra.algebraic_numbers import RealRoot, real_roots
from analysis.algebra.polynomials import fraction, rational
from analysis.landscape import Problem, derive
from analysis.models import DEEP
from analysis.progress import Report
from analysis.stationary_points import stationary_points, two_step_system
from analysis.stationary_points.two_step_regimes import (
    TwoStepRegimes,
    TwoStepThreshold,
    two_step_regimes,
)
from analysis.stationary_points.two_step_zeros import OpenSolutions, open_solutions
from analysis.tasks import GAUSSIAN, LAPLACE, RADEMACHER, UNIFORM, TaskLaw

LAWS = [
    pytest.param(GAUSSIAN, id="gaussian"),
    *(pytest.param(law, id=law.name, marks=pytest.mark.slow) for law in (LAPLACE, UNIFORM, RADEMACHER)),
]
THRESHOLDS = {"gaussian": 16, "laplace": 15, "uniform": 27, "rademacher": 21}


scaled = lru_cache(maxsize=4)(two_step_system.scaled)


@lru_cache(maxsize=4)
def found(law: TaskLaw) -> TwoStepRegimes:
    return two_step_regimes(Problem(DEEP, law, InnerLoop(steps=2)))


def problem_at(law: TaskLaw, rate: Fraction) -> Problem:
    return Problem(DEEP, law, InnerLoop(steps=2, rate=rate))


POSITIVE = st.fractions(Fraction(1, 9), 3, max_denominator=9)


@given(st.sampled_from((GAUSSIAN, UNIFORM, RADEMACHER)), POSITIVE, POSITIVE, POSITIVE, POSITIVE)
@settings(max_examples=10, deadline=None)
def test_the_loss_in_new_units(law, a, b, rate, second_moment):
    """ℒ(Q, y, t) = t L, both by substitution."""
    problem = Problem(DEEP, law, InnerLoop(steps=2, rate=rate), input_second_moment=second_moment)
    scale = rate * second_moment
    product, size = (scale * a * b) ** 2, scale * (a**2 + b**2)
    here = scaled(law).loss(rational(product), rational(size), rational(scale**2))
    assert fraction(here) == scale**2 * fraction(derive(problem).loss(rational(a), rational(b)))


@pytest.mark.parametrize("factor", [Fraction(1, 7), Fraction(10**9)])
def test_the_unit_of_the_tasks_does_not_matter(factor):
    """θ/c with α c has the thresholds of θ with α, whatever c is."""
    law = TaskLaw("scaled", lambda k: GAUSSIAN.moment(k) * factor**k)
    mine, named = scaled(law), scaled(GAUSSIAN)
    assert mine.loss == named.loss
    assert (named.unit, mine.unit) == (1, factor**2)
    root = root_of((-3, 0, 1))
    one, other = (
        TwoStepThreshold(root, unit, (), Counter(), Counter()).interval() for unit in (1, factor**2)
    )
    assert other.approx * float(factor) == pytest.approx(one.approx, rel=1e-9)


def test_one_step_is_a_hyperbolic_rotation():
    """s ↦ s (1 + r²) − 2 r p, p ↦ p (1 + r²) − 2 r s with p = y/2 and r = s − θ: two steps, task by task."""
    rng = np.random.default_rng(0)
    nodes, weights = np.polynomial.hermite_e.hermegauss(10)
    for s0, p0, rate in rng.uniform(0.2, 1.2, (5, 3)):
        s, p, theta = s0, p0, rate * nodes
        for _ in range(2):
            r = s - theta
            s, p = s * (1 + r**2) - 2 * r * p, p * (1 + r**2) - 2 * r * s
        value = 0.5 * np.average((theta - s) ** 2, weights=weights)
        mine = sum(
            float(c.p) / float(c.q) * s0 ** int(2 * i) * (2 * p0) ** int(j) * rate ** int(2 * k)
            for (i, j, k), c in scaled(GAUSSIAN).loss.to_dict().items()
        )
        assert mine == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("law", LAWS)
def test_every_change_of_the_counts_is_the_one_its_type_says(law):
    answer = found(law)
    assert len(answer.thresholds) == THRESHOLDS[law.name]
    for threshold in answer.thresholds:
        (*others, event), total = threshold.events, Counter()
        for place, _, before, after in threshold.changes:
            total[place] += after - before
        if event.kind == "crossing":  # at α = 1/2 and θ = ±1 other points go to infinity, and come back
            assert not total
            assert [(other.kind, other.place) for other in others] == [("escape", "open")] * len(others)
        elif event.kind == "pitchfork" and event.place == "axes":
            assert total["axes"] == 0
            assert total["open"] in (-16, -8, 8, 16)
        else:  # two orbits, one of them saddles
            assert abs(total.pop(event.place)) == {"axes": 8, "lines": 8, "open": 16}[event.place]
            assert not total
            assert sum(kind == "saddle" for _, kind, *_ in threshold.changes) == 1


@pytest.mark.parametrize(
    ("law", "stride"),
    [
        pytest.param(GAUSSIAN, 4, id="gaussian"),
        *(
            pytest.param(law, 1, id=f"{law.name}-all", marks=pytest.mark.slow)
            for law in (GAUSSIAN, LAPLACE, UNIFORM, RADEMACHER)
        ),
    ],
)
def test_counts_agree_with_rates_not_used_in_the_proof(law, stride):
    answer = found(law)
    edges = [0.02, *(t.interval().approx for t in answer.thresholds)]
    edges.append(edges[-1] + 4)
    for (lower, upper), regime in list(zip(pairwise(edges), answer.regimes, strict=True))[::stride]:
        rate = Fraction(lower + 0.3 * (upper - lower)).limit_denominator(10**5)
        assert lower < rate < upper
        assert rate != regime.sample
        there = stationary_points(problem_at(law, rate))
        assert there.complete
        assert there.counts == regime.counts
        assert sum(p.kind == "minimum" and p.is_global is True for p in there.points) == regime.global_minima


def test_where_all_local_minima_are_global():
    ((lower, upper),) = found(GAUSSIAN).only_global_minima
    assert lower is not None
    assert upper is not None
    assert (lower.interval().approx, upper.interval().approx) == pytest.approx((0.21157953741, 0.49823797270))
    inside = [
        r for r in found(GAUSSIAN).regimes if lower.interval().upper < r.sample < upper.interval().lower
    ]
    assert len(inside) == 2
    for regime in found(GAUSSIAN).regimes:
        assert regime.global_minima == 4
        assert (regime.counts["minimum"] == 4) == (regime in inside)


def loss(coordinates: torch.Tensor) -> torch.Tensor:
    """The excess loss after two steps at (a, b, α), Gaussian tasks, by running them on quadrature nodes."""
    nodes, weights = (torch.tensor(x) for x in np.polynomial.hermite_e.hermegauss(10))
    a, b, rate = (x * torch.ones_like(nodes) for x in coordinates)
    for _ in range(2):
        residual = a * b - nodes
        a, b = a - rate * residual * b, b - rate * residual * a
    return 0.5 * (weights * (nodes - a * b) ** 2).sum() / weights.sum()


def hessian(coordinates: torch.Tensor) -> torch.Tensor:
    """∂²L/∂(a, b)²."""
    return torch.func.jacrev(torch.func.grad(loss))(coordinates)[:2, :2]


def singular(coordinates: torch.Tensor) -> torch.Tensor:
    """(∂L/∂a, ∂L/∂b, det Hessian)."""
    (p, q), (r, s) = hessian(coordinates)
    return torch.cat([torch.func.grad(loss)(coordinates)[:2], (p * s - q * r)[None]])


def stratum(a: arb, b: arb) -> str:
    """Where a point other than the origin lies, by its coordinates alone."""
    if a.contains(0) or b.contains(0):
        return "axes"
    return "lines" if abs(a).overlaps(abs(b)) else "open"


def newton(equations: Callable[[torch.Tensor], torch.Tensor], start: torch.Tensor) -> torch.Tensor:
    for _ in range(20):
        start = start - torch.linalg.solve(torch.func.jacrev(equations)(start), equations(start))
    assert equations(start).abs().max() < 1e-9 * hessian_scale(start)
    return start


def hessian_scale(coordinates: torch.Tensor) -> torch.Tensor:
    a, *_, rate = coordinates
    return 1 + hessian(torch.stack([a, a, rate])).norm() ** 2


def near(number: int) -> list[torch.Tensor]:
    """(a, b, α) of the points on the stratum of an event, next to it on the side where there are more."""
    threshold = found(GAUSSIAN).thresholds[number]
    side = 1 - 1e-6 if threshold.before.total() > threshold.after.total() else 1 + 1e-6
    rate = Fraction(threshold.interval(20).approx * side).limit_denominator(10**9)
    return [
        torch.tensor([*(float(x.mid()) for x in point.enclose()), float(rate)], dtype=torch.float64)
        for point in stationary_points(problem_at(GAUSSIAN, rate)).points
        if stratum(*point.enclose()) == threshold.events[0].place
    ]


@pytest.mark.parametrize("number", [6, 9, 10])
def test_newtons_method_in_numbers_ends_in_the_fold(number):
    """A singular Hessian at a stationary point, α being unknown, from one of the two about to meet."""
    start = min(near(number), key=lambda z: abs(singular(z)[2] / hessian(z).norm() ** 2))
    value = found(GAUSSIAN).thresholds[number].interval(20).approx
    assert found(GAUSSIAN).thresholds[number].events[0].kind == "fold"
    assert float(newton(singular, start)[2]) == pytest.approx(value, rel=1e-8)


@pytest.mark.parametrize("number", [11, 13])
def test_newtons_method_in_numbers_ends_in_the_pitchfork(number):
    """On the axis b = 0: ∂L/∂a = 0 and no curvature across."""

    def equations(z: torch.Tensor) -> torch.Tensor:
        place = torch.stack([z[0], torch.zeros_like(z[0]), z[1]])
        return torch.stack([torch.func.grad(loss)(place)[0], hessian(place)[1, 1]])

    starts = [z[[0, 2]] for z in near(number) if abs(z[0]) > abs(z[1])]
    start = min(starts, key=lambda z: abs(equations(z)[1]))
    value = found(GAUSSIAN).thresholds[number].interval(20).approx
    assert found(GAUSSIAN).thresholds[number].events[0].kind == "pitchfork"
    assert float(newton(equations, start)[1]) == pytest.approx(value, rel=1e-8)


def root_of(coefficients: tuple[int, ...]) -> RealRoot:
    return max(real_roots(fmpq_poly(list(coefficients))), key=lambda r: float(r.enclosure().mid()))


def test_two_tasks_where_three_points_meet_and_go_on():
    """θ = ±1 at α = 1/2: a solution of multiplicity 3, eight degenerate points; two are at infinity."""
    there = open_solutions(scaled(RADEMACHER), root_of((-1, 4)))
    assert there == OpenSolutions(17, (3,), 2)
    exact = stationary_points(problem_at(RADEMACHER, Fraction(1, 2)))
    assert exact.counts["degenerate"] == 8
    on_open = [p for p in exact.charted if len(p.active) == 2 and p.location.sign(difference(p))]
    assert len(on_open) == 8 * (17 + 1)


def difference(point):
    first, second = point.chart.loss.context().gens()
    return first - second


def test_points_beyond_all_bounds_are_not_counted():
    """θ = ±1 at α = 1: two of the 17 solutions for smaller α have gone to infinity."""
    assert open_solutions(scaled(RADEMACHER), root_of((-1, 1))) == OpenSolutions(15, (), 2)
    exact = stationary_points(problem_at(RADEMACHER, Fraction(1)))
    assert len([p for p in exact.charted if len(p.active) == 2 and p.location.sign(difference(p))]) == 8 * 15


def test_a_fold_of_high_degree_is_left_to_the_counts():
    high = RealRoot(tuple(int(c) for c in fmpz_poly([-2, *[0] * 60, 1]).coeffs()), 0)
    assert open_solutions(scaled(GAUSSIAN), high) is None


def test_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def prepared(problem: Problem, report: Report) -> TwoStepRegimes:
        return replace(found(GAUSSIAN), problem=problem)

    monkeypatch.setattr(bifurcation, "two_step_regimes", prepared)
    assert bifurcation.main(["--steps", "2"]) == 0
    text = capsys.readouterr().out
    assert re.search(
        r"0\.211579537409 +fold +open: elsewhere +open: minimum 8 -> 0; open: saddle 8 -> 0", text
    )
    assert re.search(r"0\.517996079166 +pitchfork +axes a = 0, b = 0", text)
    assert "0.0902007778793 < alpha < 0.149849447567: 89 points (28 minimum, 17 maximum, 44 saddle)" in text
    assert "all local minima are global only for 0.211579537409 < alpha < 0.498237972698" in text
    assert bifurcation.main(["--steps", "2", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["complete"] is True
    assert [len(answer[key]) for key in ("thresholds", "regimes", "all_minima_global")] == [16, 17, 1]
    assert answer["thresholds"][6]["changes"][0] == {
        "where": "open: elsewhere",
        "kind": "minimum",
        "before": 8,
        "after": 0,
    }
