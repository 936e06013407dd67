"""Nets too narrow for zero excess loss: bounds on the least loss of ŷ = aᵀBx, θ ~ N(0, I), h < d − m + 1.

**Upper bound, attained.** Among AB = 0 with B diagonal in Σ's eigenbasis, let B serve the directions I,
|I| ≤ h − 1 (or h, with s = 0): it removes their residual, and the others are left with the common step s²,

    L = ½ Σ_{j∉I} λ_j(1 − αs²λ_j)²,   least at αs² = Σ_{j∉I} λ_j² / Σ_{j∉I} λ_j³.

With h = 1 nothing is served, and L is what the shallow model reaches with its best rate (statement (a) of
`analysis.equivalence.reach`): such a net can represent every task, but its depth only tunes the step size.

**Lower bound.** Split f − θ into the parts odd and even in θ; they are uncorrelated. The odd one is
(αS_eff Σ − I)θ with S_eff = σI + BᵀB − αΣuuᵀ, σ = |a|² − αuᵀΣu, u = Bᵀa: a multiple of the identity plus
a matrix of rank ≤ h. By Eckart–Young L ≥ ½ min_σ (the sum of the d − h least λ_j(1 − ασλ_j)²).

The bounds meet at 0 when zero is attainable. That the upper one is the minimum also otherwise is what
every numerical search has found (the tests repeat two), but it is not proved here. Local minima that are
not global do occur: Σ = diag(1, 2), h = 1, α = 1 has one near L = 1/2 beside the least value 1/9.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from analysis.dimensions.zero_excess import Setting, strata


@dataclass(frozen=True)
class Bounds:
    """Two-sided bounds on the least excess loss; equal to 0 where zero is attainable.

    Attributes:
        lower: no point does better.
        upper: an explicit point (A = a scaled frame, B diagonal in Σ's eigenbasis, AB = 0) attains it.
        scale: its s².
        served: the eigendirections whose residual B removes.
    """

    lower: Fraction
    upper: Fraction
    scale: Fraction
    served: tuple[int, ...]


def least_excess(setting: Setting) -> Bounds:
    """Bounds on min L for one output and tasks θ ~ N(0, I): see the module.

    Raises:
        ValueError: more than one output.
    """
    if setting.outputs != 1:
        raise ValueError("bounds on the least excess loss are derived for one output")
    values, h = setting.eigenvalues, setting.hidden
    if h >= setting.width_for_zero:
        zero = Fraction(0)
        return Bounds(zero, zero, strata(setting)[-1].scale[0], tuple(range(setting.inputs)))
    everything = range(setting.inputs)
    options = [(_left(values, everything, Fraction(0), h), Fraction(0), _smallest(values, h))]
    for served in combinations(everything, h - 1):
        rest = [values[j] for j in everything if j not in served]
        sigma = sum(x**2 for x in rest) / sum((x**3 for x in rest), Fraction(0))
        if all(sigma * values[j] <= 1 for j in served):
            loss = sum((x * (1 - sigma * x) ** 2 for x in rest), Fraction(0)) / 2
            options.append((loss, sigma / setting.rate, served))
    upper, scale, served = min(options, key=lambda option: option[0])
    lower = min(
        _least_square([values[j] for j in kept]) for kept in combinations(everything, setting.inputs - h)
    )
    return Bounds(lower, upper, scale, served)


def _left(values: tuple[Fraction, ...], indices: range, sigma: Fraction, served: int) -> Fraction:
    residuals = sorted(values[j] * (1 - sigma * values[j]) ** 2 for j in indices)
    return sum(residuals[: len(residuals) - served], Fraction(0)) / 2


def _smallest(values: tuple[Fraction, ...], count: int) -> tuple[int, ...]:
    return tuple(sorted(sorted(range(len(values)), key=lambda j: -values[j])[:count]))


def _least_square(values: list[Fraction]) -> Fraction:
    """min_σ ½ Σ λ(1 − σλ)²."""
    t1, t2, t3 = (sum((x**i for x in values), Fraction(0)) for i in (1, 2, 3))
    return (t1 - t2**2 / t3) / 2
