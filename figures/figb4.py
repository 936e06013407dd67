"""Whether the gain of meta-KFO over MAML shrinks as convolutional layers are added, on all three benchmarks.

Figure B.4 of the paper: Figure 4 with mini-ImageNet. Drawn from the committed result rows
(`empirical.report`).
"""

from __future__ import annotations

from figures.fig4 import Data, draw

__all__ = ["Data", "data", "draw"]


def data(fast: bool = False) -> Data:
    """From the result rows; `fast` changes nothing."""
    from empirical.report import figure_b4

    return Data(figure_b4())
