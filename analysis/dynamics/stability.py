r"""Linear stability of the MAML minima under gradient descent and under SGD, with momentum.

Heavy-ball with rate β and momentum μ (PyTorch's SGD) moves the deviation u from a minimum by

    u_{t+1} = u_t + μ(u_t − u_{t−1}) − β H_t u_t − β ξ_t,

H_t the mean over the T sampled tasks of H_τ, ξ_t the noise at the minimum itself (`noise`). With the state
s = (u_t, u_{t−1}) that is s ↦ A_t s − β(ξ_t, 0), A_t a random matrix.

*Mean.* Stable iff β < 2(1 + μ)/λ_max of the Hessian; along an eigenvalue λ it contracts by the larger root
of z² − (1 + μ − βλ)z + μ (`contraction`), 1 − βλ without momentum. Deep: λ = 4α and 3α³, condition number
4/(3α²) for α² ≤ 4/3: 133 at the paper's α = 1/10, where b takes 133 times as long as a (the "ravines" of
Figure 2). Shallow: λ = (1 − α)². At the origin λ = −2α, twice, and the same root is the factor of escape.

*Mean square.* E s sᵀ follows the linear map 𝓜: S ↦ E[A S Aᵀ]; the minimum is mean-square stable iff the
spectral radius of 𝓜 is below 1. 𝓜 maps the cone of positive semidefinite matrices into itself, so the
radius is an eigenvalue (Krein–Rutman); it is continuous in β and below 1 for small β > 0, so it first
reaches 1 at the *smallest positive root of det(I − 𝓜_β)*, a polynomial in β over ℚ. `mean_square_limit` is
that algebraic number, `is_mean_square_stable` certifies either side of it. Deep, T = 1, μ = 0, Gaussian
tasks: the root of

    (1 − 6αβ)(1 − 35α³β/2) = 75 α⁴β²,      β ≈ 1/(6α) for small α: a third of the limit of the mean.

*Noise at the minimum.* Deep: ξ = 0, so inside the limit E|u|² → 0 geometrically: SGD with one task a step
and a constant rate *converges to the minimum itself*. Shallow: H is not random but ξ = −(1 − α)²θ, and c
never settles; the Lyapunov equation S = 𝓜(S) + β²Σ/T (`stationary_variance`) gives

    Var c = β(1 − α)² (1 + μ) / (T (1 − μ) [2(1 + μ) − β(1 − α)²]).

So "the MAML solution is more stable in deep than in shallow" (§4.5) holds for the noise; for the step it
depends on α, T and μ. With one task a step and no momentum the deep minimum tolerates the larger meta rate
below α = 0.07114…, the smallest root of (1 − α)⁴ − (12α + 35α³)(1 − α)² + 120α⁴ (`tolerance_threshold`),
and the smaller one above: at α = 1/10 it is β < 1.632 against 2.469. Averaging T = 16 tasks turns that
round, 4.442 against 2.469; momentum 9/10 turns it back, 2.751 against 4.691 (0.2333 with T = 1).

References: Ma and Ying, "On linear stability of SGD and input-smoothness of neural networks" (NeurIPS
2021), for the criterion; Krein and Rutman (1948), for the cone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import cast

from flint import acb, arb, ctx, fmpq, fmpq_mat, fmpq_poly

from analysis.adaptation import InnerLoop
from analysis.algebra.algebraic_numbers import RealRoot, real_roots
from analysis.algebra.polynomials import rational, univariate
from analysis.dynamics.noise import task_hessian
from analysis.landscape import Problem, derive
from analysis.models import DEEP
from analysis.tasks import GAUSSIAN, TaskLaw

Tensor4 = list[list[list[list[fmpq]]]]


def curvatures(alpha: Fraction, model: str) -> tuple[Fraction, ...]:
    """Hessian eigenvalues at the model's minima under Gaussian tasks: (4α, 3α³) deep, ((1 − α)²,) shallow."""
    return (4 * alpha, 3 * alpha**3) if model == "deep" else ((1 - alpha) ** 2,)


def mean_limit(alpha: Fraction, model: str, momentum: Fraction = Fraction(0)) -> Fraction:
    """The rate 2(1 + μ)/λ_max below which the mean deviation contracts."""
    return 2 * (1 + momentum) / max(curvatures(alpha, model))


def contraction(curvature: Fraction, rate: Fraction, momentum: Fraction = Fraction(0)) -> float:
    """Modulus of the larger root of z² − (1 + μ − βλ)z + μ: the mean deviation's factor a step.

    A negative `curvature` gives the escape factor from a maximum, λ = −2α at the origin.
    """
    half = float(1 + momentum - rate * curvature) / 2
    discriminant = half**2 - float(momentum)
    return float(momentum) ** 0.5 if discriminant < 0 else abs(half) + discriminant**0.5


def hessian_moments(alpha: Fraction, law: TaskLaw = GAUSSIAN) -> tuple[list[list[fmpq]], Tensor4]:
    """(E H_ij, E[H_ik H_jl] indexed i, k, j, l) of the task Hessian at the deep minimum."""
    hessian = task_hessian(derive(Problem(DEEP, law, InnerLoop())))
    ring = hessian[0][0].context()
    at_rate = [
        [univariate(h.compose(ring.constant(rational(alpha)), ring.gen(1)), "theta") for h in row]
        for row in hessian
    ]

    def mean(poly: fmpq_poly) -> fmpq:
        return sum((c * rational(law.moment(k)) for k, c in enumerate(poly.coeffs())), fmpq(0))

    first = [[mean(h) for h in row] for row in at_rate]
    second = [[[[mean(u * v) for v in other] for other in at_rate] for u in row] for row in at_rate]
    return first, second


def second_moment_map(
    first: list[list[fmpq]], second: Tensor4, rate: Fraction | fmpq, momentum: Fraction | fmpq, tasks: int = 1
) -> fmpq_mat:
    """𝓜 on symmetric matrices of the state (u_t, u_{t−1}) in the basis E_ij, i ≤ j: 10×10 for two parameters.

    Args:
        first, second: E H and E[H_ik H_jl], as from `hessian_moments`.
        rate, momentum: β and μ.
        tasks: T, tasks averaged in one step.
    """
    rate, momentum = rational(rate), rational(momentum)
    n = len(first)
    size = 2 * n
    # A = steady − β Ĥ with Ĥ = diag(H, 0): u' = ((1 + μ)I − βH) u − μ v, v' = u.
    steady = [[fmpq(0)] * size for _ in range(size)]
    for i in range(n):
        steady[i][i], steady[i][n + i], steady[n + i][i] = 1 + momentum, -momentum, fmpq(1)

    def pair(i: int, k: int, j: int, l: int) -> fmpq:
        """E[A_ik A_jl]."""
        mean_ik = first[i][k] if i < n and k < n else fmpq(0)
        mean_jl = first[j][l] if j < n and l < n else fmpq(0)
        product = mean_ik * mean_jl
        if i < n and k < n and j < n and l < n:
            product += (second[i][k][j][l] - product) / tasks
        return (
            steady[i][k] * steady[j][l]
            - rate * (mean_ik * steady[j][l] + steady[i][k] * mean_jl)
            + rate**2 * product
        )

    basis = list(combinations_with_replacement(range(size), 2))
    rows = [
        [pair(i, k, j, l) + (pair(i, l, j, k) if k != l else fmpq(0)) for k, l in basis] for i, j in basis
    ]
    return fmpq_mat(rows)


def _identity(size: int) -> fmpq_mat:
    return fmpq_mat([[fmpq(int(i == j)) for j in range(size)] for i in range(size)])


def spectral_radius(matrix: fmpq_mat) -> arb:
    """A ball around the largest modulus of an eigenvalue, by certified roots of the charpoly."""
    roots = cast(list[tuple[acb, int]], matrix.charpoly().numer().complex_roots())
    radius = arb(0)
    for root, _ in roots:
        radius = radius.max(abs(root))
    return radius


def is_mean_square_stable(
    alpha: Fraction, rate: Fraction, momentum: Fraction = Fraction(0), tasks: int = 1, law: TaskLaw = GAUSSIAN
) -> bool:
    """Whether SGD at the deep minimum contracts E|u|², certified.

    Raises:
        ArithmeticError: the radius is too close to 1 to tell.
    """
    first, second = hessian_moments(alpha, law)
    radius = spectral_radius(second_moment_map(first, second, rate, momentum, tasks))
    if radius < 1:
        return True
    if radius > 1:
        return False
    raise ArithmeticError(f"spectral radius {radius} is not separated from 1")


def mean_square_limit(
    alpha: Fraction, momentum: Fraction = Fraction(0), tasks: int = 1, law: TaskLaw = GAUSSIAN
) -> RealRoot:
    """The rate β* at which SGD loses mean-square stability at the deep minimum: stable for 0 < β < β*.

    The smallest positive root of det(I − 𝓜_β), an algebraic number.
    """
    first, second = hessian_moments(alpha, law)
    size = len(second_moment_map(first, second, fmpq(0), fmpq(0)).tolist())
    degree = 2 * size

    def determinant(rate: fmpq) -> fmpq:
        return (_identity(size) - second_moment_map(first, second, rate, momentum, tasks)).det()

    polynomial = _interpolate([fmpq(k) for k in range(degree + 1)], determinant)
    positive = [root for root in real_roots(polynomial) if root.enclosure() > 0]
    return min(positive, key=lambda root: float(root.enclosure()))


def _interpolate(nodes: list[fmpq], function: Callable[[fmpq], fmpq]) -> fmpq_poly:
    """The polynomial of degree below len(nodes) that agrees with the function there (divided differences)."""
    values = [function(x) for x in nodes]
    for level in range(1, len(nodes)):
        for i in range(len(nodes) - 1, level - 1, -1):
            values[i] = (values[i] - values[i - 1]) / (nodes[i] - nodes[i - level])
    polynomial = fmpq_poly([values[-1]])
    for x, value in zip(nodes[-2::-1], values[-2::-1], strict=True):
        polynomial = polynomial * fmpq_poly([-x, 1]) + value
    return polynomial


def tolerance_threshold() -> RealRoot:
    """The α below which the deep minimum tolerates larger meta rates than the shallow one (T = 1, μ = 0).

    β = 2/(1 − α)², the shallow limit, put into the equation of the deep one, (1 − 6αβ)(1 − 35α³β/2) = 75α⁴β².
    """
    shallow = fmpq_poly([1, -2, 1])
    alpha = fmpq_poly([0, 1])
    roots = real_roots((shallow - 12 * alpha) * (shallow - 35 * alpha**3) - 300 * alpha**4)
    return min((root for root in roots if root.enclosure() > 0), key=lambda root: float(root.enclosure()))


def decay(curvature: Fraction, rate: Fraction, momentum: Fraction = Fraction(0)) -> float:
    """−ln of `contraction`, to full relative precision however slow the decay; negative where it escapes.

    Near z = 1 it is ln of 1 − ε with ε = 1 − z, the smaller root of ε² − (1 − μ + βλ)ε + βλ, which a double
    cannot tell from 0 in z.
    """
    slope, damping = rational(rate * curvature), 1 - rational(momentum)
    with ctx.workprec(2048):
        half = arb(damping + slope) / 2
        discriminant = half**2 - arb(slope)
        if discriminant < 0:
            return -float(arb(rational(momentum)).log()) / 2
        factors = [abs(1 - half - sign * discriminant.sqrt()) for sign in (1, -1)]
        largest = factors[0].max(factors[1])
        return -float(largest.log()) if largest > 0 else math.inf


def stationary_variance(
    alpha: Fraction, rate: Fraction, momentum: Fraction = Fraction(0), tasks: int = 1
) -> Fraction:
    """Var c of the shallow model under endless SGD, from the Lyapunov equation; Gaussian tasks.

    Raises:
        ValueError: the rate is beyond the stability limit of the mean, so there is no stationary law.
    """
    if rate >= mean_limit(alpha, "shallow", momentum):
        raise ValueError(f"rate {rate} is not below the limit {mean_limit(alpha, 'shallow', momentum)}")
    curvature = rational((1 - alpha) ** 2)
    mapping = second_moment_map([[curvature]], [[[[curvature**2]]]], rate, momentum)
    source = fmpq_mat([[rational(rate) ** 2 * curvature**2 / tasks], [fmpq(0)], [fmpq(0)]])
    solution = (_identity(3) - mapping).solve(source)
    return Fraction(int(solution[0, 0].p), int(solution[0, 0].q))
