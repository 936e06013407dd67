"""With Gaussian tasks, inputs and noise the four axis minima are the global ones, for every n, σ² and α.

**Theorem 3.** θ, x ~ N(0, 1), ε ~ N(0, σ²), n ≥ 1, α > 0: L_n(a, b; α) ≥ L_n* = ½(1 − 1/D) with D = 1 + (2
+ σ²)/n, and equality holds at a² = 1/(αD), b = 0 and the three points like it, and nowhere else. So with n
samples too, what depth adds here is exactly a learned step size.

*Proof.* Let c = ab, κ = c², ρ = α(a² + b²), w = α²κ, h = θS + z. One step gives

    f = h(ρ − 2wS) + c(1 − ρS + wS² + α²h²),

an odd and an even part under (θ, z) ↦ −(θ, z), so that the cross terms of θ − f have mean 0 and

    2κ L_n = κ E[θ − h(ρ − 2wS)]² + E[κ(1 − ρS + wS²) + wh²]².                                         (1)

For fixed κ > 0 the right side is a *quadratic* polynomial in (ρ, w). Drop all that ties these to κ and to
each other, and let Aρ² + Bρw + Cw² + Eρ + Fw + G be (1) minus 2κL_n*, times D, with coefficients in ℚ[κ,
1/n, σ²]. Completing squares twice,

    4A (…) ≥ h₂w² + h₁w + h₀,   h₂ = 4AC − B²,  h₁ = 4AF − 2BE,  h₀ = 4AG − E²,
    4h₂(h₂w² + h₁w + h₀) ≥ 4h₀h₂ − h₁².

A and h₂ have no negative coefficient, nor a factor σ², so that they are positive for κ > 0, n < ∞, σ² ≥ 0.
The last expression is a product of such polynomials and of one W = Σ aᵢκⁱ, i ≤ 3, in which only a₁ has
negative ones; writing −a₁⁻ for their sum, W ≥ a₀ − a₁⁻κ + a₂κ² > 0, for 4a₀a₂ − (a₁⁻)² has no negative
coefficient and a positive constant one. So L_n > L_n* where ab ≠ 0; on an axis theorem 2 of `best` says
where L_n = L_n*. ∎ `certify_global_minima` carries this out, (1) included.

For other laws it is false: see (iv) and (v) of `best`.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpq, fmpq_mpoly

from analysis.algebra.polynomials import coefficients_in, context, substitute
from analysis.finite_samples.expected_loss import derive, expected
from analysis.finite_samples.moments import Support
from analysis.models import DEEP
from analysis.tasks import GAUSSIAN

OUTSIDE = ("rho", "w", "kappa", "nu", "s2")
PARAMETERS = ("kappa", "nu", "s2")
SUPPORT = Support(noise_variance=None)


def twice_kappa_loss() -> fmpq_mpoly:
    """The right side of (1) in ℚ[ρ, w, κ, ν, σ²], ν = 1/n."""
    rho, w, kappa, _, _, theta, s, z = context((*OUTSIDE, "theta", "S", "z")).gens()
    h = theta * s + z
    odd = theta - h * (rho - 2 * w * s)
    even = kappa * (1 - rho * s + w * s * s) + w * h * h
    return expected(kappa * odd * odd + even * even, GAUSSIAN, SUPPORT, context(OUTSIDE))


def identity_holds() -> bool:
    """Whether (1) at κ = a²b², ρ = α(a² + b²), w = α²κ is 2a²b² times the derived loss of the deep model."""
    loss = derive(DEEP, SUPPORT).loss
    ring = loss.context()
    a, b, alpha, _, _ = ring.gens()
    kappa = a * a * b * b
    images = {"rho": alpha * (a * a + b * b), "w": alpha * alpha * kappa, "kappa": kappa}
    return substitute(twice_kappa_loss(), images, ring) == 2 * kappa * loss


@dataclass(frozen=True)
class GlobalMinima:
    """The certificate of theorem 3; everything in ℚ[κ, ν, σ²].

    Attributes:
        identity: whether (1) holds.
        squared: A, the coefficient of ρ².
        remaining: h₂.
        discriminant: 4h₀h₂ − h₁².
        factors: its irreducible factors, each with a positive coefficient in front.
        content: the rational number in front of them.
    """

    identity: bool
    squared: fmpq_mpoly
    remaining: fmpq_mpoly
    discriminant: fmpq_mpoly
    factors: tuple[fmpq_mpoly, ...]
    content: fmpq

    @property
    def certified(self) -> bool:
        """Whether every step of the proof went through."""
        mixed = [f for f in self.factors if not positive(f)]
        return (
            self.identity
            and positive(self.squared)
            and positive(self.remaining)
            and self.content > 0
            and all(_cubic_is_positive(f) for f in mixed)
        )


def positive(poly: fmpq_mpoly) -> bool:
    """Whether its coefficients say that it is positive for κ, ν > 0 and σ² ≥ 0.

    None may be negative, and some term must be without σ².
    """
    terms = poly.to_dict()
    return min(terms.values(), default=0) >= 0 and any(exponents[-1] == 0 for exponents in terms)


def _cubic_is_positive(w: fmpq_mpoly) -> bool:
    """W > 0 for κ, ν, σ² ≥ 0, by the argument of the module."""
    coefficients = coefficients_in(w, "kappa")
    if len(coefficients) != 4:
        return False
    a0, a1, a2, a3 = coefficients
    negative = a1.context().from_dict({e: -c for e, c in a1.to_dict().items() if c < 0})
    gap = 4 * a0 * a2 - negative * negative
    return all(map(positive, (a0, a2, a3, gap))) and bool(gap(*[fmpq(0)] * len(gap.context().names())))


def certify_global_minima() -> GlobalMinima:
    """Derive the certificate of theorem 3."""
    ring = context(PARAMETERS)
    kappa, nu, s2 = ring.gens()
    spread = 1 + 2 * nu + s2 * nu
    terms: dict[tuple[int, int], fmpq_mpoly] = {}
    for i, in_rho in enumerate(coefficients_in(twice_kappa_loss(), "rho")):
        for j, coefficient in enumerate(coefficients_in(in_rho, "w") if in_rho else []):
            if coefficient:
                terms[i, j] = substitute(coefficient, {}, ring) * spread
    terms[0, 0] -= kappa * (spread - 1)
    if any(i + j > 2 for i, j in terms):
        raise ArithmeticError("the loss is not quadratic in rho and w")
    a, b, c, e, f, g = (terms[key] for key in ((2, 0), (1, 1), (0, 2), (1, 0), (0, 1), (0, 0)))
    h2, h1, h0 = 4 * a * c - b * b, 4 * a * f - 2 * b * e, 4 * a * g - e * e
    discriminant = 4 * h0 * h2 - h1 * h1
    content, factored = discriminant.factor()
    factors = []
    for factor, power in factored:
        sign = 1 if factor(fmpq(1), fmpq(1), fmpq(1)) > 0 else -1
        content *= sign**power
        factors.append(factor * sign)
    return GlobalMinima(identity_holds(), a, h2, discriminant, tuple(factors), content)
