"""The examination of a device finds a wrong gradient, stops everything then, and is done once a revision."""

from dataclasses import replace

import pytest
import torch

from empirical import card, results
from empirical.card import WrongNumbers, correctness, throughput
from empirical.deadline import Deadline
from empirical.precision import computing_in
from empirical.runs import Options
from empirical.update_rules import RULES


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(correctness, "RULES", {name: RULES[name] for name in ("kfo",)})
    monkeypatch.setattr(throughput, "WORKLOADS", ("question/omniglot/softmax/maml-kfo",))
    monkeypatch.setattr(throughput, "REPEATS", 1)


def test_the_processor_passes_and_is_examined_once(few, tmp_path):
    options, said = Options(results_dir=tmp_path), []
    card.examine(options, Deadline(), said.append, small=True)
    (right, fast), _ = results.read(tmp_path)
    assert right["measures"]["wrong"] == 0
    assert {check["rule"] for check in right["measures"]["checks"]} == {"kfo"}
    assert all(check["gradient_error"] < 1e-3 for check in right["measures"]["checks"])
    assert all(entry["flops"] > 0 and entry["operations"] > 100 for entry in fast["measures"]["timings"])
    assert min(fast["measures"]["floors"].values()) > 0
    card.examine(options, Deadline(), said.append, small=True)
    assert len(results.read(tmp_path)[0]) == 2


def test_a_wrong_gradient_stops_everything(few, tmp_path, monkeypatch):
    true = correctness.Engine.meta_gradient

    def two_per_cent_off(self, parameters, tasks):
        found = true(self, parameters, tasks)
        if next(iter(parameters.values())).dtype == torch.float64:
            return found
        return found._replace(gradients={name: 1.02 * g for name, g in found.gradients.items()})

    monkeypatch.setattr(correctness.Engine, "meta_gradient", two_per_cent_off)
    said = []
    with pytest.raises(WrongNumbers, match="no run was started"):
        card.examine(Options(results_dir=tmp_path), Deadline(), said.append, small=True)
    assert any("wrong:" in line for line in said)


@pytest.mark.parametrize("precision", ["float32", "tf32"])
def test_a_precision_holds_inside_and_no_longer(precision):
    flags = lambda: (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32)  # noqa: E731
    before = flags()
    with computing_in(precision):
        assert flags() == (precision == "tf32",) * 2
    assert flags() == before


def test_every_learner_that_exists_is_checked():
    every = list(correctness.learners(small=False))
    assert {learner.rule.name for _, learner in every} == set(RULES)
    assert {learner.order for _, learner in every} == {1, 2}
    assert {learner.adapts for _, learner in every} == {"all", "head"}
    assert any(learner.adapt_rule for _, learner in every)
    with pytest.raises(ValueError, match="ANIL"):
        replace(every[0][1], rule=RULES["t-nets"], adapts="head")


def test_operations_and_arithmetic_of_a_matrix_product_are_counted():
    a, b = torch.rand(8, 16), torch.rand(16, 4)
    with throughput.Traffic() as traffic:
        a @ b
    assert (traffic.operations, traffic.bytes) == (1, 4 * (8 * 16 + 16 * 4 + 8 * 4))
