"""One experiment as one frozen value: a setting, and the place in the paper that it answers.

A :class:`Setting` is everything that determines a run up to its seed. A :class:`Record` is a cell of a table
or a curve of a figure: a name, the setting, which accuracy of the run it reports, and what the paper prints
there. Different records may share a setting (Omniglot CNN(2) under MAML stands in Tables 1 and 3 and in
Figure 4): the run is done once, and :attr:`Setting.key` joins result rows to records.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from functools import cached_property

from empirical.errors import UserError

MEASURES = {
    "test": "accuracy on meta-test tasks after adaptation",
    "train": "accuracy on meta-training tasks after adaptation",
    "collapsed": "meta-test accuracy when the linear layers are multiplied into one before adaptation (B.3)",
    "loss": "meta-test loss after adaptation (the 1-D regression of Figure 1: mean squared error)",
}
"""Which number of a run a record reports."""

PRESETS = {
    "paper": "what the paper's text and its Tables D.5 to D.7 say",
    "released": "what the authors' released scripts do, where that differs",
    "ours": "our choice, where text and scripts leave the matter open",
}


class ExperimentError(UserError):
    """An experiment was asked for that cannot be."""


@dataclass(frozen=True)
class Setting:
    """All that determines a run except its seed; defaults are the paper's protocol (METHODS: 5-way 5-shot,
    Adam, 16 tasks).

    ``network`` is ``cnnX`` (X conv blocks), ``softmax``, or one of the synthetic models ``regression`` and
    ``logistic`` (§4.1, B.1), where ``linnet`` counts the added layers. ``learner`` is ``maml``, ``anil`` or,
    for Figure 3's horizontal line, ``ample-data``. ``outer`` is ``adam``, or ``momentum`` (SGD with momentum
    0.9: the 1-D regression). ``iterations`` is the planned length; 0 asks for no meta-training at all.
    ``head_init`` None is the benchmark's own head.
    """

    benchmark: str
    network: str
    learner: str
    adaptation_rate: float
    meta_rate: float
    iterations: int
    rule: str = "sgd"
    outer: str = "adam"
    linnet: tuple[int, ...] = ()
    filters: int | None = None
    order: int = 2
    steps: int = 5
    start: str = "random"
    head_init: str | None = None
    adapt_rule: bool = False
    ways: int = 5
    shots: int = 5
    queries: int = 5
    tasks: int = 16
    image_size: int | None = None

    @cached_property
    def key(self) -> str:
        """Joins rows to records: a digest of all fields but the length, which a row reports for itself.

        Fields at their defaults are left out, so that a field added later does not orphan the rows of today.
        """
        defaults = {f.name: f.default for f in fields(self)}
        identity = {name: value for name, value in asdict(self).items() if value != defaults[name]}
        identity["iterations"] = min(self.iterations, 1)
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Record:
    """One cell of a table or one curve of a figure of the paper, or one question of ours.

    ``printed`` is the paper's value in percent, None for curves and for our own questions; ``prediction`` is
    what the theory says should happen, written down before the measurement; ``note`` says what is open,
    inconsistent, or not comparable.
    """

    name: str
    place: str
    setting: Setting
    rates_source: str
    iterations_source: str
    printed: float | None = None
    source: str = ""
    measure: str = "test"
    preset: str = "paper"
    prediction: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise ExperimentError(f"measure {self.measure!r} of {self.name}: known are {', '.join(MEASURES)}")
        if self.preset not in PRESETS:
            raise ExperimentError(f"preset {self.preset!r} of {self.name}: known are {', '.join(PRESETS)}")
