"""The shallow model ŷ = cx, §4.3 and A.1.1: what its MAML loss says, and when one step is enough."""

from __future__ import annotations

from analysis.adaptation import InnerLoop, Preconditioner
from analysis.claims.conventions import EXCESS
from analysis.claims.derivations import DEEP, SHALLOW, hessian, maml_loss, slope, task_loss
from analysis.claims.notation import parse
from analysis.claims.quantities import Quantity, from_landscape, gen
from analysis.landscape import Problem, derive
from analysis.models import product


def convexity(second_derivative: str = "(1−α)²") -> bool:
    """∂L/∂c = (1−α)²c with (1−α)² ≥ 0: the loss is convex, and for α ≠ 1 its only minimiser is 0."""
    loss, curvature = maml_loss(SHALLOW, EXCESS), parse(second_derivative)
    return loss.partial("c").partial("c") == curvature and loss.partial("c") == curvature * gen("c")


def rate_one_solves_every_task() -> bool:
    """At α = 1 the excess loss of a task is the zero polynomial in c and θ."""
    return not task_loss(SHALLOW, EXCESS).at(root=1)


def one_step_from_zero(reached: str = "αθ₀") -> bool:
    """From c = 0 one step ends at αθ₀, and αθ₀ − θ₀ = (α − 1)θ₀ vanishes for every task only at α = 1."""
    start = slope(SHALLOW).at(c=0)
    return start == parse(reached) and start - gen("theta") == parse("(α − 1)θ₀")


def optimal_loss(excess: str = "½(1−α)²") -> bool:
    """At the MAML solution c = 0 the shallow model keeps the excess loss ½(1−α)²."""
    return maml_loss(SHALLOW, EXCESS).at(c=0) == parse(excess)


def capable() -> bool:
    """Before adaptation either slope can equal θ: c = θ, or a = 1 and b = θ."""
    shallow, deep = slope(SHALLOW, steps=0), slope(DEEP, steps=0)
    return shallow.at(c=gen("theta")) == gen("theta") == deep.at(a=1, b=gen("theta"))


def deep_contains_shallow() -> bool:
    """At a = 1 the deep slope is b: every function of the shallow model, and ab is one number, so no more."""
    return slope(DEEP, steps=0).at(a=1) == gen("b") and slope(SHALLOW, steps=0).at(c=parse("ab")) == parse(
        "ab"
    )


def symmetry_proves_only_stationarity() -> bool:
    """The deep loss is even in a and in b as the shallow one is in c, yet its origin is a maximum: Hessian
    −2αI."""
    loss = maml_loss(DEEP, EXCESS)
    even = loss.at(a=-gen("a")) == loss and loss.at(b=-gen("b")) == loss
    return even and list(hessian(loss, ("a", "b"), a=0, b=0)) == [
        parse("−2α"),
        parse("0"),
        parse("0"),
        parse("−2α"),
    ]


def _preconditioned(kind: Preconditioner, **factor: Quantity | int) -> Quantity:
    landscape = derive(Problem(product(SHALLOW), loop=InnerLoop(preconditioner=kind)))
    return from_landscape(landscape.adapted_slope, **factor)


def learned_rate_solves_every_task() -> bool:
    """The shallow model with Meta-SGD adapts to f = θ from every c once the learned rate is 1."""
    return _preconditioned("meta-sgd", A_c=1) == gen("theta")


def curvature_special_cases() -> bool:
    """Meta-Curvature's step with M = 1 is MAML's, and with entry M it is Meta-SGD's with the rate αM."""
    identity = _preconditioned("meta-curvature", M_c=1) == slope(SHALLOW)
    diagonal = _preconditioned("meta-curvature", M_c=gen("xi"))
    return identity and diagonal == _preconditioned("meta-sgd", A_c=gen("xi") * gen("alpha"))


def unlike_every_tasks_minimiser() -> bool:
    """A task's loss is least at c = θ, the MAML loss at c = 0; they agree only for the task θ = 0."""
    own = slope(SHALLOW, steps=0) - gen("theta")
    return own.at(c=gen("theta")) == 0 and own.at(c=0) == -gen("theta")
