"""`python -m analysis.stationary_points` as its users meet it."""

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from analysis.stationary_points.__main__ import main


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "analysis.stationary_points", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def test_json_has_the_promised_shape(capsys) -> None:
    answer = json.loads(output(capsys, "--alpha", "0.1", "--json"))
    wanted = {"model": "deep", "factors": 2, "inner_steps": 1, "task": "gaussian", "alpha": "1/10"}
    assert wanted.items() <= answer["problem"].items()
    assert answer["complete"] is True
    assert answer["certificate"]["index_sum"] == answer["certificate"]["expected_index_sum"] == 1
    assert answer["counts"] == {"points": 17, "minimum": 4, "maximum": 5, "saddle": 8, "degenerate": 0}
    assert len(answer["points"]) == 17
    for point in answer["points"]:
        for parameter in point["parameters"].values():
            assert set(parameter) == {"lower", "upper", "approx", "exact"}
            assert Fraction(parameter["lower"]) <= Fraction(parameter["approx"]) + Fraction(1, 10**11)
            assert Fraction(parameter["lower"]) <= Fraction(parameter["upper"])
        assert point["kind"] in ("minimum", "maximum", "saddle", "degenerate")
        assert isinstance(point["global"], bool)
        assert len(point["hessian"]) == 2
        assert len(point["eigenvalues"]) == 2
    minimum = answer["points"][0]
    assert minimum["parameters"]["a"]["exact"] == "sqrt(10)"
    assert minimum["parameters"]["b"] == {"lower": "0", "upper": "0", "approx": 0.0, "exact": "0"}
    assert minimum["loss"]["exact"] == "0"


def test_symbolic_json_has_thresholds_regimes_and_closed_forms(capsys) -> None:
    answer = json.loads(output(capsys, "--json"))
    (threshold,) = answer["thresholds"]
    assert {"lower", "upper", "approx", "minimal_polynomial"} <= set(threshold)
    assert [r["counts"]["points"] for r in answer["regimes"]] == [17, 9]
    assert answer["regimes"][0]["alpha_upper"] == threshold
    assert len(answer["closed_form"]) == 2


def test_the_same_rational_in_three_spellings(capsys) -> None:
    texts = {output(capsys, "--alpha", spelling) for spelling in ("1/10", "0.1", "1e-1")}
    assert len(texts) == 1


def test_input_power_acts_as_a_rate_and_noise_not_at_all(capsys) -> None:
    """E[x²] = v at rate α is E[x²] = 1 at rate αv (see test_landscape), whatever the noise."""
    one = json.loads(output(capsys, "--alpha", "1/10", "--json"))
    two = json.loads(output(capsys, "--alpha", "1/20", "--inputs", "2", "--noise", "0", "--json"))
    assert two["problem"]["input_second_moment"] == "2"
    assert two["problem"]["noise_variance"] == "0"
    assert two["points"] == one["points"]


def test_text_without_alpha_tells_the_whole_story(capsys) -> None:
    text = output(capsys)
    for phrase in (
        "closed form",
        "threshold alpha = 0.26746",
        "17 isolated stationary points",
        "COMPLETE, proved",
        "at least 5",
    ):
        assert phrase in text
    assert "1/2 E(y - yhat)^2" in text


@pytest.mark.parametrize("alpha", ["0", "-1", "nan", "inf", "ten", "1/0", "1e999999999", ""])
def test_bad_rates_end_with_one_line_and_status_2(alpha: str) -> None:
    result = run(f"--alpha={alpha}")
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--model", "deeper"),
        ("--task", "cauchy"),
        ("--task", "moments:0,-1"),
        ("--digits", "0"),
        ("--digits", "many"),
        ("--plot", "picture.jpg"),
        ("--plot", "no/such/folder/picture.png"),
        ("--json", "--latex"),
        ("--check", "--task", "moments:0,1,0,3"),
        ("--check", "--inputs", "2"),
        ("--inputs", "0"),
        ("--noise", "-1"),
    ],
)
def test_other_bad_input_ends_with_one_line_and_status_2(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1


def test_digits_set_the_width_of_the_enclosures(capsys) -> None:
    answer = json.loads(output(capsys, "--alpha", "1/2", "--digits", "40", "--json"))
    for point in answer["points"]:
        for parameter in point["parameters"].values():
            assert Fraction(parameter["upper"]) - Fraction(parameter["lower"]) <= Fraction(2, 10**40)


def test_latex_balances_its_environments(capsys) -> None:
    for arguments in (
        ("--latex",),
        ("--latex", "--alpha", "1/2"),
        ("--latex", "--model", "shallow", "--alpha", "1"),
    ):
        text = output(capsys, *arguments)
        assert text.count(r"\begin{") == text.count(r"\end{") > 0
        assert text.count("{") == text.count("}")
        assert text.count("$") % 2 == 0


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_plot_writes_the_format_of_its_suffix(capsys, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"landscape.{suffix}"
    output(capsys, "--alpha", "1/10", "--plot", str(path))
    magic = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
    assert path.read_bytes().startswith(magic)


def test_shallow_at_one_is_a_line(capsys) -> None:
    answer = json.loads(output(capsys, "--model", "shallow", "--alpha", "1", "--json"))
    assert answer["points"] == []
    (family,) = answer["families"]
    assert family["dimension"] == 1
    assert family["loss"]["approx"] == 0


def test_import_loads_neither_torch_nor_matplotlib() -> None:
    code = (
        "import sys, analysis, analysis.stationary_points; print({'torch', 'matplotlib'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


def test_all_the_digits_that_are_asked_for_are_right(capsys) -> None:
    text = output(capsys, "--alpha", "1/10", "--digits", "30")
    assert "3.16227766016837933199889354443 " in text  # the square root of 10


@pytest.mark.parametrize(
    "arguments",
    [
        ("--alpha", "1" + "0" * 400),
        ("--alpha", "1/1" + "0" * 400),
        ("--task", "moments:0,1e999999999"),
        ("--adapts", ""),
        ("--adapts", "a,a"),
        ("--check", "--task", "moments:0,1,0,3,0,15,0,105", "--alpha", "1/10"),
    ],
)
def test_refused_before_anything_is_computed_or_printed(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_picture_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder.png"
    folder.mkdir()
    result = run("--alpha", "1/10", "--plot", str(folder))
    assert (result.returncode, result.stdout, len(result.stderr.strip().splitlines())) == (2, "", 1)
