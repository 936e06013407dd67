"""What happens at a critical rate of two inner steps: nothing, or one or more events on the strata.

    fold        two points of the stratum (orbits of the symmetries) meet and vanish, or appear;
    pitchfork   points of the open stratum leave an axis or a line, or merge into it. On the open stratum
                itself: three meet and one goes on. So do two points at which two tasks, such as θ = ±1, are
                both solved: L = ½ c ρ² with one residual ρ along a curve, and ρ′ = 0 between its zeros;
    escape      points go to infinity, and may come back on the other side;
    crossing    points of the stratum meet, and as many go on.

It follows from the conditions that hold and from the counts on both sides; where several conditions hold,
or one with multiplicity, from the solutions at the critical rate itself, too (`two_step_zeros`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from analysis.algebra.algebraic_numbers import RealRoot
from analysis.stationary_points.points import StationaryPoint, StationaryPoints
from analysis.stationary_points.solve import UnsupportedProblem
from analysis.stationary_points.two_step_system import Condition, Place, ScaledSystem
from analysis.stationary_points.two_step_zeros import open_solutions

EventKind = Literal["fold", "pitchfork", "escape", "crossing"]
Census = Counter[tuple[Place, str, bool]]  # of (stratum, kind, whether L = 0)
Holding = list[tuple[Condition, int]]  # the conditions that hold at a candidate, and with which multiplicity
_ORBIT = 8  # points of the open stratum for one solution


@dataclass(frozen=True)
class TwoStepEvent:
    """What happens on one stratum at a threshold."""

    kind: EventKind
    place: Place


def census_of(found: StationaryPoints) -> Census:
    """The points by stratum, kind, and whether L = 0."""
    return Counter((_place(point), point.kind, point.solves) for point in found.charted)


def _place(point: StationaryPoint) -> Place:
    if not point.active:
        return "origin"
    if len(point.active) == 1:
        return "lines"
    first, second = point.chart.loss.context().gens()
    return "open" if point.location.sign(first - second) else "axes"


def _number(census: Census, place: Place) -> int:
    return sum(number for (where, _, _), number in census.items() if where == place)


def events_at(
    system: ScaledSystem, value: RealRoot, holding: Holding, before: Census, after: Census
) -> tuple[TwoStepEvent, ...]:
    """What happens at a candidate: nothing, if the counts are the same and no real points meet.

    Raises:
        UnsupportedProblem: this is not decided.
    """
    simple = sum(multiplicity for _, multiplicity in holding) == 1
    if before == after and simple:
        return ()
    found = [
        TwoStepEvent(condition.kind, condition.place)
        for condition, _ in holding
        if condition.place != "open" and _is_seen(condition, before, after)
    ]
    on_open = [condition for condition, _ in holding if condition.place == "open"]
    if on_open and not any(event.kind == "pitchfork" for event in found):
        kinds = [on_open[0].kind] if simple else _on_open_stratum(system, value, before, after)
        found += [TwoStepEvent(kind, "open") for kind in kinds]
    if not found and (before != after or len(on_open) < len(holding)):
        raise _undecided(value)
    return tuple(found)


def _is_seen(condition: Condition, before: Census, after: Census) -> bool:
    """Whether counts change where a condition on a smaller stratum would change them."""
    if condition.kind != "pitchfork":
        return _number(before, condition.place) != _number(after, condition.place)
    return any(before[key] != after[key] for key in {*before, *after} if key[0] in ("open", condition.place))


def _on_open_stratum(system: ScaledSystem, value: RealRoot, before: Census, after: Census) -> list[EventKind]:
    """The events on the open stratum, from the solutions exactly at a candidate."""
    there = open_solutions(system, value)
    if there is None:
        raise _undecided(value)
    # on either side, the solutions that neither are simple at the candidate nor meet there have gone
    others = [_number(census, "open") // _ORBIT - there.simple for census in (before, after)]
    most = sum(there.multiple)
    gone = [max(0, number - most) for number in others]
    if there.multiple and any(number != there.gone for number in gone):
        raise _undecided(value)
    found: list[EventKind] = ["escape"] if any(gone) else []
    if there.multiple:
        found.append(_meeting(there.multiple, others[0] - gone[0], others[1] - gone[1]))
    return found


def _meeting(multiplicities: tuple[int, ...], before: int, after: int) -> EventKind:
    """What solutions do that meet, with these multiplicities, and so many of them real on either side."""
    if before == after:
        return "crossing"
    return "pitchfork" if any(multiplicity % 2 for multiplicity in multiplicities) else "fold"


def _undecided(value: RealRoot) -> UnsupportedProblem:
    place = float(value.enclosure().mid())
    return UnsupportedProblem(f"two steps: undecided what happens at t = {place:.12g} (`two_step_system`)")
