"""The best rate and the best initialisation when the inner step sees n samples, shallow and deep.

Write v = E x², κ = E x⁴, μ = E θ, V = Var θ. One inner step of the shallow model leaves
θ − f = (θ − c)(1 − αS) − αz with θ, S, (z | S) uncorrelated, so

    L_n(c, α) = ½ {((c − μ)² + V)(1 − 2αv + α²(v² + (κ − v²)/n)) + α² σ²v/n},

    c* = μ,    α*_n = V v / (V(v² + (κ − v²)/n) + σ²v/n),    L_n* = ½ V (1 − v α*_n).            (theorem 1)

For x ~ N(0,1), V = 1: α*_n = n/(n + 2 + σ²) and L_n* = ½(2 + σ²)/(n + 2 + σ²); with the paper's σ² = 1
and n = 5, α* = 5/8 and L* = 3/16, against α* = 1 and L* = 0 at n = ∞. In d dimensions, x ~ N(0, I_d), the
Wishart moment E S² = (1 + (d + 1)/n) I gives α*_n = n/(n + d + 1 + σ²) and L_n* = ½ d (d + 1 + σ²)/(n + d
+ 1 + σ²).

**Theorem 2** (deep, ŷ = abx). On the axis b = 0 the deep loss is the shallow one at c = 0 with the rate
αa²: L_n(a, 0; α) = L_n^{shallow}(0; αa²), for every law of x, noise and n, and every symmetric or
asymmetric law of θ. So with μ = 0 its least value there is L_n* *for every α*, at a² = α*_n/α: a deep net
tunes its own step. At these four points, for symmetric θ, the gradient vanishes; for Gaussian θ, x, ε
they are strict local minima for *every* n ≥ 1, α > 0 and σ² ≥ 0. *Proof* of the last statement,
coefficients derived and checked by `certify_axis_minima`: ∂²L/∂a² = 4α, ∂²L/∂a∂b = 0, and with D = 1 + (2
+ σ²)/n, α³D³ ∂²L/∂b² = α²(A + Bα² + Cα⁴) where A, C > 0 and 4AC − B² > 0, because as polynomials in 1/n
and σ² they have no negative coefficient (and A, C, or n = ∞, are not 0). ∎

What becomes of the infinite-data conclusions. (i) Zero excess loss is no longer attainable, unless x² is
constant and labels are exact: it would make f = θ a polynomial identity in θ, S, z, but the coefficient of
z (of θS without noise) in f is α(a² + b²). (ii) For x, ε Gaussian the minima move inward, from a² = 1/α to
a² = n/((n + 2 + σ²)α), and the points (±1/√α, 0) are no longer stationary. (iii) b = 0 becomes a stiff
direction: at n = 5, α = 1/10 its curvature is 1.76 where infinite data gives 3α³ = 0.003. (iv) A shallow
model with the tuned rate reaches L_n* as well, and for θ, x, ε Gaussian nothing is better: the four points
are the global minima, for every n, α, σ² (theorem 3, `global_minima`). For other laws of x that is false,
however symmetric they are. In the deep step the statistic h = θS + z has the factor α(a² + b²) − 2α²a²b²S,
which falls as S grows, and so does the best estimate h/(S + σ²/(nV)) of a Gaussian θ; a constant rate
cannot follow. Where S varies much this outweighs the even part of f that comes with ab ≠ 0: with one
noise-free sample a task, x = ±4 once in 200 and ±1 otherwise, θ ~ N(0, 1) and α = 3/20, the deep minimum is
0.2023 and L_1* = 0.2460; with θ = ±1 and x = ±3 once in 100, α = 1/4, it is 0.0010 against 0.176. (v) For
skewed θ depth gains with Gaussian x too: the quadratic term α²abĝ² lets f follow the posterior mean, which
is not linear in ĝ, and the deep minimum is strictly below L_n* (0.1843 < 0.1875 for a law with E θ³ = 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpq_mpoly

from analysis.algebra.polynomials import coefficients_in, context, substitute
from analysis.finite_samples.expected_loss import derive
from analysis.finite_samples.moments import NoiseError, Support
from analysis.models import DEEP, SHALLOW
from analysis.tasks import GAUSSIAN, TaskLaw


@dataclass(frozen=True)
class Best:
    """The best shallow adaptation with a learned rate.

    Attributes:
        rate: α*_n.
        start: c* = E θ.
        loss: L_n*, the excess loss there.
    """

    rate: Fraction
    start: Fraction
    loss: Fraction


def best_shallow(support: Support, task: TaskLaw = GAUSSIAN) -> Best:
    """Theorem 1, for any laws of θ and x; n = None means infinite data.

    Raises:
        ValueError: the noise variance is symbolic, or θ is not random.
        NoiseError: the noise has not mean 0, or ε/σ has not variance 1.
    """
    if support.noise_variance is None:
        raise ValueError("give the noise variance a number")
    if (support.noise.moment(1), support.noise.moment(2)) != (0, 1):
        raise NoiseError(f"the noise law {support.noise.name} must have mean 0 and variance 1")
    mean = task.moment(1)
    variance = task.moment(2) - mean**2
    if variance == 0:
        raise ValueError(f"the task law {task.name} has variance 0: nothing to adapt to")
    nu = Fraction(1, support.samples) if support.samples else Fraction(0)
    v, kappa = support.inputs.moment(2), support.inputs.moment(4)
    curvature = variance * (v**2 + (kappa - v**2) * nu) + support.noise_variance * v * nu
    rate = variance * v / curvature
    return Best(rate, mean, variance * (1 - v * rate) / 2)


def best_in_dimension(inputs: int, samples: int, noise_variance: Fraction) -> Best:
    """Theorem 1 for x ~ N(0, I_d), θ ~ N(0, I_d): also what aᵀBx reaches with B = 0, |a|² = α*_n/α.

    Args:
        inputs: d.
        samples: n ≥ 1.
        noise_variance: σ².
    """
    loss_part = inputs + 1 + noise_variance
    rate = Fraction(samples) / (samples + loss_part)
    return Best(rate, Fraction(0), Fraction(inputs) * loss_part / (samples + loss_part) / 2)


def shallow_loss(support: Support, rate: Fraction, task: TaskLaw = GAUSSIAN) -> Fraction:
    """min over c of L_n(c, α): the shallow model's loss with a rate that is not tuned, at c = E θ."""
    best = best_shallow(support, task)
    variance = task.moment(2) - task.moment(1) ** 2
    v = support.inputs.moment(2)
    return best.loss + variance * v / best.rate * (rate - best.rate) ** 2 / 2


def certify_axis_identity(task: TaskLaw = GAUSSIAN, inputs: TaskLaw = GAUSSIAN) -> bool:
    """Whether L_n(a, 0; α) = L_n^{shallow}(0; αa²) as polynomials in a, α, 1/n, σ² (theorem 2)."""
    support = Support(inputs=inputs, noise_variance=None)
    ring = context(("a", "alpha", "nu", "s2"))
    a, alpha, _, _ = ring.gens()
    deep = substitute(derive(DEEP, support, task=task).loss, {"b": fmpq(0)}, ring)
    shallow = substitute(
        derive(SHALLOW, support, task=task).loss, {"c": fmpq(0), "alpha": alpha * a * a}, ring
    )
    return deep == shallow


@dataclass(frozen=True)
class AxisMinima:
    """The certificate of theorem 2: the Hessian at a² = α*_n/α, b = 0, Gaussian θ, x, ε.

    Attributes:
        first: ∂²L/∂a² as a multiple of α.
        constant, linear, quadratic: A, B, C of α³D³ ∂²L/∂b² = α²(A + Bα² + Cα⁴), in ν = 1/n and σ² (s2).
        discriminant: 4AC − B².
    """

    first: fmpq
    constant: fmpq_mpoly
    linear: fmpq_mpoly
    quadratic: fmpq_mpoly
    discriminant: fmpq_mpoly

    @property
    def certified(self) -> bool:
        """Whether A, C and 4AC − B² have no negative coefficient and are not the zero polynomial."""
        return self.first > 0 and all(
            poly and min(poly.coeffs()) > 0 for poly in (self.constant, self.quadratic, self.discriminant)
        )


def certify_axis_minima() -> AxisMinima:
    """Derive the certificate of theorem 2 from the expected loss."""
    landscape = derive(DEEP, Support(noise_variance=None))
    outer = context(("alpha", "nu", "s2"))
    alpha, nu, s2 = outer.gens()
    d = 1 + 2 * nu + s2 * nu

    def on_axis(entry: fmpq_mpoly, power: int) -> fmpq_mpoly:
        """(αD)^power · entry at b = 0, a² = 1/(αD)."""
        axis = substitute(entry, {"b": fmpq(0)}, context(("a", "alpha", "nu", "s2")))
        terms = coefficients_in(axis, "a")
        total = outer.constant(0)
        for degree, coefficient in enumerate(terms):
            if coefficient:
                total += substitute(coefficient, {}, outer) * (alpha * d) ** (power - degree // 2)
        return total

    second = coefficients_in(on_axis(landscape.hessian[1][1], 3), "alpha")
    a_part, b_part, c_part = (second[i] if i < len(second) else outer.constant(0) for i in (2, 4, 6))
    if sum(
        (c * alpha**i for i, c in zip((2, 4, 6), (a_part, b_part, c_part), strict=True)), outer.constant(0)
    ) != (sum((c * alpha**i for i, c in enumerate(second)), outer.constant(0))):
        raise ArithmeticError("the second derivative is not of the form A + B alpha^2 + C alpha^4")
    first = on_axis(landscape.hessian[0][0], 1) / (alpha**2 * d)
    return AxisMinima(
        first.leading_coefficient(), a_part, b_part, c_part, 4 * a_part * c_part - b_part * b_part
    )
