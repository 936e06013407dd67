"""Networks as pure functions of a parameter dictionary: CNN(X), linear models, LinNet on either, collapse."""

from empirical.networks.cnn import BACKBONES, cnn
from empirical.networks.collapse import collapse
from empirical.networks.linear import LINNET, binary_logistic, scalar_regression, softmax_regression
from empirical.networks.network import Block, Layers, Network, Parameters

__all__ = [
    "BACKBONES",
    "LINNET",
    "Block",
    "Layers",
    "Network",
    "Parameters",
    "binary_logistic",
    "cnn",
    "collapse",
    "scalar_regression",
    "softmax_regression",
]
