"""Verdicts are computed: the paper's formulas get theirs, and altered formulas and facts are noticed."""

import re
from copy import deepcopy
from dataclasses import replace
from fractions import Fraction

import pytest

from analysis.claims import claims
from analysis.claims import measurement as machinery
from analysis.claims.checks import (
    adaptation,
    deep,
    dynamics,
    linear_networks,
    logistic,
    normalisation,
    preconditioners,
    samples,
    shallow,
    tables,
)
from analysis.claims.claim import CORRECTED, DERIVED, UNDER_ANOTHER_CONVENTION, Conflict, Sentence
from analysis.claims.formula import Formula
from analysis.claims.measurement import Experiment, Measurement
from empirical.experiments import paper

FORMULAS = {name: claim for name, claim in claims().items() if isinstance(claim, Formula)}
GOLDEN = {
    DERIVED: (31, 36, 37, 38, 39, 40, 41, 44, 46, 49, 50, 51, 52),
    UNDER_ANOTHER_CONVENTION: (10, 12, 13, 14, 15, 16, 17, 18, 19, 20, 32, 34, 43, 53, 54, 55, 56, 57),
    CORRECTED: (11, 33, 35, 42, 45),
}


@pytest.mark.parametrize("verdict", GOLDEN)
def test_verdicts_of_the_equations(verdict):
    found = {
        int(name[3:])
        for name, c in FORMULAS.items()
        if name.startswith("eq:") and c.decide().verdict == verdict
    }
    assert found == set(GOLDEN[verdict])


def altered(formula: str) -> str:
    """The formula with its first right-hand side changed by a factor 1 + α, or by + α where it is 0."""
    sign = re.search("[=∝←]", formula)
    head, body = formula[: sign.end()], formula[sign.end() :].strip()
    body, constant = body.removesuffix("+ const"), " + const" if body.endswith("+ const") else ""
    if body.startswith("[") and ";" in body:
        return f"{head} {body[:-1]} + α]"
    first, *others = body.split("=")
    return f"{head} {'='.join([f'({first.strip()} + c)(1 + α)', *others])}{constant}"


@pytest.mark.parametrize("name", FORMULAS)
def test_an_altered_formula_is_not_derived(name):
    formula = FORMULAS[name]
    for i in range(len(formula.formulas)):
        changed = list(formula.formulas)
        changed[i] = altered(changed[i])
        decision = replace(formula, formulas=tuple(changed), correction=()).decide()
        assert decision.verdict == CORRECTED
        assert decision.problem


@pytest.mark.parametrize("name", [name for name, claim in FORMULAS.items() if claim.correction])
def test_an_altered_correction_is_a_problem(name):
    formula = FORMULAS[name]
    wrong = (altered(formula.correction[0]), *formula.correction[1:])
    assert replace(formula, correction=wrong).decide().problem


def test_correcting_a_right_formula_is_a_problem():
    right = FORMULAS["eq:46"]
    assert replace(right, correction=right.formulas).decide().problem


def test_a_dropped_part_of_a_formula_is_a_problem():
    moments = FORMULAS["eq:51"]
    assert replace(moments, formulas=moments.formulas[:2]).decide().problem


def test_convention_is_named():
    assert "inner step of" in FORMULAS["eq:10"].decide().statement
    assert "one sampled task" in FORMULAS["eq:13"].decide().statement
    assert "½E(y − ŷ)²" in FORMULAS["eq:14"].decide().statement


BROKEN = [
    (shallow.convexity, {"second_derivative": "2(1−α)²"}),
    (shallow.one_step_from_zero, {"reached": "−αθ₀"}),
    (shallow.optimal_loss, {"excess": "(1−α)²"}),
    (deep.one_order_cannot_serve_both_axes, {"diagonal": ("6α³", "8α")}),
    (deep.count_at_papers_rate, {"points": 5}),
    (deep.counts_for_every_rate, {"at": 9}),
    (adaptation.residual_for_other_a, {"residual": "(1 − αa)(θ₀ − ab)"}),
    (adaptation.step_size_grows_only_nearby, {"derivative": "(1 − αa²)(1 − 3αa²)"}),
    (normalisation.half_against_none, {"appendix": "E_xy[(y − cx)²]"}),
    (preconditioners.t_nets_precondition, {"slope": "(1−αT)TW + αTθ"}),
    (preconditioners.kronecker_shapes, {"m": 2, "n": 2}),
    (preconditioners.kronecker_is_no_weight, {"m": 1, "n": 1}),
    (preconditioners.kronecker_parameters, {"factors": 2_572_873}),
    (preconditioners.relu_is_not_identity, {"gradient": (3, 1)}),
    (deep.degrees, {"loss": 8}),
    (linear_networks.optimizers_in_order, {"inputs": linear_networks.DIAGONAL}),
    (linear_networks.width_is_needed, {"inputs": linear_networks.ISOTROPIC}),
    (samples.zero_excess_is_out_of_reach, {"least": Fraction(0)}),
    (samples.deep_equals_tuned_shallow, {"points": 17}),
    (dynamics.valleys, {"condition": Fraction(2000, 3)}),
    (dynamics.shallow_wanders_forever, {"variance": Fraction(0)}),
]


@pytest.mark.parametrize(("check", "changed"), BROKEN, ids=lambda value: getattr(value, "__name__", ""))
def test_an_altered_fact_fails_its_check(check, changed):
    assert check() is True
    assert check(**changed) is False


def test_the_tables_checks_read_the_tables():
    one, three, four = (deepcopy(t) for t in (paper.TABLE_1, paper.TABLE_3, paper.TABLE_B4))
    three["omniglot"]["maml"] = 66.8
    assert not tables.first_cell_printed_twice(three=three)
    one["omniglot"]["maml-linnet"] = (88.1, 95.5, 98.6, 97.6)
    assert not tables.below_six_layers_one_cell_falls(one)
    assert not tables.not_every_cell_improves(one)
    one["cifar-fs"]["maml"] = (62.2, 68.9, 71.4, 71.3)
    assert not tables.cifar_at_six_layers_rises(one)
    three["cifar-fs"]["maml-meta-sgd"] = 62.2
    assert not tables.all_optimizers_improve_maml(three)
    four["mini-imagenet"]["anil-kfo"] = 56.0
    assert not tables.all_optimizers_improve_anil(four)
    assert not tables.kfo_best_on_two({**three, "omniglot": {**three["omniglot"], "maml-kfo": 94.0}})


@pytest.mark.parametrize(
    ("accuracy", "chance", "nearly_perfect"), [(0.51, True, False), (0.75, False, False), (0.97, False, True)]
)
def test_experiments_are_decided_by_their_rows(monkeypatch, accuracy, chance, nearly_perfect):
    monkeypatch.setattr(logistic, "_measured", lambda *_: (accuracy, 0.02))
    assert logistic.at_chance()[0] is chance
    assert logistic.nearly_perfect_with_sampled_labels()[0] is nearly_perfect
    assert logistic.contrast_of_drawn_predictions()[0] is False
    assert f"{accuracy:.3f} ± 0.020" in logistic.at_chance()[1]
    expected = "measured: holds" if chance else "measured: does not hold"
    assert Experiment("text:x", "1", "x", logistic.at_chance).decide().verdict == expected


def test_a_sentence_without_a_succeeding_check_is_a_problem():
    def fails() -> bool:
        """Never."""
        return False

    assert Sentence("text:x", "1", "x", DERIVED, "x").decide().problem
    assert "fails" in Sentence("text:x", "1", "x", DERIVED, "x", (fails,)).decide().problem


def test_a_conflict_needs_two_different_things():
    assert not Conflict("text:x", "1", "x", "there", "", "x", "one", "two").decide().problem
    assert Conflict("text:x", "1", "x", "there", "", "x", "one", "one").decide().problem


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (("measured: holds", "measured: holds"), "measured: holds"),
        (("measured: holds", "measured: does not hold"), "measured: does not hold"),
        (("measured: holds", "not yet measured"), "not yet measured"),
        (("measured: undecided", "measured: holds"), "not yet measured"),
    ],
)
def test_measurements_are_filled_from_the_rows(monkeypatch, verdicts, expected):
    rows = {
        str(i): {"id": str(i), "verdict": v, "statement": "60.0 ± 1.0", "test": "a > b"}
        for i, v in enumerate(verdicts)
    }
    monkeypatch.setattr(machinery, "measured", lambda: rows)
    decision = Measurement("fig:3", "5.1", "x", ("0", "1")).decide()
    assert decision.verdict == expected
    assert "60.0" in decision.statement
    assert not decision.problem
    assert all("a > b" in line for line in decision.evidence)
