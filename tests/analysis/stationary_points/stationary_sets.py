"""An independent judge of stationary sets: MAML by autograd on data, and floating-point geometry.

Nothing here uses the derived formulas, except `floats`, which evaluates the equations of a family.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import torch
from flint import fmpq, fmpq_mat, fmpq_mpoly
from scipy import optimize
from torch import Tensor

from analysis.algebra.polynomials import fraction, rational
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


def conjugates(
    centre: int, radicand: int, tilt: Fraction = Fraction(0), zero: Fraction = Fraction(0), moments: int = 9
) -> TaskLaw:
    """θ = centre ± √radicand with probabilities (1/2 ± tilt √radicand)(1 − zero), and 0 with the rest."""
    listed, x, y = list[Fraction](), 1, 0
    for _ in range(moments):
        x, y = centre * x + radicand * y, x + centre * y
        listed.append((1 - zero) * (x + 2 * tilt * y * radicand))
    return from_moments(tuple(listed))


def roots_of(*coefficients: int, moments: int = 9) -> TaskLaw:
    """θ is one of the roots of xⁿ + … + coefficients[1] x + coefficients[0], all equally likely."""
    size = len(coefficients)
    companion = fmpq_mat(
        [[fmpq(i == j + 1) for j in range(size - 1)] + [fmpq(-coefficients[i])] for i in range(size)]
    )
    listed, power = list[Fraction](), companion
    for _ in range(moments):
        listed.append(fraction(sum((power[i, i] for i in range(size)), fmpq(0)) / size))
        power = power * companion
    return from_moments(tuple(listed))


ROOT_2 = 2**0.5
TILTED = conjugates(1, 2, Fraction(1, 4))
TILTED_ATOMS, TILTED_WEIGHTS = (1 - ROOT_2, 1 + ROOT_2), (0.5 - ROOT_2 / 4, 0.5 + ROOT_2 / 4)
MIXED = conjugates(0, 2, zero=Fraction(1, 3))
ONE, ZERO = (atomic((value,), (Fraction(1),)) for value in (Fraction(1), Fraction(0)))  # a single task
_ATOMIC = (
    (SKEW, SKEW_ATOMS, SKEW_WEIGHTS),
    (THREE, THREE_ATOMS, THREE_WEIGHTS),
    (ONE, (Fraction(1),), (Fraction(1),)),
    (ZERO, (Fraction(0),), (Fraction(1),)),
    (TILTED, TILTED_ATOMS, TILTED_WEIGHTS),
    (MIXED, (0, -ROOT_2, ROOT_2), (1 / 3, 1 / 3, 1 / 3)),
)


def curve_is_found(factors: int, rate: Fraction, values: Sequence[Fraction], fates: Sequence[str]) -> bool:
    """`has_real_curve` for equally likely rational tasks, each with its fate."""
    law = atomic([Fraction(v) for v in values], [Fraction(1, len(values))] * len(values))
    setting = Setting(factors, rational(Fraction(rate)), law)
    support = support_of(setting)
    assert support is not None
    fate_of = dict(zip(map(rational, map(Fraction, values)), fates, strict=True))
    return has_real_curve(setting, support, [fate_of[atom.rational] for atom in support.atoms])


def residuals(rate: float, values: Sequence[float], logarithms: np.ndarray) -> np.ndarray:
    """f(θ) − θ for wᵢ = exp(logarithms)."""
    w = np.exp(logarithms)
    g = np.prod(w)
    return np.array([np.prod(w + rate * (v - g) * g / w) - v for v in values])


_TIGHT = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15, "max_nfev": 500}


def spread_of_solutions(
    rate: Fraction, values: Sequence[float], squares: Sequence[float], radius: float
) -> float:
    """How far from a point with these squares other exact solutions are found, by Newton's method."""
    centre, generator = np.log(np.array(squares, float)) / 2, np.random.default_rng(0)
    farthest = 0.0
    for _ in range(12):
        start = centre + radius * generator.normal(size=len(centre))
        found = optimize.least_squares(
            lambda z: residuals(float(rate), [float(v) for v in values], z), start, **_TIGHT
        )
        if np.abs(found.fun).max() < 1e-12:
            farthest = max(farthest, float(np.abs(found.x - centre).max()))
    return farthest


def hits(factors: int, rate: Fraction, values: Sequence[float], slope: int) -> int:
    """How many of many choices of some squares leave others that are real and positive, with g = θ_slope.

    N − k squares are drawn; the k conditions are linear in the coefficients of the polynomial of the others.
    """
    g, generator = float(values[slope]), np.random.default_rng(1)
    others = np.array([float(v) for i, v in enumerate(values) if i != slope])
    nodes, targets = [0.0, *(float(rate) * g * (others - g))], [g * g, *(g * others)]
    size = len(nodes)
    drawn = np.exp(generator.uniform(-12, 16, size=(60_000, factors - size)))
    wanted = np.stack([v / np.prod(drawn + t, axis=1) - t**size for t, v in zip(nodes, targets, strict=True)])
    found = np.linalg.solve(np.vander(nodes, size), wanted)
    companion = np.zeros((drawn.shape[0], size, size))
    companion[:, 0, :] = -found.T
    companion[:, range(1, size), range(size - 1)] = 1
    roots = np.linalg.eigvals(companion)
    return int(((np.abs(roots.imag) == 0) & (roots.real < 0)).all(axis=1).sum())


def tasks_of(law: TaskLaw) -> Tasks:
    """Quadrature nodes of a law: their own atoms for the laws above, Gauss nodes for the named laws."""
    for known, values, weights in _ATOMIC:
        if law is known:
            return with_exact_data(_double(values), _double(weights))
    return quadrature(6, law.name)


def _double(values: Sequence[Fraction | float]) -> Tensor:
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
    constants = [float(number.enclosure().mid()) for number in family.constants.values()]
    size = len(family.equations[0].context().names()) - len(constants)
    slopes = [[floats(e.derivative(i)) for i in range(size)] for e in family.equations]
    return (
        lambda w: np.array([f(np.append(w, constants)) for f in values]),
        lambda w: np.array([[f(np.append(w, constants)) for f in row] for row in slopes]),
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
