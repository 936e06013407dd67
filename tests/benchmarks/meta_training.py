"""One meta-training iteration, ours against the plain-autograd loop and against learn2learn.

    python -m tests.benchmarks.meta_training [--only WORD] [--repeats N] [--growth] [--device cuda]

16 tasks, 5 ways, 5 shots, 5 queries, 5 inner steps, second order; the same weights and the same data on all
sides; meta-gradients compared before any clock runs; the sides take turns, and the median of each is shown.
The peer is used as its own examples use it (clone, adapt, backward), on as many threads as PyTorch has, and
in a process of its own: ours tells the allocator to keep freed memory (`engine.workers`), and in the same
process that spares the peer, too, the 60,000 to 80,000 page faults an iteration that its users pay for.
`--kept` gives it that setting all the same. Where it was not fetched (`python -m tests.benchmarks.peers`),
its column is empty and everything else goes on.

The comparison is in double precision, on two of the tasks. In single precision two correct programs agree to
a few 1e-6 on most tasks and differ by up to 10 % on one in ten, loop included: among millions of activations
one lies so near zero that rounding decides its ReLU, and the meta-gradient jumps there. (Seen: of 48 tasks on
Omniglot CNN(2) the four that differ by more than 1e-5 from double precision are the four in which a ReLU is
on in one precision and off in the other.)

* *ms*: of a long run, in which all workers but one have become processes; *young ms*: of its first ten
  seconds, on threads alone. On a GPU: of the replayed graph, and of the same launches one by one.
* *floor*: the multiplications and additions of the convolutions and matrix products of one iteration (9
  forward passes' worth an inner step, 3 for the query set; 4 and 2 in the first layer, whose input never
  moves) over the measured rate of 1024² matrix products on all threads. That is the convention of the field
  and no law: the convolution kernels of one library can beat the matrix product of another.
* *peak*: the most resident memory of this process (or allocated on the GPU), so far; rows are in order of
  size.
* `--growth`: how our iteration grows with tasks, steps and depth.
"""

import argparse
import resource
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import SimpleNamespace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from empirical.engine import Engine
from empirical.engine.workers import keep_memory
from empirical.learner import Learner
from empirical.networks import Network, cnn, scalar_regression, softmax_regression
from empirical.precision import computing_in
from empirical.update_rules import update_rule
from tests.benchmarks.peers import PeerMissing, learn2learn

TURN = 0.1
"""Seconds of a side's turn, at least: a short iteration runs as it does in training, not after another's."""

WORKLOADS: dict[str, Callable[[], tuple[Learner, int]]] = {
    "1-D regression, 1,024 tasks": lambda: (
        Learner(scalar_regression(2), steps=1, rate=0.1, loss="squared"),
        1024,
    ),
    "softmax": lambda: (Learner(softmax_regression(784), rate=0.08), 16),
    "Omniglot CNN(2)": lambda: (Learner(cnn("omniglot", 2), rate=0.08), 16),
    "Omniglot CNN(2) + LinNet": lambda: (Learner(cnn("omniglot", 2, linnet=(64, 64)), rate=0.05), 16),
    "Omniglot CNN(2) + meta-KFO": lambda: (Learner(cnn("omniglot", 2), update_rule("kfo"), rate=0.1), 16),
    "Omniglot CNN(4)": lambda: (Learner(cnn("omniglot", 4), rate=0.08), 16),
    "CIFAR-FS CNN(2)": lambda: (Learner(cnn("cifar-fs", 2), rate=0.07), 16),
    "CIFAR-FS CNN(2) + meta-KFO": lambda: (Learner(cnn("cifar-fs", 2), update_rule("kfo"), rate=0.1), 16),
}


def random_tasks(learner: Learner, count: int, examples: int = 25) -> SimpleNamespace:
    """Uniform images and balanced labels, or the 1-D regression's law."""
    generator = torch.Generator().manual_seed(0)

    def draw() -> tuple[Tensor, Tensor]:
        if learner.loss == "squared":
            x = torch.randn(count, examples, 1, generator=generator)
            return x, slope * x[..., 0] + torch.randn(count, examples, generator=generator)
        x = torch.rand(count, examples, *learner.network.input_shape, generator=generator)
        return x, torch.arange(examples).remainder(learner.network.outputs).expand(count, examples)

    slope = torch.randn(count, 1, generator=generator)
    (sx, sy), (qx, qy) = draw(), draw()
    return SimpleNamespace(support_x=sx, support_y=sy, query_x=qx, query_y=qy)


class Module(nn.Module):
    """A `Network` as the peer wants it: ordinary torch modules, holding the parameters given."""

    def __init__(self, network: Network, parameters: dict[str, Tensor]) -> None:
        super().__init__()
        self.names, layers = [], []
        for i, block in enumerate(network.blocks, 1):
            layers += [
                nn.Conv2d(block.channels, block.filters, 3, block.stride, 1),
                nn.BatchNorm2d(block.filters, track_running_stats=False),
                nn.ReLU(),
            ]
            self.names += [f"{layer}{i}.{part}" for layer in ("conv", "norm") for part in ("weight", "bias")]
        if network.blocks:
            layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        widths = (network.width, *network.linnet)
        layers += [nn.Linear(n, m, bias=False) for n, m in zip(widths, network.linnet, strict=False)]
        self.names += [f"linear{i + 1}.weight" for i in range(len(network.linnet))]
        layers += [nn.Linear(widths[-1], network.outputs, bias=network.bias)]
        self.names += ["head.weight", "head.bias"][: 1 + network.bias]
        self.layers = nn.Sequential(*layers).to(parameters[self.names[0]].dtype)
        with torch.no_grad():
            for name, value in zip(self.names, self.parameters(), strict=True):
                value.copy_(parameters[name])

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def peer(
    learner: Learner, parameters: dict[str, Tensor], tasks: SimpleNamespace
) -> Callable[[], dict[str, Tensor]]:
    """learn2learn's iteration; it returns the mean meta-gradient of θ."""
    library = learn2learn()
    module = Module(learner.network, parameters)
    if learner.rule.name == "kfo":
        transform = library.optim.KroneckerTransform(library.nn.KroneckerLinear)
        wrapped = library.algorithms.GBML(
            module, transform=transform, lr=learner.rate, adapt_transform=False, first_order=False
        )
    else:
        wrapped = library.algorithms.MAML(module, lr=learner.rate, first_order=False)
    wrapped = wrapped.to(parameters[module.names[0]].dtype)

    def loss(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        return (
            0.5 * F.mse_loss(model(x)[:, 0], y) if learner.loss == "squared" else F.cross_entropy(model(x), y)
        )

    def iteration() -> dict[str, Tensor]:
        module.zero_grad()
        count = len(tasks.support_y)
        for i in range(count):
            clone = wrapped.clone()
            for _ in range(learner.steps):
                clone.adapt(loss(clone, tasks.support_x[i], tasks.support_y[i]))
            (loss(clone, tasks.query_x[i], tasks.query_y[i]) / count).backward()
        return {name: p.grad for name, p in zip(module.names, module.parameters(), strict=True)}

    return iteration


@dataclass(frozen=True)
class PeerProcess:
    """learn2learn's iteration on a workload, in a process of its own, on request."""

    pipe: Connection
    process: BaseProcess

    @classmethod
    def start(cls, name: str, device: str, precision: str, kept: bool) -> "PeerProcess":
        """Ready once this returns: imported, built and run once."""
        learn2learn()  # PeerMissing is the caller's business
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, name, device, precision, kept), daemon=True)
        process.start()
        theirs.close()
        ours.recv()
        return cls(ours, process)

    def clock(self) -> float:
        """Seconds of one iteration there."""
        self.pipe.send(True)
        return self.pipe.recv()

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()


def serve(pipe: Connection, name: str, device: str, precision: str, kept: bool) -> None:
    """The other end: time one turn at each request."""
    if kept:
        keep_memory()
    with suppress(EOFError), computing_in(precision):
        learner, parameters, tasks = workload(name, device)
        run = peer(learner, parameters, tasks)
        run()
        pipe.send(True)
        while pipe.recv():
            pipe.send(clock(run, TURN))


def workload(name: str, device: str) -> tuple[Learner, dict[str, Tensor], SimpleNamespace]:
    """Learner, meta-parameters and tasks of a row, the same in every process."""
    learner, count = WORKLOADS[name]()
    tasks = SimpleNamespace(**{key: x.to(device) for key, x in vars(random_tasks(learner, count)).items()})
    return learner, {key: value.to(device) for key, value in learner.init(0).items()}, tasks


def arithmetic(learner: Learner, tasks: int, examples: int = 25) -> float:
    """Floating-point operations of the convolutions and matrix products of one second-order iteration."""
    network, total, first = learner.network, 0.0, True
    side = network.input_shape[-1]
    layers = []
    for block in network.blocks:
        side = (side - 1) // block.stride + 1
        layers.append(side * side * 9 * block.channels * block.filters)
        side //= block.pool
    widths = (network.width, *network.linnet, network.outputs)
    layers += [n * m for n, m in pairwise(widths)]
    for products in layers:
        inner, query = (4, 2) if first else (9, 3)
        total += 2.0 * products * examples * (learner.steps * inner + query)
        first = False
    return total * tasks


def matrix_rate(device: str, size: int = 1024) -> float:
    """Operations a second of a large matrix product, the best of ten."""
    a = torch.rand(size, size, device=device)
    return 2 * size**3 / min(clock(lambda: a @ a) for _ in range(10))


def clock(function: Callable[[], object], least: float = 0.0) -> float:
    """Seconds of one call: the mean over as many as take `least` seconds together, and at least one."""
    begin, calls = time.perf_counter(), 0
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    while not calls or time.perf_counter() < begin + least:
        function()
        calls += 1
        if torch.cuda.is_available():
            torch.cuda.synchronize()
    return (time.perf_counter() - begin) / calls


def disagreement(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> float:
    """Largest difference of two meta-gradients over the largest entry, on the parameters that both have."""
    scale = max(float(theirs[name].abs().max()) for name in theirs)
    return max(float((ours[name] - theirs[name]).abs().max()) for name in theirs) / scale


def check(learner: Learner, device: str, parameters: dict[str, Tensor], tasks: SimpleNamespace) -> float:
    """Largest disagreement of ours with loop and peer: two tasks, double precision. It ends a bad run."""
    pair = SimpleNamespace(**{key: value[:2] for key, value in vars(tasks).items()})
    for key in ("support_x", "query_x", *(("support_y", "query_y") if learner.loss == "squared" else ())):
        setattr(pair, key, getattr(pair, key).double())
    exact = {name: value.double() for name, value in parameters.items()}
    ours = Engine(learner, device).meta_gradient(exact, pair).gradients
    loop = Engine(learner, device, "loop", graph=False).meta_gradient(exact, pair).gradients
    differences = [disagreement(ours, loop)]
    with suppress(PeerMissing):
        differences.append(disagreement(ours, peer(learner, exact, pair)()))
    if max(differences) > 1e-9:
        raise SystemExit(f"meta-gradients disagree by {max(differences):.1e}; nothing was timed")
    return max(differences)


def compare(name: str, device: str, precision: str, kept: bool, repeats: int, rate: float) -> str:
    """One row of the table."""
    learner, parameters, tasks = workload(name, device)
    differ = check(learner, device, parameters, tasks)
    engines = {
        "ours": Engine(learner, device, processes=True),
        "young": Engine(learner, device, processes=False, graph=False),
        "loop": Engine(learner, device, "loop", workers=1, graph=False),
    }
    sides: dict[str, Callable[[], float]] = {}
    for side, engine in engines.items():
        run = partial(engine.meta_gradient, parameters, tasks)
        run()
        sides[side] = partial(clock, run, TURN)
    with ExitStack() as stack:
        with suppress(PeerMissing):
            other = PeerProcess.start(name, device, precision, kept)
            stack.callback(other.close)
            sides["peer"] = other.clock
        seconds: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(repeats):
            for side, measure in sides.items():
                seconds[side].append(measure())
    median = {side: sorted(values)[len(values) // 2] for side, values in seconds.items()}
    against = {side: f"{seconds / median['ours']:.2f}×" for side, seconds in median.items()}
    floor = arithmetic(learner, len(tasks.support_y)) / rate
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    if device != "cpu":
        peak = torch.cuda.max_memory_allocated() / 2**20
    return (
        f"{name:28s} {median['ours'] * 1e3:9.1f} {against.get('peer', '—'):>9s} {against['loop']:>9s} "
        f"{median['young'] * 1e3:9.1f} {differ:9.1e} "
        f"{floor * 1e3:8.1f} {median['ours'] / floor:8.1f}× {peak:7.0f}"
    )


def growth(device: str, repeats: int) -> None:
    """Milliseconds of our iteration on Omniglot as tasks, steps and depth grow."""
    for what, rows in {
        "tasks": [(Learner(cnn("omniglot", 2)), tasks) for tasks in (4, 8, 16, 32)],
        "steps": [(Learner(cnn("omniglot", 2), steps=steps), 16) for steps in (1, 2, 5, 10)],
        "depth": [(Learner(cnn("omniglot", depth)), 16) for depth in (1, 2, 4, 6)],
    }.items():
        for learner, count in rows:
            engine, tasks, parameters = (
                Engine(learner, device, processes=True),
                SimpleNamespace(**{k: x.to(device) for k, x in vars(random_tasks(learner, count)).items()}),
                {k: p.to(device) for k, p in learner.init(0).items()},
            )
            run = partial(engine.meta_gradient, parameters, tasks)
            run()
            times = sorted(clock(run) for _ in range(repeats))
            label = f"{count} tasks, {learner.steps} steps, {learner.network.label}"
            print(f"growth with {what}: {label:32s} {times[repeats // 2] * 1e3:9.1f} ms")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="workloads whose name contains this")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="float32", choices=("float32", "tf32"), help="of both sides")
    parser.add_argument("--kept", action="store_true", help="let the peer's process keep freed memory, too")
    options = parser.parse_args()
    rate = matrix_rate(options.device)
    threads = torch.get_num_threads()
    print(f"torch {torch.__version__}, {threads} threads, {rate / 1e9:.0f} GFLOP/s in matrix products")
    try:
        learn2learn()
    except PeerMissing as missing:
        print(missing)
    heads = {"ms": 9, "vs peer": 9, "vs loop": 9, "young ms": 9, "differ": 9, "floor ms": 8, "of floor": 9}
    print(" " * 28, *(f"{head:>{width}s}" for head, width in heads.items()), "peak MB")
    for name in WORKLOADS:
        if options.only in name:
            with computing_in(options.precision):
                row = compare(name, options.device, options.precision, options.kept, options.repeats, rate)
            print(row, flush=True)
    if options.growth:
        growth(options.device, options.repeats)


if __name__ == "__main__":
    main()
