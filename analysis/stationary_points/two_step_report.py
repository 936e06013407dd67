"""The regimes of two inner steps in words and as JSON."""

from __future__ import annotations

from typing import Any

from analysis.exact_numbers import decimal
from analysis.landscape import CONVENTION, Problem
from analysis.stationary_points.report import heading, table
from analysis.stationary_points.two_step_regimes import TwoStepRegime, TwoStepRegimes, TwoStepThreshold
from analysis.stationary_points.two_step_system import Place


def text(found: TwoStepRegimes, digits: int) -> str:
    """Thresholds, events, regimes, and where every local minimum is global."""
    words = _words(found.problem)
    rows = [
        [
            decimal(threshold.interval(digits).ball, digits),
            event.kind,
            words[event.place],
            "; ".join(f"{place}: {kind} {b} -> {a}" for place, kind, b, a in threshold.changes) * (not i),
            str(threshold.square.degree),
        ]
        for threshold in found.thresholds
        for i, event in enumerate(threshold.events)
    ]
    header = ["alpha", "event", "on", "points", "degree of (alpha E[x^2])^2"]
    parts = [
        heading(found.problem),
        CONVENTION,
        "",
        table(header, rows) if rows else "no thresholds",
        "",
        *("{} < alpha < {}: {}".format(*_ends(r.lower, r.upper, digits), _counts(r)) for r in found.regimes),
        _global(found, digits),
        f"proved: constant between the {found.candidates} critical values of alpha, certified at one "
        "rational inside each interval",
    ]
    return "\n".join(parts)


def _words(problem: Problem) -> dict[Place, str]:
    a, b = problem.model.parameters
    return {
        "origin": f"{a} = {b} = 0",
        "lines": f"lines {a} = {b}, {a} = -{b}",
        "axes": f"axes {a} = 0, {b} = 0",
        "open": "open: elsewhere",
    }


def _ends(lower: TwoStepThreshold | None, upper: TwoStepThreshold | None, digits: int) -> tuple[str, str]:
    low, high = (end and decimal(end.interval(digits).ball, digits) for end in (lower, upper))
    return low or "0", high or "infinity"


def _counts(regime: TwoStepRegime) -> str:
    kinds = ", ".join(f"{n} {kind}" for kind, n in regime.counts.items() if n and kind != "points")
    solved = "" if regime.global_minima is None else f", {regime.global_minima} global minima"
    return f"{regime.counts['points']} points ({kinds}){solved}"


def _global(found: TwoStepRegimes, digits: int) -> str:
    if not _is_decided(found):
        return "which minima are global in a whole regime is not decided for a law of 3 to 6 atoms"
    intervals = ["{} < alpha < {}".format(*_ends(*ends, digits)) for ends in found.only_global_minima]
    where = f"only for {' and '.join(intervals)}" if intervals else "for no alpha"
    return f"all local minima are global {where}"


def _is_decided(found: TwoStepRegimes) -> bool:
    return all(regime.global_minima is not None for regime in found.regimes)


def as_json(found: TwoStepRegimes, digits: int) -> dict[str, Any]:
    """The same, machine-readable."""
    from analysis.stationary_points.json_output import interval_fields, problem_fields

    def end(threshold: TwoStepThreshold | None) -> dict[str, Any] | None:
        return None if threshold is None else interval_fields(threshold.interval(digits))

    words = _words(found.problem)
    return {
        "problem": problem_fields(found.problem),
        "convention": CONVENTION,
        "complete": True,
        "critical_values": found.candidates,
        "thresholds": [
            {
                "alpha": end(threshold),
                "field_degree": threshold.square.degree,
                "events": [{"event": e.kind, "where": words[e.place]} for e in threshold.events],
                "changes": [
                    {"where": words[place], "kind": kind, "before": b, "after": a}
                    for place, kind, b, a in threshold.changes
                ],
            }
            for threshold in found.thresholds
        ],
        "regimes": [
            {
                "lower": end(regime.lower),
                "upper": end(regime.upper),
                "sample": str(regime.sample),
                "counts": regime.counts,
                "global_minima": regime.global_minima,
            }
            for regime in found.regimes
        ],
        "all_minima_global": [
            {"lower": end(lower), "upper": end(upper)} for lower, upper in found.only_global_minima
        ]
        if _is_decided(found)
        else None,
    }
