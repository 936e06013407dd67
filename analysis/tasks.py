"""The law of the task parameter θ, as exact moments.

A linear-regression task is y = θ x + ε. Every expected loss of the toolkit is a polynomial in θ inside the
expectation, so a law enters only through its moments m_k = E θᵏ. The named laws have mean 0 and variance 1:

    gaussian    m_{2k} = (2k − 1)!!              the paper's θ_τ ∼ N(0, 1), §4.1
    rademacher  m_{2k} = 1                       θ = ±1
    uniform     m_{2k} = 3ᵏ/(2k + 1)             on [−√3, √3]
    laplace     m_{2k} = (2k)!/2ᵏ                density ∝ exp(−√2 |θ|)

and `moments:m1,m2,…` gives any other one. A finite list is the beginning of some law's moment sequence
exactly when its Hankel matrix (m_{i+j}) is positive semidefinite and, where it is singular, the linear
recurrence that it satisfies continues (truncated Hamburger problem; Curto & Fialkow 1991). Other lists are
refused with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import factorial, prod

from flint import fmpq, fmpq_mat

from analysis.algebra.polynomials import rational
from analysis.exact_numbers import read_rational


class MomentError(ValueError):
    """The moments belong to no law, or there are too few of them."""


@dataclass(frozen=True)
class TaskLaw:
    """A law of θ: its `name` and its moments.

    Attributes:
        name: what the command line and the JSON print.
        moments: k ↦ m_k for k ≥ 1, or the finite tuple (m₁, m₂, …).
    """

    name: str
    moments: Callable[[int], Fraction] | tuple[Fraction, ...]

    def moment(self, k: int) -> Fraction:
        """m_k = E θᵏ.

        Raises:
            MomentError: the law is a finite list and k is beyond it.
        """
        if k == 0:
            return Fraction(1)
        if callable(self.moments):
            return self.moments(k)
        if k > len(self.moments):
            raise MomentError(
                f"the loss needs E θ^{k}, but only {len(self.moments)} moments are given: add m{k}"
            )
        return self.moments[k - 1]


def _even(value: Callable[[int], Fraction]) -> Callable[[int], Fraction]:
    return lambda k: Fraction(0) if k % 2 else value(k // 2)


GAUSSIAN = TaskLaw("gaussian", _even(lambda n: Fraction(prod(range(1, 2 * n, 2)))))
RADEMACHER = TaskLaw("rademacher", _even(lambda n: Fraction(1)))
UNIFORM = TaskLaw("uniform", _even(lambda n: Fraction(3**n, 2 * n + 1)))
LAPLACE = TaskLaw("laplace", _even(lambda n: Fraction(factorial(2 * n), 2**n)))
NAMED = {law.name: law for law in (GAUSSIAN, RADEMACHER, UNIFORM, LAPLACE)}


def from_moments(moments: tuple[Fraction, ...]) -> TaskLaw:
    """The law that begins with these moments m₁, m₂, ….

    Raises:
        MomentError: no law has them; the message names the violated condition.
    """
    _check_consistent((Fraction(1), *moments))
    return TaskLaw("moments:" + ",".join(str(m) for m in moments), moments)


def parse(text: str) -> TaskLaw:
    """The law named on a command line: gaussian, rademacher, uniform, laplace or moments:m1,m2,….

    Raises:
        MomentError: the name is unknown, a moment is no rational number, or no law has these moments.
    """
    if text in NAMED:
        return NAMED[text]
    if not text.startswith("moments:"):
        raise MomentError(f"unknown task law {text!r}: choose {', '.join(NAMED)} or moments:m1,m2,…")
    try:
        moments = tuple(read_rational(part) for part in text.removeprefix("moments:").split(","))
    except ValueError as error:
        raise MomentError(f"moments: {error}") from None
    return from_moments(moments)


def _hankel(moments: tuple[Fraction, ...], size: int, shift: int = 0) -> fmpq_mat:
    return fmpq_mat(size, size, [rational(moments[i + j + shift]) for i in range(size) for j in range(size)])


def _check_consistent(moments: tuple[Fraction, ...]) -> None:
    """Raise MomentError unless (m₀ = 1, m₁, …) extends to the moments of a probability law."""
    for size in range(1, (len(moments) + 1) // 2 + 1):
        determinant = _hankel(moments, size).det()
        if determinant < 0:
            raise MomentError(
                f"no law has these moments: the Hankel determinant of m0..m{2 * size - 2} "
                f"is {determinant} < 0"
            )
        if determinant == 0:
            _check_recurrence(moments, size - 1)
            return


def _check_recurrence(moments: tuple[Fraction, ...], atoms: int) -> None:
    """With a singular Hankel matrix the law has `atoms` atoms, and one recurrence gives all its moments."""
    weights = _hankel(moments, atoms).solve(
        fmpq_mat(atoms, 1, [rational(moments[atoms + i]) for i in range(atoms)])
    )
    for k in range(2 * atoms, len(moments)):
        implied = sum((weights[i, 0] * rational(moments[k - atoms + i]) for i in range(atoms)), fmpq(0))
        if implied != rational(moments[k]):
            raise MomentError(
                f"no law has these moments: m1..m{2 * atoms} leave only a law with {atoms} atoms, "
                f"whose m{k} is {implied}, not {moments[k]}"
            )
