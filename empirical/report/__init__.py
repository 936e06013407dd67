"""Reports from result rows: tables beside the paper's, verdicts on its claims, and the data of its figures.
Imports no torch."""

from .curves import figure_3, figure_4, figure_b2, figure_b3, figure_b4
from .statistics import Estimate, Term, estimate
from .table import Line, lines
from .verdicts import verdicts

__all__ = [
    "Estimate",
    "Line",
    "Term",
    "estimate",
    "figure_3",
    "figure_4",
    "figure_b2",
    "figure_b3",
    "figure_b4",
    "lines",
    "verdicts",
]
