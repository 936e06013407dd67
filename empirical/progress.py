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
from typing import IO, Any, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .experiments import ExperimentError
from .meta_training import Observer

MODES = ("auto", "bar", "lines", "json", "none")
"""``auto`` draws the bar on a terminal and writes a line per validation elsewhere."""


class Begun(NamedTuple):
    """A run as its progress is shown: its name, where it stands, where it will end."""

    title: str
    iteration: int
    until: int


def score(validation: float) -> str:
    """An accuracy in percent; a regression is selected by minus its loss, and its loss is shown."""
    return f"{validation:.2%}" if validation >= 0 else f"loss {-validation:.4f}"


@contextmanager
def bars(runs: Sequence[Begun]) -> Iterator[list[Observer]]:
    """Rich progress bars on standard error: iterations, rate, loss, validation accuracy, time left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("loss {task.fields[loss]:.3f}  validation {task.fields[validation]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:

        def watcher(run: Begun) -> Observer:
            task = progress.add_task(
                run.title, total=run.until, completed=run.iteration, rate="", loss=float("nan"), validation=""
            )

            def observe(event: dict[str, float]) -> None:
                known: dict[str, Any] = {"loss": event["loss"]} if "loss" in event else {}
                known |= {"validation": score(event["validation"])} if "validation" in event else {}
                speed = progress.tasks[task].speed
                rate = f"{speed:.1f}/s" if speed else ""
                progress.update(task, completed=event["iteration"], rate=rate, **known)

            return observe

        yield [watcher(run) for run in runs]


def line(run: Begun, stream: IO[str] | None = None) -> Observer:
    """One line of text per validation, for logs."""
    target = stream or sys.stderr

    def observe(event: dict[str, float]) -> None:
        if "validation" in event:
            numbers = f"loss {event['loss']:.4f} validation {score(event['validation'])}"
            print(f"{run.title} {event['iteration']:.0f}/{run.until} {numbers}", file=target, flush=True)

    return observe


def json_line(run: Begun, stream: IO[str] | None = None) -> Observer:
    """One JSON object per validation on standard output, for machines."""
    target = stream or sys.stdout

    def observe(event: dict[str, float]) -> None:
        if "validation" in event:
            finite = {name: value if value == value else None for name, value in event.items()}
            print(json.dumps({"run": run.title, "until": run.until, **finite}), file=target, flush=True)

    return observe


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
    mode: str, runs: Sequence[Begun], tensorboard_directory: Path | None = None
) -> Iterator[list[Observer]]:
    """All the observers that a command asks for, as one for each of the runs that go on together."""
    if mode not in MODES:
        raise ExperimentError(f"progress {mode!r}: known are {', '.join(MODES)}")
    shown = ("bar" if sys.stderr.isatty() else "lines") if mode == "auto" else mode
    with ExitStack() as stack:
        watchers: list[list[Observer]] = []
        if shown == "bar":
            watchers.append(stack.enter_context(bars(runs)))
        elif shown != "none":
            watchers.append([(line if shown == "lines" else json_line)(run) for run in runs])
        if tensorboard_directory:
            watchers.append(
                [stack.enter_context(tensorboard(run.title, tensorboard_directory)) for run in runs]
            )
        yield [all_of([watcher[i] for watcher in watchers]) for i in range(len(runs))]


def all_of(chosen: Sequence[Observer]) -> Observer:
    """One observer that tells them all."""

    def observe(event: dict[str, float]) -> None:
        for observer in chosen:
            observer(event)

    return observe
