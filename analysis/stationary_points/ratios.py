"""Models in which every adapting factor is free to choose its own rate: f = g ∏ᵢ (1 + μᵢ d), d = θ − g.

Two problems lead here. With meta-learned rates a factor wᵢ moves to wᵢ + Aᵢ d g/wᵢ = wᵢ (1 + μᵢ d), μᵢ = Aᵢ
g/wᵢ². With a factor that does not adapt, g and the squares xᵢ = wᵢ² of the s adapting ones are independent,
and μᵢ = a g/xᵢ. Then L = ½ E (θ − f)² is a function of g and the elementary symmetric functions of μ₁, …,
μ_s, in which f is affine.

Where all μᵢ differ these are coordinates, and θ − f is orthogonal to d, …, dˢ: for a law with more than s
atoms θ = f, which leaves only one μᵢ = 1/g different from 0. So for s ≥ 2 and no μᵢ zero, two of them are
equal. For s = 2, 3:

    f = g (1 + μ d)²             unknowns g, μ
    f = g (1 + μ d)³             unknowns g, μ
    f = g (1 + μ d)² (1 + ν d)   E[(θ − f) d (1 + μ d)²] = 0 is affine in ν, slope −g E[d² (1 + μ d)⁴];
                                 besides, E[(θ − f) d² (1 + μ d)] = 0

Together with ∂L/∂g = 0 these are two equations in (g, μ), solved completely. α does not occur: the slopes g
and the losses of these points depend on the task law alone. Moving two equal μ apart, (μ + ε, μ − ε), changes
L by ε² g times E[(θ − f) d² ∏ over the others]; the Hessian is block diagonal with these entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from flint import arb, ctx, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from analysis.algebra.fibres import FibrePoint, sparse_common_points
from analysis.algebra.polynomials import coefficients_in, context, substitute
from analysis.stationary_points.products.planar_check import indices_and_turns
from analysis.stationary_points.products.strata import (
    Polynomial,
    Setting,
    power,
    times,
    without_monomials,
)
from analysis.tasks import TaskLaw


@dataclass(frozen=True)
class RatioPoint:
    """A critical point of L(g, μ₁, …, μ_s) with g and all μᵢ different from 0.

    Attributes:
        multiplicities: how often the different μ occur: (2,), (3,) or (2, 1).
        location: (g, μ).
        second: numerator and denominator of ν, for (2, 1).
        loss: numerator and denominator of L.
        inertia: (positive, negative, zero) eigenvalues of the Hessian of L in (g, μ₁, …, μ_s).
    """

    multiplicities: tuple[int, ...]
    location: FibrePoint
    second: tuple[fmpq_mpoly, fmpq_mpoly] | None
    loss: tuple[fmpq_mpoly, fmpq_mpoly]
    inertia: tuple[int, int, int]

    def enclose(self, precision: int = 64) -> tuple[arb, list[arb]]:
        """g and the different μ."""
        with ctx.workprec(2 * precision + 64):
            g, mu = self.location.enclose(2 * precision)
            ratios = [mu]
            if self.second is not None:
                above, below = (self.location.value(part, 2 * precision) for part in self.second)
                ratios.append(above / below)
        return g, ratios

    def value(self, precision: int = 64) -> arb:
        """L."""
        with ctx.workprec(precision + 32):
            above, below = (self.location.value(part, precision) for part in self.loss)
            return above / below

    @property
    def gain_signs(self) -> list[int]:
        """The signs of g μ for the different μ: positive where a factor moves along its own gradient."""
        g, mu = self.loss[0].context().gens()
        signs = [self.location.sign(g * mu)]
        if self.second is not None:
            signs.append(self.location.sign(g * self.second[0]))
        return signs


@dataclass(frozen=True)
class RatioPoints:
    """All critical points, and the independent count of the solutions of the planar systems.

    Attributes:
        points: with g and all μᵢ different from 0.
        counts: for each planar system the sum of the indices of all real solutions found, those with g = 0 or
            μ = 0 included, and the turns of its equations around a rectangle.
    """

    points: tuple[RatioPoint, ...] = ()
    counts: tuple[tuple[int, int], ...] = ()

    def __add__(self, other: RatioPoints) -> RatioPoints:
        return RatioPoints(self.points + other.points, self.counts + other.counts)


def ratio_points(law: TaskLaw, count: int) -> RatioPoints:
    """All of them for s = 2 or s = 3 adapting factors and a law with more than s atoms.

    Raises:
        MomentError: the law has fewer than 2 s moments.
    """
    return _repeated(law, count) + (_one_apart(law) if count == 3 else RatioPoints())


class _Residual:
    """E[(θ − f) W(d)] for f = g S(d), S(0) = 1, in a ring with the generator g."""

    def __init__(self, law: TaskLaw, ring: fmpq_mpoly_ctx, shape: Polynomial) -> None:
        self.zero = ring.constant(0)
        g = ring.gen(0)
        top = len(shape) - 1
        moments = Setting(top, fmpq(1), law).central_moments(g, 2 * top)
        self.coefficients = [self.zero] + [-g * c for c in shape[1:]]
        self.coefficients[1] += ring.constant(1)
        self.moments = [
            sum((c * moments[j + k] for j, c in enumerate(self.coefficients)), self.zero)
            for k in range(top + 1)
        ]

    def against(self, weight: Polynomial) -> fmpq_mpoly:
        """E[(θ − f) W(d)]."""
        return sum((w * self.moments[k] for k, w in enumerate(weight)), self.zero)

    @property
    def loss(self) -> fmpq_mpoly:
        """½ E (θ − f)²."""
        return self.against(tuple(self.coefficients)) * fmpq(1, 2)


def _repeated(law: TaskLaw, count: int) -> RatioPoints:
    """f = g (1 + μ d)ˢ."""
    ring = context(["g", "mu"])
    g, mu = ring.gens()
    zero, one = ring.constant(0), ring.constant(1)
    step = (one, mu)
    residual = _Residual(law, ring, power(step, count))
    loss = residual.loss
    across = g * residual.against(times((zero, zero, one), power(step, count - 2)))
    slope, ratio = (without_monomials(loss.derivative(i)) for i in range(2))
    solutions = sparse_common_points(slope, ratio)
    points = []
    for point in solutions:
        if point.sign(g) and point.sign(mu):
            signs = [point.sign(across)] * (count - 1) + _planar_signs(point, _hessian(loss))
            points.append(RatioPoint((count,), point, None, (loss, one), _inertia(signs)))
    return RatioPoints(tuple(points), (indices_and_turns((slope, ratio), solutions, (False, False)),))


def _one_apart(law: TaskLaw) -> RatioPoints:
    """f = g (1 + μ d)² (1 + ν d)."""
    ring, plane = context(["g", "mu", "nu"]), context(["g", "mu"])
    g, mu, nu = ring.gens()
    zero, one = ring.constant(0), ring.constant(1)
    double, single = (one, mu), (one, nu)
    residual = _Residual(law, ring, times(power(double, 2), single))
    loss = residual.loss
    constant, slope = (
        substitute(c, {}, plane)
        for c in coefficients_in(residual.against(times((zero, one), power(double, 2))), "nu")
    )
    # the slope is −g times a second moment; multiplied by −g it is positive
    above, below = constant * plane.gen(0), -slope * plane.gen(0)

    def lift(poly: fmpq_mpoly) -> fmpq_mpoly:
        parts = [substitute(c, {}, plane) for c in coefficients_in(poly, "nu")]
        return reduce(
            lambda total, item: total + item[1] * above ** item[0] * below ** (len(parts) - 1 - item[0]),
            enumerate(parts),
            plane.constant(0),
        )

    equations = (residual.against(times((zero, zero, one), double)), loss.derivative(0))
    leading = loss.derivative(2).derivative(2)
    second = _hessian(loss)
    mixed = [loss.derivative(2).derivative(i) for i in range(2)]
    schur = [[leading * second[i][j] - mixed[i] * mixed[j] for j in range(2)] for i in range(2)]
    across = lift(g * residual.against(times((zero, zero, one), single)))
    reduced = [[lift(entry) for entry in row] for row in schur]
    excluded = [lift(p) for p in (g, mu, nu, mu - nu)]
    one, other = (without_monomials(lift(e)) for e in equations)
    solutions = sparse_common_points(one, other)
    points = []
    for point in solutions:
        if all(point.sign(p) for p in excluded):
            signs = [point.sign(across), 1, *_planar_signs(point, reduced)]
            points.append(RatioPoint((2, 1), point, (above, below), (lift(loss), below**2), _inertia(signs)))
    return RatioPoints(tuple(points), (indices_and_turns((one, other), solutions, (False, False)),))


def _hessian(loss: fmpq_mpoly) -> list[list[fmpq_mpoly]]:
    return [[loss.derivative(i).derivative(j) for j in range(2)] for i in range(2)]


def _planar_signs(point: FibrePoint, matrix: list[list[fmpq_mpoly]]) -> list[int]:
    """The signs of the eigenvalues of a symmetric 2 × 2 matrix at the point."""
    determinant = point.sign(matrix[0][0] * matrix[1][1] - matrix[0][1] * matrix[1][0])
    trace = point.sign(matrix[0][0] + matrix[1][1])
    return [1, -1] if determinant < 0 else [trace, trace if determinant else 0]


def _inertia(signs: list[int]) -> tuple[int, int, int]:
    return signs.count(1), signs.count(-1), signs.count(0)
