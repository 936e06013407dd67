"""The command's options for factors, subsets, outer rules and preconditioners."""

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from analysis.adaptation import InnerLoop
from analysis.command_line import Refusal
from analysis.landscape import Problem
from analysis.models import DEEP
from analysis.stationary_points import stationary_points
from analysis.stationary_points.__main__ import main


def answer(capsys: pytest.CaptureFixture[str], *options: str) -> dict:
    assert main([*options, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_three_factors_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "--factors", "3", "--alpha", "1/10")
    assert found["problem"]["factors"] == 3
    assert found["complete"] is True
    assert found["counts"]["points"] == 160 == sum(p["orbit_size"] for p in found["points"])
    assert [f["dimension"] for f in found["families"]] == [1] * 6
    solved = found["families"][3]
    assert solved["equations"] == ["a = 0", "1/10*b^2*c^2 - 1 = 0"]
    assert solved["hessian_rank"] == 2
    assert solved["loss"]["upper"] == "0"
    assert "c = +-1/(sqrt(1/10) b)" in solved["parametrisation"]


def test_three_factors_as_text_and_latex(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--factors", "3", "--alpha", "1/2"]) == 0
    text = capsys.readouterr().out
    assert "orbits" in text
    assert "COMPLETE, proved" in text
    assert text.count("family of dimension 1") == 6
    assert main(["--factors", "3", "--alpha", "1/2", "--latex"]) == 0
    assert r"saddle ($\times 12$)" in capsys.readouterr().out


def test_without_alpha_the_paper_s_rate_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--adapts", "last"]) == 0
    output = capsys.readouterr()
    assert output.err.startswith("alpha = 1/10 (the paper's): ")
    assert "a^2 - 10 = 0, excess loss 0" in output.out


def test_a_field_that_is_no_gradient_has_no_hessian(capsys: pytest.CaptureFixture[str]) -> None:
    field = ["--outer", "first-order", "--factors", "2"]
    assert main([*field, "--alpha", "1/2"]) == 0
    text = capsys.readouterr().out
    assert "Hessian" not in text
    assert "eigenvalues of the Jacobian, real parts" in text
    assert main(field) == 0
    assert "Hessian" not in capsys.readouterr().out
    assert main([*field, "--alpha", "1/2", "--latex"]) == 0
    latex = capsys.readouterr().out
    assert r"\partial L" not in latex
    assert r"G_{a} &= - \frac{a^{5} b^{4}}{8}" in latex
    assert main([*field, "--alpha", "1/2", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["eigenvalues_are"] == "eigenvalues of the Jacobian, real parts"


@pytest.mark.parametrize("model", ["shallow", "deep"])
@pytest.mark.parametrize("outer", ["first-order", "reptile"])
def test_vector_fields_without_alpha(capsys: pytest.CaptureFixture[str], outer: str, model: str) -> None:
    assert main(["--outer", outer, "--model", model]) == 0
    output = capsys.readouterr()
    assert "COMPLETE, proved" in output.out
    assert ("alpha = 1/10" in output.err) == (outer == "reptile")


def test_factors_one_and_two_are_the_named_models(capsys: pytest.CaptureFixture[str]) -> None:
    for factors, model in (("1", "shallow"), ("2", "deep")):
        by_count = answer(capsys, "--factors", factors, "--alpha", "1/3")
        assert by_count == answer(capsys, "--model", model, "--alpha", "1/3")


@pytest.mark.parametrize(
    ("options", "key", "value"),
    [
        (("--adapts", "b,c", "--factors", "3"), "adapts", ["b", "c"]),
        (("--adapts", "none"), "adapts", []),
        (("--outer", "first-order"), "outer", "first-order"),
        (("--outer", "reptile", "--factors", "3"), "outer", "reptile"),
        (("--preconditioner", "kronecker"), "preconditioner", "kronecker"),
        (("--preconditioner", "meta-sgd", "--model", "shallow"), "preconditioner", "meta-sgd"),
    ],
)
def test_options_reach_the_problem(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], key: str, value: object
) -> None:
    found = answer(capsys, *options, "--alpha", "1/2")
    assert found["problem"][key] == value
    assert found["complete"] is True


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--factors", "3", "--model", "deep"), "exclude each other"),
        (("--adapts", "q"), "'q' is no parameter of deep: a, b"),
        (("--factors", "4", "--outer", "first-order"), "certified are 1 to 3 factors"),
        (("--factors", "3", "--preconditioner", "meta-sgd"), "certified are 1 and 2 factors"),
        (("--adapts", "last", "--check", "--inputs", "2"), "--check draws x"),
        (("--outer", "reptile", "--preconditioner", "meta-sgd"), "no gradient for learned factors"),
        (("--outer", "first-order", "--preconditioner", "kronecker"), "no gradient for learned factors"),
        (("--factors", "3", "--plot", "picture.png"), "--plot draws 1 or 2 unknowns, not 3"),
        (("--factors", "3", "--task", "moments:0,1,0,3,0,8"), "no law has these moments"),
        (("--factors", "4", "--task", "moments:0,1,0,3,0,15"), "the loss needs"),
    ],
)
def test_what_is_not_possible_is_refused_in_one_line(options: tuple[str, ...], words: str) -> None:
    with pytest.raises(Refusal, match=words) as refusal:
        main([*options, "--alpha", "1/2"])
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("count", ["0", "5", "three"])
def test_too_many_factors(count: str) -> None:
    with pytest.raises((Refusal, SystemExit)):
        main(["--factors", count])


@pytest.mark.parametrize(
    "options",
    [
        ("--adapts", "last"),
        ("--adapts", "none", "--task", "uniform"),
        ("--adapts", "b,c,d", "--factors", "4"),
        ("--outer", "first-order", "--steps", "2"),
        ("--outer", "reptile", "--factors", "3"),
        ("--outer", "reptile", "--steps", "2", "--task", "laplace"),
        ("--preconditioner", "meta-sgd"),
        ("--preconditioner", "kronecker", "--task", "rademacher"),
        ("--preconditioner", "kronecker", "--model", "shallow"),
    ],
)
def test_check_covers_what_adapts(capsys: pytest.CaptureFixture[str], options: tuple[str, ...]) -> None:
    pytest.importorskip("torch")
    assert main([*options, "--alpha", "1/10", "--check"]) == 0
    shown = capsys.readouterr().out
    assert "autograd: Jacobian" in shown
    assert "FAILED" not in shown
    assert ("autograd: field on the sets" in shown) == ("family of dimension" in shown)


@pytest.mark.parametrize("place", ["polynomial", "family"])
def test_check_of_what_adapts_can_fail(place: str) -> None:
    """With a wrong polynomial, and with an equation that does not describe a stationary set."""
    pytest.importorskip("torch")
    from analysis.numeric.what_adapts import check

    loop = InnerLoop(rate=Fraction(1, 2), adapts=("b",))
    found = stationary_points(Problem(DEEP, loop=loop))
    assert check(found).passed
    if place == "polynomial":
        wrong = replace(found, landscape=replace(found.landscape, loss=found.landscape.loss * 2))
    else:
        first = replace(found.families[0], equations=(found.families[0].equations[0] + 1,))
        wrong = replace(found, families=(first, *found.families[1:]))
    assert not check(wrong).passed
