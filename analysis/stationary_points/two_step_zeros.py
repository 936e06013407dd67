"""The solutions on the open stratum exactly at a critical t*, where a condition holds more than once.

Where P has a simple root t* and no other condition holds, exactly one solution has J = 0; it is real, being
its own conjugate, and two real solutions meet there and vanish: the counts on the two sides tell all. So
they do where a condition of a line or an axis holds alone and simply: one double root, or one root where
the Hessian across changes its sign, and it is real. Where several conditions hold, or one with
multiplicity, non-real solutions may have met instead, or real ones may meet and go on, and the counts at t*
itself are needed. Let r(y, t*) be the resultant of `discriminants`, over ℚ(t*):

* g = gcd(r, r_y) is computed modulo primes and proved (`residue_gcd`). The roots of r/g are simple, so that
  balls around them are disjoint, and real exactly where they meet the real line.
* Above a root y of r that is none of g there is one solution, simple and real with y. Above another there
  are at least two, counted with multiplicity; if only one root x of F(·, y, t*) can be one of G's, they all
  coincide, and the multiplicity of that solution is that of y as a root of r.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import acb, acb_poly, arb, arb_poly, ctx, fmpq_mpoly, fmpq_poly, fmpz_poly

from analysis.algebra.algebraic_numbers import RealRoot
from analysis.algebra.polynomials import coefficients_in, context, univariate
from analysis.algebra.residue_gcd import gcd_above
from analysis.stationary_points.two_step_system import ScaledSystem

_PRECISIONS = (512, 1024, 2048)  # bits
_HIGHEST_DEGREE = 60  # of t*, so that the gcd takes less than some seconds
_RING = context(("t", "y"))


@dataclass(frozen=True)
class OpenSolutions:
    """How many solutions there are on the open stratum at one t.

    Attributes:
        simple: real solutions with J ≠ 0.
        multiple: the multiplicities of those with J = 0.
        gone: how many solutions in ℂ², of those for generic t, are at infinity.
    """

    simple: int
    multiple: tuple[int, ...]
    gone: int


def open_solutions(system: ScaledSystem, value: RealRoot) -> OpenSolutions | None:
    """The real solutions with 0 < 4 Q < y² at t = value; None where that is not decided."""
    if value.degree > _HIGHEST_DEGREE:
        return None
    first, second = system.pair
    t, y = _RING.gens()
    resultant = first.resultant(second, 0).compose(_RING.constant(0), y, t, ctx=_RING)
    coefficients = [univariate(c, "t") for c in coefficients_in(resultant, "y")]
    if all(value.sign(c) == 0 for c in coefficients):  # a curve of solutions
        return None
    common = gcd_above(resultant, resultant.derivative(1), fmpz_poly(list(value.coefficients)))
    for precision in _PRECISIONS:
        with ctx.workprec(precision):
            found = _counted(system, value, coefficients, common, precision)
            if found is not None:
                return found
    return None


def _counted(
    system: ScaledSystem,
    value: RealRoot,
    coefficients: Sequence[fmpq_poly],
    common: Sequence[fmpq_poly],
    precision: int,
) -> OpenSolutions | None:
    """The same at one precision, which is that of the context."""
    whole, shared = _at(value, coefficients, precision), _at(value, common, precision)
    try:
        roots = acb_poly(divmod(whole, shared)[0]).roots(tol=arb(2) ** -(precision // 2))
    except ValueError:  # not told apart
        return None
    multiplicities = [_multiplicity(shared, root) for root in roots]
    if sum(multiplicities) != whole.degree():
        return None
    simple, multiple = 0, []
    for root, multiplicity in zip(roots, multiplicities, strict=True):
        if not root.imag.contains(0) or root.real < 0:
            continue
        inside = _inside(system, value.enclosure(precision), root.real, multiplicity == 1)
        if inside is None:
            return None
        if inside and multiplicity == 1:
            simple += 1
        elif inside:
            multiple.append(multiplicity)
    return OpenSolutions(simple, tuple(multiple), len(coefficients) - 1 - int(whole.degree()))


def _at(value: RealRoot, coefficients: Sequence[fmpq_poly], precision: int) -> arb_poly:
    """A polynomial in y over ℚ(t*), in balls; a leading coefficient that is 0 is so exactly, and left out."""
    return arb_poly([value.value(c, precision) for c in coefficients])


def _multiplicity(shared: arb_poly, root: acb) -> int:
    """A bound on the multiplicity of a root of r, from above: 1 and the order with which g may vanish there.

    All bounds are sharp if they add up to the degree.
    """
    order = 0
    while acb_poly(shared)(root).contains(0):
        shared, order = shared.derivative(), order + 1
    return order + 1


def _inside(system: ScaledSystem, t: arb, y: arb, alone: bool) -> bool | None:
    """Whether the only solution above y is on the open stratum; False also where none of several can be."""
    first, second = (_in_q(f, y, t) for f in system.pair)
    try:
        candidates = [x for x in first.roots(tol=arb(2) ** -(ctx.prec // 8)) if second(x).contains(0)]
    except ValueError:
        return None
    if not alone and all(_is_outside(x, y) for x in candidates):
        return False
    if len(candidates) != 1:
        return None
    (x,) = candidates
    if _is_outside(x, y):
        return False
    return True if x.real > 0 and y * y - 4 * x.real > 0 else None


def _is_outside(x: acb, y: arb) -> bool:
    return bool(not x.imag.contains(0) or x.real < 0 or y * y - 4 * x.real < 0)


def _in_q(poly: fmpq_mpoly, y: arb, t: arb) -> acb_poly:
    rows: dict[int, acb] = {}
    for (i, j, k), c in poly.to_dict().items():
        rows[int(i)] = rows.get(int(i), acb(0)) + arb(c) * y ** int(j) * t ** int(k)
    return acb_poly([rows.get(i, acb(0)) for i in range(max(rows) + 1)])
