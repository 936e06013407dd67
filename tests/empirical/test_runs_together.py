"""Several runs in one outer batch: each gets the meta-gradient that it would get alone, and goes its own
way."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from functools import cache
from itertools import product

import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from empirical import checkpoints, models, results
from empirical.__main__ import main
from empirical.deadline import Deadline
from empirical.engine import EXECUTIONS, Engine, Request
from empirical.engine.sweep import Sweep
from empirical.experiments import find
from empirical.learner import Learner
from empirical.meta_training import NonFiniteLoss
from empirical.models import Data
from empirical.networks import cnn, softmax_regression
from empirical.runs import Options, Plan, Trained, train
from empirical.together import companions
from empirical.update_rules import update_rule
from empirical.workload import company
from tests.empirical import reference
from tests.empirical.zoo import RULES, cnns, linear_models, moved, random_tasks, synthetic_models

TOLERANCE = 1e-10
RATES = (0.3, 0.05, 0.3)
few = settings(max_examples=4, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])


def requests_of(learner: Learner, examples: int = 6, tasks: int = 3) -> list[Request]:
    """Three runs with meta-parameters, tasks and rates of their own."""
    return [
        Request(
            moved(learner.init(run, torch.float64), seed=10 + run),
            random_tasks(learner.network, tasks, examples, learner.loss, seed=run),
            rate,
        )
        for run, rate in enumerate(RATES)
    ]


def agree(learner: Learner, execution: str, **options) -> None:
    """Loss and meta-gradient of every run equal the slow reference's for that run alone."""
    if execution in ("sweep", "grouped") and not Sweep.runs(learner):
        return  # not an execution of it
    requests = requests_of(learner)
    together = Engine(learner, execution=execution, **options).meta_gradients(requests)
    assert len(together) == len(requests)
    for fast, (meta, tasks, rate) in zip(together, requests, strict=True):
        alone = Learner(**{**vars(learner), "rate": rate})
        slow = reference.meta_gradient(alone, meta, tasks)
        torch.testing.assert_close(fast.loss, slow.loss, rtol=TOLERANCE, atol=TOLERANCE)
        accuracy = Engine(alone, execution="batched").meta_gradient(meta, tasks).accuracy
        torch.testing.assert_close(fast.accuracy, accuracy, equal_nan=True, check_dtype=False)
        assert list(fast.gradients) == list(meta)
        scale = max(1.0, *(float(g.abs().max()) for g in slow.gradients.values()))
        for name, gradient in fast.gradients.items():
            assert gradient.shape == meta[name].shape
            error = float((gradient - slow.gradients[name]).abs().max())
            assert error <= TOLERANCE * scale, (name, error, scale)


@pytest.mark.parametrize("execution", EXECUTIONS)
@pytest.mark.parametrize("rule", RULES)
@few
@given(network=cnns(2) | linear_models(), order=st.sampled_from([2, 2, 1]))
def test_every_rule(execution, rule, network, order):
    agree(Learner(network, update_rule(rule), steps=2, order=order), execution)


@pytest.mark.parametrize("execution", EXECUTIONS)
@pytest.mark.parametrize(
    ("adapts", "rule", "more"),
    [
        ("head", "sgd", {}),
        ("head", "kfo", {}),
        ("head", "kfo", {"adapt_rule": True}),
        ("all", "kfo", {"adapt_rule": True}),
        ("all", "sgd", {"method": "reptile"}),
        (("conv1.weight", "head.bias"), "meta-curvature", {}),
    ],
)
def test_every_learner(execution, adapts, rule, more):
    network = cnn("cifar-fs", 2, filters=3, pixels=6, linnet=(4,))
    agree(Learner(network, update_rule(rule), adapts, steps=3, **more), execution)


@pytest.mark.parametrize("execution", EXECUTIONS)
@few
@given(model=synthetic_models())
def test_synthetic_models(execution, model):
    network, loss = model
    agree(Learner(network, steps=2, loss=loss), execution)


@pytest.mark.parametrize("execution", EXECUTIONS)
@pytest.mark.parametrize(("chunk", "workers"), [(1, 1), (2, 1), (2, 2), (None, 2)])
def test_chunks_and_workers_change_nothing(execution, chunk, workers):
    learner = Learner(cnn("omniglot", 2, filters=3, pixels=7), update_rule("kfo"), steps=2)
    agree(learner, execution, chunk=chunk, workers=workers)


def test_memory_bounds_the_tasks_of_all_runs_together():
    learner = Learner(cnn("omniglot", 2))
    engine = Engine(learner, execution="sweep", workers=1)
    tasks = random_tasks(learner.network, 60, 1)
    alone = [len(chunk.support_y) for chunk in engine.chunks([tasks])]
    together = [len(chunk.support_y) for chunk in engine.chunks([tasks] * 3)]
    assert sum(alone) == 60
    assert sum(together) == 180
    assert max(together) <= max(alone) < 60


def test_one_run_together_is_that_run():
    learner = Learner(softmax_regression(6, 3), update_rule("meta-sgd"), rate=0.3)
    request = requests_of(learner)[0]
    (together,) = Engine(learner).meta_gradients([request])
    alone = Engine(learner).meta_gradient(request.meta_parameters, request.tasks)
    torch.testing.assert_close(together.gradients, alone.gradients, rtol=1e-12, atol=1e-14)


RECORD = find("figure1/regression/scalar/deep")
SETTING = replace(RECORD.setting, adaptation_rate=0.1)


def trained(settings, until, folder, together, **changes) -> list[Trained]:
    """Runs of the 1-D regression, seeds 0, 1, …, together or one after another, from where they stand."""
    options = Options(iterations=until, runs_dir=folder, progress="none", validation_every=10, **changes)
    plans = [Plan(f"run {i}", setting, i) for i, setting in enumerate(settings)]
    data = Data.of(SETTING, "cpu", None)
    groups = [plans] if together else [[plan] for plan in plans]
    return [run for group in groups for run in train(group, data, options, Deadline())]


def same(one: Trained, other: Trained) -> None:
    """Two runs ended at the same iteration with the same parameters, to rounding."""
    assert one.state.iteration == other.state.iteration
    torch.testing.assert_close(one.state.parameters, other.state.parameters, rtol=1e-4, atol=1e-6)
    assert [p[0] for p in one.state.curve] == [p[0] for p in other.state.curve]


DIFFERENT = [SETTING, replace(SETTING, adaptation_rate=0.3), replace(SETTING, meta_rate=0.02), SETTING]


def test_seeds_and_rates_trained_together_are_the_runs_alone(tmp_path):
    together = trained(DIFFERENT, 40, tmp_path / "together", True)
    for run, alone in zip(together, trained(DIFFERENT, 40, tmp_path / "alone", False), strict=True):
        assert run.outcome is alone.outcome is True
        same(run, alone)
    ends = [run.state.parameters["head.weight"].item() for run in together]
    assert len(set(ends)) == 4, "seeds and rates make a difference"


def test_runs_that_stand_at_different_iterations_go_on_together(tmp_path):
    for seed, until in enumerate((5, 20, 11)):
        plan = Plan("early", DIFFERENT[seed], seed)
        train(
            [plan],
            Data.of(SETTING, "cpu", None),
            Options(until, runs_dir=tmp_path / "a", progress="none"),
            Deadline(),
        )
    together = trained(DIFFERENT[:3], 30, tmp_path / "a", True)
    for run, alone in zip(together, trained(DIFFERENT[:3], 30, tmp_path / "b", False), strict=True):
        assert run.state.iteration == 30
        torch.testing.assert_close(run.state.parameters, alone.state.parameters, rtol=1e-4, atol=1e-6)


def test_one_that_diverges_leaves_the_others_alone(tmp_path):
    wild = [SETTING, replace(SETTING, adaptation_rate=1e6), SETTING]
    first, lost, last = trained(wild, 30, tmp_path / "together", True)
    assert isinstance(lost.outcome, NonFiniteLoss)
    alone = trained([SETTING] * 3, 30, tmp_path / "alone", False)
    same(first, alone[0])
    same(last, alone[2])


def test_a_deadline_stops_all_and_all_go_on(tmp_path):
    data, options = Data.of(SETTING, "cpu", None), Options(25, runs_dir=tmp_path / "a", progress="none")
    plans = [Plan(f"run {i}", setting, i) for i, setting in enumerate(DIFFERENT)]
    reached = Deadline()
    reached.stop()
    assert [(run.outcome, run.state.iteration) for run in train(plans, data, options, reached)] == [
        (False, 1)
    ] * 4
    again = trained(DIFFERENT, 25, tmp_path / "a", True)
    for run, alone in zip(again, trained(DIFFERENT, 25, tmp_path / "b", False), strict=True):
        torch.testing.assert_close(run.state.parameters, alone.state.parameters, rtol=1e-4, atol=1e-6)


def test_the_time_of_a_batch_is_shared_out(tmp_path):
    began = time.monotonic()
    charged = [run.state.seconds for run in trained(DIFFERENT, 30, tmp_path, True)]
    assert 0 < sum(charged) < time.monotonic() - began


def test_who_may_share_an_outer_batch():
    kfo = replace(SETTING, rule="kfo")
    assert companions(SETTING, replace(SETTING, meta_rate=0.5, start="zero", outer="adam", iterations=7))
    assert not companions(SETTING, kfo)
    assert not companions(SETTING, replace(SETTING, shots=3))
    assert not companions(SETTING, replace(SETTING, learner="ample-data"))
    records = [replace(RECORD, setting=setting) for setting in (SETTING, kfo, DIFFERENT[1], kfo)]
    tasks = [(record, seed) for seed, record in product(range(2), records)]
    group, rest = company(tasks, 3)
    assert group == [(records[0], 0), (records[2], 0), (records[0], 1)]
    assert rest == [task for task in tasks if task not in group]
    group, rest = company(rest, 9)
    assert group == [(records[1], 0), (records[1], 1)], "a run that two records share is done once"
    assert company(tasks, 1) == (tasks[:1], tasks[1:])


@pytest.fixture
def places(tmp_path):
    return ["--runs-dir", str(tmp_path / "runs"), "--results-dir", str(tmp_path / "rows")]


TINY = ["--validation-tasks", "4", "--validation-every", "5", "--test-tasks", "6", "--progress", "none"]
SOFTMAX = ["--experiment", "figure3/omniglot/softmax/maml", "--benchmark", "glyphs"]


@pytest.fixture(autouse=True, scope="module")
def glyphs_drawn_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "load", cache(models.load))
        yield


def test_seeds_of_one_command(places, tmp_path, capsys):
    command = ["train", *SOFTMAX, "--seeds", "3", "--together", "2", "--iterations", "6", *TINY, *places]
    assert main(command) == 0
    assert [line.split(":glyphs ")[1].split(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        f"seed {seed}" for seed in range(3)
    ]
    rows, _ = results.read(tmp_path / "rows")
    assert [(row["seed"], row["iterations"], row["together"]) for row in rows] == [
        (0, 6, 2),
        (1, 6, 2),
        (2, 6, 2),
    ]


def test_a_grid_together_finds_what_a_grid_finds(tmp_path, capsys):
    found = []
    for together in ("1", "4"):
        places = ["--runs-dir", str(tmp_path / together)]
        rates = ["--adaptation-rates", "0.01", "1", "--meta-rates", "0.001", "0.003"]
        command = ["grid", *SOFTMAX, "--iterations", "5", *TINY, *places, *rates, "--together", together]
        assert main(command) == 0
        found.append(capsys.readouterr().out)
    table = found[0].index("figure3")
    assert found[0][table:] == found[1][found[1].index("figure3") :]


def test_killed_together_and_resumed_is_lost_to_no_one(places, tmp_path):
    """kill -9 at two moments; every run then ends where it ends alone."""
    common = [
        *SOFTMAX,
        "--seeds",
        "2",
        "--iterations",
        "25",
        "--validation-every",
        "5",
        "--validation-tasks",
        "4",
    ]
    common += ["--test-tasks", "4", "--threads", "1", "--progress", "json"]
    command = [sys.executable, "-m", "empirical", "train", *common, "--together", "2", *places]
    for lines in (3, 2):
        process = subprocess.Popen([*command, "--checkpoint-seconds", "0"], stdout=subprocess.PIPE)
        shown = [json.loads(process.stdout.readline()) for _ in range(lines)]
        process.kill()
        process.wait()
        process.stdout.close()
        assert {line["until"] for line in shown} == {25}
    assert main(["train", *common, "--together", "2", *places]) == 0
    alone = ["--runs-dir", str(tmp_path / "alone"), "--results-dir", str(tmp_path / "alone-rows")]
    assert main(["train", *common, *alone]) == 0
    for seed in range(2):
        ends = [
            checkpoints.load(path)
            for name in ("runs", "alone")
            for path in (tmp_path / name).rglob(f"seed{seed}/checkpoint.pt")
        ]
        assert [end["iteration"] for end in ends] == [25, 25]
        torch.testing.assert_close(ends[0]["parameters"], ends[1]["parameters"], rtol=1e-3, atol=1e-5)
