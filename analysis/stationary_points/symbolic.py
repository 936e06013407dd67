"""The closed-form stationary points as functions of α: coordinates, loss, Hessian.

With z_i = ±√Zᵢ(α) and the symmetric chart, the Hessian needs no substitution of square roots into large
polynomials: in chart coordinates its entries are Gᵢ (vanishing coordinate), 2 Zᵢ ∂Gᵢ/∂Zᵢ and
±2 √(Zᵢ Zⱼ) ∂Gᵢ/∂Zⱼ, rational functions of α times at most one square root; then H_w = C⊤ H_z C with z = C w.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import sympy
from flint import fmpq_mpoly, fmpq_poly

from analysis.algebra.polynomials import to_sympy
from analysis.stationary_points.branches import Branch, Ratio
from analysis.stationary_points.regimes import Regimes

ALPHA = sympy.Symbol("alpha", positive=True)


@dataclass(frozen=True)
class ClosedForm:
    """One orbit of stationary points that has a closed form.

    Attributes:
        coordinates: the unknowns at each point of the orbit.
        loss: the excess loss, the same on the whole orbit.
        hessian: the Hessian at the first point of the orbit.
        existence: the condition on α for the points to be real, as expressions that must be positive.
    """

    coordinates: tuple[tuple[sympy.Expr, ...], ...]
    loss: sympy.Expr
    hessian: sympy.Matrix
    existence: tuple[sympy.Expr, ...]


def closed_forms(found: Regimes) -> list[ClosedForm]:
    """Every closed-form branch of a symbolic answer."""
    return [_closed_form(found, branch) for branch in found.closed_form]


def _closed_form(found: Regimes, branch: Branch) -> ClosedForm:
    chart, active = found.chart, branch.stratum.active
    squares = {i: ratio(r) for i, r in zip(active, branch.closed or (), strict=True)}
    values = {sympy.Symbol(chart.coordinates[i]): squares.get(i, 0) for i in range(len(chart.coordinates))}

    def at(poly: fmpq_mpoly) -> sympy.Expr:
        expression = to_sympy(poly).as_expr().xreplace({sympy.Symbol("alpha"): ALPHA})
        return sympy.cancel(expression.xreplace(values))

    orbit = []
    for signs in product(*[(1, -1) if chart.even[i] else (1,) for i in active]):
        z = [sympy.Integer(0)] * len(chart.coordinates)
        for i, sign in zip(active, signs, strict=True):
            z[i] = sign * sympy.sqrt(squares[i]) if chart.even[i] else squares[i]
        orbit.append(
            tuple(
                sum((sympy.Rational(m) * x for m, x in zip(row, z, strict=True)), sympy.Integer(0))
                for row in chart.matrix
            )
        )
    existence = tuple(sympy.factor(squares[i]) for i in active if chart.even[i])
    return ClosedForm(tuple(orbit), at(chart.loss), _hessian(found, active, squares, at), existence)


def _hessian(found: Regimes, active: tuple[int, ...], squares: dict, at) -> sympy.Matrix:
    chart, size = found.chart, len(found.chart.coordinates)
    h = sympy.zeros(size, size)
    for i in range(size):
        if i not in active:
            h[i, i] = at(chart.components[i])
            continue
        for j in active:
            slope = at(chart.components[i].derivative(j))
            if chart.even[i] and chart.even[j]:
                h[i, j] = 2 * sympy.sqrt(sympy.cancel(squares[i] * squares[j])) * slope
            else:
                row = sympy.sqrt(squares[i]) if chart.even[i] else 1
                column = 2 * sympy.sqrt(squares[j]) if chart.even[j] else 1
                h[i, j] = row * column * slope
    change = sympy.Matrix(size, size, [sympy.Rational(m) for row in chart.matrix for m in row]).inv()
    return (change.T * h * change).applyfunc(sympy.expand)


def ratio(value: Ratio) -> sympy.Expr:
    """A rational function of α as a sympy expression."""
    return sympy.cancel(_in_alpha(value.numerator) / _in_alpha(value.denominator))


def _in_alpha(poly: fmpq_poly) -> sympy.Expr:
    return sum(
        (sympy.Rational(int(c.p), int(c.q)) * ALPHA**i for i, c in enumerate(poly.coeffs())), sympy.Integer(0)
    )


def expression(poly: fmpq_mpoly) -> sympy.Expr:
    """A polynomial with its symbol alpha positive, for printing."""
    return to_sympy(poly).as_expr().xreplace({sympy.Symbol("alpha"): ALPHA})
