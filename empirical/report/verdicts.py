"""The verdict on every claim, from the rows: what :mod:`analysis.claims` reads. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..experiments import find
from ..results import ROWS_DIRECTORY, Row, read
from .claims import Claim, Part, claims
from .statistics import Estimate, estimate

HOLDS = "measured: holds"
FAILS = "measured: does not hold"
UNDECIDED = "measured: undecided"
NOT_YET = "not yet measured"


def verdicts(directory: Path = ROWS_DIRECTORY) -> list[dict[str, Any]]:
    """One dictionary a claim, in the order of the paper.

    ``id``, ``where``, ``printed`` (the sentence), ``test``, ``verdict`` (one of ``measured: holds``,
    ``measured: does not hold``, ``measured: undecided``, ``not yet measured``), ``statement`` (one sentence
    with the numbers and the budget), ``budget`` (shortest run used relative to the paper's, None if
    unmeasured), ``reduced`` (budget below 1), ``printed_supports`` (whether the paper's own numbers satisfy
    the sentence; None where it prints none), ``parts``.
    """
    rows, _ = read(directory)
    return [verdict(claim, rows) for claim in claims()]


def verdict(claim: Claim, rows: Sequence[Row]) -> dict[str, Any]:
    """The verdict on one claim: it holds if every measured part holds, fails if any part fails, else it is
    undecided."""
    parts = [part_verdict(part, rows) for part in claim.parts]
    seen = [part for part in parts if part["verdict"] != NOT_YET]
    outcomes = {part["verdict"] for part in seen}
    overall = (
        NOT_YET if not seen else FAILS if FAILS in outcomes else UNDECIDED if UNDECIDED in outcomes else HOLDS
    )
    budgets = [part["budget"] for part in seen]
    printed = [part["printed_supports"] for part in parts]
    return {
        "id": claim.id,
        "where": claim.where,
        "printed": claim.sentence,
        "test": claim.test,
        "verdict": overall,
        "statement": statement(parts, seen),
        "budget": min(budgets) if budgets else None,
        "reduced": bool(budgets) and min(budgets) < 1,
        "printed_supports": None if None in printed else all(printed),
        "parts": parts,
    }


def part_verdict(part: Part, rows: Sequence[Row]) -> dict[str, Any]:
    """One contrast: its estimate, its verdict, and what the paper's printed numbers say."""
    found = estimate(rows, part.terms)
    return {
        "label": part.label,
        "verdict": NOT_YET if found is None else decide(found, part),
        "value": None if found is None else round(found.value, 3),
        "half_width": None if found is None else round(found.half_width, 3),
        "seeds": None if found is None else found.seeds,
        "tasks": None if found is None else found.tasks,
        "budget": None if found is None else found.budget,
        "iterations": None if found is None else found.iterations,
        "threshold": part.threshold,
        "above": part.above,
        "printed_supports": printed_supports(part),
    }


def decide(found: Estimate, part: Part) -> str:
    """The whole 95 % interval on one side of the threshold, or undecided."""
    low, high = found.value - found.half_width, found.value + found.half_width
    if low > part.threshold:
        return HOLDS if part.above else FAILS
    if high < part.threshold:
        return FAILS if part.above else HOLDS
    return UNDECIDED


def printed_supports(part: Part) -> bool | None:
    """The same comparison on the paper's printed values; None if one of them is not printed."""
    total = 0.0
    for term in part.terms:
        value = find(term.record).printed
        if value is None:
            return None
        total += term.weight * value
    total = round(total, 6)
    return total > part.threshold if part.above else total < part.threshold


def statement(parts: list[dict[str, Any]], seen: list[dict[str, Any]]) -> str:
    """The numbers of the parts that were measured, the budget, and how many parts were not."""
    if not seen:
        return "no result rows yet"
    values = "; ".join(f"{p['label']}: {p['value']:+.2f} ± {p['half_width']:.2f}{word(p)}" for p in seen)
    shortest = min(seen, key=lambda p: p["budget"])
    length = (
        f"{shortest['iterations']:,} iterations, {shortest['budget']:.0%} of the paper's"
        if shortest["budget"] < 1
        else "full length"
    )
    seeds = min(p["seeds"] for p in seen)
    missing = len(parts) - len(seen)
    rest = f"; {missing} of {len(parts)} parts not yet measured" if missing else ""
    return f"{values} [{length}, {seeds} seed{'s' * (seeds > 1)}{rest}]"


def word(part: dict[str, Any]) -> str:
    """`` (fails)`` or `` (undecided)``; nothing for a part that holds."""
    return {HOLDS: "", FAILS: " (fails)"}.get(part["verdict"], " (undecided)")
