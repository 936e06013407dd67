"""Support sets of n examples instead of the expectation in (8)–(9): what `analysis.finite_samples` proves."""

from __future__ import annotations

from fractions import Fraction

from analysis.finite_samples import (
    Support,
    best_shallow,
    certify_axis_identity,
    certify_axis_minima,
    certify_global_minima,
    deep_minima,
    shallow_loss,
)

SHOTS = 5


def zero_excess_is_out_of_reach(least: Fraction = Fraction(3, 16), rate: Fraction = Fraction(5, 8)) -> bool:
    """analysis.finite_samples at n = 5: the best shallow rate is 5/8, its excess loss 3/16."""
    best = best_shallow(Support(SHOTS))
    return (best.loss, best.rate) == (least, rate)


def deep_equals_tuned_shallow(points: int = 9) -> bool:
    """analysis.finite_samples at n = 5, α = 1/10: nine stationary points, certified; the four minima, at
    a² = 25/4, b = 0 and exchanged, have the loss 3/16 of the shallow model with a tuned rate, below the
    shallow 51/125 at α = 1/10."""
    found = deep_minima(Support(SHOTS), Fraction(1, 10))
    complete = found.found.complete and found.found.counts["points"] == points
    below = found.shallow < shallow_loss(Support(SHOTS), Fraction(1, 10)) == Fraction(51, 125)
    return complete and len(found.global_minima) == 4 and found.gain == 0 and below


def deep_solutions_move_for_every_n() -> bool:
    """Theorem 2 of analysis.finite_samples.best, for all n, α, σ²: on the axes the deep loss is the shallow
    one at rate αa², least at a² = n/((n + 2 + σ²)α), not at 1/α, and that is a strict local minimum; by
    theorem 3 of global_minima a global one."""
    local = certify_axis_identity() and certify_axis_minima().certified
    return local and certify_global_minima().certified
