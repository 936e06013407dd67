"""The exact toolbox against constructions with known answers."""

import itertools
from fractions import Fraction
from itertools import pairwise, product
from math import acos, cos, pi, prod

import pytest
from flint import fmpq, fmpq_poly, fmpz_poly
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis.algebra.algebraic_numbers import (
    RealRoot,
    ascending,
    exact_ends,
    irreducible_factors,
    norm,
    rational_bounds,
    real_roots,
    roots_of_irreducible,
)
from analysis.algebra.elimination import CommonCurve, common_points
from analysis.algebra.index import ZeroOnBoundary, index_of_field
from analysis.algebra.polynomials import context, evaluate, fraction, to_sympy, transport, univariate
from analysis.algebra.root_isolation import isolating_intervals
from analysis.algebra.tarski import count_positive_roots, count_real_roots, real_roots_are_simple

RING = context(("x", "y"))
X, Y = RING.gens()
small = st.integers(-4, 4)


def from_roots(roots: list[int]) -> fmpq_poly:
    return prod((fmpq_poly([-r, 1]) for r in roots), start=fmpq_poly([1]))


@given(st.lists(small, min_size=1, max_size=5))
def test_real_roots_finds_each_root_once_and_no_complex_one(roots: list[int]) -> None:
    found = list(real_roots(from_roots(roots) * fmpq_poly([1, 0, 1]) * fmpq_poly([-2, 0, 0, 1])))
    assert sorted(float(r.enclosure().mid()) for r in found) == pytest.approx(sorted({*roots, 2 ** (1 / 3)}))


@given(st.lists(st.integers(-9, 9), min_size=3, max_size=9), st.integers(-40, 40))
def test_isolated_roots_are_those_among_all_complex_roots(coefficients: list[int], exponent: int) -> None:
    """Against Arb's complex roots, for roots of any size; enclosures are disjoint, tight and ascending."""
    assume(coefficients[0] and coefficients[-1])
    unit = fmpq(2) ** exponent
    scaled = fmpq_poly([c * unit**i for i, c in enumerate(coefficients)])
    for factor in irreducible_factors(scaled):
        complex_roots = [z for z, _ in factor.complex_roots()]
        expected = sorted(
            (z.real for z in complex_roots if z.imag == 0), key=lambda x: fraction(x.mid().fmpq())
        )
        found = [root.enclosure(64) for root in roots_of_irreducible(factor)]
        if factor.degree() > 1:
            alone = isolating_intervals(factor)
            assert len(alone) == len(expected)
            assert all(low < x < high for x, (low, high) in zip(expected, alone, strict=True))
        assert len(found) == len(expected)
        assert all(a.overlaps(b) for a, b in zip(found, expected, strict=True))
        assert all(a < b for a, b in pairwise(found))
        assert all(a.rel_accuracy_bits() >= 60 for a in found)


def test_a_long_polynomial() -> None:
    """Chebyshev's T₁₀₁(x) − 1/3 has its 101 roots at cos((± arccos ⅓ + 2πk)/101)."""
    found = [float(x.mid()) for r in real_roots(chebyshev(101)) for x in [r.enclosure(80)]]
    angle = acos(1 / 3)
    expected = sorted(cos((angle + 2 * pi * k) / 101) for k in range(101))
    assert sorted(found) == pytest.approx(expected, abs=1e-12)


def chebyshev(degree: int) -> fmpq_poly:
    return fmpq_poly(fmpz_poly.chebyshev_t(degree)) - fmpq(1, 3)


def test_close_roots_are_told_apart() -> None:
    """Mignotte's polynomial x⁹ − 2 (1000 x − 1)²: two roots within 10⁻¹⁵ of 1/1000, and one far away."""
    poly = fmpq_poly([0] * 9 + [1]) - 2 * fmpq_poly([-1, 1000]) ** 2
    close = [root.enclosure(128) for root in real_roots(poly)]
    assert len(close) == 3
    assert close[0] < fmpq(1, 1000) < close[1]
    assert close[1] - close[0] < 1e-15
    assert close[2] > 1


@given(st.lists(small, min_size=1, max_size=4))
def test_counting_by_hermites_form(roots: list[int]) -> None:
    rationals = RealRoot((0, 1), 0)
    poly = [fmpq_poly([c]) for c in (from_roots(roots) * fmpq_poly([1, 1, 1])).coeffs()]
    assert count_real_roots(rationals, poly) == len(set(roots))
    assert count_positive_roots(rationals, poly) == len({r for r in roots if r > 0})
    assert real_roots_are_simple(rationals, poly) == (len(set(roots)) == len(roots))


def test_counting_over_a_number_field() -> None:
    """x² − 2√2 x + 2 = (x − √2)² has one real root over ℚ(√2), where rational arithmetic sees none."""
    sqrt2 = RealRoot((-2, 0, 1), 1)
    poly = [fmpq_poly([2]), fmpq_poly([0, -2]), fmpq_poly([1])]
    assert count_positive_roots(sqrt2, poly) == 1
    assert not real_roots_are_simple(sqrt2, poly)
    assert count_positive_roots(RealRoot((-2, 0, 1), 0), poly) == 0  # the other root of the same field


def test_signs_of_algebraic_numbers_are_exact() -> None:
    sqrt2 = RealRoot((-2, 0, 1), 1)
    assert sqrt2.sign(fmpq_poly([-2, 0, 1])) == 0
    assert sqrt2.sign(fmpq_poly([fmpq(-665857, 470832), 1])) == -1  # a convergent, wrong in the 12th decimal
    assert sqrt2.value(fmpq_poly([fmpq(-665857, 470832), 1]), 200).rel_accuracy_bits() >= 200  # 40 cancel
    inverse = sqrt2.inverse(fmpq_poly([1, 1]))
    assert sqrt2.reduce(inverse * fmpq_poly([1, 1])) == fmpq_poly([1])
    with pytest.raises(ZeroDivisionError):
        sqrt2.inverse(fmpq_poly([-2, 0, 1]))


@given(st.integers(1, 40))
def test_rational_bounds_enclose(digits: int) -> None:
    lower, upper = rational_bounds(RealRoot((-2, 0, 1), 1).enclosure(200), digits)
    assert lower**2 < 2 < upper**2
    assert upper - lower <= Fraction(2, 10**digits)


points = st.tuples(small, small)


@given(
    st.lists(small, min_size=1, max_size=3, unique=True), st.lists(small, min_size=1, max_size=3, unique=True)
)
def test_common_points_of_a_grid(xs: list[int], ys: list[int]) -> None:
    """∏(x − xᵢ) = ∏(y − yⱼ) = 0, mixed by an invertible combination, has exactly the grid as solutions."""
    first, second = prod((X - x for x in xs), start=X**0), prod((Y - y for y in ys), start=X**0)
    found = common_points(first + second * (X + 2), second)
    places = [tuple(round(float(c.mid()), 9) for c in point.enclose()) for point in found]
    assert sorted(places) == sorted(product(xs, ys))


@given(points, st.integers(1, 3), st.integers(1, 3))
def test_multiple_solutions_are_found_once(at: tuple[int, int], m: int, n: int) -> None:
    u, v = X - at[0] + Y - at[1], X - at[0] - (Y - at[1])
    (only,) = common_points(u**m, v**n)
    assert tuple(float(c.mid()) for c in only.enclose()) == at


def test_complex_solutions_on_real_lines_are_not_reported() -> None:
    """x² + y² = 0 and x = 0 meet at the origin only; x² + y² + 1 and y − x nowhere."""
    assert len(common_points(X**2 + Y**2, X)) == 1
    assert common_points(X**2 + Y**2 + 1, Y - X) == []


def test_a_shared_factor_is_named_and_not_sampled() -> None:
    with pytest.raises(CommonCurve) as caught:
        common_points((X - Y) * (X + 1), (X - Y) * (Y + 2))
    assert caught.value.factor in (X - Y, Y - X)


@given(st.lists(points, min_size=1, max_size=3, unique=True))
def test_index_of_a_polynomial_in_z_counts_roots_with_multiplicity(roots: list[tuple[int, int]]) -> None:
    """The field of a complex polynomial has index +1 at each root, that of its conjugate −1."""
    re, im = X**0, X * 0
    for a, b in roots:
        re, im = re * (X - a) - im * (Y - b), re * (Y - b) + im * (X - a)
    box = ((Fraction(-9, 2), Fraction(9, 2)),) * 2
    assert index_of_field((re, im), box) == len(roots)
    assert index_of_field((re, -im), box) == -len(roots)
    few = ((Fraction(-9, 2), Fraction(1, 2)), (Fraction(-9, 2), Fraction(9, 2)))
    assert index_of_field((re, im), few) == sum(a <= 0 for a, _ in roots)


def test_a_zero_on_the_boundary_is_refused() -> None:
    with pytest.raises(ZeroOnBoundary):
        index_of_field((X, Y), ((Fraction(0), Fraction(1)), (Fraction(-1), Fraction(1))))


invariant = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), small), max_size=5)


@given(invariant, st.sampled_from([-1, 0, 2]), st.sampled_from([(7, 7), (7, 5)]))
def test_the_turns_of_a_symmetric_field_are_those_counted_all_the_way_around(terms, twist, reach) -> None:
    """One side and its images, against the sum over two halves of the box, which have no symmetry."""
    loss = (X**2 + Y**2) ** 3 + sum(c * (X * Y) ** i * (X**2 + Y**2) ** j for i, j, c in terms)
    field = (loss.derivative(0) + twist * X**2 * Y, loss.derivative(1))  # odd; mirrored where twist is 0
    (a, b), cut = reach, Fraction(1, 13)
    bounds = (Fraction(-b), Fraction(b))
    try:
        parts = [index_of_field(field, (x, bounds)) for x in ((Fraction(-a), cut), (cut, Fraction(a)))]
        assert index_of_field(field, ((Fraction(-a), Fraction(a)), bounds)) == sum(parts)
    except ZeroOnBoundary:
        assume(False)


@given(small, small, small, small)
def test_the_index_of_a_linear_field_is_the_sign_of_its_determinant(p: int, q: int, r: int, s: int) -> None:
    """Odd for all coefficients; mirrored only where q = r and p = s."""
    determinant = p * s - q * r
    assume(determinant)
    box = ((Fraction(-2), Fraction(2)),) * 2
    assert index_of_field((p * X + q * Y, r * X + s * Y), box) == (1 if determinant > 0 else -1)


def test_a_field_without_symmetry_is_followed_all_the_way() -> None:
    box = ((Fraction(-3), Fraction(3)),) * 2
    assert index_of_field((X - 1, Y * Y * Y - Y + 1), box) == 1
    assert index_of_field((Y - X * X + 2, X), box) == -1
    assert index_of_field((X * X - Y * Y - 1, 2 * X * Y), box) == 2


@given(small, small)
def test_evaluate_encloses_and_transport_keeps_values(a: int, b: int) -> None:
    from flint import arb

    poly = 3 * X**2 * Y - X * Y**2 + 5
    assert evaluate(poly, [arb(a), arb(b)]).contains(poly(fmpq(a), fmpq(b)))
    moved = transport(poly, context(("z", "y", "x")))
    assert moved(fmpq(7), fmpq(b), fmpq(a)) == poly(fmpq(a), fmpq(b))
    assert to_sympy(poly).eval((a, b)) == 3 * a**2 * b - a * b**2 + 5


def test_polynomials_refuse_what_would_lose_a_variable() -> None:
    with pytest.raises(ValueError, match="not in the ring"):
        transport(X * Y, context(("x",)))
    with pytest.raises(ValueError, match="not univariate"):
        univariate(X * Y, "x")


@given(st.integers(-3, 3), st.integers(1, 3))
def test_distinct_solutions_that_share_an_abscissa_are_kept_apart(x: int, gap: int) -> None:
    """(x, ±gap): u = x does not separate them, so another shear must be found."""
    assume(gap > 0)
    found = common_points(Y**2 - gap**2, X - x)
    assert sorted(round(float(p.enclose()[1].mid())) for p in found) == [-gap, gap]


SQUARES_OF = st.sampled_from([(-2, 0, 1), (-1, -1, 0, 1), (1, -3, 0, 1), (-5, 0, 0, 0, 1)])
small_integers = st.lists(st.integers(-3, 3), min_size=1, max_size=3)


@given(SQUARES_OF, small_integers)
def test_a_number_of_a_field_knows_its_minimal_polynomial(coefficients, element):
    for field in real_roots(fmpq_poly(list(coefficients))):
        number = field.number(fmpq_poly(element))
        assert number.enclosure(200).overlaps(field.value(fmpq_poly(element), 200))
        assert field.degree % number.degree == 0
        assert not field.reduce(number.polynomial(fmpq_poly(element)))


@given(SQUARES_OF, st.lists(small_integers, min_size=2, max_size=4))
def test_numbers_of_different_fields_are_put_in_order_and_equal_ones_merged(coefficients, elements):
    fields = [*real_roots(fmpq_poly(list(coefficients))), *real_roots(fmpq_poly([-2, 0, 1]))]
    numbers = [field.number(fmpq_poly(element)) for field in fields for element in elements]
    ordered = ascending(numbers)
    values = [float(number.enclosure(64).mid()) for number in ordered]
    assert all(one < other for one, other in itertools.pairwise(values))
    assert set(numbers) == set(ordered)
    distinct = {round(float(number.enclosure(64).mid()), 9) for number in numbers}
    assert len(distinct) == len(ordered)


def test_the_norm_is_the_product_of_the_conjugates():
    """c − (u + 1) over ℚ(√2): (c − 1)² − 2."""
    (_, field) = real_roots(fmpq_poly([-2, 0, 1]))
    found = norm(field, [fmpq_poly([-1, -1]), fmpq_poly([1])])
    assert found / found[2] == fmpq_poly([-1, -2, 1])
    halves = norm(field, [fmpq_poly([fmpq(1, 2), fmpq(1, 3)]), fmpq_poly([0, fmpq(1, 5)])])
    assert halves / halves[0] * (fmpq(1, 4) - fmpq(2, 9)) == fmpq_poly(
        [fmpq(1, 36), -2 * 2 * fmpq(1, 3) * fmpq(1, 5), -2 * fmpq(1, 25)]
    )


@given(st.integers(54, 900))
def test_the_ends_of_a_ball_do_not_depend_on_the_working_precision(precision):
    ball = RealRoot((-2, 0, 1), 1).enclosure(precision)
    lower, upper = exact_ends(ball)
    assert lower**2 < 2 < upper**2
    assert upper - lower < Fraction(4, 2**precision)
