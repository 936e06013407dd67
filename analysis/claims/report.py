"""The ledger as text and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Sequence

from analysis.claims.claim import VERDICTS
from analysis.claims.ledger import Entry

_WIDTH = 110


def as_json(entries: Sequence[Entry]) -> str:
    """A list of {"id", "kind", "section", "printed", "verdict", "statement", "evidence"}."""
    rows = [
        {
            "id": entry.claim.id,
            "kind": entry.kind,
            "section": entry.claim.section,
            "printed": _plain(entry.claim.printed),
            "verdict": entry.decision.verdict,
            "statement": _plain(entry.decision.statement),
            "evidence": _plain("; ".join(entry.decision.evidence)),
        }
        for entry in entries
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False)


def as_table(entries: Sequence[Entry]) -> str:
    """Two or more lines a claim, and a count of the verdicts."""
    blocks = [_brief(entry) for entry in entries]
    return "\n".join([*blocks, "", summary(entries)])


def as_cards(entries: Sequence[Entry]) -> str:
    """Everything about each claim."""
    return "\n\n".join(_card(entry) for entry in entries)


def summary(entries: Sequence[Entry]) -> str:
    """`57 derived, 12 corrected, …`."""
    counts = Counter(entry.decision.verdict for entry in entries)
    parts = [f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict]]
    return f"{len(entries)} claims: {', '.join(parts)}"


def problems(entries: Sequence[Entry]) -> list[str]:
    """One line for each claim whose checks fail."""
    return [f"{entry.claim.id}: {entry.decision.problem}" for entry in entries if entry.decision.problem]


def _plain(text: str) -> str:
    return text.replace("$", "")


def _brief(entry: Entry) -> str:
    head = f"{entry.claim.id:<34} {entry.place:<16} {entry.decision.verdict.upper()}"
    return "\n".join(
        (head, _wrapped("printed", entry.claim.printed), _wrapped("finding", entry.decision.statement))
    )


def _card(entry: Entry) -> str:
    decision = entry.decision
    lines = [
        f"{entry.claim.id}  ({entry.kind}, {entry.place})",
        _wrapped("printed", entry.claim.printed),
        _wrapped("verdict", decision.verdict),
        _wrapped("finding", decision.statement),
        *(_wrapped("evidence" if not i else "", part) for i, part in enumerate(decision.evidence)),
    ]
    return "\n".join(lines + ([_wrapped("FAILS", decision.problem)] if decision.problem else []))


def _wrapped(label: str, text: str) -> str:
    return textwrap.fill(
        _plain(text),
        _WIDTH,
        initial_indent=f"    {label:<10}",
        subsequent_indent=" " * 14,
        break_long_words=False,
    )
