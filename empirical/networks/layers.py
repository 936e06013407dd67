"""Layers as functions of their weights, for one task or for many at once.

Inside a few-shot learner every task owns its weights after the first inner step, so a batch of tasks is not a
batch of images: it is a batch of *networks*. All layers here take weights with an optional leading task axis
`T` and activations laid out with the tasks **folded into the channels**,

    x  (B, T·C, H, W),   weight (T, O, C, kh, kw)   ⟶   (B, T·O, H, W),

because that is the layout in which a task-batched convolution is a grouped convolution (`groups=T`) and
task-batched batch-norm is ordinary batch-norm over T·O channels: the statistics of a channel never mix tasks.
`fold` and `unfold` enter and leave the layout once per network, not once per layer. A single task is T = 1.

Batch-norm always uses the statistics of the batch at hand (METHODS: "always batch statistics, in training and
in testing"), so there is no running average, no hidden state, and a query set is normalised by its own images
(*transductive*). `statistics_rows` asks for the other mode: the first rows of the batch (the support set)
supply mean and variance for everybody.

Warning to whoever replaces the explicit task axis by `torch.func.vmap`: `autograd.grad` taken outside a
`vmap` through `F.batch_norm` with affine weights returns a meta-gradient that is 2–4 % wrong, with no error
(torch 2.13). Here no `vmap` is involved and the float64 comparison with `tests/empirical/reference.py` covers
exactly that point.
"""

from torch import Tensor
from torch.nn import functional as F

EPSILON = 1e-5
"""Added to the variance by batch-norm, as in every released implementation."""


def fold(x: Tensor) -> Tensor:
    """(T, B, C, ...) → (B, T·C, ...): tasks become groups of channels."""
    return x.transpose(0, 1).flatten(1, 2)


def unfold(x: Tensor, tasks: int) -> Tensor:
    """(B, T·C, ...) → (T, B, C, ...): the inverse of `fold`."""
    return x.unflatten(1, (tasks, -1)).transpose(0, 1)


def convolution(x: Tensor, weight: Tensor, bias: Tensor, stride: int) -> Tensor:
    """3×3, padding 1, one filter bank per task: x (B, T·C, H, W), weight (T, O, C, 3, 3), bias (T, O)."""
    return F.conv2d(x, weight.flatten(0, 1), bias.flatten(), stride=stride, padding=1, groups=weight.shape[0])


def batch_norm(x: Tensor, gain: Tensor, shift: Tensor, statistics_rows: int | None = None) -> Tensor:
    """γ·(x − μ)/√(σ² + ε) + β with μ, σ² over the batch and space: x (B, T·C, H, W), γ and β (T, C).

    With `statistics_rows`, μ and σ² are those of the first rows of the batch only.
    """
    if statistics_rows is None:
        return F.batch_norm(x, None, None, gain.flatten(), shift.flatten(), training=True, eps=EPSILON)
    known = x[:statistics_rows]
    mean = known.mean((0, 2, 3), keepdim=True)
    variance = (known - mean).square().mean((0, 2, 3), keepdim=True)
    normal = (x - mean) / (variance + EPSILON).sqrt()
    return normal * gain.flatten()[:, None, None] + shift.flatten()[:, None, None]


def product(a: Tensor, b: Tensor) -> Tensor:
    """a @ b, as an outer or a scalar product where it is one.

    With 1,024 tasks of 25 numbers each a batched matrix product takes 31 µs for them, a broadcast 8.
    """
    if a.shape[-1] == 1:
        return a * b
    if a.shape[-2] == 1 and b.shape[-1] == 1:
        return (a * b.mT).sum(-1, keepdim=True)
    return a @ b


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b: x (..., B, n), weight (..., m, n), bias (..., m); the leading axes are tasks, or absent."""
    y = product(x, weight.mT)
    return y if bias is None else y + bias.unsqueeze(-2)
