"""Algorithm 1, line by line, executed exactly on ŷ = cx with the meta-optimizer U_ξ(g) = ξ g.

    line 7    ξ_{t+1} = ξ_t − α ∂ℓ/∂ξ_t        line 9    θ_{t+1} = θ_t − ξ_{t+1} ∂ℓ/∂θ_t
    line 11   θ(init) ← θ(init) − Opt(∂ℓ(θ_T)/∂θ(init))

θ_t is a polynomial in c, ξ and the task, so the meta-loss of lines 11–12 is one too.
"""

from __future__ import annotations

from analysis.claims.conventions import EXCESS
from analysis.claims.derivations import loss_of
from analysis.claims.notation import parse
from analysis.claims.quantities import Quantity, gen


def trajectory(steps: int, *, move_optimizer: bool = False, rate: Quantity | int = 1) -> list[Quantity]:
    """[θ₁, …, θ_{T+1}] of lines 3–9, with `rate` in front of U in line 9; ξ moves (line 7) on request.

    In the first step ξ cannot move, since θ₁ does not depend on it, and with one scalar task parameter the
    later moves need ∂θ_t/∂ξ; the checks below need no more than T = 2.
    """
    point, optimizer, points = gen("c"), gen("xi"), [gen("c")]
    for _ in range(steps):
        if move_optimizer:
            optimizer = optimizer - gen("alpha") * loss_of(point, EXCESS).partial("xi")
        point = point - (point - gen("theta")) * optimizer * rate
        points.append(point)
    return points


def one_step_is_no_adaptation() -> bool:
    """With T = 1 the loss at θ_T of lines 11–12 is ℓ(θ(init)): free of ξ, nothing is adapted."""
    before_last = trajectory(1)[-2]
    return before_last == gen("c") and loss_of(before_last, EXCESS).free_of("xi")


def last_update_is_unused() -> bool:
    """With T = 2 the loss at θ_T is that of one step; that of (22) is taken at θ_{T+1}."""
    printed, meant = trajectory(2)[-2:]
    return printed == trajectory(1)[-1] != meant


def rate_is_missing() -> bool:
    """Line 9 equals the step of (22), θ − αU_ξ(∇ℓ), only if α is put in front of U."""
    meant = gen("c") - gen("alpha") * gen("xi") * parse("c − θ")
    return trajectory(1)[-1] != meant == trajectory(1, rate=gen("alpha"))[-1]


def optimizer_moves_inside_the_task() -> bool:
    """Line 7 leaves ξ alone at t = 1 and moves it at t = 2; in (22)–(23) ξ is fixed during adaptation."""
    fixed, moved = trajectory(2), trajectory(2, move_optimizer=True)
    return fixed[1] == moved[1] and fixed[2] != moved[2]
