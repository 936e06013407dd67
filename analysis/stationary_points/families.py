"""Stationary sets of positive dimension: split off by the solver, described here, never sampled.

Inside the plane such a set is a curve h = 0 (a common factor of the equations), a whole stratum, or
everything. A polynomial may have no real zero (c² + 1) or finitely many (a² + b²), so each irreducible factor
must show a real curve: between the real roots of the discriminant and the leading coefficient in y the number
of real zeros of h(x, ·) is constant and they are simple, so one rational x in each interval decides. Where no
interval has one, the real zeros of h are finitely many, all singular, and are solved for as isolated points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flint import arb, fmpq, fmpq_mat, fmpq_mpoly, fmpq_poly

from analysis.algebra.algebraic_numbers import rationals_between, real_roots
from analysis.algebra.elimination import AlgebraicPoint, points_on_line
from analysis.algebra.fibres import FibrePoint
from analysis.algebra.polynomials import coefficients_in, context, rational, substitute, univariate
from analysis.landscape import Landscape
from analysis.stationary_points.open_stratum import UnsupportedProblem, zeros_in_the_plane
from analysis.stationary_points.points import Family, Kind, StationaryPoint, interval, restrict
from analysis.stationary_points.symmetry import Chart, Stratum


@dataclass(frozen=True)
class StationarySet:
    """All of a stratum (`factor` None), or the curve `factor` = 0 on it."""

    stratum: Stratum
    factor: fmpq_mpoly | None

    def contains(self, point: StationaryPoint) -> bool:
        """Whether an isolated solution of a smaller stratum lies in the closure of this set."""
        if any(i in point.active for i in self.stratum.vanishing):
            return False
        if self.factor is None:
            return True
        widened = substitute(self.factor, {}, point.chart.loss.context())
        return point.location.sign(restrict(widened, point.chart, point.active)) == 0

    def families(self, landscape: Landscape, chart: Chart) -> Iterator[Family]:
        """The real irreducible components, described in the unknowns."""
        forms = coordinate_forms(landscape, chart)
        vanishing = [forms[i] for i in self.stratum.vanishing]
        if self.factor is None:
            yield _describe(landscape, vanishing)
            return
        images = {
            chart.coordinates[i]: forms[i] ** 2 if chart.even[i] else forms[i] for i in self.stratum.active
        }
        curve = substitute(self.factor, images, landscape.ring)
        outside = [forms[i] for i in self.stratum.active if chart.even[i]]  # not zero on this stratum
        for factor, _ in curve.factor()[1]:
            if any(_divides(factor, form) for form in outside):
                continue
            if factor.total_degree() == 1:
                yield _describe(landscape, [*vanishing, factor])
            elif (anchor := _real_point(factor)) is not None:
                yield _describe(landscape, [*vanishing, factor], anchor)


def coordinate_forms(landscape: Landscape, chart: Chart) -> list[fmpq_mpoly]:
    """The chart's coordinates z as linear forms in the unknowns."""
    size, ring = len(chart.coordinates), landscape.ring
    inverse = fmpq_mat(size, size, [rational(m) for row in chart.matrix for m in row]).inv()
    gens = ring.gens()
    return [sum((gens[j] * inverse[i, j] for j in range(size)), ring.constant(0)) for i in range(size)]


def _real_point(curve: fmpq_mpoly) -> AlgebraicPoint | None:
    """A real point where the irreducible curve is smooth; None where its real points are finitely many."""
    ring = curve.context()
    if len(ring.names()) == 1:
        return None  # an irreducible univariate factor has isolated zeros only; none is a family
    upright = 1 if curve.degrees()[1] else 0
    base, fibre = ring.names()[1 - upright], ring.names()[upright]
    leading = coefficients_in(curve, fibre)[-1]
    special = univariate(leading * curve.discriminant(upright), base)
    for x in rationals_between(list(real_roots(special))):
        above = univariate(substitute(curve, {base: rational(x)}, context([fibre])), fibre)
        for point in points_on_line(above):
            ends = (fmpq_poly([rational(x)]), point.coordinates[0])
            return AlgebraicPoint(point.root, ends if upright else ends[::-1])
    return None


def singular_points(curve: fmpq_mpoly) -> list[FibrePoint]:
    """The real points where an irreducible curve in two coordinates and its gradient vanish."""
    slopes = [curve.derivative(i) for i in range(2)]
    if not all(slopes):
        return []  # parallel lines
    return [point for point in zeros_in_the_plane(curve, slopes[0]) if not point.sign(slopes[1])]


def _describe(
    landscape: Landscape, equations: list[fmpq_mpoly], anchor: AlgebraicPoint | None = None
) -> Family:
    entries = [entry for row in landscape.jacobian for entry in row]
    trace = sum((row[i] for i, row in enumerate(landscape.jacobian)), landscape.ring.constant(0))
    exceptions = ""
    if anchor is not None:
        loss = _constant_on_curve(landscape.loss, equations[-1], anchor)
        rank = int(any(not _divides(equations[-1], entry) for entry in entries))
        sign = 0
        if loss == 0:  # a sum of squares: the Hessian is never negative there
            exceptions = _singular_in_words(equations[-1], trace)
        elif not _divides(equations[-1], trace):
            changes = zeros_in_the_plane(equations[-1], trace)
            sign = 0 if changes else anchor.sign(trace)
            exceptions = "a minimum where the trace of the Hessian is positive, else a maximum" * bool(
                changes
            )
    else:
        on_it = _on_linear_set(landscape.loss, equations)
        loss = _constant(on_it) if on_it.is_constant() else None
        rank = int(any(_on_linear_set(entry, equations) for entry in entries))
        sign, exceptions = _sign_on_linear_set(_on_linear_set(trace, equations))
    text = " and ".join(f"{e} = 0" for e in equations) or "every point"
    return Family(
        dimension=len(landscape.unknowns) - len(equations),
        equations=tuple(equations),
        description=text,
        loss=None if loss is None else interval(arb(loss), 12),
        hessian_rank=rank,
        kind="minimum" if loss == 0 else _KINDS[sign],
        exceptions=exceptions,
    )


def _singular_in_words(curve: fmpq_mpoly, trace: fmpq_mpoly) -> str:
    """Where on a curve of zero loss the Hessian vanishes: "" if nowhere, or everywhere."""
    if _divides(curve, trace):
        return ""
    words = "the rank is 0 where the trace of the Hessian is 0"
    try:
        return words * bool(zeros_in_the_plane(curve, trace))
    except UnsupportedProblem:
        return f"{words} (whether it is anywhere was not decided)"


_KINDS: dict[int, Kind] = {1: "minimum", -1: "maximum", 0: "degenerate"}


def _constant_on_curve(poly: fmpq_mpoly, curve: fmpq_mpoly, anchor: AlgebraicPoint) -> fmpq | None:
    """The rational number that the polynomial equals on all of the curve, or None where there is none.

    The excess loss of a vector field need not be constant along its zeros, and on a curve that is irreducible
    over ℚ but not over ℝ the loss may take conjugate values.
    """
    value = anchor.root.at(poly, anchor.coordinates)
    if value.degree() > 0:
        return None
    return value[0] if _divides(curve, poly - value[0]) else None


def _divides(factor: fmpq_mpoly, poly: fmpq_mpoly) -> bool:
    """Whether the irreducible factor divides the polynomial."""
    return not poly or not factor.gcd(poly).is_constant()


def _sign_on_linear_set(trace: fmpq_mpoly) -> tuple[int, str]:
    """The sign of the one eigenvalue that is not zero, and in words where it changes."""
    if trace.is_constant():
        return _sign(_constant(trace)), ""
    occurring = [i for i, degree in enumerate(trace.degrees()) if degree]
    if len(occurring) > 1:
        return 0, f"a minimum where {trace} > 0 and a maximum where it is < 0"
    name = trace.context().names()[occurring[0]]
    line = univariate(trace, name)
    signs = {_sign(line(rational(x))) for x in rationals_between(list(real_roots(line)))}
    if len(signs) == 1:
        return signs.pop(), f"the rank is 0 where {trace} = 0" if list(real_roots(line)) else ""
    return 0, f"a minimum where {trace} > 0 and a maximum where it is < 0"


def _on_linear_set(poly: fmpq_mpoly, equations: list[fmpq_mpoly]) -> fmpq_mpoly:
    """The restriction of a polynomial to linear equations, by solving each for one unknown."""
    for equation in equations:
        for i, name in enumerate(equation.context().names()):
            slope = equation.derivative(i)
            if slope and slope.is_constant():
                rest = equation - slope * equation.context().gen(i)
                poly = substitute(poly, {name: rest / -slope.leading_coefficient()}, poly.context())
                break
    return poly


def _constant(poly: fmpq_mpoly) -> fmpq:
    return poly.leading_coefficient() if poly else fmpq(0)


def _sign(value: fmpq) -> int:
    return (value > 0) - (value < 0)
