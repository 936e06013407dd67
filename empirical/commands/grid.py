"""``python -m empirical grid``: tune the two rates of an experiment on validation tasks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rich.table import Table

from ..experiments import find
from .shared import Common, CommonOptions, console


@dataclass(frozen=True)
class Grid:
    """Meta-train every pair of rates briefly and rank them by validation accuracy. Resumable; test tasks are
    not touched."""

    experiment: str
    """A name from `list`."""
    adaptation_rates: tuple[float, ...] = (0.01, 0.05, 0.1, 0.5)
    """The α to try."""
    meta_rates: tuple[float, ...] = (0.0005, 0.001, 0.003)
    """The β to try."""
    benchmark: str | None = None
    """The same experiment on another benchmark; glyphs needs no data."""
    common: CommonOptions = field(default_factory=Common)

    def __call__(self) -> int:
        record = find(self.experiment)
        if self.benchmark is not None:
            record = replace(
                record, setting=replace(record.setting, benchmark=self.benchmark, image_size=None)
            )
        common = self.common if self.common.iterations else replace(self.common, iterations=500)
        options = common.options()
        folder = options.runs_dir / "grid"
        options = replace(options, results_dir=folder, runs_dir=folder)

        from ..deadline import Deadline, stopped_by_signals
        from ..grid import search

        deadline = Deadline(common.budget)
        with stopped_by_signals(deadline):
            pairs = search(record, self.adaptation_rates, self.meta_rates, options, deadline, say=print)
        table = Table(title=f"{record.name}, {common.iterations} iterations a pair", title_justify="left")
        for heading in ("α", "β", "validation", "status"):
            table.add_column(heading, justify="right")
        for pair in pairs:
            value = "" if pair.accuracy is None else f"{pair.accuracy:.2%}"
            table.add_row(f"{pair.adaptation_rate:g}", f"{pair.meta_rate:g}", value, pair.status)
        console().print(table)
        own = record.setting
        print(f"the record: α = {own.adaptation_rate:g}, β = {own.meta_rate:g} ({record.rates_source})")
        return 0
