"""The registry of experiments: every cell of every table and every curve of every figure, as frozen records.

Imports no torch: listing and reporting are instant.
"""

from .paper import inconsistencies
from .record import MEASURES, PRESETS, ExperimentError, Record, Setting
from .registry import find, in_order_of_value, registry, select

__all__ = [
    "MEASURES",
    "PRESETS",
    "ExperimentError",
    "Record",
    "Setting",
    "find",
    "in_order_of_value",
    "inconsistencies",
    "registry",
    "select",
]
