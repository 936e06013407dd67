"""Executing a learner: `Engine(learner, device).meta_gradient(meta_parameters, tasks)`."""

from empirical.engine.engine import EXECUTIONS, Engine, Request
from empirical.engine.passes import Course, MetaGradient

__all__ = ["EXECUTIONS", "Course", "Engine", "MetaGradient", "Request"]
