"""Curves of stationary points, and polynomials that look like curves and have finitely many real points."""

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq, fmpq_mpoly

from analysis import tasks
from analysis.adaptation import InnerLoop
from analysis.algebra.polynomials import context
from analysis.landscape import Landscape, Problem
from analysis.models import DEEP, SHALLOW
from analysis.stationary_points import StationaryPoints, stationary_points
from analysis.stationary_points.index_check import certify
from analysis.stationary_points.solve import solve

A, B = context(["a", "b"]).gens()


def solved(loss: fmpq_mpoly) -> StationaryPoints:
    return solve(Landscape(Problem(DEEP), loss, loss))


@pytest.mark.parametrize("at", [0, 1])
def test_an_isolated_real_zero_of_a_common_factor_is_a_point(at: int) -> None:
    """(a − c)² + (b − c)² divides the gradient, and vanishes at one real point: no family, nothing lost."""
    found = solved(((A - at) ** 2 + (B - at) ** 2) ** 2)
    assert found.families == ()
    (point,) = found.points
    assert [float(x.mid()) for x in point.enclose()] == [at, at]
    assert (point.kind, point.index, point.is_global) == ("degenerate", 1, True)
    assert found.complete


@pytest.mark.parametrize("sign", [1, -1])
def test_one_eigenvalue_may_vanish_at_a_point_of_the_plane(sign: int) -> None:
    """±((a − 1)² + (b − 2)⁴): curved along a, flat along b, and alone."""
    found = solved(sign * ((A - 1) ** 2 + (B - 2) ** 4))
    (point,) = found.points
    assert (point.kind, point.index) == ("degenerate", 1)
    assert point.inertia == ((1, 0, 1) if sign > 0 else (0, 1, 1))
    assert found.complete


def test_two_isolated_zeros_of_one_irreducible_factor() -> None:
    found = solved(((A**2 + B**2 - 3) ** 2 + (A - B) ** 2) ** 2)
    assert found.families == ()
    assert sum(point.has_zero_loss() for point in found.points) == 2
    assert found.complete


@pytest.mark.parametrize("loss", [(B**2 - A**3) ** 2, (A**2 - 2) ** 2, (B**2 - 2) ** 2, (A * B - 1) ** 2])
def test_a_real_curve_is_a_family_of_minima(loss: fmpq_mpoly) -> None:
    found = solved(loss)
    assert any(family.kind == "minimum" and family.dimension == 1 for family in found.families)


def test_a_curve_without_real_points_is_nothing() -> None:
    found = solved((A**2 + B**2 + 1) ** 2)
    assert (found.families, [point.kind for point in found.points]) == ((), ["minimum"])


def test_no_family_of_zero_loss_is_said_to_be_a_maximum() -> None:
    law = tasks.from_moments((Fraction(1),) * 8)  # one task, θ = 1
    found = stationary_points(Problem(DEEP, law, InnerLoop(rate=Fraction(1, 2))))
    assert len(found.families) == 2
    for family in found.families:
        assert family.kind == "minimum"
        assert "maximum" not in family.exceptions
        assert "rank is 0" in family.exceptions


SKEW = tasks.parse("moments:1,2,4,10,26,76")


@pytest.mark.parametrize(
    ("problem", "divided_by", "index_sum"),
    [
        (Problem(DEEP, tasks.GAUSSIAN, InnerLoop(rate=Fraction(1, 10), adapts=("b",))), A**3 - 10 * A, -2),
        (Problem(DEEP, SKEW, InnerLoop(rate=Fraction(1, 10), adapts=("b",))), A**2 - 10, -1),
        (
            Problem(DEEP, SKEW, InnerLoop(rate=Fraction(1, 10), adapts=("b",), outer="first-order")),
            A**2 - 10,
            -1,
        ),
        (Problem(DEEP, tasks.GAUSSIAN, InnerLoop(steps=0, rate=Fraction(1))), A * B, -1),
        (Problem(DEEP, SKEW, InnerLoop(steps=0, rate=Fraction(1))), A * B - 1, -1),
    ],
)
def test_the_second_check_beside_families(problem: Problem, divided_by: fmpq_mpoly, index_sum: int) -> None:
    """The field divided by its common factor turns as often as the points found say, and no point is idle."""
    found = stationary_points(problem)
    certificate = found.certificate
    assert found.families
    assert found.complete
    assert certificate.check == f"winding number of the field divided by {divided_by}"
    assert certificate.index_sum == certificate.expected_index_sum == index_sum
    for missed in found.points:
        rest = tuple(point for point in found.points if point is not missed)
        assert not certify(found.landscape, rest, found.families, "").agrees


def test_zeros_of_the_divided_field_on_the_family_are_counted() -> None:
    """a(a, b − 1) vanishes on a = 0, and (a, b − 1) once more there, at (0, 1), with index 1."""
    problem = Problem(DEEP, loop=InnerLoop(rate=Fraction(1)))
    found = solve(Landscape(problem, A, A**2, (A * A, A * (B - 1))))
    assert [str(family.equations[0]) for family in found.families] == ["a"]
    assert (found.certificate.index_sum, found.certificate.expected_index_sum) == (1, 1)


@pytest.mark.parametrize("rate", ["1e-14", "1/1000", "5000", "6000", "1e24"])
@pytest.mark.parametrize("outer", ["maml", "first-order"])
def test_the_box_holds_the_zeros_on_the_families_however_far_they_are(rate: str, outer: str) -> None:
    """ANIL: two zeros of the divided field, at (0, ±√(2α)) for MAML, both with index −1."""
    loop = InnerLoop(rate=Fraction(rate), adapts=("b",), outer=outer)
    found = stationary_points(Problem(DEEP, loop=loop))
    assert found.complete
    assert (found.certificate.index_sum, found.certificate.expected_index_sum) == (-2, -2)


def test_a_point_close_to_a_family_is_missed_if_it_is_left_out() -> None:
    """Φ = (a²(a − ε), a(b − 1)): a family a = 0, a zero of Φ/a at (0, 1) on it, and a point at (ε, 1)."""
    problem = Problem(DEEP, loop=InnerLoop(rate=Fraction(1)))
    found = solve(Landscape(problem, A, A**2, (A**2 * (A - fmpq(1, 2**30)), A * (B - 1))))
    assert len(found.points) == 1
    assert found.complete
    assert not certify(found.landscape, (), found.families, "").agrees


@pytest.mark.parametrize(("x", "y"), [(0, 0), (1, 2)])
def test_an_isolated_zero_of_one_factor_beside_a_family_of_another(x: int, y: int) -> None:
    """Φ = (a − 3)((a − x)² + (b − y)²)(a − x, b − y): the line a = 3, and the point (x, y)."""
    problem = Problem(DEEP, loop=InnerLoop(rate=Fraction(1)))
    factor = (A - 3) * ((A - x) ** 2 + (B - y) ** 2)
    found = solve(Landscape(problem, A, A**2, (factor * (A - x), factor * (B - y))))
    assert [family.description for family in found.families] == ["a - 3 = 0"]
    (point,) = found.points
    assert [float(c.mid()) for c in point.enclose()] == [x, y]
    assert found.complete
    assert not certify(found.landscape, (), found.families, "").agrees


@pytest.mark.parametrize(
    "problem",
    [
        Problem(SHALLOW, loop=InnerLoop(rate=Fraction(1))),
        Problem(SHALLOW, loop=InnerLoop(2, Fraction(1))),
        Problem(SHALLOW, loop=InnerLoop(rate=Fraction(1), outer="first-order")),
        Problem(SHALLOW, loop=InnerLoop(rate=Fraction(1, 3), adapts=(), outer="reptile")),
        Problem(DEEP, loop=InnerLoop(rate=Fraction(1, 10), adapts=(), outer="reptile")),
        Problem(DEEP, SKEW, InnerLoop(0, Fraction(1, 10), outer="reptile")),
    ],
)
def test_where_every_point_is_stationary_the_loop_is_run_in_numbers(problem: Problem) -> None:
    found = stationary_points(problem)
    assert [family.description for family in found.families] == ["every point"]
    assert found.complete
    assert found.certificate.index_sum == found.certificate.expected_index_sum >= 2


@pytest.mark.parametrize(
    "loop",
    [InnerLoop(rate=Fraction(99, 100)), InnerLoop(rate=Fraction(1), outer="reptile")],
)
def test_a_field_that_vanishes_by_mistake_is_noticed(loop: InnerLoop) -> None:
    flat = stationary_points(Problem(SHALLOW, loop=InnerLoop(rate=Fraction(1))))
    false = Landscape(Problem(SHALLOW, loop=loop), flat.landscape.adapted_slope, flat.landscape.loss)
    assert not certify(false, (), flat.families, "").agrees


def test_a_field_with_complex_eigenvalues_has_the_inertia_of_their_real_parts() -> None:
    """Φ = (a G, b H), G = (a² − 4) + 3(b² − 1), H = −(a² − 4) − 2(b² − 1): at (±2, ±1) the trace is 4."""
    g, h = (A**2 - 4) + 3 * (B**2 - 1), -(A**2 - 4) - 2 * (B**2 - 1)
    problem = Problem(DEEP, loop=InnerLoop(rate=Fraction(1), outer="first-order"))
    found = solve(Landscape(problem, A, A**2 + B**2, (A * g, B * h)))
    spirals = [p for p in found.points if [abs(float(x.mid())) for x in p.enclose()] == [2, 1]]
    assert len(spirals) == 4
    for point in spirals:
        eigenvalues = np.linalg.eigvals([[float(x.mid()) for x in row] for row in point.jacobian(12)])
        assert abs(eigenvalues.imag).min() > 1
        assert (eigenvalues.real > 0).all()
        assert point.inertia == (2, 0, 0)


C = context(["c"]).gen(0)


@pytest.mark.parametrize(
    ("loss", "lowest"),
    [
        ((C**2 - 2) ** 2 + 1, [-(2**0.5), 2**0.5]),
        ((C**2 - 2) ** 2 + C / 10**30 + 1, [-(2**0.5)]),  # by 3e-30 lower than at √2
        ((C**3 - C - 1) ** 2 * (C - 5) ** 2 + 1, [1.324717957244746, 5.0]),  # in different fields, equal
        (C**4 + 1, [0.0]),
    ],
    ids=str,
)
def test_the_lowest_of_several_minima_of_one_unknown_is_found_exactly(loss, lowest) -> None:
    found = solve(Landscape(Problem(SHALLOW), loss, loss))
    assert all(point.is_global is not None for point in found.points)
    best = sorted(float(p.enclose()[0].mid()) for p in found.points if p.is_global)
    assert best == pytest.approx(lowest, abs=1e-7)
    grid = np.linspace(-9, 9, 20001)
    values = sum(float(c) * grid ** int(e[0]) for e, c in loss.to_dict().items())
    least = min(p.loss().approx for p in found.points)
    assert all(p.loss().approx == pytest.approx(least, abs=1e-12) for p in found.points if p.is_global)
    assert values.min() >= least - 1e-9


@pytest.mark.parametrize("loss", [-((C**2 - 2) ** 2), C**3 - 3 * C])
def test_a_loss_that_falls_forever_has_no_lowest_value(loss) -> None:
    found = solve(Landscape(Problem(SHALLOW), loss, loss))
    assert [p.is_global for p in found.points if p.kind == "minimum"] == [None]
