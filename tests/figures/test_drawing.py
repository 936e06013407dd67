"""The drawings, the command and the index."""

import subprocess
import sys

import pytest

import figures
from analysis.command_line import MissingExtra, Refusal
from figures.__main__ import main
from figures.index import README, index
from figures.measurements import by_depth, training_curves


@pytest.mark.parametrize("name", figures.NAMES)
def test_every_figure_draws_and_its_committed_files_are_small(name, tmp_path):
    for path in figures.write(name, tmp_path, ("svg", "png"), fast=True):
        assert path.stat().st_size > 5_000
        committed = figures.DRAWN / path.name
        assert committed.stat().st_size < {".svg": 300_000, ".png": 200_000}[path.suffix]
    claim = figures.claim(name)
    assert claim[0].isupper()
    assert claim.endswith(".")


def test_the_same_data_give_the_same_bytes(tmp_path):
    (one,), (two,) = (figures.write("width", tmp_path / str(i), ("svg",)) for i in range(2))
    assert one.read_bytes() == two.read_bytes()


def test_the_index_is_what_the_command_writes():
    assert README.read_text(encoding="utf-8") == index(), "run `python -m figures`"


def test_the_command_draws_where_it_is_told(tmp_path, capsys):
    assert main(["figC5", "--out", str(tmp_path / "new"), "--formats", "pdf"]) == 0
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["figC5.pdf"]
    assert "figC5.pdf" in capsys.readouterr().out


def test_the_command_lists_claims(capsys):
    assert main(["--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(figures.NAMES)


def test_unknown_figures_are_refused_with_the_known_ones():
    run = subprocess.run(
        [sys.executable, "-m", "figures", "fig99"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert run.stdout == ""
    (line,) = run.stderr.splitlines()
    assert "fig99" in line
    assert all(name in line for name in figures.NAMES)


def test_bad_arguments_are_refused(tmp_path):
    with pytest.raises(Refusal, match="svg, png, pdf"):
        main(["figC5", "--formats", "bmp"])
    (tmp_path / "file").touch()
    with pytest.raises(Refusal, match="it is a file"):
        main(["figC5", "--out", str(tmp_path / "file")])


def test_without_torch_the_command_says_what_to_install(monkeypatch):
    def without(name):
        raise ModuleNotFoundError(name="torch")

    monkeypatch.setattr(figures.module("fig2"), "data", without)
    with pytest.raises(MissingExtra, match=r"fig2 needs PyTorch: pip install 'metadepth\[empirical\]'"):
        figures.draw("fig2")


def test_importing_figures_is_cheap():
    code = "import figures, sys; print({'matplotlib', 'torch', 'numpy', 'flint'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def axes(count):
    """That many empty axes."""
    from figures.style import canvas

    return canvas(1, count)[1]


def test_measured_curves_are_drawn_and_missing_ones_named():
    curve = {"iteration": [0.0, 10.0], "mean": [20.0, 60.0], "low": [19.0, 50.0], "high": [21.0, 70.0]}
    empty = {name: [] for name in curve}
    full, bare = axes(2)
    training_curves(
        full, "omniglot", {"lr": curve, "linnet": empty, "bound": {"value": 90.0}}, ("lr", "linnet")
    )
    assert list(full.lines[0].get_ydata()) == [20.0, 60.0]
    assert not full.texts
    training_curves(bare, "cifar-fs", {"lr": empty, "linnet": empty, "bound": None}, ("lr", "linnet"))
    assert [text.get_text() for text in bare.texts] == ["not yet measured"]


def test_accuracy_by_depth_shows_what_is_there():
    found = {
        "depth": [2, 3],
        "maml": [{"value": 60.0, "half_width": 1.0}, None],
        "kfo": [None, None],
        "gain": [None, None],
        "paper maml": [66.8, None],
    }
    above, below = axes(2)
    by_depth(above, below, "omniglot", found)
    assert not above.texts
    assert [text.get_text() for text in below.texts] == ["not yet measured"]
    labels = above.get_legend_handles_labels()[1]
    assert sorted(labels) == ["MAML", "MAML, as printed in Table 1"]
