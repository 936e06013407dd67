"""One step of adaptation and one stochastic step of meta-training, at and around the solutions: §4.4–§4.5."""

from __future__ import annotations

from analysis.claims.conventions import EXCESS
from analysis.claims.derivations import (
    DEEP,
    SHALLOW,
    gradient,
    inner_step,
    maml_loss,
    outer_step,
    slope,
    task_loss,
)
from analysis.claims.notation import parse
from analysis.claims.quantities import Quantity, gen

ONLY_B = ("b",)


def _at_solution(value: Quantity) -> Quantity:
    """On the line a = 1/√α, b free."""
    return value.at(a=parse("1/√α"))


def exact_when_only_b_adapts() -> bool:
    """With a = 1/√α held fixed, one step of b gives f = θ₀ for every start b, every θ₀ and every α > 0."""
    return _at_solution(slope(DEEP, adapts=ONLY_B)) == gen("theta")


def inexact_when_both_adapt() -> bool:
    """By (18)–(19) with a = 1/√α, f − θ₀ is not zero in b, and vanishes at b = 0 and at b = √αθ₀."""
    error = _at_solution(slope(DEEP)) - gen("theta")
    return bool(error) and error.at(b=0) == 0 == error.at(b=parse("√αθ₀"))


def residual_for_other_a(residual: str = "(1 − αa²)(θ₀ − ab)") -> bool:
    """For any a the step of b leaves θ₀ − f = (1 − αa²)(θ₀ − ab): zero for all tasks only at αa² = 1."""
    return gen("theta") - slope(DEEP, adapts=ONLY_B) == parse(residual)


def same_error_signal() -> bool:
    """∇ℓ is (c − θ) for shallow, a(ab − θ) in b and b(ab − θ) in a for deep: one factor g − θ."""
    deep = {name: gradient(DEEP, name) for name in ("a", "b")}
    return (
        gradient(SHALLOW, "c") == parse("c − θ")
        and deep["b"] == parse("a(ab − θ)")
        and deep["a"] == parse("b(ab − θ)")
    )


def step_size_depends_on_a_only_while_a_rests() -> bool:
    """∂ℓ/∂b is a(1 − αa²)²(ab − θ) if only b adapts; if both adapt it is another polynomial."""
    printed = parse("a(1 − αa²)²(ab − θ)")
    rests = task_loss(DEEP, EXCESS, ONLY_B).partial("b")
    return rests == printed and task_loss(DEEP, EXCESS).partial("b") != printed


def shallow_step_size_is_fixed() -> bool:
    """∂ℓ/∂c after adaptation is (1 − α)² times c − θ, and (1 − α)² contains no parameter."""
    return task_loss(SHALLOW, EXCESS).partial("c") == parse("(1 − α)²(c − θ)")


def step_size_grows_only_nearby(derivative: str = "(1 − αa²)(1 − 5αa²)") -> bool:
    """d/da a(1 − αa²)² = (1 − αa²)(1 − 5αa²): below 1/√α the step grows away from it down to 1/√(5α), no
    further."""
    factor = parse("a(1 − αa²)²")
    vanishes = _at_solution(factor) == 0 == factor.at(a=0)
    return factor.partial("a") == parse(derivative) and vanishes


def step_pulls_to_task_and_to_zero() -> bool:
    """The step (17) vanishes at ab = θ; its expectation is −βa²(1 − αa²)²b, which vanishes at b = 0."""
    move = outer_step(task_loss(DEEP, EXCESS, ONLY_B), "b") - gen("b")
    return move.at(theta=parse("ab")) == 0 and move.expectation() == parse("−βa²(1 − αa²)²b")


def stationary_for_every_task() -> bool:
    """At (1/√α, 0) f = θ for every θ, so every task's gradient in a and in b vanishes, both parameters
    adapting."""
    loss = task_loss(DEEP, EXCESS)
    return all(_at_solution(loss.partial(w)).at(b=0) == 0 for w in ("a", "b"))


def shallow_solution_is_not_stationary() -> bool:
    """At c = 0 a task moves c by β(1 − α)²θ, with variance β²(1 − α)⁴ over tasks: positive unless α = 1."""
    move = (outer_step(task_loss(SHALLOW, EXCESS), "c") - gen("c")).at(c=0)
    return move == parse("β(1 − α)²θ") and (move**2).expectation() == parse("β²(1 − α)⁴")


def collapsed_solution_is_the_shallow_one() -> bool:
    """Multiplied out, each of the four solutions is c = ab = 0: after one step the excess loss is ½(1 −
    α)²."""
    collapsed = [parse("ab").at(a=parse("1/√α"), b=0), parse("ab").at(a=0, b=parse("1/√α"))]
    losses = [maml_loss(SHALLOW, EXCESS).at(c=value) for value in collapsed]
    return all(loss == parse("½(1 − α)²") for loss in losses)


def simultaneous_steps() -> bool:
    """f is the product of (38) and (39) taken at the old a and b; (39) after (38) gives another
    polynomial."""
    a, b = inner_step(DEEP, "a"), inner_step(DEEP, "b")
    return slope(DEEP) == a * b != a * b.at(a=a)
