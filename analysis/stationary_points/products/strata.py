"""One inner step on ŷ = w₁ ⋯ w_N x, reduced by symmetry to at most two unknowns.

Let xᵢ = wᵢ², g = w₁ ⋯ w_N, a = α E[x²], d = θ − g, t = a g d. One step moves wᵢ to (xᵢ + t)/wᵢ, hence

    f = ∏ (xᵢ + t) / g = g + a d Q(t),     Q(t) = Σ_{k=1}^{N} e_{N−k}(x) t^{k−1},

where e_k are the elementary symmetric polynomials; as an identity of polynomials it holds for g = 0 as well.
The loss depends on w only through g, e₁, …, e_{N−1}. It is invariant under permutations and under an even
number of sign changes, so where g ≠ 0 a point is a sign of g and a multiset {xᵢ} of positive numbers.

**Strata.** Group equal xᵢ: y₁, …, y_m distinct, with multiplicities μ₁, …, μ_m. By symmetric criticality
(Palais 1979) the points of the stratum that are stationary on it are stationary. With A_k = E[(θ − f) dᵏ] and
the functional Φ(W) = E[(θ − f) d W(t)] = Σ_k W_k (a g)ᵏ A_{k+1} on polynomials W,

    directions that keep g:   Φ(tⁱ ∏ⱼ (t + yⱼ)^{μⱼ−1}) = 0      for i = 0, …, m − 2,
    the remaining direction:  the derivative of the loss along (wᵢ) ↦ (λ wᵢ) is 0.

(The first line is ∂f/∂log yⱼ = μⱼ yⱼ f/(t + yⱼ) + (the part through g), whose differences over pairs j, l are
t f (yⱼ − yₗ)/((t + yⱼ)(t + yₗ)); the factor yⱼ − yₗ ≠ 0 has been divided out.) Across the stratum, the two
factors of a group moved apart at constant g, the second derivative is a positive multiple of

    −Φ(P/(t + yⱼ)²),      P(t) = ∏ (t + xᵢ),

an eigenvalue of multiplicity μⱼ − 1 in suitable coordinates; within the stratum the Hessian is that of the
restricted loss. Both are exact, and together they give the inertia in w (Sylvester's law of inertia).

**Coordinates.** Each stratum of N ≤ 4 has polynomial coordinates, so that nothing is squared unduly:

    N = 3   {3}      u          w = (u, u, u)                g = u³
            {2,1}    y, h       w² = (y, y, h²)              g = y h
    N = 4   {4}      y          w² = (y, y, y, y)            g = ± y²
            {3,1}    y, k       w² = (y, y, y, y k²)         g = y² k
            {2,2}    s, q       w² = roots of x² − s x + q, twice        g = ± q
            {2,1,1}  y, H, p    w² = y, y, roots of x² − p x + H²        g = ± y H

Where g = ± …, both signs are charts of their own, and for a symmetric law one of them is enough. The three
equations of {2,1,1} become two in two unknowns in `pair_and_two`. The stratum with all xᵢ distinct needs one
unknown for every N (`distinct`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import comb

from flint import arb, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from analysis.algebra.polynomials import context, rational
from analysis.tasks import TaskLaw

Polynomial = tuple[fmpq_mpoly, ...]  # in t: coefficients, ascending


@dataclass(frozen=True)
class Setting:
    """What the reduced problem depends on: N, a = α E[x²], and the task law."""

    factors: int
    rate: fmpq
    law: TaskLaw

    @property
    def law_is_symmetric(self) -> bool:
        """Whether the odd moments that enter the loss vanish."""
        return all(self.law.moment(k) == 0 for k in range(1, 2 * self.factors + 1, 2))

    def central_moments(self, g: fmpq_mpoly, top: int) -> list[fmpq_mpoly]:
        """[E (θ − g)ᵏ for k = 0 … top], polynomials in g."""
        moments = [rational(self.law.moment(j)) for j in range(top + 1)]
        zero = g.context().constant(0)
        return [
            sum((comb(k, j) * moments[j] * (-g) ** (k - j) for j in range(k + 1)), zero)
            for k in range(top + 1)
        ]


@dataclass(frozen=True)
class Coordinates:
    """Polynomial coordinates of one stratum.

    Attributes:
        multiplicities: μ₁, …, μ_m.
        variables: their names.
        degrees: how each scales when w does: λ^degree.
        slope: g.
        square: P(t) = ∏ (t + xᵢ).
        base: ∏ⱼ (t + yⱼ)^{μⱼ−1}.
        across: P/(t + yⱼ)², each with the number of eigenvalues it stands for; those of {2,2}, which are
            conjugate over the coordinates, are formed in `reduce_to`.
        positive: polynomials that are positive on the stratum.
        nonzero: polynomials that do not vanish on it.
        sign: the index of the variable that has the sign of g, or None where g has the sign `fixed_sign`; a
            point with the other sign is then in another chart, or for a symmetric law the mirror image.
        squares: from balls for the variables (and for their squares) to balls for y₁, …, y_m.
    """

    multiplicities: tuple[int, ...]
    variables: tuple[str, ...]
    degrees: tuple[int, ...]
    slope: fmpq_mpoly
    square: Polynomial
    base: Polynomial
    across: tuple[tuple[Polynomial, int], ...]
    positive: tuple[fmpq_mpoly, ...]
    nonzero: tuple[fmpq_mpoly, ...]
    sign: int | None
    fixed_sign: int
    squares: Callable[[Sequence[arb], Sequence[arb]], list[arb]]

    @property
    def ring(self) -> fmpq_mpoly_ctx:
        """ℚ[variables]."""
        return self.slope.context()


def times(p: Polynomial, q: Polynomial) -> Polynomial:
    """The product of two polynomials in t."""
    zero = p[0].context().constant(0)
    product = [zero] * (len(p) + len(q) - 1)
    for i, c in enumerate(p):
        for j, d in enumerate(q):
            product[i + j] += c * d
    return tuple(product)


def power(p: Polynomial, exponent: int) -> Polynomial:
    """A power of a polynomial in t."""
    one: Polynomial = (p[0].context().constant(1),)
    for _ in range(exponent):
        one = times(one, p)
    return one


def all_equal(factors: int) -> list[Coordinates]:
    """{N}: one group of N equal squares."""
    odd = factors % 2 == 1
    ring = context(["u" if odd else "y"])
    v, one = ring.gen(0), ring.constant(1)
    y = v * v if odd else v
    linear = (y, one)
    return [
        Coordinates(
            multiplicities=(factors,),
            variables=ring.names(),
            degrees=(1 if odd else 2,),
            slope=v**factors if odd else sign * v ** (factors // 2),
            square=power(linear, factors),
            base=power(linear, factors - 1),
            across=((power(linear, factors - 2), factors - 1),),
            positive=() if odd else (v,),
            nonzero=(v,),
            sign=0 if odd else None,
            fixed_sign=sign,
            squares=lambda values, squared: [squared[0] if odd else values[0]],
        )
        for sign in ((1,) if odd else (1, -1))
    ]


def one_apart(factors: int) -> list[Coordinates]:
    """{N − 1, 1}: N − 1 equal squares and another one, for N = 3 and N = 4."""
    three = factors == 3
    ring = context(["y", "h" if three else "k"])
    (y, v), one = ring.gens(), ring.constant(1)
    z = v * v if three else y * v * v
    group, single = (y, one), (z, one)
    return [
        Coordinates(
            multiplicities=(factors - 1, 1),
            variables=ring.names(),
            degrees=(2, 1 if three else 0),
            slope=y * v if three else y * y * v,
            square=times(power(group, factors - 1), single),
            base=power(group, factors - 2),
            across=((times(power(group, factors - 3), single), factors - 2),),
            positive=(y,),
            nonzero=(v, y - z),
            sign=1,
            fixed_sign=1,
            squares=lambda values, squared: [values[0], squared[1] if three else values[0] * squared[1]],
        )
    ]


def two_pairs() -> list[Coordinates]:
    """{2, 2}: two different pairs of equal squares, N = 4."""
    ring = context(["s", "q"])
    (s, q), one = ring.gens(), ring.constant(1)
    quadratic = (q, s, one)

    def squares(values: Sequence[arb], squared: Sequence[arb]) -> list[arb]:
        root = (squared[0] - 4 * values[1]).sqrt()
        return [(values[0] + root) / 2, 2 * values[1] / (values[0] + root)]

    return [
        Coordinates(
            multiplicities=(2, 2),
            variables=ring.names(),
            degrees=(2, 4),
            slope=sign * q,
            square=times(quadratic, quadratic),
            base=quadratic,
            across=(),
            positive=(s, q, s * s - 4 * q),
            nonzero=(),
            sign=None,
            fixed_sign=sign,
            squares=squares,
        )
        for sign in (1, -1)
    ]


def pair_and_two() -> list[Coordinates]:
    """{2, 1, 1}: one pair of equal squares and two single ones, N = 4."""
    ring = context(["y", "H", "p"])
    (y, h, p), one = ring.gens(), ring.constant(1)
    pair, singles = (y, one), (h * h, p, one)

    def squares(values: Sequence[arb], squared: Sequence[arb]) -> list[arb]:
        root = (values[2] * values[2] - 4 * squared[1]).sqrt()
        return [values[0], (values[2] + root) / 2, 2 * squared[1] / (values[2] + root)]

    return [
        Coordinates(
            multiplicities=(2, 1, 1),
            variables=ring.names(),
            degrees=(2, 2, 2),
            slope=sign * y * h,
            square=times(power(pair, 2), singles),
            base=pair,
            across=((singles, 1),),
            positive=(y, h, p, p * p - 4 * h * h),
            nonzero=(y * y - p * y + h * h,),
            sign=None,
            fixed_sign=sign,
            squares=squares,
        )
        for sign in (1, -1)
    ]


def coordinates(setting: Setting) -> list[Coordinates]:
    """The strata of N factors with g ≠ 0 and at least two equal squares; up to g → −g for a symmetric law."""
    charts = {
        2: lambda: all_equal(2),
        3: lambda: all_equal(3) + one_apart(3),
        4: lambda: all_equal(4) + one_apart(4) + two_pairs() + pair_and_two(),
    }[setting.factors]()
    return [
        chart
        for chart in charts
        if chart.sign is not None or chart.fixed_sign > 0 or not setting.law_is_symmetric
    ]


@dataclass(frozen=True)
class Reduced:
    """The loss on a stratum and the equations of its stationary points.

    Attributes: coordinates: of the stratum. halved: the variable `coordinates.sign` stands for its own square
        in every polynomial below. loss: ½ E (θ − f)² in the coordinates. equations: m polynomials, without
        monomial factors. across: polynomials with the sign of the second derivative across the stratum, and
        their multiplicities. across_pair: for {2,2} the sum and the product of the two entries. positive,
        nonzero: the conditions that define the stratum.
    """

    coordinates: Coordinates
    halved: bool
    loss: fmpq_mpoly
    equations: tuple[fmpq_mpoly, ...]
    across: tuple[tuple[fmpq_mpoly, int], ...]
    across_pair: tuple[fmpq_mpoly, ...]
    positive: tuple[fmpq_mpoly, ...]
    nonzero: tuple[fmpq_mpoly, ...]


def reduce_to(setting: Setting, chart: Coordinates) -> Reduced:
    """Restrict the loss to a stratum; where everything is even in a variable, write it through its square."""
    count, a, g = setting.factors, setting.rate, chart.slope
    ring, central = chart.ring, setting.central_moments(g, 2 * setting.factors)
    zero, one = ring.constant(0), ring.constant(1)
    # f = g + Σ_k c_k dᵏ with c_k = aᵏ g^{k−1} e_{N−k}, where P(t) = Σ_k e_{N−k} tᵏ, and A_k = E[(θ − f) dᵏ]
    c = [zero] + [a**k * g ** (k - 1) * chart.square[k] for k in range(1, count + 1)]
    weighted = [
        central[k + 1] - sum((c[j] * central[j + k] for j in range(1, count + 1)), zero)
        for k in range(count + 1)
    ]

    def functional(weight: Polynomial) -> fmpq_mpoly:
        return sum((w * (a * g) ** k * weighted[k + 1] for k, w in enumerate(weight)), zero)

    loss = (weighted[1] - sum((c[k] * weighted[k] for k in range(1, count + 1)), zero)) * fmpq(1, 2)
    scaling = sum((d * ring.gen(i) * loss.derivative(i) for i, d in enumerate(chart.degrees)), zero)
    shifts = [
        functional(times(chart.base, (*(zero,) * i, one))) for i in range(len(chart.multiplicities) - 1)
    ]
    reduced = Reduced(
        coordinates=chart,
        halved=False,
        loss=loss,
        equations=tuple(without_monomials(e) for e in (*shifts, scaling)),
        across=tuple((-functional(weight), number) for weight, number in chart.across),
        across_pair=_conjugate_pair(functional, ring) if chart.multiplicities == (2, 2) else (),
        positive=chart.positive,
        nonzero=chart.nonzero,
    )
    return _through_square(reduced) if setting.law_is_symmetric and chart.sign is not None else reduced


def _conjugate_pair(
    functional: Callable[[Polynomial], fmpq_mpoly], ring: fmpq_mpoly_ctx
) -> tuple[fmpq_mpoly, fmpq_mpoly]:
    """Sum and product of −Φ((t + z)²) over the two roots z of z² = s z − q."""
    (s, q), zero, one = ring.gens(), ring.constant(0), ring.constant(1)
    square, linear, constant = (functional(w) for w in ((zero, zero, one), (zero, one), (one,)))
    # (t + z)² = t² + 2 z t + z², hence Φ = rest + z slope
    rest, slope = square - q * constant, 2 * linear + s * constant
    return -(2 * rest + s * slope), rest * rest + s * rest * slope + q * slope * slope


def _through_square(reduced: Reduced) -> Reduced:
    """Everything in terms of the square of the variable that carries the sign of the slope."""
    index = reduced.coordinates.sign
    assert index is not None
    variable = reduced.coordinates.ring.gen(index)

    def half(poly: fmpq_mpoly) -> fmpq_mpoly:
        return halve(poly, index)

    return replace(
        reduced,
        halved=True,
        loss=half(reduced.loss),
        equations=tuple(half(e) for e in reduced.equations),
        across=tuple((half(weight), count) for weight, count in reduced.across),
        across_pair=tuple(half(p) for p in reduced.across_pair),
        positive=(*(half(p) for p in reduced.positive), variable),
        nonzero=tuple(half(p) for p in reduced.nonzero if p != variable),
    )


def halve(poly: fmpq_mpoly, index: int) -> fmpq_mpoly:
    """A polynomial that is even in one generator, in terms of the square of that generator."""
    terms = {}
    for exponents, coefficient in poly.to_dict().items():
        if exponents[index] % 2:
            raise ArithmeticError(f"{poly} is not even in generator {index}")
        terms[(*exponents[:index], exponents[index] // 2, *exponents[index + 1 :])] = coefficient
    return poly.context().from_dict(terms)


def without_monomials(poly: fmpq_mpoly) -> fmpq_mpoly:
    """The polynomial divided by its largest monomial factor."""
    if not poly:
        return poly
    terms = poly.to_dict()
    lowest = [min(exponents[i] for exponents in terms) for i in range(len(poly.degrees()))]
    return poly.context().from_dict(
        {tuple(e - m for e, m in zip(exponents, lowest, strict=True)): c for exponents, c in terms.items()}
    )
