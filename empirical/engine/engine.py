"""The engine: the learner's one semantics, executed the fastest measured way for network and device.

    engine = Engine(learner, device="cpu")
    loss, gradients, accuracy = engine.meta_gradient(meta_parameters, tasks)
    several = engine.meta_gradients([Request(meta_parameters, tasks, rate), …])

A batch of tasks is cut into chunks (memory is bounded by the chunk, not by the meta-batch), the chunks are
dealt to workers, and the sums are added in the order of the tasks: the same inputs give the same bits, run
after run, on a CPU.

Executions, all with the same result to rounding (tests/empirical/test_engine.py holds each of them to the
slow reference in float64):

| name | what runs |
|---|---|
| loop | one task after another on autograd's tape |
| batched | all tasks of a chunk at once on the tape, with per-task layers |
| sweep | hand-written passes (`sweep`), convolutions task by task, the rest for all tasks at once |
| grouped | the same passes with grouped convolutions, so that everything is for all tasks at once |

Measured against learn2learn in a process of its own, in the same run (`tests.benchmarks.meta_training`: 16
tasks, 5-way 5-shot, 5 inner steps, second order; medians, two Zen 5 cores, torch 2.13; two runs): Omniglot
CNN(2) 4.9 and 5.3×, with LinNet 5.2 and 5.4×, with meta-KFO 5.7 and 6.0×; Omniglot CNN(4) 3.5 and 4.8×;
CIFAR-FS CNN(2) 2.6×, with meta-KFO 2.9×; softmax regression 5.8 and 5.9×; 1-D regression with 1,024 tasks
645×.
Where the peer's process keeps freed memory as ours does (`workers`): 4.2, 4.3, 5.1; 3.0; 2.0, 2.4; 6.0; 630×
(over many runs on a shared machine the CNNs at 2.5 to 4.5). The CNNs take 0.7 to 1.7 times the arithmetic
floor.

What lost, on Omniglot CNN(2), the iteration in ms (`tests.benchmarks.choices`): a functional program task by
task 488 (channels-last the same, batch-norm written out 539), under `vmap` 399 (written out 553: a grouped
convolution reaches 71 GFLOP/s, an ordinary one 200), one compiled graph a task 203 after 66 s of compilation,
one for all tasks 272 after 54 s; `loop` 280 with two workers, `batched` 319; sweep 130 on threads, 116 on
processes. bfloat16 under autocast gains nothing there and moves the meta-gradient by 20 %. Sharing the first
inner step, where all tasks have the same weights, would save a third of its convolutions' 1 ms: not worth a
second path. Forgetting the first map after the gradient and computing it again for H v halves the memory and
costs 2 %; masks written in place, two convolutions for one with twice the channels, huge pages, the helper's
data sent before the own share begins: no difference.

Where the time goes (Omniglot CNN(2), eight tasks on one thread, of 93 ms; with meta-KFO 6 more): 48 in
convolutions that grow with the batch, 10 in what a call of oneDNN costs whatever its size (20 µs forward, 60
backward), 20 in the rest that grows with the batch, 15 in Python and dispatch.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from empirical.engine.captured import Call, Captured, Pool, shapes
from empirical.engine.chunks import affordable, on_device, side_by_side, single_tasks
from empirical.engine.passes import Chunk, Course, Execution, MetaGradient, course, meta_gradient
from empirical.engine.sweep import GroupedSweep, Sweep
from empirical.engine.tape import Tape
from empirical.engine.workers import keep_memory, single_threaded, workers
from empirical.learner import Learner, Tasks

EXECUTIONS: dict[str, Execution] = {"loop": Tape, "batched": Tape, "sweep": Sweep, "grouped": GroupedSweep}

Result = TypeVar("Result")

CHUNK_BYTES, GPU_CHUNK_BYTES = 2**28, 2**33
"""Memory for what one chunk keeps, in single precision."""

SMALL = 50_000
"""Parameters up to which a linear model is too small for two threads (softmax regression is)."""


KEPT = 8
"""CUDA graphs that an engine keeps; the oldest goes first."""


class Request(NamedTuple):
    """What one of several runs asks of an outer batch: its meta-gradient at some meta-parameters."""

    meta_parameters: Mapping[str, Tensor]
    tasks: Tasks
    rate: float
    """The run's adaptation rate, in place of the learner's."""


@dataclass(frozen=True)
class Engine:
    """Executes a learner on a device.

    `execution` is a name of the module docstring or "auto"; `chunk` the number of tasks handled at once;
    `workers` the number of workers that share the chunks (default: as many as PyTorch may use threads on a
    CPU, one on a GPU); `processes` whether all but one of them are processes (default: once that pays, see
    `workers`); `graph` whether meta-gradients are replayed from CUDA graphs (default: on a GPU). Raises
    ValueError for an unknown execution or an unavailable device.
    """

    learner: Learner
    device: str = "cpu"
    execution: str = "auto"
    chunk: int | None = None
    workers: int | None = None
    processes: bool | None = None
    graph: bool | None = None

    def __post_init__(self) -> None:
        if self.execution not in ("auto", *EXECUTIONS):
            raise ValueError(f"unknown execution {self.execution!r}; known: auto, {', '.join(EXECUTIONS)}")
        if self.execution in ("sweep", "grouped") and not Sweep.runs(self.learner):
            raise ValueError(
                "the hand-written sweep does not cover warp layers or support statistics; use loop"
            )
        if self.graph and self.on_cpu:
            raise ValueError(f"CUDA graphs need a GPU, not {self.device!r}")
        for what, value in (("chunk", self.chunk), ("workers", self.workers)):
            if value is not None and value < 1:
                raise ValueError(f"{what} is at least 1, not {value}")
        try:
            torch.empty(0, device=self.device)
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
            raise ValueError(f"device {self.device!r} is not available: {reason}") from None

    def meta_gradient(self, meta_parameters: Mapping[str, Tensor], tasks: Tasks) -> MetaGradient:
        """Meta-loss, meta-gradient and post-adaptation query accuracy, each the mean over the tasks."""
        return self.mean(meta_parameters, self.chunks([tasks]), len(tasks.support_y))

    def meta_gradients(self, requests: Sequence[Request]) -> list[MetaGradient]:
        """`meta_gradient` for every request, in one outer batch (all of one shape), to rounding.

        A loop has no task axis to put the runs on and serves them one after another.
        """
        if self.chosen == "loop":
            return [
                replace(self, learner=replace(self.learner, rate=rate)).meta_gradient(parameters, tasks)
                for parameters, tasks, rate in requests
            ]
        first = requests[0]
        stacked = {
            name: torch.stack([request.meta_parameters[name] for request in requests])
            for name in first.meta_parameters
        }
        rates = tuple(request.rate for request in requests)
        chunks = self.chunks([request.tasks for request in requests])
        means = self.mean(stacked, chunks, len(first.tasks.support_y), rates)
        return [
            MetaGradient(loss, {name: gradient[i] for name, gradient in means.gradients.items()}, accuracy)
            for i, (loss, accuracy) in enumerate(zip(means.loss, means.accuracy, strict=True))
        ]

    def mean(
        self,
        meta_parameters: Mapping[str, Tensor],
        chunks: Iterable[Chunk],
        count: int,
        rates: tuple[float, ...] | None = None,
    ) -> MetaGradient:
        """The meta-gradient over `count` tasks (of each run, where there are several) in chunks."""
        own = None
        if rates is not None:
            like = next(iter(meta_parameters.values()))
            own = torch.tensor(rates, dtype=like.dtype, device=self.device)
        if self.captures:
            parts = [self.replayed(dict(meta_parameters), chunk, own, rates) for chunk in chunks]
        else:
            parts = self.deal(meta_gradient, meta_parameters, chunks, own)
        return MetaGradient(
            total([part.loss for part in parts]) / count,
            {name: total([part.gradients[name] for part in parts]) / count for name in meta_parameters},
            total([part.accuracy for part in parts]) / count,
        )

    def course(self, meta_parameters: Mapping[str, Tensor], tasks: Tasks) -> Course:
        """Query accuracies and losses (K + 1, T) along the inner loop, and the adapted parameters (T, …)."""
        parts = self.deal(course, meta_parameters, self.chunks([tasks]))
        join = torch.stack if self.chosen == "loop" else torch.cat
        return Course(
            join([part.accuracies for part in parts], -1),
            join([part.losses for part in parts], -1),
            {name: join([part.parameters[name] for part in parts]) for name in parts[0].parameters},
        )

    def evaluate(self, meta_parameters: Mapping[str, Tensor], tasks: Tasks) -> tuple[Tensor, Tensor]:
        """(accuracies, losses) on the query sets, before adaptation and after each step: (K + 1, T) both."""
        return self.course(meta_parameters, tasks)[:2]

    def adapt(self, meta_parameters: Mapping[str, Tensor], tasks: Tasks) -> dict[str, Tensor]:
        """The adapted parameters of every task: name → (T, …)."""
        return self.course(meta_parameters, tasks).parameters

    def deal(
        self,
        function: Callable[..., Result],
        meta_parameters: Mapping[str, Tensor],
        chunks: Iterable[Chunk],
        *more: Tensor | None,
    ) -> list[Result]:
        """The function on every chunk, by the workers, or here: by the caller, with all its threads.

        One single-threaded worker is not the same as the caller: for small operations PyTorch's own threads
        are worse than none, and on a busy machine far worse (softmax regression at load 9: median 685 against
        20 ms).
        """
        keep_memory()
        common = (self.learner, EXECUTIONS[self.chosen], dict(meta_parameters))
        if not self.on_cpu or self.workers == 1:
            return [function(*common, chunk, *more) for chunk in chunks]
        with single_threaded():
            calls = [(*common, chunk, *more) for chunk in chunks]
        return workers(self.threads).map(function, calls, self.processes)

    @cached_property
    def graphs(self) -> dict[tuple, Call]:
        """The CUDA graphs recorded so far, by the shapes that they are for."""
        return {}

    @cached_property
    def pool(self) -> Pool:
        """The memory that the graphs share: they run one at a time."""
        return Pool()

    def replayed(
        self,
        meta_parameters: dict[str, Tensor],
        chunk: Chunk,
        own: Tensor | None,
        rates: tuple[float, ...] | None,
    ) -> MetaGradient:
        """The meta-gradient of a chunk from its graph, recorded at the first call.

        The runs' rates (on the device in `own`) are part of the recording.

        What cannot be recorded runs as it is, with a warning, unless graphs were asked for.
        """
        key = (*shapes(meta_parameters, chunk), rates)
        if key not in self.graphs:
            while len(self.graphs) >= KEPT:
                del self.graphs[next(iter(self.graphs))]
            call = partial(meta_gradient, self.learner, EXECUTIONS[self.chosen], rates=own)
            try:
                self.graphs[key] = Captured(call, meta_parameters, chunk, self.pool)
            except RuntimeError as error:
                if self.graph or isinstance(error, torch.OutOfMemoryError):
                    raise
                reason = str(error).splitlines()[0]
                warnings.warn(f"no CUDA graph of {self.chosen}, so slower: {reason}", stacklevel=3)
                self.graphs[key] = call
        return self.graphs[key](meta_parameters, chunk)

    @property
    def captures(self) -> bool:
        """Whether meta-gradients are replayed from CUDA graphs."""
        return not self.on_cpu if self.graph is None else self.graph

    @property
    def chosen(self) -> str:
        """The execution in use: on a CPU grouped convolutions lose to a loop, on a GPU launches decide."""
        if self.execution != "auto":
            return self.execution
        if Sweep.runs(self.learner):
            return "sweep" if self.on_cpu else "grouped"
        return "loop" if self.on_cpu and self.learner.network.blocks else "batched"

    @property
    def threads(self) -> int:
        """The number of workers in use.

        Small linear models get one on a CPU: their operations are so short that two threads mostly wait for
        the interpreter lock (softmax regression, 16 tasks: 2.4 ms with one worker, 8 with two).
        """
        if self.workers:
            return self.workers
        network = self.learner.network
        heavy = network.blocks or network.size > SMALL
        return torch.get_num_threads() if self.on_cpu and heavy else 1

    @property
    def on_cpu(self) -> bool:
        """Whether the device is the CPU."""
        return torch.device(self.device).type == "cpu"

    def chunks(self, batches: Sequence[Tasks]) -> Iterator[Chunk]:
        """The runs' batches cut into chunks, on the device; a loop's have no task axis."""
        moved = [on_device(tasks, self.learner.network.input_shape, self.device) for tasks in batches]
        self.learner.refuse(moved[0].support_y.shape[-1], moved[0].query_y.shape[-1])
        if self.chosen == "loop":
            return single_tasks(moved)
        room = CHUNK_BYTES if self.on_cpu else GPU_CHUNK_BYTES
        share = -(-len(moved[0].support_y) // self.threads)
        return side_by_side(
            moved, self.chunk or max(1, min(share, affordable(self.learner, room) // len(moved)))
        )


def total(parts: list[Tensor]) -> Tensor:
    """The sum of the parts, in their order."""
    return torch.stack(parts).sum(0) if len(parts) > 1 else parts[0]
