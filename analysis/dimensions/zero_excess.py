"""ŷ = Cx against ŷ = ABx in d dimensions: the exact set of points that adapt to every task in one step.

Setting. Inputs x ∈ R^d with second moment Σ ≻ 0, tasks y = Θx + ε with Θ ∈ R^{k×d} drawn from any law
whose support is not contained in a hypersurface (every Gaussian with a density), two linear layers A ∈
R^{k×h}, B ∈ R^{h×d}, one inner step with rate α on both. The paper's ŷ = aᵀBx is k = 1. CONVENTION: task
loss ½ E|y − ŷ|²; the *excess loss* is L = ½ E_Θ tr((f − Θ)Σ(f − Θ)ᵀ), f the adapted map AB; it is zero
exactly when every task is solved. Rotating x turns (B, Θ, Σ) into (BO, ΘO, OᵀΣO), so only Σ's eigenvalues
λ₁, …, λ_d matter; Σ = diag(λ) from here on, λ_max has multiplicity m, and p_min = 1/(α λ_max).

**Theorem 1.** L(A, B) = 0 if and only if, for some s ≥ 0,

    AB = 0,     AAᵀ = s² I_k,     BᵀB = Σ⁻¹/α − s² I_d.

*Proof.* With U = AB and R = U − Θ the gradient is G = RΣ, and theorem 2 of `analysis.equivalence.collapsed`
gives f − Θ = R − α(AAᵀG + GBᵀB) + α² G Uᵀ G. L = 0 iff this polynomial in the entries of R vanishes
identically (continuity, and R sweeps a set not contained in a hypersurface). Its quadratic part at R = E_ij
is α²λ_j² U_ij E_ij, so U = 0, and then the quadratic part is gone. Its linear part vanishes iff
AAᵀ R + R BᵀB = R Σ⁻¹/α for all R; at R = E_pq this says that AAᵀ is diagonal, BᵀB is diagonal, and
(AAᵀ)_pp + (BᵀB)_qq = 1/(αλ_q), so that (AAᵀ)_pp does not depend on p: call it s². ∎

**Theorem 2.** Zero excess loss is attainable iff h ≥ min(d, k + d − m). The set is compact, and it is the
disjoint union of

    "bottom carries"   s = 0          h ≥ d            A = 0, B = Q(Σ⁻¹/α)^{1/2}        Q ∈ V_d(R^h)
    "both carry"       0 < s² < p_min  h ≥ d + k        A = sWᵀ, B = Q(Σ⁻¹/α − s²I)^{1/2}, (Q, W) ∈ V_{d+k}
    "top carries"      s² = p_min      h ≥ d + k − m    the same, the top eigenspace's m columns of B being 0:
                                                        V_{d+k−m}(R^h)

V_n(R^h) being the Stiefel manifold of orthonormal n-frames, of dimension hn − n(n+1)/2 (and one more for
the interval of s). With h ≥ d + k the first and third lie in the closure of the second and the whole is
connected; otherwise the second is empty and the others are components (two each where n = h). *Proof.*
p_min bounds s² because BᵀB ⪰ 0; rank B is d, or d − m when s² = p_min; AB = 0 with AAᵀ = s²I, s > 0, puts
the columns of B into the orthogonal complement of k orthonormal vectors, so rank B + k ≤ h. Conversely
the displayed points satisfy theorem 1, and B = QD with Q a frame is the polar decomposition. If n = h,
V_n = O(h) has two components; with h = d + k "both carry" has two, joined at s = 0, where W is forgotten.
∎

So with isotropic inputs (m = d) any h ≥ min(d, k) will do — exactly the width at which the net can
represent all tasks; for the paper's aᵀBx even h = 1, by A = a with |a|² = 1/α, B = 0. With anisotropic
inputs it takes h ≥ d + k − m: capacity is not enough, depth must have room for the preconditioner Σ⁻¹.
For d = k = h = 1 the components are the paper's four points (±1/√α, 0), (0, ±1/√α), and no others are
global minima. A point of "top carries" with B ≠ 0, or any with h > n, moves in a continuum: the minimiser
is not unique.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt, sqrt
from typing import Literal

from analysis.algebra.matrices import Matrix, matrix

StratumName = Literal["bottom carries", "both carry", "top carries"]


@dataclass(frozen=True)
class Setting:
    """Two linear layers on d-dimensional regression.

    Attributes:
        outputs: k ≥ 1.
        inputs: d ≥ 1.
        hidden: h ≥ 1.
        rate: the adaptation rate α > 0.
        covariance: the eigenvalues of Σ, d positive rationals; empty means the identity.
    """

    outputs: int
    inputs: int
    hidden: int
    rate: Fraction
    covariance: tuple[Fraction, ...] = ()

    def __post_init__(self) -> None:
        if min(self.outputs, self.inputs, self.hidden) < 1:
            raise ValueError("outputs, inputs and hidden width must be at least 1")
        if self.rate <= 0:
            raise ValueError(f"adaptation rate {self.rate}: choose a positive rational number")
        if self.covariance and len(self.covariance) != self.inputs:
            raise ValueError(
                f"{len(self.covariance)} eigenvalues for {self.inputs} inputs: give {self.inputs}"
            )
        if any(x <= 0 for x in self.covariance):
            raise ValueError("the eigenvalues of the input covariance must be positive")

    @property
    def eigenvalues(self) -> tuple[Fraction, ...]:
        """λ₁, …, λ_d in the given order."""
        return self.covariance or (Fraction(1),) * self.inputs

    @property
    def precisions(self) -> tuple[Fraction, ...]:
        """p_j = 1/(αλ_j), the diagonal of Σ⁻¹/α."""
        return tuple(1 / (self.rate * x) for x in self.eigenvalues)

    @property
    def top_multiplicity(self) -> int:
        """m, the multiplicity of the largest eigenvalue of Σ."""
        return self.eigenvalues.count(max(self.eigenvalues))

    @property
    def width_for_zero(self) -> int:
        """min(d, k + d − m): the least h with which zero excess loss is attainable."""
        return min(self.inputs, self.outputs + self.inputs - self.top_multiplicity)


@dataclass(frozen=True)
class Stratum:
    """A smooth piece of the zero-excess set.

    Attributes:
        name: which layer carries the preconditioner.
        frame: n: the piece is fibred over the Stiefel manifold V_n(R^h).
        dimension: its dimension.
        scale: the closed range of s², one value twice where it is fixed; "both carry" leaves out its ends.
        components: its number of connected components.
    """

    name: StratumName
    frame: int
    dimension: int
    scale: tuple[Fraction, Fraction]
    components: int


def stiefel_dimension(frame: int, ambient: int) -> int:
    """dim V_n(R^h) = hn − n(n+1)/2."""
    return ambient * frame - frame * (frame + 1) // 2


def strata(setting: Setting) -> tuple[Stratum, ...]:
    """Theorem 2: the pieces of {L = 0}; empty when zero excess loss is not attainable."""
    d, k, h, m = setting.inputs, setting.outputs, setting.hidden, setting.top_multiplicity
    ceiling = min(setting.precisions)
    candidates: list[tuple[StratumName, int, int, tuple[Fraction, Fraction]]] = [
        ("bottom carries", d, 0, (Fraction(0), Fraction(0))),
        ("both carry", d + k, 1, (Fraction(0), ceiling)),
        ("top carries", d + k - m, 0, (ceiling, ceiling)),
    ]
    return tuple(
        Stratum(name, n, stiefel_dimension(n, h) + extra, scale, 2 if n == h else 1)
        for name, n, extra, scale in candidates
        if h >= n
    )


def components(setting: Setting) -> int:
    """The number of connected components of {L = 0}."""
    if setting.hidden >= setting.inputs + setting.outputs:
        return 1
    return sum(stratum.components for stratum in strata(setting))


def root(value: Fraction) -> Fraction | float:
    """√value, exactly where it is rational."""
    p, q = isqrt(value.numerator), isqrt(value.denominator)
    return Fraction(p, q) if p * p == value.numerator and q * q == value.denominator else sqrt(value)


def representative(
    setting: Setting, stratum: Stratum, scale: Fraction | None = None
) -> tuple[Matrix, Matrix]:
    """A point (A, B) of a piece, with coordinate vectors for frames; rational where the roots are.

    Args:
        setting: the dimensions, the rate and the eigenvalues.
        stratum: one of `strata(setting)`.
        scale: s²; by default the middle of the piece's range.

    Raises:
        ValueError: s² is outside the piece's range.
    """
    low, high = stratum.scale
    squared = (low + high) / 2 if scale is None else scale
    if not low <= squared <= high or (low < high and squared in (low, high)):
        raise ValueError(f"s^2 = {squared} is outside the range of {stratum.name!r}: {low} to {high}")
    remaining = [p - squared for p in setting.precisions]
    columns = [j for j, value in enumerate(remaining) if value > 0]
    b = [[Fraction(0)] * setting.inputs for _ in range(setting.hidden)]
    for axis, j in enumerate(columns):
        b[axis][j] = root(remaining[j])  # type: ignore[assignment]
    a = [[Fraction(0)] * setting.hidden for _ in range(setting.outputs)]
    if squared > 0:
        for i in range(setting.outputs):
            a[i][len(columns) + i] = root(squared)  # type: ignore[assignment]
    return matrix(a), matrix(b)
