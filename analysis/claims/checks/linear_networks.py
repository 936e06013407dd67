"""Linear networks in d dimensions, §4.5, §5.3: what `analysis.dimensions` and `analysis.equivalence` prove.

The example laws have E[x xᵀ] = Σ = (2 1; 1 3), or diag(2, 3), and tasks of unit covariance.
"""

from __future__ import annotations

from fractions import Fraction

from analysis.dimensions import certify, certify_partial
from analysis.equivalence import Tasks, symmetric, verify, verify_scalars

Rows = tuple[tuple[int, int], tuple[int, int]]
CORRELATED: Rows = ((2, 1), (1, 3))
DIAGONAL: Rows = ((2, 0), (0, 3))
ISOTROPIC: Rows = ((2, 0), (0, 2))


def _tasks(inputs: Rows) -> Tasks:
    sigma = symmetric([[Fraction(x) for x in row] for row in inputs], "the input second moment")
    unit = symmetric([[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]], "the task covariance")
    return Tasks(1, sigma, unit)


def induced_preconditioner() -> bool:
    """Theorem 1 of analysis.equivalence.collapsed, as a polynomial identity for generic layers of widths
    2, 2, 2 and for three scalars: one step of the layers moves their product U = AB by
    −α(AAᵀG + GBᵀB) + α²GUᵀG."""
    return verify((2, 2, 2)) > 0 and verify_scalars(3) > 0


def zero_excess_conditions() -> bool:
    """analysis.dimensions.certify for aᵀBx with generic a and B, d = h = 2, any Σ: every task is solved in
    one step iff AB = 0, AAᵀ = s²I and BᵀB = Σ⁻¹/α − s²I."""
    return bool(certify(1, 2, 2).checks)


def one_layer_at_rest() -> bool:
    """analysis.dimensions.certify_partial: with B fixed the step of a leaves R − αRΣBᵀB, zero for every start
    a and every task iff BᵀB = Σ⁻¹/α."""
    return len(certify_partial(1, 2, 2)) == 2


def optimizers_in_order(inputs: Rows = CORRELATED) -> bool:
    """analysis.equivalence.reach, exact least losses at Σ = (2 1; 1 3): the tuned rate 1/4 > Meta-SGD 5/22 >
    Meta-Curvature and KFO, 0 by the right factor Σ⁻¹."""
    tasks = _tasks(inputs)
    tuned, learned = tasks.best_rate()[1], tasks.meta_sgd()[1]
    inverse = tasks.meta_curvature()
    product = [[sum(inputs[i][k] * inverse[k][j] for k in range(2)) for j in range(2)] for i in range(2)]
    return (tuned, learned, product) == (Fraction(1, 4), Fraction(5, 22), [[1, 0], [0, 1]])


def where_simpler_optimizers_suffice() -> bool:
    """analysis.equivalence.reach: Meta-SGD reaches 0 for diagonal Σ, and a tuned rate alone for Σ = 2I."""
    diagonal, isotropic = _tasks(DIAGONAL), _tasks(ISOTROPIC)
    return diagonal.meta_sgd()[1] == 0 < diagonal.best_rate()[1] and isotropic.best_rate()[1] == 0


def width_is_needed(inputs: Rows = CORRELATED) -> bool:
    """analysis.equivalence.reach: with d = 2, k = 1 and simple eigenvalues two layers need width 2 to solve
    every task in one step, though width 1 represents every task."""
    return _tasks(inputs).width_for_zero() == 2
