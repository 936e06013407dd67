"""Options that several commands have in common, and how they become what the library wants.

No command imports torch before it runs: help, listing and reporting answer at once.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro
from rich.console import Console

from ..experiments import ExperimentError
from ..results import ROWS_DIRECTORY

if TYPE_CHECKING:
    from ..runs import Options


@dataclass(frozen=True)
class Common:
    """How runs are carried out."""

    iterations: int | None = None
    """Meta-iterations of a run; default: the record's own, the paper's length."""
    budget: str | None = None
    """Stop in time: 90s, 25m, 1.5h. What is unfinished goes on at the next call."""
    device: str = "cpu"
    """cpu, cuda, cuda:1, mps."""
    precision: Literal["float32", "tf32"] = "float32"
    """tf32: convolutions and matrix products with 10 bits of mantissa, on GPUs that have it."""
    execution: str = "auto"
    """How the engine works; auto is the fastest measured for device and network."""
    threads: int | None = None
    """Processor threads of this process; default: what the system gives."""
    data_dir: Path | None = None
    """Folder with the images; default: $FEWSHOT_DATA, or what `data prepare` left."""
    runs_dir: Path = Path("runs")
    """Where checkpoints live."""
    results_dir: Path = ROWS_DIRECTORY
    """Where result rows are appended."""
    test_tasks: int = 1_000
    """Fixed meta-test tasks at the end of a run."""
    validation_tasks: int = 100
    """Fixed validation tasks, each time."""
    validation_every: int = 100
    """Iterations between validations."""
    checkpoint_seconds: float = 30.0
    """At least so long between two checkpoints."""
    together: int = 1
    """Runs of one learner (other seeds, other rates) in one outer batch: fewer and larger operations."""
    progress: Literal["auto", "bar", "lines", "json", "none"] = "auto"
    """A bar on a terminal, lines elsewhere; json: one object per validation on standard output."""
    tensorboard: Path | None = None
    """Also log scalars for TensorBoard into this folder."""

    def options(self) -> Options:
        """The library's options; numbers that cannot be are refused here."""
        least = dict.fromkeys(("iterations", "threads", "together", "validation_every"), 1)
        least |= dict.fromkeys(("test_tasks", "validation_tasks"), 2)
        for name, smallest in least.items():
            value = getattr(self, name)
            if value is not None and value < smallest:
                raise ExperimentError(f"--{name.replace('_', '-')} {value}: must be at least {smallest}")
        if self.precision == "tf32" and not self.device.startswith("cuda"):
            raise ExperimentError(f"--precision tf32 needs a CUDA device, not {self.device!r}")
        import torch

        from ..runs import Options

        if self.threads is not None:
            torch.set_num_threads(self.threads)
        return Options(**{option.name: getattr(self, option.name) for option in fields(Options)})

    def arguments(self) -> list[str]:
        """The command line that gives these options again, paths made absolute."""
        words = []
        for option in fields(self):
            value = getattr(self, option.name)
            if value != option.default:
                text = str(value.resolve()) if isinstance(value, Path) else str(value)
                words += [f"--{option.name.replace('_', '-')}", text]
        return words


CommonOptions = Annotated[Common, tyro.conf.arg(name="")]
"""The common options without a prefix."""


def console() -> Console:
    """Standard output; where it is no terminal, wide enough for the tables."""
    return Console() if sys.stdout.isatty() else Console(width=150)


def positive(name: str, value: int) -> int:
    """``value`` if it is at least one."""
    if value < 1:
        raise ExperimentError(f"--{name} {value}: must be at least 1")
    return value


def cores() -> int:
    """Processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
