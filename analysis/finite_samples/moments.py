"""Joint moments of what a support set of n samples shows: S = ¹⁄ₙΣxᵢ² and z = ¹⁄ₙΣxᵢεᵢ.

The inner gradient of ½·¹⁄ₙΣ(yᵢ − g xᵢ)² with yᵢ = θxᵢ + εᵢ is ((g − θ)S − z) ∂g/∂w: a support set acts
only through the pair (S, z). Infinite data is S = E[x²], z = 0. The moments of a mean follow from those
of one sample through cumulants, which add under independence:

    κ_jk(S, z) = κ_jk(x², xε) / n^{j+k−1},        E[(x²)ʲ(xε)ᵏ] = E[x^{2j+k}] E[εᵏ],

so E[Sʲzᵏ] is a polynomial in ν = 1/n and σ², valid for every n at once. For x, ε Gaussian it agrees with
the χ² formulas E Sʲ = ∏_{i<j}(n + 2i)/nʲ and E[Sʲz²] = σ² E[S^{j+1}]/n, which the tests use.

The bivariate recursion between moments m and cumulants κ (differentiate exp K = M once in the first
variable):

    m_jk = Σ_{1≤a≤j, 0≤b≤k} C(j−1, a−1) C(k, b) κ_ab m_{j−a,k−b}    (j ≥ 1),  and likewise in k when j = 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import comb

from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from analysis.algebra.polynomials import rational
from analysis.tasks import GAUSSIAN, TaskLaw


class NoiseError(ValueError):
    """A noise law with odd moments was scaled by a variance, whose root need not be rational, or is no unit
    noise where one is needed."""


@dataclass(frozen=True)
class Support:
    """How a support set is drawn.

    Attributes:
        samples: n, or None for the symbol `nu` = 1/n.
        inputs: the law of x.
        noise: the law of ε/σ.
        noise_variance: σ², or None for the symbol `s2`.
    """

    samples: int | None = None
    inputs: TaskLaw = GAUSSIAN
    noise: TaskLaw = GAUSSIAN
    noise_variance: Fraction | None = Fraction(1)

    def __post_init__(self) -> None:
        if self.samples is not None and self.samples < 1:
            raise ValueError(f"{self.samples} samples: choose at least 1")
        if self.noise_variance is not None and self.noise_variance < 0:
            raise ValueError(f"noise variance {self.noise_variance}: choose a non-negative rational number")

    @property
    def symbols(self) -> tuple[str, ...]:
        """The generators that stay symbolic."""
        return ("nu",) * (self.samples is None) + ("s2",) * (self.noise_variance is None)


def support_moments(support: Support, ring: fmpq_mpoly_ctx) -> Callable[[int, int], fmpq_mpoly]:
    """(j, k) ↦ E[Sʲzᵏ] as an element of `ring`, which has the support's symbols among its generators.

    Raises:
        MomentError: (from the returned function) the law of x or of the noise has too few moments.
        NoiseError: (likewise) the noise has a non-zero odd moment and a variance other than 1.
    """
    generator = dict(zip(ring.names(), ring.gens(), strict=True))
    nu = generator["nu"] if support.samples is None else ring.constant(fmpq(1, support.samples))
    variance = (
        generator["s2"] if support.noise_variance is None else ring.constant(rational(support.noise_variance))
    )

    @cache
    def single(j: int, k: int) -> fmpq_mpoly:
        shape = support.noise.moment(k)
        if k % 2 and shape and support.noise_variance != 1:
            raise NoiseError(
                f"the noise law {support.noise.name} has E e^{k} = {shape}: its variance must be 1"
            )
        return ring.constant(rational(support.inputs.moment(2 * j + k) * shape)) * variance ** (k // 2)

    @cache
    def cumulant(j: int, k: int) -> fmpq_mpoly:
        return single(j, k) - _recursion(j, k, cumulant, single, skip=True)

    @cache
    def mean(j: int, k: int) -> fmpq_mpoly:
        if j == k == 0:
            return ring.constant(1)
        return _recursion(j, k, lambda a, b: cumulant(a, b) * nu ** (a + b - 1), mean, skip=False)

    return mean


Table = Callable[[int, int], fmpq_mpoly]


def _recursion(j: int, k: int, cumulant: Table, moment: Table, *, skip: bool) -> fmpq_mpoly:
    """Σ C C κ_ab m_{j−a,k−b}, without the term κ_jk itself if `skip`."""
    first, second = (1, 0) if j else (0, 1)
    total = moment(0, 0) * 0
    for a in range(first, j + 1):
        for b in range(second, k + 1):
            if skip and (a, b) == (j, k):
                continue
            weight = comb(j - first, a - first) * comb(k - second, b - second)
            total += cumulant(a, b) * moment(j - a, k - b) * weight
    return total
