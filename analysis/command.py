"""What every `python -m analysis.…` has in common: exact arguments, one-line errors, exit status 2."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from fractions import Fraction

_RATIONAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?|[+-]?\d+/\d+")


class Refusal(Exception):
    """Bad input; the message says in one line what was wrong and what is allowed."""


def rational_argument(text: str) -> Fraction:
    """An exact rational from '1/10', '0.1' or '1e-1'."""
    if not _RATIONAL.fullmatch(text.strip()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a rational number such as 1/10, 0.1 or 1e-1")
    try:
        return Fraction(text.strip())
    except ZeroDivisionError:
        raise argparse.ArgumentTypeError(f"{text!r} divides by zero") from None


def positive_rational(text: str) -> Fraction:
    """The same, and positive."""
    value = rational_argument(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not positive: choose a rational number above 0 such as 1/10"
        )
    return value


def run(main: Callable[[], int]) -> int:
    """Call a command's main; a refusal becomes one line on standard error and status 2."""
    try:
        return main()
    except Refusal as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 0
