r"""Equations (13)–(20) and the sentences around them, as polynomials.

**Meta-testing, from a = 1/√α and any b.** With a held fixed (ANIL, eq. (18)) one step gives b' = √α θ and
the slope f = θ, for every b: (20) holds as printed. With a adapted as well (eqs. (18) and (19), MAML
proper) it does not:

    f − θ = α^{3/2} b θ² − α b² θ          (`adaptation_error`),

zero for all θ only at b = 0, and the excess loss on the line a = 1/√α is ½(3α³b² + α²b⁴) for Gaussian
tasks. So "this fast adaptation … does not even depend on whether we adapt from the right b" is true of the
update with a held fixed and false of the full one. That it "does not depend on α" is true in the sense that
each α > 0 has its solution a = 1/√α; a start learned for one α is no solution for another.

**Meta-training.** The shallow update from the solution c = 0 on a task θ₀ is c ← +β(1 − α)²θ₀ (eq. (13)),
not "−αθ₀" (§4.5): the sign is wrong, and the rate is the meta rate. (The adaptation (15) moves c to +αθ₀.)
The deep update of b, eq. (17), has the effective step s(a) = a(1 − αa²)², with

    s'(a) = (1 − αa²)(1 − 5αa²)            (`effective_step`).

"The farther a is away from 1/√α, the bigger the step" is thus true for a ≥ 1/√(5α) only: s rises to its
local maximum 16/(25√(5α)) at a = 1/√(5α), and falls to 0 at a = 0.
"""

from __future__ import annotations

from flint import fmpq, fmpq_mpoly

from analysis.adaptation import InnerLoop
from analysis.algebra.polynomials import coefficients_in, context, substitute
from analysis.dynamics.noise import task_gradient, with_learned_a
from analysis.landscape import Problem, derive
from analysis.models import DEEP, SHALLOW


def adaptation_error(adapts: tuple[str, ...] | None = None) -> fmpq_mpoly:
    """f − θ after one step from a = 1/√α and any b, in ℚ[nu, b, theta]; `adapts` as in `InnerLoop`."""
    slope = derive(Problem(DEEP, loop=InnerLoop(adapts=adapts))).adapted_slope
    theta = slope.context().gen(slope.context().names().index("theta"))
    return with_learned_a(slope - theta)


def effective_step() -> tuple[fmpq_mpoly, fmpq_mpoly]:
    """(s, s') of eq. (17), b ← b − β s(a) (ab − θ), with s' = ds/da, in ℚ[a, b, alpha, theta]."""
    gradient = task_gradient(derive(Problem(DEEP, loop=InnerLoop(adapts=("b",)))))[1]
    step = -coefficients_in(gradient, "theta")[1]
    return step, step.derivative(0)


def shallow_drift() -> fmpq_mpoly:
    """The task gradient of the shallow model at its solution c = 0, −(1 − α)²θ, in ℚ[alpha, theta]."""
    gradient = task_gradient(derive(Problem(SHALLOW)))[0]
    return substitute(gradient, {"c": fmpq(0)}, context(("alpha", "theta")))
