"""The outer loop goes on exactly where it stopped, selects by validation, keeps time, stops at a NaN."""

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from empirical import checkpoints
from empirical.deadline import Deadline, seconds, stopped_by_signals
from empirical.evaluation import interval, measure
from empirical.experiments import ExperimentError
from empirical.meta_training import MetaTraining, NonFiniteLoss, resume, save, start


class Quadratic:
    """A meta-loss ½ |θ − t|² for tasks t, whose gradient is known."""

    def __init__(self, poison: int | None = None) -> None:
        self.poison = poison

    def batch(self, first: int, count: int) -> SimpleNamespace:
        numbers = torch.arange(first, first + count, dtype=torch.float32)
        return SimpleNamespace(
            first=first, targets=torch.stack([torch.sin(numbers), torch.cos(numbers)], dim=1)
        )

    def meta_gradient(self, parameters, episode):
        difference = parameters["theta"] - episode.targets
        loss = 0.5 * difference.square().sum(1).mean()
        if self.poison is not None and episode.first == self.poison:
            loss = loss * math.nan
        return loss, {"theta": difference.mean(0)}, 1 / (1 + loss)


def training(path: Path | None = None, poison: int | None = None, **changes) -> MetaTraining:
    problem = Quadratic(poison)
    arguments = {
        "validation_every": 10,
        "checkpoint_seconds": 0.0,
        "identity": {"key": "k", "seed": 0},
    } | changes
    return MetaTraining(
        engine=problem,
        tasks=problem,
        validate=lambda p: [1.0 - 0.1 * float(p["theta"].abs().sum())],
        meta_rate=0.05,
        tasks_per_iteration=4,
        checkpoint=path,
        **arguments,
    )


def fresh():
    return start({"theta": torch.tensor([1.0, -2.0])})


def test_adam_takes_the_steps_of_its_definition():
    state = fresh()
    training().advance(state, 3, Deadline())
    theta, m, v = torch.tensor([1.0, -2.0]), torch.zeros(2), torch.zeros(2)
    problem = Quadratic()
    for t in range(1, 4):
        g = problem.meta_gradient({"theta": theta}, problem.batch(4 * (t - 1), 4))[1]["theta"]
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        theta = theta - 0.05 * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)
    torch.testing.assert_close(state.parameters["theta"], theta)


@pytest.mark.parametrize("outer", ["adam", "momentum"])
def test_stopped_and_resumed_at_any_iteration_gives_the_same_bits(tmp_path, outer):
    whole = fresh()
    training(outer=outer).advance(whole, 40, Deadline())
    for stop in (1, 7, 10, 39):
        path = tmp_path / f"{outer}{stop}.pt"
        training(path, outer=outer).advance(fresh(), stop, Deadline())
        resumed = resume(path, {"key": "k", "seed": 0}, "cpu")
        assert resumed.iteration == stop
        training(path, outer=outer).advance(resumed, 40, Deadline())
        assert torch.equal(resumed.parameters["theta"], whole.parameters["theta"])


def test_the_best_validation_is_kept_not_the_last():
    state = fresh()
    rise_then_fall = iter([0.1, 0.2, 0.9, 0.3, 0.4])
    run = training(validation_every=5)
    object.__setattr__(run, "validate", lambda p: [next(rise_then_fall)])
    seen = []
    run.advance(state, 20, Deadline(), seen.append)
    assert (state.best_iteration, state.best_accuracy) == (10, 0.9)
    assert not torch.equal(state.best["theta"], state.parameters["theta"])
    assert [point[0] for point in state.curve] == [0, 5, 10, 15, 20]
    assert sum("validation" in event for event in seen) == 5


def test_a_short_run_is_validated_at_its_end():
    state = fresh()
    training(validation_every=1_000).advance(state, 3, Deadline())
    assert [point[0] for point in state.curve] == [0, 3]


@pytest.mark.parametrize("check_every", [1, 4])
def test_a_loss_that_is_not_finite_stops_and_names_step_and_checkpoint(tmp_path, check_every):
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(
        NonFiniteLoss, match=r"iteration 17; last finite checkpoint: .*checkpoint\.pt"
    ) as caught:
        training(path, poison=68, check_every=check_every).advance(fresh(), 40, Deadline())
    assert caught.value.iteration == 17
    kept = resume(path, {"key": "k", "seed": 0}, "cpu")
    assert kept.iteration <= 17
    assert torch.isfinite(kept.parameters["theta"]).all()


def test_fetching_losses_rarely_changes_nothing(tmp_path):
    one, other = fresh(), fresh()
    training().advance(one, 33, Deadline())
    training(check_every=7).advance(other, 33, Deadline())
    assert torch.equal(one.parameters["theta"], other.parameters["theta"])
    assert [p[:3] for p in one.curve[1:]] == [p[:3] for p in other.curve[1:]]


def test_a_deadline_is_kept_and_the_work_with_it(tmp_path):
    path = tmp_path / "checkpoint.pt"
    deadline = Deadline()
    deadline.stop()
    assert not training(path).advance(fresh(), 40, deadline)
    state = resume(path, {"key": "k", "seed": 0}, "cpu")
    assert state.iteration == 1
    assert training(path).advance(state, 40, Deadline())


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    path = tmp_path / "checkpoint.pt"
    save(fresh(), {"key": "other", "seed": 0}, path)
    with pytest.raises(ExperimentError, match="belongs to another run"):
        resume(path, {"key": "k", "seed": 0}, "cpu")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a zip", b"<html>404</html>"])
def test_a_file_that_is_no_checkpoint_is_one_clear_error_and_stays(tmp_path, content):
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(content)
    with pytest.raises(ExperimentError, match="not a whole checkpoint"):
        checkpoints.load(path)
    assert path.read_bytes() == content


def test_a_truncated_checkpoint_is_an_error(tmp_path):
    path = tmp_path / "checkpoint.pt"
    save(fresh(), {}, path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ExperimentError, match="not a whole checkpoint"):
        checkpoints.load(path)


def test_a_checkpoint_that_would_run_code_is_not_run(tmp_path):
    class Malice:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "done"),))

    path = tmp_path / "checkpoint.pt"
    torch.save({"parameters": Malice()}, path)
    with pytest.raises(ExperimentError):
        checkpoints.load(path)
    assert not (tmp_path / "done").exists()


def test_a_full_disk_keeps_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.pt"
    checkpoints.save({"x": torch.ones(3)}, path)

    def full(state, file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoints.save({"x": torch.zeros(3)}, path)
    assert torch.equal(checkpoints.load(path)["x"], torch.ones(3))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("text", "value"), [("90s", 90), ("25m", 1500), ("1.5h", 5400), ("7", 7)])
def test_budgets_are_read(text, value):
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "0m", "-3s", "soon", "5 days"])
def test_what_is_no_budget_is_refused(text):
    with pytest.raises(ExperimentError, match="such as 90s"):
        seconds(text)


def test_a_signal_reaches_the_deadline():
    deadline = Deadline("1h")
    with stopped_by_signals(deadline):
        assert deadline.allows(1.0)
        os.kill(os.getpid(), signal.SIGTERM)
        assert deadline.passed
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_the_interval_is_that_of_the_normal_law():
    values = [0.0, 1.0] * 50
    assert interval(values) == pytest.approx(1.96 * math.sqrt(25 / 99) / 10)
    assert interval([1.0]) == math.inf


def test_measuring_in_chunks_is_measuring_at_once():
    accuracies = torch.rand(6, 10, generator=torch.Generator().manual_seed(0))

    class List:
        def batch(self, first, count):
            return slice(first, first + count)

    def evaluate(parameters, part):
        return accuracies[:, part], -accuracies[:, part]

    whole = measure(evaluate, {}, List(), 10, answers=25, chunk=10)
    parts = measure(evaluate, {}, List(), 10, answers=25, chunk=3)
    assert whole == parts
    assert whole.accuracy == pytest.approx(float(accuracies[-1].double().mean()))
    assert whole.per_step == pytest.approx(accuracies.double().mean(1).tolist())


COMMAND = [
    "train",
    "--experiment",
    "figure3/omniglot/softmax/maml",
    "--benchmark",
    "glyphs",
    "--progress",
    "json",
]
SIZES = [
    "--iterations",
    "30",
    "--validation-every",
    "5",
    "--validation-tasks",
    "4",
    "--test-tasks",
    "4",
    "--threads",
    "1",
]


def command(tmp_path: Path, name: str) -> list[str]:
    places = ["--runs-dir", str(tmp_path / name), "--results-dir", str(tmp_path / f"{name}-rows")]
    return [sys.executable, "-m", "empirical", *COMMAND, *SIZES, *places]


def final_parameters(folder: Path) -> dict[str, torch.Tensor]:
    (path,) = folder.rglob("checkpoint.pt")
    return checkpoints.load(path)["parameters"]


def test_killed_and_resumed_ends_in_the_same_bits(tmp_path):
    """kill -9 at two moments of a real run, as a process, against the run that nobody disturbed."""
    undisturbed = subprocess.Popen(
        command(tmp_path, "whole"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    disturbed = [*command(tmp_path, "killed"), "--checkpoint-seconds", "0"]
    for lines in (2, 1):
        process = subprocess.Popen(disturbed, stdout=subprocess.PIPE)
        for _ in range(lines):
            process.stdout.readline()
        time.sleep(0.003 * lines)
        process.kill()
        process.wait()
        process.stdout.close()
    finished = subprocess.run(disturbed, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert undisturbed.wait() == 0, undisturbed.stderr.read()
    undisturbed.stderr.close()
    whole, killed = final_parameters(tmp_path / "whole"), final_parameters(tmp_path / "killed")
    assert whole.keys() == killed.keys()
    assert all(torch.equal(whole[name], killed[name]) for name in whole)
