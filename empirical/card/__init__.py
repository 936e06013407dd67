"""What a device is worth, examined before any run is trusted to it: is it right, and how fast is it, and why
not faster.

``examine`` appends two result rows under the benchmark name ``card``: losses and meta-gradients of every
learner and update rule against the float64 loop on the CPU, and the time of one meta-training iteration of
each workload in every execution beside the floors that arithmetic and memory traffic set. Needs no data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import results
from ..deadline import Deadline
from ..errors import UserError
from ..provenance import provenance
from ..runs import Options
from .correctness import Check, checks
from .throughput import floors, timings

__all__ = ["WrongNumbers", "examine"]

TOLERANCE = 1e-3
"""Largest relative error of a float32 meta-gradient that is still rounding: second order, five inner
steps."""


class WrongNumbers(UserError):
    """The device computes something else than the reference."""


def examine(options: Options, deadline: Deadline, say: Callable[[str], None], small: bool = False) -> None:
    """Examine the device once a revision: correctness first; raises :class:`WrongNumbers` if anything is off.

    ``small`` is the rehearsal: one network, one learner, few tasks.
    """
    origin = provenance(options.device)
    rows, _ = results.read(options.results_dir)
    subject = f"{origin['device']} {origin['revision']}"
    if not known(rows, f"correctness {subject}"):
        found = checks(options.device, small)
        wrong = [check for check in found if is_wrong(check)]
        for check in wrong:
            say(f"wrong: {check}")
        record(
            options, "correctness", subject, origin, {"checks": [vars(c) for c in found], "wrong": len(wrong)}
        )
        say(f"{len(found)} checks on {origin['device']}: {len(wrong)} wrong; worst error {worst(found):.1e}")
        if wrong:
            raise WrongNumbers(
                f"{len(wrong)} of {len(found)} checks fail on {origin['device']}; no run was started"
            )
    if not known(rows, f"throughput {subject}"):
        measured = timings(options.device, deadline, say, small)
        record(
            options,
            "throughput",
            subject,
            origin,
            {"timings": measured, "floors": floors(options.device, small)},
        )


def is_wrong(check: Check) -> bool:
    """A float32 gradient off by more than rounding; an execution that refuses is no error unless it is the
    automatic one."""
    if check.failure and check.execution != "auto":
        return False
    return check.precision == "float32" and not check.gradient_error < TOLERANCE


def worst(found: list[Check]) -> float:
    """Largest float32 gradient error where there is a gradient."""
    return max(check.gradient_error for check in found if check.precision == "float32" and not check.failure)


def known(rows: list[results.Row], key: str) -> bool:
    """Whether this device was examined at this revision."""
    return any(row["key"] == key and not row["measures"].get("wrong") for row in rows)


def record(
    options: Options, what: str, subject: str, origin: dict[str, Any], measures: dict[str, Any]
) -> None:
    """Append the row of an examination."""
    row = {
        "record": f"card/{what}",
        "key": f"{what} {subject}",
        "seed": 0,
        "iterations": 0,
        "status": "complete",
    }
    results.append(
        {**row, "setting": {"benchmark": "card"}, "measures": measures, **origin}, options.results_dir
    )
