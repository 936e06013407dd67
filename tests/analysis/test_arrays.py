"""Polynomials on float arrays against exact evaluation."""

from fractions import Fraction

import numpy as np
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from analysis.algebra.arrays import values
from analysis.algebra.polynomials import context

coefficients = st.dictionaries(
    st.tuples(*[st.integers(0, 5)] * 3), st.fractions(-9, 9, max_denominator=9), max_size=6
)
coordinates = st.lists(st.fractions(-2, 2, max_denominator=8), min_size=3, max_size=3)


@given(coefficients, coordinates)
def test_float_values_are_the_exact_ones(terms, point):
    ring = context(("x", "y", "z"))
    poly = ring.from_dict({e: fmpq(c.numerator, c.denominator) for e, c in terms.items() if c})
    exact = poly(*[fmpq(x.numerator, x.denominator) for x in point])
    size = sum(
        abs(c) * np.prod([abs(x) ** e for x, e in zip(point, es, strict=True)]) for es, c in terms.items()
    )
    found = values(poly, *map(float, point))
    assert abs(float(found) - float(Fraction(int(exact.p), int(exact.q)))) <= 1e-13 * float(size + 1)


def test_values_broadcast():
    ring = context(("x", "y"))
    x, y = ring.gens()
    grid = values(x**2 - 3 * y + 1, np.arange(3.0), np.arange(2.0)[:, None])
    assert grid.tolist() == [[1, 2, 5], [-2, -1, 2]]
    assert values(ring.constant(2), np.zeros(4), 0.0).tolist() == [2, 2, 2, 2]
