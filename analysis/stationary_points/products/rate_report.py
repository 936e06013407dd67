"""The regimes of a product of factors in words and as JSON."""

from __future__ import annotations

from typing import Any

from analysis.exact_numbers import decimal
from analysis.landscape import CONVENTION
from analysis.stationary_points.products.rate_regimes import RateEvent, RateRegimes
from analysis.stationary_points.report import heading, table


def text(found: RateRegimes, digits: int) -> str:
    """Thresholds, events and regimes."""
    count = len(found.problem.model.parameters)
    rows = [
        [
            decimal(threshold.interval(digits).ball, digits),
            event.kind,
            _where(event),
            "; ".join(f"{_squares(m)}{kind} {b} -> {a}" for m, kind, b, a in threshold.changes) * (not i),
            str(event.degree),
        ]
        for threshold in found.thresholds
        for i, event in enumerate(threshold.events)
    ]
    header = ["alpha", "event", "squares w_i^2", "isolated points", f"degree of alpha^{count}"]
    parts = [
        heading(found.problem),
        CONVENTION,
        "",
        table(header, rows) if rows else "no thresholds",
        "",
    ]
    for regime in found.regimes:
        ends = [t and decimal(t.interval(digits).ball, digits) for t in (regime.lower, regime.upper)]
        kinds = ", ".join(f"{n} {kind}" for kind, n in regime.counts.items() if n and kind != "points")
        parts.append(
            f"{ends[0] or 0} < alpha < {ends[1] or 'infinity'}: {regime.counts['points']} isolated points"
            f"{f' ({kinds})' * bool(kinds)}, {regime.families} families"
        )
    parts.append(f"proved: {found.proof}")
    return "\n".join(parts)


def as_json(found: RateRegimes, digits: int) -> dict[str, Any]:
    """The same, machine-readable."""
    from analysis.stationary_points.json_output import interval_fields, problem_fields

    return {
        "problem": problem_fields(found.problem),
        "convention": CONVENTION,
        "complete": True,
        "proof": found.proof,
        "critical_values": found.candidates,
        "thresholds": [
            {
                "alpha": interval_fields(threshold.interval(digits)),
                "events": [
                    {
                        "event": event.kind,
                        "multiplicities": list(event.multiplicities),
                        "slope_signs": list(event.slope_signs),
                        "field_degree": event.degree,
                    }
                    for event in threshold.events
                ],
                "changes": [
                    {"multiplicities": list(m), "kind": kind, "before": b, "after": a}
                    for m, kind, b, a in threshold.changes
                ],
            }
            for threshold in found.thresholds
        ],
        "regimes": [
            {
                "lower": regime.lower and interval_fields(regime.lower.interval(digits)),
                "upper": regime.upper and interval_fields(regime.upper.interval(digits)),
                "sample": str(regime.sample),
                "counts": regime.counts,
                "families": regime.families,
            }
            for regime in found.regimes
        ],
    }


def _squares(multiplicities: tuple[int, ...]) -> str:
    """In front of a kind of points; families, which have no multiplicities, are only counted."""
    return f"{_equal(multiplicities)}: " if multiplicities else ""


def _equal(multiplicities: tuple[int, ...]) -> str:
    return "all equal" if len(multiplicities) == 1 else "+".join(map(str, multiplicities)) + " equal"


def _where(event: RateEvent) -> str:
    side = "" if len(event.slope_signs) > 1 else f", slope {'<>'[event.slope_signs[0] > 0]} 0"
    return _equal(event.multiplicities) + side
