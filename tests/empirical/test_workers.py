"""Helper processes: the same bits as threads, errors that travel, a loss that costs nothing, no orphans."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Barrier

import pytest
import torch

from empirical.engine import Engine
from empirical.engine.helper_process import Helper, HelperLost
from empirical.engine.workers import PATIENCE, START, Workers, workers
from empirical.learner import Learner
from empirical.networks import cnn
from empirical.update_rules import GradientDescent, update_rule
from tests.empirical.zoo import random_tasks

LEARNER = Learner(cnn("omniglot", 2, filters=8), update_rule("kfo"), steps=2, rate=0.1)


@pytest.fixture(autouse=True)
def fresh_workers():
    """Workers without the past of other tests."""
    workers.cache_clear()


@pytest.fixture(scope="module")
def helper():
    helper = Helper()
    assert helper.ready(START)
    yield helper
    helper.close()


def same(one, other):
    return torch.equal(one.loss, other.loss) and all(
        torch.equal(one.gradients[name], other.gradients[name]) for name in one.gradients
    )


def test_processes_give_the_bits_of_threads_and_a_lost_one_changes_nothing():
    tasks, meta = random_tasks(LEARNER.network, 4, 10), LEARNER.init(0, torch.float64)
    threads = Engine(LEARNER, workers=2, processes=False).meta_gradient(meta, tasks)
    engine = Engine(LEARNER, workers=2, processes=True)
    assert same(engine.meta_gradient(meta, tasks), threads)
    (hired,) = workers(2).helpers
    assert hired.ready()
    assert hired.answered == 1
    plain = Engine(LEARNER, workers=2, processes=False)
    assert torch.equal(engine.evaluate(meta, tasks)[1], plain.evaluate(meta, tasks)[1])
    assert hired.answered == 2
    hired.process.kill()
    assert same(engine.meta_gradient(meta, tasks), threads)
    hired.process.wait()
    assert same(engine.meta_gradient(meta, tasks), threads)


def test_a_worker_stays_single_threaded_whatever_others_set():
    """Also one whose first operation comes after somebody else's setting."""
    team, meeting, before = Workers(2), Barrier(2), torch.get_num_threads()

    def ask(_: int) -> int:
        meeting.wait(60)
        return torch.get_num_threads()

    list(team.threads.map(lambda _: meeting.wait(60), range(2)))
    torch.set_num_threads(before + 1)
    try:
        assert list(team.threads.map(ask, range(2))) == [1, 1]
    finally:
        torch.set_num_threads(before)


def test_long_work_moves_into_processes_by_itself():
    tasks, meta = random_tasks(LEARNER.network, 4, 10), LEARNER.init(0, torch.float64)
    engine, team = Engine(LEARNER, workers=2), workers(2)
    engine.meta_gradient(meta, tasks)
    assert not team.helpers
    team.seconds = PATIENCE + 1
    engine.meta_gradient(meta, tasks)
    (hired,) = team.helpers
    assert hired.ready(START)
    engine.meta_gradient(meta, tasks)
    assert hired.answered == 1


def test_what_cannot_travel_is_done_here():
    @dataclass(frozen=True)
    class Local(GradientDescent):
        twice: Callable[[float], float] = lambda rate: 2 * rate

    learner = replace(LEARNER, rule=Local())
    tasks, meta = random_tasks(learner.network, 4, 10), learner.init(0, torch.float64)
    threads = Engine(learner, workers=2, processes=False).meta_gradient(meta, tasks)
    assert same(Engine(learner, workers=2, processes=True).meta_gradient(meta, tasks), threads)


def test_a_helper_computes_and_reports_errors(helper):
    assert torch.equal(helper(torch.add, torch.ones(3), torch.ones(3)), torch.full((3,), 2.0))
    with pytest.raises(ValueError, match="invalid literal"):
        helper(int, "x")
    assert helper(max, 2, 3) == 3, "it goes on after an error"


def test_a_helper_that_is_gone_says_so():
    helper = Helper()
    assert helper.ready(START)
    helper.process.kill()
    helper.process.wait()
    assert not helper.ready()
    with pytest.raises(HelperLost):
        helper(max, 2, 3)
    helper.close()


def test_no_orphan_when_the_parent_is_killed():
    program = (
        "import time; from empirical.engine.helper_process import Helper; helper = Helper();"
        "assert helper.ready(60); print(helper.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    limit = time.monotonic() + 30
    while alive(child):
        assert time.monotonic() < limit, "the helper outlives its parent"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether a process of that number runs; one that ended and waits to be collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return not status.stdout.startswith("Z")
