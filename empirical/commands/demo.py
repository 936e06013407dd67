"""``python -m empirical demo``: no data, under two minutes on two cores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.table import Table

from ..experiments import ExperimentError
from .shared import console, positive


@dataclass(frozen=True)
class Demo:
    """Meta-train shallow and deep learners on generated glyphs for a moment each, compare them, and draw the
    comparison."""

    seconds: float = 10.0
    """Meta-training time of each of the five models."""
    test_tasks: int = 100
    """Fixed meta-test tasks."""
    device: str = "cpu"
    """cpu, cuda, mps."""
    picture: Path = Path("demo.png")
    """Where the picture goes."""
    progress: Literal["auto", "bar", "lines", "json", "none"] = "auto"
    """A bar on a terminal, lines elsewhere."""

    def __call__(self) -> int:
        if self.seconds <= 0:
            raise ExperimentError(f"--seconds {self.seconds}: must be positive")
        positive("test-tasks", self.test_tasks)
        if not self.picture.absolute().parent.is_dir():
            raise ExperimentError(f"there is no folder {self.picture.absolute().parent} (--picture)")

        from ..demo import compete, draw
        from ..models import check_device
        from ..runs import Options

        options = Options(
            iterations=100_000,
            device=check_device(self.device),
            test_tasks=self.test_tasks,
            validation_tasks=20,
            validation_every=50,
            progress=self.progress,
        )
        contestants = compete(self.seconds, options, say=lambda label: None)
        table = Table(
            title=f"generated glyphs, 5-way 5-shot, {self.seconds:g} s of meta-training each",
            title_justify="left",
        )
        for heading in ("model", "iterations", "before, %", "after 5 steps, %", "± 95 %", "collapsed, %"):
            table.add_column(heading, justify="left" if heading == "model" else "right")
        for c in contestants:
            collapsed = (
                f"{100 * c.collapsed.accuracy:.1f}"
                if c.collapsed and c.collapsed.accuracy is not None
                else ""
            )
            test = c.test
            if test.accuracy is None or test.interval is None:
                continue
            before, after, half = (f"{100 * v:.1f}" for v in (test.per_step[0], test.accuracy, test.interval))
            table.add_row(c.label, str(c.iterations), before, after, half, collapsed)
        console().print(table)
        draw(contestants, self.picture)
        print(f"drawn: {self.picture}")
        return 0
