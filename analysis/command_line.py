"""What the commands of `analysis` share: exact arguments, and errors of one line.

Numbers are read as exact rationals, so 1/10, 0.1 and 1e-1 are the same α. A bad argument ends the command
with one line on stderr that says what was wrong and what is allowed, and exit status 2, without a
traceback.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from analysis.exact_numbers import read_rational

if TYPE_CHECKING:
    from analysis.numeric.residuals import Residuals


class OneLineParser(argparse.ArgumentParser):
    """An argument parser whose errors are one line without the usage."""

    def error(self, message: str) -> NoReturn:
        """Print the message and exit with status 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def rational(text: str) -> Fraction:
    """An exact rational number.

    Raises:
        argparse.ArgumentTypeError: the text is no such number.
    """
    try:
        return read_rational(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def positive(text: str) -> Fraction:
    """A rational number above 0."""
    value = rational(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not positive: choose a rational number above 0")
    return value


def non_negative(text: str) -> Fraction:
    """A rational number, 0 or above."""
    value = rational(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is negative: choose a rational number, 0 or above")
    return value


def integer_between(low: int, high: int) -> Callable[[str], int]:
    """The argument type "an integer from `low` to `high`"."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not an integer from {low} to {high}")
        return value

    return convert


def rationals(text: str) -> tuple[Fraction, ...]:
    """Positive rationals separated by commas."""
    return tuple(positive(part) for part in text.split(","))


class Refusal(ValueError):
    """Input that parses but cannot be served; the message says in one line what is allowed."""


class MissingExtra(RuntimeError):
    """An optional dependency is needed and not installed."""


def require_torch() -> None:
    """Raise `MissingExtra` with what to install unless PyTorch is importable."""
    if find_spec("torch") is None:
        raise MissingExtra("--check needs PyTorch: pip install 'metadepth[empirical]'")


PICTURES = (".png", ".svg", ".pdf")


def check_plot(path: Path) -> None:
    """Before anything is computed: whether a picture can be written to `path`.

    Raises:
        Refusal: the suffix is none of png, svg and pdf, or the file cannot be written.
    """
    if path.suffix.lower() not in PICTURES:
        raise Refusal(f"--plot {path}: choose a name that ends in {', '.join(PICTURES)}")
    if not path.parent.is_dir():
        raise Refusal(f"--plot {path}: the folder {path.parent} does not exist")
    if path.is_dir():
        raise Refusal(f"--plot {path}: that is a folder, choose the name of a file")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise Refusal(f"--plot {path}: it cannot be written there, choose another place")


def exact_json(value: Any) -> str:
    """JSON with rationals as strings "p/q"."""
    return json.dumps(value, default=str, ensure_ascii=False, indent=2)


def deliver(answer: dict[str, Any], text: str, residuals: Residuals | None, *, as_json: bool) -> int:
    """Print a command's answer and the outcome of its check, if there was one.

    Args:
        answer: what `--json` prints.
        text: what is printed otherwise.
        residuals: of the PyTorch check; beside JSON their table goes to standard error.
        as_json: which of the two.

    Returns:
        The exit status: 0, or 1 if a residual exceeds its bound.
    """
    print(exact_json(answer) if as_json else text)
    return conclude(residuals, as_json=as_json)


def conclude(residuals: Residuals | None, *, as_json: bool) -> int:
    """Print the table of a check, if there was one; returns the exit status, as in `deliver`."""
    if residuals is None:
        return 0
    print(residuals.render(), file=sys.stderr if as_json else sys.stdout)
    return 0 if residuals.passed else 1


def run(command: Callable[[list[str] | None], int], prog: str, *errors: type[Exception]) -> NoReturn:
    """Run a command as a process: the listed errors become one line on stderr and exit status 2.

    So do a file or a disk that takes no more, and a number that no double holds. A reader that closes the
    pipe early, such as `head`, is no error.
    """
    status = 2
    try:
        done = command(None)
        sys.stdout.flush()
        status = done
    except OverflowError:
        print(f"{prog}: a number exceeds what doubles hold, 1e308: choose another", file=sys.stderr)
    except errors as error:
        print(f"{prog}: {error}", file=sys.stderr)
    except BrokenPipeError:
        _close_output()
        status = 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{prog}: {where}{error.strerror or error}", file=sys.stderr)
        _close_output()
    sys.exit(status)


def _close_output() -> None:
    """What is left in the buffer goes nowhere, so that the interpreter does not fail on it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
