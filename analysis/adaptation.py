"""The inner loop: K gradient steps on one task's loss, carried out on polynomials.

One step moves each adapting parameter against its (transformed) gradient, eqs. (1), (4), (22):

    w ← w − α U_ξ(∂ℓ_τ/∂w),      ℓ_τ(w) = ½ E(y − g x)² = ½ E[x²] (g − θ)² + ½ σ²

so that ∂ℓ_τ/∂w = E[x²] (g − θ) ∂g/∂w; the noise variance σ² drops out of every gradient. The ½ is the
appendix's convention (30); with the main text's (8)–(9), which lack it, every α below is half as large.

Preconditioners U_ξ with meta-learned ξ, one scalar (or a product of scalars) for each adapting parameter:

    none            w ← w − α G                     MAML
    meta-sgd        w ← w − A_w G                   a learned rate replaces α (Li et al. 2017)
    meta-curvature  w ← w − α M_w G                 M_w = 1 at start (Park & Oliva 2019)
    kronecker       w ← w − α L_w R_w G             meta-KFO, linear, on a 1×1 matrix
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from flint import fmpq_mpoly

from analysis.algebra.polynomials import context
from analysis.models import Model

Preconditioner = Literal["none", "meta-sgd", "meta-curvature", "kronecker"]
OuterRule = Literal["maml", "first-order", "reptile"]
_FACTORS: dict[str, tuple[str, ...]] = {
    "none": (),
    "meta-sgd": ("A",),
    "meta-curvature": ("M",),
    "kronecker": ("L", "R"),
}


@dataclass(frozen=True)
class InnerLoop:
    """How one task adapts the parameters, and which meta-gradient is taken of it.

    Attributes:
        steps: K ≥ 0 gradient steps.
        rate: the adaptation rate α, an exact positive rational, or None for the symbol `alpha`.
        adapts: the parameters that move in the inner loop; None means all of them (MAML), the last factor
            alone is ANIL. Parameters that do not adapt are still meta-learned.
        preconditioner: the transformation U_ξ.
        outer: "maml" differentiates through the inner loop; "first-order" takes the task gradient at the
            adapted parameters; "reptile" takes (w₀ − w_K)/α. The last two are vector fields, not gradients.
    """

    steps: int = 1
    rate: Fraction | None = None
    adapts: tuple[str, ...] | None = None
    preconditioner: Preconditioner = "none"
    outer: OuterRule = "maml"

    def __post_init__(self) -> None:
        if self.steps < 0:
            raise ValueError(f"{self.steps} inner steps: choose 0 or more")
        if self.rate is not None and self.rate <= 0:
            raise ValueError(f"adaptation rate {self.rate}: choose a positive rational number")
        if self.preconditioner not in _FACTORS:
            raise ValueError(f"unknown preconditioner {self.preconditioner!r}: choose {', '.join(_FACTORS)}")

    def adapting(self, model: Model) -> tuple[str, ...]:
        """The names that move, checked against the model.

        Raises:
            ValueError: a name is no parameter of the model, or is given twice.
        """
        chosen = model.parameters if self.adapts is None else self.adapts
        if len(set(chosen)) < len(chosen):
            raise ValueError(f"{', '.join(chosen)}: name every parameter once")
        for name in chosen:
            if name not in model.parameters:
                raise ValueError(f"{name!r} is no parameter of {model.name}: {', '.join(model.parameters)}")
        return chosen

    def factors(self, model: Model) -> dict[str, tuple[str, ...]]:
        """For each adapting parameter the names of the meta-learned factors that multiply its gradient."""
        return {w: tuple(f"{k}_{w}" for k in _FACTORS[self.preconditioner]) for w in self.adapting(model)}

    @property
    def uses_rate(self) -> bool:
        """False for Meta-SGD, whose learned rates replace α."""
        return self.preconditioner != "meta-sgd"


def slope_gradient(model: Model, point: Sequence[fmpq_mpoly]) -> tuple[fmpq_mpoly, list[fmpq_mpoly]]:
    """(g, [∂g/∂w for every parameter w]) at a point whose coordinates are polynomials."""
    ring = point[0].context()
    slope = model.slope(context(model.parameters).gens())
    partials = [slope.derivative(i) for i in range(len(model.parameters))]
    images = [poly.compose(*point, ctx=ring) for poly in (slope, *partials)]
    return images[0], images[1:]


def adapt(
    model: Model,
    loop: InnerLoop,
    start: dict[str, fmpq_mpoly],
    task: fmpq_mpoly,
    rate: fmpq_mpoly,
    input_second_moment: fmpq_mpoly,
    factors: dict[str, fmpq_mpoly],
) -> dict[str, fmpq_mpoly]:
    """The parameters after K steps on the task θ = `task`; all arguments are elements of one ring.

    Args:
        model: the predictor.
        loop: the inner loop.
        start: the initial value of every parameter.
        task: θ.
        rate: α (unused by Meta-SGD).
        input_second_moment: E[x²].
        factors: the preconditioner's factors by name.
    """
    point = dict(start)
    for _ in range(loop.steps):
        slope, partials = slope_gradient(model, [point[w] for w in model.parameters])
        residual = input_second_moment * (slope - task)
        moved = dict(point)
        for w, names in loop.factors(model).items():
            update = residual * partials[model.parameters.index(w)]
            for name in names:
                update *= factors[name]
            moved[w] = point[w] - (rate * update if loop.uses_rate else update)
        point = moved
    return point
