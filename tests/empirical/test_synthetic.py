"""The synthetic tasks have the laws of §4.1 and B.1, and the ample-data line is the minimum of its loss."""

import math

import pytest
import torch

from empirical.ample_data import fit, largest_eigenvalue
from empirical.synthetic import SyntheticTasks


@pytest.mark.parametrize("kind", ["regression", "logistic"])
def test_a_task_is_a_function_of_its_number(kind):
    tasks = SyntheticTasks(kind, "train", shots=4, queries=6, seed=3)
    whole, part = tasks.batch(0, 8), tasks.batch(5, 2)
    assert torch.equal(whole.support_x[5:7], part.support_x)
    assert torch.equal(whole.query_y[5:7], part.query_y)
    assert whole.support_x.shape == (8, 4, 1 if kind == "regression" else 2)
    assert whole.query_y.shape == (8, 6)
    others = (SyntheticTasks(kind, "test", 4, 6, seed=3), SyntheticTasks(kind, "train", 4, 6, seed=4))
    assert all(not torch.equal(other.batch(0, 8).support_x, whole.support_x) for other in others)


def test_regression_has_unit_variances():
    batch = SyntheticTasks("regression", "train", shots=50, queries=50).batch(0, 2_000)
    x, y = (
        torch.cat([batch.support_x, batch.query_x], 1)[..., 0],
        torch.cat([batch.support_y, batch.query_y], 1),
    )
    slope = (x * y).mean(1) / x.square().mean(1)
    noise = (y - slope[:, None] * x).square().sum(1) / 99
    assert x.square().mean() == pytest.approx(1.0, abs=0.02)
    assert slope.square().mean() == pytest.approx(1.0 + 1 / 98, abs=0.1)
    assert noise.mean() == pytest.approx(1.0, abs=0.02)


def test_the_best_classifier_of_sampled_labels_is_right_ln_2_of_the_time():
    tasks = SyntheticTasks("logistic", "train", shots=500, queries=1).batch(0, 600)
    x, y = tasks.support_x, tasks.support_y
    direction = (x * (2 * y - 1).unsqueeze(-1)).mean(1)
    right = ((torch.einsum("tbd,td->tb", x, direction) > 0) == (y > 0.5)).float().mean()
    assert right == pytest.approx(math.log(2), abs=0.015)


def test_separable_labels_have_no_noise():
    tasks = SyntheticTasks("logistic", "train", shots=500, queries=1, separable=True).batch(0, 200)
    x, y = tasks.support_x, tasks.support_y
    direction = (x * (2 * y - 1).unsqueeze(-1)).mean(1)
    right = ((torch.einsum("tbd,td->tb", x, direction) > 0) == (y > 0.5)).float().mean()
    assert right > 0.97


def test_the_fit_on_ample_data_is_a_minimum():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(3, 30, 6, generator=generator, dtype=torch.float64)
    x[..., -1] = 1.0
    y = torch.randint(0, 4, (3, 30), generator=generator)
    weights = fit(x, y, ways=4, penalty=0.05, steps=2_000).requires_grad_()
    loss = torch.nn.functional.cross_entropy((x @ weights).transpose(1, 2), y, reduction="none").mean(1)
    total = (loss + 0.025 * weights[:, :-1].square().sum((1, 2))).sum()
    (gradient,) = torch.autograd.grad(total, weights)
    assert gradient.abs().max() < 1e-6


def test_the_step_is_short_enough():
    x = torch.randn(5, 40, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    exact = torch.linalg.eigvalsh(x.mT @ x)[:, -1]
    assert ((largest_eigenvalue(x) > exact) & (largest_eigenvalue(x) < 1.1 * exact)).all()
