"""The outcome of a numeric check: residuals, their bounds, a table, a verdict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Residual:
    """One comparison: passed where `value` ≤ `bound` (a nan does not pass)."""

    name: str
    value: float
    bound: float
    note: str = ""

    @classmethod
    def between(cls, name: str, exact: float, numeric: float, bound: float, note: str = "") -> Residual:
        """The difference of two numbers, which the note shows."""
        values = f"exact {exact:.8g}, numeric {numeric:.8g}"
        return cls(name, abs(exact - numeric), bound, f"{values}; {note}" if note else values)

    @property
    def passed(self) -> bool:
        """Whether the residual is within its bound."""
        return self.value <= self.bound


@dataclass(frozen=True)
class Residuals:
    """All comparisons of a check."""

    rows: tuple[Residual, ...]

    @property
    def passed(self) -> bool:
        """Whether all are within their bounds."""
        return all(row.passed for row in self.rows)

    def render(self) -> str:
        """A table of residuals, bounds and verdicts."""
        import torch

        from analysis.stationary_points.report import table

        rows = [
            [r.name, f"{r.value:.3g}", f"{r.bound:.3g}", "ok" if r.passed else "FAILED", r.note]
            for r in self.rows
        ]
        return f"Check against PyTorch {torch.__version__} (independent, float64)\n" + table(
            ["comparison", "residual", "bound", "", ""], rows
        )
