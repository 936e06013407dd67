r"""One inner step of a linear classifier of any depth, from any start, with infinite data.

The logit is c x with c = W_N ⋯ W_1 (a row): N = 1 is logistic regression, N = 2 the paper's aᵀBx, N = 3 its
aᵀB₂B₁x. With L_i = W_N ⋯ W_{i+1} (a row), R_i = W_{i−1} ⋯ W_1 and g = ∇ℓ_θ(c)ᵀ the gradient of the
collapsed model (`stein`), the gradient of factor i is L_iᵀ (R_i g)ᵀ, and the adapted classifier is

    c' = Π_i (W_i − α L_iᵀ gᵀ R_iᵀ) = c − α P g + O(α²),     P = Σ_i |L_i|² R_iᵀ R_i  (d×d, psd).

Exactly, for N = 1 (P = I) and for N = 2 (P = BᵀB + |a|² I; `depth_two_residual` is the proof):

    c' = c − α g,          c' = c − α P g + α² (cᵀg) g.

Three consequences, for both label rules and every dimension d.

1. *Which starts can adapt.* One step leaves the classifier where it is, for every task, iff P = 0: iff for
   each i, L_i = 0 or R_i = 0. For N = 2 this is a = 0 and B = 0; for N = 3 it happens as soon as two of the
   three factors vanish, and elsewhere (aᵀB₂ = 0, B₂B₁ = 0 and one of a, B₁ zero). A start of size ε moves
   by O(ε^{2N−2}): depth makes *small* starts slower.
2. *Depth is a learned step.* From a start with c = Bᵀa = 0 the correction vanishes and c' = α P E[y x]:
   exactly one step of preconditioned logistic regression from the origin. If P = ρI (B = 0 and |a|² = ρ,
   say), it is logistic regression with the rate αρ.
3. *Direction.* From c = 0 with P = ρI, ρ > 0, the adapted classifier is a positive multiple of θ: its
   accuracy **equals Bayes, at every depth, depth one included, and at every rate α > 0**. The claim that
   logistic regression "fails to perform better than chance" is not true of its MAML solution with
   infinite data.

**The origin is the MAML solution of logistic regression** (B.1 calls it intuitive), for every 0 < α ≤ 4:
write c' = A(|c|) c/|c| + αE[yx] with A(s) = s(1 − ακ(s)) > 0 for s > 0. ℓ_θ is strictly convex and the task
law is symmetric, so the average over ±c of ℓ_θ(±A e + αE[yx]) strictly exceeds ℓ_θ(αE[yx]): the origin is
the *unique global* minimiser. For α > 4 it shares its loss with the circle ακ(|c|) = 1, where A = 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from flint import fmpq_mpoly
from numpy.typing import ArrayLike

from analysis.algebra.polynomials import context
from analysis.logistic.stein import Array, Labels, gain, gradient


def _partial_products(factors: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    """(L_i), (R_i) for factors W_1 … W_N, bottom layer first, W_N a single row."""
    if factors[-1].shape[0] != 1 or any(u.shape[0] != v.shape[1] for u, v in itertools.pairwise(factors)):
        shapes = [f.shape for f in factors]
        raise ValueError(
            f"factors must chain from d inputs to one output, bottom layer first; got shapes {shapes}"
        )
    left, right = [np.eye(1)], [np.eye(factors[0].shape[1])]
    for upper in factors[:0:-1]:
        left.insert(0, left[0] @ upper)
    for lower in factors[:-1]:
        right.append(lower @ right[-1])
    return left, right


def collapse(factors: Sequence[ArrayLike]) -> Array:
    """c = W_N ⋯ W_1, shape (d,)."""
    product, *rest = [np.atleast_2d(np.asarray(f, dtype=float)) for f in factors]
    for factor in rest:
        product = factor @ product
    return product[0]


def preconditioner(factors: Sequence[ArrayLike]) -> Array:
    """P = Σ |L_i|² R_iᵀR_i, (d, d): to first order in α the collapsed classifier moves by −α P g."""
    left, right = _partial_products([np.atleast_2d(np.asarray(f, dtype=float)) for f in factors])
    terms = [float(np.sum(upper**2)) * lower.T @ lower for upper, lower in zip(left, right, strict=True)]
    return np.asarray(sum(terms, start=np.zeros_like(terms[0])))


def can_adapt(factors: Sequence[ArrayLike]) -> bool:
    """Whether one inner step changes the classifier for some task: P ≠ 0 (consequence 1)."""
    return bool(np.any(preconditioner(factors)))


def adapt(factors: Sequence[ArrayLike], theta: ArrayLike, alpha: float, labels: Labels) -> Array:
    """The adapted, collapsed classifier c' (..., d) for tasks θ (..., d); factors bottom layer first."""
    matrices = [np.atleast_2d(np.asarray(f, dtype=float)) for f in factors]
    left, right = _partial_products(matrices)
    g = gradient(collapse(matrices), theta, labels)
    adapted = np.eye(matrices[0].shape[1])
    for factor, upper, lower in zip(matrices, left, right, strict=True):
        seen = np.einsum("ij,...j->...i", lower, g)
        adapted = (factor - alpha * upper[0][:, None] * seen[..., None, :]) @ adapted
    return adapted[..., 0, :]


def origin_hessian(alpha: float, labels: Labels, tasks: tuple[Array, Array]) -> Array:
    """Hessian (2, 2) of regression's MAML loss at the origin: (1 − α/4)² E_θ E_x[σ'(c'ᵀx) x xᵀ].

    The inner Hessian E[σ'(cᵀx) x xᵀ] is even in c: at c = 0 it is I/4 and has no first derivative. What is
    left of the second derivative of ℓ_θ(c − α∇ℓ_θ(c)) is the curvature of ℓ_θ at c' = αE[yx].
    `tasks` is a quadrature (θ (n, 2), weights (n,)), as from `task_quadrature`.
    """
    theta, weights = tasks
    adapted = adapt([np.zeros((1, theta.shape[1]))], theta, alpha, labels)
    norm = np.linalg.norm(adapted, axis=-1)
    # E[σ'(uᵀx) x xᵀ] has the eigenvalue E[σ'(sZ) Z²] along u and κ(s) across.
    across, along = gain(norm), gain(norm, power=2)
    unit = adapted / norm[:, None]
    curvature = (
        across[:, None, None] * np.eye(2)
        + (along - across)[:, None, None] * unit[:, :, None] * unit[:, None, :]
    )
    return np.asarray((1 - alpha / 4) ** 2 * np.einsum("n,nij->ij", weights, curvature))


def balanced(depth: int, start: ArrayLike) -> list[Array]:
    """Factors (width 1) whose product is `start` (d,), all of Frobenius norm |start|^{1/N}.

    Then P = ρ^{2(N−1)/N} (I + (N − 1) u uᵀ), ρ = |start|, u = start/ρ, the preconditioner of Arora, Cohen and
    Hazan (ICML 2018, Theorem 1): a larger start takes a larger step, most of all along itself.
    """
    start = np.asarray(start, dtype=float)
    norm = float(np.linalg.norm(start))
    share = norm ** (1 / depth)
    bottom = start[None, :] * (share / norm if norm else 1.0)
    return [bottom, *[np.array([[share]])] * (depth - 1)]


def neutral(depth: int, step: float) -> list[Array]:
    """Factors with c = 0 and P = step · I in two dimensions: a zero bottom layer under a path of gain √step.

    For depth 1 only step = 1 exists: this is what depth adds.
    """
    if depth == 1 and step != 1:
        raise ValueError(f"logistic regression has the step 1, not {step}")
    upper = [step**0.5 * np.eye(1), *[np.eye(1)] * (depth - 2)] if depth > 1 else []
    return [np.zeros((1, 2)), *upper]


def depth_two_residual(hidden: int = 2, dimension: int = 2) -> list[fmpq_mpoly]:
    """The entries of (B − α a gᵀ)ᵀ(a − αBg) − [c − αPg + α²(cᵀg) g] in ℚ[α, a, B, g]: zero is the proof."""
    names = [f"a{i}" for i in range(hidden)] + [f"b{i}{j}" for i in range(hidden) for j in range(dimension)]
    alpha, *rest = context(["alpha", *names, *(f"g{j}" for j in range(dimension))]).gens()
    a, g = rest[:hidden], rest[-dimension:]
    b = [rest[hidden + i * dimension : hidden + (i + 1) * dimension] for i in range(hidden)]
    bg = [sum(b[i][k] * g[k] for k in range(dimension)) for i in range(hidden)]
    c = [sum(a[i] * b[i][j] for i in range(hidden)) for j in range(dimension)]
    cg = sum(c[j] * g[j] for j in range(dimension))
    square = sum(entry**2 for entry in a)
    residual = []
    for j in range(dimension):
        product = sum((a[i] - alpha * bg[i]) * (b[i][j] - alpha * a[i] * g[j]) for i in range(hidden))
        pg = sum(b[i][j] * bg[i] for i in range(hidden)) + square * g[j]
        residual.append(product - (c[j] - alpha * pg + alpha**2 * cg * g[j]))
    return residual
