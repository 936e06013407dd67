"""The derivation against hand-written formulas of the paper, exact finite differences, and its symmetries."""

from fractions import Fraction

import pytest
import sympy
from flint import fmpq, fmpq_mpoly
from hypothesis import given
from hypothesis import strategies as st

from analysis import tasks
from analysis.adaptation import InnerLoop
from analysis.algebra.polynomials import context, rational, substitute, to_sympy
from analysis.landscape import Landscape, Problem, at_rate, derive, post_adaptation_loss
from analysis.models import DEEP, SHALLOW, product

rationals = st.fractions(min_value=-3, max_value=3, max_denominator=12)
rates = st.fractions(min_value=Fraction(1, 20), max_value=3, max_denominator=20)
laws = st.sampled_from(list(tasks.NAMED.values()))


def value(poly: fmpq_mpoly, **at: Fraction) -> Fraction:
    result = poly(*(rational(at[name]) for name in poly.context().names()))
    return Fraction(int(result.p), int(result.q))


def as_expression(poly: fmpq_mpoly) -> sympy.Expr:
    return to_sympy(poly).as_expr()


def test_shallow_loss_is_half_of_square_contraction() -> None:
    """(34) with its ½: f = (1 − α)c + αθ, so L = ½(1 − α)²(c² + 1)."""
    c, alpha = sympy.symbols("c alpha")
    expected = sympy.Poly((1 - alpha) ** 2 * (c**2 + 1) / 2, c, alpha, domain="QQ")
    assert to_sympy(derive(Problem(SHALLOW)).loss) == expected


def test_deep_slope_and_loss_are_the_papers_p1_p2_p3() -> None:
    """(44)–(53), read as ½(1 + p₁² + p₂² + 3p₃² + 2p₁p₃ − 2p₂)."""
    a, b, alpha, theta = sympy.symbols("a b alpha theta")
    p1 = a * b - alpha * (a**2 + b**2) * a * b + alpha**2 * a**3 * b**3
    p2 = alpha * (a**2 + b**2) - 2 * alpha**2 * a**2 * b**2
    p3 = alpha**2 * a * b
    landscape = derive(Problem(DEEP))
    slope = sympy.Poly(p1 + p2 * theta + p3 * theta**2, a, b, alpha, theta, domain="QQ")
    assert to_sympy(landscape.adapted_slope) == slope
    loss = sympy.Poly((1 + p1**2 + p2**2 + 3 * p3**2 + 2 * p1 * p3 - 2 * p2) / 2, a, b, alpha, domain="QQ")
    assert to_sympy(landscape.loss) == loss


def test_symbolic_moments_noise_and_input_power_reduce_to_the_numbers() -> None:
    general = derive(Problem(DEEP, input_second_moment=None, noise_variance=None, symbolic_moments=True))
    assert {"alpha", "v", "s2", "m1", "m2", "m3", "m4"} <= set(general.ring.names())
    numbers = {"v": fmpq(1), "s2": fmpq(1), "m1": fmpq(0), "m2": fmpq(1), "m3": fmpq(0), "m4": fmpq(3)}
    ring = context(("a", "b", "alpha"))
    special = derive(Problem(DEEP))
    assert substitute(general.loss, numbers, ring) == special.loss
    assert substitute(general.full_loss, numbers, ring) == special.loss + fmpq(1, 2)


@given(a=rationals, b=rationals, alpha=rates, law=laws, v=st.fractions(1, 3, max_denominator=4))
def test_input_power_only_rescales_the_rate(
    a: Fraction, b: Fraction, alpha: Fraction, law: tasks.TaskLaw, v: Fraction
) -> None:
    """E[x²] = v with rate α moves the slope exactly as E[x²] = 1 with rate αv."""
    with_v = derive(Problem(DEEP, law, InnerLoop(rate=alpha), input_second_moment=v)).loss
    without = derive(Problem(DEEP, law, InnerLoop(rate=alpha * v))).loss
    assert value(with_v, a=a, b=b) == value(without, a=a, b=b)


@given(a=rationals, b=rationals, alpha=rates, law=laws, steps=st.integers(0, 2))
def test_symmetries_of_the_deep_loss(
    a: Fraction, b: Fraction, alpha: Fraction, law: tasks.TaskLaw, steps: int
) -> None:
    """Exchange and joint sign change always; a sign change of one factor because the laws are symmetric."""
    loss = derive(Problem(DEEP, law, InnerLoop(steps=steps, rate=alpha))).loss
    here = value(loss, a=a, b=b)
    assert here == value(loss, a=b, b=a) == value(loss, a=-a, b=-b) == value(loss, a=a, b=-b)


@given(a=rationals, b=rationals, alpha=rates)
def test_a_skewed_law_breaks_only_the_single_sign_change(a: Fraction, b: Fraction, alpha: Fraction) -> None:
    law = tasks.from_moments((Fraction(0), Fraction(1), Fraction(1), Fraction(3)))
    loss = derive(Problem(DEEP, law, InnerLoop(rate=alpha))).loss
    assert value(loss, a=a, b=b) == value(loss, a=b, b=a) == value(loss, a=-a, b=-b)
    odd_part = value(loss, a=a, b=b) - value(loss, a=a, b=-b)
    assert (odd_part == 0) == (value(_odd_coefficient(loss), a=a, b=b) == 0)


def _odd_coefficient(loss: fmpq_mpoly) -> fmpq_mpoly:
    return loss.context().from_dict({e: c for e, c in loss.to_dict().items() if e[1] % 2})


@given(a=rationals, b=rationals, alpha=rates, theta=rationals)
def test_the_slope_is_two_explicit_gradient_steps(
    a: Fraction, b: Fraction, alpha: Fraction, theta: Fraction
) -> None:
    """The polynomial evaluated is the recursion carried out on numbers, (38)–(39) twice."""
    landscape = derive(Problem(DEEP, loop=InnerLoop(steps=2, rate=alpha)))
    x, y = a, b
    for _ in range(2):
        residual = x * y - theta
        x, y = x - alpha * y * residual, y - alpha * x * residual
    assert value(landscape.adapted_slope, a=a, b=b, theta=theta) == x * y
    assert value(post_adaptation_loss(landscape), a=a, b=b, theta=theta) == (theta - x * y) ** 2 / 2


@given(a=rationals, b=rationals, alpha=rates, law=laws)
def test_gradient_and_hessian_are_exact_finite_differences(
    a: Fraction, b: Fraction, alpha: Fraction, law: tasks.TaskLaw
) -> None:
    """L has degree 6 in a: the degree-6 interpolation through 7 points differentiates it exactly."""
    landscape = derive(Problem(DEEP, law, InnerLoop(rate=alpha)))
    nodes = [Fraction(i) for i in range(-3, 4)]
    first = [
        Fraction(-1, 60),
        Fraction(3, 20),
        Fraction(-3, 4),
        0,
        Fraction(3, 4),
        Fraction(-3, 20),
        Fraction(1, 60),
    ]
    for i, name in enumerate(("a", "b")):
        shifted = [{"a": a, "b": b} | {name: {"a": a, "b": b}[name] + h} for h in nodes]
        difference = sum(w * value(landscape.loss, **p) for w, p in zip(first, shifted, strict=True))
        assert value(landscape.gradient[i], a=a, b=b) == difference
        for j in range(2):
            second = sum(w * value(landscape.gradient[j], **p) for w, p in zip(first, shifted, strict=True))
            assert value(landscape.hessian[i][j], a=a, b=b) == second


@given(alpha=rates, b=rationals)
def test_at_rate_substitutes(alpha: Fraction, b: Fraction) -> None:
    symbolic, numeric = derive(Problem(DEEP)), derive(Problem(DEEP, loop=InnerLoop(rate=alpha)))
    specialised = at_rate(symbolic, alpha)
    assert specialised.loss == numeric.loss
    assert specialised.gradient == numeric.gradient
    assert specialised.adapted_slope == numeric.adapted_slope


@pytest.mark.parametrize("factors", [1, 2, 3, 4])
def test_one_factor_alone_adapts_like_a_rescaled_shallow_model(factors: int) -> None:
    """ANIL on the last factor: f = g(1 − αA²) + αA²θ with A the product of the frozen factors, (16)."""
    model = product(factors)
    last = model.parameters[-1]
    landscape = derive(Problem(model, loop=InnerLoop(adapts=(last,))))
    symbols = sympy.symbols(model.parameters)
    alpha, theta = sympy.symbols("alpha theta")
    g, frozen = sympy.prod(symbols), sympy.prod(symbols[:-1])
    expected = sympy.Poly(
        g * (1 - alpha * frozen**2) + alpha * frozen**2 * theta, *symbols, alpha, theta, domain="QQ"
    )
    assert to_sympy(landscape.adapted_slope) == expected


def test_first_order_field_is_the_gradient_at_the_adapted_parameters() -> None:
    """Shallow: E ∇ℓ((1 − α)c + αθ) = (1 − α)c."""
    landscape = derive(Problem(SHALLOW, loop=InnerLoop(outer="first-order")))
    c, alpha = sympy.symbols("c alpha")
    assert to_sympy(landscape.vector_field[0]) == sympy.Poly((1 - alpha) * c, c, alpha, domain="QQ")


def test_reptile_with_one_step_follows_the_unadapted_gradient() -> None:
    landscape = derive(Problem(DEEP, loop=InnerLoop(rate=Fraction(1, 3), outer="reptile")))
    a, b = sympy.symbols("a b")
    assert to_sympy(landscape.vector_field[0]) == sympy.Poly(a * b**2, a, b, domain="QQ")


@pytest.mark.parametrize(
    ("name", "expected"), [("meta-sgd", "A_c"), ("meta-curvature", "M_c"), ("kronecker", "L_c*R_c")]
)
def test_preconditioned_shallow_model_multiplies_the_gradient(name, expected) -> None:
    landscape = derive(Problem(SHALLOW, loop=InnerLoop(preconditioner=name)))
    c, theta, alpha = sympy.symbols("c theta alpha")
    factor = sympy.sympify(expected) * (1 if name == "meta-sgd" else alpha)
    assert sympy.expand(as_expression(landscape.adapted_slope) - (c - factor * (c - theta))) == 0


@pytest.mark.parametrize(
    "bad",
    [
        lambda: InnerLoop(steps=-1),
        lambda: InnerLoop(rate=Fraction(0)),
        lambda: InnerLoop(preconditioner="adam"),
        lambda: product(0),
        lambda: product(7),
        lambda: derive(Problem(DEEP, loop=InnerLoop(adapts=("z",)))),
    ],
)
def test_impossible_problems_are_refused(bad) -> None:
    with pytest.raises(ValueError, match=r"choose|is no parameter"):
        bad()


@pytest.fixture
def deep() -> Landscape:
    return derive(Problem(DEEP))
