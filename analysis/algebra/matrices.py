"""Small dense matrices over any exact ring: polynomials (`fmpq_mpoly`), rationals, also floats.

Only what the algebra of linear networks needs: products, sums, transposes, entries. The entries' own `+`
and `*` do the work, so one formula serves the symbolic proof and the number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import add, matmul
from typing import Any

from flint import fmpq_mpoly, fmpq_mpoly_ctx


@dataclass(frozen=True)
class Matrix:
    """An m × n matrix, m, n ≥ 1, given by its rows."""

    rows: tuple[tuple[Any, ...], ...]

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n)."""
        return len(self.rows), len(self.rows[0])

    @property
    def T(self) -> Matrix:
        """The transpose."""
        return Matrix(tuple(zip(*self.rows, strict=True)))

    def __getitem__(self, index: tuple[int, int]) -> Any:
        return self.rows[index[0]][index[1]]

    def __iter__(self) -> Iterator[Any]:
        """The entries, row by row."""
        return (entry for row in self.rows for entry in row)

    def __matmul__(self, other: Matrix) -> Matrix:
        if self.shape[1] != other.shape[0]:
            raise ValueError(f"matrix shapes {self.shape} and {other.shape} do not multiply")
        columns = other.T.rows
        return Matrix(
            tuple(
                tuple(reduce(add, (x * y for x, y in zip(row, column, strict=True))) for column in columns)
                for row in self.rows
            )
        )

    def __add__(self, other: Matrix) -> Matrix:
        if self.shape != other.shape:
            raise ValueError(f"matrix shapes {self.shape} and {other.shape} do not add")
        return Matrix(
            tuple(
                tuple(x + y for x, y in zip(a, b, strict=True))
                for a, b in zip(self.rows, other.rows, strict=True)
            )
        )

    def __sub__(self, other: Matrix) -> Matrix:
        return self + other.map(lambda x: -x)

    def scale(self, factor: Any) -> Matrix:
        """factor · M."""
        return self.map(lambda x: factor * x)

    def map(self, function: Callable[[Any], Any]) -> Matrix:
        """The function applied to every entry."""
        return Matrix(tuple(tuple(function(x) for x in row) for row in self.rows))

    def is_zero(self) -> bool:
        """Every entry is zero."""
        return all(x == 0 for x in self)


def matrix(rows: Iterable[Iterable[Any]]) -> Matrix:
    """A `Matrix` from nested iterables."""
    return Matrix(tuple(tuple(row) for row in rows))


def diagonal(entries: Iterable[Any], zero: Any = 0) -> Matrix:
    """diag(entries), with the ring's zero elsewhere."""
    values = tuple(entries)
    return matrix((x if i == j else zero for j in range(len(values))) for i, x in enumerate(values))


def chain(factors: Iterable[Matrix]) -> Matrix:
    """The product of the factors, left to right.

    Raises:
        TypeError: there is no factor.
    """
    return reduce(matmul, factors)


def entry_names(name: str, shape: tuple[int, int]) -> tuple[str, ...]:
    """Names for the entries of a generic matrix, row by row: a00, a01, …."""
    return tuple(f"{name}{i}{j}" for i in range(shape[0]) for j in range(shape[1]))


def generic(ring: fmpq_mpoly_ctx, name: str, shape: tuple[int, int]) -> Matrix:
    """The matrix whose entries are the ring's generators of these `entry_names`."""
    place = {generator: i for i, generator in enumerate(ring.names())}
    entries: list[fmpq_mpoly] = [ring.gen(place[n]) for n in entry_names(name, shape)]
    return matrix(entries[i * shape[1] : (i + 1) * shape[1]] for i in range(shape[0]))
