"""The committed measurements of appendix B.1 (`numeric.logistic_measurement` writes them), without torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("measured.jsonl")


def read_table(path: Path = TABLE) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(header, rows): protocol, versions, command; then a row for each cell and checkpoint.

    Figures are [mean, half width of the 95 % interval over seeds], or None with fewer than two finite runs.
    """
    header, *rows = [json.loads(line) for line in path.read_text().splitlines()]
    return header, rows


def select(rows: list[dict[str, Any]], **conditions: Any) -> list[dict[str, Any]]:
    """The rows whose entries equal the given conditions."""
    return [row for row in rows if all(row[key] == value for key, value in conditions.items())]
