"""Update rules: gradient descent at start, exactly; sizes of ξ as in METHODS; Kronecker algebra."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from empirical.networks import cnn
from empirical.update_rules import RULES as REGISTERED
from empirical.update_rules import LowRankCholesky, as_matrices, update_rule
from empirical.update_rules.rule import left, right
from tests.empirical import reference
from tests.empirical.zoo import RULES, cnns, linear_models, moved

few = settings(max_examples=10, deadline=None, derandomize=True)


def gradients_like(parameters, seed=5, *lead):
    generator = torch.Generator().manual_seed(seed)
    return {
        k: torch.randn(*lead, *v.shape, generator=generator, dtype=v.dtype) for k, v in parameters.items()
    }


def test_every_registered_rule_is_tested():
    assert {*RULES} == {*REGISTERED, "cholesky-2"}


@pytest.mark.parametrize("name", RULES)
@few
@given(network=cnns() | linear_models(), rate=st.sampled_from([0.1, 0.3, 1.0]))
def test_starts_as_gradient_descent_exactly(name, network, rate):
    """To the last bit: effective parameters, pulled-back gradients, steps, and the network's outputs."""
    rule, p = update_rule(name), network.init(0, torch.float64)
    xi, G = rule.init(p, rate), gradients_like(p)
    steps = rule.update(xi, rule.pull_back(xi, G), rate)
    for key in p:
        assert torch.equal(steps[key], rate * G[key])
        assert torch.equal(rule.effective(xi, p)[key], p[key])
    x = torch.randn(4, *network.input_shape, dtype=torch.float64)
    assert torch.equal(network.apply(p, x), network.apply(p, x, rule.layers(xi)))


@pytest.mark.parametrize("name", [name for name in RULES if name not in ("t-nets", "warp")])
@few
@given(network=cnns() | linear_models())
def test_moved_rule_is_the_reference_with_and_without_task_axes(name, network):
    rule, p = update_rule(name), network.init(0, torch.float64)
    xis = [moved(rule.init(p, 0.3), seed=i) for i in range(2)]
    G = gradients_like(p, 5, 2)
    own = rule.update({k: torch.stack([xi[k] for xi in xis]) for k in xis[0]}, G, 0.3)
    shared = rule.update(xis[0], G, 0.3)
    for key in p:
        for i, xi in enumerate(xis):
            expected = reference.transformed(rule, key, xi, G[key][i], 0.3)
            torch.testing.assert_close(own[key][i], expected, rtol=1e-11, atol=1e-12)
        first = reference.transformed(rule, key, xis[0], G[key][1], 0.3)
        torch.testing.assert_close(shared[key][1], first, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    ("benchmark", "rule", "size"),
    [
        ("cifar-fs", "sgd", 0),
        ("cifar-fs", "meta-sgd", 10_437),
        ("cifar-fs", "kfo", 8_420),
        ("cifar-fs", "kfo-psd", 8_420),
        ("cifar-fs", "kfo-nonlinear-2", 3 * 8_420),
        ("cifar-fs", "meta-curvature", 4_489),
        ("mini-imagenet", "kfo", 2_588_900),
        ("mini-imagenet", "meta-curvature", 2_572_873),
    ],
)
def test_sizes_of_xi(benchmark, rule, size):
    p = cnn(benchmark, 2).init(0)
    assert sum(value.numel() for value in update_rule(rule).init(p, 0.1).values()) == size


@few
@given(n=st.integers(1, 5), m=st.integers(1, 5), seed=st.integers(0, 99))
def test_kronecker_identity(n, m, seed):
    """(Rᵀ ⊗ L) vec(G) = vec(L G R); products of layers are layers of products; eigenvalues multiply."""
    torch.manual_seed(seed)
    L, L2, R, R2, G = (torch.randn(*s, dtype=torch.float64) for s in ((n, n), (n, n), (m, m), (m, m), (n, m)))
    torch.testing.assert_close(right(left(L, G), R), reference.kronecker_layer(L, R, G))
    twice = right(left(L2, right(left(L, G), R)), R2)
    torch.testing.assert_close(twice, right(left(L2 @ L, G), R @ R2))
    determinant = torch.linalg.det(torch.kron(R.T.contiguous(), L))
    torch.testing.assert_close(determinant, torch.linalg.det(L) ** m * torch.linalg.det(R) ** n)


@few
@given(network=cnns(2), seed=st.integers(0, 99))
def test_psd_factors_and_cholesky_never_ascend(network, seed):
    """⟨G, U(G)⟩ ≥ 0 for any ξ; for Cholesky at least ¾ α |G|², as its docstring proves."""
    p = network.init(0, torch.float64)
    G = gradients_like(p, seed)
    for rule, floor in ((update_rule("kfo-psd"), 0.0), (LowRankCholesky(3), 0.75)):
        steps = rule.update(moved(rule.init(p, 0.1), seed, 1.0), G, 0.1)
        for key in p:
            inner, norm = (steps[key] * G[key]).sum(), 0.1 * G[key].square().sum()
            assert inner >= (floor - 1e-12) * norm


def test_convolution_is_a_batch_of_matrices_that_share_factors():
    G = torch.randn(2, 6, 3, 3, 3)
    assert as_matrices("conv1.weight", G).shape == (2, 6, 3, 9)
    assert as_matrices("norm1.weight", G[:, :, 0, 0, 0]).shape == (2, 6, 1)
    assert as_matrices("head.weight", G[..., 0, 0]).shape == (2, 6, 3)


@pytest.mark.parametrize("name", ["adam", "cholesky", "cholesky-0", "cholesky--1", "kfo-nonlinear-3", ""])
def test_unknown_rules_list_the_known_ones(name):
    with pytest.raises(ValueError, match=r"unknown update rule .*; known: sgd, meta-sgd, .*cholesky-r"):
        update_rule(name)
