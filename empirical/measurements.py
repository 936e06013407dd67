"""What is measured of a run: the accuracies after adaptation on the fixed lists of its tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .evaluation import Measurement, measure
from .experiments import Setting
from .learner import Learner
from .meta_training import Parameters
from .models import Data, collapsed, engine_of

if TYPE_CHECKING:
    from .runs import Options


def evaluated(
    setting: Setting, learner: Learner, parameters: Parameters, tasks: Any, count: int, options: Options
) -> Measurement:
    """Accuracy of a learner at some meta-parameters on tasks 0 … count−1."""
    engine = engine_of(learner, options.device, options.execution)
    return measure(engine.evaluate, parameters, tasks, count, setting.ways * setting.queries)


def measures_of(setting: Setting) -> int:
    """How many lists of test length :func:`measurements` evaluates."""
    return 3 if setting.linnet and setting.rule == "sgd" else 2


def measurements(
    setting: Setting, learner: Learner, parameters: Parameters, data: Data, options: Options
) -> dict[str, Measurement]:
    """Everything that is measured at the end of a run."""
    count = options.test_tasks
    found = {
        "test": evaluated(setting, learner, parameters, data.evaluation("test"), count, options),
        "train": evaluated(setting, learner, parameters, data.evaluation("train"), count, options),
    }
    if measures_of(setting) == 3:
        chosen = collapsed(learner, parameters)
        found["collapsed"] = evaluated(setting, *chosen, data.evaluation("test"), count, options)
    return found
