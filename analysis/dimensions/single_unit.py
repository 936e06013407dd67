"""One hidden unit, ŷ = a bᵀx with anisotropic inputs: the least loss exactly. Depth then only tunes the step.

**Theorem 6.** Let k = h = 1, θ ~ N(0, I), t_i = Σ_j λ_jⁱ, and let every eigenvalue λ of Σ satisfy

    (C)    √(λt₃ + 2λ⁴) ≥ 2λ² − λt₃/t₂,

which is the case for every Σ in up to 2000 dimensions (`certify_dimensions`). Then for every α

    min_{a,b} L = ½ (t₁ − t₂²/t₃),

the loss of the shallow model with its best rate, attained at b = 0, αa² = t₂/t₃.

*Proof.* Replacing (a, b, θ) by (a, b)/√α and θ/α makes α = 1 and θ ~ N(0, τI), τ = α². With y = Σb, Y = |y|²,
β = bᵀy, σ = a²(1 − β), p = (I − a²Σ)b and the norm |p|²_Σ = pᵀΣp,

    2L/τ = Σ_j λ_j(σλ_j − 1)² + 2pᵀΣ(2σΣ − I)y + |p|²_Σ (Y + a²(1 − β)²/τ) + τa²(2yᵀΣ³y + t₃Y)   (identity)

(`certify_identity` derives it). Write κ = τa², so that a²(1 − β)²/τ = σ²/κ. Let p vary freely, then Y;
with the direction e = y/|y|, n = Σ_j e_j²λ_j(2σλ_j − 1)² and g = t₃ + 2Σ_j e_j²λ_j³, this leaves

    2L/τ ≥ t₃σ² − 2t₂σ + t₁ − n κY/(κY + σ²) + g κY ≥ t₃σ² − 2t₂σ + t₁ − (√n − |σ|√g)₊²,

which is at least t₁ − t₂²/t₃ if √n ≤ |σ|√g + |t₃σ − t₂|/√t₃. Squared, right minus left is concave in the
weights e_j² (n and g are linear in them), so it is enough to take e a coordinate vector:

    √λ |2σλ − 1| ≤ |σ| √(t₃ + 2λ³) + √t₃ |σ − σ*|,       σ* = t₂/t₃,  λ an eigenvalue.

Right minus left is piecewise linear in σ. It is non-negative at σ = 0, as t₂² ≥ λ_max² t₂ ≥ λ_max t₃, and
grows from there to both sides until 2σλ = 1, since t₃ ≥ λ³. Beyond, it falls before σ* and grows after it,
and its value at σ* is non-negative by (C). For a = 0 the bound is t₁ − Σ_j e_j²λ_j ≥ t₁ − λ_max ≥
t₁ − t₂²/t₃; for b = 0 the identity's first term alone is left. ∎

(C) can fail only with thousands of small eigenvalues beside a large one; then the bound is simply not proved.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import arb, ctx, fmpq_mpoly

from analysis.algebra.matrices import matrix
from analysis.algebra.polynomials import context, expectation, rational
from analysis.dimensions.proof import excess_at
from analysis.tasks import GAUSSIAN


def power_sums(eigenvalues: Sequence[Fraction]) -> tuple[Fraction, Fraction, Fraction]:
    """(t₁, t₂, t₃)."""
    t1, t2, t3 = (sum((x**i for x in eigenvalues), Fraction(0)) for i in (1, 2, 3))
    return t1, t2, t3


def tuned_rate_loss(eigenvalues: Sequence[Fraction]) -> Fraction:
    """½(t₁ − t₂²/t₃) = min_σ ½ Σ λ(1 − σλ)²."""
    t1, t2, t3 = power_sums(eigenvalues)
    return (t1 - t2**2 / t3) / 2


def is_exact(eigenvalues: Sequence[Fraction]) -> bool:
    """Whether (C) holds for every eigenvalue, decided exactly."""
    _, t2, t3 = power_sums(eigenvalues)

    def holds(x: Fraction) -> bool:
        right = 2 * x**2 - x * t3 / t2
        return right <= 0 or x * t3 + 2 * x**4 >= right**2

    return all(holds(x) for x in set(eigenvalues))


def certify_dimensions(inputs: int, cells: int = 1000) -> bool:
    """Whether (C) holds for every Σ in up to `inputs` dimensions, by interval arithmetic.

    Scale λ to 1 and let s be the sum of the cubes of the others: (C) is (1 + Σμ²)(2 − √(3 + s)) ≤ 1 + s. It
    is trivial for s ≥ 1; below, Σμ² ≤ (d − 1)^{1/3} s^{2/3} by the power mean inequality, and the cells
    [i/cells, (i+1)/cells] are checked one by one, the left side at its largest, the right at its smallest.
    """
    with ctx.workprec(64):
        spread = arb(inputs - 1) ** (arb(1) / 3)
        for i in range(cells):
            low, high = arb(i) / cells, arb(i + 1) / cells
            left = (1 + spread * high ** (arb(2) / 3)) * (2 - (3 + low).sqrt())
            if not left <= 1 + low:
                return False
    return True


def certify_identity(inputs: int) -> int:
    """Prove the identity of the proof for generic Σ = diag(λ) in `inputs` dimensions, α = 1, τ symbolic.

    The left side is the adapted map of `proof.excess_at`, squared, in expectation monomial by monomial.

    Returns:
        The number of polynomial terms compared.

    Raises:
        AssertionError: the two sides differ (they do not).
    """
    d = range(inputs)
    outer = context(("a", "tau", *(f"b{j}" for j in d), *(f"l{j}" for j in d)))
    inner = context((*outer.names(), *(f"t{j}" for j in d)))
    g = dict(zip(inner.names(), inner.gens(), strict=True))
    scales = tuple(g[f"l{j}"] for j in d)
    layers = matrix([[g["a"]]]), matrix([[g[f"b{j}"] for j in d]])
    residual = excess_at(layers, 1, scales, matrix([[g[f"t{j}"] for j in d]]))
    squared = sum((scales[j] * residual[0, j] ** 2 for j in d), inner.constant(0))
    left = _gaussian(squared, inputs)

    w = dict(zip(outer.names(), outer.gens(), strict=True))
    a, tau = w["a"], w["tau"]
    lam, b = [w[f"l{j}"] for j in d], [w[f"b{j}"] for j in d]
    zero = outer.constant(0)
    y = [x * v for x, v in zip(lam, b, strict=True)]
    beta = sum((v * z for v, z in zip(b, y, strict=True)), zero)
    sigma = a * a * (1 - beta)
    p = [(1 - a * a * x) * v for x, v in zip(lam, b, strict=True)]
    norm = sum((x * v * v for x, v in zip(lam, p, strict=True)), zero)
    length, t3 = sum((z * z for z in y), zero), sum((x**3 for x in lam), zero)
    bend = sum((x**3 * z * z for x, z in zip(lam, y, strict=True)), zero)
    cross = sum((x * v * (2 * sigma * x - 1) * z for x, v, z in zip(lam, p, y, strict=True)), zero)
    right = tau * (sum((x * (sigma * x - 1) ** 2 for x in lam), zero) + 2 * cross + norm * length)
    right += norm * a * a * (1 - beta) ** 2 + tau * tau * a * a * (2 * bend + t3 * length)
    if left != right:
        raise AssertionError(f"the identity of theorem 6 fails in {inputs} dimensions")
    return len(left.to_dict())


def _gaussian(poly: fmpq_mpoly, inputs: int) -> fmpq_mpoly:
    """E over θ_j ~ N(0, τ), independent; the result is free of θ."""
    for j in reversed(range(inputs)):
        rest = context(poly.context().names()[:-1])
        tau = rest.gens()[list(rest.names()).index("tau")]

        def moment(k: int, tau: fmpq_mpoly = tau) -> fmpq_mpoly:
            return tau ** (int(k) // 2) * rational(GAUSSIAN.moment(int(k)))

        poly = expectation(poly, f"t{j}", moment, rest)
    return poly
