"""Where every task is solved or abandoned: which sets have real curves, and which real points are single."""

from __future__ import annotations

from fractions import Fraction as F
from math import comb, factorial

import numpy as np
import pytest
from flint import fmpq, fmpq_poly
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.adaptation import InnerLoop
from analysis.algebra.algebraic_numbers import RealRoot, rationals_between, real_roots
from analysis.algebra.elimination import AlgebraicPoint
from analysis.algebra.polynomials import rational
from analysis.landscape import Problem, derive
from analysis.models import product
from analysis.stationary_points import stationary_points
from analysis.stationary_points.products.single_points import (
    SinglePoints,
    discriminant_with_an_abandoned_task,
)
from analysis.stationary_points.products.strata import Setting, coordinates, reduce_to
from analysis.stationary_points.products.support import support_of
from analysis.stationary_points.products.system import System
from analysis.tasks import GAUSSIAN, LAPLACE, RADEMACHER, UNIFORM, TaskLaw, from_moments
from tests.analysis.stationary_points.stationary_sets import curve_is_found, floats, hits, spread_of_solutions


def law_of(*values: F) -> TaskLaw:
    """Equal probabilities."""
    return from_moments(tuple(sum((F(v) ** k for v in values), F(0)) / len(values) for k in range(1, 9)))


# g = θ₁ = 1, all squares 1: P = (1 + t)³ takes the value θ₂ at t = a (θ₂ − 1).
EQUAL = [(F(8), F(1, 7), False), (F(1, 8), F(4, 7), True)]


@pytest.mark.parametrize(("other", "rate", "curve"), EQUAL)
def test_all_equal_squares_are_a_single_point_with_or_without_a_curve_beside_it(other, rate, curve):
    values = (F(1), other)
    answer = stationary_points(Problem(product(3), law_of(*values), InnerLoop(rate=rate)))
    assert answer.complete
    single = [p for p in answer.points if p.is_global]
    assert len(single) == 4
    for point in single:
        assert point.kind == "degenerate"
        assert [abs(float(x.mid())) for x in point.enclose()] == pytest.approx([1, 1, 1], abs=1e-12)
    words = "theta = 1 is solved without adapting"
    assert any(words in family.description for family in answer.families) is curve
    assert spread_of_solutions(rate, values, (1, 1, 1), 0.05) < 1e-3


# y₁, y₂ are the roots of x² − s x + q, twice each; g = q = θ₁; the pairs split for different signs or not
PAIRS = [
    (9, 10, (F(10), F(8, 5), F(2, 5)), F(1, 12), True),
    (9, 12, (F(12), F(16, 3), F(4, 3)), F(1, 16), True),
    (7, 8, (F(8), F(2), F(1, 2)), F(1, 12), False),
]


@pytest.mark.parametrize(("total", "square", "values", "rate", "single"), PAIRS)
def test_two_pairs_are_single_where_they_split_for_different_signs(total, square, values, rate, single):
    law = law_of(*values)
    setting = Setting(4, rational(rate), law)
    support = support_of(setting)
    assert support is not None
    (chart,) = (c for c in coordinates(setting) if c.multiplicities == (2, 2) and c.fixed_sign > 0)
    reduced = reduce_to(setting, chart)
    point = AlgebraicPoint(RealRoot((0, 1), 0), (fmpq_poly([total]), fmpq_poly([square])))
    assert all(point.sign(e) == 0 for e in reduced.equations)
    decide = SinglePoints(setting, support)
    assert decide(System(reduced, reduced.equations), point) is single
    assert not decide.doubts
    squares = np.repeat(np.roots([1, -total, square]).real, 2)
    assert (spread_of_solutions(rate, values, squares, 0.01) < 1e-4) is single


def test_what_is_not_decided_is_said():
    """a e_{N−1} = 1 at a single point of the set with g = θ₁: that on which θ₁ adapts passes through it."""
    # N = 3, all squares y: P = (t + y)³, g = y^{3/2}, 3 a y² = 1
    values, rate = (F(8), F(-64)), F(1, 48)
    node = rate * 8 * (values[1] - 8)
    assert (node + 4) ** 3 == 8 * values[1]
    setting = Setting(3, rational(rate), law_of(*values))
    support = support_of(setting)
    assert support is not None
    reduced = reduce_to(setting, coordinates(setting)[0])
    decide = SinglePoints(setting, support)
    here = AlgebraicPoint(RealRoot((0, 1), 0), (fmpq_poly([2]),))
    assert decide(System(reduced, reduced.equations), here) is False
    assert decide.doubts == ["whether a point with 3 equal squares is isolated is not decided"]


def test_a_task_zero_among_three_leaves_nothing_open():
    """θ = 0 adapts where P(−a g²) = 0; a double root there is the crossing of two smooth sheets."""
    values = (F(-2), F(-1), F(0))
    answer = stationary_points(Problem(product(4), law_of(*values), InnerLoop(rate=F(1, 2))))
    assert answer.complete
    assert not answer.certificate.reservation
    for family in answer.families:
        if "solved without adapting" in family.description:
            (fixed,) = (v for v in values if f"theta = {v} is solved without" in family.description)
            assert hits(4, F(1, 2), values, values.index(fixed))


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from([3, 4]),
    st.lists(st.sampled_from([F(-2), F(-1), F(0), F(1, 2), F(1), F(3)]), min_size=2, max_size=3, unique=True),
    st.sampled_from([F(1, 20), F(1, 5), F(1), F(3)]),
)
def test_sets_with_a_given_slope_have_curves_where_solutions_are_found(factors, values, rate):
    assume(len(values) < factors and values[0] != 0)
    fates = ["slope", *["gain"] * (len(values) - 1)]
    exact = curve_is_found(factors, rate, values, fates)
    assert exact == (hits(factors, rate, values, 0) > 0)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(
        [
            (3, (F(1), F(-1)), 0),
            (3, (F(0), F(2)), 0),
            (4, (F(1), F(3)), 0),
            (4, (F(0), F(1), F(-2)), 0),
            (4, (F(1), F(3)), 1),
            (4, (F(0), F(-1)), 1),
        ]
    ),
    st.sampled_from([F(1, 10), F(1), F(5)]),
    st.sampled_from([1, -1]),
)
def test_sets_with_a_free_slope_run_to_infinity(case, rate, sign):
    """The construction of the proof, carried out at one large g in exact arithmetic (one correction of ε)."""
    factors, values, abandoned = case
    g, a = F(sign * 10**6), rate
    nodes = [a * g * (v - g) for v in values]
    doubled, simple = nodes[len(values) - abandoned :], nodes[: len(values) - abandoned]
    rest = factors - len(simple) - 2 * abandoned
    shifts = [F(0)] * len(simple)
    for _ in range(3):
        last = g * g
        for t in doubled:
            last /= t * t
        for t, e in zip(simple, shifts, strict=True):
            last /= e - t
        for k in range(1, rest):
            last /= k
        squares = (
            [-t for t in doubled for _ in range(2)]
            + [e - t for t, e in zip(simple, shifts, strict=True)]
            + [F(k) for k in range(1, rest)]
            + [last]
        )
        assert len(squares) == factors
        assert all(x > 0 for x in squares)
        for i, (t, v) in enumerate(zip(simple, values, strict=False)):
            others = F(1)
            for x in squares:
                if x != shifts[i] - t:
                    others *= t + x
            shifts[i] = g * v / others
    for t, v in zip(simple, values, strict=False):
        value = F(1)
        for x in squares:
            value *= t + x
        assert abs(value / g - v) < F(1, 10**6)
    fates = ["gain"] * len(simple) + ["abandoned"] * abandoned
    assert curve_is_found(factors, rate, values, fates)


@pytest.mark.parametrize("tasks", [(F(1), F(3)), (F(-2), F(1)), (F(0), F(2))])
def test_the_discriminant_with_an_abandoned_task(tasks):
    """Its sign is that of p² − 4q at every slope, and both signs occur unless the other task is θ = 0."""
    adapting, lost = map(rational, tasks)
    signs = set()
    for a in (fmpq(1, 10), fmpq(1)):
        for g in (fmpq(2 * k + 1, 14) for k in range(-40, 41, 3)):
            y, t = a * g * (g - lost), a * g * (adapting - g)
            q = g * g / (y * y)
            p = (g * adapting / (t + y) ** 2 - t * t - q) / t
            value = discriminant_with_an_abandoned_task(a, g, adapting, lost)
            assert (value > 0) == (p * p > 4 * q)
            assert bool(value) == (p * p != 4 * q)
            signs.add(bool(value > 0))
    assert signs == ({True, False} if adapting else {True})


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4, unique=True), st.integers(2, 400))
def test_a_rational_lies_between_roots_however_close_they_are(roots, bits):
    poly = fmpq_poly([-2, 0, 1])
    for r in roots:
        poly *= fmpq_poly([-r, 1]) * fmpq_poly([-r - fmpq(1, 2**bits), 1])
    signs = [poly(rational(x)) > 0 for x in rationals_between(list(real_roots(poly)))]
    assert signs == [i % 2 == 0 for i in range(poly.degree() + 1)]


def test_the_rank_where_a_factor_vanishes_and_zero_is_one_of_two_tasks():
    """θ = 0 and 1: ∇f(0) = 0 where w = 0 and a Q = 1, so E[∇f ∇fᵀ] is of rank 1; of rank 2 for θ = ±1."""
    for law, rank in ((law_of(F(0), F(1)), 1), (RADEMACHER, 2)):
        asked = Problem(product(3), law, InnerLoop(rate=F(1)))
        field = derive(asked)
        hessian = [[floats(h)(np.array([0.0, 0.8, 1.25])) for h in row] for row in field.hessian]
        (family,) = (f for f in stationary_points(asked).families if f.description.startswith("a = 0 and"))
        assert np.linalg.matrix_rank(hessian, tol=1e-9) == family.hessian_rank == rank


SURVEY = {
    "gaussian": GAUSSIAN,
    "rademacher": RADEMACHER,
    "uniform": UNIFORM,
    "laplace": LAPLACE,
    "exp - 1": from_moments(
        tuple(
            sum((comb(k, j) * (-1) ** (k - j) * factorial(j) for j in range(k + 1)), F(0))
            for k in range(1, 9)
        )
    ),
    "one": law_of(F(-3)),
    "zero": law_of(F(0)),
    "0, 1": law_of(F(0), F(1)),
    "1, 2": law_of(F(1), F(2)),
    "-1, -1, 2": law_of(F(-1), F(-1), F(2)),
    "0, ±1": law_of(F(-1), F(0), F(1)),
    "0, 3/4, 2": law_of(F(0), F(3, 4), F(2)),
    "-1, 1/2, 2": law_of(F(-1), F(1, 2), F(2)),
    "0, 1, 2, 3": law_of(F(0), F(1), F(2), F(3)),
    "-1, 0, 1/2, 3": law_of(F(-1), F(0), F(1, 2), F(3)),
}


@pytest.mark.slow
@pytest.mark.parametrize("rate", [F(1, 10**5), F(1, 1000), F(1, 2), F(1), F(100)], ids=str)
@pytest.mark.parametrize("factors", [3, 4])
@pytest.mark.parametrize("law", SURVEY)
def test_every_law_of_the_survey_has_a_complete_answer(law, factors, rate):
    answer = stationary_points(
        Problem(product(factors), SURVEY[law], InnerLoop(rate=rate), input_second_moment=F(9, 4))
    )
    assert answer.complete
    assert not answer.certificate.reservation
