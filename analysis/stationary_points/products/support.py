"""The atoms of a law of θ that has fewer of them than there are factors, from its moments.

With n atoms θ₁, …, θ_n the Hankel matrix (m_{i+j}) of size n + 1 is singular, and its kernel holds the
coefficients of P(θ) = ∏ (θ − θᵢ): they are rational, as the moments are. So the atoms are real algebraic
numbers, roots of one or more irreducible polynomials over ℚ, and so are their probabilities,

    p_i = E[P_i(θ)] / P_i(θ_i),     P_i(x) = (P(x) − P(θ_i)) / (x − θ_i),

elements of ℚ(θ_i). Conjugate atoms have conjugate probabilities, not always equal ones: θ = 1 ± √2 with ½ ±
¼√2 has rational moments as well.

**All atoms at once.** A polynomial h(θ) with coefficients in a domain over ℚ vanishes at every atom exactly
when its remainder modulo P is zero (n different roots). The coefficients of the remainder need no numbers but
those in h: what all tasks have in common is decided over ℚ, whatever the atoms are. The product ∏ h(θᵢ) is
the determinant of the multiplication by h modulo P.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import fmpq, fmpq_mat, fmpq_mpoly, fmpq_poly

from analysis.algebra.algebraic_numbers import RealRoot, real_roots
from analysis.algebra.polynomials import determinant, rational
from analysis.stationary_points.products.strata import Polynomial, Setting


@dataclass(frozen=True)
class Atom:
    """A value of θ and its probability, an element of ℚ(value)."""

    value: RealRoot
    probability: fmpq_poly

    @property
    def rational(self) -> fmpq | None:
        """The value where it is rational."""
        return (
            fmpq(-self.value.coefficients[0], self.value.coefficients[1]) if self.value.degree == 1 else None
        )

    @property
    def is_zero(self) -> bool:
        """Whether it is the task θ = 0."""
        return self.rational == 0


@dataclass(frozen=True)
class Support:
    """The atoms of a law, and ∏ (θ − θᵢ)."""

    polynomial: fmpq_poly
    atoms: tuple[Atom, ...]

    @property
    def has_zero(self) -> bool:
        """Whether θ = 0 is a task."""
        return not self.polynomial[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The rational values, and theta1, theta2, … for the others by their place among the atoms."""
        return tuple(
            f"theta{i}" if atom.rational is None else str(atom.rational)
            for i, atom in enumerate(self.atoms, start=1)
        )

    @property
    def irrational(self) -> dict[str, RealRoot]:
        """The values that have a name."""
        named = zip(self.names, self.atoms, strict=True)
        return {name: atom.value for name, atom in named if atom.rational is None}


def support_of(setting: Setting, least: int = 1) -> Support | None:
    """The atoms of a law that has fewer than N of them; None for every other law.

    Raises:
        UnsupportedProblem: there are fewer than `least`.
    """
    require_atoms(setting, least)
    count = next((n for n in range(1, setting.factors) if _hankel(setting, n + 1).det() == 0), None)
    if count is None:
        return None
    moment = [rational(setting.law.moment(k)) for k in range(2 * count)]
    recurrence = _hankel(setting, count).solve(fmpq_mat(count, 1, moment[count : 2 * count]))
    polynomial = fmpq_poly([*(-recurrence[i, 0] for i in range(count)), 1])
    atoms = tuple(Atom(root, _probability(polynomial, root, moment)) for root in real_roots(polynomial))
    assert len(atoms) == count
    return Support(polynomial, atoms)


def require_atoms(setting: Setting, least: int) -> None:
    """Refuse a law with fewer than `least` atoms.

    Raises:
        UnsupportedProblem: with the number of atoms there are.
    """
    from analysis.stationary_points.solve import UnsupportedProblem

    count = next((n for n in range(1, least) if _hankel(setting, n + 1).det() == 0), None)
    if count is not None:
        raise UnsupportedProblem(
            f"theta takes {count} value{'s' * (count > 1)} only: certified are laws with {least} or more"
        )


def _hankel(setting: Setting, size: int) -> fmpq_mat:
    moment = [rational(setting.law.moment(k)) for k in range(2 * size - 1)]
    return fmpq_mat(size, size, [moment[i + j] for i in range(size) for j in range(size)])


def _probability(polynomial: fmpq_poly, root: RealRoot, moment: Sequence[fmpq]) -> fmpq_poly:
    """E[P_i]/P_i(θ_i); the coefficients of P_i are those of Horner's rule at θ_i."""
    coefficient, mean = fmpq_poly([0]), fmpq_poly([0])
    for k in reversed(range(polynomial.degree())):
        coefficient = coefficient * fmpq_poly([0, 1]) + polynomial[k + 1]
        mean += coefficient * moment[k]
    return root.reduce(mean * root.inverse(polynomial.derivative()))


def remainder(poly: Polynomial, modulus: fmpq_poly) -> Polynomial:
    """The coefficients of a polynomial in θ modulo a monic one, as many as the degree of the modulus."""
    size = modulus.degree()
    rest = [*poly, *[poly[0].context().constant(0)] * (size - len(poly))]
    for top in reversed(range(size, len(rest))):
        for k in range(size):
            rest[top - size + k] -= rest[top] * modulus[k]
    return tuple(rest[:size])


def product_over_roots(poly: Polynomial, modulus: fmpq_poly) -> fmpq_mpoly:
    """∏ poly(θᵢ) over the roots of a monic polynomial."""
    zero = poly[0].context().constant(0)
    rows = [remainder((*[zero] * k, *poly), modulus) for k in range(modulus.degree())]
    return determinant(rows)
