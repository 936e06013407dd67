"""Coordinates in which a landscape is even, and the strata that evenness cuts the plane into.

A loss that is even in a coordinate z is a polynomial in Z = z², and ∂L/∂z = 2 z ∂L/∂Z. Its stationary points
are therefore those with z = 0 and those with z² = Z a positive root of ∂L/∂Z: two smaller systems in place
of a large one, and every solution Z > 0 stands for the two points ±√Z.

For the deep model and every task law such coordinates are σ = a + b and δ = a − b: with r = ab − θ one inner
step is σ ← σ(1 − αr), δ ← δ(1 + αr), and ab = (σ² − δ²)/4, so that only σ² and δ² ever enter. This is not
assumed: the chart is accepted because the exponents of the derived polynomials are seen to be even.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product

from flint import fmpq_mpoly

from analysis.algebra.polynomials import context, names, rational, substitute
from analysis.landscape import Landscape

Matrix = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True)
class Chart:
    """Linear coordinates w = matrix · z of the unknowns, and the landscape written in them.

    For an even coordinate zᵢ the polynomials are written in Zᵢ = zᵢ², and component i has lost a factor zᵢ.

    Attributes:
        coordinates: the names of z.
        matrix: rows by unknown, columns by coordinate.
        even: whether the landscape is even in zᵢ.
        components: the vector field in these coordinates, in the sense above.
        loss: the excess loss in these coordinates, in the sense above.
    """

    coordinates: tuple[str, ...]
    matrix: Matrix
    even: tuple[bool, ...]
    components: tuple[fmpq_mpoly, ...]
    loss: fmpq_mpoly


@dataclass(frozen=True)
class Stratum:
    """The part of a chart where exactly the coordinates `vanishing` (all of them even) are zero.

    Attributes:
        active: the indices of the other coordinates.
        equations: the components of the field for the active coordinates, restricted to the stratum.
    """

    active: tuple[int, ...]
    vanishing: tuple[int, ...]
    equations: tuple[fmpq_mpoly, ...]

    @cached_property
    def jacobian(self) -> tuple[tuple[fmpq_mpoly, ...], ...]:
        """∂(equation)/∂(active coordinate)."""
        return tuple(
            tuple(equation.derivative(j) for j in range(len(self.active))) for equation in self.equations
        )


def _identity(size: int) -> Matrix:
    return tuple(tuple(Fraction(int(i == j)) for j in range(size)) for i in range(size))


_HALF = Fraction(1, 2)
_ROTATION: Matrix = ((_HALF, _HALF), (_HALF, -_HALF))


def best_chart(landscape: Landscape) -> Chart:
    """The chart with the most even coordinates: (σ, δ) where two unknowns allow it, else the unknowns."""
    unknowns = landscape.unknowns
    candidates = [_chart(landscape, unknowns, _identity(len(unknowns)))]
    if len(unknowns) == 2:
        candidates.insert(0, _chart(landscape, ("sigma", "delta"), _ROTATION))
    return max(candidates, key=lambda chart: sum(chart.even))


def _chart(landscape: Landscape, coordinates: tuple[str, ...], matrix: Matrix) -> Chart:
    """The landscape in the coordinates z; symbols such as alpha are carried along."""
    ring = context((*coordinates, *landscape.ring.names()[len(coordinates) :]))
    gens = ring.gens()
    images = {
        w: sum((gens[j] * rational(m) for j, m in enumerate(row)), ring.constant(0))
        for w, row in zip(landscape.unknowns, matrix, strict=True)
    }
    loss = substitute(landscape.loss, images, ring)
    pulled = [substitute(component, images, ring) for component in landscape.vector_field]
    field = [
        sum((pulled[i] * rational(row[j]) for i, row in enumerate(matrix)), ring.constant(0))
        for j in range(len(coordinates))
    ]
    even = tuple(
        _parity(loss, i, 0) and all(_parity(c, i, int(i == j)) for j, c in enumerate(field))
        for i in range(len(coordinates))
    )
    components = tuple(_halve(component, even, i) for i, component in enumerate(field))
    return Chart(coordinates, matrix, even, components, _halve(loss, even, None))


def in_chart(poly: fmpq_mpoly, chart: Chart) -> fmpq_mpoly | None:
    """A polynomial in the unknowns, written like `chart.loss`; None where it is not even with the chart."""
    ring = chart.loss.context()
    gens = ring.gens()
    images = [
        sum((gens[j] * rational(m) for j, m in enumerate(row)), ring.constant(0)) for row in chart.matrix
    ]
    pulled = poly.compose(*images, *gens[len(images) :], ctx=ring)
    if not all(_parity(pulled, i, 0) for i, is_even in enumerate(chart.even) if is_even):
        return None
    return _halve(pulled, chart.even, None)


def _parity(poly: fmpq_mpoly, index: int, parity: int) -> bool:
    return all(exponents[index] % 2 == parity for exponents in poly.monoms())


def _halve(poly: fmpq_mpoly, even: tuple[bool, ...], own: int | None) -> fmpq_mpoly:
    """Write even coordinates through their squares; component `own` loses one factor of its coordinate."""
    terms = {}
    for exponents, coefficient in poly.to_dict().items():
        moved = list(exponents)
        for i, is_even in enumerate(even):
            if is_even:
                moved[i] = (exponents[i] - int(i == own)) // 2
        terms[tuple(moved)] = coefficient
    return poly.context().from_dict(terms)


def strata(chart: Chart) -> Iterator[Stratum]:
    """The strata of a chart, from the origin outward; together they cover the space, once."""
    even = [i for i, is_even in enumerate(chart.even) if is_even]
    for zeros in sorted(product((True, False), repeat=len(even)), key=lambda z: -sum(z)):
        vanishing = tuple(i for i, zero in zip(even, zeros, strict=True) if zero)
        active = tuple(i for i in range(len(chart.coordinates)) if i not in vanishing)
        kept = (*(chart.coordinates[i] for i in active), *names(chart.loss)[len(chart.coordinates) :])
        ring = context(kept)
        yield Stratum(active, vanishing, tuple(substitute(chart.components[i], {}, ring) for i in active))


def jacobian_trace(chart: Chart, stratum: Stratum) -> fmpq_mpoly:
    """The trace of the field's Jacobian along two active coordinates.

    For an even coordinate the component is Φᵢ = zᵢ Gᵢ, so ∂Φᵢ/∂zᵢ = 2 Zᵢ ∂Gᵢ/∂Zᵢ where Gᵢ = 0.
    """
    gens = stratum.equations[0].context().gens()
    first, second = (
        (2 * gens[k] if chart.even[i] else gens[k] ** 0) * stratum.equations[k].derivative(k)
        for k, i in enumerate(stratum.active)
    )
    return first + second
