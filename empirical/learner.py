"""The learner: what one task does with the meta-parameters. One semantics; the engine decides how it is
executed.

Meta-parameters are one flat dictionary: the network's θ, and the update rule's ξ under "rule." names. On a
task τ with support loss ℓ_s and query loss ℓ_q (eqs. 1–4, Algorithm 1)

    θ₁ = θ;   for t = 1 … K:   θ_{t+1} = θ_t − U_ξ(∇ℓ_s(θ_t)) on the adapted parameters;   meta-loss  E_τ
    ℓ_q(θ_{K+1}).

`inner_loop` is that line, written once, over *any* source of support gradients: the slow loop over tasks, the
batched autograd tape and the hand-written pass differ only in the function `gradient` they hand in.

Choices of learner:

* **which parameters adapt** (`adapts`): "all" is MAML; "head" is ANIL (with LinNet: head and linear layers);
  or a tuple of parameter names. When everything that adapts lies behind the features, features are computed
  once, on support and query **together** (one batch-norm batch), as ANIL's released code does.
* **order**: 2 differentiates through the inner gradients, 1 holds them constant (FOMAML; ξ still learns
  through U).
* **ξ inside the task** (`adapt_rule`, Algorithm 1): ξ_{t+1} = ξ_t − α ∂ℓ_s(θ_t)/∂ξ_t, before θ moves. The
  derivative is with respect to the current ξ only, which reaches θ_t through the latest update alone:

      ∂ℓ_s(θ_t)/∂ξ_t = −(∂U_{ξ_t}(G_{t−1})/∂ξ_t)ᵀ G_t,         zero at t = 1.

* **Reptile** (`method`): K steps on the support set and no query loss; the meta-gradient is θ₁ − θ_{K+1},
  mean over tasks (outer gradient descent with rate ε then is Reptile's update), ξ is not learned. The loss it
  reports is still the query loss.
* **batch-norm statistics**: transductive ("batch"), or "support": query images normalised by the support
  set's statistics.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from empirical.losses import LOSSES, Loss
from empirical.networks import Network, Parameters
from empirical.update_rules import GradientDescent, Rate, TNets, UpdateRule, Warp, scaled

Gradient = Callable[[Parameters], Parameters]
"""Adapted parameters → gradient of the support loss with respect to them."""

RULE = "rule."


class Tasks(Protocol):
    """A batch of tasks: inputs (T, B, …) and targets (T, B) of the support and the query sets."""

    support_x: Tensor
    support_y: Tensor
    query_x: Tensor
    query_y: Tensor


@dataclass(frozen=True)
class Learner:
    """A network, an update rule, and which learner of the module docstring they form.

    Raises ValueError for a combination that does not exist.
    """

    network: Network
    rule: UpdateRule = field(default_factory=GradientDescent)
    adapts: str | tuple[str, ...] = "all"
    order: int = 2
    steps: int = 5
    rate: float = 0.01
    adapt_rule: bool = False
    loss: str = "cross-entropy"
    method: str = "maml"
    statistics: str = "batch"

    def __post_init__(self) -> None:
        known = tuple(self.network.shapes)
        if isinstance(self.adapts, str) and self.adapts not in ("all", "head"):
            raise ValueError(f"adapts is 'all', 'head' or a tuple of parameter names, not {self.adapts!r}")
        unknown = [name for name in self.adapted if name not in known]
        if unknown or not self.adapted:
            raise ValueError(f"cannot adapt {unknown or 'nothing'}; the parameters are {', '.join(known)}")
        for what, value, allowed in (
            ("order", self.order, (1, 2)),
            ("loss", self.loss, tuple(LOSSES)),
            ("method", self.method, ("maml", "reptile")),
            ("statistics", self.statistics, ("batch", "support")),
        ):
            if value not in allowed:
                raise ValueError(f"{what} is one of {', '.join(map(str, allowed))}, not {value!r}")
        if self.steps < 0:
            raise ValueError(f"the number of inner steps is not negative, so not {self.steps}")
        if self.adapt_rule and not self.rule.adapts_in_task:
            raise ValueError(f"the ξ of {self.rule.name} does not move inside a task")
        if isinstance(self.rule, TNets) and set(self.adapted) != set(known):
            raise ValueError("T-Nets needs every layer to adapt (adapts='all'); it is not usable with ANIL")
        if isinstance(self.rule, Warp) and self.features_once:
            raise ValueError("warp layers act on the layers before them; use adapts='all'")

    @property
    def adapted(self) -> tuple[str, ...]:
        """Names of the parameters that the task changes, in forward order."""
        if self.adapts == "all":
            return tuple(self.network.shapes)
        if self.adapts == "head":
            return self.network.head_names
        return tuple(self.adapts)

    @property
    def features_once(self) -> bool:
        """Whether nothing before the linear layers adapts, so that features are computed once per task."""
        return bool(self.network.blocks) and set(self.adapted) <= set(self.network.head_names)

    def refuse(self, support: int, query: int) -> None:
        """Raise ValueError for numbers of examples a task that leave batch-norm a single value a channel."""
        values = self.network.smallest_map * min(support, query)
        if values == 1 and self.statistics == "batch" and not self.features_once:
            raise ValueError(
                f"batch-norm needs more than one value a channel: {self.network.label} ends in a map of one "
                f"pixel, so a task needs at least 2 examples to adapt on and to be judged by"
            )

    @property
    def second_order(self) -> bool:
        """Whether the meta-gradient passes through the inner gradients."""
        return self.order == 2 and self.method == "maml"

    @property
    def objective(self) -> Loss:
        """The task loss."""
        return LOSSES[self.loss]

    def init(self, seed: int, dtype: torch.dtype = torch.float32) -> Parameters:
        """θ from the seed and ξ at gradient descent."""
        theta = self.network.init(seed, dtype)
        xi = self.rule.init({name: theta[name] for name in self.adapted}, self.rate)
        return theta | {RULE + name: value for name, value in xi.items()}

    def split(self, meta_parameters: Mapping[str, Tensor]) -> tuple[Parameters, Parameters]:
        """(θ, ξ): the two halves of the flat dictionary."""
        theta = {name: value for name, value in meta_parameters.items() if not name.startswith(RULE)}
        xi = {k.removeprefix(RULE): value for k, value in meta_parameters.items() if k.startswith(RULE)}
        return theta, xi

    def inner_loop(
        self, start: Parameters, xi: Parameters, gradient: Gradient, rate: Rate | None = None
    ) -> Iterator[Parameters]:
        """θ₁, θ₂, …, θ_{K+1} (adapted parameters only), each as soon as it is known.

        `gradient` is with respect to what the network reads, `rule.effective`. With `adapt_rule`, ξ must be
        differentiable and must carry the task axis where `start` does. `rate` (default: the learner's) may be
        one for each task.
        """
        rate = self.rate if rate is None else rate
        parameters, step = start, start
        yield parameters
        for t in range(self.steps):
            gradients = self.rule.pull_back(xi, gradient(self.rule.effective(xi, parameters)))
            if not self.second_order:
                gradients = {name: g.detach() for name, g in gradients.items()}
            if self.adapt_rule and t > 0:
                xi = self.move_rule(xi, step, gradients, rate)
            step = self.rule.update(xi, gradients, rate)
            parameters = {name: p - step[name] for name, p in parameters.items()}
            yield parameters

    def move_rule(self, xi: Parameters, step: Parameters, gradients: Parameters, rate: Rate) -> Parameters:
        """ξ_t → ξ_{t+1}, from the step U_{ξ_t}(G_{t−1}) and the gradient G_t at the point it led to."""
        names, values = list(xi), list(xi.values())
        slopes = torch.autograd.grad(
            [step[name] for name in gradients],
            values,
            [-g for g in gradients.values()],
            create_graph=self.second_order,
            retain_graph=True,
        )
        return {
            name: value - scaled(rate, slope)
            for name, value, slope in zip(names, values, slopes, strict=True)
        }
