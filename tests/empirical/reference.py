"""The judge: meta-gradients by a Python loop over tasks and plain `torch.autograd.grad`, in the paper's own
words.

Slow on purpose, and sharing no code with `empirical` (it reads the fields of `Network` and `Learner`, calls
none of their methods): layers are `torch.nn.functional`, Kronecker layers are explicit Kronecker products on
column-major vec(G), Meta-Curvature is einsum, low-rank Cholesky an n×n matrix, T-Nets and warp are layers
that are really there, and Algorithm 1 differentiates the support loss itself with respect to ξ_t.
"""

from types import SimpleNamespace

import torch
from torch import Tensor
from torch.nn import functional as F

Tensors = dict[str, Tensor]


def extra_layer(rule: str, xi: Tensors, layer: str, z: Tensor) -> Tensor:
    """T(z) of T-Nets or ω(z) of warp, if the rule has it."""

    def mix(matrix: Tensor, value: Tensor) -> Tensor:
        return F.conv2d(value, matrix[:, :, None, None]) if value.dim() == 4 else F.linear(value, matrix)

    if rule == "t-nets":
        return mix(xi[f"{layer}.T"], z)
    if rule == "warp":
        return z + mix(xi[f"{layer}.V"], F.relu(mix(xi[f"{layer}.U"], z)))
    return z


def features(learner, p: Tensors, xi: Tensors, x: Tensor) -> Tensor:
    network, rule = learner.network, learner.rule.name
    for i, block in enumerate(network.blocks, 1):
        x = F.conv2d(x, p[f"conv{i}.weight"], p[f"conv{i}.bias"], stride=block.stride, padding=1)
        x = extra_layer(rule, xi, f"conv{i}", x)
        x = F.batch_norm(x, None, None, p[f"norm{i}.weight"], p[f"norm{i}.bias"], training=True, eps=1e-5)
        x = F.relu(x)
        if block.pool > 1:
            x = F.max_pool2d(x, block.pool)
    if network.blocks and network.readout == "mean":
        x = x.mean(3).mean(2)
    return x.flatten(1)


def head(learner, p: Tensors, xi: Tensors, x: Tensor) -> Tensor:
    rule = learner.rule.name
    for i in range(1, len(learner.network.linnet) + 1):
        x = extra_layer(rule, xi, f"linear{i}", F.linear(x, p[f"linear{i}.weight"]))
    return extra_layer(rule, xi, "head", F.linear(x, p["head.weight"], p.get("head.bias")))


def task_loss(kind: str, outputs: Tensor, y: Tensor) -> Tensor:
    if kind == "cross-entropy":
        return F.cross_entropy(outputs, y)
    if kind == "squared":
        return F.mse_loss(outputs[:, 0], y) / 2
    return F.binary_cross_entropy_with_logits(outputs[:, 0], y)


def vec(G: Tensor) -> Tensor:
    """Column-major vectorisation of a matrix."""
    return G.t().reshape(-1)


def kronecker_layer(L: Tensor, R: Tensor, G: Tensor) -> Tensor:
    """unvec((Rᵀ ⊗ L) vec(G))."""
    n, m = G.shape
    return (torch.kron(R.t().contiguous(), L.contiguous()) @ vec(G)).reshape(m, n).t()


def kronecker(layers: list[tuple[Tensor, Tensor]], G: Tensor) -> Tensor:
    """A stack of Kronecker layers with ReLU between, on the matrix or matrices of one gradient."""
    matrices = {1: lambda g: [g[:, None]], 2: lambda g: [g], 4: lambda g: [f.flatten(1) for f in g]}[G.dim()](
        G
    )
    results = []
    for flow in matrices:
        for i, (L, R) in enumerate(layers):
            flow = kronecker_layer(L, R, flow.clamp(min=0) if i else flow)
        results.append(flow)
    return torch.stack(results).reshape(G.shape) if G.dim() == 4 else results[0].reshape(G.shape)


def cosine_columns(n: int, r: int) -> Tensor:
    """½ × the first r vectors of the orthonormal DCT-II: cosines, normalised."""
    k, i = torch.meshgrid(torch.arange(min(r, n)), torch.arange(n), indexing="ij")
    rows = torch.cos(torch.pi * k.double() * (2 * i.double() + 1) / (2 * n))
    return 0.5 * (rows / rows.norm(dim=1, keepdim=True)).t()


def transformed(rule, name: str, xi: Tensors, G: Tensor, rate: float) -> Tensor:
    """U_ξ(G) for the parameter `name`."""
    kind = rule.name
    if kind == "meta-sgd":
        return xi[f"{name}.rates"] * G
    if kind == "meta-curvature":
        if G.dim() == 1:
            return rate * xi[f"{name}.gains"] * G
        o, i = xi[f"{name}.out"], xi[f"{name}.in"]
        if G.dim() == 2:
            return rate * torch.einsum("ab,bc,cd->ad", o, G, i)
        flat = torch.einsum("ab,bcf,dc,fg->adg", o, G.flatten(2), i, xi[f"{name}.filter"])
        return rate * flat.reshape(G.shape)
    if kind in ("kfo", "kfo-psd"):
        L, R = xi[f"{name}.L"], xi[f"{name}.R"]
        pair = (L.t() @ L, R.t() @ R) if kind == "kfo-psd" else (L, R)
        return rate * kronecker([pair], G)
    if kind.startswith("kfo-nonlinear"):
        hidden = int(kind[-1])
        stack = [(xi[f"{name}.L{i}"], xi[f"{name}.R{i}"]) for i in range(hidden + 1)]
        return rate * (G + kronecker(stack, G))
    if kind.startswith("cholesky"):
        L = xi[f"{name}.L"]
        L0 = cosine_columns(L.shape[0], L.shape[1])
        matrix = torch.eye(L.shape[0], dtype=L.dtype) + L @ L.t() - L0 @ L0.t()
        return rate * (matrix @ G.flatten()).reshape(G.shape)
    return rate * G


def adapt(learner, theta: Tensors, xi: Tensors, sx: Tensor, sy: Tensor, qx: Tensor, qy: Tensor):
    """(query loss, adapted parameters, ξ_t along the way) for one task, differentiable."""
    linear_only = (
        all(name.startswith(("linear", "head")) for name in learner.adapted) and learner.network.blocks
    )
    if linear_only:
        joint = features(learner, theta, xi, torch.cat([sx, qx]))
        support, query = joint[: len(sx)], joint[len(sx) :]

    def loss(p: Tensors, x: Tensor, y: Tensor, ready: Tensor | None) -> Tensor:
        phi = features(learner, p, xi, x) if ready is None else ready
        return task_loss(learner.loss, head(learner, p, xi, phi), y)

    create = learner.order == 2 and learner.method == "maml"
    p, xis = dict(theta), [xi]
    for t in range(learner.steps):
        support_loss = loss(p, sx, sy, support if linear_only else None)
        names = list(learner.adapted)
        G = dict(
            zip(
                names,
                torch.autograd.grad(
                    support_loss, [p[n] for n in names], create_graph=create, retain_graph=True
                ),
                strict=True,
            )
        )
        if learner.adapt_rule and t > 0:
            slopes = torch.autograd.grad(
                support_loss, list(xi.values()), create_graph=create, retain_graph=True
            )
            xi = {k: v - learner.rate * s for (k, v), s in zip(xi.items(), slopes, strict=True)}
            xis.append(xi)
        p = p | {n: p[n] - transformed(learner.rule, n, xi, G[n], learner.rate) for n in names}
    return loss(p, qx, qy, query if linear_only else None), p, xis


def meta_gradient(learner, meta_parameters: Tensors, tasks) -> SimpleNamespace:
    """Mean meta-loss and meta-gradient, task after task."""
    leaves = {k: v.detach().clone().requires_grad_() for k, v in meta_parameters.items()}
    theta = {k: v for k, v in leaves.items() if not k.startswith("rule.")}
    xi = {k[5:]: v for k, v in leaves.items() if k.startswith("rule.")}
    shape, count = learner.network.input_shape, len(tasks.support_y)
    losses, adapted = [], []
    for i in range(count):
        sx, qx = (x[i].reshape(-1, *shape) for x in (tasks.support_x, tasks.query_x))
        loss, p, _ = adapt(learner, theta, xi, sx, tasks.support_y[i], qx, tasks.query_y[i])
        losses.append(loss)
        adapted.append({k: v.detach() for k, v in p.items()})
    mean = torch.stack(losses).mean()
    if learner.method == "reptile":
        gradients = {k: torch.zeros_like(v) for k, v in leaves.items()}
        for name in learner.adapted:
            gradients[name] = torch.stack([leaves[name].detach() - p[name] for p in adapted]).mean(0)
    else:
        values = torch.autograd.grad(mean, list(leaves.values()), allow_unused=True, materialize_grads=True)
        gradients = dict(zip(leaves, values, strict=True))
    return SimpleNamespace(loss=mean.detach(), gradients=gradients, adapted=adapted)
