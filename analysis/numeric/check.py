"""`--check`: the derived quantities against PyTorch, three ways.

(i)   quadrature: loss, gradient and Hessian at random parameters and at every stationary point, to 1e-10
      relative to the size of the terms that the polynomial adds up there;
(ii)  Monte Carlo: the mean excess loss over sampled tasks, and over sampled tasks with sampled data of their
      own for adaptation and for evaluation, within four standard errors;
(iii) meta-training by SGD at the paper's rates (α as given, meta rate 0.01, momentum 0.9) from random starts,
      on sampled tasks: every run must end within a stated distance of a reported minimum.
"""

from __future__ import annotations

import math
from itertools import islice

import torch
from flint import arb, fmpq_mpoly
from torch import Tensor

from analysis.algebra.polynomials import evaluate
from analysis.landscape import Problem
from analysis.numeric.maml import derivatives, excess_losses, quadrature, sampled_data, sampled_tasks
from analysis.numeric.meta_training import meta_training
from analysis.numeric.residuals import Residual, Residuals
from analysis.stationary_points.points import StationaryPoints

RELATIVE_BOUND = 1e-10
STANDARD_ERRORS = 4.0
TASKS = 20_000
RUNS, ITERATIONS = 8, 8_000


def check(found: StationaryPoints, seed: int = 0) -> Residuals:
    """Run all three comparisons for a product model in which every parameter adapts."""
    rows = [*_by_quadrature(found, seed), *_by_sampling(found, seed)]
    if not found.families:
        rows.append(_by_training(found, seed))
    return Residuals(tuple(rows))


def _points(found: StationaryPoints, seed: int) -> tuple[Tensor, Tensor]:
    """Random parameters, and all stationary points; (count, n) each."""
    generator = torch.Generator().manual_seed(seed)
    n = len(found.problem.unknowns)
    scale = 1.5 / math.sqrt(float(_rate(found)))
    random = scale * (2 * torch.rand(20, n, generator=generator, dtype=torch.float64) - 1)
    stationary = [[float(x.mid()) for x in point.enclose(80)] for point, _ in found.orbits]
    return random, torch.tensor(stationary, dtype=torch.float64).reshape(-1, n)


def _rate(found: StationaryPoints):
    rate = found.problem.loop.rate
    assert rate is not None
    return rate


def _by_quadrature(found: StationaryPoints, seed: int) -> list[Residual]:
    loop, landscape = found.problem.loop, found.landscape
    batch = quadrature(3**loop.steps + 2, found.problem.task.name)
    random, stationary = _points(found, seed)
    rows = []
    for where, points in (("random parameters", random), ("stationary points", stationary)):
        worst = {"loss": 0.0, "gradient": 0.0, "Hessian": 0.0}
        for w in points:
            value, gradient, hessian = derivatives(w, batch, float(_rate(found)), loop.steps)
            exact = [arb(float(x)) for x in w]
            pairs = [("loss", landscape.loss, value)]
            pairs += [("gradient", p, g) for p, g in zip(landscape.gradient, gradient, strict=True)]
            pairs += [
                ("Hessian", p, h)
                for row, numbers in zip(landscape.hessian, hessian, strict=True)
                for p, h in zip(row, numbers, strict=True)
            ]
            for name, poly, number in pairs:
                residual = abs(float(evaluate(poly, exact).mid()) - float(number)) / size(poly, exact)
                worst[name] = max(worst[name], residual)
        rows += [
            Residual(f"quadrature: {name}", value, RELATIVE_BOUND, f"{len(points)} {where}, relative")
            for name, value in worst.items()
            if len(points)
        ]
    return rows


def size(poly: fmpq_mpoly, point: list[arb]) -> float:
    """Σ |terms| of the polynomial at the point: the scale on which rounding is relative."""
    magnitude = poly.context().from_dict({e: abs(c) for e, c in poly.to_dict().items()})
    return max(1.0, float(evaluate(magnitude, [abs(x) for x in point]).mid()))


def _by_sampling(found: StationaryPoints, seed: int) -> list[Residual]:
    loop, rate = found.problem.loop, float(_rate(found))
    generator = torch.Generator().manual_seed(seed + 1)
    worst = 0.0
    random, stationary = _points(found, seed + 1)
    batch = sampled_tasks(TASKS, generator, found.problem.task.name)
    for w in torch.cat([random[:5] / 2, stationary]):
        losses = excess_losses(w.clone().requires_grad_(), batch, batch, rate, loop.steps).detach()
        deviation = abs(float(losses.mean()) - _exact_loss(found, w))
        error = float(losses.std()) / math.sqrt(TASKS) + 1e-14  # at a solution every task's loss is 0
        worst = max(worst, deviation / error if deviation > 1e-12 else 0.0)
    note = f"{TASKS} tasks at {5 + len(stationary)} parameters, in standard errors"
    return [
        Residual("Monte Carlo over tasks", worst, STANDARD_ERRORS, note),
        _with_sampled_data(found, generator),
    ]


def _with_sampled_data(found: StationaryPoints, generator: torch.Generator) -> Residual:
    """With n points a task the mean loss is L + c/n + O(1/n²); 2 L(2n) − L(n) is free of the c/n."""
    w = torch.full((len(found.problem.unknowns),), 0.6, dtype=torch.float64, requires_grad=True)

    def losses(points: int) -> Tensor:
        support, query = sampled_data(TASKS // 4, points, generator, found.problem.task.name)
        return excess_losses(w, support, query, float(_rate(found)), found.problem.loop.steps).detach()

    coarse, fine = losses(200), losses(400)
    estimate = float(2 * fine.mean() - coarse.mean())
    error = math.sqrt((4 * float(fine.var()) + float(coarse.var())) / len(coarse))
    exact = _exact_loss(found, w.detach())
    note = f"sampled x and noise, 200 and 400 points a task: {estimate:.4f} ± {error:.4f} for {exact:.4f}"
    return Residual("Monte Carlo over tasks and data", abs(estimate - exact) / error, STANDARD_ERRORS, note)


def _exact_loss(found: StationaryPoints, w: Tensor) -> float:
    return float(evaluate(found.landscape.loss, [arb(float(x)) for x in w]).mid())


def _by_training(found: StationaryPoints, seed: int) -> Residual:
    """The distance from where SGD ends to the nearest reported minimum, as a fraction of the minima's scale.

    The softest direction of a minimum contracts by only 1 − 0.1·λ_min a step (0.0003 for the deep model at
    α = 1/10), so runs of this length still creep along it; a tenth of the scale is what they must reach.
    """
    minima = torch.tensor(
        [[float(x.mid()) for x in p.enclose(80)] for p in found.points if p.kind == "minimum"],
        dtype=torch.float64,
    )
    generator = torch.Generator().manual_seed(seed + 2)
    starts = torch.randn(RUNS, len(found.problem.unknowns), generator=generator, dtype=torch.float64) / 2
    ends = meta_train(starts, found.problem, ITERATIONS, generator)
    scale = max(1.0, float(minima.abs().max()))
    distance = float(torch.cdist(ends, minima).min(dim=1).values.max()) / scale
    note = f"{RUNS} runs of {ITERATIONS} SGD steps: worst distance to a minimum, in its scale"
    return Residual("meta-training", distance if math.isfinite(distance) else math.inf, 0.1, note)


def meta_train(
    starts: Tensor, problem: Problem, iterations: int, generator: torch.Generator, tasks: int = 64
) -> Tensor:
    """Where meta-training ends, from each of `starts` (runs, n): the mean of its last tenth, (runs, n)."""
    kept = max(1, iterations // 10)
    course = islice(meta_training(starts, problem, generator, tasks), iterations + 1 - kept, iterations + 1)
    return torch.stack(list(course)).mean(dim=0)
