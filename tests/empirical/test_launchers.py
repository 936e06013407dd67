"""Several processes do every run once; SLURM runs an array of them into the same rows."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from empirical import results
from empirical.__main__ import main
from empirical.commands.shared import Common
from empirical.errors import UserError
from empirical.experiments import find
from empirical.launchers import local, slurm

TINY = ["--validation-tasks", "4", "--test-tasks", "6", "--progress", "none"]
SYNTHETIC = [
    "figure1/regression/scalar/shallow",
    "figure1/regression/scalar/deep",
    "figure1/logistic/plane/lr",
]


def test_workers_share_the_runs_and_do_each_once(tmp_path):
    places = ["--runs-dir", str(tmp_path / "runs"), "--results-dir", str(tmp_path / "rows")]
    more = ["--seeds", "2", "--iterations", "3", "--workers", "2"]
    assert main(["run", "--experiments", *SYNTHETIC, *more, *TINY, *places]) == 0
    rows, damages = results.read(tmp_path / "rows")
    assert damages == []
    assert sorted((row["record"], row["seed"]) for row in rows) == sorted(
        (n, s) for n in SYNTHETIC for s in (0, 1)
    )
    assert main(["run", "--experiments", *SYNTHETIC, *more, *TINY, *places]) == 0
    assert len(results.read(tmp_path / "rows")[0]) == len(rows)


def test_a_signal_to_the_launcher_stops_the_workers_with_their_work_kept(tmp_path):
    places = ["--runs-dir", str(tmp_path / "runs"), "--results-dir", str(tmp_path / "rows")]
    command = [sys.executable, "-m", "empirical", "run", "--experiments", *SYNTHETIC[:2], "--workers", "2"]
    launcher = subprocess.Popen(
        [*command, "--iterations", "100000", *TINY, *places], stdout=subprocess.PIPE, text=True
    )
    while len(list((tmp_path / "runs").rglob("lock"))) < 2:
        assert launcher.poll() is None
        time.sleep(0.05)
    time.sleep(0.3)
    launcher.send_signal(signal.SIGTERM)
    said, _ = launcher.communicate(timeout=60)
    assert launcher.returncode == 0
    assert said.count("unfinished") == 2
    assert len(list((tmp_path / "runs").rglob("checkpoint.pt"))) == 2


def test_the_options_of_a_worker_are_those_of_the_command(tmp_path):
    common = Common(iterations=7, device="cpu", data_dir=tmp_path, budget="3m")
    assert common.arguments() == ["--iterations", "7", "--budget", "3m", "--data-dir", str(tmp_path)]
    assert local.environment("cpu", 1, 3)["OMP_NUM_THREADS"] == "3"


def test_workers_get_a_gpu_each(monkeypatch):
    monkeypatch.setattr(local.torch.cuda, "device_count", lambda: 4)
    assert [local.environment("cuda", w, 1)["CUDA_VISIBLE_DEVICES"] for w in range(5)] == [
        "0",
        "1",
        "2",
        "3",
        "0",
    ]
    assert (
        "CUDA_VISIBLE_DEVICES" not in local.environment("cpu", 0, 1) or "CUDA_VISIBLE_DEVICES" in os.environ
    )


def test_options_for_sbatch_are_read():
    assert slurm.parameters(["partition=short", "time=60", "cpus-per-task=2"]) == {
        "partition": "short",
        "time": 60,
        "cpus_per_task": 2,
    }
    with pytest.raises(UserError, match="write name=value"):
        slurm.parameters(["short"])


def test_without_sbatch_the_launcher_says_so(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(slurm.shutil, "which", lambda name: None)
    arguments = ["run", "--experiments", SYNTHETIC[0], "--launcher", "slurm", "--results-dir", str(tmp_path)]
    assert main(arguments) == 2
    assert "there is no sbatch here" in capsys.readouterr().err


@pytest.fixture(scope="module")
def slurm_node(tmp_path_factory):
    """A one-node SLURM from the distribution's packages, or a skip that says why not."""
    folder = tmp_path_factory.mktemp("slurm")
    script = Path(__file__).parent / "slurm_node.sh"
    started = subprocess.run(["sh", str(script), "start", str(folder)], capture_output=True, text=True)
    if started.returncode != 0:
        pytest.skip(f"no SLURM to test with: {(started.stdout + started.stderr).strip()}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
        yield folder
    subprocess.run(["sh", str(script), "stop", str(folder)], check=True)


def wait_for(condition, what: str, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.3)


def logs(folder) -> str:
    """Everything that the tasks of a job have written."""
    written = [*folder.rglob("*.err"), *folder.rglob("*.out")]
    return "\n".join(path.read_text() for path in written)


@pytest.mark.slow
def test_an_array_job_leaves_the_same_rows_in_the_same_place(slurm_node, tmp_path, capsys):
    places = ["--runs-dir", str(tmp_path / "runs"), "--results-dir", str(tmp_path / "rows")]
    command = ["run", "--experiments", *SYNTHETIC, "--iterations", "3", *TINY, *places, "--launcher", "slurm"]
    assert main([*command, "--slurm-options", "time=5", "partition=main"]) == 0
    assert "submitted 3 runs as array job" in capsys.readouterr().out
    wait_for(lambda: len(results.read(tmp_path / "rows")[0]) == 3, logs(tmp_path))
    rows, damages = results.read(tmp_path / "rows")
    assert damages == []
    assert sorted(row["record"] for row in rows) == sorted(SYNTHETIC)
    assert main(command) == 0
    assert "nothing to do" in capsys.readouterr().out


@pytest.mark.slow
def test_a_preempted_task_is_requeued_and_goes_on_from_its_checkpoint(slurm_node, tmp_path):
    common = Common(
        iterations=2_000,
        threads=1,
        runs_dir=tmp_path / "runs",
        results_dir=tmp_path / "rows",
        validation_tasks=4,
        test_tasks=6,
        checkpoint_seconds=0.2,
    )
    (job,) = slurm.jobs([(find(SYNTHETIC[1]), 0)], common, ["time=5"])
    wait_for(lambda: list((tmp_path / "runs").rglob("checkpoint.pt")), logs(tmp_path))
    job._interrupt(timeout=True)  # SIGUSR2: what SLURM sends before it takes the node away
    wait_for(lambda: "Requeued job" in logs(tmp_path), "the task was not requeued")
    release = ["scontrol", "update", f"JobId={job.job_id}", "StartTime=now"]

    def done():  # SLURM holds a requeued job back for two minutes, in case the node is ill
        subprocess.run(release, capture_output=True)
        return results.read(tmp_path / "rows")[0]

    wait_for(done, logs(tmp_path))
    (row,), _ = results.read(tmp_path / "rows")
    assert (row["status"], row["iterations"]) == ("complete", 2_000)
    resumed = [line for line in logs(tmp_path).splitlines() if " 0/2000 " in line]
    assert len(resumed) == 1, "the second start must not begin at iteration 0"
