"""MAML on softmax regression is far above chance on Omniglot; the other two benchmarks await their rows.

Figure B.2 of the paper: Figure 3 with mini-ImageNet, down-sampled to 32 × 32 pixels. Drawn from the committed
result rows (`empirical.report`).
"""

from __future__ import annotations

from figures.fig3 import Data, draw

__all__ = ["Data", "data", "draw"]


def data(fast: bool = False) -> Data:
    """From the result rows; `fast` changes nothing."""
    from empirical.report import figure_b2

    return Data(figure_b2())
