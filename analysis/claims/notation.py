"""The compact notation in which the ledger writes what the paper prints: read as algebra, or as LaTeX.

One string serves the reader, the errata sheet and the check: `parse` turns `½(1−α)²(c² + 1)` into an element
of the field of `quantities`, `latex` into `\\tfrac{1}{2}(1-\\alpha)^{2}(c^{2} + 1)`. The grammar is that of a
printed formula, juxtaposition being multiplication:

    sum      = [−] product { (+ | −) product }
    product  = power { [· | /] power }          a/bc is a/b·c, as in Python; the ledger writes a/(bc)
    power    = atom { ⁰ … ⁹ }
    atom     = number | ½ | letter [₁ … | _τ | _new] | √α | (sum) | [sum] | E_τ[sum] | E_xy[sum]

Besides the letters of `quantities`, y is the outcome θ_τ x + noise and f the adapted slope
p₁ + p₂θ_τ + p₃θ_τ² of (48); E_xy is the expectation over the data of one task, E_τ that over tasks, all
standard normal.

A formula is `name = sum`, `name ∝ sum` or `name ← sum`, possibly `… = sum = sum` and `… + const`; a matrix
is written by rows, `[x, y; z, w]`. Prose carries formulas between dollar signs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

from analysis.claims.quantities import GENERATORS, Quantity, gen, quantity

_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
_TOKEN = re.compile(
    rf"\s*(√α|E_τ|E_xy|[a-zA-Zα-ωΑ-Ω](?:[{_SUBSCRIPTS}]+|_new|_τ)?|\d+|[{_SUPERSCRIPTS}]+|[½()\[\]+−·/])"
)
_GREEK = {"α": "alpha", "β": "beta", "θ": "theta", "ξ": "xi", "√α": "root"}
_RANDOM = {"E_τ": ("theta",), "E_xy": ("x", "noise")}
_ABBREVIATIONS = {
    "y": gen("theta") * gen("x") + gen("noise"),
    "f": gen("p1") + gen("p2") * gen("theta") + gen("p3") * gen("theta") ** 2,
}


class NotationError(ValueError):
    """The text is no formula of the notation; the message shows where it stops being one."""


@dataclass(frozen=True)
class Printed:
    """A formula as printed.

    Attributes:
        relation: "=", "∝" or "←".
        sides: for every right-hand side its entries (one, or those of a matrix by rows).
        up_to_constant: the text ends in `+ const`.
    """

    relation: str
    sides: tuple[tuple[Quantity, ...], ...]
    up_to_constant: bool


def parse(text: str) -> Quantity:
    """The element of ℚ(√α)(a, b, c, …) that `text` denotes.

    Raises:
        NotationError: the text does not follow the grammar above, or names an unknown quantity.
    """
    reader = _Reader(text)
    value = reader.sum()
    if reader.token is not None:
        raise NotationError(f"{text!r}: unexpected {reader.token!r}")
    return value


def parse_formula(text: str) -> Printed:
    """The right-hand sides of one printed formula.

    Raises:
        NotationError: there is no relation sign, or a side is no formula.
    """
    found = re.search("[=∝←]", text)
    if found is None:
        raise NotationError(f"{text!r} has none of the signs =, ∝, ←")
    body = text[found.end() :].strip()
    constant = body.endswith("+ const")
    sides = body.removesuffix("+ const").split("=")
    return Printed(found.group(), tuple(_entries(side.strip()) for side in sides), constant)


def _entries(side: str) -> tuple[Quantity, ...]:
    if side.startswith("[") and ";" in side:
        return tuple(parse(entry) for entry in re.split("[,;]", side[1:-1]))
    return (parse(side),)


class _Reader:
    """Recursive descent over the grammar of the module docstring."""

    def __init__(self, text: str) -> None:
        self.text, self.place = text, 0
        self.advance()

    def advance(self) -> None:
        rest = self.text[self.place :]
        match = _TOKEN.match(rest)
        if match is None and rest.strip():
            raise NotationError(f"{self.text!r}: cannot read {rest.strip()!r}")
        self.token: str | None = match.group(1) if match else None
        self.place += match.end() if match else len(rest)

    def sum(self) -> Quantity:
        negative = self.token == "−"
        if negative:
            self.advance()
        total = -self.product() if negative else self.product()
        while self.token in ("+", "−"):
            sign = self.token
            self.advance()
            total = total + self.product() if sign == "+" else total - self.product()
        return total

    def product(self) -> Quantity:
        value = self.power()
        while self.token is not None and self.token not in (")", "]", "+", "−"):
            operator = self.token
            if operator in ("·", "/"):
                self.advance()
            value = value / self.power() if operator == "/" else value * self.power()
        return value

    def power(self) -> Quantity:
        value = self.atom()
        while self.token is not None and self.token[0] in _SUPERSCRIPTS:
            value = value ** int("".join(str(_SUPERSCRIPTS.index(digit)) for digit in self.token))
            self.advance()
        return value

    def atom(self) -> Quantity:
        token = self.token
        if token is None:
            raise NotationError(f"{self.text!r} ends too early")
        self.advance()
        if token in ("(", "["):
            value, closing = self.sum(), {"(": ")", "[": "]"}[token]
            if self.token != closing:
                raise NotationError(f"{self.text!r}: expected {closing!r}")
            self.advance()
            return value
        if token in _RANDOM:
            return reduce(Quantity.expectation, _RANDOM[token], self.atom())
        if token == "½":
            return quantity(Fraction(1, 2))
        if token.isdecimal():
            return quantity(int(token))
        return self.symbol(token)

    def symbol(self, token: str) -> Quantity:
        if token in _ABBREVIATIONS:
            return _ABBREVIATIONS[token]
        base = "θ" if token.startswith("θ") else token
        name = _GREEK.get(base, base.translate(str.maketrans(_SUBSCRIPTS, "0123456789")))
        if name not in (*GENERATORS, "alpha"):
            raise NotationError(f"{self.text!r}: {token!r} is no quantity of the paper")
        return gen(name)
