"""The outer loop: Adam over the model's θ and the update rule's ξ together, choosing by validation, stopping
and going on exactly.

    (θ, ξ) ← (θ, ξ) − β · Adam( mean over 16 tasks of ∇ ℓ_τ(θ after adaptation) ),                       eq.
    (3), (23)

with Adam (0.9, 0.999), ε = 1e-8, one rate β, no schedule, no clipping, no decay (METHODS); the synthetic 1-D
regression alone has gradient descent with momentum 0.9 in its place (appendix D). Iteration i uses the tasks
16·i … 16·i + 15 of the training split, and task j is a pure function of (seed, split, j). So the whole run is
a function of (setting, seed): what a checkpoint holds (parameters, Adam's moments, the best parameters so
far, the iteration) is enough to go on, and a run that is killed and resumed ends in the same bits as one that
never stopped (on a CPU, same machine, same number of threads).

Selection: every ``validation_every`` iterations the accuracy after adaptation on a fixed list of validation
tasks is taken; the parameters with the highest are kept as ``best``. Test tasks are never looked at here.

Losses are fetched from a GPU once in 25 iterations only, since a fetch waits for the device; a checkpoint is
written only after the losses up to it have been seen to be finite.

A run asks for one meta-gradient after another and goes on with the answer (`MetaTraining.requests`, a
generator). So whoever answers may serve one run (`advance`) or several in one outer batch (`together`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from . import checkpoints
from .deadline import Deadline
from .experiments import ExperimentError

Parameters = dict[str, Tensor]
Observer = Callable[[dict[str, float]], None]
"""Told of every iteration and of every validation; see :mod:`empirical.progress`."""


class NonFiniteLoss(ArithmeticError):
    """The meta-loss became NaN or infinite; names the iteration and the last checkpoint before it."""

    def __init__(self, iteration: int, checkpoint: Path | None) -> None:
        where = f"last finite checkpoint: {checkpoint}" if checkpoint else "no checkpoint was kept"
        super().__init__(f"the meta-loss is not finite at iteration {iteration}; {where}")
        self.iteration = iteration


MetaGradient = tuple[Tensor, Parameters, Tensor]
"""Loss, gradients and query accuracy of a batch of tasks at some parameters."""


class Engine(Protocol):
    """What this module needs of an engine."""

    def meta_gradient(self, meta_parameters: Parameters, episode: Any) -> MetaGradient: ...


class Tasks(Protocol):
    """What this module needs of a task stream."""

    def batch(self, first: int, count: int) -> Any: ...


@dataclass
class State:
    """Everything that a resumed run needs, and nothing else."""

    parameters: Parameters
    optimizer: dict[str, Any]
    best: Parameters
    best_accuracy: float = -1.0
    best_iteration: int = 0
    iteration: int = 0
    seconds: float = 0.0
    validation_seconds: float = 0.0
    """How long the latest validation took: tells whether the test still fits into a budget."""
    curve: list[list[float]] = field(default_factory=list)
    """One point a validation: iteration, mean meta-loss and query accuracy since the last one, then the
    validation accuracies."""
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)


OUTER: dict[str, Callable[[list[Tensor], float], torch.optim.Optimizer]] = {
    "adam": lambda tensors, rate: torch.optim.Adam(
        tensors, lr=rate, betas=(0.9, 0.999), eps=1e-8, foreach=True
    ),
    "momentum": lambda tensors, rate: torch.optim.SGD(tensors, lr=rate, momentum=0.9),
}
"""The outer optimizers, by the name that a setting gives."""


def start(parameters: Parameters) -> State:
    """The state before the first iteration; an optimizer without moments is an empty dictionary."""
    owned = {name: tensor.detach().clone() for name, tensor in parameters.items()}
    return State(owned, {}, {name: tensor.clone() for name, tensor in owned.items()})


def save(state: State, identity: dict[str, Any], path: Path) -> None:
    """Write a checkpoint of ``state`` that says which run it belongs to."""
    checkpoints.save({"identity": identity, **vars(state)}, path)


def resume(path: Path, identity: dict[str, Any], device: str) -> State:
    """The state saved for the run ``identity``; a checkpoint of another run is refused."""
    saved = checkpoints.load(path, device)
    found = saved.pop("identity", None)
    if found != identity:
        raise ExperimentError(f"{path} belongs to another run ({found}, not {identity})")
    try:
        return State(**saved)
    except TypeError as error:
        raise ExperimentError(f"{path} has other fields than this version's checkpoints: {error}") from error


@dataclass(frozen=True)
class MetaTraining:
    """One run of the outer loop; ``validate`` maps parameters to one or more validation accuracies, the first
    of which selects."""

    engine: Engine
    tasks: Tasks
    validate: Callable[[Parameters], list[float]]
    meta_rate: float
    tasks_per_iteration: int
    identity: dict[str, Any]
    outer: str = "adam"
    checkpoint: Path | None = None
    checkpoint_seconds: float = 30.0
    validation_every: int = 100
    check_every: int = 1
    runs: int = 1
    """The runs of one outer batch, this one included: each is charged its share of the time."""

    def advance(
        self, state: State, until: int, deadline: Deadline, observe: Observer = lambda event: None
    ) -> bool:
        """Train ``state`` in place up to iteration ``until`` or the deadline; True when it got there.

        On return the checkpoint on disk is up to date.
        """
        requests = self.requests(state, until, deadline, observe)
        answer = None
        while True:
            try:
                answer = self.engine.meta_gradient(*requests.send(answer))
            except StopIteration as end:
                return end.value

    def requests(
        self, state: State, until: int, deadline: Deadline, observe: Observer
    ) -> Generator[tuple[Parameters, Any], MetaGradient | None, bool]:
        """`advance`, as a generator of (parameters, tasks), each to be answered by its meta-gradient."""
        optimizer = OUTER[self.outer](list(state.parameters.values()), self.meta_rate)
        if state.optimizer:
            optimizer.load_state_dict(state.optimizer)
        pending: list[tuple[Tensor, Tensor]] = []
        saved = time.monotonic()
        if not state.curve:
            self.take_validation(state, observe)
        while state.iteration < until:
            began = time.monotonic()
            answer = yield state.parameters, self.batch(state)
            assert answer is not None
            self.step(state, optimizer, pending, answer)
            due = state.iteration % self.validation_every == 0 or state.iteration == until
            if due or len(pending) >= self.check_every:
                self.settle(state, pending)
            if due:
                self.take_validation(state, observe)
            elapsed = time.monotonic() - began
            state.seconds += elapsed / self.runs
            if not pending:
                observe({"iteration": state.iteration, "until": until, "loss": self.last_loss(state)})
            late = not deadline.allows(2 * elapsed)
            if late or time.monotonic() - saved > self.checkpoint_seconds:
                self.settle(state, pending)
                self.write(state, optimizer)
                saved = time.monotonic()
            if late and state.iteration < until:
                return False
        self.write(state, optimizer)
        return True

    def batch(self, state: State) -> Any:
        """The tasks of the next iteration."""
        return self.tasks.batch(state.iteration * self.tasks_per_iteration, self.tasks_per_iteration)

    def step(
        self,
        state: State,
        optimizer: torch.optim.Optimizer,
        pending: list[tuple[Tensor, Tensor]],
        answer: MetaGradient,
    ) -> None:
        """One step along the meta-gradient of one batch of tasks."""
        loss, gradients, accuracy = answer
        pending.append((torch.as_tensor(loss).detach(), torch.as_tensor(accuracy).detach()))
        if self.check_every == 1 and not math.isfinite(float(loss)):
            self.write(state, optimizer)
            raise NonFiniteLoss(state.iteration, self.existing_checkpoint())
        for name, tensor in state.parameters.items():
            tensor.grad = gradients[name]
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        state.iteration += 1

    def settle(self, state: State, pending: list[tuple[Tensor, Tensor]]) -> None:
        """Fetch the losses of the last iterations; raise where one is not finite."""
        first = state.iteration - len(pending)
        losses = [float(loss) for loss, _ in pending]
        for offset, loss in enumerate(losses):
            if not math.isfinite(loss):
                raise NonFiniteLoss(first + offset, self.existing_checkpoint())
        state.losses += losses
        state.accuracies += [float(accuracy) for _, accuracy in pending]
        pending.clear()

    def take_validation(self, state: State, observe: Observer) -> None:
        """Add a point to the curve, and keep the parameters if they are the best so far."""
        began = time.monotonic()
        values = self.validate(state.parameters)
        state.validation_seconds = time.monotonic() - began
        loss = sum(state.losses) / len(state.losses) if state.losses else math.nan
        accuracy = sum(state.accuracies) / len(state.accuracies) if state.accuracies else math.nan
        state.losses, state.accuracies = [], []
        state.curve.append([state.iteration, loss, accuracy, *values])
        if values[0] > state.best_accuracy:
            state.best_accuracy, state.best_iteration = values[0], state.iteration
            state.best = {name: tensor.detach().clone() for name, tensor in state.parameters.items()}
        observe({"iteration": state.iteration, "validation": values[0], "loss": loss, "accuracy": accuracy})

    def last_loss(self, state: State) -> float:
        """The latest loss fetched."""
        return state.losses[-1] if state.losses else state.curve[-1][1]

    def write(self, state: State, optimizer: torch.optim.Optimizer) -> None:
        """Put the checkpoint on disk."""
        state.optimizer = optimizer.state_dict()
        if self.checkpoint is not None:
            save(state, self.identity, self.checkpoint)

    def existing_checkpoint(self) -> Path | None:
        """The checkpoint, if one was written."""
        return self.checkpoint if self.checkpoint is not None and self.checkpoint.exists() else None
