"""Collapse: multiply LinNet's trained layers and the head into one linear map (appendix B.3).

    W_head (W_k ⋯ W₁ φ) + b  =  (W_head W_k ⋯ W₁) φ + b.

The two networks are the same function before adaptation and different learners after it: gradient descent on
the product moves differently from gradient descent on the factors. That is the experiment of Fig. B.3.
"""

from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from empirical.networks.network import Network, Parameters


def collapse(network: Network, parameters: Mapping[str, Tensor]) -> tuple[Network, Parameters]:
    """The network without LinNet and its parameters; outputs agree to rounding."""
    product = parameters["head.weight"]
    for i in range(len(network.linnet), 0, -1):
        product = product @ parameters[f"linear{i}.weight"]
    shallow = replace(network, linnet=(), label=network.label.split(" + LinNet")[0])
    return shallow, {name: product if name == "head.weight" else parameters[name] for name in shallow.shapes}
