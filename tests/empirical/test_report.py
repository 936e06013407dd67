"""Verdicts follow from rows by the stated test, and say how much was measured and at what length."""

import json
import math
import random
from dataclasses import asdict

import pytest

from empirical import report
from empirical.experiments import find, registry
from empirical.report.claims import Claim, Part, claims, exceeds
from empirical.report.statistics import Term, estimate
from empirical.report.verdicts import FAILS, HOLDS, NOT_YET, UNDECIDED, verdict
from empirical.results import append

TASKS = 400


def row(name: str, accuracy: float, seed: int = 0, iterations: int = 2_000, noise: int = 0, **more) -> dict:
    """A row with 25 answers a task, the given mean accuracy (percent), and the same hard tasks for all."""
    setting = find(name).setting
    generator = random.Random(noise)
    correct = [
        min(25, max(0, round(25 * accuracy / 100 + 3 * math.sin(i) + generator.gauss(0, 1))))
        for i in range(TASKS)
    ]
    measure = {
        "accuracy": sum(correct) / 25 / TASKS,
        "interval": 0.01,
        "loss": 1.0 - accuracy / 100,
        "loss_interval": 0.01,
        "tasks": TASKS,
        "per_step": [0.2, accuracy / 100],
        "losses": [1.6, 0.5],
        "correct": correct,
    }
    return {
        "record": name,
        "key": setting.key,
        "seed": seed,
        "iterations": iterations,
        "planned": setting.iterations,
        "status": "complete",
        "setting": asdict(setting),
        "measures": {"test": measure, "train": measure},
        "curve": [[0, None, None, 0.2], [100, 1.1, 0.5, accuracy / 100]],
        "seconds": 1.0,
    } | more


LINNET, MAML = "table1/omniglot/cnn2/maml-linnet", "table1/omniglot/cnn2/maml"


def test_a_difference_is_paired_over_tasks():
    rows = [row(LINNET, 80, noise=1), row(MAML, 70, noise=2)]
    found = estimate(rows, [Term(1.0, LINNET), Term(-1.0, MAML)])
    differences = [
        (a - b) * 4.0 for a, b in zip(*(r["measures"]["test"]["correct"] for r in rows), strict=True)
    ]
    mean = sum(differences) / TASKS
    spread = math.sqrt(sum((d - mean) ** 2 for d in differences) / (TASKS - 1))
    assert found.value == pytest.approx(mean)
    assert found.half_width == pytest.approx(1.96 * spread / math.sqrt(TASKS))
    single = estimate(rows, [Term(1.0, LINNET)])
    assert found.half_width < 2**0.5 * single.half_width, "the common difficulty of the tasks must cancel"


def test_seeds_widen_the_interval_by_students_t():
    values = (78.0, 80.0, 84.0)
    rows = [row(LINNET, v, seed) for seed, v in enumerate(values)]
    found = estimate(rows, [Term(1.0, LINNET)])
    means = [4.0 * sum(r["measures"]["test"]["correct"]) / TASKS for r in rows]
    centre = sum(means) / 3
    seeds = 4.303**2 * sum((m - centre) ** 2 for m in means) / 2 / 3
    tasks = [4.0 * sum(r["measures"]["test"]["correct"][i] for r in rows) / 3 for i in range(TASKS)]
    within = 1.96**2 * sum((t - centre) ** 2 for t in tasks) / (TASKS - 1) / TASKS
    assert found.half_width == pytest.approx(math.sqrt(seeds + within))
    assert (found.seeds, found.tasks) == (3, TASKS)


def test_the_budget_is_that_of_the_shortest_run():
    rows = [row(LINNET, 80, iterations=20_000), row(MAML, 70, iterations=2_000)]
    found = estimate(rows, [Term(1.0, LINNET), Term(-1.0, MAML)])
    assert found.budget == pytest.approx(0.05)


@pytest.mark.parametrize(("linnet", "expected"), [(85, HOLDS), (60, FAILS), (70, UNDECIDED)])
def test_a_part_holds_fails_or_is_undecided(linnet, expected):
    claim = Claim("x", "here", "LinNet helps", "difference > 0", (exceeds("it", LINNET, MAML),))
    found = verdict(claim, [row(LINNET, linnet, noise=1), row(MAML, 70, noise=2)])
    assert found["verdict"] == expected
    assert found["reduced"]
    assert found["budget"] == 0.05
    assert "2,000 iterations, 5% of the paper's, 1 seed" in found["statement"]


def test_one_failing_part_fails_a_claim_and_unmeasured_parts_are_counted():
    deeper = exceeds("CNN(4)", "table1/omniglot/cnn4/maml-linnet", "table1/omniglot/cnn4/maml")
    claim = Claim("x", "here", "LinNet helps", "difference > 0", (exceeds("CNN(2)", LINNET, MAML), deeper))
    rows = [row(LINNET, 85), row(MAML, 70)]
    found = verdict(claim, rows)
    assert found["verdict"] == HOLDS
    assert "1 of 2 parts not yet measured" in found["statement"]
    rows += [row("table1/omniglot/cnn4/maml-linnet", 90), row("table1/omniglot/cnn4/maml", 95)]
    assert verdict(claim, rows)["verdict"] == FAILS
    assert "CNN(4)" in verdict(claim, rows)["statement"]


def test_an_upper_bound_is_tested_from_above():
    below = Claim("x", "here", "near chance", "< 30", (Part("lr", (Term(1.0, MAML),), False, 30.0),))
    assert verdict(below, [row(MAML, 22)])["verdict"] == HOLDS
    assert verdict(below, [row(MAML, 70)])["verdict"] == FAILS


def test_nothing_measured_is_said_so(tmp_path):
    found = report.verdicts(tmp_path)
    assert {v["verdict"] for v in found} == {NOT_YET}
    assert len({v["id"] for v in found}) == len(found) == len(claims())


def test_the_papers_own_numbers_are_held_against_its_sentences(tmp_path):
    own = {v["id"]: v["printed_supports"] for v in report.verdicts(tmp_path)}
    assert own["table1:linnet-helps"] is False, "Omniglot CNN(4): 98.5 → 98.1"
    assert own["table1:degradation-at-6"] is False, "CIFAR-FS: 70.9 → 71.3"
    assert own["table1:no-further-gain-at-6"] is False, "CIFAR-FS: 71.3 → 71.9"
    for sentence in (
        "table3:all-improve",
        "table3:kfo-best",
        "tableB4:all-improve",
        "table2:linnet-helps-anil",
    ):
        assert own[sentence] is True, sentence
    assert own["figure3:lr-near-chance"] is None, "a figure prints no numbers"


def test_every_claim_names_records_that_exist_and_measures_they_have():
    for claim in claims():
        for part in claim.parts:
            for term in part.terms:
                assert term.record in registry()


def test_a_loss_is_compared_by_its_own_interval():
    shallow, deep = "figure1/regression/scalar/shallow", "figure1/regression/scalar/deep"
    rows = [row(shallow, 20), row(deep, 70)]
    found = estimate(rows, [Term(1.0, shallow), Term(-1.0, deep)])
    assert found.value == pytest.approx(0.5)
    assert found.half_width == pytest.approx(0.01 * math.sqrt(2))


def test_lines_put_paper_and_ours_side_by_side():
    records = [find(LINNET), find(MAML), find("table1/omniglot/cnn3/maml")]
    fallen = row("table1/omniglot/cnn3/maml", 0, iterations=17, status="diverged", measures={})
    lines = report.lines(records, [row(LINNET, 80), fallen])
    cells = [line.cells() for line in lines]
    assert cells[0]["paper"] == "88.1"
    assert float(cells[0]["difference"]) == pytest.approx(float(cells[0]["ours"]) - 88.1, abs=0.02)
    assert cells[0]["budget"] == "2,000 of 40,000 (reduced)"
    assert cells[0]["before"] == "20.0"
    assert cells[1]["ours"] == "not yet measured"
    assert cells[2]["ours"] == "diverged at iteration 17"
    assert len(report.lines(records, [row(LINNET, 80)], measured_only=True)) == 1


def test_curves_for_the_figures(tmp_path):
    lr, linnet = "figure3/omniglot/softmax/maml", "figure3/omniglot/softmax/maml-linnet"
    with_collapse = [[0, None, None, 0.2, 0.2], [100, 1.0, 0.6, 0.8, 0.3]]
    for each in (row(lr, 60, seed=0), row(lr, 70, seed=1), row(linnet, 80, curve=with_collapse)):
        append(each, tmp_path)
    append(row("figure4/omniglot/cnn2/maml-kfo", 90), tmp_path)
    append(row("figure4/omniglot/cnn2/maml", 70), tmp_path)
    three = report.figure_3(directory=tmp_path)["omniglot"]
    assert three["lr"] == {"iteration": [0, 100], "mean": [20, 65], "low": [20, 60], "high": [20, 70]}
    assert three["bound"] is None
    assert report.figure_b3(directory=tmp_path)["omniglot"]["collapsed"]["mean"] == [20, 30]
    assert report.figure_b3(directory=tmp_path)["omniglot"]["lr per step"] == pytest.approx([20, 65])
    four = report.figure_4(directory=tmp_path)["omniglot"]
    assert four["depth"] == [2, 3, 4, 6]
    assert four["gain"][0]["value"] == pytest.approx(20, abs=2)
    assert four["gain"][1:] == [None, None, None]
    assert four["paper maml"] == [66.8, 93.5, 98.5, 97.6]
    assert (
        set(report.figure_b2(tmp_path))
        == set(report.figure_b4(tmp_path))
        == {"omniglot", "cifar-fs", "mini-imagenet"}
    )


def test_verdicts_are_json(tmp_path):
    append(row(MAML, 70), tmp_path)
    assert json.loads(json.dumps(report.verdicts(tmp_path)))
