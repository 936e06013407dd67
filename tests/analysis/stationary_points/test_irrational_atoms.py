"""Laws with fewer atoms than factors, irrational ones: their support, sets, points, and the commands."""

import json
from collections import Counter
from fractions import Fraction as F

import numpy as np
import pytest
from flint import fmpq_poly
from hypothesis import given
from hypothesis import strategies as st

from analysis.adaptation import InnerLoop
from analysis.algebra.algebraic_numbers import RealRoot
from analysis.algebra.elimination import AlgebraicPoint
from analysis.algebra.polynomials import context, rational
from analysis.landscape import Problem
from analysis.models import product
from analysis.stationary_points import stationary_points
from analysis.stationary_points.__main__ import main
from analysis.stationary_points.points import StationaryPoints
from analysis.stationary_points.products.settled_points import has_real_curve
from analysis.stationary_points.products.single_points import SinglePoints
from analysis.stationary_points.products.strata import Setting, all_equal, reduce_to, two_pairs
from analysis.stationary_points.products.support import (
    Support,
    product_over_roots,
    remainder,
    support_of,
)
from analysis.stationary_points.products.system import System
from analysis.tasks import RADEMACHER, TaskLaw, from_moments
from tests.analysis.stationary_points.stationary_sets import (
    MIXED,
    TILTED,
    TILTED_ATOMS,
    TILTED_WEIGHTS,
    atomic,
    conjugates,
    floats,
    hits,
    roots_of,
    spread_of_solutions,
)

CYCLIC, GENERIC, POSITIVE = roots_of(1, -3, 0), roots_of(1, -4, 0), roots_of(-3, 9, -6)


def setting(factors: int, law: TaskLaw, rate: F = F(1)) -> Setting:
    return Setting(factors, rational(F(rate)), law)


def support(factors: int, law: TaskLaw) -> Support:
    found = support_of(setting(factors, law))
    assert found is not None
    return found


def numbers(of: Support) -> list[tuple[float, float]]:
    """(value, probability) in ascending order."""
    return sorted(
        (float(atom.value.enclosure().mid()), float(atom.value.value(atom.probability).mid()))
        for atom in of.atoms
    )


def solved(factors: int, law: TaskLaw, rate: F) -> StationaryPoints:
    return stationary_points(Problem(product(factors), law, InnerLoop(rate=F(rate))))


def test_the_support_of_a_law_with_conjugate_atoms_and_unequal_probabilities():
    found = support(3, TILTED)
    assert numbers(found) == [pytest.approx(pair) for pair in zip(TILTED_ATOMS, TILTED_WEIGHTS, strict=True)]
    assert found.names == ("theta1", "theta2")
    mixed = support(4, MIXED)
    assert numbers(mixed) == [pytest.approx((x, 1 / 3)) for x in (-(2**0.5), 0, 2**0.5)]
    assert mixed.has_zero
    assert "0" in mixed.names
    assert len(mixed.irrational) == 2
    assert support_of(setting(3, MIXED)) is None


@given(
    st.integers(-3, 3),
    st.sampled_from([2, 3, 5, 7]),
    st.sampled_from([F(-1, 6), F(0), F(1, 10)]),
    st.sampled_from([F(0), F(1, 4)]),
)
def test_the_moments_are_those_of_the_support(centre, radicand, tilt, zero):
    law = conjugates(centre, radicand, tilt, zero)
    pairs = numbers(support(4, law))
    assert len(pairs) == 2 + bool(zero)
    for k in range(9):
        assert sum(p * v**k for v, p in pairs) == pytest.approx(float(law.moment(k)), abs=1e-6, rel=1e-9)


@given(
    st.lists(st.integers(-5, 5), min_size=1, max_size=6), st.lists(st.integers(-4, 4), min_size=1, max_size=3)
)
def test_remainders_and_products_over_the_roots(coefficients, roots):
    ring = context(["v"])
    v = ring.gen(0)
    poly = tuple(ring.constant(c) + k * v for k, c in enumerate(coefficients))
    modulus = fmpq_poly([1])
    for r in roots:
        modulus *= fmpq_poly([-r, 1])
    rest = remainder(poly, modulus)
    assert len(rest) == len(roots)
    total = ring.constant(1)
    for r in roots:
        value = sum((c * r**k for k, c in enumerate(poly)), ring.constant(0))
        assert value == sum((c * r**k for k, c in enumerate(rest)), ring.constant(0))
        total *= value
    assert product_over_roots(poly, modulus) == total


CURVES = [
    (3, conjugates(3, 2), F(1), [False, True]),  # conjugate tasks with different fates
    (3, conjugates(3, 2), F(1, 10), [True, True]),
    (3, TILTED, F(1), [True, True]),
    (4, conjugates(3, 2), F(1), [False, True]),
    (4, conjugates(3, 2, zero=F(1, 4)), F(1, 10), [False, True]),
    (4, conjugates(3, 2, zero=F(1, 4)), F(1, 1000), [False, True]),
    (4, MIXED, F(1), [True, True]),
    (4, CYCLIC, F(1), [True, False, True]),
    (4, GENERIC, F(1, 10), [True, False, True]),
    (4, POSITIVE, F(1), [False, False, True]),
    (4, atomic([F(1), F(3)], [F(1, 2), F(1, 2)]), F(1), [False, True]),
]


@pytest.mark.parametrize(("factors", "law", "rate", "expected"), CURVES)
def test_sets_with_an_irrational_slope_have_curves_where_solutions_are_found(factors, law, rate, expected):
    of = support(factors, law)
    listed = sorted(of.atoms, key=lambda atom: float(atom.value.enclosure().mid()))
    values = [float(atom.value.enclosure().mid()) for atom in listed]
    found, seen = [], []
    for slope, value in zip(listed, values, strict=True):
        if value:
            fates = ["slope" if atom is slope else "gain" for atom in of.atoms]
            found.append(has_real_curve(setting(factors, law, rate), of, fates))
            seen.append(hits(factors, rate, values, values.index(value)) > 0)
    assert found == seen
    assert found == expected


def test_an_abandoned_pair_needs_a_positive_square():
    """t = a g (θ − g) < 0: of two positive tasks the greater one is solved without adapting."""
    for law, expected in ((conjugates(3, 2), [False, True]), (conjugates(0, 2), [True, True])):
        of = support(4, law)
        fates = (("slope", "abandoned"), ("abandoned", "slope"))
        assert [has_real_curve(setting(4, law), of, pair) for pair in fates] == expected


def census(answer: StationaryPoints) -> Counter:
    return Counter((point.solution.multiplicities, point.inertia) for point in answer.points)


@pytest.mark.parametrize("rate", [F(1, 10), F(1), F(8, 5)])
def test_scaling_the_tasks_by_an_irrational_number_scales_the_answer(rate):
    """θ ↦ √8 θ with w ↦ √2 w and a ↦ a/4 multiplies f by √8; at a = 1 there are single points."""
    plain, scaled = solved(3, RADEMACHER, rate), solved(3, conjugates(0, 8), rate / 4)
    assert scaled.complete
    assert census(scaled) == census(plain)
    assert [(f.kind, f.dimension) for f in scaled.families] == [(f.kind, f.dimension) for f in plain.families]

    def points(answer: StationaryPoints, size: float) -> np.ndarray:
        rows = [
            [p.loss().approx * size**6, *sorted(abs(float(x.mid())) * size for x in p.enclose())]
            for p in answer.points
        ]
        return np.array(sorted(rows))

    assert points(plain, 2**0.5) == pytest.approx(points(scaled, 1), rel=1e-9, abs=1e-9)
    assert sum(bool(p.is_global) for p in scaled.points) == sum(bool(p.is_global) for p in plain.points)


# y₁, y₂ are the roots of y² − s y + q, and g = q is a task; the nodes of the two others are conjugate
PAIRS = [(9, 10, F(-7, 2), True), (7, 8, F(-9, 2), False)]


@pytest.mark.parametrize(("total", "square", "third", "single"), PAIRS)
def test_two_pairs_are_single_where_the_conjugate_nodes_are_on_both_sides(total, square, third, single):
    """(t + s)(t² + s t + 2q) = 1/a has one rational root, `third`; the other two are nodes."""
    rate = 1 / ((third + total) * (third**2 + total * third + 2 * square))
    half, size = -(2 * total + third) / 2, (-3 * third**2 - 4 * total * third - 8 * square) / 4
    centre, radicand = square + half / (rate * square), size / (rate * square) ** 2
    moments, x, y = list[F](), F(1), F(0)
    for k in range(1, 9):
        x, y = centre * x + radicand * y, x + centre * y
        moments.append((square**k + 2 * x) / 3)
    law = from_moments(tuple(moments))
    of = support(4, law)
    assert len(of.irrational) == 2
    problem = setting(4, law, rate)
    chart = next(chart for chart in two_pairs() if chart.fixed_sign > 0)
    reduced = reduce_to(problem, chart)
    here = AlgebraicPoint(RealRoot((0, 1), 0), (fmpq_poly([total]), fmpq_poly([square])))
    assert all(here.sign(e) == 0 for e in reduced.equations)
    decide = SinglePoints(problem, of)
    assert decide(System(reduced, reduced.equations), here) is single
    assert not decide.doubts
    values = [value for value, _ in numbers(of)]
    squares = np.repeat(np.roots([1, -total, square]).real, 2)
    assert (spread_of_solutions(rate, values, squares, 0.01) < 1e-4) is single


@pytest.mark.parametrize(
    ("adapting", "lost", "rate"), [(F(16), F(-14), F(1, 15)), (F(1, 16), F(3, 8), F(8, 5))]
)
def test_a_curve_with_an_abandoned_task_passes_through_four_equal_squares(adapting, lost, rate):
    """w = (1, 1, 1, 1), P = (1 + t)⁴: t = −1 for the task that is abandoned, and P = θ for the other one."""
    assert 1 + rate * (lost - 1) == 0
    assert (1 + rate * (adapting - 1)) ** 4 == adapting
    law = atomic([adapting, lost], [F(1, 2), F(1, 2)])
    problem = setting(4, law, rate)
    chart = next(chart for chart in all_equal(4) if chart.fixed_sign > 0)
    reduced = reduce_to(problem, chart)
    here = AlgebraicPoint(RealRoot((0, 1), 0), (fmpq_poly([1]),))
    assert all(here.sign(e) == 0 for e in reduced.equations)
    decide = SinglePoints(problem, support(4, law))
    assert decide(System(reduced, reduced.equations), here) is False
    assert not decide.doubts


TASK = "moments:1,3,7,17,41,99"


def test_the_command_names_the_irrational_tasks(capsys):
    assert main(["--factors", "3", "--task", TASK, "--alpha", "1/10"]) == 0
    text = capsys.readouterr().out
    assert "COMPLETE, proved" in text
    assert "theta = theta1 is solved without adapting, a b c = theta1; theta = theta2 is solved by" in text
    assert "theta1 = -0.414213562373, a root of theta1^2 - 2*theta1 - 1\n" in text
    assert "theta2 = 2.41421356237, a root of theta2^2 - 2*theta2 - 1\n" in text


def test_the_constants_of_a_family_in_json_and_latex(capsys):
    assert main(["--factors", "3", "--task", TASK, "--alpha", "1/10", "--json"]) == 0
    families = json.loads(capsys.readouterr().out)["families"]
    (family,) = (f for f in families if "a*b*c - theta1 = 0" in f["equations"])
    assert family["constants"]["theta1"]["approx"] == pytest.approx(1 - 2**0.5, rel=1e-15)
    assert family["constants"]["theta1"]["minimal_polynomial"] == "theta1^2 - 2*theta1 - 1"
    assert not families[0]["constants"]
    assert main(["--factors", "3", "--task", TASK, "--alpha", "1/10", "--latex"]) == 0
    assert r"$\theta_{2} \approx 2.41421356237$, a root of $\theta_{2}^{2} - 2" in capsys.readouterr().out


@pytest.mark.parametrize("preconditioner", ["meta-sgd", "kronecker"])
def test_two_conjugate_tasks_and_a_learned_preconditioner(preconditioner):
    """One equation over ℚ for both surfaces; the enumeration over F_7, where 2 is a square, confirms them."""
    from analysis.models import DEEP

    loop = InnerLoop(rate=F(1, 10), preconditioner=preconditioner)
    answer = stationary_points(Problem(DEEP, TILTED, loop))
    assert answer.complete
    assert "F_7" in answer.certificate.check
    (family,) = (f for f in answer.families if "is solved before" in f.description)
    assert "theta = a*b is solved before and theta = -a*b + 2 after" in family.description
    assert str(family.equations[0]) == "a^2*b^2 - 2*a*b - 1"
    # the loss on both surfaces, with the last rate from the second equation, which is affine in it
    second, loss = floats(family.equations[1]), floats(answer.landscape.loss)
    for slope in TILTED_ATOMS:
        start = np.array([1.3, slope / 1.3, *np.linspace(0.4, 0.8, len(answer.problem.unknowns) - 3)])
        at_zero, at_one = (second(np.append(start, x)) for x in (0, 1))
        assert loss(np.append(start, at_zero / (at_zero - at_one))) == pytest.approx(0, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("rate", [F(1, 1000), F(1, 10), F(1)], ids=str)
@pytest.mark.parametrize(
    "law",
    [TILTED, conjugates(0, 2), conjugates(3, 2), conjugates(3, 2, zero=F(1, 4)), CYCLIC, GENERIC, POSITIVE],
    ids=["1±√2", "±√2", "3±√2", "0, 3±√2", "cyclic", "generic", "positive"],
)
def test_every_law_with_irrational_atoms_has_a_complete_answer(law, rate):
    answer = solved(4, law, rate)
    assert answer.complete
    assert not answer.certificate.reservation
