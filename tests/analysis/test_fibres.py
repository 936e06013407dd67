"""Elimination without a shear, against the sheared one and against constructed solutions."""

from fractions import Fraction

import pytest
from flint import fmpq, fmpq_poly, fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.algebra.algebraic_numbers import roots_of_irreducible
from analysis.algebra.elimination import CommonCurve, _gcd_above, common_points
from analysis.algebra.fibres import sparse_common_points
from analysis.algebra.polynomials import context, interpolate, rational
from analysis.algebra.residue_gcd import degree_bound, gcd_above, only_root
from analysis.algebra.resultants import Elimination

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


IRREDUCIBLE = st.sampled_from([[-2, 0, 0, 1], [3, 1, 0, -4, 7], [5, 2], [1, 0, 1], [-2, 0, 0, 0, 0, 0, 9]])
bivariate = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(0, 2)), st.fractions(-4, 4, max_denominator=3), max_size=6
).map(lambda terms: RING.from_dict({e: rational(c) for e, c in terms.items() if c}))


@settings(max_examples=60, deadline=None)
@given(IRREDUCIBLE, st.integers(0, 3), st.lists(bivariate, min_size=5, max_size=5))
def test_gcd_modulo_primes_is_the_gcd_over_the_residue_field(coefficients, degree, parts):
    """H A + r B and H C + r D: Euclid's algorithm over ℚ[u]/(r) and the one modulo primes agree."""
    factor = fmpz_poly(coefficients)
    modulus = fmpq_poly(factor)
    r = sum((c * X**i for i, c in enumerate(coefficients)), RING.constant(0))
    h = (X + 3) * Y**degree + parts[0].derivative(1) * (degree > 1) + X * X + 1
    pair = [h * (Y + parts[1]) + r * parts[2], h * (Y * X + parts[3]) + r * Y * parts[4]]
    found, expected = gcd_above(*pair, factor), _gcd_above(*pair, factor)
    assert len(found) == len(expected)
    assert degree_bound(*pair, factor) == len(found) - 1
    assert found[-1] == fmpq_poly(factor.derivative())
    assert all(not (f - e * found[-1]) % modulus for f, e in zip(found, expected, strict=True))


@pytest.mark.parametrize("power", [1, 2, 3, 4])
def test_a_power_of_one_line_has_one_root(power):
    factor, modulus = fmpz_poly([3, 1, 0, -4, 7]), fmpq_poly([3, 1, 0, -4, 7])
    r = 7 * X**4 - 4 * X**3 + X + 3
    line = 2 * Y - X * X + 5
    gcd = gcd_above(line**power * (Y - 9) + r, line**power * (Y + X) - r * Y * X, factor)
    only = only_root(gcd, factor)
    assert only is not None
    slope, constant = only
    assert not (slope * fmpq_poly([fmpq(-5, 2), 0, fmpq(1, 2)]) + constant) % modulus  # η = (u² − 5)/2
    assert only_root(gcd_above(line * (line + 1) ** power, line**power * (line + 1), factor), factor) is None
    assert only_root(gcd_above(line**3 * (line + 1), line**3 * (line + 1) * Y, factor), factor) is None


def test_a_leading_coefficient_that_vanishes_above_the_factor():
    factor = fmpz_poly([-2, 0, 1])
    gcd = gcd_above((X * X - 2) * Y**2 + Y - X, (X * X - 2) * Y**3 + Y * Y - 2, factor)
    assert len(gcd) == 2
    assert not (gcd[0] + gcd[1] * fmpq_poly([0, 1])) % fmpq_poly([-2, 0, 1])
    assert len(gcd_above(Y - X, Y - X - 1, factor)) == 1
    assert len(gcd_above((X * X - 2) * Y, Y**3 - X, factor)) == 4


@pytest.mark.parametrize("signs", [(False, False), (True, True), (True, False)])
def test_several_solutions_above_an_irrational_root(signs):
    """x⁵ = 2 below three lines y = x, y = −2 x and y = x − 1, found by shearing these two small equations."""
    heights = [X, -2 * X, X - 1]
    second = (Y - heights[0]) * (Y - heights[1]) * (Y - heights[2])
    first = (X**5 - 2) * (Y**2 + X * X + 1) * (X - 3) + second * (X**2 + 1)
    u = 2 ** (1 / 5)
    wanted = [(u, u), (u, -2 * u), (u, u - 1), (3, 3), (3, -6), (3, 2)]
    found = places(sparse_common_points(first, second, signs))
    expected = sorted(p for p in wanted if (not signs[0] or p[0] > 0) and (not signs[1] or p[1] > 0))
    assert found == [pytest.approx(p) for p in expected]


def test_a_long_factor_is_solved_by_newtons_method_and_the_line_agrees():
    """A resultant with a factor of degree above 40: enclosures without the line, signs with it."""
    first, second = X**23 + Y * Y * X**3 - 3 * X + 5, Y**3 + X * Y - X**2 + Y - 2
    found = sparse_common_points(first, second)
    long = [point for point in found if point.root.degree > 40]
    assert long
    for point in long:
        assert point.simple is not None
        exact = point.exact.enclose(100)
        assert all(a.overlaps(b) for a, b in zip(point.enclose(100), exact, strict=True))
        assert point.sign(second) == point.sign(first) == 0
        assert point.sign(second + 1) == 1
    assert places(found) == places(sparse_common_points(first + second, first - second))


def test_two_solutions_above_every_root_of_a_long_factor():
    long, second = X**41 - X - 1, Y**2 - X * Y - X**2 - 1
    found = sparse_common_points(long + second, second)
    x = 1 + 1 / 64
    for _ in range(30):
        x -= (x**41 - x - 1) / (41 * x**40 - 1)
    root = (5 * x**2 + 4) ** 0.5
    assert places(found) == [pytest.approx((x, (x - root) / 2)), pytest.approx((x, (x + root) / 2))]


def test_newtons_method_is_not_asked_where_a_zero_is_double():
    """y² = (x⁴³ − x − 1)⁰: two curves that touch above a long factor are solved by the line."""
    long = X**43 - X - 1
    first, second = Y - X, (Y - X) ** 2 + long**2 * (Y + 2)
    found = sparse_common_points(first, second)
    assert [point.simple for point in found] == [None] * len(found) != []
    order = Elimination(first, second)
    assert order.simple_zeros(list(roots_of_irreducible(fmpz_poly([-1, -1, *[0] * 41, 1])))) == []
    assert all(x == y for x, y in places(found))


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=8), st.integers(-20, 20), st.integers(0, 3))
def test_interpolation(coefficients, start, gap):
    poly = fmpq_poly([fmpq(c, 7) for c in coefficients])
    arguments = [start + k + gap * (k > 2) for k in range(len(coefficients))]
    assert interpolate(arguments, [poly(x) for x in arguments]) == poly
