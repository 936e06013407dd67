"""From a setting's words to the objects that compute: network, update rule, learner, engine, task streams."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import torch

from .benchmarks import Benchmark, load
from .engine import Engine
from .episodes import EVALUATION_SEED, Episodes
from .experiments import ExperimentError, Setting
from .learner import Learner
from .meta_training import Parameters, Tasks
from .networks import Network, binary_logistic, cnn, collapse, scalar_regression, softmax_regression
from .synthetic import SyntheticTasks
from .update_rules import update_rule

LOSS = {"regression": "squared", "logistic": "logistic"}
"""Losses of the synthetic networks; all others have cross-entropy."""

SYNTHETIC = ("synthetic", "synthetic-separable")
"""The benchmarks without images; in the second the labels are 1[θᵀx > 0]."""

LEARNERS = {"maml": "all", "anil": "head", "reptile": "all"}
"""Which parameters each learner adapts."""


def check_device(device: str) -> str:
    """The device if it is there; otherwise one line that says what is."""
    known = (
        ["cpu"]
        + [f"cuda:{i}" for i in range(torch.cuda.device_count())]
        + ["mps"] * torch.backends.mps.is_available()
    )
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ExperimentError(f"device {device!r} is not available; available: {', '.join(known)}") from error
    return device


def network_of(setting: Setting, shape: tuple[int, int, int]) -> Network:
    """The network a setting names, for images of ``shape`` (C, H, W)."""
    name = setting.network
    if name == "regression":
        return scalar_regression(1 + len(setting.linnet))
    if name == "logistic":
        return binary_logistic(setting.linnet)
    if name == "softmax":
        return softmax_regression(prod(shape), setting.ways, setting.linnet)
    depth = re.fullmatch(r"cnn([1-9]\d*)", name)
    if not depth:
        raise ExperimentError(f"unknown network {name!r}: known are cnnX, softmax, regression, logistic")
    network = cnn(
        setting.benchmark, int(depth[1]), setting.filters, setting.ways, setting.linnet, pixels=shape[1]
    )
    return replace(network, head_init=setting.head_init) if setting.head_init else network


def learner_of(setting: Setting, shape: tuple[int, int, int] = (1, 28, 28)) -> Learner:
    """The learner a setting names."""
    if setting.learner not in LEARNERS:
        raise ExperimentError(f"unknown learner {setting.learner!r}: known are {', '.join(LEARNERS)}")
    try:
        learner = Learner(
            network_of(setting, shape),
            update_rule(setting.rule),
            adapts=LEARNERS[setting.learner],
            order=setting.order,
            steps=setting.steps,
            rate=setting.adaptation_rate,
            adapt_rule=setting.adapt_rule,
            loss=LOSS.get(setting.network, "cross-entropy"),
            method="reptile" if setting.learner == "reptile" else "maml",
        )
        learner.refuse(setting.ways * setting.shots, setting.ways * setting.queries)
        return learner
    except ValueError as error:
        raise ExperimentError(str(error)) from error


def collapsed(learner: Learner, parameters: Parameters) -> tuple[Learner, Parameters]:
    """B.3: the learner whose linear layers are multiplied into its head, and its parameters."""
    network, product = collapse(learner.network, parameters)
    return replace(learner, network=network), product


def initial_parameters(learner: Learner, setting: Setting, seed: int, device: str) -> Parameters:
    """Meta-parameters before meta-training: drawn from the seed, or θ = 0 where the setting starts at
    zero."""
    parameters = learner.init(seed)
    if setting.start == "zero":
        theta, _ = learner.split(parameters)
        parameters = parameters | {name: torch.zeros_like(tensor) for name, tensor in theta.items()}
    elif setting.start != "random":
        raise ExperimentError(f"unknown start {setting.start!r}: known are random, zero")
    return {name: tensor.to(device) for name, tensor in parameters.items()}


@dataclass(frozen=True)
class Data:
    """The task streams of a setting on a device; ``benchmark`` is None for the synthetic tasks."""

    setting: Setting
    benchmark: Benchmark | None
    device: str

    @classmethod
    def of(cls, setting: Setting, device: str, data_dir: str | Path | None) -> Data:
        """Load what the setting needs; the CNNs on the stand-in see it at their own 84 pixels."""
        if setting.benchmark in SYNTHETIC:
            return cls(setting, None, device)
        size = setting.image_size
        if size is None and setting.benchmark == "mini-imagenet-standin":
            size = 84
        return cls(
            setting, load(setting.benchmark, data_dir=data_dir, device=device, image_size=size), device
        )

    @property
    def label(self) -> str:
        """What to print beside a number."""
        return self.benchmark.label if self.benchmark else "synthetic tasks"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width of an image."""
        return self.benchmark.shape if self.benchmark else (1, 1, 1)

    def training(self, seed: int) -> Tasks:
        """The tasks of one meta-training run."""
        return self.tasks("train", seed)

    def evaluation(self, split: str) -> Tasks:
        """The fixed list of a split, the same for every run."""
        return self.tasks(split, None)

    def ample(self, split: str) -> Episodes:
        """The fixed list of a split with every image of a class that is no query to train on."""
        if self.benchmark is None:
            raise ExperimentError("the synthetic tasks have no stock of images")
        s = self.setting
        shots = self.benchmark.per_class - s.queries
        return Episodes.evaluation(self.benchmark, split, ways=s.ways, shots=shots, queries=s.queries)

    def tasks(self, split: str, seed: int | None) -> Tasks:
        """A stream of tasks; ``seed`` None is the fixed list."""
        s = self.setting
        if self.benchmark is None:
            separable = s.benchmark == "synthetic-separable"
            return SyntheticTasks(s.network, split, s.shots, s.queries, seed, separable, self.device)
        drawn = EVALUATION_SEED if seed is None else seed
        return Episodes(self.benchmark, split, s.ways, s.shots, s.queries, seed=drawn)


def engine_of(learner: Learner, device: str, execution: str) -> Engine:
    """The engine, with its own errors passed on in this program's manner."""
    try:
        return Engine(learner, device=device, execution=execution)
    except ValueError as error:
        raise ExperimentError(str(error)) from error
