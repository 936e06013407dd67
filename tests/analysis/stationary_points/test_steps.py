"""More than one inner step: completeness, independent checks, what is global."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from analysis.adaptation import InnerLoop
from analysis.global_optimality import global_optimality, statement
from analysis.landscape import Problem, residual_moments
from analysis.models import DEEP
from analysis.stationary_points import UnsupportedProblem, stationary_points
from analysis.stationary_points.__main__ import main
from analysis.stationary_points.points import disjoint
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


def test_a_degenerate_zero_is_refused_in_one_line():
    with pytest.raises(UnsupportedProblem, match="degenerate"):
        answer(2, Fraction(1, 2), "rademacher")


def test_the_command(capsys):
    assert main(["--steps", "2", "--alpha", "1/2"]) == 0
    text = capsys.readouterr().out
    assert "25 isolated stationary points" in text
    assert "COMPLETE, proved" in text
    assert "boxes in" in text


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "count"), [("1/10", 121), ("3/10", None), ("1/2", None), ("1", None)])
def test_three_steps(rate, count):
    found = answer(3, Fraction(rate))
    assert found.complete
    assert count is None or found.counts["points"] == count
