"""The commands of dimensions, equivalence and finite samples: shape of the JSON, checks, one-line errors."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction

import pytest

from analysis.command_line import Refusal, deliver, integer_between, run
from analysis.dimensions.command import main as dimensions
from analysis.equivalence.command import main as equivalence
from analysis.equivalence.command import matrix_argument
from analysis.finite_samples.command import main as finite_samples
from analysis.numeric.residuals import Residual, Residuals

COMMANDS = {"dimensions": dimensions, "equivalence": equivalence, "finite_samples": finite_samples}


@pytest.mark.parametrize("name", COMMANDS)
def test_text_by_default(name, capsys):
    assert COMMANDS[name]([]) == 0
    assert "Convention" in capsys.readouterr().out


def test_dimensions_json(capsys):
    arguments = ["--inputs", "3", "--hidden", "2", "--covariance", "1,2,3", "--json"]
    assert dimensions(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["zero_excess"] is False
    assert found["least_excess"]["upper"] == "3/35"
    assert dimensions(["--inputs", "1", "--hidden", "1", "--alpha", "1e-1", "--json"]) == 0
    one = json.loads(capsys.readouterr().out)
    assert one["components"] == 4
    assert [e["exact"] for e in one["strata"][0]["hessian"]] == ["3/1000", "2/5"]


def test_equivalence_json(capsys):
    assert equivalence(["--covariance", "1,2", "--json"]) == 0
    reach = {row["method"]: row["loss"] for row in json.loads(capsys.readouterr().out)["reach"]}
    assert reach["shallow, tuned rate (also T-Nets)"] == "1/9"
    assert reach["shallow, Meta-SGD"] == "0"


def test_finite_samples_json(capsys):
    assert finite_samples(["--samples", "7", "--inputs", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    row = next(r for r in found["table"] if r["samples"] == 7)
    assert (row["best_rate"], row["loss"]) == ("7/10", "3/20")
    assert found["deep"]["complete"] is True
    assert found["dimension"]["rate"] == "7/12"


HEAVY = "moments:0,43/40,0,91/40,0,859/40,0,13147/40"  # ±4 once in 200, else ±1


@pytest.mark.parametrize(
    ("law", "relation", "words"),
    [
        ("uniform", "equal to", "a^2 shrinks by best alpha."),
        ("rademacher", "equal to", "exact labels nothing changes"),
        (HEAVY, "below", "sqrt(alpha E[x^2])"),
    ],
)
def test_the_law_of_the_covariates_decides_whether_depth_is_more_than_a_step(law, relation, words, capsys):
    arguments = ["--covariates", law, "--samples", "1", "--noise", "0", "--alpha", "3/20"]
    assert finite_samples(arguments) == 0
    shown = capsys.readouterr().out
    assert f"the best is {relation} what a shallow model with a learned rate reaches" in shown
    assert words in shown


@pytest.mark.parametrize(
    ("law", "words"),
    [
        ("uniform", "a^2 shrinks by best alpha"),
        ("moments:0,1,2,6", "the best are not on an axis"),
        ("moments:1,2,5,20", "the best are not on an axis"),
    ],
)
def test_where_the_minima_move_depends_on_the_law(law, words, capsys):
    assert finite_samples(["--task", law, "--samples", "3"]) == 0
    shown = capsys.readouterr().out
    assert words in shown
    axis = "a = 0," in shown or "b = 0:" in shown
    assert axis == ("shrinks" in words)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("dimensions", ["--hidden", "2", "--more", "2"]),
        ("dimensions", ["--outputs", "2", "--covariance", "1,2", "--hidden", "4"]),
        ("equivalence", ["--covariance", "1,2"]),
        ("finite_samples", ["--alpha", "3/10"]),
        ("finite_samples", ["--alpha", "3/10", "--task", "laplace", "--samples", "3"]),
        ("finite_samples", ["--task", "rademacher", "--noise", "0", "--covariates", "laplace"]),
    ],
)
def test_checks_pass(name, arguments, capsys):
    pytest.importorskip("torch")
    assert COMMANDS[name]([*arguments, "--check", "--json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)
    assert "ok" in shown.err
    assert "FAILED" not in shown.err


def test_a_failed_check_is_marked():
    pytest.importorskip("torch")
    assert not Residual("x", float("nan"), 0.01).passed
    rows = Residuals((Residual("x", 0.1, 0.01), Residual("y", 0.0, 0.01)))
    assert not rows.passed
    assert "FAILED" in rows.render()
    assert deliver({}, "text", rows, as_json=False) == 1
    assert deliver({}, "text", None, as_json=False) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["dimensions", "--alpha", "0"],
        ["dimensions", "--covariance", "1"],
        ["dimensions", "--outputs", "2", "--more", "2"],
        ["dimensions", "--inputs", "8", "--hidden", "20", "--check"],
        ["equivalence", "--covariance", "1,2;2,1"],
        ["equivalence", "--tasks", "1"],
        ["finite_samples", "--samples", "0"],
        ["finite_samples", "--task", "cauchy"],
        ["finite_samples", "--alpha", "nan"],
        ["finite_samples", "--task", "moments:0,1,0,3", "--check"],
        ["finite_samples", "--covariates", "moments:0,1"],
        ["finite_samples", "--covariates", "moments:0,0,0,0,0,0,0,0"],
        ["finite_samples", "--covariates", "laplace", "--inputs", "2"],
        ["dynamics", "--alpha", "1e99"],
    ],
)
def test_bad_input_is_one_line_and_status_2(arguments):
    module, *rest = arguments
    done = subprocess.run(
        [sys.executable, "-m", f"analysis.{module}", *rest], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.startswith(f"python -m analysis.{module}: ")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OverflowError("int too large to convert to float"), "exceeds what doubles hold"),
        (OSError(28, "No space left on device", "a.png"), "a.png: No space left on device"),
        (Refusal("no such law"), "no such law"),
    ],
)
def test_what_stops_a_command_is_one_line(error, words, capfd, monkeypatch):
    monkeypatch.setattr("analysis.command_line._close_output", lambda: None)

    def command(arguments):
        raise error

    with pytest.raises(SystemExit) as left:
        run(command, "prog", Refusal, ArithmeticError)
    assert left.value.code == 2
    told = capfd.readouterr().err
    assert told.startswith("prog: ")
    assert words in told
    assert told.count("\n") == 1


def test_neither_torch_nor_matplotlib_is_imported():
    code = (
        "import sys, analysis.dimensions.command, analysis.equivalence.command; "
        "import analysis.finite_samples.command; "
        "print(sorted({'torch', 'matplotlib', 'sympy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_argument_types():
    assert matrix_argument("1,2") == ((1, 0), (0, 2))
    assert matrix_argument("0.5,1;1,3")[0][0] == Fraction(1, 2)
    assert integer_between(1, 3)("2") == 2
