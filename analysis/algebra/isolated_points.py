"""A zero of two bivariate polynomials, isolated by interval Newton's method, as tight as one asks.

Let X be a box, m its middle and J(X) an enclosure of the Jacobian of (F, G) on X. If J(X) contains only
invertible matrices and the interval Newton operator

    N(X) = m − J(X)⁻¹ (F(m), G(m))

maps X into its interior, then X contains exactly one zero, N(X) contains it too, and iteration converges
quadratically (Moore 1966; Neumaier, Interval Methods for Systems of Equations, §5.1). All numbers are Arb
balls.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from flint import arb, arb_poly, ctx, fmpq, fmpq_mpoly, fmpq_poly

Point = tuple[arb, arb]
_LOWEST, _HIGHEST = 192, 3072  # bits
_KEPT = 64  # compiled polynomials at a time
_DECIDING = 2048  # bits up to which a sign is sought


class Undecided(ArithmeticError):
    """A sign could not be decided by interval arithmetic: the number is 0, or closer to 0 than was looked."""


class CompiledPolynomial:
    """A bivariate polynomial, ready for Horner's rule at balls of any precision."""

    def __init__(self, poly: fmpq_mpoly) -> None:
        self.poly = poly
        rows: dict[int, dict[int, fmpq]] = {}
        for (i, j), c in poly.to_dict().items():
            rows.setdefault(int(i), {})[int(j)] = c
        dense = [rows.get(i, {}) for i in range(max(rows, default=0) + 1)]
        self._rows = [
            fmpq_poly([row.get(j, fmpq(0)) for j in range(max(row, default=0) + 1)]) for row in dense
        ]
        self._compiled: dict[int, list[arb_poly]] = {}

    def __call__(self, point: Point) -> arb:
        """A ball that contains poly(point), at the working precision."""
        if ctx.prec not in self._compiled:
            self._compiled[ctx.prec] = [arb_poly(row) for row in self._rows]
        total = arb(0)
        for row in reversed(self._compiled[ctx.prec]):
            total = total * point[0] + row(point[1])
        return total


_COMPILED: dict[int, CompiledPolynomial] = {}


def compiled(poly: fmpq_mpoly) -> CompiledPolynomial:
    """The compiled form of a polynomial; the last ones are kept, by identity."""
    if id(poly) not in _COMPILED:
        if len(_COMPILED) >= _KEPT:
            _COMPILED.clear()
        _COMPILED[id(poly)] = CompiledPolynomial(poly)  # it holds the polynomial, so the key stays its own
    return _COMPILED[id(poly)]


class System:
    """Two polynomials and their four partial derivatives."""

    def __init__(self, first: fmpq_mpoly, second: fmpq_mpoly) -> None:
        self.polynomials = (first, second)
        self._equations = [CompiledPolynomial(p) for p in (first, second)]
        self._partials = [CompiledPolynomial(p.derivative(k)) for p in (first, second) for k in range(2)]

    def newton(self, box: Point) -> Point | None:
        """N(box) at the working precision, or None where the Jacobian on the box may be singular."""
        p, q, r, s = (partial(box) for partial in self._partials)
        determinant = p * s - q * r
        if determinant.contains(0) or not determinant.is_finite():
            return None
        middle = (arb(box[0].mid()), arb(box[1].mid()))
        first, second = (equation(middle) for equation in self._equations)
        return (
            middle[0] - (s * first - q * second) / determinant,
            middle[1] - (p * second - r * first) / determinant,
        )

    def verify(self, near: Point, containing: Point | None = None) -> IsolatedPoint | None:
        """The zero that Newton's method reaches from `near`, in a box around `containing`, or None."""
        precision = _LOWEST
        while precision <= _HIGHEST:
            with ctx.workprec(precision):
                place: Point = (arb(near[0].mid()), arb(near[1].mid()))
                for _ in range(8 + precision.bit_length()):
                    step = self.newton(place)
                    if step is None:
                        break
                    place = (arb(step[0].mid()), arb(step[1].mid()))
                size = max(abs(place[0]).upper(), abs(place[1]).upper())
                sizes = [
                    scale * arb(2) ** -(precision * k // 4) for scale in (size, arb(1)) for k in (1, 2, 3)
                ]
                for size in sizes:
                    radius = arb(0, size.upper())
                    domain = (place[0] + radius, place[1] + radius)
                    if containing and not all(d.contains(c) for d, c in zip(domain, containing, strict=True)):
                        continue
                    image = self.newton(domain)
                    if image and all(d.contains_interior(i) for d, i in zip(domain, image, strict=True)):
                        return IsolatedPoint(self, domain, image, precision)
            precision *= 2
        return None


@dataclass(frozen=True)
class IsolatedPoint:
    """The only common zero of two polynomials in a box.

    Attributes:
        system: the polynomials.
        domain: contains exactly one zero, and Newton's operator contracts on it.
        box: a tighter enclosure of the zero.
        precision: the working precision at which `box` was found.
    """

    system: System = field(repr=False)
    domain: Point = field(repr=False)
    box: Point
    precision: int

    def owns(self, zero: Point) -> bool:
        """Whether a zero of the system that lies in the box `zero` must be this one."""
        return all(d.contains(z) for d, z in zip(self.domain, zero, strict=True))

    def __hash__(self) -> int:
        return id(self)

    def enclose(self, precision: int = 64) -> Point:
        """Balls around the coordinates with at least `precision` correct bits."""
        return _refined(self, precision)

    def value(self, poly: fmpq_mpoly, precision: int = 64) -> arb:
        """A ball around poly(point) with `precision` correct bits; fewer where it is below 2^−2048."""
        work, evaluated = precision + 64, compiled(poly)
        while True:
            with ctx.workprec(work):
                value = evaluated(self.enclose(work))
                if value.rel_accuracy_bits() >= precision or work > _DECIDING + precision:
                    return value
            work *= 2

    def sign(self, poly: fmpq_mpoly) -> int:
        """The sign of poly(point).

        Raises:
            Undecided: it is not distinguished from 0.
        """
        if not poly:
            return 0
        value = self.value(poly, 16)
        if value.contains(0):
            raise Undecided(
                f"a polynomial of degree {poly.total_degree()} vanishes at an isolated point, or nearly so"
            )
        return 1 if value > 0 else -1


@lru_cache(maxsize=4096)
def _refined(point: IsolatedPoint, precision: int) -> Point:
    box, work = point.box, max(point.precision, precision + 64)
    while work <= 16 * (precision + _HIGHEST):
        with ctx.workprec(work):
            for _ in range(work.bit_length()):
                if min(x.rel_one_accuracy_bits() for x in box) >= precision:
                    return box
                image = point.system.newton(box)
                if image is None:
                    break
                box = (box[0].intersection(image[0]), box[1].intersection(image[1]))
        work *= 2
    raise Undecided(f"no {precision}-bit enclosure of an isolated point below {work} bits")
