"""An isolated stationary point with rational coordinates, in any number of unknowns."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from flint import arb, ctx, fmpq, fmpq_mat, fmpq_mpoly, fmpq_poly

from analysis.algebra.algebraic_numbers import roots_of_irreducible
from analysis.algebra.polynomials import rational
from analysis.landscape import Landscape
from analysis.stationary_points.points import Interval, Kind, interval


@dataclass(frozen=True)
class RationalPoint:
    """It answers as `StationaryPoint` does; the Hessian and its characteristic polynomial are exact.

    Attributes:
        landscape: the landscape it belongs to.
        coordinates: the unknowns.
        is_global: for a minimum, whether no point has a smaller loss.
        why: the reason, in words.
    """

    landscape: Landscape
    coordinates: tuple[Fraction, ...]
    is_global: bool | None
    why: str

    def _at(self, poly: fmpq_mpoly) -> fmpq:
        return poly(*(rational(x) for x in self.coordinates))

    @cached_property
    def _eigenvalues(self) -> list[tuple[arb, int]]:
        """(value, sign) of every eigenvalue, ascending, from the factors of the characteristic polynomial."""
        size = len(self.coordinates)
        entries = [self._at(entry) for row in self.landscape.jacobian for entry in row]
        characteristic = fmpq_poly(fmpq_mat(size, size, entries).charpoly())
        values = []
        for factor, multiplicity in characteristic.numer().factor()[1]:
            for root in roots_of_irreducible(factor) if factor.degree() else ():
                values += [(root.enclosure(256), root.sign(fmpq_poly([0, 1])))] * multiplicity
        return sorted(values, key=lambda pair: float(pair[0].mid()))

    @property
    def inertia(self) -> tuple[int, int, int]:
        """(positive, negative, zero) eigenvalues of the Hessian."""
        signs = [sign for _, sign in self._eigenvalues]
        return signs.count(1), signs.count(-1), signs.count(0)

    @property
    def kind(self) -> Kind:
        """From the inertia."""
        positive, negative, zero = self.inertia
        if zero:
            return "degenerate"
        if not negative:
            return "minimum"
        return "saddle" if positive else "maximum"

    @property
    def index(self) -> int | None:
        """The Poincaré index; None at a degenerate point."""
        _, negative, zero = self.inertia
        return None if zero else (-1) ** negative

    @property
    def orbit(self) -> object:
        """It stands for itself."""
        return self

    def enclose(self, precision: int = 64) -> tuple[arb, ...]:
        """The unknowns as balls."""
        with ctx.workprec(precision + 32):
            return tuple(arb(rational(x)) for x in self.coordinates)

    def box(self, digits: int = 12) -> dict[str, Interval]:
        """The unknowns as intervals."""
        balls = self.enclose(int(3.4 * digits) + 64)
        return {w: interval(ball, digits) for w, ball in zip(self.landscape.unknowns, balls, strict=True)}

    def loss(self, digits: int = 12) -> Interval:
        """The excess loss."""
        with ctx.workprec(int(3.4 * digits) + 96):
            return interval(arb(self._at(self.landscape.loss)), digits)

    def has_zero_loss(self) -> bool:
        """Whether the excess loss is exactly 0."""
        return self._at(self.landscape.loss) == 0

    def jacobian(self, digits: int = 12) -> list[list[arb]]:
        """The Hessian, as balls."""
        with ctx.workprec(int(3.4 * digits) + 96):
            return [[arb(self._at(entry)) for entry in row] for row in self.landscape.jacobian]

    def eigenvalues(self, digits: int = 12) -> list[Interval]:
        """The eigenvalues of the Hessian, ascending."""
        return [interval(value, digits) for value, _ in self._eigenvalues]
