"""What is wrong is one line and status 2, what is right leaves rows, stopped work goes on."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch

from empirical import demo, models, results
from empirical.__main__ import main
from empirical.deadline import Deadline
from empirical.experiments import find
from empirical.runs import Busy, Options, carry_out, claimed, folder


@pytest.fixture(autouse=True, scope="module")
def glyphs_drawn_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "load", cache(models.load))
        yield


TINY = ["--validation-tasks", "4", "--validation-every", "5", "--test-tasks", "6", "--progress", "none"]
SOFTMAX = "figure3/omniglot/softmax/maml"


@pytest.fixture
def places(tmp_path):
    return ["--runs-dir", str(tmp_path / "runs"), "--results-dir", str(tmp_path / "rows")]


def train(*more, experiment=SOFTMAX):
    return main(["train", "--experiment", experiment, "--benchmark", "glyphs", *TINY, *more])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["train", "--experiment", "table3/omniglot/cnn2/maml-kof"],
            "nearest known: table3/omniglot/cnn2/maml-kfo",
        ),
        (["train", "--experiment", SOFTMAX, "--seeds", "0"], "--seeds 0: must be at least 1"),
        (["train", "--experiment", SOFTMAX, "--iterations", "0"], "--iterations 0: must be at least 1"),
        (["train", "--experiment", SOFTMAX, "--budget", "soon"], "such as 90s, 25m, 1.5h"),
        (["train", "--experiment", SOFTMAX, "--device", "cuda:77"], "is not available; available: cpu"),
        (["train", "--experiment", SOFTMAX, "--device", "abacus"], "is not available; available: cpu"),
        (["train", "--experiment", SOFTMAX, "--data-dir", "/nowhere"], "/nowhere"),
        (
            ["train", "--experiment", SOFTMAX, "--benchmark", "mnist"],
            "unknown benchmark 'mnist'; known: omniglot",
        ),
        (
            ["train", "--experiment", SOFTMAX, "--benchmark", "glyphs", "--execution", "magic"],
            "unknown execution",
        ),
        (["run"], "--pending for everything"),
        (["run", "--table", "7"], "known are 1, 2, 3, B4"),
        (["run", "--table", "3", "--benchmark", "imagenet"], "known are omniglot, cifar-fs"),
        (["run", "--table", "3", "--workers", "0"], "--workers 0: must be at least 1"),
        (["run", "--table", "3", "--precision", "tf32"], "--precision tf32 needs a CUDA device, not 'cpu'"),
        (["run", "--table", "3", "--together", "0"], "--together 0: must be at least 1"),
        (["run", "--pending", "--launcher", "slurm", "--together", "2"], "a task of the array is one run"),
        (["run", "--pending", "--launcher", "slurm", "--slurm-options", "short"], "write name=value"),
        (["list", "--preset", "theirs"], "known are paper, released, ours"),
        (["report", "--markdown", "--latex"], "choose one of"),
        (["report", "--results-dir", "/nowhere"], "/nowhere"),
        (
            ["grid", "--experiment", SOFTMAX, "--benchmark", "glyphs", "--meta-rates", "-1"],
            "must be positive",
        ),
        (["demo", "--seconds", "-1"], "must be positive"),
        (["demo", "--picture", "/nowhere/demo.png"], "/nowhere"),
    ],
)
def test_what_cannot_be_is_one_line_and_status_2(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert main(arguments) == 2
    message = capsys.readouterr().err
    assert said in message
    assert message.count("\n") == 1


def test_an_unknown_command_is_status_2(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["tarin"])
    assert caught.value.code == 2


def test_a_run_appends_one_row_with_all_that_was_promised(places, tmp_path, capsys):
    assert train("--iterations", "6", *places, experiment="figure3/omniglot/softmax/maml-linnet") == 0
    assert "figure3/omniglot/softmax/maml-linnet:glyphs seed 0:" in capsys.readouterr().out
    (row,), damages = results.read(tmp_path / "rows")
    assert damages == []
    assert (row["status"], row["iterations"], row["planned"], row["seed"]) == ("complete", 6, 40_000, 0)
    assert set(row["measures"]) == {"test", "train", "collapsed"}
    test = row["measures"]["test"]
    assert len(test["per_step"]) == len(test["losses"]) == 6
    assert sum(test["correct"]) / 25 / 6 == pytest.approx(test["accuracy"], abs=1e-6)
    assert test["per_step"][0] == row["measures"]["collapsed"]["per_step"][0], "collapsing keeps the function"
    assert [point[0] for point in row["curve"]] == [0, 5, 6]
    assert row["sizes"] == {"model": 784 * 256 + 256 * 128 + 128 * 64 + 64 * 64 + 64 * 5 + 5, "rule": 0}
    assert row["versions"]["torch"] == torch.__version__
    assert {"revision", "device", "threads", "finished", "seconds", "selected"} <= set(row)


def test_what_was_stopped_in_time_goes_on(places, tmp_path, capsys):
    assert train("--iterations", "2000", "--budget", "0.5s", *places) == 0
    assert "stopped in time" in capsys.readouterr().out
    assert results.read(tmp_path / "rows") == ([], [])
    (checkpoint,) = (tmp_path / "runs").rglob("checkpoint.pt")
    done = torch.load(checkpoint, weights_only=True)["iteration"]
    assert 1 <= done < 2000
    assert train("--iterations", str(done + 3), *places) == 0
    (row,), _ = results.read(tmp_path / "rows")
    assert row["iterations"] == done + 3


def test_a_corrupt_checkpoint_is_named_and_kept(places, tmp_path, capsys):
    assert train("--iterations", "1", *places) == 0
    (checkpoint,) = (tmp_path / "runs").rglob("checkpoint.pt")
    checkpoint.write_bytes(b"rubbish")
    capsys.readouterr()
    assert train("--iterations", "2", *places) == 2
    assert "checkpoint.pt is not a whole checkpoint" in capsys.readouterr().err
    assert checkpoint.read_bytes() == b"rubbish"


def test_a_full_disk_is_status_2_and_keeps_the_rows(places, tmp_path, capsys, monkeypatch):
    assert train("--iterations", "1", *places) == 0

    def full(state, file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    assert train("--iterations", "2", *places) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert len(results.read(tmp_path / "rows")[0]) == 1


def test_pending_runs_are_done_once_in_order_and_a_longer_one_again(places, tmp_path, capsys):
    def run(iterations):
        names = ["figure1/regression/scalar/deep", "figure1/regression/scalar/shallow"]
        assert (
            main(["run", "--experiments", *names, "--seeds", "2", "--iterations", iterations, *TINY, *places])
            == 0
        )
        return capsys.readouterr().out.splitlines()

    first = run("4")
    assert [line.split(":")[0] for line in first[:4]] == [
        f"figure1/regression/scalar/{m} seed {s}" for s in (0, 1) for m in ("deep", "shallow")
    ]
    assert first[-1] == "4 finished"
    assert run("4")[-1] == "nothing to do"
    assert run("6")[-1] == "4 finished"
    assert {row["iterations"] for row in results.read(tmp_path / "rows")[0]} == {4, 6}


def test_a_dry_run_lists_and_does_nothing(places, tmp_path, capsys):
    assert main(["run", "--table", "3", "--benchmark", "omniglot", "--dry-run", *places]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "table3/omniglot/cnn2/maml seed 0"
    assert len(lines) == 7
    assert not (tmp_path / "runs").exists()


def test_damaged_rows_are_reported_by_run_and_report(places, tmp_path, capsys):
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "omniglot.jsonl").write_text('{"record": "tabl\n')
    assert main(["run", "--table", "3", "--dry-run", *places]) == 0
    assert "damaged result row, left as it is: omniglot.jsonl line 1: not JSON" in capsys.readouterr().out
    assert main(["report", "--table", "3", *places[2:]]) == 0
    assert "omniglot.jsonl line 1" in capsys.readouterr().out


def test_without_any_data_a_run_is_status_2(places, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("FEWSHOT_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    assert main(["run", "--table", "3", "--benchmark", "mini-imagenet", *places]) == 2
    assert "mini-imagenet" in capsys.readouterr().out


def test_a_run_that_another_process_holds_is_left_alone(tmp_path):
    record = find("figure1/regression/scalar/deep")
    options = Options(iterations=2, runs_dir=tmp_path, results_dir=tmp_path / "rows", progress="none")
    with claimed(folder(record.setting, 0, options)), pytest.raises(Busy):
        carry_out(record, 0, options, Deadline())


def test_a_diverging_run_is_status_1_and_leaves_a_row_that_says_so(places, tmp_path, capsys, monkeypatch):
    record = find("figure1/regression/scalar/deep")
    wild = replace(record, setting=replace(record.setting, adaptation_rate=1e6))
    monkeypatch.setattr("empirical.commands.train.find", lambda name: wild)
    assert main(["train", "--experiment", record.name, "--iterations", "50", *TINY, *places]) == 1
    assert "not finite at iteration" in capsys.readouterr().err
    rows, _ = results.read(tmp_path / "rows")
    assert rows[-1]["status"] == "diverged"


@pytest.mark.parametrize(
    "form", [[], ["--markdown"], ["--latex"], ["--json"], ["--claims"], ["--questions", "--measured"]]
)
def test_reports_are_printed_in_every_form(form, places, capsys):
    rows = places[2:]
    Path(rows[1]).mkdir()
    assert main(["report", *rows, *form]) == 0
    printed = capsys.readouterr().out
    if form == ["--json"]:
        assert {line["status"] for line in json.loads(printed)["lines"]} == {"not yet measured"}
    elif form != ["--questions", "--measured"]:
        assert "not yet measured" in printed


def test_list_shows_one_record_as_json(capsys):
    assert main(["list", "--show", "table3/omniglot/cnn2/maml-kfo"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["printed"] == 96.62
    assert shown["setting"]["rule"] == "kfo"
    assert main(["list", "--table", "B.4", "--benchmark", "omniglot"]) == 0
    assert "tableB4/omniglot/cnn2/anil-kfo" in capsys.readouterr().out


def test_a_grid_ranks_by_validation_and_goes_on(places, capsys):
    arguments = [
        "grid",
        "--experiment",
        SOFTMAX,
        "--benchmark",
        "glyphs",
        "--iterations",
        "3",
        *TINY,
        *places[:2],
    ]
    rates = ["--adaptation-rates", "0.001", "1", "--meta-rates", "0.001"]
    assert main([*arguments, *rates]) == 0
    first = capsys.readouterr().out
    assert first.index("│     1 │") < first.index("│ 0.001 │"), "softmax from a random start needs a large α"
    assert main([*arguments, *rates]) == 0
    assert "complete 0." not in capsys.readouterr().out, "known pairs are not trained again"


def test_the_demo_compares_and_draws(tmp_path, capsys, monkeypatch):
    chosen = ("shallow: softmax regression", "shallow + meta-KFO")
    monkeypatch.setattr(demo, "MODELS", {label: demo.MODELS[label] for label in chosen})
    picture = tmp_path / "demo.png"
    assert (
        main(
            ["demo", "--seconds", "0.2", "--test-tasks", "4", "--picture", str(picture), "--progress", "none"]
        )
        == 0
    )
    assert "shallow + meta-KFO" in " ".join(capsys.readouterr().out.split())
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_progress_for_machines_is_json_lines(places, capsys):
    assert train("--iterations", "5", "--progress", "json", *places) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [event["iteration"] for event in events] == [0, 5]
    assert all(0 <= event["validation"] <= 1 for event in events)


def test_help_is_instant_and_names_every_command():
    environment = os.environ | {"PYTHONPROFILEIMPORTTIME": "1"}
    answer = subprocess.run(
        [sys.executable, "-m", "empirical", "--help"],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert all(name in answer.stdout for name in ("list", "train", "run", "report", "grid", "demo"))
    assert " torch\n" not in answer.stderr
