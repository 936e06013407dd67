"""What a run tells while it works: a progress bar for people, JSON lines for machines, TensorBoard where it
is installed.

An observer is a function of one event, a dictionary of numbers: ``iteration``, ``until`` and ``loss`` after
every iteration; ``iteration``, ``validation``, ``loss``, ``accuracy`` after every validation.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .experiments import ExperimentError
from .meta_training import Observer

MODES = ("auto", "bar", "lines", "json", "none")
"""``auto`` draws the bar on a terminal and writes a line per validation elsewhere."""


def score(validation: float) -> str:
    """An accuracy in percent; a regression is selected by minus its loss, and its loss is shown."""
    return f"{validation:.2%}" if validation >= 0 else f"loss {-validation:.4f}"


@contextmanager
def bar(title: str, iteration: int, until: int) -> Iterator[Observer]:
    """A rich progress bar on standard error: iterations, rate, loss, validation accuracy, time left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("loss {task.fields[loss]:.3f}  validation {task.fields[validation]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(
            title, total=until, completed=iteration, rate="", loss=float("nan"), validation=""
        )

        def observe(event: dict[str, float]) -> None:
            known: dict[str, Any] = {"loss": event["loss"]} if "loss" in event else {}
            known |= {"validation": score(event["validation"])} if "validation" in event else {}
            speed = progress.tasks[task].speed
            rate = f"{speed:.1f}/s" if speed else ""
            progress.update(task, completed=event["iteration"], rate=rate, **known)

        yield observe


@contextmanager
def lines(title: str, iteration: int, until: int, stream: IO[str] | None = None) -> Iterator[Observer]:
    """One line of text per validation, for logs."""
    target = stream or sys.stderr

    def observe(event: dict[str, float]) -> None:
        if "validation" in event:
            numbers = f"loss {event['loss']:.4f} validation {score(event['validation'])}"
            print(f"{title} {event['iteration']:.0f}/{until} {numbers}", file=target, flush=True)

    yield observe


@contextmanager
def json_lines(title: str, iteration: int, until: int, stream: IO[str] | None = None) -> Iterator[Observer]:
    """One JSON object per validation on standard output, for machines."""
    target = stream or sys.stdout

    def observe(event: dict[str, float]) -> None:
        if "validation" in event:
            finite = {name: value if value == value else None for name, value in event.items()}
            print(json.dumps({"run": title, "until": until, **finite}), file=target, flush=True)

    yield observe


@contextmanager
def tensorboard(title: str, directory: Path) -> Iterator[Observer]:
    """Scalars of every validation into a TensorBoard log below ``directory``; needs the extra
    ``tensorboard``."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ExperimentError(
            "--tensorboard needs the package tensorboard: pip install 'metadepth[tensorboard]'"
        ) from error
    with SummaryWriter(str(directory / title)) as writer:

        def observe(event: dict[str, float]) -> None:
            if "validation" in event:
                for name in ("loss", "accuracy", "validation"):
                    if event[name] == event[name]:
                        writer.add_scalar(name, event[name], int(event["iteration"]))

        yield observe


@contextmanager
def observers(
    mode: str, title: str, iteration: int, until: int, tensorboard_directory: Path | None = None
) -> Iterator[Observer]:
    """All the observers that a command asks for, as one."""
    if mode not in MODES:
        raise ExperimentError(f"progress {mode!r}: known are {', '.join(MODES)}")
    shown = ("bar" if sys.stderr.isatty() else "lines") if mode == "auto" else mode
    makers = {"bar": bar, "lines": lines, "json": json_lines}
    with ExitStack() as stack:
        chosen: Sequence[Observer] = [
            *([stack.enter_context(makers[shown](title, iteration, until))] if shown != "none" else []),
            *(
                [stack.enter_context(tensorboard(title, tensorboard_directory))]
                if tensorboard_directory
                else []
            ),
        ]

        def observe(event: dict[str, float]) -> None:
            for observer in chosen:
                observer(event)

        yield observe
