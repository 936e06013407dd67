"""The answer itself: complete, certified, exact, and independent of the method used."""

from fractions import Fraction
from itertools import combinations

import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import tasks
from analysis.adaptation import InnerLoop
from analysis.algebra.elimination import common_points
from analysis.algebra.index import index_of_field
from analysis.algebra.polynomials import context, evaluate, fraction
from analysis.landscape import Problem, derive
from analysis.models import DEEP, SHALLOW, product
from analysis.stationary_points import StationaryPoints, UnsupportedProblem, stationary_points
from analysis.stationary_points.points import disjoint

rates = st.fractions(min_value=Fraction(1, 50), max_value=5, max_denominator=50)
laws = st.sampled_from(list(tasks.NAMED.values()))


def solve(rate: object, law: tasks.TaskLaw = tasks.GAUSSIAN, model=DEEP, **loop) -> StationaryPoints:
    return stationary_points(Problem(model, law, InnerLoop(rate=Fraction(rate), **loop)))


GOLDEN = {  # α: (minima, maxima, saddles); the certificate is in the code, the table keeps it from drifting
    "1/100": (4, 5, 8),
    "1/10": (4, 5, 8),
    "1/4": (4, 5, 8),
    "267/1000": (4, 5, 8),
    "268/1000": (4, 1, 4),
    "3/10": (4, 1, 4),
    "1/2": (4, 1, 4),
    "1": (4, 1, 4),
    "3": (4, 1, 4),
    "100": (4, 1, 4),
}


@pytest.mark.parametrize(("rate", "kinds"), GOLDEN.items())
def test_golden_counts_of_the_deep_model(rate: str, kinds: tuple[int, int, int]) -> None:
    counts = solve(rate).counts
    assert (counts["minimum"], counts["maximum"], counts["saddle"], counts["degenerate"]) == (*kinds, 0)


@settings(max_examples=8)
@given(rates, laws)
def test_count_is_independent_of_the_method(rate: Fraction, law: tasks.TaskLaw) -> None:
    """Elimination on ∂L/∂a = ∂L/∂b = 0 directly, without symmetry or strata, finds the same points."""
    found = solve(rate, law)
    direct = common_points(*found.landscape.gradient)
    places = sorted(tuple(round(float(x.mid()), 8) for x in p.enclose(80)) for p in direct)
    assert sorted(tuple(round(float(x.mid()), 8) for x in p.enclose(80)) for p in found.points) == places


@settings(max_examples=10)
@given(rates, laws)
def test_index_sum_and_winding_number_agree_and_are_one(rate: Fraction, law: tasks.TaskLaw) -> None:
    found = solve(rate, law)
    assert found.complete
    assert found.certificate.index_sum == found.certificate.expected_index_sum == 1


def test_the_index_check_notices_a_missing_point() -> None:
    found = solve("1/10")
    total = sum(p.index for p in found.points)
    assert all(total - p.index != found.certificate.expected_index_sum for p in found.points)


@settings(max_examples=10)
@given(rates, laws, st.integers(2, 30))
def test_boxes_are_disjoint_and_hold_one_zero_each(rate: Fraction, law: tasks.TaskLaw, digits: int) -> None:
    found = solve(rate, law)
    digits = next(d for d in (digits, 8, 16, 32) if d >= digits and disjoint(found.points, d))
    margin = Fraction(1, 10 ** (2 * digits))
    for point in found.points:
        box = [(i.lower - margin, i.upper + margin) for i in point.box(digits).values()]
        assert index_of_field(found.landscape.gradient, box) == point.index


@settings(max_examples=10)
@given(rates, laws)
def test_gradient_vanishes_in_every_enclosure_and_eigenvalues_have_the_stated_signs(
    rate: Fraction, law: tasks.TaskLaw
) -> None:
    found = solve(rate, law)
    for point in found.points:
        balls = point.enclose(200)
        assert all(evaluate(component, balls).contains(0) for component in found.landscape.gradient)
        signs = [(e.lower > 0) - (e.upper < 0) for e in point.eigenvalues(40)]
        assert (signs.count(1), signs.count(-1), signs.count(0)) == point.inertia


@settings(max_examples=10)
@given(rates, st.fractions(min_value=Fraction(1, 4), max_value=4, max_denominator=4), laws)
def test_rescaling_the_tasks_rescales_the_points(rate: Fraction, scale: Fraction, law: tasks.TaskLaw) -> None:
    """θ → sθ, α → α/s, (a, b) → √s (a, b) maps the landscape to itself: the counts cannot change."""
    moments = tuple(scale**k * law.moment(k) for k in range(1, 5))
    scaled = solve(rate / scale, tasks.from_moments(moments))
    assert scaled.counts == solve(rate, law).counts


@settings(max_examples=12)
@given(rates, st.fractions(-5, 5, max_denominator=9), st.fractions(-5, 5, max_denominator=9), laws)
def test_one_step_solves_every_task_from_the_minima_and_from_every_b(
    rate: Fraction, theta: Fraction, start: Fraction, law: tasks.TaskLaw
) -> None:
    """(20): with a² = 1/α held fixed, b ← b − αa(ab − θ) gives ab = θ, whatever b was; with b = 0 MAML's full
    step does too. In exact arithmetic on a² and ab, which are rational."""
    a_squared = 1 / rate
    ab = start  # the product a·b for an arbitrary b
    assert ab - rate * a_squared * (ab - theta) == theta
    slope = derive(Problem(DEEP, loop=InnerLoop(rate=rate))).adapted_slope
    # at b = 0 only the even power a² enters
    at_zero = {e[:1] + e[2:]: c for e, c in slope.to_dict().items() if e[1] == 0}
    total = sum(
        (fraction(c) * a_squared ** int(e[0] // 2) * theta ** int(e[1]) for e, c in at_zero.items()),
        Fraction(0),
    )
    assert all(e[0] % 2 == 0 for e in at_zero)
    assert total == theta
    global_minima = [p for p in solve(rate, law).points if p.is_global]
    assert len(global_minima) >= 4
    assert all(p.loss().lower == p.loss().upper == 0 for p in global_minima)


def test_every_minimum_of_the_gaussian_deep_model_is_global() -> None:
    for rate in ("1/10", "1/2", "2"):
        assert all(p.is_global for p in solve(rate).points if p.kind == "minimum")


@given(rates)
def test_shallow_model_has_one_point_or_a_line(rate: Fraction) -> None:
    found = solve(rate, model=SHALLOW)
    assert found.complete
    if rate == 1:
        assert not found.points
        assert [f.dimension for f in found.families] == [1]
    else:
        (only,) = found.points
        assert only.kind == "minimum"
        assert only.is_global
        assert only.loss().lower <= (1 - rate) ** 2 / 2 <= only.loss().upper
        assert [x.mid() for x in only.enclose()] == [0]


def test_families_are_described() -> None:
    anil = solve("1/10", adapts=("b",))
    assert {f.description for f in anil.families} == {"a = 0", "a^2 - 10 = 0"}
    assert not anil.points
    meta_sgd = stationary_points(Problem(SHALLOW, loop=InnerLoop(preconditioner="meta-sgd")))
    (line,) = meta_sgd.families
    assert (line.description, line.dimension, line.hessian_rank, line.kind) == (
        "A_c - 1 = 0",
        1,
        1,
        "minimum",
    )
    untouched = solve("1/10", steps=0)
    assert {f.description for f in untouched.families} == {"a = 0", "b = 0"}


def test_a_constant_task_leaves_curves_and_a_monkey_saddle_has_index_minus_two() -> None:
    """θ = 0 for certain: L = ½f², and f = 0 on curves."""
    still = stationary_points(
        Problem(DEEP, tasks.from_moments((Fraction(0),) * 4), InnerLoop(rate=Fraction(1)))
    )
    assert still.families
    x, y = context(("x", "y")).gens()
    box = ((Fraction(-1), Fraction(1)),) * 2
    assert index_of_field((3 * x**2 - 3 * y**2, -6 * x * y), box) == -2


def test_a_degenerate_isolated_point_is_found_at_a_rational_threshold() -> None:
    """Laplace tasks at α = 1/3: two pairs of diagonal points merge, on each diagonal."""
    found = solve("1/3", tasks.LAPLACE)
    assert found.complete
    degenerate = [p for p in found.points if p.kind == "degenerate"]
    assert len(degenerate) == 4
    assert all(p.inertia[2] == 1 for p in degenerate)
    assert all(sum(e.lower == e.upper == 0 for e in p.eigenvalues()) == 1 for p in degenerate)


def test_first_order_maml_keeps_the_solutions_but_adds_points() -> None:
    found = solve("1/10", outer="first-order")
    assert found.complete
    exact = [p for p in found.points if p.has_zero_loss()]
    assert len(exact) == 4
    assert len(found.points) == 21


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (Problem(DEEP), "give a number for alpha"),
        (Problem(product(3), loop=InnerLoop(rate=Fraction(1), steps=2)), "3 unknowns"),
        (Problem(DEEP, loop=InnerLoop(rate=Fraction(1)), input_second_moment=None), "give a number for v"),
    ],
)
def test_what_cannot_be_certified_is_refused(problem: Problem, message: str) -> None:
    with pytest.raises(UnsupportedProblem, match=message):
        stationary_points(problem)


def test_points_can_be_enclosed_as_tightly_as_one_asks() -> None:
    for point in solve("1/10").points:
        for digits in (5, 50, 300):
            assert all(i.upper - i.lower <= Fraction(4, 10**digits) for i in point.box(digits).values())


def test_the_four_minima_are_the_papers() -> None:
    minima = [p for p in solve("1/10").points if p.kind == "minimum"]
    squares = sorted(
        (round(float(a.mid()) ** 2, 9), round(float(b.mid()) ** 2, 9))
        for a, b in (p.enclose() for p in minima)
    )
    assert squares == [(0, 10), (0, 10), (10, 0), (10, 0)]
    for p in minima:
        low, high = p.eigenvalues()
        assert low.lower <= 3 * Fraction(1, 10) ** 3 <= low.upper
        assert high.lower <= Fraction(4, 10) <= high.upper


def test_all_pairs_are_distinct_points() -> None:
    for one, two in combinations(solve("1/10").points, 2):
        assert any(not x.overlaps(y) for x, y in zip(one.enclose(), two.enclose(), strict=True))


def test_enclosures_contain_sqrt_ten() -> None:
    a = solve("1/10").points[0].enclose(300)[0]
    assert (a * a).contains(arb(10))
