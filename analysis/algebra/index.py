"""The index of a planar vector field along the boundary of a rectangle, certified by interval arithmetic.

Walking once around the rectangle, the field turns around the origin a whole number of times: the sum of the
indices of the zeros inside (Poincaré; Milnor, Topology from the Differentiable Viewpoint, §6). On every
small piece of the boundary one component is shown to keep its sign, so the direction lies in an open
half-plane; the sequence of half-planes determines the number of turns. This shares nothing with the
elimination that finds the zeros, and so checks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction

from flint import arb, arb_poly, ctx, fmpq, fmpq_mpoly, fmpq_poly

from analysis.algebra.polynomials import context, rational, substitute, univariate

Box = Sequence[tuple[Fraction, Fraction]]
_PRECISIONS = (64, 192, 1024, 4096)  # bits; pieces are halved down to 2^(−bits/2) of an edge before giving up


class ZeroOnBoundary(ArithmeticError):
    """The field could not be shown to be non-zero on the boundary."""


def index_of_field(field: Sequence[fmpq_mpoly], box: Box) -> int:
    """The sum of the indices of the zeros of `field` inside `box`, in one or two dimensions.

    Raises:
        ZeroOnBoundary: a zero lies on the boundary, or too close to it.
    """
    if len(field) == 1:
        return _index_on_interval(field[0], *box[0])
    for precision in _PRECISIONS[:-1]:
        with ctx.workprec(precision), suppress(ZeroOnBoundary):
            return _winding_number(field, box)
    with ctx.workprec(_PRECISIONS[-1]):
        return _winding_number(field, box)


def _index_on_interval(component: fmpq_mpoly, lower: Fraction, upper: Fraction) -> int:
    left, right = (
        _sign(univariate(component, component.context().names()[0])(rational(x))) for x in (lower, upper)
    )
    if not left or not right:
        raise ZeroOnBoundary("the field vanishes at an end of the interval")
    return (right - left) // 2


def _sign(value) -> int:
    return (value > 0) - (value < 0)


def _winding_number(field: Sequence[fmpq_mpoly], box: Box) -> int:
    (left, right), (bottom, top) = box
    edges = [(1, bottom, left, right), (0, right, bottom, top), (1, top, right, left), (0, left, top, bottom)]
    labels = _edge(field, *edges[0])
    if (left, bottom) != (-right, -top) or not _is_odd(field):
        for edge in edges[1:]:
            labels += _edge(field, *edge)
    else:
        # Φ(−w) = −Φ(w): the second half of the way repeats the first, turned by half a circle
        if right == top and _is_mirrored(field):
            labels += [3 - label for label in reversed(labels)]
        else:
            labels += _edge(field, *edges[1])
        labels += [(label + 2) % 4 for label in labels]
    turns = 0
    for here, there in zip(labels, labels[1:] + labels[:1], strict=True):
        step = (there - here + 1) % 4 - 1
        if step == 2:
            raise AssertionError("neighbouring pieces cannot lie in opposite half-planes")
        turns += step
    return turns // 4


def _is_odd(field: Sequence[fmpq_mpoly]) -> bool:
    """Whether Φ(−w) = −Φ(w)."""
    return all(sum(exponents) % 2 == 1 for component in field for exponents in component.monoms())


def _is_mirrored(field: Sequence[fmpq_mpoly]) -> bool:
    """Whether Φ₀(−b, −a) = −Φ₁(a, b): the right edge is the lower one backwards, and label k is 3 − k."""
    a, b = field[0].context().gens()
    return field[0].compose(-b, -a) == -field[1]


def _edge(
    field: Sequence[fmpq_mpoly], fixed: int, value: Fraction, start: Fraction, end: Fraction
) -> list[int]:
    """The half-planes along one side, where the coordinate `fixed` has this value."""
    return _half_planes([_restrict(c, fixed, value) for c in field], rational(start), rational(end))


def _restrict(component: fmpq_mpoly, fixed: int, value: Fraction) -> fmpq_poly:
    names = component.context().names()
    free = names[1 - fixed]
    return univariate(substitute(component, {names[fixed]: rational(value)}, context((free,))), free)


def _half_planes(edge: Sequence[fmpq_poly], start: fmpq, end: fmpq) -> list[int]:
    """Along the edge: k where component k is positive, k + 2 where it is negative."""
    polys = [arb_poly(component) for component in edge]
    smallest = abs(end - start) / 2 ** (ctx.prec // 2)
    pieces, labels = [(start, end)], []
    while pieces:
        a, b = pieces.pop()
        middle, radius = (a + b) / 2, abs(b - a) / 2
        line = arb_poly([arb(middle), arb(radius)])
        found = None
        for k, poly in enumerate(polys):
            # Taylor form of all orders on the piece, p(middle + radius t) with |t| ≤ 1: few pieces are needed
            value, *rest = poly(line).coeffs() or [arb(0)]
            if abs(value) > sum((abs(c) for c in rest), arb(0)):
                found = k if value > 0 else k + 2
                break
        if found is not None:
            labels.append(found)
        elif abs(b - a) < smallest:
            raise ZeroOnBoundary("the field may vanish on the boundary of the box")
        else:
            pieces += [(middle, b), (a, middle)]
    return labels
