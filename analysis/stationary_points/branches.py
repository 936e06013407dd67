"""One stratum with α kept as a symbol: its branches of solutions, and where they meet, leave or escape.

On a stratum with one active coordinate the solutions are the roots of one polynomial over ℚ(α); with two
active coordinates those of a separating resultant. Its irreducible factors are the *branches*. The number of
real solutions on the stratum is constant on every interval of α > 0 without *critical* values, at which

* a leading coefficient vanishes: a solution escapes to infinity;
* a discriminant, or a resultant of two factors, vanishes: two solutions meet;
* a solution reaches the boundary Z = 0 of the stratum, or the Hessian entry across it vanishes;
* a factor in α alone vanishes: the stratum is full of solutions.

Between critical values the roots of the separating resultant stay distinct and finite, so they still
correspond one to one to the complex solutions, of which there can never be more than generically; and complex
conjugation fixes exactly the real ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, islice
from math import prod

from flint import fmpq_mpoly, fmpq_poly

from analysis.algebra.elimination import CommonCurve, separating_resultants
from analysis.algebra.polynomials import coefficients_in, context, names, substitute, univariate
from analysis.stationary_points.symmetry import Chart, Stratum, jacobian_trace


class NoRegimes(ValueError):
    """The landscape has no finite list of branches; the message says why."""


@dataclass(frozen=True)
class Ratio:
    """A rational function of α."""

    numerator: fmpq_poly
    denominator: fmpq_poly


@dataclass(frozen=True)
class Branch:
    """The solutions on one stratum that are the roots of one irreducible polynomial over ℚ(α).

    Attributes:
        stratum: where they lie.
        polynomial: in the stratum's coordinate, or in x + shear·y for two coordinates x, y, and in alpha.
        shear: see there.
        closed: the stratum's coordinates as rational functions of alpha, or None.
    """

    stratum: Stratum
    polynomial: fmpq_mpoly
    shear: int
    closed: tuple[Ratio, ...] | None


@dataclass(frozen=True)
class Analysis:
    """The branches on a stratum, and polynomials in alpha whose roots include its critical values.

    Attributes:
        stratum: which.
        branches: the irreducible families of solutions over ℚ(α).
        filling: vanish where the whole stratum consists of solutions.
        escaping: vanish where a solution goes to infinity.
        leaving: vanish where a solution reaches the boundary of the stratum, or the Hessian across vanishes.
        meeting: vanish where two solutions of the stratum coincide.
    """

    stratum: Stratum
    branches: tuple[Branch, ...]
    filling: tuple[fmpq_mpoly, ...] = ()
    escaping: tuple[fmpq_mpoly, ...] = ()
    leaving: tuple[fmpq_mpoly, ...] = ()
    meeting: tuple[fmpq_mpoly, ...] = ()

    @property
    def conditions(self) -> tuple[fmpq_mpoly, ...]:
        """All of them."""
        return self.filling + self.escaping + self.leaving + self.meeting


def analyse(chart: Chart, stratum: Stratum) -> Analysis:
    """The branches and critical polynomials of one stratum.

    Raises:
        NoRegimes: there is a family, or a degenerate point, for every α.
    """
    across = tuple(_restricted(chart.components[i], chart, stratum.active) for i in stratum.vanishing)
    if not stratum.active:
        origin = Branch(stratum, _restricted(chart.loss, chart, ()), 0, ())
        return Analysis(stratum, (origin,), leaving=across)
    if not all(stratum.equations):
        raise NoRegimes(_FAMILY)
    (shear, eliminant), *others = _eliminants(stratum)
    factors = [factor for factor, _ in eliminant.factor()[1]]
    proper = [f for f in factors if f.degrees()[0]]
    meeting = _meeting(proper, eliminant**0)
    for _, other in others:
        # solutions that merely share the value of u, without meeting, do not do so for another shear
        again = [f for f, _ in other.factor()[1] if f.degrees()[0]]
        meeting = meeting.gcd(_meeting(again, eliminant**0))
    leaving = _boundary(chart, stratum)
    if len(stratum.active) == 1:
        leaving += [f.resultant(component, 0) for f in proper for component in across]
    return Analysis(
        stratum,
        tuple(Branch(stratum, f, shear, _closed(stratum, f, shear)) for f in proper),
        filling=tuple(f for f in factors if not f.degrees()[0]),
        escaping=tuple(coefficients_in(f, names(f)[0])[-1] for f in proper),
        leaving=tuple(leaving),
        meeting=(meeting,),
    )


def turning(chart: Chart, analysis: Analysis) -> list[fmpq_mpoly]:
    """Polynomials in alpha that vanish where the trace of the Jacobian does at a solution in the plane.

    The field of a first-order rule is no gradient: two complex eigenvalues may cross the imaginary axis
    (Hopf), so that the kind of a point changes although no two points meet.

    Raises:
        NoRegimes: the trace is zero for every alpha.
    """
    if len(analysis.stratum.active) < 2:
        return []
    x, y, alpha = analysis.stratum.equations[0].context().gens()
    conditions = []
    for branch in analysis.branches:
        line, target = (x - branch.shear * y, y, alpha), branch.polynomial.context()
        sheared = jacobian_trace(chart, analysis.stratum).compose(*line)
        for equation in analysis.stratum.equations:
            there = substitute(equation.compose(*line).resultant(sheared, 1), {}, target)
            if condition := branch.polynomial.resultant(there, 0):
                conditions.append(condition)
                break
        else:
            raise NoRegimes("the trace of the Jacobian is zero at some stationary point for every alpha")
    return conditions


def _meeting(factors: list[fmpq_mpoly], one: fmpq_mpoly) -> fmpq_mpoly:
    """A polynomial in alpha that vanishes where two roots of the factors' product coincide."""
    alone = prod((f.discriminant(0) for f in factors if f.degrees()[0] > 1), start=one)
    return prod((f.resultant(g, 0) for f, g in combinations(factors, 2)), start=alone)


_FAMILY = "the landscape has a family of stationary points for every alpha"


def _restricted(poly: fmpq_mpoly, chart: Chart, active: tuple[int, ...]) -> fmpq_mpoly:
    return substitute(poly, {}, context((*(chart.coordinates[i] for i in active), "alpha")))


def _eliminants(stratum: Stratum) -> list[tuple[int, fmpq_mpoly]]:
    """The univariate equation, or separating resultants of the two equations for two different shears."""
    if len(stratum.active) == 1:
        return [(0, stratum.equations[0])]
    try:
        found = list(islice(separating_resultants(*stratum.equations), 2))
    except CommonCurve:
        raise NoRegimes(_FAMILY) from None
    if len(found) < 2:
        raise NoRegimes("some stationary point is degenerate for every alpha")
    return found


def _boundary(chart: Chart, stratum: Stratum) -> list[fmpq_mpoly]:
    """Polynomials in alpha that vanish where a solution of the stratum reaches Zᵢ = 0."""
    conditions = []
    for i in stratum.active:
        if chart.even[i]:
            rest = tuple(j for j in stratum.active if j != i)
            limits = [_restricted(equation, chart, rest) for equation in stratum.equations]
            condition = limits[0].resultant(limits[1], 0) if rest else limits[0]
            if not condition:
                raise NoRegimes("a solution lies on the boundary of its stratum for every alpha")
            conditions.append(condition)
    return conditions


def _closed(stratum: Stratum, factor: fmpq_mpoly, shear: int) -> tuple[Ratio, ...] | None:
    """The coordinates as rational functions of alpha, where the factor is linear and so is what it leaves."""
    if factor.degrees()[0] > 1:
        return None
    constant, slope = coefficients_in(factor, names(factor)[0])
    u = Ratio(in_alpha(-constant), in_alpha(slope))
    if len(stratum.active) == 1:
        return (u,)
    # Put x = u − k y into both equations, clear denominators, and read y off their greatest common divisor.
    first, second = (_substitute_line(equation, u, shear) for equation in stratum.equations)
    for common, _ in first.gcd(second).factor()[1]:
        if common.degrees()[0] == 1:
            constant, slope = coefficients_in(common, names(common)[0])
            y = Ratio(in_alpha(-constant), in_alpha(slope))
            x = Ratio(
                u.numerator * y.denominator - shear * y.numerator * u.denominator,
                u.denominator * y.denominator,
            )
            return x, y
    return None


def in_alpha(poly: fmpq_mpoly) -> fmpq_poly:
    """A polynomial in which only alpha occurs."""
    return univariate(substitute(poly, {}, context(["alpha"])), "alpha")


def _substitute_line(equation: fmpq_mpoly, u: Ratio, shear: int) -> fmpq_mpoly:
    """equation(u − k y, y, α) times a power of the denominator of u, as a polynomial in y and alpha."""
    ring = context((names(equation)[1], "alpha"))
    y, alpha = ring.gens()
    numerator, denominator = (
        sum((c * alpha**i for i, c in enumerate(poly.coeffs())), ring.constant(0))
        for poly in (u.numerator, u.denominator)
    )
    degree, total = equation.degrees()[0], ring.constant(0)
    for (i, j, k), c in equation.to_dict().items():
        line = (numerator - shear * y * denominator) ** int(i) * denominator ** int(degree - i)
        total += c * line * y ** int(j) * alpha ** int(k)
    return total
