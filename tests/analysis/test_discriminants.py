"""The norm of the Jacobian against solutions found in floating point, and on systems known by heart."""

import numpy as np
import pytest
from flint import fmpq, fmpq_mpoly, fmpz_poly
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.algebra.discriminants import NoNorm, NotSeparated, meeting
from analysis.algebra.polynomials import context

RING = context(("x", "y", "t"))
X, Y, T = RING.gens()
SMALL = st.integers(-3, 3)


def vanishing(poly: fmpz_poly) -> set[fmpq]:
    """The rational roots other than 0."""
    linear = [f for f, _ in poly.factor()[1] if f.degree() == 1 and f[0]]
    return {fmpq(-f[0], f[1]) for f in linear}


def test_a_line_touches_a_circle():
    for unit in (1, 10**30):
        found = meeting(X**2 + Y**2 - unit * T, X + Y - 1)
        assert found.count == 2
        assert vanishing(found.norm) == {fmpq(1, 2 * unit)}
        assert not vanishing(found.leading)


def test_denominators_are_those_of_another_unit_of_t():
    pair = X**2 - X * Y + X - Y + 1 + 2 * T + 2 * T**2, X - Y * T - 2 * T
    plain, scaled = meeting(*pair), meeting(*(f.compose(X, Y, T / 7) for f in pair))
    assert plain.count == scaled.count == 2
    for one, other in ((plain.norm, scaled.norm), (plain.leading, scaled.leading)):
        stretched = fmpz_poly([c * 7**k for k, c in enumerate(other.coeffs())])
        assert stretched * one.leading_coefficient() == one * stretched.leading_coefficient()


def test_what_would_take_too_long_is_refused():
    with pytest.raises(NoNorm, match="too long"):
        meeting(X**2 - X * Y - T, X * Y + Y**2 - T / 10**3000)


def test_a_solution_goes_to_infinity():
    found = meeting(X - Y, (2 * T - 1) * Y**2 + X - 1)  # (1, 1) is the other one's limit
    assert vanishing(found.leading) == {fmpq(1, 2)}
    assert fmpq(3, 8) in vanishing(found.norm)  # 1 + 4 (2 t − 1) = 0


def test_where_no_solutions_are_left_or_all_points_are_solutions():
    assert vanishing(meeting(X, X * Y + 3 * T - 1).leading) == {fmpq(1, 3)}
    for pair, reason in (((X**2 - Y**2, (X - Y) * (X + T)), "a curve"), ((X, X + T), "Jacobian is 0")):
        with pytest.raises(NotSeparated, match=reason):
            meeting(*pair)


def test_solutions_with_the_same_y_are_not_taken_to_meet():
    """(0, t), and (1, t²): the same y at t = 1, where nothing meets; the discriminant of R vanishes there."""
    first = X**2 - X
    second = Y - T + X * (T - T**2)
    found = meeting(first, second)
    assert found.count == 2
    assert not vanishing(found.norm)
    for always in (X**2 - 1, (X - Y) ** 2):  # here they share y for every t, or coincide
        with pytest.raises(NotSeparated):
            meeting(always, Y**2 - T + always)


@pytest.mark.parametrize("second", [Y - X * T + 1, X * T**2 - Y])
def test_the_form_of_the_first_polynomial_is_checked(second: fmpq_mpoly):
    for pair in ((second, X), (X, Y - T), (X + Y**2, X)):
        with pytest.raises(ValueError, match="whole degree"):
            meeting(*pair)
    with pytest.raises(ValueError, match="no integer"):
        meeting(X**2 + Y / 2, second)


def solutions(pair: tuple[fmpq_mpoly, fmpq_mpoly], t: float) -> list[tuple[complex, complex]]:
    """The common zeros at one t in floating point: Sylvester's determinant by its values on a circle."""
    table = [np.zeros((3, 3)) for _ in pair]
    for coefficients, poly in zip(table, pair, strict=True):
        for (i, j, k), c in poly.to_dict().items():
            coefficients[int(i), int(j)] += real(c) * t ** int(k)

    def at(y):
        (a, b), powers = table, np.array([1, y, y * y])
        a, b = (a @ powers)[::-1], (b @ powers)[::-1]
        return a, b, np.array([[*a, 0], [0, *a], [*b, 0], [0, *b]])

    places = 2 * np.exp(2j * np.pi * np.arange(16) / 16)
    resultant = np.fft.fft([np.linalg.det(at(y)[2]) for y in places]) / 16 / 2.0 ** np.arange(16)
    found = []
    for y in np.roots(resultant[4::-1]):
        first, second, _ = at(y)
        found.append((min(np.roots(first), key=lambda x: abs(np.polyval(second, x))), y))
    return found


@given(st.lists(SMALL, min_size=16, max_size=16), st.sampled_from((1, 3)), st.sampled_from((1, 2, 3)))
@settings(max_examples=15, deadline=None)
def test_the_norm_is_the_product_of_the_jacobian_over_the_solutions(numbers, leading, denominator):
    """Both as functions of t, up to a constant: the leading coefficient to the power d goes with it."""
    quadratic = [X * Y, Y**2, X, Y, X**0]
    scaled = [X * T, Y * T, T, T**2]
    first = leading * X**2 + sum(c * m for c, m in zip(numbers, quadratic, strict=False))
    first += sum(c * m for c, m in zip(numbers[5:7], scaled, strict=False))
    second = (2 + numbers[0] * T) * Y**2 + sum(
        c * m for c, m in zip(numbers[7:12], [X**2, *quadratic[2:], X * Y], strict=True)
    )
    assume(second.degrees()[0] > 0)
    second += sum(c * m / denominator for c, m in zip(numbers[12:], scaled, strict=True))
    try:
        found = meeting(first, second)
    except NotSeparated:
        assume(False)
    assume(found.count == 4)
    a, b, c, d = (f.derivative(i) for f in (first, second) for i in (0, 1))
    jacobian = a * d - b * c
    ratios = []
    for t in (fmpq(37 + 10 * k, 13) for k in range(7)):
        points = solutions((first, second), real(t))
        value = np.prod([evaluated(jacobian, x, y, real(t)) for x, y in points])
        exact = real(found.norm(t) / found.leading(t) ** int(jacobian.total_degree()))
        assume(abs(value) > 1e-3 and max(abs(y) for _, y in points) < 1e3)
        ratios.append(exact / value)
    assert np.ptp(np.abs(ratios)) < 1e-4 * abs(ratios[0])


def real(value: fmpq) -> float:
    return int(value.p) / int(value.q)


def evaluated(poly: fmpq_mpoly, x: complex, y: complex, t: float) -> complex:
    return sum(real(c) * x ** int(i) * y ** int(j) * t ** int(k) for (i, j, k), c in poly.to_dict().items())
