"""`--check` of a rule that is not plain MAML: subsets, learned preconditioners, first-order MAML, Reptile.

The inner loop is carried out on data by `torch.autograd`, one factor of a preconditioner after the other, and
the meta-gradient is taken as each rule defines it:

    MAML           the derivative of the mean loss after adapting, through the inner loop
    first-order    the mean of the task gradients at the adapted parameters
    Reptile        the mean of (w₀ − w_K)/α

Compared with the derived polynomials are the loss, the field and its Jacobian, at random unknowns and at
every isolated stationary point; and the field at random points of every positive-dimensional set, where it
must vanish. x ~ N(0, 1) and θ are quadratures, so everything agrees to rounding.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from flint import arb, fmpq_mpoly
from numpy.typing import NDArray
from torch import Tensor

from analysis.algebra.polynomials import evaluate
from analysis.landscape import Problem
from analysis.numeric.check import RELATIVE_BOUND, size
from analysis.numeric.maml import Tasks, product_predictor, quadrature, task_losses
from analysis.numeric.residuals import Residual, Residuals
from analysis.stationary_points.points import Family, StationaryPoints

STARTS = 60  # random starts for a point of a family


def adapted(problem: Problem, unknowns: Tensor, batch: Tasks) -> Tensor:
    """The model's parameters after the inner loop, (parameters, tasks), differentiable in `unknowns` (n,)."""
    loop, names = problem.loop, problem.unknowns
    factors = loop.factors(problem.model)
    rates = []
    for w in problem.model.parameters:
        rate = torch.tensor(float(w in factors), dtype=torch.float64)
        if loop.uses_rate:
            rate = rate * float(loop.rate or 0)
        for factor in factors.get(w, ()):
            rate = rate * unknowns[names.index(factor)]
        rates.append(rate)
    parameters = unknowns[: len(rates), None].expand(-1, batch.x.shape[0])
    for _ in range(loop.steps):
        total = task_losses(parameters, batch, product_predictor).sum()
        (gradient,) = torch.autograd.grad(total, parameters, create_graph=True)
        parameters = parameters - torch.stack(rates)[:, None] * gradient
    return parameters


def loss_and_field(problem: Problem, unknowns: Tensor, batch: Tasks) -> tuple[Tensor, Tensor]:
    """(L, what meta-training descends (n,)) at `unknowns` (n,), which requires a gradient."""
    after = adapted(problem, unknowns, batch)
    losses = task_losses(after, batch, product_predictor) - batch.noise_loss
    loss = batch.task_weights @ losses
    if problem.loop.outer == "maml":
        return loss, torch.autograd.grad(loss, unknowns, create_graph=True)[0]
    if problem.loop.outer == "first-order":
        (gradient,) = torch.autograd.grad(losses.sum(), after, create_graph=True)
        return loss, gradient @ batch.task_weights
    return loss, (unknowns - after @ batch.task_weights) / float(problem.loop.rate or 0)


def check(found: StationaryPoints, seed: int = 0) -> Residuals:
    """The three comparisons of the module, for a law of θ with a quadrature and E[x²] = 1."""
    generator = torch.Generator().manual_seed(seed)
    n = len(found.problem.unknowns)
    scale = 1.5 if found.problem.loop.rate is None else 1.5 / math.sqrt(float(found.problem.loop.rate))
    random = scale * (2 * torch.rand(20, n, generator=generator, dtype=torch.float64) - 1)
    random[:, len(found.problem.model.parameters) :] /= scale
    isolated = [[float(x.mid()) for x in point.enclose(80)] for point, _ in found.orbits]
    rows = _compared(found, "random unknowns", random)
    if isolated:
        rows += _compared(found, "stationary points", torch.tensor(isolated, dtype=torch.float64))
    if found.families:
        rows.append(_on_families(found, seed))
    return Residuals(tuple(rows))


def _batch(problem: Problem) -> Tasks:
    return quadrature(max(8, 3**problem.loop.steps + 2), problem.task.name)


def _compared(found: StationaryPoints, where: str, points: Tensor) -> list[Residual]:
    landscape, batch = found.landscape, _batch(found.problem)
    worst: dict[str, float] = {}
    for row in points:
        w = row.clone().requires_grad_()
        loss, field = loss_and_field(found.problem, w, batch)
        jacobian = [torch.autograd.grad(f, w, retain_graph=True, allow_unused=True)[0] for f in field]
        compared = {
            "loss": [(landscape.loss, loss)],
            "field": list(zip(landscape.vector_field, field, strict=True)),
            "Jacobian": [
                pair
                for polynomials, numbers in zip(landscape.jacobian, jacobian, strict=True)
                for pair in zip(polynomials, numbers, strict=True)
            ],
        }
        exact = [arb(float(x)) for x in row]
        for name, pairs in compared.items():
            differences = [abs(float(evaluate(p, exact).mid()) - float(x.detach())) for p, x in pairs]
            scale = max(size(p, exact) for p, _ in pairs)
            worst[name] = max(worst.get(name, 0.0), max(differences) / scale)
    note = f"{len(points)} {where}, relative"
    return [Residual(f"autograd: {name}", value, RELATIVE_BOUND, note) for name, value in worst.items()]


def _on_families(found: StationaryPoints, seed: int) -> Residual:
    """The field at one random regular point of every family."""
    generator, batch = np.random.default_rng(seed), _batch(found.problem)
    worst, reached = 0.0, 0
    for family in found.families:
        place = point_on(family, generator)
        if place is None:
            continue
        reached += 1
        w = torch.tensor(place, requires_grad=True)
        _, field = loss_and_field(found.problem, w, batch)
        exact = [arb(x) for x in place]
        scale = max(size(poly, exact) for poly in found.landscape.vector_field)
        worst = max(worst, float(field.detach().abs().max()) / scale)
    note = f"at a random point of {reached} of {len(found.families)} sets, relative"
    return Residual("autograd: field on the sets", worst if reached else math.inf, 1e-8, note)


def point_on(family: Family, generator: np.random.Generator) -> NDArray[np.float64] | None:
    """A random point of a family where its equations meet transversally, by Gauss–Newton.

    None where no start converges to one: on a family along which the equations are tangent there is none.
    """
    n = len(family.equations[0].context().names())
    slopes = [[e.derivative(i) for i in range(n)] for e in family.equations]

    def numbers(polys: list[fmpq_mpoly], w: NDArray[np.float64]) -> list[float]:
        return [float(evaluate(p, [arb(float(x)) for x in w]).mid()) for p in polys]

    for _ in range(STARTS):
        w = generator.normal(size=n) * 1.5
        for _ in range(40):
            jacobian = np.array([numbers(row, w) for row in slopes])
            step = np.linalg.lstsq(jacobian, np.array(numbers(list(family.equations), w)), rcond=None)[0]
            length = float(np.linalg.norm(step))
            w = w - step * min(1.0, 1 / length) if length else w
            if length < 1e-13 or not np.abs(w).max() < 30:
                break
        if length < 1e-13 and np.linalg.svd(jacobian, compute_uv=False).min() > 1e-3:
            return w
    return None
