"""``python -m empirical train``: one experiment, for one or more seeds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..experiments import find
from .shared import Common, CommonOptions, positive


@dataclass(frozen=True)
class Train:
    """Meta-train one experiment, measure it, and append a result row for each seed.

    A run that was stopped, even by kill -9, goes on from its checkpoint when the same command is given again.
    """

    experiment: str
    """A name from `list`, such as table3/omniglot/cnn2/maml-kfo."""
    seeds: int = 1
    """Seeds 0 … n−1."""
    benchmark: str | None = None
    """The same experiment on another benchmark; glyphs needs no data."""
    common: CommonOptions = field(default_factory=Common)

    def __call__(self) -> int:
        record = find(self.experiment)
        if self.benchmark is not None:
            setting = replace(record.setting, benchmark=self.benchmark, image_size=None)
            record = replace(record, name=f"{record.name}:{self.benchmark}", setting=setting, printed=None)
        positive("seeds", self.seeds)
        options = self.common.options()

        from ..deadline import Deadline, stopped_by_signals
        from ..runs import carry_out_together
        from ..workload import summary

        deadline = Deadline(self.common.budget)
        with stopped_by_signals(deadline):
            for first in range(0, self.seeds, options.together):
                seeds = range(first, min(first + options.together, self.seeds))
                outcomes = carry_out_together([(record, seed) for seed in seeds], options, deadline)
                for seed, row in zip(seeds, outcomes, strict=True):
                    if isinstance(row, Exception):
                        raise row
                    if row is None:
                        print(f"{record.name} seed {seed}: stopped in time; the same command goes on")
                        return 0
                    print(summary(row))
        return 0
