"""The answer for symbolic α: thresholds, regimes, closed forms."""

from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import tasks
from analysis.adaptation import InnerLoop
from analysis.landscape import Problem
from analysis.models import DEEP, SHALLOW
from analysis.stationary_points import UnsupportedProblem, stationary_points
from analysis.stationary_points.regimes import Regimes, regimes
from analysis.stationary_points.symbolic import ALPHA, closed_forms


@pytest.fixture(scope="module")
def gaussian() -> Regimes:
    return regimes(Problem(DEEP))


def test_gaussian_threshold_is_a_root_of_the_quintics_discriminant(gaussian: Regimes) -> None:
    """Independent: sympy's discriminant of the diagonal polynomial, derived here by hand from L(t, t)."""
    (threshold,) = gaussian.thresholds
    t, a = sympy.symbols("t alpha")
    p1, p2, p3 = (
        t - 2 * a * t**2 + a**2 * t**3,
        2 * a * t - 2 * a**2 * t**2,
        a**2 * t,
    )  # t = a² on the diagonal
    loss = (1 + p1**2 + p2**2 + 3 * p3**2 + 2 * p1 * p3 - 2 * p2) / 2
    discriminant = sympy.Poly(sympy.discriminant(sympy.diff(loss, t), t), a)
    value = sympy.Rational(threshold.interval(60).lower)
    low, high = value - sympy.Rational(1, 10**50), value + sympy.Rational(1, 10**50)
    assert discriminant.eval(low) * discriminant.eval(high) < 0
    assert threshold.points_at == 13


def test_gaussian_regimes(gaussian: Regimes) -> None:
    counts = [tuple(r.counts.values()) for r in gaussian.regimes]
    assert counts == [(17, 4, 5, 8, 0), (9, 4, 1, 4, 0)]


@settings(max_examples=20)
@given(
    st.fractions(min_value=Fraction(1, 30), max_value=4, max_denominator=60),
    st.sampled_from(list(tasks.NAMED.values())),
)
def test_regimes_predict_the_count_at_every_rate(rate: Fraction, law: tasks.TaskLaw) -> None:
    found = _regimes(law)
    there = stationary_points(Problem(DEEP, law, InnerLoop(rate=rate))).counts
    for regime in found.regimes:
        low = Fraction(0) if regime.lower is None else regime.lower.interval().upper
        high = None if regime.upper is None else regime.upper.interval().lower
        if low < rate and (high is None or rate < high):
            assert there == regime.counts


_CACHE: dict[str, Regimes] = {}


def _regimes(law: tasks.TaskLaw) -> Regimes:
    if law.name not in _CACHE:
        _CACHE[law.name] = regimes(Problem(DEEP, law))
    return _CACHE[law.name]


def test_laplace_has_a_window_and_a_rational_threshold() -> None:
    found = _regimes(tasks.LAPLACE)
    assert [r.counts["points"] for r in found.regimes] == [17, 9, 17, 9]
    assert found.thresholds[1].minimal_polynomial == "3*alpha - 1"


def test_a_law_with_a_mean_breaks_the_origin(gaussian: Regimes) -> None:
    """E θ = 1/2: the origin's Hessian changes sign where 2α² − 4α + 1 = 0, and points pass through it."""
    law = tasks.from_moments((Fraction(1, 2), Fraction(1), Fraction(1), Fraction(3)))
    found = regimes(Problem(DEEP, law))
    assert "2*alpha^2 - 4*alpha + 1" in {t.minimal_polynomial for t in found.thresholds}


def test_closed_forms_of_the_deep_model(gaussian: Regimes) -> None:
    """Half of the paper's (55)–(57), which are the Hessians of 2 L; (57) for the pair on the b-axis."""
    origin, minima = closed_forms(gaussian)
    assert origin.hessian == sympy.diag(-2 * ALPHA, -2 * ALPHA)
    assert origin.loss == sympy.Rational(1, 2)
    assert minima.loss == 0
    assert minima.hessian == sympy.diag(4 * ALPHA, 3 * ALPHA**3)
    assert set(minima.coordinates) == {(s / sympy.sqrt(ALPHA), sympy.Integer(0)) for s in (1, -1)} | {
        (sympy.Integer(0), s / sympy.sqrt(ALPHA)) for s in (1, -1)
    }


def test_closed_form_hessians_agree_with_the_solver() -> None:
    rate = Fraction(3, 7)
    for law in (tasks.GAUSSIAN, tasks.RADEMACHER):
        found = stationary_points(Problem(DEEP, law, InnerLoop(rate=rate)))
        for form in closed_forms(_regimes(law)):
            place = [float(x.subs(ALPHA, sympy.Rational(rate))) for x in form.coordinates[0]]
            (point,) = [
                p
                for p in found.points
                if all(abs(float(x.mid()) - y) < 1e-9 for x, y in zip(p.enclose(), place, strict=True))
            ]
            numbers = [[float(h.mid()) for h in row] for row in point.jacobian()]
            expected = form.hessian.subs(ALPHA, sympy.Rational(rate)).evalf()
            for i in range(2):
                assert numbers[i] == pytest.approx([float(x) for x in expected.row(i)], abs=1e-9)


def test_points_without_closed_form_are_counted_by_polynomial(gaussian: Regimes) -> None:
    counts = [gaussian.points_on(branch) for branch in gaussian.without_closed_form]
    assert sorted(counts) == [[0, 0], [6, 2], [6, 2]]


def test_a_pitchfork_at_a_rational_rate_counts_as_after_it() -> None:
    """E θ³ = 1: at α = 2 the pair on one axis has merged into the origin; two folds lie below."""
    found = regimes(Problem(DEEP, tasks.parse("moments:0,1,1,3")))
    assert [r.counts["points"] for r in found.regimes] == [17, 13, 9, 7]
    last = found.thresholds[-1]
    assert (last.minimal_polynomial, last.points_at) == ("alpha - 2", 7)
    assert [(e.kind, e.before, e.after) for e in last.events] == [("pitchfork", 1, 1), ("pitchfork", 2, 0)]


@pytest.mark.parametrize("law", [tasks.GAUSSIAN, tasks.parse("moments:1,2,4,10")])
def test_shallow_threshold_is_one(law: tasks.TaskLaw) -> None:
    (threshold,) = regimes(Problem(SHALLOW, law)).thresholds
    assert threshold.minimal_polynomial == "alpha - 1"
    assert threshold.points_at is None
    assert [event.kind for event in threshold.events] == ["family"]


@pytest.mark.parametrize(
    "problem",
    [
        Problem(DEEP, loop=InnerLoop(rate=Fraction(1))),
        Problem(DEEP, loop=InnerLoop(adapts=("b",))),
        Problem(DEEP, input_second_moment=None),
    ],
)
def test_what_has_no_regimes_is_refused(problem: Problem) -> None:
    with pytest.raises(UnsupportedProblem):
        regimes(problem)


def test_critical_rates_at_which_nothing_real_happens_are_no_thresholds() -> None:
    """First-order MAML: six critical rates, but at five of them only complex solutions meet."""
    found = regimes(Problem(DEEP, loop=InnerLoop(outer="first-order")))
    assert [r.counts["points"] for r in found.regimes] == [21, 13]
    assert len(found.thresholds) == 1
