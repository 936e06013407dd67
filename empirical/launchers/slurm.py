"""An array job of SLURM, through submitit: one run a task, the same rows in the same place.

A task that is preempted or runs into its time limit is requeued by submitit and goes on from the run's
checkpoint, which lies on the file system that the nodes share (``--runs-dir``).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..commands.shared import Common
from ..experiments import ExperimentError, Record
from ..workload import Task

PARALLEL = 256
"""At most so many tasks of the array at a time."""


@dataclass(frozen=True)
class ArrayTask:
    """What one task of the array does; asked by submitit for itself again when it has to be requeued."""

    record: Record
    seed: int
    common: Common

    def __call__(self) -> dict[str, Any] | None:
        from ..deadline import Deadline
        from ..meta_training import NonFiniteLoss
        from ..runs import carry_out
        from ..workload import summary

        try:
            row = carry_out(self.record, self.seed, self.common.options(), Deadline(self.common.budget))
        except NonFiniteLoss as error:
            print(f"{self.record.name} seed {self.seed}: {error}")
            return None
        print(summary(row) if row else f"{self.record.name} seed {self.seed}: stopped in time")
        return row

    def checkpoint(self) -> Any:
        """The same task again: the run's own checkpoint carries the state."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def jobs(tasks: Sequence[Task], common: Common, options: Sequence[str]) -> list[Any]:
    """Submit the array; returns submitit's jobs."""
    try:
        import submitit
    except ImportError as error:
        message = "--launcher slurm needs the package submitit: pip install 'metadepth[slurm]'"
        raise ExperimentError(message) from error
    if shutil.which("sbatch") is None:
        raise ExperimentError(
            "--launcher slurm: there is no sbatch here; submit from a machine of the cluster"
        )
    folder = common.runs_dir.resolve() / "slurm"
    executor = submitit.SlurmExecutor(folder=str(folder / "%j"), max_num_timeout=100)
    executor.update_parameters(array_parallelism=PARALLEL, job_name="metadepth", **parameters(options))
    absolute = located(common)
    with executor.batch():
        submitted = [executor.submit(ArrayTask(record, seed, absolute)) for record, seed in tasks]
    return submitted


def submit(tasks: Sequence[Task], common: Common, options: Sequence[str]) -> int:
    """Submit the pending runs and say where they will be found."""
    if not tasks:
        print("nothing to do")
        return 0
    submitted = jobs(tasks, common, options)
    print(f"submitted {len(submitted)} runs as array job {submitted[0].job_id.split('_')[0]}")
    print(f"rows: {common.results_dir.resolve()}; logs: {common.runs_dir.resolve() / 'slurm'}")
    return 0


def parameters(options: Sequence[str]) -> dict[str, Any]:
    """``name=value`` words as sbatch parameters; numbers become numbers."""
    found: dict[str, Any] = {}
    for option in options:
        name, separator, value = option.partition("=")
        if not separator or not name:
            raise ExperimentError(f"--slurm-options {option!r}: write name=value, such as partition=short")
        found[name.replace("-", "_")] = int(value) if value.isdecimal() else value
    return found


def located(common: Common) -> Common:
    """The same options with absolute paths, for a process that starts elsewhere; without a bar."""
    from dataclasses import replace

    paths: dict[str, Any] = {
        name: value.resolve() for name, value in vars(common).items() if isinstance(value, Path)
    }
    return replace(common, progress="lines" if common.progress == "auto" else common.progress, **paths)
