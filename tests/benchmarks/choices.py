"""What the engine might do instead, measured: one meta-gradient of Omniglot CNN(2), 16 tasks, second order.

    python -m tests.benchmarks.choices [--only WORD] [--repeats N]

One functional program (K inner steps of `torch.func.grad`, then the query loss) is run in the ways that a
reader would try next: task by task, all tasks under `vmap`, as one compiled graph a task, in two memory
layouts, with PyTorch's batch-norm or one written out, in reduced precision; and beside them the engine's own
executions. Every way is first held to the engine's loop in double precision (reduced precision is reported by
its error instead), then they take turns at the clock. Compilation is timed apart. On a GPU: `--device cuda`.

Eight runs in one outer batch (`Engine.meta_gradients`) stand beside eight runs one after another; divide both
by eight.

The last rows time the convolutions of the first inner step, where all tasks still share their weights: one by
one, or as one convolution of all tasks' images.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import torch
from torch import Tensor
from torch.func import grad, vmap
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn import functional as F

from empirical.engine import Engine, Request
from empirical.learner import Learner
from empirical.networks import cnn
from empirical.networks.layers import EPSILON
from tests.benchmarks.meta_training import disagreement, random_tasks

LEARNER = Learner(cnn("omniglot", 2), rate=0.08)
Parameters = dict[str, Tensor]
Run = Callable[[], Parameters]


def native_norm(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    """PyTorch's batch-norm."""
    return F.batch_norm(x, None, None, gain, shift, training=True, eps=EPSILON)


def written_norm(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    """The same, elementwise."""
    centred = x - x.mean((0, 2, 3), keepdim=True)
    normal = centred * (centred.square().mean((0, 2, 3), keepdim=True) + EPSILON).rsqrt()
    return normal * gain.view(1, -1, 1, 1) + shift.view(1, -1, 1, 1)


def loss(norm: Callable[..., Tensor], parameters: Parameters, x: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy of one task's batch."""
    for i, block in enumerate(LEARNER.network.blocks, 1):
        weight, bias = parameters[f"conv{i}.weight"], parameters[f"conv{i}.bias"]
        x = F.conv2d(x, weight, bias, block.stride, 1)
        x = F.relu(norm(x, parameters[f"norm{i}.weight"], parameters[f"norm{i}.bias"]))
    outputs = F.linear(x.mean((2, 3)), parameters["head.weight"], parameters["head.bias"])
    return F.cross_entropy(outputs, y)


def query_loss(
    norm: Callable[..., Tensor], parameters: Parameters, sx: Tensor, sy: Tensor, qx: Tensor, qy: Tensor
) -> Tensor:
    """The query loss after the inner loop, differentiable by θ."""
    for _ in range(LEARNER.steps):
        slopes = grad(partial(loss, norm))(parameters, sx, sy)
        parameters = {name: p - LEARNER.rate * slopes[name] for name, p in parameters.items()}
    return loss(norm, parameters, qx, qy)


def of(tasks: SimpleNamespace, i: int | slice = slice(None)) -> tuple[Tensor, ...]:
    """The four tensors of one task, or of all."""
    return tasks.support_x[i], tasks.support_y[i], tasks.query_x[i], tasks.query_y[i]


def mean(rows: list[Parameters]) -> Parameters:
    """Mean over the tasks."""
    return {name: torch.stack([row[name] for row in rows]).mean(0) for name in rows[0]}


def one_by_one(gradient: Callable[..., Parameters], parameters: Parameters, tasks: SimpleNamespace) -> Run:
    """A Python loop over tasks."""
    return lambda: mean([gradient(parameters, *of(tasks, i)) for i in range(len(tasks.support_y))])


def functional(parameters: Parameters, tasks: SimpleNamespace) -> dict[str, Callable[[], Run]]:
    """name → how to build it; building compiles."""
    native, written = (grad(partial(query_loss, norm)) for norm in (native_norm, written_norm))
    last = SimpleNamespace(**vars(tasks))
    last.support_x, last.query_x = (
        x.flatten(0, 1).contiguous(memory_format=torch.channels_last).unflatten(0, x.shape[:2])
        for x in (tasks.support_x, tasks.query_x)
    )

    def vectorised(gradient: Callable[..., Parameters]) -> Run:
        over = vmap(gradient, in_dims=(None, 0, 0, 0, 0))
        return lambda: {name: g.mean(0) for name, g in over(parameters, *of(tasks)).items()}

    def compiled(gradient: Callable[..., Parameters], one: tuple[Tensor, ...]) -> Callable[..., Parameters]:
        return torch.compile(make_fx(gradient)(parameters, *one))

    def compiled_loop() -> Run:
        return one_by_one(compiled(native, of(tasks, 0)), parameters, tasks)

    def compiled_batch() -> Run:
        graph = compiled(vmap(written, in_dims=(None, 0, 0, 0, 0)), of(tasks))
        return lambda: {name: g.mean(0) for name, g in graph(parameters, *of(tasks)).items()}

    return {
        "task by task": lambda: one_by_one(native, parameters, tasks),
        "task by task, batch-norm written out": lambda: one_by_one(written, parameters, tasks),
        "task by task, channels last": lambda: one_by_one(native, parameters, last),
        "vmap": lambda: vectorised(native),
        "vmap, batch-norm written out": lambda: vectorised(written),
        "one compiled graph a task": compiled_loop,
        "one compiled graph for all tasks": compiled_batch,
    }


def engines(parameters: Parameters, tasks: SimpleNamespace, device: str) -> dict[str, Callable[[], Run]]:
    """The engine's executions, likewise."""
    ways = {
        "engine: loop, one worker": {"execution": "loop", "workers": 1},
        "engine: loop, threads": {"execution": "loop", "processes": False},
        "engine: loop, processes": {"execution": "loop", "processes": True},
        "engine: batched": {"execution": "batched", "processes": False},
        "engine: sweep, threads": {"execution": "sweep", "processes": False},
        "engine: sweep, processes": {"execution": "sweep", "processes": True},
    }

    def build(options: dict) -> Run:
        engine = Engine(LEARNER, device, **options)
        return lambda: engine.meta_gradient(parameters, tasks).gradients

    def eight(together: bool) -> Run:
        engine = Engine(LEARNER, device)
        requests = [Request(parameters, tasks, LEARNER.rate)] * 8
        if together:
            return lambda: engine.meta_gradients(requests)[-1].gradients
        return lambda: [engine.meta_gradient(r.meta_parameters, r.tasks).gradients for r in requests][-1]

    return {name: partial(build, options) for name, options in ways.items()} | {
        "engine: eight runs, one after another": partial(eight, False),
        "engine: eight runs together": partial(eight, True),
    }


def reduced(run: Run, device: str) -> Run:
    """The same in bfloat16 where autocast puts it, accumulating in float32."""

    def lower() -> Parameters:
        with torch.autocast(torch.device(device).type, torch.bfloat16):
            return run()

    return lower


def clock(run: Callable[[], object], device: str) -> float:
    """Seconds of one call."""
    begin = time.perf_counter()
    run()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - begin


def first_step(device: str, repeats: int) -> None:
    """The second block's convolution for 16 tasks with shared weights, two ways."""
    images, filters = torch.rand(16, 25, 32, 14, 14, device=device), torch.rand(32, 32, 3, 3, device=device)
    layout = torch.channels_last
    filters, together = (
        filters.to(memory_format=layout),
        images.flatten(0, 1).contiguous(memory_format=layout),
    )
    apart = [task.contiguous(memory_format=layout) for task in images]
    ways = {
        "first step's convolution, task by task": lambda: [F.conv2d(x, filters, None, 2, 1) for x in apart],
        "first step's convolution, all tasks at once": lambda: F.conv2d(together, filters, None, 2, 1),
    }
    for name, run in ways.items():
        run()
        times = sorted(clock(run, device) for _ in range(20 * repeats))
        print(f"{name:44s} {times[len(times) // 2] * 1e3:9.2f} ms")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="ways whose name contains this")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    tasks, parameters = random_tasks(LEARNER, 16), LEARNER.init(0)
    for key, value in vars(tasks).items():
        setattr(tasks, key, value.to(options.device))
    parameters = {name: p.to(options.device) for name, p in parameters.items()}
    pair = SimpleNamespace(**{key: value[:2] for key, value in vars(tasks).items()})
    pair.support_x, pair.query_x = pair.support_x.double(), pair.query_x.double()
    exact = {name: p.double() for name, p in parameters.items()}
    expected = Engine(LEARNER, options.device, "loop").meta_gradient(exact, pair).gradients

    ways = functional(parameters, tasks) | engines(parameters, tasks, options.device)
    proofs = functional(exact, pair) | engines(exact, pair, options.device)
    runs, notes = {}, {}
    for name in [name for name in ways if options.only in name]:
        if "compiled" not in name:  # compiled twice it would take minutes; its float32 result is compared
            differ = disagreement(proofs[name]()(), expected)
            if differ > 1e-9:
                raise SystemExit(f"{name}: the meta-gradient is off by {differ:.1e}; nothing was timed")
        try:
            runs[name] = ways[name]()
            first = clock(runs[name], options.device)
        except Exception as error:
            print(f"{name:44s} not here: {str(error).splitlines()[0][:80]}")
            runs.pop(name, None)
            continue
        notes[name] = f"first call {first:.1f} s" if first > 1.0 else ""
        if name == "task by task":
            lower = f"{name}, bfloat16"
            runs[lower] = reduced(runs[name], options.device)
            notes[lower] = f"off by {disagreement(runs[lower](), runs[name]()):.0e}"
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(options.repeats):
        for name, run in runs.items():
            seconds[name].append(clock(run, options.device))
    for name, times in seconds.items():
        print(f"{name:44s} {sorted(times)[len(times) // 2] * 1e3:9.1f} ms  {notes[name]}")
    first_step(options.device, options.repeats)


if __name__ == "__main__":
    main()
