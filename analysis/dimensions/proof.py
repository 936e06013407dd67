"""The polynomial identities behind theorem 1 of `zero_excess`, entry by entry for given (k, h, d).

Nothing of the proof is assumed: the inner step is taken by differentiating the task loss with respect to
every entry of A and B, Σ = diag(λ) and α stay symbols, and Θ = AB − R is eliminated in favour of R. Each
check below is an identity of polynomials in the ring ℚ[A, B, R, λ, α]; together they say that the
coefficients of f − Θ in R vanish iff AB = 0 and the Gram equations hold.

The same derivation with one layer held fixed gives what the paper's eq. (20) becomes in d dimensions:

    only B adapts (A fixed)    f − Θ = R − α AAᵀ R Σ    every task, every B  iff  AAᵀ = I/(αv), Σ = vI
    only A adapts (B fixed)    f − Θ = R − α R Σ BᵀB    every task, every A  iff  BᵀB = Σ⁻¹/α  (h ≥ d)

so a scalar or a vector above can only rescale the step, and only a layer *below* the adapting one can
undo an anisotropic Σ. When both move, exactness needs AB = 0 at the start as well: the "any random start"
of §4.4 holds for the factor that adapts while the other is held fixed, and for no other reading.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from analysis.algebra.matrices import Matrix, diagonal, entry_names, generic, matrix
from analysis.algebra.polynomials import context, names, transport


@dataclass(frozen=True)
class Certificate:
    """What has been verified for (k, h, d).

    Attributes:
        shape: (k, h, d).
        terms: the number of polynomial terms of f − Θ.
        checks: the identities, in words.
    """

    shape: tuple[int, int, int]
    terms: int
    checks: tuple[str, ...]


def _ring(k: int, h: int, d: int) -> fmpq_mpoly_ctx:
    weights = (*entry_names("a", (k, h)), *entry_names("b", (h, d)))
    return context((*weights, *entry_names("r", (k, d)), *(f"l{j}" for j in range(d)), "alpha"))


def _adapted(k: int, h: int, d: int, moving: str) -> tuple[Matrix, Matrix, Matrix]:
    """(A, B, f − Θ) after one step on the layers named in `moving`, derived by differentiation."""
    ring = _ring(k, h, d)
    place = {name: i for i, name in enumerate(ring.names())}
    a, b, r = generic(ring, "a", (k, h)), generic(ring, "b", (h, d)), generic(ring, "r", (k, d))
    scales = [ring.gen(place[f"l{j}"]) for j in range(d)]
    alpha = ring.gen(place["alpha"])

    loss_ring = context((*ring.names(), *entry_names("t", (k, d))))
    a_, b_ = (x.map(lambda e: transport(e, loss_ring)) for x in (a, b))
    residual = a_ @ b_ - generic(loss_ring, "t", (k, d))
    loss = loss_ring.constant(0)
    for i in range(k):
        for j in range(d):
            loss += transport(scales[j], loss_ring) * residual[i, j] ** 2 * fmpq(1, 2)
    start = a @ b
    task = {f"t{i}{j}": start[i, j] - r[i, j] for i in range(k) for j in range(d)}
    images = [task[n] if n in task else ring.gen(place[n]) for n in loss_ring.names()]

    def moved(weight: fmpq_mpoly) -> fmpq_mpoly:
        gradient = loss.derivative(list(loss_ring.names()).index(str(weight)))
        return weight - alpha * gradient.compose(*images, ctx=ring)

    new_a = a.map(moved) if "a" in moving else a
    new_b = b.map(moved) if "b" in moving else b
    return a, b, new_a @ new_b - start + r


def _by_monomial_in_r(entry: fmpq_mpoly) -> dict[tuple[int, ...], fmpq_mpoly]:
    """The coefficients of an entry as a polynomial in R: exponents of R ↦ element of the same ring."""
    positions = [i for i, name in enumerate(names(entry)) if name.startswith("r")]
    parts: dict[tuple[int, ...], dict[tuple[int, ...], fmpq]] = {}
    for exponents, coefficient in entry.to_dict().items():
        key = tuple(exponents[i] for i in positions)
        rest = tuple(0 if i in positions else e for i, e in enumerate(exponents))
        parts.setdefault(key, {})[rest] = coefficient
    return {key: entry.context().from_dict(terms) for key, terms in parts.items()}


def _unit(size: int, *indices: int) -> tuple[int, ...]:
    return tuple(indices.count(i) for i in range(size))


def certify(k: int, h: int, d: int) -> Certificate:
    """Prove the coefficient comparison of theorem 1 for k outputs, width h, d inputs, symbolic Σ and α.

    Raises:
        AssertionError: an identity fails (none does).
    """
    a, b, excess = _adapted(k, h, d, "ab")
    ring = excess[0, 0].context()
    generator = dict(zip(ring.names(), ring.gens(), strict=True))
    alpha, scales = generator["alpha"], [generator[f"l{j}"] for j in range(d)]
    r, u = generic(ring, "r", (k, d)), a @ b
    sigma = diagonal(scales, ring.constant(0))
    g = r @ sigma
    claimed = r - (a @ a.T @ g + g @ (b.T @ b)).scale(alpha) + (g @ u.T @ g).scale(alpha * alpha)
    _require(excess == claimed, "f - Theta = R - alpha (AA'G + GB'B) + alpha^2 G U' G")

    upper, lower = a @ a.T, b.T @ b
    for i in range(k):
        for j in range(d):
            parts = _by_monomial_in_r(excess[i, j])
            _require(all(sum(key) in (1, 2) for key in parts), "no constant term, degree 2 in R")
            own = _unit(k * d, i * d + j, i * d + j)
            _require(
                parts[own] == alpha**2 * scales[j] ** 2 * u[i, j],
                "the R_ij^2 coefficient is alpha^2 l_j^2 U_ij",
            )
            for p in range(k):
                for q in range(d):
                    expected = ring.constant(1 if (i, j) == (p, q) else 0)
                    if q == j:
                        expected -= alpha * scales[j] * upper[i, p]
                    if p == i:
                        expected -= alpha * scales[q] * lower[q, j]
                    found = parts.get(_unit(k * d, p * d + q), ring.constant(0))
                    _require(found == expected, "the linear coefficients are the Gram equations")
    checks = (
        "f - Theta = R - alpha (A A' G + G B' B) + alpha^2 G U' G with G = R Sigma, U = A B",
        "f - Theta has no constant term in R, and degree 2",
        "the coefficient of R_ij^2 in entry ij is alpha^2 lambda_j^2 U_ij: zero excess forces U = 0",
        "the linear coefficients are delta - alpha (lambda_j (AA')_ip delta_qj + lambda_q (B'B)_qj delta_ip)",
    )
    return Certificate((k, h, d), sum(len(entry.to_dict()) for entry in excess), checks)


def certify_partial(k: int, h: int, d: int) -> tuple[str, str]:
    """Prove what one step does from fixed A (only B adapts) and from fixed B (only A adapts).

    Raises:
        AssertionError: an identity fails (none does).
    """
    for moving in "ba":
        a, b, excess = _adapted(k, h, d, moving)
        ring = excess[0, 0].context()
        generator = dict(zip(ring.names(), ring.gens(), strict=True))
        r, alpha = generic(ring, "r", (k, d)), generator["alpha"]
        g = r @ diagonal([generator[f"l{j}"] for j in range(d)], ring.constant(0))
        effect = a @ a.T @ g if moving == "b" else g @ (b.T @ b)
        _require(excess == r - effect.scale(alpha), f"one step on {moving} alone")
    return ("A fixed: f - Theta = R - alpha A A' R Sigma", "B fixed: f - Theta = R - alpha R Sigma B' B")


def _require(holds: bool, statement: str) -> None:
    if not holds:
        raise AssertionError(f"identity fails: {statement}")


def excess_at(
    layers: tuple[Matrix, Matrix], rate: object, scales: tuple[object, ...], task: Matrix
) -> Matrix:
    """f − Θ at a numeric point (A, B), in the arithmetic of the entries: one task, one step."""
    a, b = layers
    g = matrix([(x * s for x, s in zip(row, scales, strict=True)) for row in (a @ b - task).rows])
    return (a - (g @ b.T).scale(rate)) @ (b - (a.T @ g).scale(rate)) - task
