r"""The Bayes classifier of appendix B.1: what any learner can reach, in closed form.

With sampled labels no classifier beats the teacher, whose accuracy on a task is E σ(|θᵀx|). Over
θ, x ~ N(0, I_d) the logit T = θᵀx is a sum of d products of independent normals. For d = 2 that sum is
exactly Laplace distributed, so |T| ~ Exp(1) and

    Bayes accuracy       ∫₀^∞ e^{−t} / (1 + e^{−t}) dt = ln 2 = 0.6931…,
    Bayes cross-entropy  2 ln 2 − π²/12 = 0.5638… nats.

So with the labels that B.1 writes down, y ~ σ(θᵀx), "nearly perfect classification" is out of reach of
*every* method: 69.3 % is the ceiling when accuracy is counted against the labels. With deterministic labels
the Bayes accuracy is 1.

For every even d = 2m, T is a sum of m independent Laplace variables, with density

    p(t) = e^{−|t|} / ((m−1)! 2^m) Σ_{j<m} (m−1+j)! / (j! (m−1−j)! 2^j) |t|^{m−1−j},

and ∫₀^∞ t^k e^{−t} / (1 + e^{−t}) dt = k! η(k+1), with Dirichlet's η(s) = Σ (−1)^{n+1} n^{−s}: the Bayes
accuracy is a rational combination of η(1) = ln 2, η(2) = π²/12, …, η(m), here exactly.

Source of the density: Kotz, Kozubowski, Podgórski, "The Laplace Distribution and Generalizations" (2001).
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial
from typing import Any

from flint import acb, arb, fmpq

from analysis.logistic.stein import Labels


def eta_weights(dimension: int) -> list[Fraction]:
    """The weights w of the Bayes accuracy Σ_k w[k−1] η(k), k = 1…m, sampled labels, `dimension` = 2m.

    Raises:
        ValueError: the dimension is not even, or below 2.
    """
    if dimension < 2 or dimension % 2:
        raise ValueError(f"the closed form needs an even dimension of at least 2; got {dimension}")
    m = dimension // 2
    weights = [Fraction(0)] * m
    for j in range(m):
        power = m - 1 - j
        density = Fraction(
            factorial(m - 1 + j), factorial(m - 1) * 2**m * factorial(j) * factorial(power) * 2**j
        )
        weights[power] += 2 * density * factorial(power)
    return weights


def bayes_accuracy(labels: Labels, dimension: int = 2) -> arb:
    """A ball around the Bayes accuracy over θ ~ N(0, I) in an even `dimension`; 1 if deterministic."""
    if labels == "deterministic":
        return arb(1)
    total = arb(0)
    for k, weight in enumerate(eta_weights(dimension), start=1):
        eta = arb(2).log() if k == 1 else arb(k).zeta() * (1 - arb(2) ** (1 - k))
        total += fmpq(weight.numerator, weight.denominator) * eta
    return total


def bayes_loss(labels: Labels) -> arb:
    """The Bayes cross-entropy for d = 2, nats: 2 ln 2 − π²/12 (sampled), 0 (deterministic, a limit)."""
    return 2 * arb(2).log() - arb.pi() ** 2 / 12 if labels == "sampled" else arb(0)


def integrated_bayes() -> tuple[arb, arb]:
    """Bayes accuracy and cross-entropy, d = 2, sampled labels, by certified integration over |T| ~ Exp(1).

    Shares with the closed forms only the law of T; the tail beyond 60 is at most 61 e^{−60}.
    """

    def accuracy(t: acb, _: Any) -> acb:
        return (-t).exp() / (1 + (-t).exp())

    def entropy(t: acb, _: Any) -> acb:
        return (-t).exp() * ((1 + (-t).exp()).log() + t * (-t).exp() / (1 + (-t).exp()))

    tail = (61 * arb(-60).exp()).union(arb(0))
    return (acb.integral(accuracy, 0, 60).real + tail, acb.integral(entropy, 0, 60).real + tail)
