"""Stationary points and families of them: what the solver returns, typed and documented."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, Protocol

from flint import arb, ctx, fmpq_mpoly

from analysis.algebra.algebraic_numbers import MAXIMAL_PRECISION, RealRoot, rational_bounds
from analysis.algebra.exclusion import Exclusion
from analysis.algebra.isolated_points import compiled
from analysis.algebra.polynomials import context, evaluate, fraction, rational, substitute
from analysis.landscape import Landscape, Problem
from analysis.stationary_points.symmetry import Chart

Kind = Literal["minimum", "maximum", "saddle", "degenerate"]
KINDS: tuple[Kind, ...] = ("minimum", "maximum", "saddle", "degenerate")


class Location(Protocol):
    """A certified real point: coordinates that can be enclosed as tightly as one asks, and exact signs."""

    def enclose(self, precision: int = 64) -> tuple[arb, ...]: ...

    def value(self, poly: fmpq_mpoly, precision: int = 64) -> arb: ...

    def sign(self, poly: fmpq_mpoly) -> int: ...


class Point(Protocol):
    """What every isolated stationary point answers, whatever it was found by; see `StationaryPoint`."""

    @property
    def landscape(self) -> Landscape: ...

    @property
    def inertia(self) -> tuple[int, int, int]: ...

    @property
    def kind(self) -> Kind: ...

    @property
    def index(self) -> int | None: ...

    @property
    def is_global(self) -> bool | None: ...

    @property
    def why(self) -> str: ...

    @property
    def orbit(self) -> object: ...

    def enclose(self, precision: int = 64) -> tuple[arb, ...]: ...

    def box(self, digits: int = 12) -> dict[str, Interval]: ...

    def loss(self, digits: int = 12) -> Interval: ...

    def has_zero_loss(self) -> bool: ...

    def jacobian(self, digits: int = 12) -> list[list[arb]]: ...

    def eigenvalues(self, digits: int = 12) -> list[Interval]: ...


@dataclass(frozen=True)
class Interval:
    """A closed interval with rational ends that contains the number.

    Attributes:
        lower, upper: the ends.
        ball: the Arb ball behind them.
    """

    lower: Fraction
    upper: Fraction
    ball: arb

    @property
    def approx(self) -> float:
        """The nearest double to the middle."""
        return float(self.ball.mid())


def interval(ball: arb, digits: int) -> Interval:
    """The ball as an interval with ends of `digits` decimals, rounded outward."""
    return Interval(*rational_bounds(ball, digits), ball)


def spectrum(
    values: Callable[[int], list[arb]], inertia: tuple[int, int, int], digits: int
) -> list[Interval]:
    """Eigenvalues, ascending, with the signs of their inertia; exact zeros are exact.

    At extreme rates the eigenvalues of one Hessian are dozens of orders of magnitude apart, and balls as wide
    as the large ones ask for lose the small ones: digits are doubled until each ball shows its sign.

    Args:
        values: working digits ↦ a ball around each eigenvalue; a ValueError asks for more digits.
        inertia: how many are positive, negative and zero.
        digits: of the result, see `interval`.
    """
    _, negative, zero = inertia
    work = digits
    while work <= MAXIMAL_PRECISION // 4:
        with suppress(ValueError):
            balls = sorted(values(work), key=lambda ball: fraction(arb(ball.mid()).fmpq()))
            balls[negative : negative + zero] = [arb(0)] * zero
            below, above = balls[:negative], balls[negative + zero :]
            shown = all(ball < 0 for ball in below) and all(ball > 0 for ball in above)
            if shown and all(ball.rel_accuracy_bits() > 3 * digits for ball in (*below, *above)):
                return [interval(ball, digits) for ball in balls]
        work *= 2
    raise ArithmeticError(f"{MAXIMAL_PRECISION} bits do not show the signs of the eigenvalues")


@dataclass(frozen=True)
class StationaryPoint:
    """One isolated stationary point.

    Attributes:
        landscape: the landscape it belongs to.
        chart: the coordinates z in which it was found.
        location: the coordinates of the stratum (zᵢ² where the chart is even) as certified numbers.
        active: which coordinates of the chart these are; the others vanish.
        signs: the sign of zᵢ for the active even coordinates, 1 for the others.
        inertia: (positive, negative, zero) eigenvalues of the Hessian, certified.
        kind: from the inertia.
        index: the Poincaré index of the field there.
        is_global: for a minimum, and for every zero of a field that is no gradient, whether no point has a
            smaller loss; None where that is not decided.
        why: the reason for `is_global`, in words.
        solves: its excess loss was proved to be exactly 0.
    """

    landscape: Landscape
    chart: Chart
    location: Location
    active: tuple[int, ...]
    signs: tuple[int, ...]
    inertia: tuple[int, int, int]
    kind: Kind
    index: int
    is_global: bool | None = False
    why: str = ""
    solves: bool = False

    @property
    def orbit(self) -> object:
        """What the points of one orbit share; a point that stands for itself shares nothing."""
        return self

    def chart_coordinates(self, precision: int = 64) -> list[arb]:
        """z, as balls."""
        z = [arb(0)] * len(self.chart.coordinates)
        with ctx.workprec(precision + 32):
            balls = self.location.enclose(precision + 16)
            for i, sign, ball in zip(self.active, self.signs, balls, strict=True):
                z[i] = sign * ball.sqrt() if self.chart.even[i] else ball
        return z

    def enclose(self, precision: int = 64) -> tuple[arb, ...]:
        """The unknowns, as balls with about `precision` correct bits."""
        z = self.chart_coordinates(precision)
        with ctx.workprec(precision + 32):
            return tuple(
                arb(0)
                if self._vanishes(row)
                else sum((arb(rational(m)) * x for m, x in zip(row, z, strict=True)), arb(0))
                for row in self.chart.matrix
            )

    def _vanishes(self, row: tuple[Fraction, ...]) -> bool:
        """Whether Σ mᵢ zᵢ is exactly 0: no active term, or two that cancel because z₀² = z₁² exactly."""
        terms = [(i, m * s) for i, s in zip(self.active, self.signs, strict=True) if (m := row[i])]
        if len(terms) != 2 or not all(self.chart.even[i] for i, _ in terms):
            return not terms
        (i, m), (j, n) = terms
        if m * n > 0:
            return False
        ring = self.chart.loss.context()
        return (
            self.location.sign(
                restrict(
                    ring.gen(i) * rational(m * m) - ring.gen(j) * rational(n * n), self.chart, self.active
                )
            )
            == 0
        )

    def box(self, digits: int = 12) -> dict[str, Interval]:
        """Each unknown in a rational interval of width about 10^−digits."""
        balls = self.enclose(int(3.4 * digits) + 64)
        return {w: interval(ball, digits) for w, ball in zip(self.landscape.unknowns, balls, strict=True)}

    def loss(self, digits: int = 12) -> Interval:
        """The excess loss."""
        if self.solves:
            return interval(arb(0), digits)
        poly = restrict(self.chart.loss, self.chart, self.active)
        return interval(self.location.value(poly, int(3.4 * digits) + 64), digits)

    def has_zero_loss(self) -> bool:
        """Whether the excess loss is exactly 0."""
        return self.solves or self.location.sign(restrict(self.chart.loss, self.chart, self.active)) == 0

    def jacobian(self, digits: int = 12) -> list[list[arb]]:
        """The Hessian (for a vector field its Jacobian) in the unknowns, as balls."""
        precision, jacobian = int(3.4 * digits) + 96, self.landscape.jacobian
        with ctx.workprec(precision):
            point = self.enclose(precision)
            if len(point) == 2:
                return [[compiled(entry)((point[0], point[1])) for entry in row] for row in jacobian]
            return [[evaluate(entry, point) for entry in row] for row in jacobian]

    def eigenvalues(self, digits: int = 12) -> list[Interval]:
        """The eigenvalues of a Hessian of size at most 2, or the real parts of those of a field's Jacobian,
        ascending; exact zeros are exact."""
        return spectrum(self._eigenvalues, self.inertia, digits)

    def _eigenvalues(self, digits: int) -> list[arb]:
        h = self.jacobian(digits)
        with ctx.workprec(int(3.4 * digits) + 96):
            if len(h) == 1:
                return [h[0][0]]
            mean, half = (h[0][0] + h[1][1]) / 2, (h[0][0] - h[1][1]) / 2
            spread = (half * half + h[0][1] * h[1][0]).nonnegative_part().sqrt()
            return [mean - spread, mean + spread]


@dataclass(frozen=True)
class Family:
    """A positive-dimensional set of stationary points.

    Attributes:
        dimension: of the set.
        equations: polynomials in the unknowns that vanish exactly on it.
        description: the set in words.
        loss: the excess loss on it where it is one number, else None.
        hessian_rank: the rank of the Hessian at its generic point.
        kind: "minimum" where the loss is globally smallest on it, otherwise as for points.
        parametrisation: the unknowns as functions of free parameters, in words; "" where none is known.
        exceptions: where on it the rank or the kind differs from the generic one, in words.
        constants: irrational numbers that occur in the equations as further generators, by their names.
    """

    dimension: int
    equations: tuple[fmpq_mpoly, ...]
    description: str
    loss: Interval | None
    hessian_rank: int
    kind: Kind
    parametrisation: str = ""
    exceptions: str = ""
    constants: dict[str, RealRoot] = field(default_factory=dict)


@dataclass(frozen=True)
class Certificate:
    """Why the list is complete, and the independent check of it.

    Attributes:
        method: the proof of completeness.
        check: the second check in words; "" where none is known.
        counts: for each thing that `check` counts the number found and what it must be: the sum of the
            indices of the points and the turns around `outer_box`, or on families and zeros against both.
            They are compared one by one, as errors of opposite sign would cancel in a sum.
        outer_box: a rectangle around all points; empty where nothing is turned around.
        reservation: what is not proved, in words; "" where everything is.
        search: the record of the search on the open stratum, where it was by exclusion.
    """

    method: str
    check: str = ""
    counts: tuple[tuple[int, int], ...] = ()
    outer_box: tuple[tuple[Fraction, Fraction], ...] = ()
    reservation: str = ""
    search: Exclusion | None = None

    @property
    def agrees(self) -> bool:
        """Whether the independent check confirms the list."""
        return all(found == expected for found, expected in self.counts)

    @property
    def index_sum(self) -> int | None:
        """What was found in all; None without a check."""
        return sum(found for found, _ in self.counts) if self.counts else None

    @property
    def expected_index_sum(self) -> int | None:
        """What there must be in all; None without a check."""
        return sum(expected for _, expected in self.counts) if self.counts else None


@dataclass(frozen=True)
class StationaryPoints:
    """All stationary points of a problem.

    Attributes:
        landscape: the derived loss and its derivatives.
        points: the isolated ones, ordered by kind, then by coordinates.
        families: the positive-dimensional rest.
        certificate: why nothing is missing.
    """

    landscape: Landscape
    points: tuple[Point, ...]
    families: tuple[Family, ...]
    certificate: Certificate

    @property
    def problem(self) -> Problem:
        """With every number given."""
        return self.landscape.problem

    @property
    def constants(self) -> dict[str, RealRoot]:
        """The irrational numbers in the equations of the families."""
        return {name: number for family in self.families for name, number in family.constants.items()}

    @property
    def charted(self) -> tuple[StationaryPoint, ...]:
        """The points that were found in a chart: all of them, with one or two unknowns."""
        return tuple(point for point in self.points if isinstance(point, StationaryPoint))

    @property
    def orbits(self) -> list[tuple[Point, int]]:
        """One point of each orbit under the symmetries that the solver knows, and how many points it has."""
        sizes: dict[int, tuple[Point, int]] = {}
        for point in self.points:
            first, size = sizes.get(id(point.orbit), (point, 0))
            sizes[id(point.orbit)] = first, size + 1
        return list(sizes.values())

    @property
    def complete(self) -> bool:
        """True: the proof was carried out and the independent check agrees with it."""
        return self.certificate.agrees and not self.certificate.reservation

    @property
    def counts(self) -> dict[str, int]:
        """How many isolated points there are, in all and of each kind."""
        return {"points": len(self.points)} | {k: sum(p.kind == k for p in self.points) for k in KINDS}


def disjoint(points: Sequence[Point], digits: int) -> bool:
    """Whether the boxes of the points are pairwise disjoint, so that each contains exactly one of them."""
    boxes = sorted((list(point.box(digits).values()) for point in points), key=lambda box: box[0].lower)
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            if one[0].upper < other[0].lower:
                break  # sorted by the first coordinate: no later box can meet this one
            if all(a.upper >= b.lower and b.upper >= a.lower for a, b in zip(one, other, strict=True)):
                return False
    return True


def restrict(poly: fmpq_mpoly, chart: Chart, active: tuple[int, ...]) -> fmpq_mpoly:
    """The polynomial on the stratum of the active coordinates: the same object where all are active."""
    if len(active) == len(poly.context().names()):
        return poly
    return substitute(poly, {}, context(chart.coordinates[i] for i in active))
