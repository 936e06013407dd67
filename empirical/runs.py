"""One run: a record and a seed become a result row, in as many sittings as it takes.

A run lives in its own folder below ``runs/``: a checkpoint, and a lock that one process holds while it works,
so that several workers, or several commands, never do the same run twice. Several runs of one learner may
sit together and share an outer batch (`together`). When the planned iterations are
done the best parameters are measured on the fixed test tasks (and on training tasks, and collapsed where
there is something to collapse), and one row is appended to the results. A run whose loss stops being finite
gets a row too, that says so.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from . import results, together
from .ample_data import sufficient_data
from .deadline import Deadline
from .evaluation import Measurement
from .experiments import Record, Setting
from .learner import Learner
from .measurements import evaluated, measurements, measures_of
from .meta_training import MetaTraining, NonFiniteLoss, Parameters, State, resume, start
from .models import Data, check_device, collapsed, engine_of, initial_parameters, learner_of
from .precision import computing_in
from .progress import Begun, observers
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
    together: int = 1
    precision: str = "float32"

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


@dataclass(frozen=True)
class Plan:
    """A run that is to be trained, and the name that its progress goes by."""

    title: str
    setting: Setting
    seed: int


@dataclass(frozen=True)
class Trained:
    """What became of a plan in one sitting."""

    learner: Learner
    state: State
    outcome: together.Outcome


Task = tuple[Record, int]
"""A record and a seed: one run."""


def carry_out(record: Record, seed: int, options: Options, deadline: Deadline) -> results.Row | None:
    """Do or go on with a run and append its row; None when time ran out before the end, with the checkpoint
    kept.

    Raises :class:`Busy`, :class:`ExperimentError` for what cannot be, and :class:`NonFiniteLoss` after its
    row was written.
    """
    (outcome,) = carry_out_together([(record, seed)], options, deadline)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def carry_out_together(
    tasks: Sequence[Task], options: Options, deadline: Deadline
) -> list[results.Row | Busy | NonFiniteLoss | None]:
    """`carry_out` for different runs of one outer batch (`together.companions`): a row, None, or why not, for
    each of them."""
    check_device(options.device)
    outcomes: dict[int, results.Row | Busy | NonFiniteLoss | None] = {}
    with ExitStack() as claims:
        for i, (record, seed) in enumerate(tasks):
            try:
                claims.enter_context(claimed(folder(record.setting, seed, options)))
            except Busy as busy:
                outcomes[i] = busy
        mine = [i for i in range(len(tasks)) if i not in outcomes]
        if mine:
            data = Data.of(tasks[0][0].setting, options.device, options.data_dir)
            with computing_in(options.precision):
                found = sit([tasks[i] for i in mine], data, options, deadline)
            outcomes.update(zip(mine, found, strict=True))
    return [outcomes[i] for i in range(len(tasks))]


def sit(
    tasks: Sequence[Task], data: Data, options: Options, deadline: Deadline
) -> list[results.Row | NonFiniteLoss | None]:
    """One sitting over runs that this process has claimed."""
    record, seed = tasks[0]
    if record.setting.learner == "ample-data":
        found = sufficient_data(data, deadline)
        return [finish(record, seed, options, None, {"test": found}) if found else None]
    plans = [Plan(f"{record.name} seed {seed}", record.setting, seed) for record, seed in tasks]
    return [
        conclude(record, seed, trained, data, options, deadline)
        for (record, seed), trained in zip(tasks, train(plans, data, options, deadline), strict=True)
    ]


def conclude(
    record: Record, seed: int, trained: Trained, data: Data, options: Options, deadline: Deadline
) -> results.Row | NonFiniteLoss | None:
    """Measure a run that came to its end and append its row; None where there is more to do than time."""
    setting, state = record.setting, trained.state
    if isinstance(trained.outcome, NonFiniteLoss):
        finish(record, seed, options, state, {}, status="diverged")
        return trained.outcome
    per_task = state.validation_seconds / options.validation_tasks
    if not trained.outcome or not deadline.allows(per_task * options.test_tasks * measures_of(setting)):
        return None
    measures = measurements(setting, trained.learner, state.best, data, options)
    return finish(record, seed, options, state, measures)


def train(plans: Sequence[Plan], data: Data, options: Options, deadline: Deadline) -> list[Trained]:
    """Meta-train one run, or several in one outer batch, from where each stands."""
    begun = []
    for plan in plans:
        learner, path = learner_of(plan.setting, data.shape), folder(plan.setting, plan.seed, options)
        training = prepare(plan.setting, plan.seed, options, data, learner, path)
        training = replace(training, runs=len(plans))
        begun.append((learner, training, state_of(training, learner, plan.setting, plan.seed, options)))
    shown = [
        Begun(plan.title, state.iteration, options.length(plan.setting))
        for plan, (_, _, state) in zip(plans, begun, strict=True)
    ]
    with observers(options.progress, shown, options.tensorboard) as watchers:
        members = [
            together.Member(training, state, plan.setting.adaptation_rate, run.until, observe)
            for plan, run, observe, (_, training, state) in zip(plans, shown, watchers, begun, strict=True)
        ]
        engine = engine_of(begun[0][0], options.device, options.execution)
        outcomes = together.advance(engine, members, deadline)
    return [
        Trained(learner, state, outcome) for (learner, _, state), outcome in zip(begun, outcomes, strict=True)
    ]


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
        "precision": options.precision,
        **({"together": options.together} if options.together > 1 else {}),
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
