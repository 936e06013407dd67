r"""The gradient noise of stochastic meta-training, exactly.

SGD samples a task (or averages T of them) and steps along its meta-gradient g_τ = ∇ ½(θ − f)² = −(θ − f)
∇f, taken *through* the inner step. The noise is its covariance over tasks, E[g gᵀ] − E[g] E[g]ᵀ (divided by
T): polynomials in the parameters and α, which `covariance` derives for any model and inner loop of the
toolkit.

**§4.5, "the update eq. (17) is stationary for any task", made precise.** At the deep minimum (1/√α, 0) one
inner step solves every task, f(θ) = θ *identically in θ*. So g_τ is the zero polynomial there: in b, which
(17) is about, and in a, for the full MAML gradient as for ANIL, under any momentum and every task law. The
noise covariance is zero, with infinite data per task. At the shallow minimum g_τ = −(1 − α)²θ, and the
noise variance is (1 − α)⁴.

*Nearby* the deep noise is multiplicative: g_τ ≈ H_τ (w − w*) with the random matrix of rank one H_τ = ∇f ∇fᵀ,
∇f = (2√α θ, α^{3/2} θ²), whose mean is the Hessian diag(4α, 3α³) (`task_hessian`).

*Finite data.* With n query examples y = θx + σε a task, and infinite support data, the residual at the deep
minimum is σε, so g_τ = −(σ/n) Σ εᵢxᵢ ∇f: mean 0, and covariance (`query_noise`)

    deep       (σ²/n) · Hessian = (σ²/n) diag(4α, 3α³)
    shallow    (1 − α)⁴ (1 + 2/n) + (1 − α)² σ²/n.

So stationarity for any task is a property of infinite data, or of noise-free labels; what depth removes is
the part of the noise that comes from tasks being different.
"""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq, fmpq_mpoly

from analysis.algebra.polynomials import context, expectation, rational, substitute, transport
from analysis.landscape import Landscape, post_adaptation_loss

Matrix = tuple[tuple[fmpq_mpoly, ...], ...]


def task_gradient(landscape: Landscape) -> tuple[fmpq_mpoly, ...]:
    """g_τ, one element of ℚ[unknowns, symbols, theta] for each unknown."""
    loss = post_adaptation_loss(landscape)
    return tuple(loss.derivative(i) for i in range(len(landscape.unknowns)))


def covariance(landscape: Landscape) -> Matrix:
    """E[g gᵀ] − E[g] E[g]ᵀ over tasks, in ℚ[unknowns, symbols].

    Raises:
        MomentError: the law has too few moments (the deep model needs eight).
    """
    gradient = task_gradient(landscape)
    law, ring = landscape.problem.task, landscape.ring

    def mean(poly: fmpq_mpoly) -> fmpq_mpoly:
        return expectation(poly, "theta", lambda k: ring.constant(rational(law.moment(k))), ring)

    return tuple(tuple(mean(g * h) - mean(g) * mean(h) for h in gradient) for g in gradient)


def at_minimum(poly: fmpq_mpoly) -> fmpq_mpoly:
    """A polynomial in (a, b, alpha[, theta]) at a = 1/√α, b = 0, as an element of ℚ[alpha, theta].

    There a^i α^j is √α to the power 2j − i.

    Raises:
        ValueError: the value is no polynomial in α.
    """
    placed = transport(
        substitute(poly, {"b": fmpq(0)}, poly.context()), context(("a", "b", "alpha", "theta"))
    )
    terms: dict[tuple[int, ...], fmpq] = {}
    for (i, _, j, theta), coefficient in placed.to_dict().items():
        key = (2 * int(j) - int(i), int(theta))
        terms[key] = terms.get(key, fmpq(0)) + coefficient
    terms = {key: coefficient for key, coefficient in terms.items() if coefficient}
    if any(root < 0 or root % 2 for root, _ in terms):
        raise ValueError("not a polynomial in alpha at the minimum")
    return context(("alpha", "theta")).from_dict(
        {(root // 2, theta): c for (root, theta), c in terms.items()}
    )


def task_hessian(landscape: Landscape) -> Matrix:
    """H_τ = ∂g_τ/∂w at the deep minimum (1/√α, 0), in ℚ[alpha, theta]: [[4αθ², 2α²θ³], [2α²θ³, α³θ⁴]]."""
    gradient = task_gradient(landscape)
    return tuple(tuple(at_minimum(g.derivative(j)) for j in range(len(gradient))) for g in gradient)


def query_noise(alpha: Fraction, samples: int, noise_variance: Fraction) -> dict[str, tuple[Fraction, ...]]:
    """Gradient-noise variances at the minima from n query samples a task, Gaussian θ and x.

    Keys "deep" (for a and b at (1/√α, 0), uncorrelated) and "shallow" (for c at 0).
    """
    label = noise_variance / samples
    return {
        "deep": (4 * alpha * label, 3 * alpha**3 * label),
        "shallow": ((1 - alpha) ** 4 * (1 + Fraction(2, samples)) + (1 - alpha) ** 2 * label,),
    }
