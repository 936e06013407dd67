"""What the commands of `analysis` share: a parser with one-line errors, and exact rationals.

On a command line `1/10`, `0.1` and `1e-1` are the same number.
"""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from fractions import Fraction
from typing import NoReturn


class Parser(ArgumentParser):
    """An `ArgumentParser` that answers bad input with one line and exit status 2."""

    def error(self, message: str) -> NoReturn:
        """Say what was wrong, without the usage text."""
        self.exit(2, f"{self.prog}: error: {message}\n")


def _rational(text: str) -> Fraction | None:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None


def positive(text: str) -> Fraction:
    """A rational above 0.

    Raises:
        ArgumentTypeError: it is zero, negative, nan, inf or a word.
    """
    value = _rational(text)
    if value is None or value <= 0:
        raise ArgumentTypeError(f"{text!r} is not a positive rational number such as 1/10, 0.1 or 1e-1")
    return value


def non_negative(text: str) -> Fraction:
    """A rational of at least 0.

    Raises:
        ArgumentTypeError: it is negative, nan, inf or a word.
    """
    value = _rational(text)
    if value is None or value < 0:
        raise ArgumentTypeError(f"{text!r} is not a rational number of at least 0 such as 0, 1/2 or 1.5")
    return value


def fraction_below_one(text: str) -> Fraction:
    """A rational in [0, 1).

    Raises:
        ArgumentTypeError: it is not.
    """
    value = _rational(text)
    if value is None or not 0 <= value < 1:
        raise ArgumentTypeError(f"{text!r} is not a rational number of at least 0 and below 1 such as 9/10")
    return value


def positive_integer(text: str) -> int:
    """A whole number above 0.

    Raises:
        ArgumentTypeError: it is not.
    """
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)
