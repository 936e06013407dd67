"""`python -m analysis.claims`: formats, selection, errors, exit status."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from analysis.claims import UnknownClaim, claims, ledger
from analysis.claims.__main__ import PROG, main
from analysis.command_line import run

KEYS = ["id", "kind", "section", "printed", "verdict", "statement", "evidence"]


def test_json(capsys):
    assert main(["--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == list(claims())
    assert all(list(row) == KEYS and all(isinstance(value, str) for value in row.values()) for row in rows)
    row = next(row for row in rows if row["id"] == "eq:35")
    assert (row["kind"], row["section"], row["verdict"]) == ("equation", "A.1.1", "corrected")
    assert row["printed"] == "L_shallow = 2(1−α)²c² + const"
    assert row["statement"].startswith("L_shallow = ½(1−α)²c² + const")


@pytest.mark.parametrize("name", ["35", "eq:35"])
def test_show_takes_numbers_and_ids(capsys, name):
    assert main(["--show", name, "table:3", "--json"]) == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == ["eq:35", "table:3"]


def test_show_prints_the_evidence(capsys):
    assert main(["--show", "text:A.1.2-at-least-five"]) == 0
    shown = capsys.readouterr().out
    assert "17" in shown
    assert "count_at_papers_rate" in shown


def test_only(capsys):
    assert main(["--only", "corrected", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["verdict"] for row in rows} == {"corrected"}
    assert {"eq:11", "eq:33", "eq:35", "eq:42", "eq:45", "alg:1"} <= {row["id"] for row in rows}


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--show", "58"], "eq:1 to eq:57"),
        (["--show", "table:9"], "table:B.4"),
        (["--only", "wrong"], "corrected"),
    ],
)
def test_unknown_names_list_what_there_is(capsys, monkeypatch, arguments, allowed):
    monkeypatch.setattr(sys, "argv", [PROG, *arguments])
    with pytest.raises(SystemExit) as end:
        run(main, PROG, UnknownClaim)
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert allowed in error
    assert error.count("\n") == 1
    assert "Traceback" not in error


def test_a_failing_check_ends_with_status_1(capsys, monkeypatch):
    broken = replace(claims()["eq:49"], formulas=("p₁ = ab", "p₂ = α(a² + b²) − 2α²a²b²", "p₃ = α²ab"))
    monkeypatch.setattr(ledger, "claims", lambda: claims() | {"eq:49": broken})
    assert main(["--show", "49"]) == 1
    assert "check failed: eq:49" in capsys.readouterr().err


def test_the_table_counts_verdicts(capsys):
    assert main([]) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last.startswith(f"{len(claims())} claims: ")


def test_a_reader_that_stops_early_is_no_error():
    command = [sys.executable, "-m", "analysis.claims"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0
