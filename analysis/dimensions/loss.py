"""The excess MAML loss at a rational point (A, B), exactly: Gaussian tasks with independent entries.

L = ½ E_Θ tr((f − Θ)Σ(f − Θ)ᵀ) with E Θ_ij² = τ_j; f − Θ is a polynomial in Θ, whose monomials have the
expectations ∏ τ_j^{e/2} (e − 1)!!. No formula of the theorems enters.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod

from flint import fmpq, fmpq_mpoly

from analysis.algebra.matrices import Matrix, entry_names, generic
from analysis.algebra.polynomials import context, fraction, rational
from analysis.dimensions.proof import excess_at
from analysis.dimensions.zero_excess import Setting
from analysis.tasks import GAUSSIAN


def task_variances(setting: Setting, variances: tuple[Fraction, ...] = ()) -> tuple[Fraction, ...]:
    """τ₁, …, τ_d, by default 1."""
    return variances or (Fraction(1),) * setting.inputs


def gaussian_expectation(poly: fmpq_mpoly, variances: tuple[Fraction, ...]) -> fmpq:
    """E of a polynomial in the entries of Θ, listed row by row, Θ_ij ~ N(0, variances[j])."""
    d = len(variances)

    def moment(exponents: tuple[int, ...]) -> Fraction:
        return prod(
            (
                GAUSSIAN.moment(int(e)) * variances[i % d] ** (int(e) // 2)
                for i, e in enumerate(exponents)
                if e
            ),
            start=Fraction(1),
        )

    return sum((c * rational(moment(e)) for e, c in poly.to_dict().items()), fmpq(0))


def excess_loss(
    setting: Setting, layers: tuple[Matrix, Matrix], variances: tuple[Fraction, ...] = ()
) -> Fraction:
    """L(A, B) for rational A (k × h) and B (h × d)."""
    shape = (setting.outputs, setting.inputs)
    ring = context(entry_names("t", shape))
    a, b = (m.map(lambda x: ring.constant(rational(x))) for m in layers)
    scales = tuple(ring.constant(rational(x)) for x in setting.eigenvalues)
    residual = excess_at((a, b), rational(setting.rate), scales, generic(ring, "t", shape))
    tau = task_variances(setting, variances)
    total = Fraction(0)
    for i in range(shape[0]):
        for j in range(shape[1]):
            total += setting.eigenvalues[j] * fraction(gaussian_expectation(residual[i, j] ** 2, tau))
    return total / 2
