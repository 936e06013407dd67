"""One run: a record and a seed become a result row, in as many sittings as it takes.

A run lives in its own folder below ``runs/``: a checkpoint, and a lock that one process holds while it works,
so that several workers, or several commands, never do the same run twice. When the planned iterations are
done the best parameters are measured on the fixed test tasks (and on training tasks, and collapsed where
there is something to collapse), and one row is appended to the results. A run whose loss stops being finite
gets a row too, that says so.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import results
from .ample_data import sufficient_data
from .deadline import Deadline
from .evaluation import Measurement, measure
from .experiments import Record, Setting
from .learner import Learner
from .meta_training import MetaTraining, NonFiniteLoss, Parameters, State, resume, start
from .models import Data, check_device, collapsed, engine_of, initial_parameters, learner_of
from .progress import observers
from .provenance import provenance

CURVE_POINTS = 60
"""At most so many points of the training curve go into a row."""

CUDA_CHECK_EVERY = 25
"""On a GPU losses are fetched once in so many iterations."""


class Busy(Exception):
    """Another process is working on this run."""


@dataclass(frozen=True)
class Options:
    """How runs are carried out; none of this changes what a run is, except its length."""

    iterations: int | None = None
    device: str = "cpu"
    execution: str = "auto"
    data_dir: Path | None = None
    runs_dir: Path = Path("runs")
    results_dir: Path = results.ROWS_DIRECTORY
    test_tasks: int = 1_000
    validation_tasks: int = 100
    validation_every: int = 100
    checkpoint_seconds: float = 30.0
    progress: str = "auto"
    tensorboard: Path | None = None

    def length(self, setting: Setting) -> int:
        """How many iterations a run of ``setting`` has: as asked, but none where none are meant."""
        return (self.iterations or setting.iterations) if setting.iterations else 0


def folder(setting: Setting, seed: int, options: Options) -> Path:
    """Where the run keeps its checkpoint."""
    name = f"{setting.benchmark}-{setting.network}-{setting.learner}-{setting.rule}-{setting.key}"
    return options.runs_dir / name / f"seed{seed}"


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Hold the lock of a run's folder; raises :class:`Busy` if another process does. Freed by the system when
    a holder dies."""
    path.mkdir(parents=True, exist_ok=True)
    with (path / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(str(path)) from error
        yield


def carry_out(record: Record, seed: int, options: Options, deadline: Deadline) -> results.Row | None:
    """Do or go on with a run and append its row; None when time ran out before the end, with the checkpoint
    kept.

    Raises :class:`Busy`, :class:`ExperimentError` for what cannot be, and :class:`NonFiniteLoss` after its
    row was written.
    """
    setting = record.setting
    check_device(options.device)
    path = folder(setting, seed, options)
    with claimed(path):
        data = Data.of(setting, options.device, options.data_dir)
        if setting.learner == "ample-data":
            found = sufficient_data(data, deadline)
            return finish(record, seed, options, None, {"test": found}) if found else None
        learner = learner_of(setting, data.shape)
        training = prepare(setting, seed, options, data, learner, path)
        state = state_of(training, learner, setting, seed, options)
        until = options.length(setting)
        title = f"{record.name} seed {seed}"
        try:
            with observers(options.progress, title, state.iteration, until, options.tensorboard) as observe:
                if not training.advance(state, until, deadline, observe):
                    return None
        except NonFiniteLoss:
            finish(record, seed, options, state, {}, status="diverged")
            raise
        per_task = state.validation_seconds / options.validation_tasks
        if not deadline.allows(per_task * options.test_tasks * measures_of(setting)):
            return None
        return finish(record, seed, options, state, measurements(setting, learner, state.best, data, options))


def prepare(
    setting: Setting, seed: int, options: Options, data: Data, learner: Learner, path: Path | None
) -> MetaTraining:
    """The outer loop of a run; ``path`` None keeps no checkpoint."""
    validation = data.evaluation("validation")
    with_collapse = setting.network == "softmax" and bool(setting.linnet) and setting.rule == "sgd"
    kinds = [False, True] if with_collapse else [False]

    def validate(parameters: Parameters) -> list[float]:
        values = []
        for collapse in kinds:
            chosen = collapsed(learner, parameters) if collapse else (learner, parameters)
            found = evaluated(setting, *chosen, validation, options.validation_tasks, options)
            values.append(-found.loss if found.accuracy is None else found.accuracy)
        return values

    return MetaTraining(
        engine=engine_of(learner, options.device, options.execution),
        tasks=data.training(seed),
        validate=validate,
        meta_rate=setting.meta_rate,
        tasks_per_iteration=setting.tasks,
        identity={"key": setting.key, "seed": seed},
        outer=setting.outer,
        checkpoint=path / "checkpoint.pt" if path else None,
        checkpoint_seconds=options.checkpoint_seconds,
        validation_every=options.validation_every,
        check_every=1 if options.device == "cpu" else CUDA_CHECK_EVERY,
    )


def state_of(
    training: MetaTraining, learner: Learner, setting: Setting, seed: int, options: Options
) -> State:
    """The state to go on from: the checkpoint's, or a new one."""
    if training.checkpoint is not None and training.checkpoint.exists():
        return resume(training.checkpoint, training.identity, options.device)
    return start(initial_parameters(learner, setting, seed, options.device))


def evaluated(
    setting: Setting, learner: Learner, parameters: Parameters, tasks: Any, count: int, options: Options
) -> Measurement:
    """Accuracy of a learner at some meta-parameters on tasks 0 … count−1."""
    engine = engine_of(learner, options.device, options.execution)
    return measure(engine.evaluate, parameters, tasks, count, setting.ways * setting.queries)


def measures_of(setting: Setting) -> int:
    """How many lists of test length :func:`measurements` evaluates."""
    return 3 if setting.linnet and setting.rule == "sgd" else 2


def measurements(
    setting: Setting, learner: Learner, parameters: Parameters, data: Data, options: Options
) -> dict[str, Measurement]:
    """Everything that is measured at the end of a run."""
    count = options.test_tasks
    found = {
        "test": evaluated(setting, learner, parameters, data.evaluation("test"), count, options),
        "train": evaluated(setting, learner, parameters, data.evaluation("train"), count, options),
    }
    if measures_of(setting) == 3:
        chosen = collapsed(learner, parameters)
        found["collapsed"] = evaluated(setting, *chosen, data.evaluation("test"), count, options)
    return found


def finish(
    record: Record,
    seed: int,
    options: Options,
    state: State | None,
    measures: dict[str, Measurement],
    status: str = "complete",
) -> results.Row:
    """Append the row of a run that ended."""
    row: results.Row = {
        "record": record.name,
        "key": record.setting.key,
        "seed": seed,
        "status": status,
        "iterations": state.iteration if state else 0,
        "planned": record.setting.iterations,
        "setting": asdict(record.setting),
        "selected": state.best_iteration if state else 0,
        "measures": {name: found.as_json() for name, found in measures.items()},
        "curve": thinned(state.curve) if state else [],
        "seconds": round(state.seconds, 1) if state else 0.0,
        "sizes": sizes(state.parameters) if state else {},
        "validation_tasks": options.validation_tasks,
        **provenance(options.device),
    }
    results.append(row, options.results_dir)
    return row


def thinned(curve: list[list[float]]) -> list[list[float | None]]:
    """At most :data:`CURVE_POINTS` points, the first and the last among them; what is not finite becomes
    None."""
    n = len(curve)
    kept = (
        range(n)
        if n <= CURVE_POINTS
        else sorted({round(i * (n - 1) / (CURVE_POINTS - 1)) for i in range(CURVE_POINTS)})
    )
    return [[round(x, 5) if x == x else None for x in curve[i]] for i in kept]


def sizes(parameters: Parameters) -> dict[str, int]:
    """Numbers of parameters of the model (θ) and of the update rule (ξ)."""
    rule = sum(tensor.numel() for name, tensor in parameters.items() if name.startswith("rule."))
    return {"model": sum(tensor.numel() for tensor in parameters.values()) - rule, "rule": rule}
