"""The Hessian of the excess loss on its zero set, exactly: closed-form spectrum, and a derivation.

At a zero-excess point (AB = 0, AAᵀ = s²I, BᵀB = Σ⁻¹/α − s²I; `zero_excess`) the residual vanishes for every
task, so the Hessian is the Gram form E tr(δΣδᵀ) of the residual's first variation

    δ = α(KΘΣ + ΘΣS) + α² ΘΣMΘΣ,   K = ȦAᵀ + AȦᵀ,  S = ḂᵀB + BᵀḂ,  M = (ȦB + AḂ)ᵀ.

For Gaussian tasks with independent entries, E Θ_ij² = τ_j, the linear and the quadratic part are
uncorrelated, and with d_j² = 1/(αλ_j) − s² (the squared length of B's j-th column) and ω = Σ_j λ_j³τ_j
the form diagonalises:

**Theorem 3.** The non-zero eigenvalues of the Hessian are, with multiplicities,

    α³ λ_j τ_j (2λ_j³τ_j + kω)                    × k, each j       (from M: a start AB ≠ 0)
    α² k λ_iλ_j (λ_iτ_i + λ_jτ_j)(d_i² + d_j²)    × 1, each i < j   (from S: B's columns)
    4α² ω s²                                      × k(k+1)/2 − 1    (from K: A's rows)
    the eigenvalues of N = [4α² λ_i³τ_i (s² + k d_i² δ_ij)]_{ij}    (d × d: the scales of A and B)

and 0 otherwise. For Σ = I and τ = 1, with q² = 1/α − s², this reads

    α³(kd + 2)  ×kd,    4α²kq²  ×d(d+1)/2 − 1,    4α²ds²  ×k(k+1)/2 − 1,    4α²(ds² + kq²)  ×1.

*Proof.* Expand E tr(δΣδᵀ) by Wick's rule; in the frames of `zero_excess`, Ȧ and Ḃ split into M's block
(d_j² + s² = 1/(αλ_j) normalises it), the symmetric parts of K and S off the diagonal, their diagonals, and
directions that enter none of K, S, M. On the diagonals the form is 4α² Σ_a λ_a³τ_a (s t + √k d_a x_a)². ∎

For d = k = 1 the numbers are 4α and 3α³: half of the paper's diag(8α, 6α³), which belongs to twice this
loss. The zero set is a Morse–Bott minimum (nullity = dimension) on "both carry". An end piece with frame
n is one iff h = n, or its idle block is one-dimensional and has room (k = 1 for "bottom carries", where A
= 0; m = 1 for "top carries", where m columns of B are 0; h ≥ d + k). Otherwise the idle rows or columns
can move in h − n directions each at no second-order cost: for h < d + k the nullity exceeds the dimension
by k(h − d) and m(h − n) respectively, and the loss grows there like the fourth power of the distance (h −
n < m leaves no room for m orthogonal columns of equal length, h − d < k none for k such rows, so the loss
is not 0 there).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpq_mat, fmpq_poly

from analysis.algebra.algebraic_numbers import RealRoot, roots_of_irreducible
from analysis.algebra.matrices import Matrix, entry_names, generic
from analysis.algebra.polynomials import context, fraction, rational, substitute
from analysis.dimensions.loss import gaussian_expectation, task_variances
from analysis.dimensions.proof import excess_at
from analysis.dimensions.zero_excess import Setting, Stratum, strata


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues of a Hessian as exact algebraic numbers.

    Attributes:
        positive: (eigenvalue, multiplicity), ascending.
        nullity: the multiplicity of 0.
    """

    positive: tuple[tuple[RealRoot, int], ...]
    nullity: int

    def floats(self) -> list[float]:
        """All eigenvalues, ascending, zeros included."""
        values = [float(root.enclosure().mid()) for root, count in self.positive for _ in range(count)]
        return [0.0] * self.nullity + sorted(values)


def closed_form(setting: Setting, scale: Fraction, variances: tuple[Fraction, ...] = ()) -> fmpq_poly:
    """Theorem 3: the product of (x − eigenvalue) over the listed non-zero eigenvalues, the N block included.

    Args:
        setting: dimensions, rate, Σ.
        scale: s² of the point.
        variances: τ; empty means all 1.
    """
    k, d, alpha = setting.outputs, setting.inputs, setting.rate
    lam, tau = setting.eigenvalues, task_variances(setting, variances)
    columns = [p - scale for p in setting.precisions]
    omega = sum((x**3 * t for x, t in zip(lam, tau, strict=True)), Fraction(0))
    listed: Counter[Fraction] = Counter()
    for x, t in zip(lam, tau, strict=True):
        listed[alpha**3 * x * t * (2 * x**3 * t + k * omega)] += k
    for j in range(d):
        for i in range(j):
            weight = lam[i] * lam[j] * (lam[i] * tau[i] + lam[j] * tau[j])
            listed[alpha**2 * k * weight * (columns[i] + columns[j])] += 1
    listed[4 * alpha**2 * omega * scale] += k * (k + 1) // 2 - 1
    block = fmpq_mat(
        [
            [
                rational(4 * alpha**2 * lam[i] ** 3 * tau[i] * (scale + (k * columns[i] if i == j else 0)))
                for j in range(d)
            ]
            for i in range(d)
        ]
    )
    polynomial = block.charpoly()
    for value, count in listed.items():
        polynomial *= fmpq_poly([rational(-value), 1]) ** count
    return polynomial


def spectrum(
    setting: Setting, stratum: Stratum, scale: Fraction | None = None, variances: tuple[Fraction, ...] = ()
) -> Spectrum:
    """Every eigenvalue of the Hessian at a piece's points with this s² (default: the middle of its range)."""
    low, high = stratum.scale
    polynomial = closed_form(setting, (low + high) / 2 if scale is None else scale, variances)
    size = setting.hidden * (setting.outputs + setting.inputs)
    return factor(polynomial, size)


def factor(polynomial: fmpq_poly, size: int) -> Spectrum:
    """The spectrum of a psd size × size matrix, from its characteristic polynomial up to factors of x."""
    found: list[tuple[RealRoot, int]] = []
    for irreducible, count in polynomial.numer().factor()[1]:
        if irreducible.degree() > 0 and irreducible[0] != 0:
            found += [(root, count) for root in roots_of_irreducible(irreducible)]
    found.sort(key=lambda pair: fraction(pair[0].enclosure(256).mid().fmpq()))
    return Spectrum(tuple(found), size - sum(count for _, count in found))


def local_dimension(setting: Setting, stratum: Stratum) -> int:
    """The dimension of {L = 0} near a piece's points: that of "both carry" where it accumulates there."""
    return max(piece.dimension for piece in strata(setting) if piece.name in (stratum.name, "both carry"))


def degeneracy(setting: Setting, stratum: Stratum, scale: Fraction | None = None) -> int:
    """Nullity of the Hessian minus the local dimension of the zero set; 0 means Morse–Bott."""
    return spectrum(setting, stratum, scale).nullity - local_dimension(setting, stratum)


def derived_hessian(
    setting: Setting, layers: tuple[Matrix, Matrix], variances: tuple[Fraction, ...] = ()
) -> fmpq_mat:
    """The Hessian at a rational zero-excess point from the adapted map; no formula of theorem 3 enters.

    Differentiates f − Θ with respect to every weight, puts the point in, and takes the Gaussian expectation
    of E Σ_ij λ_j (∂_p(f − Θ)_ij)(∂_q(f − Θ)_ij) monomial by monomial.

    Raises:
        ValueError: the point does not have zero excess loss.
    """
    k, d, h = setting.outputs, setting.inputs, setting.hidden
    weights = (*entry_names("a", (k, h)), *entry_names("b", (h, d)))
    ring, tasks = context((*weights, *entry_names("t", (k, d)))), context(entry_names("t", (k, d)))
    a, b, t = generic(ring, "a", (k, h)), generic(ring, "b", (h, d)), generic(ring, "t", (k, d))
    excess = excess_at((a, b), rational(setting.rate), tuple(map(rational, setting.eigenvalues)), t)
    numbers = (*layers[0], *layers[1])
    point = {name: rational(value) for name, value in zip(weights, numbers, strict=True)}
    if any(substitute(entry, point, tasks) != 0 for entry in excess):
        raise ValueError("the point does not have zero excess loss")
    rows = [[substitute(entry.derivative(p), point, tasks) for entry in excess] for p in range(len(weights))]
    tau, lam = task_variances(setting, variances), [rational(x) for x in setting.eigenvalues]
    size = len(weights)
    hessian = fmpq_mat(size, size)
    for p in range(size):
        for q in range(p + 1):
            total = fmpq(0)
            for index, (x, y) in enumerate(zip(rows[p], rows[q], strict=True)):
                if x and y:
                    total += lam[index % d] * gaussian_expectation(x * y, tau)
            hessian[p, q] = hessian[q, p] = total
    return hessian
