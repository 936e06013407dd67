"""The paper's tables with ours beside them: one line a record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..experiments import Record
from ..results import Row, best_rows
from .statistics import Estimate, Term, estimate

NOT_YET = "not yet measured"


@dataclass(frozen=True)
class Line:
    """A record, the paper's value, ours, and the difference; percent, or a loss where there is no
    accuracy."""

    record: Record
    ours: Estimate | None
    before: float | None
    """Mean accuracy before the first inner step, percent."""
    status: str
    """Empty when measured; else ``not yet measured`` or ``diverged at iteration n``."""

    @property
    def difference(self) -> float | None:
        """Ours − the paper's."""
        if self.ours is None or self.record.printed is None:
            return None
        return self.ours.value - self.record.printed

    def cells(self) -> dict[str, str]:
        """The line as text, by heading."""
        ours, printed = self.ours, self.record.printed
        return {
            "experiment": self.record.name,
            "paper": "" if printed is None else f"{printed:g}",
            "ours": self.status if ours is None else f"{ours.value:.2f}",
            "± 95 %": "" if ours is None else f"{ours.half_width:.2f}",
            "difference": "" if self.difference is None else f"{self.difference:+.2f}",
            "before": "" if self.before is None else f"{self.before:.1f}",
            "seeds": "" if ours is None else str(ours.seeds),
            "budget": "" if ours is None else budget(ours),
            "prediction": self.record.prediction,
        }


def budget(ours: Estimate) -> str:
    """``2,000 of 40,000 (reduced)``, or the full length."""
    if not ours.planned:
        return "no meta-training"
    if ours.iterations >= ours.planned:
        return f"{ours.iterations:,} (full)"
    return f"{ours.iterations:,} of {ours.planned:,} (reduced)"


def line(record: Record, rows: Sequence[Row]) -> Line:
    """The line of one record."""
    found = estimate(rows, [Term(1.0, record.name)])
    if found is not None:
        return Line(record, found, before_adaptation(record, rows), "")
    fallen = [row for row in best_rows(rows, record.setting.key) if row["status"] == "diverged"]
    return Line(record, None, None, f"diverged at iteration {fallen[0]['iterations']}" if fallen else NOT_YET)


def before_adaptation(record: Record, rows: Sequence[Row]) -> float | None:
    """Mean accuracy before the first inner step over seeds, percent; None where it was not measured."""
    kind = "test" if record.measure == "loss" else record.measure
    steps = [
        r["measures"][kind]["per_step"] for r in best_rows(rows, record.setting.key) if kind in r["measures"]
    ]
    values = [s[0] for s in steps if len(s) > 1]
    return 100.0 * sum(values) / len(values) if values else None


def lines(records: Iterable[Record], rows: Sequence[Row], measured_only: bool = False) -> list[Line]:
    """The lines of several records, in their order."""
    found = [line(record, rows) for record in records]
    return [x for x in found if x.ours is not None or not measured_only]
