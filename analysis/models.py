"""Models: named scalar parameters w and a predictor ŷ = g(w) x with a polynomial slope g.

    shallow   g = c           eq. (6)
    deep      g = a b         eq. (7)
    product   g = w₁ w₂ ⋯ w_N  one scalar factor a layer

All of them represent exactly the same functions of x; they differ only in how gradient descent moves g.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import mul

from flint import fmpq_mpoly


@dataclass(frozen=True)
class Model:
    """A scalar linear model: `slope` maps the parameters' generators to the polynomial g."""

    name: str
    parameters: tuple[str, ...]
    slope: Callable[[Sequence[fmpq_mpoly]], fmpq_mpoly]


def product(factors: int) -> Model:
    """ŷ = w₁ ⋯ w_N x, 1 ≤ N ≤ 6; N = 1 is the paper's shallow model, N = 2 its deep one.

    Raises:
        ValueError: the number of factors is out of range.
    """
    if not 1 <= factors <= 6:
        raise ValueError(f"a product of {factors} factors: choose 1 to 6")
    parameters = ("c",) if factors == 1 else tuple("abcdef"[:factors])
    name = {1: "shallow", 2: "deep"}.get(factors, f"product-{factors}")
    return Model(name, parameters, lambda w: reduce(mul, w))


SHALLOW = product(1)
DEEP = product(2)
NAMED = {"shallow": SHALLOW, "deep": DEEP}
