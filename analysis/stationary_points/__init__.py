"""Every stationary point of a MAML loss, with proof: `python -m analysis.stationary_points`.

>>> from fractions import Fraction
>>> from analysis.adaptation import InnerLoop
>>> from analysis.landscape import Problem
>>> from analysis.models import DEEP
>>> found = stationary_points(Problem(DEEP, loop=InnerLoop(rate=Fraction(1, 10))))
>>> found.complete, found.counts["points"]
(True, 17)
"""

from analysis.stationary_points.points import (
    Certificate,
    Family,
    Interval,
    StationaryPoint,
    StationaryPoints,
)
from analysis.stationary_points.solve import UnsupportedProblem, solve, stationary_points

__all__ = [
    "Certificate",
    "Family",
    "Interval",
    "StationaryPoint",
    "StationaryPoints",
    "UnsupportedProblem",
    "solve",
    "stationary_points",
]
