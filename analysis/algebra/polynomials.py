"""Sparse polynomials over ℚ: python-flint inside, `sympy.Poly` at the surface.

Every formula of the toolkit is a polynomial with rational coefficients in named generators. Flint's
`fmpq_mpoly` multiplies them a hundred times faster than pure Python does; `to_sympy` hands the same
object to a reader as a `Poly` with its domain and generators stated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Generic, TypeVar

from flint import Ordering, arb, fmpq, fmpq_mpoly, fmpq_mpoly_ctx, fmpq_poly, fmpz, fmpz_poly, nmod, nmod_poly

if TYPE_CHECKING:
    import sympy


def rational(value: Fraction | int | fmpq) -> fmpq:
    """The same rational number as a flint `fmpq`."""
    return value if isinstance(value, fmpq) else fmpq(value.numerator, value.denominator)


def fraction(value: fmpq) -> Fraction:
    """The same rational number as a `fractions.Fraction`."""
    return Fraction(int(value.p), int(value.q))


def context(names: Iterable[str]) -> fmpq_mpoly_ctx:
    """The polynomial ring ℚ[names], lexicographic order."""
    return fmpq_mpoly_ctx.get(tuple(names), Ordering.lex)


def names(poly: fmpq_mpoly) -> tuple[str, ...]:
    """The generators of the ring that `poly` lives in."""
    return tuple(poly.context().names())


def transport(poly: fmpq_mpoly, target: fmpq_mpoly_ctx) -> fmpq_mpoly:
    """`poly` as an element of another ring, generators matched by name.

    Raises:
        ValueError: a generator that occurs in `poly` is missing from `target`.
    """
    source, place = names(poly), {name: i for i, name in enumerate(target.names())}
    terms: dict[tuple[int, ...], fmpq] = {}
    for exponents, coefficient in poly.to_dict().items():
        moved = [0] * len(place)
        for name, exponent in zip(source, exponents, strict=True):
            if exponent and name not in place:
                raise ValueError(f"{name} occurs in the polynomial but not in the ring {tuple(place)}")
            if exponent:
                moved[place[name]] = exponent
        terms[tuple(moved)] = coefficient
    return target.from_dict(terms)


def expectation(
    poly: fmpq_mpoly, variable: str, moment: Callable[[int], fmpq_mpoly], target: fmpq_mpoly_ctx
) -> fmpq_mpoly:
    """E[poly] over the random `variable`: its k-th power becomes `moment(k)`, an element of `target`."""
    index = names(poly).index(variable)
    by_power: dict[int, dict[tuple[int, ...], fmpq]] = {}
    for exponents, coefficient in poly.to_dict().items():
        rest = (*exponents[:index], 0, *exponents[index + 1 :])
        by_power.setdefault(int(exponents[index]), {})[rest] = coefficient
    total = target.constant(0)
    for power, terms in by_power.items():
        total += transport(poly.context().from_dict(terms), target) * moment(int(power))
    return total


def substitute(
    poly: fmpq_mpoly, values: Mapping[str, fmpq_mpoly | fmpq], target: fmpq_mpoly_ctx
) -> fmpq_mpoly:
    """`poly` with some generators replaced, as an element of `target`.

    The other generators are kept by name; those that `target` lacks are set to 0.
    """
    images = []
    for name in names(poly):
        image = values.get(name)
        if image is None:
            image = target.gen(target.names().index(name)) if name in target.names() else target.constant(0)
        images.append(image if isinstance(image, fmpq_mpoly) else target.constant(image))
    return poly.compose(*images, ctx=target)


def univariate(poly: fmpq_mpoly, variable: str) -> fmpq_poly:
    """A polynomial in which only `variable` occurs, as a dense univariate one.

    Raises:
        ValueError: another generator occurs.
    """
    index = names(poly).index(variable)
    coefficients = [fmpq(0)] * (poly.degrees()[index] + 1 if poly else 1)
    for exponents, coefficient in poly.to_dict().items():
        if any(e for i, e in enumerate(exponents) if i != index):
            raise ValueError(f"{poly} is not univariate in {variable}")
        coefficients[exponents[index]] = coefficient
    return fmpq_poly(coefficients)


def coefficients_in(poly: fmpq_mpoly, variable: str) -> list[fmpq_mpoly]:
    """[c₀, c₁, …] with poly = Σ cᵢ variableⁱ; the cᵢ stay in the same ring."""
    index = names(poly).index(variable)
    by_power: dict[int, dict[tuple[int, ...], fmpq]] = {}
    for exponents, coefficient in poly.to_dict().items():
        rest = (*exponents[:index], 0, *exponents[index + 1 :])
        by_power.setdefault(exponents[index], {})[rest] = coefficient
    ring = poly.context()
    return [ring.from_dict(by_power.get(k, {})) for k in range(max(by_power, default=0) + 1)]


def determinant(matrix: Sequence[Sequence[fmpq_mpoly]]) -> fmpq_mpoly:
    """Laplace's expansion; for a few rows."""
    if len(matrix) == 1:
        return matrix[0][0]
    total = matrix[0][0].context().constant(0)
    for j, entry in enumerate(matrix[0]):
        total += (-1) ** j * entry * determinant([(*row[:j], *row[j + 1 :]) for row in matrix[1:]])
    return total


def interpolate(places: Sequence[int], values: Sequence[fmpz | fmpq]) -> fmpq_poly:
    """The polynomial of degree below the number of places with these values.

    Lagrange's formula Σ vᵢ/W′(xᵢ) ∏_{j≠i} (x − xⱼ), W = ∏ (x − xⱼ), the sum taken in halves so that most of
    the work is in products of long polynomials with integer coefficients (von zur Gathen & Gerhard, §10.2).
    """
    halves = _Halves([fmpz_poly([-place, 1]) for place in places])
    slope = halves.product.derivative()
    slopes = [slope(place) for place in places]
    exact = [fmpq(value) for value in values]
    scale, denominator = fmpz(1), fmpz(1)
    for weight, value in zip(slopes, exact, strict=True):
        scale, denominator = scale.lcm(weight), denominator.lcm(value.q)
    numerators = [v.p * (denominator // v.q) * (scale // w) for w, v in zip(slopes, exact, strict=True)]
    return fmpq_poly(halves.sum([fmpz_poly([n]) for n in numerators])) / (scale * denominator)


def interpolate_modulo(places: Sequence[int], values: Sequence[nmod], prime: int) -> nmod_poly:
    """The same modulo a prime number that is larger than all differences of places."""
    halves = _Halves([nmod_poly([-place, 1], prime) for place in places])
    slope = halves.product.derivative()
    weights = [value / slope(place) for place, value in zip(places, values, strict=True)]
    return halves.sum([nmod_poly([weight], prime) for weight in weights])


_Univariate = TypeVar("_Univariate", fmpz_poly, nmod_poly)


class _Halves(Generic[_Univariate]):
    """∏ lᵢ, and Σ cᵢ ∏_{j≠i} lⱼ for any constants cᵢ, by halves of the list of the lᵢ."""

    def __init__(self, factors: Sequence[_Univariate]) -> None:
        self._factors: Sequence[_Univariate] = factors
        self._parts: dict[tuple[int, int], tuple[_Univariate, _Univariate]] = {}
        self.product: _Univariate = self._multiplied(0, len(factors))

    def _multiplied(self, low: int, high: int) -> _Univariate:
        if high - low == 1:
            return self._factors[low]
        middle = (low + high) // 2
        left, right = self._multiplied(low, middle), self._multiplied(middle, high)
        self._parts[low, high] = left, right
        return left * right

    def sum(self, constants: Sequence[_Univariate]) -> _Univariate:
        """Σ cᵢ ∏_{j≠i} lⱼ."""

        def summed(low: int, high: int) -> _Univariate:
            if high - low == 1:
                return constants[low]
            middle, (left, right) = (low + high) // 2, self._parts[low, high]
            return summed(low, middle) * right + summed(middle, high) * left

        return summed(0, len(constants))


def evaluate(poly: fmpq_mpoly, point: Sequence[arb]) -> arb:
    """A ball that contains poly(point) for every choice of numbers from the given balls."""
    powers: list[list[arb]] = [[arb(1)] for _ in point]
    total = arb(0)
    for exponents, coefficient in poly.to_dict().items():
        term = arb(coefficient)
        for base, known, exponent in zip(point, powers, exponents, strict=True):
            while len(known) <= exponent:
                known.append(known[-1] * base)
            if exponent:
                term *= known[exponent]
        total += term
    return total


def to_sympy(poly: fmpq_mpoly) -> sympy.Poly:
    """The same polynomial as a `sympy.Poly` over QQ in generators of the same names."""
    import sympy

    terms = {exponents: sympy.Rational(int(c.p), int(c.q)) for exponents, c in poly.to_dict().items()}
    return sympy.Poly(terms or {(0,) * len(names(poly)): 0}, *sympy.symbols(names(poly)), domain=sympy.QQ)
