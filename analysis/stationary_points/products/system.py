"""A stratum of a product of factors as one or two polynomial equations in as many unknowns.

Where the coordinates of the stratum are fractions of polynomials in the unknowns that are solved for, a
polynomial in the former is lifted to one in the latter times powers of the denominators, which are positive:
signs stay what they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb, ctx, fmpq_mpoly

from analysis.algebra.fibres import FibrePoint
from analysis.algebra.polynomials import substitute
from analysis.stationary_points.points import Location
from analysis.stationary_points.products.strata import Reduced

Quotient = tuple[fmpq_mpoly, fmpq_mpoly]  # numerator and denominator


@dataclass(frozen=True)
class System:
    """A reduced problem as one or two equations in as many unknowns.

    Attributes:
        reduced: the stratum.
        equations: in one or two unknowns.
        coordinates: those of the stratum as fractions with positive denominators; None where they are the
            unknowns themselves.
        spurious: where this polynomial vanishes, a solution of `equations` need not be one of the stratum's.
    """

    reduced: Reduced
    equations: tuple[fmpq_mpoly, ...]
    coordinates: tuple[Quotient, ...] | None = None
    spurious: fmpq_mpoly | None = None

    @property
    def positive(self) -> tuple[bool, ...]:
        """For each unknown, whether it must be positive."""
        if self.coordinates is not None:
            return (True,) * len(self.equations)
        known, ring = self.reduced.positive, self.equations[0].context()
        return tuple(any(substitute(z, {}, p.context()) == p for p in known) for z in ring.gens())

    def lift(self, poly: fmpq_mpoly) -> fmpq_mpoly:
        """A polynomial of the same sign in the unknowns, for one in the coordinates of the stratum."""
        if self.coordinates is None:
            return poly
        ring = self.equations[0].context()
        table = [
            _homogeneous(above, below, int(top))
            for (above, below), top in zip(self.coordinates, poly.degrees(), strict=True)
        ]
        total = ring.constant(0)
        for exponents, coefficient in poly.to_dict().items():
            term = ring.constant(coefficient)
            for powers, exponent in zip(table, exponents, strict=True):
                term *= powers[int(exponent)]
            total += term
        return total

    def lowered(self, poly: fmpq_mpoly) -> fmpq_mpoly:
        """The positive factor that `lift` puts on a polynomial."""
        total = self.equations[0].context().constant(1)
        for (_, below), top in zip(self.coordinates or (), poly.degrees(), strict=False):
            total *= below ** int(top)
        return total

    def holds_at(self, location: Location) -> bool:
        """Whether a solution of `equations` is one of the stratum's equations."""
        if self.spurious is None:
            return True
        lifted = [self.lift(e) for e in self.reduced.equations]
        if isinstance(location, FibrePoint):
            if any(location.is_clearly_nonzero(e) for e in lifted):
                return False
            if location.is_clearly_nonzero(self.spurious):
                return True
        return location.sign(self.spurious) != 0 or all(location.sign(e) == 0 for e in lifted)

    def enclose(self, location: Location, precision: int) -> list[arb]:
        """Balls around the coordinates of the stratum."""
        if self.coordinates is None:
            return list(location.enclose(precision))
        with ctx.workprec(precision + 32):
            return [
                location.value(above, precision) / location.value(below, precision)
                for above, below in self.coordinates
            ]


def _homogeneous(above: fmpq_mpoly, below: fmpq_mpoly, top: int) -> list[fmpq_mpoly]:
    """[above^k below^(top − k) for k = 0 … top]."""
    up, down = [above**0], [below**0]
    for _ in range(top):
        up.append(up[-1] * above)
        down.append(down[-1] * below)
    return [up[k] * down[top - k] for k in range(top + 1)]
