"""An independent judge of stationary sets: MAML by autograd on data, and floating-point geometry.

Nothing here uses the derived formulas, except `floats`, which evaluates the equations of a family.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import torch
from flint import fmpq_mpoly
from torch import Tensor

from analysis.algebra.polynomials import rational
from analysis.landscape import Problem
from analysis.numeric.maml import Tasks, product_predictor, quadrature, task_losses, with_exact_data
from analysis.stationary_points.points import Family
from analysis.stationary_points.products.settled_points import has_real_curve
from analysis.stationary_points.products.strata import Setting
from analysis.stationary_points.products.support import support_of
from analysis.tasks import TaskLaw, from_moments


def atomic(values: Sequence[Fraction], weights: Sequence[Fraction], moments: int = 9) -> TaskLaw:
    """The law with these atoms, as a list of moments."""
    return from_moments(
        tuple(
            sum((w * v**k for v, w in zip(values, weights, strict=True)), Fraction(0))
            for k in range(1, moments + 1)
        )
    )


SKEW_ATOMS = (Fraction(-1), Fraction(-1, 2), Fraction(1, 2), Fraction(1), Fraction(2))
SKEW_WEIGHTS = (Fraction(1, 4), Fraction(1, 8), Fraction(1, 8), Fraction(1, 4), Fraction(1, 4))
SKEW = atomic(SKEW_ATOMS, SKEW_WEIGHTS)
THREE_ATOMS = (Fraction(-1), Fraction(0), Fraction(1))
THREE_WEIGHTS = (Fraction(1, 4), Fraction(1, 2), Fraction(1, 4))
THREE = atomic(THREE_ATOMS, THREE_WEIGHTS)
ONE, ZERO = (atomic((value,), (Fraction(1),)) for value in (Fraction(1), Fraction(0)))  # a single task
_ATOMIC = (
    (SKEW, SKEW_ATOMS, SKEW_WEIGHTS),
    (THREE, THREE_ATOMS, THREE_WEIGHTS),
    (ONE, (Fraction(1),), (Fraction(1),)),
    (ZERO, (Fraction(0),), (Fraction(1),)),
)


def curve_is_found(factors: int, rate: Fraction, values: Sequence[Fraction], fates: Sequence[str]) -> bool:
    """`has_real_curve` for equally likely rational tasks, each with its fate."""
    law = atomic([Fraction(v) for v in values], [Fraction(1, len(values))] * len(values))
    setting = Setting(factors, rational(Fraction(rate)), law)
    support = support_of(setting)
    assert support is not None
    fate_of = dict(zip(map(rational, map(Fraction, values)), fates, strict=True))
    return has_real_curve(setting, support, [fate_of[atom.rational] for atom in support.atoms])


def tasks_of(law: TaskLaw) -> Tasks:
    """Quadrature nodes of a law: their own atoms for the laws above, Gauss nodes for the named laws."""
    for known, values, weights in _ATOMIC:
        if law is known:
            return with_exact_data(_double(values), _double(weights))
    return quadrature(6, law.name)


def _double(values: Sequence[Fraction]) -> Tensor:
    return torch.tensor([float(v) for v in values], dtype=torch.float64)


def excess_loss(problem: Problem) -> Callable[[Tensor], Tensor]:
    """w ↦ the excess MAML loss after one inner step, differentiable; w lists all unknowns of the problem."""
    batch, loop, names = tasks_of(problem.task), problem.loop, problem.unknowns
    count = len(problem.model.parameters)
    factors = loop.factors(problem.model)

    def loss(unknowns: Tensor) -> Tensor:
        start = unknowns[:count].unsqueeze(-1).expand(-1, batch.x.shape[0])
        (gradient,) = torch.autograd.grad(
            task_losses(start, batch, product_predictor).sum(), start, create_graph=True
        )
        steps = []
        for i, name in enumerate(problem.model.parameters):
            rate = torch.tensor(float(name in factors), dtype=torch.float64)
            if loop.uses_rate:
                rate = rate * float(loop.rate or 0)
            for factor in factors.get(name, ()):
                rate = rate * unknowns[names.index(factor)]
            steps.append(start[i] - rate * gradient[i])
        after = task_losses(torch.stack(steps), batch, product_predictor) - batch.noise_loss
        return (batch.task_weights * after).sum()

    return loss


def value_and_gradient(problem: Problem) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """w ↦ (loss, gradient) by automatic differentiation."""
    loss = excess_loss(problem)

    def both(point: np.ndarray) -> tuple[float, np.ndarray]:
        w = torch.tensor(point, dtype=torch.float64, requires_grad=True)
        value = loss(w)
        (gradient,) = torch.autograd.grad(value, w)
        return float(value.detach()), gradient.numpy()

    return both


def derivatives(problem: Problem, point: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """(loss, gradient, Hessian) by automatic differentiation."""
    loss = excess_loss(problem)
    w = torch.tensor(point, dtype=torch.float64, requires_grad=True)
    value = loss(w)
    (gradient,) = torch.autograd.grad(value, w, create_graph=True)
    hessian = torch.stack([torch.autograd.grad(g, w, retain_graph=True)[0] for g in gradient])
    return float(value.detach()), gradient.detach().numpy(), hessian.numpy()


def floats(poly: fmpq_mpoly) -> Callable[[np.ndarray], float]:
    """A polynomial as a function of a float vector."""
    if not poly:
        return lambda w: 0.0
    terms = poly.to_dict().items()
    powers = np.array([[int(e) for e in exponents] for exponents, _ in terms], dtype=float).reshape(
        len(terms), -1
    )
    coefficients = np.array([float(Fraction(int(c.p), int(c.q))) for _, c in terms])
    return lambda w: float((coefficients * np.prod(w**powers, axis=1)).sum())


def equations_of(
    family: Family,
) -> tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]:
    """The family's equations and their Jacobian, as functions of a float vector."""
    values = [floats(e) for e in family.equations]
    size = len(family.equations[0].context().names())
    slopes = [[floats(e.derivative(i)) for i in range(size)] for e in family.equations]
    return (
        lambda w: np.array([f(w) for f in values]),
        lambda w: np.array([[f(w) for f in row] for row in slopes]),
    )


def project(family: Family, start: np.ndarray, steps: int = 60) -> np.ndarray | None:
    """A point of the family near `start` by Gauss–Newton, or None where it does not converge."""
    value, jacobian = equations_of(family)
    w = start.copy()
    for _ in range(steps):
        with np.errstate(all="ignore"):
            step = np.linalg.lstsq(jacobian(w), value(w), rcond=None)[0]
        w = w - step * min(1.0, 1.0 / max(np.linalg.norm(step), 1e-300))
        if not np.all(np.isfinite(w)) or np.abs(w).max() > 30:
            return None
        if np.linalg.norm(step) < 1e-14:
            break
    return w if np.linalg.norm(step) < 1e-10 else None
