"""Result rows on disk: one JSON object a line, appended whole or not at all, read with a report of what was
damaged.

Appending takes an exclusive lock on the file, writes the line by one ``write`` at its end, and flushes it to
the disk. A writer that was killed half-way leaves a line without an end; the next writer ends that line
before it writes its own, so one damaged line never swallows the next. A disk that is full leaves the file as
long as it was. Nothing is ever rewritten: a damaged line stays where it is, and every reader reports it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = dict[str, Any]

ROWS_DIRECTORY = Path(__file__).parent
"""Where the committed rows live; one file per benchmark."""

REQUIRED = {
    "record": str,
    "key": str,
    "seed": int,
    "iterations": int,
    "status": str,
    "setting": dict,
    "measures": dict,
}
"""What a line must have to be a row."""


@dataclass(frozen=True)
class Damage:
    """A line that could not be read as a row."""

    file: Path
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file.name} line {self.line}: {self.reason}"


def append(row: Row, directory: Path = ROWS_DIRECTORY) -> Path:
    """Add one row to the file of its benchmark; returns the file. Safe with many writers, threads or machines
    with locks.

    Raises ``OSError`` (disk full, no permission) with the file unchanged, and ``ValueError`` for a row that
    would not be read back.
    """
    reason = why_not_a_row(row)
    if reason:
        raise ValueError(f"not a result row: {reason}")
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{row['setting']['benchmark']}.jsonl"
    line = json.dumps(row, separators=(",", ":"), allow_nan=False).encode() + b"\n"
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        line = b"\n" * torn + line
        try:
            if os.write(descriptor, line) != len(line):
                raise OSError(f"the disk took only part of a row of {path.name}")
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
    return path


def read(directory: Path = ROWS_DIRECTORY) -> tuple[list[Row], list[Damage]]:
    """All rows of a directory in file and line order, and every line that is not one."""
    rows: list[Row] = []
    damages: list[Damage] = []
    for path in sorted(directory.glob("*.jsonl")):
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                damages.append(Damage(path, number, f"not JSON ({len(line)} bytes)"))
                continue
            reason = why_not_a_row(row)
            if reason:
                damages.append(Damage(path, number, reason))
            else:
                rows.append(row)
    return rows, damages


def why_not_a_row(row: object) -> str:
    """Empty for a row; else what is wrong with it."""
    if not isinstance(row, dict):
        return "not an object"
    for name, kind in REQUIRED.items():
        if name not in row:
            return f"no {name!r}"
        if not isinstance(row[name], kind):
            return f"{name!r} is not {kind.__name__}"
    return "" if "benchmark" in row["setting"] else "its setting names no benchmark"


def best_rows(rows: Iterable[Row], key: str) -> list[Row]:
    """One row a seed for a setting: of several the one with most iterations, of equals the latest."""
    by_seed: dict[int, Row] = {}
    for row in rows:
        if row["key"] == key:
            kept = by_seed.get(row["seed"])
            if kept is None or row["iterations"] >= kept["iterations"]:
                by_seed[row["seed"]] = row
    return [by_seed[seed] for seed in sorted(by_seed)]


def answered(rows: Iterable[Row], key: str, seed: int, iterations: int) -> bool:
    """Whether a run of that setting and seed, at least that long or diverged before, is there."""
    return any(
        row["key"] == key
        and row["seed"] == seed
        and (row["iterations"] >= iterations or row["status"] == "diverged")
        for row in rows
    )
