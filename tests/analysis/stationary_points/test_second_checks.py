"""The second check of what is derived by hand counts without the derivation, and notices what is missing."""

from dataclasses import replace
from fractions import Fraction

import pytest

from analysis.adaptation import InnerLoop
from analysis.algebra.polynomials import rational
from analysis.landscape import Problem
from analysis.models import DEEP, SHALLOW, product
from analysis.stationary_points import finite_field_check, stationary_points
from analysis.stationary_points.finite_field_check import (
    FiniteFieldCount,
    certificate,
    count_over_finite_field,
)
from analysis.stationary_points.points import Certificate
from analysis.stationary_points.products.planar_check import indices_and_turns
from analysis.stationary_points.products.strata import Setting
from analysis.stationary_points.ratios import RatioPoints, ratio_points
from analysis.tasks import GAUSSIAN, RADEMACHER
from tests.analysis.stationary_points.stationary_sets import SKEW

RATE = Fraction(1, 10)
BY_HAND = {
    "anil": Problem(product(3), GAUSSIAN, InnerLoop(rate=RATE, adapts=("c",))),
    "none": Problem(product(3), SKEW, InnerLoop(rate=RATE, adapts=())),
    "anil-4": Problem(product(4), SKEW, InnerLoop(rate=RATE, adapts=("d",))),
    "reptile": Problem(product(3), SKEW, InnerLoop(rate=RATE, outer="reptile")),
    "reptile-4": Problem(product(4), RADEMACHER, InnerLoop(rate=RATE, outer="reptile")),
    "kronecker": Problem(SHALLOW, SKEW, InnerLoop(rate=RATE, preconditioner="kronecker")),
}
BOTH_WAYS = {
    "two adapt": Problem(product(3), SKEW, InnerLoop(rate=RATE, adapts=("b", "c"))),
    "three adapt": Problem(product(4), GAUSSIAN, InnerLoop(rate=RATE, adapts=("b", "c", "d"))),
    "meta-sgd": Problem(DEEP, SKEW, InnerLoop(preconditioner="meta-sgd")),
    "two tasks": Problem(DEEP, RADEMACHER, InnerLoop(preconditioner="meta-sgd")),
    "meta-curvature": Problem(DEEP, GAUSSIAN, InnerLoop(rate=RATE, preconditioner="meta-curvature")),
    "kronecker": Problem(DEEP, GAUSSIAN, InnerLoop(rate=RATE, preconditioner="kronecker")),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_families_by_hand_are_all_zeros_over_a_finite_field(name):
    answer = stationary_points(BY_HAND[name])
    assert answer.complete
    assert "points over F_" in answer.certificate.check
    assert answer.certificate.index_sum > len(answer.families)
    everything = answer.families
    squares = [rational(RATE)] if answer.problem.loop.outer == "maml" else []
    for left_out in everything:
        rest = [family for family in everything if family is not left_out]
        fewer = count_over_finite_field(
            setting_of(answer), answer.landscape, rest, answer.points, squares=squares
        )
        assert fewer.both < fewer.either
    false = replace(everything[0], equations=(answer.landscape.ring.gen(0) - 1,))
    more = count_over_finite_field(setting_of(answer), answer.landscape, [*everything, false], answer.points)
    assert more.both < more.either


def setting_of(answer):
    return Setting(2, rational(RATE), answer.problem.task)


def test_a_missing_isolated_point_is_noticed():
    answer = stationary_points(BY_HAND["kronecker"])
    assert len(answer.points) == 1
    fewer = count_over_finite_field(setting_of(answer), answer.landscape, answer.families)
    assert fewer.either == fewer.both + 1


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_vanishing_unknowns_are_enumerated_and_the_rest_is_turned_around(name):
    answer = stationary_points(BOTH_WAYS[name])
    assert answer.complete
    assert answer.certificate.check.startswith("winding numbers of the equations in slope and ratio + points")


@pytest.mark.parametrize("count", [2, 3])
def test_ratio_points_have_the_turns_of_their_equations(count):
    found = ratio_points(SKEW, count)
    assert found.points
    assert len(found.counts) == count - 1
    assert all(indices == turns for indices, turns in found.counts)


def test_a_missing_solution_changes_the_sum_of_the_indices():
    (first, *_) = ratio_points(SKEW, 2).points
    loss = first.loss[0]
    equations = (loss.derivative(0), loss.derivative(1))
    every = [point.location for point in ratio_points(SKEW, 2).points]
    index = indices_and_turns(equations, every, (False, False))[0]
    fewer = indices_and_turns(equations, every[1:], (False, False))[0]
    assert abs(index - fewer) == 1


def test_without_a_suitable_prime_nothing_is_claimed(monkeypatch):
    monkeypatch.setattr(finite_field_check, "_PRIMES", (5,))
    assert not stationary_points(BY_HAND["anil"]).certificate.check  # 5 divides the denominator of the rate


def test_errors_of_opposite_sign_do_not_cancel():
    over_field = FiniteFieldCount(7, 20, 19)
    assert certificate("", RatioPoints(counts=((3, 3),)), FiniteFieldCount(7, 20, 20)).agrees
    assert not certificate("", RatioPoints(counts=((3, 4),)), over_field).agrees
    assert not certificate("", RatioPoints(counts=((3, 4), (4, 3))), None).agrees
    assert not certificate("", None, over_field).agrees
    several = Certificate("", "", ((2, 1), (0, 1)))
    assert several.index_sum == several.expected_index_sum == 2
    assert not several.agrees
    assert Certificate("").index_sum is Certificate("").expected_index_sum is None
