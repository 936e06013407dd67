"""Several processes on one machine, one GPU each where there are GPUs.

Every process is given the same list in the same order and takes the first run that no other process holds:
the lock in a run's folder, and the rows, are all the coordination there is. A process that dies takes nothing
with it but its time.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

from ..commands.shared import Common, cores
from ..deadline import Deadline
from ..workload import Task


def launch(tasks: Sequence[Task], common: Common, workers: int, deadline: Deadline) -> int:
    """Work on ``tasks`` with ``workers`` processes; the highest of their exit statuses."""
    if not tasks:
        print("nothing to do")
        return 0
    names = list(dict.fromkeys(record.name for record, _ in tasks))
    seeds = 1 + max(seed for _, seed in tasks)
    threads = common.threads or max(1, cores() // workers)
    command = [sys.executable, "-m", "empirical", "run", "--seeds", str(seeds), *common.arguments()]
    command += ["--threads", str(threads), "--experiments", *names]
    command += ["--examine", "skip"]
    if common.progress == "auto":
        command += ["--progress", "lines"]
    if common.budget is not None:
        command += ["--budget", f"{max(1.0, deadline.left()):.0f}s"]
    processes = [
        subprocess.Popen(command, env=environment(common.device, worker, threads))
        for worker in range(min(workers, len(tasks)))
    ]
    with passed_on(processes):
        return max(process.wait() for process in processes)


@contextmanager
def passed_on(processes: Sequence[subprocess.Popen[bytes]]) -> Iterator[None]:
    """Ctrl-C and SIGTERM become SIGTERM for every process: each saves its run and ends."""

    def pass_on(number: int, frame: object) -> None:
        for process in processes:
            process.send_signal(signal.SIGTERM)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def environment(device: str, worker: int, threads: int) -> dict[str, str]:
    """A worker's environment: its share of the cores, and its own GPU when the device is plain ``cuda``."""
    variables = dict(os.environ, OMP_NUM_THREADS=str(threads))
    if device == "cuda" and torch.cuda.device_count() > 1:
        variables["CUDA_VISIBLE_DEVICES"] = str(worker % torch.cuda.device_count())
    return variables
