"""Isolated stationary points of a product: one solution on a stratum stands for an orbit of points."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import permutations, product
from math import prod

from flint import acb_mat, arb, ctx, fmpq_mpoly

from analysis.algebra.polynomials import evaluate
from analysis.landscape import Landscape
from analysis.stationary_points.points import Interval, Kind, Location, interval, spectrum


@dataclass(frozen=True, eq=False)
class Solution:
    """What the points of one orbit share; equal only to itself, so that results can be remembered for it.

    Attributes:
        multiplicities: how often each of the different squares y₁, …, y_m occurs among w₁², …, w_N².
        location: the certified solution in the coordinates of the stratum.
        slope_sign: the sign of g = w₁ ⋯ w_N.
        squares: precision ↦ balls around y₁, …, y_m.
        loss: numerator and denominator of the excess loss in the coordinates of the stratum.
        inertia: (positive, negative, zero) eigenvalues of the Hessian, certified.
        spectra: the eigenvalues by digits, as far as they have been asked for.
    """

    multiplicities: tuple[int, ...]
    location: Location
    slope_sign: int
    squares: Callable[[int], list[arb]]
    loss: tuple[fmpq_mpoly, fmpq_mpoly]
    inertia: tuple[int, int, int]
    spectra: dict[int, list[Interval]] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> Kind:
        """From the inertia."""
        positive, negative, zero = self.inertia
        if zero:
            return "degenerate"
        if not negative:
            return "minimum"
        return "saddle" if positive else "maximum"


@dataclass(frozen=True)
class ProductPoint:
    """One isolated stationary point of a product of factors; it answers as `StationaryPoint` does.

    Attributes:
        landscape: the landscape it belongs to.
        solution: its orbit.
        groups: for each factor which of the different squares it has.
        signs: the sign of each factor.
        is_global: for a minimum, whether no point has a smaller loss; None where that is not decided.
        why: the reason for `is_global`, in words.
    """

    landscape: Landscape
    solution: Solution
    groups: tuple[int, ...]
    signs: tuple[int, ...]
    is_global: bool | None = False
    why: str = ""

    @property
    def inertia(self) -> tuple[int, int, int]:
        """(positive, negative, zero) eigenvalues of the Hessian, certified."""
        return self.solution.inertia

    @property
    def kind(self) -> Kind:
        """From the inertia."""
        return self.solution.kind

    @property
    def index(self) -> int | None:
        """The Poincaré index; None at a degenerate point."""
        _, negative, zero = self.inertia
        return None if zero else (-1) ** negative

    @property
    def orbit(self) -> object:
        """What the points of one orbit share."""
        return self.solution

    def enclose(self, precision: int = 64) -> tuple[arb, ...]:
        """The factors w₁, …, w_N, as balls with about `precision` correct bits."""
        with ctx.workprec(precision + 32):
            sizes = _sizes(self.solution, precision)
            return tuple(sign * sizes[group] for sign, group in zip(self.signs, self.groups, strict=True))

    def box(self, digits: int = 12) -> dict[str, Interval]:
        """Each factor in a rational interval of width about 10^−digits."""
        balls = self.enclose(int(3.4 * digits) + 64)
        return {w: interval(ball, digits) for w, ball in zip(self.landscape.unknowns, balls, strict=True)}

    def loss(self, digits: int = 12) -> Interval:
        """The excess loss."""
        return _loss(self.solution, digits)

    def has_zero_loss(self) -> bool:
        """Whether the excess loss is exactly 0."""
        return self.solution.location.sign(self.solution.loss[0]) == 0

    def jacobian(self, digits: int = 12) -> list[list[arb]]:
        """The Hessian in the factors, as balls."""
        precision = int(3.4 * digits) + 96
        with ctx.workprec(precision):
            point = self.enclose(precision)
            return [[evaluate(entry, point) for entry in row] for row in self.landscape.jacobian]

    def eigenvalues(self, digits: int = 12) -> list[Interval]:
        """The eigenvalues of the Hessian, ascending, or the real parts of those of a field's Jacobian; the
        signs are those of `inertia`.

        Two factors i, k of one group are exchanged by a symmetry, so that the Hessian is block diagonal in
        (sᵢ eᵢ − s_k e_k), where it acts as the number hᵢᵢ − sᵢ s_k hᵢ_k, and the sums Σ sᵢ eᵢ/√μ of the
        groups.
        """
        known = self.solution.spectra
        if digits not in known:
            known[digits] = spectrum(self._blocks, self.inertia, digits)
        return known[digits]

    def _blocks(self, digits: int) -> list[arb]:
        matrix = self.jacobian(digits)
        with ctx.workprec(int(3.4 * digits) + 96):
            groups = [
                [i for i, g in enumerate(self.groups) if g == j]
                for j in range(len(self.solution.multiplicities))
            ]
            values: list[arb] = []
            for group in groups:
                i, k = group[0], group[-1]
                values += [matrix[i][i] - self.signs[i] * self.signs[k] * matrix[i][k]] * (len(group) - 1)
            values += _spectrum([[self._between(matrix, one, other) for other in groups] for one in groups])
            return values

    def _between(self, matrix: list[list[arb]], one: list[int], other: list[int]) -> arb:
        total = sum((self.signs[i] * self.signs[k] * matrix[i][k] for i in one for k in other), arb(0))
        return total / arb(len(one) * len(other)).sqrt()


@lru_cache(maxsize=1024)
def _sizes(solution: Solution, precision: int) -> list[arb]:
    with ctx.workprec(precision + 32):
        return [y.sqrt() for y in solution.squares(precision + 16)]


@lru_cache(maxsize=1024)
def _loss(solution: Solution, digits: int) -> Interval:
    precision = int(3.4 * digits) + 64
    with ctx.workprec(precision + 32):
        above, below = (solution.location.value(poly, precision) for poly in solution.loss)
        return interval(above / below, digits)


def _spectrum(matrix: list[list[arb]]) -> list[arb]:
    """The eigenvalues of a small symmetric matrix of balls."""
    if len(matrix) == 1:
        return [matrix[0][0]]
    if len(matrix) == 2:
        mean, half = (matrix[0][0] + matrix[1][1]) / 2, (matrix[0][0] - matrix[1][1]) / 2
        spread = (half * half + matrix[0][1] * matrix[1][0]).nonnegative_part().sqrt()
        return [mean - spread, mean + spread]
    return [value.real for value in acb_mat(matrix).eig(multiple=True)]


def expand(landscape: Landscape, solution: Solution) -> Iterator[ProductPoint]:
    """Every point of the orbit under permutations and even sign changes, once."""
    labels = [group for group, count in enumerate(solution.multiplicities) for _ in range(count)]
    yield from arrange(landscape, solution, labels, range(len(labels)))


def arrange(
    landscape: Landscape, solution: Solution, labels: Sequence[int], indices: Sequence[int]
) -> Iterator[ProductPoint]:
    """The points with these groups, in any order, at `indices`, and the last group elsewhere."""
    count = len(landscape.unknowns)
    for order in sorted(set(permutations(labels))):
        groups = [len(solution.multiplicities) - 1] * count
        for i, group in zip(indices, order, strict=True):
            groups[i] = group
        for signs in product((1, -1), repeat=count):
            if prod(signs) == solution.slope_sign:
                yield ProductPoint(landscape, solution, tuple(groups), signs)
