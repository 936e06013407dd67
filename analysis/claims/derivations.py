"""What the formulas of the paper should be, in any convention: everything comes out of `analysis.landscape`.

A `Derivation` is a named map from a convention to a tuple of quantities. The elementary ones, for a model
with slope g and a convention (inner, outer, noise) of `conventions`:

    slope        f(w, θ), g after the inner step with rate α · inner
    task loss    ℓ(f) = outer · ½ ((f − θ)² + noise)
    MAML loss    E_θ ℓ(f)
    gradient     inner · (g − θ) ∂g/∂w, what the inner step uses
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from analysis.adaptation import InnerLoop
from analysis.claims.conventions import APPENDIX, Convention
from analysis.claims.quantities import Quantity, from_landscape, gen
from analysis.landscape import Problem, derive
from analysis.models import product

HALF = Fraction(1, 2)
SHALLOW, DEEP = 1, 2
"""Numbers of factors: ŷ = cx, eq. (6), and ŷ = abx, eq. (7)."""


@dataclass(frozen=True)
class Derivation:
    """Quantities of the theory as a function of the loss convention; `name` is what the evidence says."""

    name: str
    compute: Callable[[Convention], tuple[Quantity, ...]]


@cache
def slope(
    factors: int, convention: Convention = APPENDIX, adapts: tuple[str, ...] | None = None, steps: int = 1
) -> Quantity:
    """f(w, θ), the slope after the inner loop; with steps = 0 the model's own slope g."""
    landscape = derive(Problem(product(factors), loop=InnerLoop(steps=steps, adapts=adapts)))
    return from_landscape(landscape.adapted_slope, alpha=gen("alpha") * convention.inner)


def loss_of(slope: Quantity, convention: Convention = APPENDIX) -> Quantity:
    """outer · ½ ((slope − θ)² + noise)."""
    return ((slope - gen("theta")) ** 2 + convention.noise) * convention.outer * HALF


def task_loss(
    factors: int, convention: Convention = APPENDIX, adapts: tuple[str, ...] | None = None
) -> Quantity:
    """The loss of the task θ after one inner step."""
    return loss_of(slope(factors, convention, adapts), convention)


@cache
def maml_loss(
    factors: int, convention: Convention = APPENDIX, adapts: tuple[str, ...] | None = None
) -> Quantity:
    """E_θ of the task loss, θ ∼ N(0, 1)."""
    return task_loss(factors, convention, adapts).expectation()


def gradient(factors: int, name: str, convention: Convention = APPENDIX) -> Quantity:
    """The gradient that the inner step uses: inner · (g − θ) ∂g/∂w."""
    before = slope(factors, convention, steps=0)
    return (before - gen("theta")) * before.partial(name) * convention.inner


def inner_step(factors: int, name: str, convention: Convention = APPENDIX) -> Quantity:
    """w − α · gradient, eq. (4)."""
    return gen(name) - gen("alpha") * gradient(factors, name, convention)


def outer_step(loss: Quantity, name: str) -> Quantity:
    """w − β ∂loss/∂w, eq. (3)."""
    return gen(name) - gen("beta") * loss.partial(name)


def collected_in_task(poly: Quantity) -> tuple[Quantity, ...]:
    """(p₁, p₂, p₃) with poly = p₁ + p₂θ + p₃θ², by differentiation at θ = 0."""
    first, second = poly.partial("theta"), poly.partial("theta").partial("theta")
    return poly.at(theta=0), first.at(theta=0), second.at(theta=0) * HALF


def hessian(loss: Quantity, names: Sequence[str], **point: Quantity | int) -> tuple[Quantity, ...]:
    """The Hessian at a point, by rows."""
    return tuple(loss.partial(row).partial(column).at(**point) for row in names for column in names)
