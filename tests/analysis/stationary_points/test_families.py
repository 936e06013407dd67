"""Curves of stationary points, and polynomials that look like curves and have finitely many real points."""

from fractions import Fraction

import pytest
from flint import fmpq_mpoly

from analysis import tasks
from analysis.adaptation import InnerLoop
from analysis.algebra.polynomials import context
from analysis.landscape import Landscape, Problem
from analysis.models import DEEP
from analysis.stationary_points import StationaryPoints, stationary_points
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
