"""More than one inner step: completeness, independent checks, what is global."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from analysis.adaptation import InnerLoop
from analysis.algebra.exclusion import common_points_by_exclusion
from analysis.algebra.folding import folded
from analysis.algebra.polynomials import context
from analysis.global_optimality import global_optimality, statement
from analysis.landscape import Problem, derive, residual_moments
from analysis.models import DEEP
from analysis.stationary_points import UnsupportedProblem, stationary_points
from analysis.stationary_points.__main__ import main
from analysis.stationary_points.index_check import _crossings, _is_gradient, _without_common_factor
from analysis.stationary_points.open_stratum import zeros_in_the_plane
from analysis.stationary_points.points import disjoint
from analysis.stationary_points.symmetry import best_chart, strata
from analysis.tasks import parse

TENTH = Fraction(1, 10)
SHIFTED = (  # N(1/2, 1)
    "moments:1/2,5/4,13/8,73/16,281/32,1741/64,8485/128,57233/256,328753/512,2389141/1024,"
    "15539261/2048,121004665/4096"
)


def answer(steps: int, rate: Fraction = TENTH, task: str = "gaussian"):
    return stationary_points(Problem(DEEP, parse(task), InnerLoop(steps, rate)))


def critical_points(
    steps: int, rate: float, task_points: np.ndarray, weights: np.ndarray, starts: int
) -> np.ndarray:
    """Newton searches on the loss by quadrature, second derivatives by forward jets; (found, 2)."""
    rng = np.random.default_rng(0)
    a = rng.uniform(0, 2.2, starts) / rate**0.5
    b = a * rng.uniform(-1, 1, starts)
    theta = task_points[None, :]

    def times(f, g):
        return (
            f[0] * g[0],
            f[1] * g[0] + f[0] * g[1],
            f[2] * g[0] + f[0] * g[2],
            f[3] * g[0] + 2 * f[1] * g[1] + f[0] * g[3],
            f[4] * g[0] + f[1] * g[2] + f[2] * g[1] + f[0] * g[4],
            f[5] * g[0] + 2 * f[2] * g[2] + f[0] * g[5],
        )

    def loss(a, b):
        zero = np.zeros((len(a), len(task_points)))
        one = zero + 1
        u, v = (
            (a[:, None] + zero, one, zero, zero, zero, zero),
            (b[:, None] + zero, zero, one, zero, zero, zero),
        )
        for step in range(steps + 1):
            r = times(u, v)
            r = (r[0] - theta, *r[1:])
            if step < steps:
                gu, gv = times(v, r), times(u, r)
                u, v = (tuple(x - rate * y for x, y in zip(w, g, strict=True)) for w, g in ((u, gu), (v, gv)))
        return [c @ weights / 2 for c in times(r, r)]

    with np.errstate(all="ignore"):
        for _ in range(150):
            _, ga, gb, haa, hab, hbb = loss(a, b)
            det = haa * hbb - hab**2
            da, db = (hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det
            size = np.hypot(da, db)
            damp = np.minimum(1, 0.2 / rate**0.5 / size)
            a, b = a - da * damp, b - db * damp
    return np.stack([a, b], 1)[size < 1e-9]


@pytest.mark.parametrize(("rate", "count"), [("1/10", 89), ("1/2", 25), ("1", 73)])
def test_two_steps_gaussian(rate, count):
    found = answer(2, Fraction(rate))
    assert found.complete
    assert found.counts["points"] == count
    assert disjoint(found.points, 12)


def test_newton_from_many_starts_finds_nothing_else():
    nodes, weights = np.polynomial.hermite_e.hermegauss(24)
    reached = critical_points(2, 0.1, nodes, weights / weights.sum(), 1500)
    listed = np.array([[float(x.mid()) for x in p.enclose()] for p in answer(2).points])
    distance = np.abs(reached[:, None] - listed[None]).max(axis=2)
    assert distance.min(axis=1).max() < 1e-6
    assert len(np.unique(distance.argmin(axis=1))) > 25


def test_a_law_without_symmetry():
    found = answer(2, Fraction(1, 2), SHIFTED)
    assert found.complete
    assert all(p.is_global == (p.loss().lower <= 0 <= p.loss().upper) for p in found.points)
    images = {tuple(round(i.approx, 8) for i in p.box().values()) for p in found.points}
    assert images == {(b, a) for a, b in images} == {(-a, -b) for a, b in images}


@pytest.mark.parametrize(
    ("task", "steps", "solved", "spurious"),
    [
        ("gaussian", 1, 4, 0),
        ("gaussian", 2, 4, 24),
        ("uniform", 2, 4, 48),
        ("laplace", 2, 4, 24),
        ("rademacher", 1, 12, 0),
        ("rademacher", 2, 92, 0),
    ],
)
def test_global_optimality(task, steps, solved, spurious):
    optimal = global_optimality(answer(steps, task=task))
    assert optimal.attainable
    assert (len(optimal.solved), len(optimal.spurious)) == (solved, spurious)
    assert optimal.every_minimum_is_global == (not spurious)
    assert statement(optimal).startswith("zero excess loss is attained")
    assert all(point.loss().lower > 0 for point in optimal.spurious)


def test_zero_loss_means_every_residual_moment_vanishes():
    found = answer(2, task="rademacher")
    first, second = residual_moments(found.landscape, 2)
    point = next(p for p in found.points if p.is_global and abs(p.box()["b"].approx) > 1)
    a, b = (float(x.mid()) for x in point.enclose())
    values = [
        sum(float(c.p) / float(c.q) * a ** int(i) * b ** int(j) for (i, j), c in m.to_dict().items())
        for m in (first, second)
    ]
    assert max(map(abs, values)) < 1e-9


def gradients(
    points: np.ndarray, steps: int, rate: float, atoms: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """∇L by automatic differentiation through the inner loop; (points, 2)."""
    start = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    theta, weight = torch.tensor(atoms), torch.tensor(weights)
    a, b = (start[:, i, None].expand(-1, len(theta)) for i in range(2))
    for _ in range(steps):
        r = a * b - theta
        a, b = a - rate * r * b, b - rate * r * a
    loss = ((a * b - theta) ** 2 @ weight).sum() / 2
    return torch.autograd.grad(loss, start)[0].numpy()


def are_stationary(
    points: np.ndarray, steps: int, rate: float, atoms: np.ndarray, weights: np.ndarray
) -> bool:
    """Whether ∇L at each point is far below its values a little to the side, or below what doubles show.

    Points may lie within 1e-5 of each other, with curvatures of 1e-18 between them.
    """
    aside = points + 1e-7 * (1 + np.abs(points)) * np.array([1.0, -0.3])
    here, there = (np.linalg.norm(gradients(p, steps, rate, atoms, weights), axis=1) for p in (points, aside))
    return bool((here < 1e-2 * there + 1e-20).all())


def approximate(points) -> np.ndarray:
    return np.array([[float(x.mid()) for x in p.enclose()] for p in points])


def two_atoms(steps: int, rate: Fraction):
    """Rademacher tasks: the answer, its points, and the two atoms with their weights."""
    found = answer(steps, rate, "rademacher")
    return found, approximate(found.points), np.array([-1.0, 1.0]), np.array([0.5, 0.5])


@pytest.mark.parametrize("rate", ["1/10", "3/10", "1/2", "1"])
def test_rademacher_tasks_with_two_steps(rate):
    found, listed, atoms, weights = two_atoms(2, Fraction(rate))
    assert found.complete
    assert disjoint(found.points, 12)
    assert are_stationary(listed, 2, float(Fraction(rate)), atoms, weights)
    reached = critical_points(2, float(Fraction(rate)), atoms, weights, 400)
    distance = np.abs(reached[:, None] - listed[None]).max(axis=2).min(axis=1)
    assert len(reached) > 100
    assert distance.max() < 1e-4  # Newton's method comes no closer to a degenerate point


def atomic(values: list[str], weights: list[str], steps: int) -> tuple[str, np.ndarray, np.ndarray]:
    """A law with these atoms: as the command line wants it, and in numbers."""
    x, w = ([Fraction(text) for text in texts] for texts in (values, weights))
    moments = (sum(p * v**k for p, v in zip(w, x, strict=True)) for k in range(1, 4 * 3 ** (steps - 1) + 1))
    return "moments:" + ",".join(map(str, moments)), np.array(x, float), np.array(w, float)


def check_atomic(values: list[str], weights: list[str], steps: int, rate: str) -> None:
    """Complete; every point stationary by autograd; Newton's method from many starts finds no other one."""
    law, atoms, shares = atomic(values, weights, steps)
    found = answer(steps, Fraction(rate), law)
    listed, alpha = approximate(found.points), float(Fraction(rate))
    assert found.complete
    assert are_stationary(listed, steps, alpha, atoms, shares)
    reached = critical_points(steps, alpha, atoms, shares, 400)
    distance = np.abs(reached[:, None] - listed[None]).max(axis=2).min(axis=1)
    assert len(reached) > 40
    assert distance.max() < 1e-3
    for point in found.points:
        loss = point.loss().ball  # some are positive and below 10⁻¹⁹
        assert loss == 0 if point.is_global else loss > 0


@pytest.mark.parametrize(
    ("values", "weights", "rate"),
    [(["-1", "1/2"], ["1/3", "2/3"], "3/10"), (["-1", "0", "2"], ["1/3", "1/3", "1/3"], "1")],
)
def test_two_steps_and_a_law_with_atoms(values, weights, rate):
    check_atomic(values, weights, 2, rate)


@pytest.mark.slow
@pytest.mark.parametrize("rate", ["1/10", "1"])
@pytest.mark.parametrize(
    ("values", "weights"),
    [
        (["-1", "1"], ["1/2", "1/2"]),
        (["-1", "1/2"], ["1/3", "2/3"]),
        (["-1", "2"], ["1/2", "1/2"]),
        (["0", "1"], ["1/2", "1/2"]),
        (["-1", "1/2", "2"], ["1/3", "1/3", "1/3"]),
    ],
)
def test_three_steps_and_a_law_with_atoms(values, weights, rate):
    check_atomic(values, weights, 3, rate)


@pytest.mark.parametrize(("rate", "count"), [("1e-30", 121), ("1000000", 73), ("1e30", 73)])
def test_extreme_rates_with_two_steps(rate, count):
    """In the units of α the tasks are as good as 0, or as far apart as they can be: the counts are those."""
    found = answer(2, Fraction(rate))
    assert found.complete
    assert found.counts["points"] == count


def test_degenerate_points_have_exact_inertia():
    found = answer(2, Fraction(1, 2), "rademacher")
    degenerate = [p for p in found.points if p.kind == "degenerate"]
    assert len(degenerate) == 8
    for point in degenerate:
        assert point.inertia[2] == 1
        low, high = sorted(point.eigenvalues(), key=lambda x: abs(x.approx))
        assert low.lower == low.upper == 0
        assert (high.lower > 0) == (point.inertia[0] == 1)
        hessian = point.jacobian()
        assert (hessian[0][0] * hessian[1][1] - hessian[0][1] ** 2).contains(0)


@pytest.mark.parametrize(
    ("task", "rate"), [("gaussian", "1/10"), ("rademacher", "3/10"), ("uniform", "1"), (SHIFTED, "1/2")]
)
def test_search_and_elimination_find_the_same(task, rate):
    chart = best_chart(derive(Problem(DEEP, parse(task), InnerLoop(2, Fraction(rate)))))
    *_, stratum = strata(chart)
    first, second = stratum.equations
    folding = folded(first, second)
    assert folding is not None
    assert folding.symmetric == (task != SHIFTED)
    found = [
        sorted(tuple(round(float(x.mid()), 7) for x in p.enclose()) for p in points)
        for points in (folding.points(), common_points_by_exclusion(first, second).points)
    ]
    assert found[0] == found[1] != []
    for point in folding.points()[::4]:
        assert point.sign(first) == point.sign(second) == 0
        assert point.sign(first + second**2 + 1) == 1


@pytest.mark.parametrize(
    ("steps", "value", "rate"),
    [
        (2, "1", "1/2"),
        (2, "-2", "1/10"),
        (2, "1/3", "1"),
        (2, "0", "1"),
        pytest.param(3, "2", "1/2", marks=pytest.mark.slow),
    ],
)
def test_one_task_only(steps, value, rate):
    """θ = c always: L = ½ e_K², and e_K = e₀ ∏ (1 − α s_j + α² e_j c_j) vanishes on curves."""
    found = answer(steps, Fraction(rate), point_mass(Fraction(value), 3**steps))
    assert found.complete
    assert all(family.kind == "minimum" and family.loss.upper == 0 for family in found.families)
    assert sum(f.equations[0].total_degree() for f in found.families) == 2 * 3**steps
    atoms, weights = np.array([float(Fraction(value))]), np.array([1.0])
    listed = approximate(found.points)
    assert are_stationary(listed, steps, float(Fraction(rate)), atoms, weights)
    with np.errstate(all="ignore"):
        reached = critical_points(steps, float(Fraction(rate)), atoms, weights, 300)
    off = [p for p in reached if abs(_residual(p, steps, float(Fraction(rate)), atoms[0])) > 1e-6]
    distance = np.abs(np.array(off)[:, None] - listed[None]).max(axis=2).min(axis=1)
    assert len(off) > 10
    assert distance.max() < 1e-4  # near degenerate points Newton's method in doubles comes no closer


def point_mass(value: Fraction, degree: int) -> str:
    return "moments:" + ",".join(str(value**k) for k in range(1, 2 * degree + 3))


@pytest.mark.parametrize(("value", "rate"), [("1", "1/2"), ("1/2", "1/10"), ("1/3", "1")])
def test_where_curves_cross_the_gradient_of_their_product_vanishes(value, rate):
    """The short way to the zeros on the families of one task, against the elimination of the field itself."""
    problem = Problem(DEEP, parse(point_mass(Fraction(value), 9)), InnerLoop(2, Fraction(rate)))
    factor, field = _without_common_factor(derive(problem).vector_field)
    curves = [curve for curve, _ in factor.factor()[1]]
    assert _is_gradient(field, factor)
    assert not _is_gradient(field[::-1], factor)
    crossings = [point.enclose() for point in _crossings(curves)]
    known = [z.enclose() for z in zeros_in_the_plane(*field) if any(not z.sign(c) for c in curves)]
    places = [
        sorted(tuple(round(float(x.mid()), 9) for x in z) for z in zeros) for zeros in (crossings, known)
    ]
    assert places[0] == places[1] != []


def test_too_large_an_elimination_is_refused_in_one_line():
    x, y = context(["x", "y"]).gens()
    with pytest.raises(UnsupportedProblem, match="not certified: the points on a family need"):
        zeros_in_the_plane(x**30 * y**30 - 2, x**29 * y + y**29 + 1)


def _residual(point: np.ndarray, steps: int, rate: float, theta: float) -> float:
    a, b = point
    for _ in range(steps):
        r = a * b - theta
        a, b = a - rate * r * b, b - rate * r * a
    return a * b - theta


def test_the_command(capsys):
    assert main(["--steps", "2", "--alpha", "1/2"]) == 0
    text = capsys.readouterr().out
    assert "25 isolated stationary points" in text
    assert "COMPLETE, proved" in text
    assert "elimination over Q in q = (x - y)^2 and v = x + y" in text


def test_three_steps(capsys):
    assert main(["--steps", "3", "--alpha", "3/10"]) == 0
    text = capsys.readouterr().out
    assert "33 isolated stationary points" in text
    assert "COMPLETE, proved" in text
    assert "boxes in" in text


@pytest.mark.slow
def test_four_steps():
    found = answer(4)
    assert found.complete
    assert found.counts == {"points": 185, "minimum": 60, "maximum": 33, "saddle": 92, "degenerate": 0}
    nodes, weights = np.polynomial.hermite_e.hermegauss(96)
    reached = critical_points(4, 0.1, nodes, weights / weights.sum(), 1000)
    distance = np.abs(reached[:, None] - approximate(found.points)[None]).max(axis=2).min(axis=1)
    assert distance.max() < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("rate", ["1/10", "3/10", "1/2", "1"])
@pytest.mark.parametrize("task", ["gaussian", "uniform", "laplace"])
def test_three_steps_and_a_symmetric_law(task, rate):
    assert answer(3, Fraction(rate), task).complete


@pytest.mark.slow
@pytest.mark.parametrize("rate", ["1/10", "3/10", "1/2", "1"])
def test_three_steps_and_rademacher_tasks(rate):
    found, listed, atoms, weights = two_atoms(3, Fraction(rate))
    assert found.complete
    assert are_stationary(listed, 3, float(Fraction(rate)), atoms, weights)
    reached = critical_points(3, float(Fraction(rate)), atoms, weights, 1000)
    distance = np.abs(reached[:, None] - listed[None]).max(axis=2).min(axis=1)
    assert len(reached) > 100
    assert distance.max() < 1e-3
