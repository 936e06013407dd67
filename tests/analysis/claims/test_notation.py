"""The compact notation denotes what a reader expects, and the field it is read into is a field."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.claims.notation import NotationError, parse, parse_formula
from analysis.claims.quantities import gen, quantity

A, B, C, ALPHA, THETA, ROOT = (gen(name) for name in ("a", "b", "c", "alpha", "theta", "root"))
VALUES = {"α": ALPHA, "a": A, "b": B, "c": C, "θ_τ": THETA, "½": quantity(Fraction(1, 2)), "√α": ROOT}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("½(1−α)²c²", (1 - ALPHA) ** 2 * C**2 / 2),
        ("−αab", -(ALPHA * A * B)),
        ("a − b − c", A - B - C),
        ("1/√α", 1 / ROOT),
        ("√α·√α", ALPHA),
        ("(1/√α)²", 1 / ALPHA),
        ("[a + b]²", (A + B) ** 2),
        ("θ₀ − θ_τ", quantity(0)),
        ("E_τ[θ_τ⁴]", quantity(3)),
        ("E_xy[y²]", THETA**2 + 1),
        ("E_xy[xy]", THETA),
        ("½E_τ[E_xy[(y − cx)²]]", (C**2 + 2) / 2),
        ("a¹²", A**12),
    ],
)
def test_meaning(text, value):
    assert parse(text) == value


@pytest.mark.parametrize("text", ["", "a +", "(a", "a)", "q", "2 3 &", "√a", "a²³ − Ω", "p₄"])
def test_nonsense_is_refused(text):
    with pytest.raises(NotationError):
        parse(text)


def test_a_formula_needs_a_relation():
    with pytest.raises(NotationError, match="none of the signs"):
        parse_formula("a + b")
    formula = parse_formula("L = a = b + const")
    assert formula.up_to_constant
    assert len(formula.sides) == 2
    assert len(parse_formula("H = [a, b; c, 0]").sides[0]) == 4


@st.composite
def expressions(draw, depth=3):
    """A formula as text together with the quantity that Python's operators make of it."""
    if depth == 0 or draw(st.booleans()):
        symbol = draw(st.sampled_from(sorted(VALUES)))
        return symbol, VALUES[symbol]
    (left, x), (right, y) = draw(expressions(depth=depth - 1)), draw(expressions(depth=depth - 1))
    shape = draw(st.sampled_from(["sum", "difference", "product", "square", "negative"]))
    return {
        "sum": (f"({left} + {right})", x + y),
        "difference": (f"({left} − {right})", x - y),
        "product": (f"{left}{right}", x * y),
        "square": (f"({left})²", x * x),
        "negative": (f"(−{left})", -x),
    }[shape]


@given(expressions())
def test_text_and_python_agree(pair):
    text, value = pair
    assert parse(text) == value


@given(expressions(), expressions(), expressions())
def test_field_laws(one, two, three):
    x, y, z = one[1], two[1], three[1]
    assert x * (y + z) == x * y + x * z
    assert not y or (x / y) * y == x
    assert (x * y).partial("a") == x.partial("a") * y + x * y.partial("a")


@given(expressions())
def test_expectation_is_linear_and_fixes_what_has_no_task(pair):
    value = pair[1]
    mean = value.expectation()
    assert mean.free_of("theta")
    assert (value * A).expectation() == mean * A
    assert value.at(theta=0).expectation() == value.at(theta=0)


def test_unknown_generators_are_refused():
    with pytest.raises(KeyError, match="generators are"):
        A.at(alpha=1)
    with pytest.raises(ZeroDivisionError):
        A / quantity(0)
