"""The ledger has every numbered thing of the paper exactly once, and every check of it succeeds."""

import inspect
import pkgutil
import re
import subprocess
import sys
from collections import Counter
from importlib import import_module

import pytest

from analysis.claims import VERDICTS, claims, decide
from analysis.claims import checks as proofs
from analysis.claims.claim import DEFINITION, Sentence
from analysis.claims.measurement import Measurement, measured

TABLES = ("1", "2", "3", "B.4", "D.5", "D.6", "D.7")
FIGURES = ("1", "2", "3", "4", "B.1", "B.2", "B.3", "B.4", "C.5")
ENTRIES = decide(claims().values())


def test_every_equation_algorithm_table_and_figure_once():
    expected = [f"eq:{n}" for n in range(1, 58)] + ["alg:1"]
    expected += [f"table:{n}" for n in TABLES] + [f"fig:{n}" for n in FIGURES]
    numbered = Counter(entry.claim.id for entry in ENTRIES if entry.kind != "text")
    assert numbered == Counter(expected)


def test_sections_with_assertions_have_entries():
    sections = {entry.claim.section for entry in ENTRIES}
    assert sections >= {
        "abstract",
        "1",
        "2",
        "3",
        "4.1",
        "4.2",
        "4.3",
        "4.4",
        "4.5",
        "5.1",
        "5.2",
        "5.3",
        "7",
    }
    assert sections >= {
        "A.1",
        "A.1.1",
        "A.1.2",
        "B.1",
        "B.1.1",
        "B.2",
        "B.3",
        "B.4",
        "B.5",
        "B.6",
        "C.1",
        "C.1.1",
        "D",
    }


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.claim.id)
def test_entry_is_decided(entry):
    assert entry.decision.problem == ""
    assert entry.decision.verdict in VERDICTS
    assert entry.claim.printed
    assert entry.decision.evidence
    assert re.fullmatch(r"(eq|alg|fig|table|text):\S+", entry.claim.id)
    if entry.decision.verdict not in (DEFINITION, "not yet measured"):
        assert entry.decision.statement


def test_every_proof_is_used_and_says_what_it_proves():
    used = {check for claim in claims().values() for check in getattr(claim, "checks", ())}
    for module in pkgutil.iter_modules(proofs.__path__):
        source = import_module(f"{proofs.__name__}.{module.name}")
        for name, check in inspect.getmembers(source, inspect.isfunction):
            public = check.__module__ == source.__name__ and not name.startswith("_")
            if public and inspect.signature(check).return_annotation == "bool":
                assert check in used, f"{source.__name__}.{name} proves nothing in the ledger"


def test_references_between_entries_exist():
    for entry in ENTRIES:
        for name in re.findall(r"\b(?:eq|alg|fig|table|text):[\w.-]*\w", entry.decision.statement):
            assert name in claims(), f"{entry.claim.id} refers to {name}"


def test_only_definitions_stand_without_a_check():
    bare = [c for c in claims().values() if isinstance(c, Sentence) and not c.checks]
    assert {claim.verdict for claim in bare} == {DEFINITION}


def test_every_sentence_that_the_experiments_test_is_in_the_ledger():
    asked = {name for c in claims().values() if isinstance(c, Measurement) for name in c.asks}
    of_the_paper = {name for name in measured() if not name.startswith("ours:")}
    assert asked == of_the_paper


def test_the_ledger_imports_neither_torch_nor_matplotlib():
    code = (
        "import sys; from analysis.claims import claims, decide; decide(claims().values()); "
        "sys.exit(len({'torch', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
