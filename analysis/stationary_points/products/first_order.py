"""First-order MAML on ŷ = w₁ w₂ w₃ x, one inner step: every zero of its field, with proof.

First-order MAML takes the task gradient at the adapted parameters as if they did not depend on the start. In
the notation of `strata` (x = w², t = a g d, P(t) = ∏ (t + xᵢ), f = P(t)/g) one step moves wᵢ to (xᵢ + t)/wᵢ,
and with the functional Ψ(W) = E[(θ − f) W(t)] the field is

    Gᵢ = −(wᵢ/g) Ψ(P/(t + xᵢ)),      and for the squares     ẋᵢ = −(2 xᵢ/g) Ψ(P/(t + xᵢ)).

**Zeros without a vanishing factor.** On the stratum of m different squares, where P/(t + yⱼ) are B(t) =
∏ⱼ (t + yⱼ)^{μⱼ−1} times the Lagrange basis of the polynomials of degree < m, G = 0 says exactly

    θ − f  ⟂  B, t B, …, t^{m−1} B        in L² of the task law;

for MAML (`strata`) one of the conditions is another, and d multiplies the rest. So different squares for all
N factors mean that θ − f, a polynomial of degree N in θ with leading coefficient −a^N g^{N−1}, is orthogonal
to all polynomials of smaller degree:

    f(θ) = θ + a^N g^{N−1} π_N(θ),      π_N the monic orthogonal polynomial of the task law.

As f(g) = g, **the slope g of such an initialisation is a zero of π_N** (for Gaussian tasks and N = 3: ±√3),
whatever α; the squares are the roots of P(−x) = g f(g − x/(a g)), and exist where these are different and
positive. For large α one is close to 1/(a^{N−1} g^{N−3} π_N′(g)) and the others to a g (g − z), z the other
zeros: g is then the largest zero if that is positive, or the smallest if that is negative, and no other.

**Stability.** The field is no gradient; what counts are the real parts of the eigenvalues of its Jacobian.
Across the stratum (two factors of a group moved apart) it is (2 yⱼ/g) Ψ(P/(t + yⱼ)²). Within a stratum of
two squares the trace and the determinant decide, and for three the coefficients of the characteristic
polynomial (Routh and Hurwitz) in the coordinates (g, e₁, e₂), in which

    ġ = −Ψ(P′),   ė₁ = −(2/g) Ψ(3P − t P′),   ė₂ = −(2/g) Ψ(2 e₁ P − e₁ t P′ + 3 t P − t² P′).

**Vanishing factors.** Two: nothing moves, the field is 0, and it is linear around with the eigenvalues
−(a m₂ Q ± m₁ q), q the third factor, Q = q². One, wᵢ = 0: the field is 0 exactly where a Q = 1 (Q the square
of the others' product), where every task is solved; across, the Jacobian has two eigenvalues other than 0,
with a positive sum and the sign of m₂² − m₁ m₃ for their product. That is not positive for tasks θ > 0:
**on positive tasks first-order MAML is not attracted by the initialisations that solve all of them.**
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations

from flint import arb, ctx, fmpq, fmpq_mat, fmpq_mpoly

from analysis.algebra.elimination import points_on_line
from analysis.algebra.polynomials import context, rational, substitute, univariate
from analysis.landscape import Landscape
from analysis.stationary_points.finite_field_check import count_over_finite_field
from analysis.stationary_points.points import (
    KINDS,
    Certificate,
    Family,
    Kind,
    Location,
    StationaryPoints,
    interval,
)
from analysis.stationary_points.products.distinct import RING, balls_of_roots, different_and_positive
from analysis.stationary_points.products.families import solved_by, two_zeros
from analysis.stationary_points.products.planar_check import indices_and_turns
from analysis.stationary_points.products.points import ProductPoint, Solution, expand
from analysis.stationary_points.products.solve import is_on_stratum, locations_of, solutions_at
from analysis.stationary_points.products.strata import (
    Coordinates,
    Polynomial,
    Reduced,
    Setting,
    coordinates,
    halve,
    times,
    without_monomials,
)
from analysis.stationary_points.products.support import require_atoms
from analysis.stationary_points.products.system import System

METHOD = (
    "factors that vanish: by hand; different squares: the zeros of the third orthogonal polynomial of the "
    "task law; otherwise strata of equal squares w_i^2, solved by root isolation or bivariate elimination "
    "over Q; exact signs"
)
FACTORS = 3


def first_order_stationary_points(landscape: Landscape) -> StationaryPoints:
    """Every zero of first-order MAML's field on ŷ = w₁ w₂ w₃ x, one inner step, all factors adapting.

    Args:
        landscape: derived with a numerical rate and E[x²].

    Returns: As for MAML; inertia counts eigenvalues of the field's Jacobian by the sign of their real part.

    Raises:
        UnsupportedProblem: the law has fewer than three atoms.
        CommonCurve: the equations of a stratum share a factor; no law is known for which they do.
    """
    problem = landscape.problem
    assert problem.loop.rate is not None
    assert problem.input_second_moment is not None
    rate = rational(problem.loop.rate * problem.input_second_moment)
    setting = Setting(FACTORS, rate, problem.task)
    require_atoms(setting, FACTORS)
    families = list(_vanishing(setting, landscape))
    solutions, counts = [*_different(setting)], []
    for chart in coordinates(setting):
        field = field_on(setting, chart)
        system = System(field.reduced, field.reduced.equations)
        places = locations_of(system)
        counts.append(indices_and_turns(system.equations, places, system.positive))
        for place in places:
            if is_on_stratum(system, place):
                solutions += solutions_at(setting, system, place, field.inertia(place))
    points = [point for solution in solutions for point in expand(landscape, solution)]
    over_field = count_over_finite_field(setting, landscape, families, vanishing_only=True)
    check = "winding numbers of the equations on the strata"
    if over_field is not None:
        check += (
            f" + points over F_{over_field.prime} with a vanishing factor, on a family or zeros against both"
        )
        counts.append((over_field.either, over_field.both))
    reach = max((abs(float(x.mid())) for point in points for x in point.enclose()), default=0.0)
    bound = Fraction(int(2 * reach) + 1)
    return StationaryPoints(
        landscape,
        _marked(points),
        tuple(families),
        Certificate(METHOD, check, tuple(counts), ((-bound, bound),) * FACTORS),
    )


def _marked(points: list[ProductPoint]) -> tuple[ProductPoint, ...]:
    """Ordered, and with whether the loss is least there: 0 is attained where one factor vanishes."""
    solved = {id(p.solution): p.has_zero_loss() for p in points}
    ordered = sorted(points, key=lambda p: (KINDS.index(p.kind), [float(x.mid()) for x in p.enclose()]))
    words = {
        True: "its excess loss is exactly 0, and no excess loss is negative",
        False: "its excess loss is positive, and 0 is attained where one factor vanishes",
    }
    return tuple(
        replace(p, is_global=solved[id(p.solution)], why=words[solved[id(p.solution)]]) for p in ordered
    )


@dataclass(frozen=True)
class FieldOnStratum:
    """The field on a stratum.

    Attributes:
        reduced: equations and loss; `across` has the sign of the eigenvalues across the stratum.
        within: a polynomial with the sign of the one eigenvalue within, or two with those of the sum and the
            product of the two.
    """

    reduced: Reduced
    within: tuple[fmpq_mpoly, ...]

    def inertia(self, place: Location) -> tuple[int, int, int]:
        """(positive, negative, zero) real parts of the eigenvalues of the Jacobian, by exact signs."""
        signs = [place.sign(poly) for poly, count in self.reduced.across for _ in range(count)]
        first, *product = (place.sign(poly) for poly in self.within)
        signs += real_parts(first, *product)
        return sum(s > 0 for s in signs), sum(s < 0 for s in signs), sum(s == 0 for s in signs)


def real_parts(total: int, product: int | None = None) -> list[int]:
    """Signs of the real parts of one number, or of two, real or conjugate, by those of sum and product."""
    if product is None:
        return [total]
    if product < 0:
        return [1, -1]
    return [total, total if product else 0]


def field_on(setting: Setting, chart: Coordinates) -> FieldOnStratum:
    """Restrict the field of three factors to {3} or {2,1}, through u² or h² for a symmetric law."""
    ring, g = chart.ring, chart.slope
    zero, one = ring.constant(0), ring.constant(1)
    functional, loss = residual_functional(setting, g, chart.square)
    groups = len(chart.multiplicities)
    equations = [functional(times(chart.base, (*(zero,) * i, one))) for i in range(groups)]
    across = tuple((g * functional(weight), count) for weight, count in chart.across)
    within: tuple[fmpq_mpoly, ...]
    if groups == 1:  # u: u̇ = −Ψ(B)/u²
        within = (-equations[0].derivative(0),)
    else:
        y, h = ring.gens()
        of_pair, of_single = (functional(times(chart.base, (z, one))) for z in (h * h, y))
        trace = -g * (2 * y * of_pair.derivative(0) + h * of_single.derivative(1))
        crossed = of_pair.derivative(1) * of_single.derivative(0)
        within = (trace, h * (of_pair.derivative(0) * of_single.derivative(1) - crossed))
    halved, index = setting.law_is_symmetric, chart.sign
    assert index is not None

    def form(poly: fmpq_mpoly) -> fmpq_mpoly:
        return halve(poly, index) if halved else poly

    variable = ring.gen(index)
    reduced = Reduced(
        coordinates=chart,
        halved=halved,
        loss=form(loss),
        equations=tuple(form(without_monomials(e)) for e in equations),
        across=tuple((form(weight), count) for weight, count in across),
        across_pair=(),
        positive=(*(form(p) for p in chart.positive), *([variable] if halved else [])),
        nonzero=tuple(form(p) for p in chart.nonzero if not (halved and p == variable)),
    )
    return FieldOnStratum(reduced, tuple(form(poly) for poly in within))


def residual_functional(setting: Setting, g: fmpq_mpoly, square: Polynomial):
    """(Ψ, the excess loss ½ E (θ − f)²) for the slope g and P, in the ring of both."""
    ring, a, count = g.context(), setting.rate, setting.factors
    zero, central = ring.constant(0), setting.central_moments(g, 2 * setting.factors)
    # f = g + Σ_k c_k dᵏ with c_k = aᵏ g^{k−1} e_{N−k}, and A_k = E[(θ − f) dᵏ], as in `strata.reduce_to`
    c = [zero] + [a**k * g ** (k - 1) * square[k] for k in range(1, count + 1)]
    weighted = [
        central[k + 1] - sum((c[j] * central[j + k] for j in range(1, count + 1)), zero)
        for k in range(count + 1)
    ]
    loss = (weighted[1] - sum((c[k] * weighted[k] for k in range(1, count + 1)), zero)) * fmpq(1, 2)

    def functional(weight: Polynomial) -> fmpq_mpoly:
        return sum((w * (a * g) ** k * weighted[k] for k, w in enumerate(weight) if w), zero)

    return functional, loss


def _different(setting: Setting) -> Iterator[Solution]:
    """The zeros with three different squares: g a zero of π₃, the squares from P."""
    a, (g,) = setting.rate, RING.gens()
    orthogonal, norm = orthogonal_polynomial(setting, FACTORS)
    at_slope = sum((c * g**k for k, c in enumerate(orthogonal)), RING.constant(0))
    slope, bend = at_slope.derivative(0), at_slope.derivative(0).derivative(0)
    elementary = [a * g * bend * fmpq(1, 2), (1 + a**3 * g**2 * slope) * (1 / a), g * g]
    loss = (g**4 * (a**6 * norm / 2), RING.constant(1))
    characteristic = [
        substitute(poly, {"e": elementary[0], "f": elementary[1], "g": g}, RING)
        for poly in _characteristic(setting)
    ]
    for place in points_on_line(univariate(without_monomials(at_slope), "g")):
        if different_and_positive(place, elementary, RING.constant(1)):
            inertia = _hurwitz([place.sign(c) for c in characteristic])
            squares = balls_of_roots(place, elementary, RING.constant(1))
            yield Solution((1,) * FACTORS, place, place.sign(g), squares, loss, inertia)


def orthogonal_polynomial(setting: Setting, degree: int) -> tuple[list[fmpq], fmpq]:
    """(π_n's coefficients, ascending; E π_n²) for a law with at least n atoms."""
    moment = [rational(setting.law.moment(k)) for k in range(2 * degree + 1)]
    gram = fmpq_mat(degree, degree, [moment[i + j] for i in range(degree) for j in range(degree)])
    lower = gram.solve(fmpq_mat(degree, 1, [-moment[degree + i] for i in range(degree)]))
    coefficients = [lower[i, 0] for i in range(degree)] + [fmpq(1)]
    return coefficients, sum((c * moment[degree + k] for k, c in enumerate(coefficients)), fmpq(0))


def _characteristic(setting: Setting) -> list[fmpq_mpoly]:
    """λ³ + c₁ λ² + c₂ λ + c₃ of the Jacobian in (g, e₁, e₂): [c₁ g², c₂ g², c₃ g², (c₁ c₂ − c₃) g⁴].

    Valid at zeros of the field, where the factors 1, 2/g, 2/g in front of Ψ need not be differentiated.
    """
    ring = context(["g", "e", "f"])
    (g, e, f), one, zero = ring.gens(), ring.constant(1), ring.constant(0)
    square: Polynomial = (g * g, f, e, one)
    functional, _ = residual_functional(setting, g, square)
    slope: Polynomial = (f, 2 * e, 3 * one)  # P′
    plain = tuple(3 * p for p in square)
    moved = (zero, *slope)  # t P′
    first = tuple(p - m for p, m in zip(plain, moved, strict=True))
    second = [zero] * 5
    for k, (p, m) in enumerate(zip(square, moved, strict=True)):
        second[k] += 2 * e * p - e * m
        second[k + 1] += 3 * p - m
    assert not first[3]
    assert not second[3]
    assert not second[4]
    rows = [
        [-scale * functional(weight).derivative(j) for j in range(3)]
        for scale, weight in ((g, slope), (2 * one, first[:3]), (2 * one, tuple(second[:3])))
    ]  # g times the Jacobian

    def minor(i: int, j: int) -> fmpq_mpoly:
        return rows[i][i] * rows[j][j] - rows[i][j] * rows[j][i]

    trace = rows[0][0] + rows[1][1] + rows[2][2]
    minors = minor(0, 1) + minor(0, 2) + minor(1, 2)
    determinant = sum(
        (
            rows[0][i] * (rows[1][j] * rows[2][k] - rows[1][k] * rows[2][j])
            for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1))
        ),
        zero,
    )
    # with J = rows/g: c₁ = −trace/g, c₂ = minors/g², c₃ = −determinant/g³
    return [-trace * g, minors, -determinant * g, (determinant - trace * minors) * g]


def _hurwitz(signs: list[int]) -> tuple[int, int, int]:
    """Real parts of the roots of λ³ + c₁ λ² + c₂ λ + c₃, from the signs of c₁, c₂, c₃ and c₁ c₂ − c₃."""
    one, two, three, stable = signs
    if three == 0:  # a root 0, and λ² + c₁ λ + c₂
        others = real_parts(-one, two)
        return others.count(1), others.count(-1), 1 + others.count(0)
    if stable == 0 and two > 0:  # a pair ± i√c₂
        return (1, 0, 2) if three < 0 else (0, 1, 2)
    if three > 0:  # the real root, or an odd number of them, is negative
        return (0, 3, 0) if one > 0 and stable > 0 else (2, 1, 0)
    return (3, 0, 0) if one < 0 and stable < 0 and two > 0 else (1, 2, 0)


def _vanishing(setting: Setting, landscape: Landscape) -> Iterator[Family]:
    """The families of `products.families`, with the stability of the field in place of the Hessian's."""
    m1, m2, m3 = (rational(setting.law.moment(k)) for k in (1, 2, 3))
    indices = range(FACTORS)
    for family in two_zeros(setting, landscape, list(combinations(indices, 2))):
        third = family.parametrisation.removesuffix(" free")
        exceptions = f"the Jacobian is zero where {third} = 0"
        if m1:
            edge = (m1 / (setting.rate * m2)) ** 2
            with ctx.workprec(128):
                words = interval(arb(edge), 12).ball.str(8, radius=False)
            exceptions += (
                f"; a maximum instead of a saddle where ({third})^2 > {words}, of rank 1 where it is ="
            )
        kind: Kind = "saddle" if m1 else "maximum"
        yield replace(family, kind=kind, exceptions=exceptions)
    product = m2 * m2 - m1 * m3
    for family in solved_by(setting, landscape, indices):
        kind = "minimum" if product > 0 else "saddle" if product < 0 else "degenerate"
        yield replace(family, kind=kind, hessian_rank=2 if product else 1)
