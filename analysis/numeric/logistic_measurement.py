r"""Appendix B.1 measured: MAML on logistic regression and its linear deepenings, in PyTorch, by simulation.

Nothing here uses `analysis.logistic`: support and query sets are drawn, gradients are autograd's,
accuracies are counted. A *cell* is a depth (number of linear maps: 1 is LR, 2 is aᵀBx, 3 is aᵀB₂B₁x), a
hidden width, a label rule, a start, a number of support examples, an adaptation rate, a momentum. Each cell
is meta-trained with the paper's rates (Table D.5: meta rate 0.01 for LR, 0.1 deeper; adaptation rate 0.9,
one step) and evaluated on fixed test tasks at the iterations 0, 100 and 1,000. What the paper leaves open
is chosen here and stated in the table: SGD, without and with the momentum 0.9 that appendix D names for the
1-D regression; 16 tasks an iteration; 20 query examples; the start; the hidden width.

Four accuracies are reported, since the paper does not say which it plots:

- `before`: threshold prediction with no adaptation, against the labels;
- `after`: threshold prediction 1[cᵀx > 0] after one step, against the labels (drawn by the cell's rule);
- `after_teacher`: the same against the noise-free labels 1[θᵀx > 0];
- `after_sampled`: prediction ŷ ~ Bernoulli(σ(cᵀx)), as §4.2 writes the model, against the labels.

`python -m analysis.numeric.logistic_measurement --out analysis/logistic/measured.jsonl` regenerates the
committed table (a header line with protocol and versions, then one line a row, every figure as [mean, half
width of the 95 % Student interval over seeds]; about two minutes on one core).
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from analysis.command_line import OneLineParser, integer_between, positive

META_RATES = {1: 0.01, 2: 0.1, 3: 0.1}
MOMENTA = (0.0, 0.9)
# 97.5 % quantiles of Student's t with n − 1 degrees of freedom.
STUDENT_975 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}


@dataclass(frozen=True)
class Protocol:
    """What the paper leaves open or fixes for all cells; every row carries it."""

    seeds: int = 5
    checkpoints: tuple[int, ...] = (0, 100, 1000)
    tasks: int = 16
    queries: int = 20
    test_tasks: int = 400
    test_queries: int = 200
    seed: int = 0


@dataclass(frozen=True)
class Batch:
    """One architecture and shot count; its cells (labels, start, alpha, momentum) run side by side."""

    depth: int
    width: int
    shots: int
    cells: tuple[tuple[str, str, float, float], ...]


@dataclass(frozen=True)
class Conditions:
    """What differs between the runs of a batch, each (R, 1, 1): label rule, adaptation rate, momentum."""

    sampled: Tensor
    alpha: Tensor
    momentum: Tensor

    @staticmethod
    def of(batch: Batch, seeds: int) -> Conditions:
        """The conditions of R = cells × seeds runs, the seeds of a cell side by side."""
        labels, _, alpha, momentum = zip(*batch.cells, strict=True)
        columns = ([rule == "sampled" for rule in labels], alpha, momentum)
        return Conditions(*(torch.tensor(c).repeat_interleave(seeds)[:, None, None] for c in columns))


def grid(
    depths: Sequence[int], widths: Sequence[int], shots: Sequence[int], alphas: Sequence[float]
) -> Iterator[Batch]:
    """The committed table: label rule × start × rate inside each depth × width × shots."""
    for depth, n in product(depths, shots):
        starts = ("default", "normal", "origin") if depth == 1 else ("default", "normal")
        cells = tuple(product(("sampled", "deterministic"), starts, alphas, MOMENTA))
        for width in [0] if depth == 1 else widths:
            yield Batch(depth, width, n, cells)


def initial_factors(batch: Batch, seeds: int, generator: torch.Generator) -> list[Tensor]:
    """W_1 … W_N, each (cells·seeds, 1, out, in): `torch.nn.Linear`'s default start, N(0, 1) entries, or 0."""
    sizes = [2, *[batch.width] * (batch.depth - 1), 1]
    factors = []
    for fan_in, fan_out in pairwise(sizes):
        uniform = (2 * torch.rand(seeds, 1, fan_out, fan_in, generator=generator) - 1) / math.sqrt(fan_in)
        normal = torch.randn(seeds, 1, fan_out, fan_in, generator=generator)
        by_name = {"default": uniform, "normal": normal, "origin": torch.zeros_like(uniform)}
        factors.append(torch.cat([by_name[start] for _, start, *_ in batch.cells]))
    return factors


def collapsed(factors: Sequence[Tensor]) -> Tensor:
    """The classifier c = W_N ⋯ W_1, (R, T or 1, 2), of factors (R, T or 1, out, in)."""
    product_ = factors[-1]
    for factor in reversed(factors[:-1]):
        product_ = product_ @ factor
    return product_[..., 0, :]


def logits(factors: Sequence[Tensor], x: Tensor) -> Tensor:
    """(R, T, n) logits c x of x (R, T, n, 2)."""
    return (x @ collapsed(factors)[..., None])[..., 0]


def draw(theta: Tensor, sampled: Tensor, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """x (R, T, count, 2) ~ N(0, I) and labels in {0, 1}, sampled where `sampled` (R, 1, 1) says so."""
    x = torch.randn(*theta.shape[:2], count, 2, generator=generator)
    teacher = (x @ theta[..., None])[..., 0]
    uniform = torch.rand(teacher.shape, generator=generator)
    threshold = torch.where(sampled, uniform, torch.full_like(uniform, 0.5))
    return x, (torch.sigmoid(teacher) > threshold).to(x)


def adapted_factors(
    factors: Sequence[Tensor], x: Tensor, y: Tensor, alpha: Tensor, create_graph: bool
) -> list[Tensor]:
    """One gradient step of every factor on each task's mean support cross-entropy: (R, T, out, in) each."""
    copies = [f.expand(-1, x.shape[1], -1, -1) for f in factors]
    if not create_graph:
        copies = [c.detach().requires_grad_() for c in copies]
    support = binary_cross_entropy_with_logits(logits(copies, x), y, reduction="none").mean(-1).sum()
    gradients = torch.autograd.grad(support, copies, create_graph=create_graph)
    return [c - alpha[..., None] * g for c, g in zip(copies, gradients, strict=True)]


def meta_train(
    factors: list[Tensor],
    conditions: Conditions,
    batch: Batch,
    protocol: Protocol,
    generator: torch.Generator,
) -> Iterator[tuple[int, list[Tensor]]]:
    """(iteration, factors) at every checkpoint of SGD with momentum on the mean query loss after adaptation.

    All runs advance at once; the sum over runs that is differentiated does not mix their gradients.
    """
    factors = [f.clone().requires_grad_() for f in factors]
    velocity = [torch.zeros_like(f) for f in factors]
    for iteration in range(protocol.checkpoints[-1] + 1):
        if iteration in protocol.checkpoints:
            yield iteration, [f.detach() for f in factors]
        theta = torch.randn(len(factors[0]), protocol.tasks, 2, generator=generator)
        x, y = draw(theta, conditions.sampled, batch.shots, generator)
        adapted = adapted_factors(factors, x, y, conditions.alpha, create_graph=True)
        query_x, query_y = draw(theta, conditions.sampled, protocol.queries, generator)
        query = binary_cross_entropy_with_logits(logits(adapted, query_x), query_y, reduction="none")
        gradients = torch.autograd.grad(query.mean((1, 2)).sum(), factors)
        velocity = [conditions.momentum[..., None] * v + g for v, g in zip(velocity, gradients, strict=True)]
        rate = META_RATES[batch.depth]
        factors = [(f - rate * v).detach().requires_grad_() for f, v in zip(factors, velocity, strict=True)]


def evaluate(
    factors: list[Tensor],
    conditions: Conditions,
    batch: Batch,
    protocol: Protocol,
    generator: torch.Generator,
) -> dict[str, Tensor]:
    """Each run's mean accuracies, query loss and norms |c|, |c'| over `test_tasks` fresh tasks, (R,) each."""
    theta = torch.randn(1, protocol.test_tasks, 2, generator=generator).expand(len(factors[0]), -1, -1)
    x, y = draw(theta, conditions.sampled, batch.shots, generator)
    query_x, query_y = draw(theta, conditions.sampled, protocol.test_queries, generator)
    adapted = [f.detach() for f in adapted_factors(factors, x, y, conditions.alpha, create_graph=False)]
    before, after = logits(factors, query_x), logits(adapted, query_x)
    clean = ((query_x @ theta[..., None])[..., 0] > 0).to(query_y)
    drawn = (torch.rand(after.shape, generator=generator) < torch.sigmoid(after)).to(query_y)
    return {
        "before": ((before > 0).to(query_y) == query_y).float().mean((1, 2)),
        "after": ((after > 0).to(query_y) == query_y).float().mean((1, 2)),
        "after_teacher": ((after > 0).to(query_y) == clean).float().mean((1, 2)),
        "after_sampled": (drawn == query_y).float().mean((1, 2)),
        "loss": (softplus(after) - query_y * after).mean((1, 2)),
        "start_norm": collapsed(factors).norm(dim=-1)[:, 0],
        "adapted_norm": collapsed(adapted).norm(dim=-1).mean(1),
    }


def summary(values: Tensor) -> list[float] | None:
    """[mean over seeds, half width of its 95 % Student interval]; None with fewer than two values."""
    n = len(values)
    if n < 2:
        return None
    return [round(float(values.mean()), 4), round(STUDENT_975[n] * float(values.std()) / math.sqrt(n), 4)]


def run(batch: Batch, protocol: Protocol) -> list[dict[str, Any]]:
    """Rows of one batch: every cell at every checkpoint, on the same test tasks; overflows are counted."""
    generator = torch.Generator().manual_seed(protocol.seed)
    conditions = Conditions.of(batch, protocol.seeds)
    start = initial_factors(batch, protocol.seeds, generator)
    rows = []
    for iteration, factors in meta_train(start, conditions, batch, protocol, generator):
        judge = torch.Generator().manual_seed(protocol.seed + 1)
        measured = evaluate(factors, conditions, batch, protocol, judge)
        for index, cell in enumerate(batch.cells):
            runs = slice(index * protocol.seeds, (index + 1) * protocol.seeds)
            finite = torch.isfinite(measured["loss"][runs])
            labels, kind, alpha, momentum = cell
            row: dict[str, Any] = {
                "depth": batch.depth,
                "width": batch.width,
                "shots": batch.shots,
                "iteration": iteration,
            }
            row |= {"labels": labels, "start": kind, "alpha": alpha, "momentum": momentum}
            row |= {"diverged": int((~finite).sum())}
            rows.append(row | {name: summary(values[runs][finite]) for name, values in measured.items()})
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the grid and write the table."""
    arguments = sys.argv[1:] if arguments is None else arguments
    program = "python -m analysis.numeric.logistic_measurement"
    parser = OneLineParser(prog=program, description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--out", type=argparse.FileType("w"), default="-", help="file to write (default: print)"
    )
    parser.add_argument("--depths", type=int, nargs="+", default=[1, 2, 3], choices=[1, 2, 3])
    parser.add_argument("--widths", type=integer_between(1, 10_000), nargs="+", default=[2, 32])
    parser.add_argument("--shots", type=integer_between(1, 10_000), nargs="+", default=[1, 5, 20, 100])
    parser.add_argument("--alphas", type=positive, nargs="+", default=[Fraction(1, 10), Fraction(9, 10)])
    parser.add_argument("--seed", type=int, default=Protocol.seed)
    options = parser.parse_args(arguments)
    protocol = Protocol(seed=options.seed)
    versions = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "machine": platform.machine(),
    }
    header = {"protocol": asdict(protocol), "versions": versions, "command": " ".join([program, *arguments])}
    print(json.dumps(header), file=options.out)
    for batch in grid(options.depths, options.widths, options.shots, list(map(float, options.alphas))):
        rows = (json.dumps(row, separators=(",", ":")) for row in run(batch, protocol))
        print(*rows, sep="\n", file=options.out, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
