"""A time budget: written ``25m``, ``90s``, ``1.5h``; asked whether something of a known length still fits;
cut short by a signal."""

from __future__ import annotations

import math
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .experiments import ExperimentError

UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(text: str) -> float:
    """``"25m"`` → 1500.0; a number without a unit is seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d*)?)\s*([smh]?)", text.strip())
    if not match or float(match[1]) == 0:
        raise ExperimentError(f"budget {text!r}: a positive number with s, m or h, such as 90s, 25m, 1.5h")
    return float(match[1]) * UNITS[match[2]]


class Deadline:
    """A moment that work must not run past; without a budget it is never reached until :meth:`stop`."""

    def __init__(self, budget: str | None = None) -> None:
        self.end = math.inf if budget is None else time.monotonic() + seconds(budget)

    def left(self) -> float:
        """Seconds left, not negative; infinite without a budget."""
        return max(0.0, self.end - time.monotonic())

    def allows(self, duration: float) -> bool:
        """Whether work of ``duration`` seconds ends in time."""
        return self.left() > duration

    def stop(self) -> None:
        """Reach the deadline now."""
        self.end = -math.inf

    @property
    def passed(self) -> bool:
        return self.left() == 0.0


@contextmanager
def stopped_by_signals(deadline: Deadline) -> Iterator[None]:
    """Ctrl-C and SIGTERM (a preempted job) reach the deadline: the run saves and ends; a second Ctrl-C
    interrupts at once."""

    def reach(number: int, frame: object) -> None:
        deadline.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, reach) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
