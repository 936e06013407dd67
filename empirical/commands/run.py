"""``python -m empirical run``: the pending runs of a table, a figure, or of everything, under one budget."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ..experiments import ExperimentError, Record, find, select
from .shared import Common, CommonOptions, positive

if TYPE_CHECKING:
    from ..deadline import Deadline
    from ..runs import Options


@dataclass(frozen=True)
class Run:
    """Do the pending runs in order of value; stop in time; go on at the next call. One JSON line a run in the
    results."""

    experiments: tuple[str, ...] = ()
    """Only these records, by name."""
    table: str | None = None
    """Only this table: 1, 2, 3 or B.4."""
    figure: str | None = None
    """Only this figure."""
    benchmark: str | None = None
    """Only this benchmark."""
    network: str | None = None
    """Only this network, such as cnn2."""
    preset: str | None = None
    """paper, released or ours; default: all."""
    questions: bool = False
    """Only our own questions."""
    pending: bool = False
    """Everything that is pending, of every table and figure."""
    seeds: int = 1
    """Seeds 0 … n−1; the first seed of everything comes first."""
    examine: Literal["auto", "full", "small", "skip"] = "auto"
    """First check the device against float64 on the CPU and time it, once a revision; auto: full on a GPU,
    else skip."""
    dry_run: bool = False
    """Only print what would be done, in order."""
    workers: int = 1
    """Processes on this machine; the cores are shared out among them. On several GPUs: one process a GPU."""
    launcher: Literal["local", "slurm"] = "local"
    """slurm: an array job, one run a task, requeued when preempted."""
    slurm_options: tuple[str, ...] = ()
    """More for sbatch, as name=value, such as partition=short or time=60 (minutes)."""
    common: CommonOptions = field(default_factory=Common)

    def records(self) -> list[Record]:
        """What was selected; selecting nothing at all is refused, since it would mean everything."""
        chosen = (self.table, self.figure, self.benchmark, self.network, self.preset)
        if self.experiments:
            return [find(name) for name in self.experiments]
        if not any(chosen) and not self.questions and not self.pending:
            raise ExperimentError(
                "say what: --pending for everything, or --table, --figure, --benchmark, --questions …"
            )
        return select(
            table=self.table,
            figure=self.figure,
            benchmark=self.benchmark,
            network=self.network,
            preset=self.preset,
            questions_only=self.questions,
        )

    def __call__(self) -> int:
        records = self.records()
        positive("seeds", self.seeds)
        positive("workers", self.workers)
        options = self.common.options()
        if self.launcher == "slurm" and options.together > 1:
            raise ExperimentError(
                "--together: a task of the array is one run; leave it out with --launcher slurm"
            )

        from .. import results
        from ..deadline import Deadline, stopped_by_signals
        from ..models import check_device
        from ..workload import pending, work

        check_device(options.device)
        rows, damages = results.read(options.results_dir)
        for damage in damages:
            print(f"damaged result row, left as it is: {damage}")
        tasks = pending(records, self.seeds, options, rows)
        if self.dry_run:
            for record, seed in tasks:
                print(f"{record.name} seed {seed}")
            return 0
        if self.launcher == "slurm":
            from ..launchers.slurm import submit

            return submit(tasks, self.common, self.slurm_options)
        deadline = Deadline(self.common.budget)
        self.examination(options, deadline)
        if self.workers > 1:
            from ..launchers.local import launch

            return launch(tasks, self.common, self.workers, deadline)
        with stopped_by_signals(deadline):
            tally = work(tasks, options, deadline, say=print)
        print(tally)
        if tasks and tally.without_data == len(tasks):
            return 2
        return 1 if tally.diverged else 0

    def examination(self, options: Options, deadline: Deadline) -> None:
        """Examine the device first, where that was asked for."""
        choice = self.examine
        if choice == "auto":
            choice = "full" if options.device.startswith("cuda") else "skip"
        if choice != "skip":
            from ..card import examine

            examine(options, deadline, say=print, small=choice == "small")
