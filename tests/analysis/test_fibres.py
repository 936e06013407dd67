"""Elimination without a shear, against the sheared one and against constructed solutions."""

from fractions import Fraction

import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.algebra.elimination import CommonCurve, common_points
from analysis.algebra.fibres import sparse_common_points
from analysis.algebra.polynomials import context, rational

RING = context(["x", "y"])
X, Y = RING.gens()
exponents = st.tuples(st.integers(0, 4), st.integers(0, 3))
sparse = st.dictionaries(exponents, st.integers(-4, 4), min_size=2, max_size=5).map(
    lambda terms: RING.from_dict({e: fmpq(c) for e, c in terms.items() if c})
)


def places(points) -> list[tuple[float, ...]]:
    return sorted(tuple(round(float(x.mid()), 9) + 0.0 for x in point.enclose(80)) for point in points)


@settings(max_examples=80, deadline=None)
@given(sparse, sparse)
def test_same_points_as_with_a_shear(first, second):
    try:
        expected = places(common_points(first, second))
    except CommonCurve:
        with pytest.raises(CommonCurve):
            sparse_common_points(first, second)
        return
    assert places(sparse_common_points(first, second)) == expected


small = st.fractions(min_value=-3, max_value=3, max_denominator=3)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(small, small), min_size=1, max_size=4, unique=True), small, small)
def test_constructed_points_are_found_and_signs_are_exact(points, slope, offset):
    """∏ over the points of two families of lines, with several solutions in one fibre in either direction."""
    first = second = RING.constant(1)
    for a, b in points:
        first *= (X - rational(a)) ** 2 + (Y - rational(b)) ** 2  # real zeros: the points alone
        second *= (X - rational(a)) * (Y - rational(b))
    found = sparse_common_points(first, second)
    assert places(found) == sorted({(round(float(a), 9) + 0.0, round(float(b), 9) + 0.0) for a, b in points})
    line = rational(slope) * X + Y - rational(offset)
    for point in found:
        x, y = (Fraction(float(c.mid())).limit_denominator(10) for c in point.enclose())
        value = slope * x + y - offset
        assert point.sign(line) == (value > 0) - (value < 0)
        assert point.value(line * line + 1) > 0


def test_wanted_quadrant():
    first, second = X * X - 2, Y * Y - X * X
    assert len(sparse_common_points(first, second)) == 4
    assert len(sparse_common_points(first, second, (True, True))) == 1
    (point,) = sparse_common_points(first, second, (True, True))
    assert point.sign(X - Y) == 0
    assert point.sign(X * X - 2) == 0
    assert point.exact.sign(X - Y) == 0
    (alone,) = sparse_common_points(X * X - 2, Y - X, (True, True))  # one solution in every fibre: no shear
    assert alone.sign(X) == 1


def test_solutions_at_infinity_are_none():
    """x y = 1 and x y = 2 meet at infinity only; x y = 1 and x² y = 1 meet at (1, 1) alone."""
    assert sparse_common_points(X * Y - 1, X * Y - 2) == []
    assert places(sparse_common_points(X * Y - 1, X * X * Y - 1)) == [(1.0, 1.0)]
