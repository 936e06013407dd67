"""{2,1,1}: one pair of equal squares and two single ones, N = 4, as two equations in two unknowns.

Here P(t) = (t + y)² (t² + p t + H²) with t = a g d and g = ± y H, H > 0. In the ratio μ = a g/y of the pair
the adapted slope is a polynomial in d whose coefficients P and Q are free,

    f = (1 + μ d)² (g + P d + Q d²),      P = a p g²/H²,   Q = a² g³/H²,

so the residual ρ = θ − f is affine in (P, Q), and so are the two conditions that keep g,

    E[ρ d (1 + μ d)] = 0,     E[ρ d² (1 + μ d)] = 0.

By Cramer's rule Δ P = A, Δ Q = B with polynomials A, B, Δ in g and μ alone. Left are the scaling w ↦ λ w,
under which μ ↦ λ² μ, and the definition of Q:

    F = Δ² E[ρ (4 f + (2 d − 4 g) f′)] = 0,     C = B H² − a² g³ Δ = 0,      μ = ± a H, y = ± g/H.

α occurs in C only, as a⁴ = μ² Q/g³: F = 0 is one curve for all rates. In (g, H) the degrees are (22, 12) and
(13, 8), and for most laws the resultant is an irreducible polynomial of degree 124 times the square of one of
degree 34. The latter is spurious: it belongs to the points with A = B = Δ = 0, where F and C vanish whatever
P and Q, and the three equations themselves decide. Every solution has F = C = 0, so none is lost.
(Eliminating p alone leaves equations of degrees (13, 16) and (24, 30) in y and H, whose fibres take minutes.)

p itself is not taken from A/Δ but from ∂L/∂p = 0: L is quadratic in p with leading coefficient ½ a² E[d² (t +
y)⁴], which is positive for a law with at least three atoms.
"""

from __future__ import annotations

from flint import fmpq_mpoly

from analysis.algebra.polynomials import coefficients_in, context
from analysis.stationary_points.products.strata import (
    Polynomial,
    Reduced,
    Setting,
    power,
    times,
    without_monomials,
)
from analysis.stationary_points.products.system import System


def pair_system(setting: Setting, reduced: Reduced) -> System:
    """The equations F and C in the plane of (|g|, H), and y, H, p as fractions there."""
    plane = context(["g", "h"])
    (g, h), one = plane.gens(), plane.constant(1)
    sign = reduced.coordinates.fixed_sign
    on_curve, _, second, delta = ratio_elimination(setting, sign * g, sign * setting.rate * h)
    equations = (on_curve, second * h**2 - sign * setting.rate**2 * g**3 * delta)
    constant, leading = coefficients_in(reduced.loss.derivative(2), "p")
    plain = System(reduced, equations, ((g, h), (h, one), (one, one)))
    pivot = (
        -plain.lift(constant) * plain.lowered(leading),
        plain.lift(leading) * plain.lowered(constant),
    )
    return System(
        reduced,
        tuple(without_monomials(e) for e in equations),
        ((g, h), (h, one), pivot),
        spurious=delta,
    )


def ratio_elimination(
    setting: Setting, g: fmpq_mpoly, mu: fmpq_mpoly
) -> tuple[fmpq_mpoly, fmpq_mpoly, fmpq_mpoly, fmpq_mpoly]:
    """(F, A, B, Δ) for the slope g and the ratio μ, polynomials in one ring; α does not enter."""
    ring = g.context()
    zero, one = ring.constant(0), ring.constant(1)
    central = setting.central_moments(g, 8)
    pair, square = (one, mu), power((one, mu), 2)

    def mean(poly: Polynomial) -> fmpq_mpoly:
        return sum((c * m for c, m in zip(poly, central, strict=False)), zero)

    def raised(poly: Polynomial, exponent: int) -> Polynomial:
        return (*(zero,) * exponent, *poly)

    # ρ = d + g − g (1 + μ d)² − (P d + Q d²) (1 + μ d)²
    start = (zero, one - 2 * g * mu, -g * mu * mu)
    (u, p, q), (v, r, s) = (
        [mean(times(raised(pair, k), side)) for side in (start, raised(square, 1), raised(square, 2))]
        for k in (1, 2)
    )
    delta, first, second = p * s - q * r, u * s - q * v, p * v - u * r
    adapted = times(square, (g * delta, first, second))  # Δ f
    residual = [-c for c in adapted]
    residual[0] += g * delta
    residual[1] += delta
    scaling = [4 * c for c in adapted]
    for k, c in enumerate(adapted):
        if k:
            scaling[k] += 2 * k * c
            scaling[k - 1] -= 4 * g * k * c
    return mean(times(tuple(residual), tuple(scaling))), first, second, delta
