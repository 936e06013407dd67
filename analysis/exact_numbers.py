"""Rational numbers as a user writes them: read exactly, and a real number printed to the digits asked for.

1/10, 0.1 and 1e-1 are the same number. Sizes are bounded, so that no input such as 1e999999999 fills the
memory before anything is computed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from flint import arb, ctx

LARGEST = 10**100  # of numerator and denominator
_RATIONAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?|[+-]?\d+/\d+", re.ASCII)


def read_rational(text: str) -> Fraction:
    """The exact value of a number written as 1/10, 0.1 or 1e-1.

    Raises:
        ValueError: the text is no such number, or its numerator or denominator has more than 100 digits.
    """
    text = text.strip()
    if not _RATIONAL.fullmatch(text) or len(text) > 250:
        raise ValueError(f"{text[:40]!r} is not a rational number: write 1/10, 0.1 or 1e-1")
    try:
        value = Fraction(text)
    except ZeroDivisionError:
        raise ValueError(f"{text!r} divides by zero: write 1/10, 0.1 or 1e-1") from None
    if max(abs(value.numerator), value.denominator) > LARGEST:
        raise ValueError(f"{text[:40]!r}: numerator and denominator may have 100 digits")
    return value


def decimal(ball: arb, digits: int) -> str:
    """The middle of a ball in `digits` significant digits, as `format(x, "g")` writes a float.

    Floats carry 17 digits; beyond them `format` would print the binary expansion of a rounded number.
    """
    if ball.mid() == 0:
        return "0"
    if digits <= 15:
        return f"{float(ball.mid()):.{digits}g}"
    with ctx.workprec(int(3.4 * digits) + 64):
        text = arb(ball.mid()).str(digits, radius=False)
    if "e" not in text:
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, exponent = text.split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent):+03d}"


def simplest_outside(bounds: Sequence[tuple[Fraction, Fraction]]) -> list[Fraction]:
    """A simple rational strictly inside every interval that numbers > 0 cut out of (0, ∞).

    Args:
        bounds: below and above each of the numbers, ascending.

    Raises:
        ArithmeticError: two of the numbers are not told apart.
    """
    if not bounds:
        return [Fraction(1)]
    edges = [(Fraction(0), Fraction(0)), *bounds]
    inner = [simplest_between(one[1], other[0]) for one, other in pairwise(edges)]
    return [*inner, Fraction(int(bounds[-1][1]) + 1)]


def simplest_between(lower: Fraction, upper: Fraction) -> Fraction:
    """The fraction with the smallest denominator strictly between two non-negative ones (Stern–Brocot).

    Raises:
        ArithmeticError: there is none.
    """
    if not lower < upper:
        raise ArithmeticError("two critical values agree in all the bits that were computed")
    whole = lower.numerator // lower.denominator
    if whole + 1 < upper:
        return Fraction(whole + 1)
    if lower == whole:
        return whole + Fraction(1, int(1 / (upper - whole)) + 1)
    return whole + 1 / simplest_between(1 / (upper - whole), 1 / (lower - whole))
