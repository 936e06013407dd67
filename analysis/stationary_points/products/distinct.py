"""The stratum where all squares xᵢ = wᵢ² are different: one unknown for any number of factors.

There (g, e₁, …, e_{N−1}) are local coordinates, and the loss is the quadratic ½ E (d − Σ_{k=1}^{N} c_k dᵏ)²
in c_k = aᵏ g^{k−1} e_{N−k}, where c_N = a^N g^{N−1} is a function of g and c₁, …, c_{N−1} are free.
Stationarity in these means that θ − f is orthogonal to d, …, d^{N−1} in L² of the task law; for a law with N
or more atoms it determines them uniquely,

    θ − f = −c_N Π(d),     Π = the residual of d^N projected on d, …, d^{N−1},

and leaves the one condition V′(g) = 0, where with the Gram determinants G_k = det(E d^{i+j})_{i,j = 1…k}

    V(g) = ½ a^{2N} g^{2N−2} G_N(g) / G_{N−1}(g).

The condition does not contain α: the slopes g of such points depend on the task law alone. (By Christoffel's
formula G_N/G_{N−1} = h_N K_N(g, g)/K_{N−1}(g, g) with the reproducing kernels K of the law's orthogonal
polynomials; Szegő, Orthogonal Polynomials, §2.5.) A root g ≠ 0 is a stationary point of the loss exactly when
the numbers e_k found are the elementary symmetric functions of N different positive x: this is read off the
Hankel matrix of their power sums, positive definite for different real x, and from e_k > 0 for positive ones
(Hermite's theorem). At such a point the Hessian is congruent to a positive definite block of size N − 1 and
V″(g).
"""

from __future__ import annotations

from collections.abc import Iterator

from flint import acb_poly, arb, arb_poly, ctx, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from analysis.algebra.elimination import AlgebraicPoint, points_on_line
from analysis.algebra.polynomials import context, determinant, univariate
from analysis.stationary_points.products.points import Solution
from analysis.stationary_points.products.strata import Setting, without_monomials

RING: fmpq_mpoly_ctx = context(["g"])


def solve_distinct(setting: Setting) -> Iterator[Solution]:
    """The solutions on the stratum of different squares, for a law with at least N atoms."""
    count, a = setting.factors, setting.rate
    (g,) = RING.gens()
    central = setting.central_moments(g, 2 * count)
    gram = [[central[i + j] for j in range(1, count + 1)] for i in range(1, count + 1)]
    high, low = determinant(gram), determinant([row[:-1] for row in gram[:-1]])
    # d/dg log(g^{2N−2} G_N/G_{N−1}) = 0, cleared of denominators
    condition = (2 * count - 2) * high * low + g * (high.derivative(0) * low - high * low.derivative(0))
    value = (a ** (2 * count) * g ** (2 * count - 2) * high * fmpq(1, 2), low)
    elementary, denominator = _elementary(setting, gram, low)
    for location in points_on_line(univariate(without_monomials(condition), "g")):
        slope_sign = location.sign(g)
        if not slope_sign or not different_and_positive(location, elementary, denominator):
            continue
        curvature = location.sign(condition.derivative(0)) * slope_sign
        inertia = (count - 1 + (curvature > 0), int(curvature < 0), int(curvature == 0))
        squares = balls_of_roots(location, elementary, denominator)
        yield Solution((1,) * count, location, slope_sign, squares, value, inertia)


def _elementary(
    setting: Setting, gram: list[list[fmpq_mpoly]], low: fmpq_mpoly
) -> tuple[list[fmpq_mpoly], fmpq_mpoly]:
    """Numerators of e₁, …, e_N over one common denominator, which is positive for g² > 0.

    With the projection Σ τ_k dᵏ of d^N one has c_k = [k = 1] − c_N τ_k.
    """
    count, a, (g,) = setting.factors, setting.rate, RING.gens()
    last = a**count * g ** (count - 1)
    even = count + count % 2  # an even power of g, so that the denominator keeps its sign
    denominator = low * g**even
    numerators = [RING.constant(0)] * (count + 1)
    for k in range(1, count):
        replaced = [[*row[: k - 1], row[-1], *row[k:-1]] for row in gram[:-1]]  # Cramer's rule
        c = (low if k == 1 else RING.constant(0)) - last * determinant(replaced)
        numerators[count - k] = c * g ** (even - k + 1) * (1 / a**k)
    numerators[count] = g * g * denominator
    return numerators[1:], denominator


def different_and_positive(
    location: AlgebraicPoint, elementary: list[fmpq_mpoly], denominator: fmpq_mpoly
) -> bool:
    """Whether xᴺ − e₁ xᴺ⁻¹ + … has N different positive roots, by exact signs."""
    if any(location.sign(e) <= 0 for e in elementary):
        return False
    count = len(elementary)
    # power sums of the roots times powers of the denominator D: s_k = (p_k Dᵏ), by Newton's identities
    scaled = [e * denominator**k for k, e in enumerate(elementary)]  # e_{k+1} D^{k+1}
    sums: list[fmpq_mpoly] = [RING.constant(count)]
    for k in range(1, 2 * count - 1):
        total = RING.constant(0)
        for i in range(1, min(k, count) + 1):
            total += (-1) ** (i - 1) * scaled[i - 1] * (k if i == k else sums[k - i])
        sums.append(total)
    return all(
        location.sign(determinant([[sums[i + j] for j in range(size)] for i in range(size)])) > 0
        for size in range(2, count + 1)
    )


def balls_of_roots(location: AlgebraicPoint, elementary: list[fmpq_mpoly], denominator: fmpq_mpoly):
    """precision ↦ balls around the different squares, descending."""

    def balls(precision: int) -> list[arb]:
        with ctx.workprec(2 * precision + 64):
            below = location.value(denominator, 2 * precision)
            e = [location.value(numerator, 2 * precision) / below for numerator in elementary]
            coefficients = [(-1) ** (len(e) - k) * e[len(e) - 1 - k] for k in range(len(e))] + [arb(1)]
            poly = arb_poly(coefficients)
            roots = [_refined(poly, z.real) for z in acb_poly(poly).complex_roots()]
        return sorted(roots, key=lambda ball: -float(ball.mid()))

    return balls


def _refined(poly: arb_poly, isolating: arb) -> arb:
    """The simple root in an isolating ball, as far as the coefficients determine it: interval Newton.

    `complex_roots` stops as soon as the roots are told apart, at 30 bits whatever the working precision.
    """
    slope, ball = poly.derivative(), isolating
    for _ in range(ctx.prec.bit_length()):
        middle = arb(ball.mid())
        image = middle - poly(middle) / slope(ball)
        if not image.overlaps(ball):  # also where the slope is not apart from 0
            break
        ball = ball.intersection(image)
    return ball
