"""Nets too narrow for zero excess loss, or narrower than the inputs: how good, and where training can end.

One output, ŷ = aᵀBx, θ ~ N(0, I), Σ = diag(λ). With h < d − m + 1 zero is not attainable (`zero_excess`).

**Upper bound, attained.** Among AB = 0 with B diagonal in Σ's eigenbasis, let B serve the directions I,
|I| ≤ h − 1 (or h, with s = 0): it removes their residual, and the others are left with the common step s²,

    L = ½ Σ_{j∉I} λ_j(1 − αs²λ_j)²,   least at αs² = Σ_{j∉I} λ_j² / Σ_{j∉I} λ_j³.

With h = 1 nothing is served, and L is what the shallow model reaches with its best rate (statement (a) of
`analysis.equivalence.reach`): such a net can represent every task, but its depth only tunes the step size.

**Lower bound.** For h = 1 the upper bound is the minimum (theorem 6, `single_unit`). For h ≥ 2 split f − θ
into the parts odd and even in θ; they are uncorrelated. The odd one is (αS_eff Σ − I)θ with S_eff = σI +
BᵀB − αΣuuᵀ, σ = |a|² − αuᵀΣu, u = Bᵀa: a multiple of the identity plus a matrix of rank ≤ h. By
Eckart–Young L ≥ ½ min_σ (the sum of the d − h least λ_j(1 − ασλ_j)²).

**Theorem 8.** Among the points with AB = 0, for any B, diagonal or not, the upper bound is the minimum.
*Proof.* There L = ½ Σ_ij λ_i (δ_ij − α(s²I + BᵀB)_ij λ_j)², s² = |a|², and rank B ≤ r, r = h − 1 for a ≠ 0
and r = h for a = 0. Let φ_j = λ_j(1 − αs²λ_j)². Where αs²λ_j > 1 the diagonal term is ≥ φ_j, as (BᵀB)_jj ≥ 0.
The block of the other indices is a diagonal matrix with squares φ_j minus one of rank ≤ r: by Eckart–Young it
contributes at least all but the r largest of their φ_j. So L is at least what is left if B serves these r
indices I at this s². If the best s² for the others violates αs²λ_i ≤ 1 for some i ∈ I, the constrained best
has αs²λ_i = 1 for the largest such λ_i, where φ_i = 0: i need not be served. ∎

So a better point would need u = Bᵀa ≠ 0 and gain more in its odd part than its even part costs. Whether one
exists for h ≥ 2 is open. Rotating hidden units makes a = |a|e₁: then the net is a single unit (a, b₁) plus
the preconditioner P' = Σ_{i≥2} bᵢbᵢᵀ of rank ≤ h − 1: f − θ = (f₁ − θ) − αP'Σ(u − θ). Theorem 6 settles P' =
0. Searches by BFGS, 50 to 360 starts in each of 60 settings (12 spectra with d = 3, 4, 5, h = 2 or
3, and α² from 10⁻⁴ to 10) end at the upper bound to ten digits, never below; a part of them is a test.

**Theorem 7 (traps).** For h < d the points a = 0, BᵀB = Σ⁻¹/α on the span of h eigenvectors with the
largest eigenvalues, 0 on the others, are local minima, with L = ½ (the sum of the other λ_j) > 0; they are
not global, not even for isotropic inputs, where zero is attained elsewhere. *Proof.* L is even in a (flip
a and θ). Eckart–Young gives L(0, B) ≥ L there. At these points u = Bᵀa, BΣBᵀ = I/α, so that σ = 0, the odd
part changes only by a matrix orthogonal to it, and c = 0: to second order in a, L grows by ½
E|α²(uᵀΣθ)Σθ|²_Σ > 0, as Bᵀ is injective. By continuity and compactness L(a, B) ≥ L(0, B) nearby. It is not
least: let B serve the second to the h-th eigenvector only and take αs² = 1/λ_max; that leaves ½ Σ λ_j(1 −
λ_j/λ_max)² over the same λ_j. ∎   The paper's landscape (d = 1) has no such minimum; a net narrower than
its input does, and gradient descent can end there.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, combinations

from analysis.algebra.matrices import Matrix, matrix
from analysis.dimensions.single_unit import is_exact, tuned_rate_loss
from analysis.dimensions.zero_excess import Setting, root, strata


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
    options = [(_left(values, everything, Fraction(0), h), Fraction(0), _largest(values, h))]
    for served in chain.from_iterable(combinations(everything, size) for size in range(h)):
        rest = [values[j] for j in everything if j not in served]
        sigma = sum(x**2 for x in rest) / sum((x**3 for x in rest), Fraction(0))
        if all(sigma * values[j] <= 1 for j in served):
            loss = sum((x * (1 - sigma * x) ** 2 for x in rest), Fraction(0)) / 2
            options.append((loss, sigma / setting.rate, served))
    upper, scale, served = min(options, key=lambda option: option[0])
    if h == 1 and is_exact(values):
        return Bounds(upper, upper, scale, served)
    kept = combinations(values, setting.inputs - h)
    lower = min(tuned_rate_loss(rest) for rest in kept)
    return Bounds(lower, upper, scale, served)


def _left(values: tuple[Fraction, ...], indices: range, sigma: Fraction, served: int) -> Fraction:
    residuals = sorted(values[j] * (1 - sigma * values[j]) ** 2 for j in indices)
    return sum(residuals[: len(residuals) - served], Fraction(0)) / 2


def _largest(values: tuple[Fraction, ...], count: int) -> tuple[int, ...]:
    return tuple(sorted(sorted(range(len(values)), key=lambda j: -values[j])[:count]))


def trap(setting: Setting) -> tuple[tuple[Matrix, Matrix], Fraction]:
    """((A, B), L): a local minimum of theorem 7 that is not global.

    Raises:
        ValueError: more than one output, or h ≥ d, where there is none of this kind.
    """
    if setting.outputs != 1 or setting.hidden >= setting.inputs:
        raise ValueError("traps are derived for one output and h < d")
    largest = _largest(setting.eigenvalues, setting.hidden)
    rows = [
        [root(setting.precisions[j]) if j == chosen else Fraction(0) for j in range(setting.inputs)]
        for chosen in largest
    ]
    others = [x for j, x in enumerate(setting.eigenvalues) if j not in largest]
    zero = matrix([[Fraction(0)] * setting.hidden])
    return (zero, matrix(rows)), sum(others, Fraction(0)) / 2
