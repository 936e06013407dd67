"""Milliseconds per meta-training iteration, and what bounds them: launches, bytes, arithmetic.

For every workload the plain loop over tasks is run once under a counter of what reaches the device:
operations (each one kernel launch or more), floating-point operations of convolutions and matrix products,
and bytes read and written. Over the measured rates of the device they become three floors. The batched
executions need fewer launches and fewer bytes; the arithmetic is the same up to what they save, so a time
below a floor says that something was saved.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from ..deadline import Deadline
from ..engine import EXECUTIONS, Engine, Request
from ..experiments import find
from ..learner import Learner
from ..models import learner_of
from ..precision import computing_in

WORKLOADS = (
    "table3/omniglot/cnn2/maml",
    "table3/omniglot/cnn2/maml-kfo",
    "table1/omniglot/cnn2/maml-linnet",
    "table1/omniglot/cnn4/maml",
    "table3/cifar-fs/cnn2/maml",
    "table3/cifar-fs/cnn2/maml-kfo",
    "table1/cifar-fs/cnn2/maml-linnet",
    "table1/cifar-fs/cnn4/maml",
)
SHAPES = {"omniglot": (1, 28, 28), "cifar-fs": (3, 32, 32)}
TASKS = 16
REPEATS = 20
RUNS = 8
"""Runs in one outer batch, where several are timed together: an entry's milliseconds are then for all."""
SECONDS = 5.0
"""At most so long for one workload in one execution, apart from its first iteration."""


class Traffic(TorchDispatchMode):
    """Counts operations and the bytes of their tensor arguments and results."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0
        self.bytes = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        self.operations += 1
        for leaf in tree_leaves((args, kwargs, result)):
            if isinstance(leaf, torch.Tensor):
                self.bytes += leaf.numel() * leaf.element_size()
        return result


def problem(name: str, device: str, tasks: int) -> tuple[Learner, dict[str, torch.Tensor], SimpleNamespace]:
    """Learner, parameters and a random batch of tasks of a workload: the time does not depend on the
    pixels."""
    setting = find(name).setting
    shape = SHAPES[setting.benchmark]
    learner = learner_of(setting, shape)
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(setting.ways).repeat_interleave(setting.shots).expand(tasks, -1).to(device)
    images = [
        torch.rand(tasks, setting.ways * setting.shots, *shape, generator=generator).to(device)
        for _ in range(2)
    ]
    batch = SimpleNamespace(support_x=images[0], support_y=labels, query_x=images[1], query_y=labels)
    return learner, {key: tensor.to(device) for key, tensor in learner.init(0).items()}, batch


def synchronize(device: str) -> None:
    """Wait for the device."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)


def timings(device: str, deadline: Deadline, say: Callable[[str], None], small: bool) -> list[dict[str, Any]]:
    """One entry a workload and execution: milliseconds (median), first iteration, peak memory, floors."""
    found: list[dict[str, Any]] = []
    for name in WORKLOADS[: 2 if small else None]:
        tasks = 2 if small else TASKS
        learner, parameters, batch = problem(name, device, tasks)
        work = count(learner, parameters, batch, device)
        engines = {e: Engine(learner, device=device, execution=e) for e in ("auto", *EXECUTIONS)}
        calls: dict[str, tuple[int, Callable[[], object]]] = {
            e: (1, partial(engine.meta_gradient, parameters, batch)) for e, engine in engines.items()
        }
        several = [Request(parameters, batch, learner.rate)] * RUNS
        calls[f"auto, {RUNS} runs together"] = RUNS, partial(engines["auto"].meta_gradients, several)
        if device.startswith("cuda"):
            lower = Engine(learner, device=device)
            calls["auto, tf32"] = 1, partial(lower.meta_gradient, parameters, batch)
        for execution, (runs, call) in calls.items():
            if deadline.passed:
                return found
            entry = {"workload": name, "execution": execution, "tasks": tasks, "runs": runs, **work}
            with computing_in("tf32" if execution.endswith("tf32") else "float32"):
                entry |= timed(call, device)
            found.append(entry)
            if "failure" in entry:
                say(f"{name} {execution}: {entry['failure']}")
            else:
                say(f"{name} {execution}: {entry['milliseconds']:.2f} ms, first {entry['first']:.2f} s")
    return found


def timed(iteration: Callable[[], object], device: str) -> dict[str, Any]:
    """Median milliseconds of an iteration, seconds of the first one, and peak memory on a GPU."""
    gpu = device.startswith("cuda")
    try:
        if gpu:
            torch.cuda.reset_peak_memory_stats(device)
        began = time.perf_counter()
        iteration()
        synchronize(device)
        first = time.perf_counter() - began
        samples: list[float] = []
        while len(samples) < REPEATS and sum(samples) < SECONDS:
            began = time.perf_counter()
            iteration()
            synchronize(device)
            samples.append(time.perf_counter() - began)
    except (
        RuntimeError
    ) as error:  # out of memory, or an execution that this device lacks: reported, the rest goes on
        return {"failure": str(error).splitlines()[0]}
    memory = {"peak_bytes": torch.cuda.max_memory_allocated(device)} if gpu else {}
    return {"milliseconds": 1000 * statistics.median(samples), "first": first, **memory}


def count(
    learner: Learner, parameters: dict[str, torch.Tensor], batch: SimpleNamespace, device: str
) -> dict[str, int]:
    """Operations, floating-point operations and bytes of one iteration as a plain loop over tasks."""
    engine = Engine(learner, device=device, execution="loop", workers=1)
    with Traffic() as traffic:
        engine.meta_gradient(parameters, batch)
    with FlopCounterMode(display=False) as arithmetic:
        engine.meta_gradient(parameters, batch)
    return {"operations": traffic.operations, "flops": arithmetic.get_total_flops(), "bytes": traffic.bytes}


def floors(device: str, small: bool) -> dict[str, float]:
    """Measured rates of the device: float32 matrix products (FLOP/s), copying (bytes/s), launches (1/s)."""
    n = 256 if small else 4096
    square = torch.rand(n, n, device=device)
    tiny = torch.rand(1, device=device)
    return {
        "flops_per_second": 2 * n**3 / seconds(lambda: square @ square, device),
        "bytes_per_second": 2 * square.numel() * 4 / seconds(lambda: square.clone(), device),
        "launches_per_second": 1 / seconds(lambda: tiny + 1, device, repeats=200),
    }


def seconds(call: Callable[[], object], device: str, repeats: int = 10) -> float:
    """Mean time of a call, launched back to back."""
    call()
    synchronize(device)
    began = time.perf_counter()
    for _ in range(repeats):
        call()
    synchronize(device)
    return (time.perf_counter() - began) / repeats
