"""Every stationary point of the n-shot deep loss, and which minima are global.

`analysis.stationary_points` needs nothing but the loss polynomial, so the n-shot landscape of
`expected_loss` goes through the same certified solver, index check included.

The loss is coercive: bounded L bounds every coefficient of f as a polynomial in θ, S, z (their monomials
are linearly independent in L² when the laws have infinitely many values), and the coefficient of z, or of
θS without noise, is α(a² + b²). So the global minimum is attained, at one of the listed minima: the one
with the smallest loss, and its images under the symmetries of L: the signs of σ = a + b, δ = a − b always,
and b ↦ −b where L is even in b, as for symmetric laws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from analysis.finite_samples.best import best_shallow
from analysis.finite_samples.expected_loss import derive
from analysis.finite_samples.moments import Support
from analysis.landscape import Landscape
from analysis.models import DEEP
from analysis.stationary_points.points import StationaryPoint, StationaryPoints
from analysis.stationary_points.solve import solve
from analysis.tasks import GAUSSIAN, TaskLaw


@dataclass(frozen=True)
class DeepReport:
    """The n-shot deep landscape at one rate.

    Attributes:
        support: the support set.
        rate: α.
        found: all stationary points, certified.
        global_minima: the minima with the least loss.
        shallow: L_n*, what a shallow model with a learned rate reaches.
        gain: −1, 0 or 1: whether the deep minimum is above, at or below L_n*, each proved; 0 only if E θ = 0
            and a global minimum is on an axis, where theorem 2 of `best` makes it exactly L_n*. −1 happens
            for E θ ≠ 0: the deep net has to start at ab ≠ 0, where its quadratic term disturbs the step.
    """

    support: Support
    rate: Fraction
    found: StationaryPoints
    global_minima: tuple[StationaryPoint, ...]
    shallow: Fraction
    gain: int


def deep_minima(support: Support, rate: Fraction, task: TaskLaw = GAUSSIAN) -> DeepReport:
    """All stationary points and the global minima of L_n(a, b) for numbers n, σ², α.

    Raises:
        ValueError: n or σ² is symbolic, or α is not positive.
        MomentError: a law has too few moments.
        ArithmeticError: two minima that no symmetry exchanges have losses that agree to 60 digits, or one
            off the axes agrees with L_n* (never seen).
    """
    if support.symbols:
        raise ValueError("give the number of samples and the noise variance")
    found = solve(derive(DEEP, support, rate, task))
    minima = [p for p in found.charted if p.kind == "minimum"]
    best = min(minima, key=lambda p: p.loss(30).lower)
    equals = _images(best, minima, found.landscape)
    lowest = best.loss(60)
    if any(p.loss(60).lower <= lowest.upper for p in minima if p not in equals):
        raise ArithmeticError("two minima have losses that agree to 60 digits")
    return DeepReport(
        support, rate, found, equals, best_shallow(support, task).loss, _gain(equals, support, task)
    )


def _images(
    point: StationaryPoint, minima: Sequence[StationaryPoint], landscape: Landscape
) -> tuple[StationaryPoint, ...]:
    """The minima that the symmetries of the loss make of one.

    The mirror image of a stationary point is one too; it is the only one whose enclosure can meet the
    mirrored enclosure, as the enclosures are disjoint.
    """
    loss = landscape.loss
    b = loss.context().gen(1)
    locations = [(point.location, point.active)]
    if loss.compose(loss.context().gen(0), -b) == loss:
        x, y = point.enclose(128)
        meeting = [
            p for p in minima if all(u.overlaps(v) for u, v in zip(p.enclose(128), (x, -y), strict=True))
        ]
        locations += [(p.location, p.active) for p in meeting if len(meeting) == 1]
    return tuple(p for p in minima if (p.location, p.active) in locations)


def _gain(best: Sequence[StationaryPoint], support: Support, task: TaskLaw) -> int:
    """`DeepReport.gain` for the global minima."""
    on_axis = any(interval.lower == interval.upper == 0 for p in best for interval in p.box().values())
    if on_axis and task.moment(1) == 0:
        return 0
    loss, shallow = best[0].loss(60), best_shallow(support, task).loss
    if loss.lower <= shallow <= loss.upper:
        raise ArithmeticError("the deep minimum agrees with the shallow one to 60 digits")
    return 1 if loss.upper < shallow else -1
