"""Several runs in one outer batch: other seeds and other rates of one learner, trained in step.

A GPU spends a small network's iteration launching kernels; R runs in one batch are launched as one. The runs
remain what they are: each has its own tasks, optimizer, validation, checkpoint and end, and one that diverges
leaves the others alone. What they share is the computation of the meta-gradients, so the last bit of a run
may depend on its company (a batched product's rounding may depend on the batch), and only a run by itself is
promised to end in the same bits whatever happens on the way.

Measured on two CPU cores, eight runs of 16 tasks, ms a run and iteration (alone → together): 1-D regression
0.28 → 0.06; softmax regression 3.1 → 2.8; Omniglot CNN(2) 132 → 130; softmax + LinNet 64 → 89, softmax +
meta-KFO 32 → 105: there a task's share of a run's matrices is copied, where alone all tasks read one. On a
GPU it is unmeasured, so nobody's default.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .deadline import Deadline
from .engine import Engine, Request
from .experiments import Setting
from .meta_training import MetaTraining, NonFiniteLoss, Observer, State

Outcome = bool | NonFiniteLoss
"""Whether a run got to its last iteration, or why it never will."""


@dataclass(frozen=True)
class Member:
    """A run on its way to iteration ``until`` with adaptation rate ``rate``."""

    training: MetaTraining
    state: State
    rate: float
    until: int
    observe: Observer


def companions(one: Setting, other: Setting) -> bool:
    """Whether two settings differ only in what runs of one outer batch may differ in."""
    return alike(one) == alike(other) and one.learner != "ample-data"


def alike(setting: Setting) -> Setting:
    """The setting without its rates, outer optimizer, start and length."""
    return replace(
        setting, adaptation_rate=1.0, meta_rate=1.0, outer="", start="", head_init=None, iterations=1
    )


def advance(engine: Engine, members: Sequence[Member], deadline: Deadline) -> list[Outcome]:
    """Train every member to its end, its divergence or the deadline."""
    if len(members) == 1:
        return [alone(members[0], deadline)]
    courses = [m.training.requests(m.state, m.until, deadline, m.observe) for m in members]
    answers: dict[int, Any] = dict.fromkeys(range(len(members)))
    outcomes: dict[int, Outcome] = {}
    while answers:
        asked: dict[int, Request] = {}
        for i, answer in answers.items():
            try:
                asked[i] = Request(*courses[i].send(answer), members[i].rate)
            except StopIteration as end:
                outcomes[i] = end.value
            except NonFiniteLoss as error:
                outcomes[i] = error
        answers = answered(engine, asked)
    return [outcomes[i] for i in range(len(members))]


def alone(member: Member, deadline: Deadline) -> Outcome:
    """Train a run without company."""
    try:
        return member.training.advance(member.state, member.until, deadline, member.observe)
    except NonFiniteLoss as error:
        return error


def answered(engine: Engine, asked: dict[int, Request]) -> dict[int, Any]:
    """The meta-gradients asked for, under the numbers of their runs."""
    if not asked:
        return {}
    return dict(zip(asked, engine.meta_gradients(list(asked.values())), strict=True))
