"""The equations of a stratum, two in two unknowns, solved by the method that suits their degree.

elimination        up to degree 8 (one inner step): a hundredth of a second, in the unknowns as they are.
new coordinates    from two steps on the same in the coordinates of `algebra.folding`, where the resultant
                   has degree 45 instead of 289 with two steps, and 460 instead of 2809 with three.
search             `algebra.exclusion` sees the real solutions only. It costs less than a resultant of degree
                   460 where the solutions are well apart, and does not end near a degenerate one; then
                   elimination in the new coordinates takes over, to which all are alike.

The choice decides how long the answer takes, not what it is.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flint import fmpq_mpoly

from analysis.algebra.charts_at_infinity import UnresolvedAtInfinity
from analysis.algebra.elimination import CommonCurve, common_points
from analysis.algebra.exclusion import WORK_LIMIT, Exclusion, common_points_by_exclusion, search_folded
from analysis.algebra.fibres import FibrePoint, sparse_common_points
from analysis.algebra.folding import Folding, folded
from analysis.algebra.isolated_points import Undecided
from analysis.algebra.subdivision import DegenerateZero, WorkLimit
from analysis.stationary_points.points import Location

BY_ELIMINATION = (
    "symmetry strata; univariate root isolation and bivariate elimination over Q (separating resultant, "
    "gcd over each residue field); exact signs in number fields"
)
_IN_NEW_COORDINATES = (
    "symmetry strata; univariate root isolation over Q; on the open stratum elimination over Q in "
    "{} (resultant and its cofactor); exact signs in number fields"
)
_BY_EXCLUSION = (
    "symmetry strata; univariate root isolation over Q; on the open stratum exclusion by Bernstein "
    "coefficients with proved rounding, infinity resolved by blow-ups, and interval Newton: {boxes} boxes "
    "in {charts} charts, in {coordinates}"
)
_LOW_DEGREE = 8  # of an equation
_AT_ONCE, _FEASIBLE = 300, 2000  # the resultant's degree, at most, in new coordinates: 0.2 s and 20 s
_FEASIBLE_IN_THE_PLANE = 1000  # degree of a resultant of dense equations: some seconds
_ATTEMPT = 2_000_000_000  # work of a search, some seconds, where elimination can take over


class UnsupportedProblem(ValueError):
    """The problem is outside what this solver can certify; the message says what it can."""


@dataclass(frozen=True)
class Zeros:
    """The isolated common zeros of two equations.

    Attributes:
        locations: every one once.
        method: the proof that none is missing.
        search: its record, where it was by exclusion.
    """

    locations: list[Location]
    method: str = BY_ELIMINATION
    search: Exclusion | None = None


def isolated_zeros(first: fmpq_mpoly, second: fmpq_mpoly, positive: tuple[bool, bool]) -> Zeros:
    """The common zeros; where the degree is high, those with a value > 0 of the `positive` coordinates only.

    Raises:
        CommonCurve: the equations share a factor.
        UnsupportedProblem: no method comes to an end.
    """
    if max(first.total_degree(), second.total_degree()) <= _LOW_DEGREE:
        return Zeros(list(common_points(first, second)))
    common = first.gcd(second) if first and second else (first or second)
    if not common.is_constant() or not common:
        raise CommonCurve(common)
    folding = folded(first, second) if all(positive) else None
    if folding and folding.bezout <= _AT_ONCE:
        return _eliminated(folding)
    can_fold = folding is not None and folding.bezout <= _FEASIBLE
    limit = _ATTEMPT if can_fold else WORK_LIMIT
    try:
        if folding:
            found = search_folded(folding, limit)
        else:
            found = common_points_by_exclusion(first, second, positive, limit)
    except (Undecided, DegenerateZero, WorkLimit, UnresolvedAtInfinity) as error:
        if folding and can_fold:
            return _eliminated(folding)
        raise UnsupportedProblem(f"not certified: {error}") from None
    return Zeros(list(found.points), _BY_EXCLUSION.format(**asdict(found.record)), found.record)


def zeros_in_the_plane(first: fmpq_mpoly, second: fmpq_mpoly) -> list[FibrePoint]:
    """Every common zero in the unknowns themselves, where nothing lowers the degree.

    Raises:
        UnsupportedProblem: the resultant would take minutes.
    """
    (m, n), (k, l) = first.degrees(), second.degrees()
    if m * l + n * k > _FEASIBLE_IN_THE_PLANE:
        raise UnsupportedProblem(
            f"not certified: the points on a family need the elimination of equations of degree {m} and {k}"
        )
    return sparse_common_points(first, second)


def _eliminated(folding: Folding) -> Zeros:
    return Zeros(list(folding.points()), _IN_NEW_COORDINATES.format(folding.coordinates))
