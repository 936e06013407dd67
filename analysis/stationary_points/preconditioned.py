"""Meta-learned preconditioners: all stationary points of ŷ = cx and ŷ = abx together with their rates.

Every preconditioner here multiplies the gradient of a parameter w by a rate A_w: the learned A_w of Meta-SGD
times E[x²], α E[x²] M_w of Meta-Curvature, α E[x²] L_w R_w of the Kronecker form. Let d = θ − g.

**Shallow**, g = c: θ − f = (1 − A) d, so L = ½ (1 − A)² E d². If θ varies, the stationary points with respect
to (c, A) are the line A = 1, where the loss is zero, whatever c. A = α E[x²] L R adds (c, L, R) = (E θ, 0,
0), a saddle.

**Deep**, g = ab: with P = A_a b² + A_b a² and T = A_a A_b g one step gives

    f = g + P d + T d²,     L = ½ E (d (1 − P) − T d²)²,

a function of (g, P, T). Where g ≠ 0 the invariants g, X = A_a b², Y = A_b a² of the symmetry (a, b, A_a, A_b)
↦ (s a, b/s, s² A_a, A_b/s²) are coordinates of its orbits, with P = X + Y and T = XY/g. Stationarity in X − Y
reads (X − Y) ∂L/∂T = 0. With ∂L/∂T = 0 also ∂L/∂P = 0, and (Gram matrix of d, d²) the loss is zero. So:

1. zero loss, P = 1 and T = 0: the surfaces {a = 0, A_a b² = 1}, {b = 0, A_b a² = 1}, {A_a = 0, A_b a² = 1},
   {A_b = 0, A_a b² = 1}. Each solves every task in one step; where g ≠ 0 it is a model of which one factor
   stands still.
2. a = b = 0, any rates: loss ½ m₂. The Hessian there is − [[2 m₂ A_b, m₁ + m₃ A_a A_b], [·, 2 m₂ A_a]] in (a,
   b): for a symmetric law a maximum where both rates are positive, and a minimum, not a global one, where
   both are negative.
3. X = Y = κ, f = g (1 + κ d/g)²: the stationary points of a function of (g, κ), finitely many; for each a
   curve {(a, g/a, κ a²/g², κ/a²)}.

If g = 0 but not a = b = 0, stationarity in the rate that counts makes the loss zero: case 1. A law with two
atoms θ₁, θ₂ makes the Gram matrix singular at g = θ₁, and adds to case 1 the surface {g = θ₁, P + (θ₂ − θ₁) T
= 1} and the one with θ₁ and θ₂ exchanged; where the two are conjugate, θ₁ = g and θ₂ = θ₁ + θ₂ − g in these
equations make one set over ℚ of both.

**Kronecker**, A = α E[x²] L R: ∂L/∂L = (∂L/∂A) α E[x²] R, so that besides the preimages of all these sets
there are those with L = R = 0 for one parameter or for both, where ∂L/∂A need not vanish: {a = 0, L_a = R_a =
0} and {b = 0, L_b = R_b = 0} if E θ = 0, and {ab = E θ, L_a = R_a = L_b = R_b = 0} otherwise. All of them are
saddles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from flint import arb, ctx, fmpq, fmpq_mpoly

from analysis.algebra.algebraic_numbers import irreducible_factors
from analysis.algebra.polynomials import rational
from analysis.landscape import Landscape
from analysis.stationary_points.finite_field_check import certificate, count_over_finite_field
from analysis.stationary_points.points import Family, Interval, Kind, StationaryPoints, interval
from analysis.stationary_points.products.strata import Setting
from analysis.stationary_points.products.support import Support, support_of
from analysis.stationary_points.rational_points import RationalPoint
from analysis.stationary_points.ratios import RatioPoints, ratio_points

METHOD = (
    "by hand: the loss is a function of invariants of a scaling symmetry, whose critical points are a family "
    "each; the curves by bivariate elimination over Q"
)


@dataclass(frozen=True)
class _Symbols:
    """A landscape's unknowns as polynomials, and the rates they make."""

    landscape: Landscape
    setting: Setting

    def __getitem__(self, name: str) -> fmpq_mpoly:
        return self.landscape.ring.gen(self.landscape.unknowns.index(name))

    def factors(self, parameter: str) -> list[fmpq_mpoly]:
        """The meta-learned factors of the rate of `parameter`."""
        problem = self.landscape.problem
        return [self[name] for name in problem.loop.factors(problem.model)[parameter]]

    def rate(self, parameter: str) -> fmpq_mpoly:
        """A_w, E[x²] and α included."""
        return prod(self.factors(parameter), start=self.landscape.ring.constant(self.setting.rate))


def preconditioned_stationary_points(landscape: Landscape) -> StationaryPoints:
    """Every stationary point of the shallow or the deep model with a meta-learned preconditioner, one step.

    Args:
        landscape: derived with numbers for α (where it is used) and E[x²].

    Raises:
        UnsupportedProblem: θ does not vary.
    """
    problem = landscape.problem
    assert problem.input_second_moment is not None
    rate = rational(problem.input_second_moment)
    if problem.loop.uses_rate:
        assert problem.loop.rate is not None
        rate *= rational(problem.loop.rate)
    support = support_of(Setting(3, rate, problem.task), least=2)
    symbols = _Symbols(landscape, Setting(2, rate, problem.task))
    if len(problem.model.parameters) == 1:
        families, points = list(_shallow(symbols)), _shallow_points(symbols)
        by_enumeration = count_over_finite_field(symbols.setting, landscape, families, points)
        return StationaryPoints(landscape, points, tuple(families), certificate(METHOD, None, by_enumeration))
    ratios = ratio_points(symbols.setting.law, 2)
    families = list(_by_hand(symbols, support))
    by_enumeration = count_over_finite_field(symbols.setting, landscape, families, vanishing_only=True)
    families += _curves(symbols, ratios)
    return StationaryPoints(landscape, (), tuple(families), certificate(METHOD, ratios, by_enumeration))


def _shallow(of: _Symbols) -> Iterator[Family]:
    equation = of.rate("c") - 1
    yield Family(
        dimension=len(of.landscape.unknowns) - 1,
        equations=(equation,),
        description=f"{equation} = 0, any c: every task is solved in one step",
        loss=_number(fmpq(0)),
        hessian_rank=1,
        kind="minimum",
        parametrisation="c free",
    )


def _shallow_points(of: _Symbols) -> tuple[RationalPoint, ...]:
    """(E θ, 0, 0) for the Kronecker form."""
    if len(of.factors("c")) == 1:
        return ()
    point = (of.setting.law.moment(1), Fraction(0), Fraction(0))
    return (RationalPoint(of.landscape, point, False, "its excess loss is positive, and 0 is attained"),)


def _by_hand(of: _Symbols, support: Support | None) -> Iterator[Family]:
    """Cases 1 and 2, and what the Kronecker form adds."""
    yield from _solving(of)
    yield from _solving_two_tasks(of, support)
    yield _origin(of)
    if len(of.factors("a")) > 1:
        yield from _standing(of)


def _family(
    of: _Symbols, equations: list[fmpq_mpoly], description: str, loss: fmpq, kind: Kind, exceptions: str = ""
) -> Family:
    """A set cut out transversally, on which the Hessian has full rank across."""
    return Family(
        dimension=len(of.landscape.unknowns) - len(equations),
        equations=tuple(equations),
        description=" and ".join(f"{e} = 0" for e in equations) + f": {description}",
        loss=_number(loss),
        hessian_rank=len(equations),
        kind=kind,
        exceptions=exceptions,
    )


def _solving(of: _Symbols) -> Iterator[Family]:
    for one, other in (("a", "b"), ("b", "a")):
        gain = of.rate(one) * of[other] ** 2 - 1
        yield _family(
            of,
            [of[one], gain],
            "every task is solved in one step",
            fmpq(0),
            "minimum",
            f"rank 1 where the rate of {other} is 0 as well",
        )
        for factor in of.factors(other):
            yield _family(
                of,
                [factor, gain],
                f"every task is solved in one step in which {other} stands still",
                fmpq(0),
                "minimum",
                f"rank 1 where {one} = 0"
                + (" or the other factor of that rate is 0" if len(of.factors(other)) > 1 else ""),
            )


def _solving_two_tasks(of: _Symbols, support: Support | None) -> Iterator[Family]:
    """A surface for a rational task that is solved before adapting, one equation for two conjugate ones."""
    slope = of["a"] * of["b"]
    gain = of.rate("a") * of["b"] ** 2 + of.rate("b") * of["a"] ** 2
    if support is None:
        return
    for factor in irreducible_factors(support.polynomial):
        if not factor[0]:
            continue
        fixed = sum((fmpq(c, factor[factor.degree()]) * slope**k for k, c in enumerate(factor)), 0 * slope)
        before = slope - fixed if factor.degree() == 1 else slope
        after = -support.polynomial[1] - before
        second = gain + (after - before) * of.rate("a") * of.rate("b") * slope - 1
        words = f"theta = {before} is solved before and theta = {after} after adapting"
        yield _family(of, [fixed, second], words, fmpq(0), "minimum")


def _origin(of: _Symbols) -> Family:
    m1, m2, m3 = (of.setting.law.moment(k) for k in (1, 2, 3))
    symmetric = not m1 and not m3
    rates = f"{of.rate('a')} and {of.rate('b')}"
    first, second = of.rate("a"), of.rate("b")
    determinant = 4 * rational(m2) ** 2 * first * second - (rational(m1) + rational(m3) * first * second) ** 2
    where = (
        f"with D = {determinant}: where D > 0, a maximum if {rates} are positive and a minimum, not a global "
        "one, if they are negative; a saddle where D < 0; of smaller rank where D = 0"
    )
    words = "nothing adapts, f = 0" + (", a maximum where both rates are positive" if symmetric else "")
    return _family(of, [of["a"], of["b"]], words, rational(m2) / 2, "saddle", where)


def _curves(of: _Symbols, ratios: RatioPoints) -> Iterator[Family]:
    """Case 3."""
    first, second = of.rate("a") * of["b"] ** 2, of.rate("b") * of["a"] ** 2
    free = (
        " (the Kronecker factors of a rate are free at constant product)" if len(of.factors("a")) > 1 else ""
    )
    for point in ratios.points:
        if not point.location.sign(point.loss[0]):
            continue  # with two tasks: on a surface of case 1
        with ctx.workprec(128):
            slope, (mu,) = point.enclose(96)
            g, kappa = (ball.str(12, radius=False) for ball in (slope, slope * mu))
        positive, negative, zero = point.inertia
        kind: Kind = "degenerate" if zero else "saddle"
        if 3 in (positive, negative):
            kind = "minimum" if positive else "maximum"
        yield Family(
            dimension=len(of.landscape.unknowns) - 3,
            equations=(first - second, *(_in_unknowns(of, point.loss[0].derivative(i)) for i in range(2))),
            description=f"{first} = {second} = {kappa} and a*b = {g}: both factors move by the same ratio",
            loss=interval(point.value(96), 12),
            hessian_rank=positive + negative,
            kind=kind,
            parametrisation=f"a free, not 0; b = {g}/a; rates {kappa} a^2/({g})^2 and {kappa}/a^2{free}",
        )


def _in_unknowns(of: _Symbols, equation: fmpq_mpoly) -> fmpq_mpoly:
    """An equation in g and μ, times a power of g, at g = ab and g μ = A_a b²."""
    slope, kappa = of["a"] * of["b"], of.rate("a") * of["b"] ** 2
    terms = equation.to_dict().items()
    lift = max(k - j for (j, k), _ in terms)
    total = of.landscape.ring.constant(0)
    for (j, k), c in terms:
        total += c * slope ** int(j - k + lift) * kappa ** int(k)
    return total


def _standing(of: _Symbols) -> Iterator[Family]:
    """Kronecker factors that vanish together."""
    m1, m2 = (rational(of.setting.law.moment(k)) for k in (1, 2))
    if m1:
        equations = [of["a"] * of["b"] - m1, *of.factors("a"), *of.factors("b")]
        yield _family(of, equations, "nothing adapts, f = E theta", (m2 - m1 * m1) / 2, "saddle")
        return
    for one, other in (("a", "b"), ("b", "a")):
        exceptions = (
            f"the rank is smaller where {other} = 0 and where {other}^2 = {2 * m2} times the rate of {other}"
        )
        yield _family(of, [of[one], *of.factors(one)], "nothing adapts, f = 0", m2 / 2, "saddle", exceptions)


def _number(value: fmpq) -> Interval:
    with ctx.workprec(128):
        return interval(arb(value), 12)
