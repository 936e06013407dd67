"""The least excess loss that each way of adapting a linear map reaches in one step: depth against optimizers.

Tasks y = Θx + ε with Θ a k × d matrix whose rows are independent with mean C̄'s row and covariance T ≻ 0;
inputs with second moment Σ ≻ 0. The excess loss is L = ½ E tr((f − Θ)Σ(f − Θ)ᵀ), f being the adapted map,
and the shallow model's gradient is G = RΣ with R = C − Θ. A linear meta-optimizer leaves the residual R −
𝓜(RΣ); for all of them C = E Θ is optimal, since the part of R that does not depend on the task only adds
to L. Write t_i = tr(TΣⁱ). Then, exactly,

    MAML, rate α      𝓜 = α            L = ½k (t₁ − 2α t₂ + α² t₃)
    MAML, best α      α* = t₂/t₃       L = ½k (t₁ − t₂²/t₃); zero iff Σ = I/α*                     (a)
    T-Nets            𝓜(G) = αTTᵀG     the same L as the best α                                   (b)
    Meta-SGD          𝓜 = A ⊙ G        L = ½k (t₁ − qᵀQ⁻¹q), q = diag(ΣTΣ), Q = Σ ∘ ΣTΣ;
                                       zero iff Σ is diagonal                                     (c)
    Meta-Curvature, KFO (also psd)     𝓜(G) = LGR;  zero always, by L = I, R = Σ⁻¹                 (d)
    two layers, width h                zero iff h ≥ min(d, k + d − m)                             (e)

with m the multiplicity of Σ's largest eigenvalue. *Proofs.* (a) L is a parabola in α, and equality in
Cauchy–Schwarz, t₂² = t₁t₃ for the vectors Σ^{1/2}T^{1/2} and Σ^{3/2}T^{1/2}, forces ΣT^{1/2} ∝ T^{1/2}.
(b) With M = αTTᵀ, L = ½(k t₁ − 2 tr(M) t₂ + tr(M²) t₃), least at M = (t₂/t₃) I. (c) Each row of A is a
separate least-squares problem in D = diag(row): L = ½(t₁ − 2qᵀD + DᵀQD), Q positive definite by Schur's
product theorem; zero means DΣ = I. (d) LRΣR′ = R for R′ = Σ⁻¹, which is positive definite and so of the
form R₀ᵀR₀. (e) is theorem 2 of `analysis.dimensions`, for Θ whose law is not confined to a hypersurface. ∎

What follows for the paper's thesis, with unlimited data (for finite samples see
`analysis.finite_samples.best`: there depth can be more). In one dimension depth, Meta-SGD with learned rate
1/E[x²] and a shallow model with the tuned rate α = 1/E[x²] all reach zero: what depth adds is exactly the
freedom to learn the step size. In d dimensions the order is strict: tuned α < Meta-SGD < Meta-Curvature =
KFO = wide two-layer net (in the sense of the laws Σ on which zero is reached: multiples of I; diagonal;
all; all), and a net that is narrower than (e) stays behind Meta-Curvature although it can represent every
task.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpq_mat, fmpq_poly

from analysis.algebra.algebraic_numbers import RealRoot, irreducible_factors, roots_of_irreducible
from analysis.algebra.matrices import Matrix
from analysis.algebra.polynomials import fraction, rational
from analysis.equivalence.collapsed import Layers, above, below


class NotPositiveDefinite(ValueError):
    """A second-moment matrix is not square, symmetric and positive definite."""


def symmetric(rows: Sequence[Sequence[Fraction]], name: str) -> fmpq_mat:
    """The rational matrix with these rows.

    Raises:
        NotPositiveDefinite: the rows are not those of a symmetric positive definite matrix.
    """
    size = len(rows)
    if any(len(row) != size for row in rows):
        raise NotPositiveDefinite(f"{name} must be a square matrix, rows of {size} numbers")
    if any(rows[i][j] != rows[j][i] for i in range(size) for j in range(i)):
        raise NotPositiveDefinite(f"{name} must be symmetric")
    minors = (fmpq_mat([[rational(x) for x in row[:n]] for row in rows[:n]]) for n in range(1, size + 1))
    if any(minor.det() <= 0 for minor in minors):
        raise NotPositiveDefinite(f"{name} must be positive definite: a leading minor is not positive")
    return fmpq_mat([[rational(x) for x in row] for row in rows])


def eigenvalues(symmetric_matrix: fmpq_mat) -> list[tuple[RealRoot, int]]:
    """The eigenvalues of a symmetric rational matrix, exactly, with multiplicities, ascending."""
    polynomial: fmpq_poly = symmetric_matrix.charpoly()
    found = [
        (root, _multiplicity(polynomial, root))
        for factor in irreducible_factors(polynomial)
        for root in roots_of_irreducible(factor)
    ]
    return sorted(found, key=lambda pair: fraction(pair[0].enclosure(256).mid().fmpq()))


def _multiplicity(polynomial: fmpq_poly, root: RealRoot) -> int:
    count, quotient = 0, polynomial
    while quotient % root.polynomial == 0:
        quotient, count = quotient // root.polynomial, count + 1
    return count


def _trace(m: fmpq_mat) -> fmpq:
    return sum((m[i, i] for i in range(m.nrows())), fmpq(0))


@dataclass(frozen=True)
class Tasks:
    """Linear regression tasks, exact: k outputs, input second moment Σ, covariance T of each row of Θ."""

    outputs: int
    inputs: fmpq_mat
    tasks: fmpq_mat

    @property
    def moments(self) -> tuple[Fraction, Fraction, Fraction]:
        """(t₁, t₂, t₃), t_i = tr(TΣⁱ)."""
        product, values = self.tasks, []
        for _ in range(3):
            product = product * self.inputs
            values.append(fraction(_trace(product)))
        return values[0], values[1], values[2]

    @property
    def top_multiplicity(self) -> int:
        """m: how often Σ's largest eigenvalue occurs."""
        return eigenvalues(self.inputs)[-1][1]

    def at_rate(self, rate: Fraction) -> Fraction:
        """The shallow model's least excess loss with the fixed adaptation rate α."""
        t1, t2, t3 = self.moments
        return Fraction(self.outputs, 2) * (t1 - 2 * rate * t2 + rate**2 * t3)

    def best_rate(self) -> tuple[Fraction, Fraction]:
        """(α*, excess loss) of the shallow model, which is also what T-Nets reaches: statements (a), (b)."""
        _, t2, t3 = self.moments
        return t2 / t3, self.at_rate(t2 / t3)

    def meta_sgd(self) -> tuple[tuple[Fraction, ...], Fraction]:
        """(each row of learned rates, excess loss) of the shallow model with Meta-SGD: statement (c)."""
        size = self.inputs.nrows()
        middle = self.inputs * self.tasks * self.inputs
        q = fmpq_mat(size, 1, [middle[i, i] for i in range(size)])
        schur = fmpq_mat(
            size, size, [self.inputs[i, j] * middle[i, j] for i in range(size) for j in range(size)]
        )
        rates = schur.solve(q)
        gained = fraction((q.transpose() * rates)[0, 0])
        return (
            tuple(fraction(rates[i, 0]) for i in range(size)),
            Fraction(self.outputs, 2) * (self.moments[0] - gained),
        )

    def meta_curvature(self) -> tuple[tuple[Fraction, ...], ...]:
        """The right factor Σ⁻¹ with which LGR (Meta-Curvature, KFO) reaches zero: statement (d)."""
        inverse, size = self.inputs.inv(), self.inputs.nrows()
        return tuple(tuple(fraction(inverse[i, j]) for j in range(size)) for i in range(size))

    def width_for_zero(self) -> int:
        """The least hidden width with which two linear layers reach zero: statement (e)."""
        size = self.inputs.nrows()
        return min(size, self.outputs + size - self.top_multiplicity)


def kronecker_rank(layers: Layers) -> int:
    """The least number of Kronecker products R ⊗ L that add up to the first-order preconditioner of a net.

    One product (a linear KFO or Meta-Curvature layer) copies the first-order part of depth iff this is 1. It
    is the rank of Σ_j vec(C_jᵀC_j) vec(A_jA_jᵀ)ᵀ; for two layers AB it is at most 1 iff AAᵀ or BᵀB is a
    multiple of the identity (0 iff both vanish), which holds with one output, and at every zero-excess point
    (there AAᵀ = s²I).

    Args:
        layers: (W₁, …, W_N) with rational entries.
    """

    def gram(m: Matrix) -> list[fmpq]:
        return [rational(x) for x in m]

    numbers = range(1, len(layers) + 1)
    right = [gram(below(layers, j).T @ below(layers, j)) for j in numbers]
    left = [gram(above(layers, j) @ above(layers, j).T) for j in numbers]
    total = fmpq_mat(right).transpose() * fmpq_mat(left)
    return total.rank()
