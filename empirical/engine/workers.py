"""Workers over tasks: the coarsest and cheapest parallelism a meta-batch offers.

Tasks share nothing but the meta-parameters, which nobody writes. So each worker takes whole chunks of tasks
and runs them with *one* intra-operation thread: a few-shot network's operations (25 images of 28×28) are too
small to be split, and every split costs a barrier. A worker is at first a thread of this process: PyTorch
releases the interpreter lock inside its operations, there is no start-up, and data are shared. When the work
has lasted `PATIENCE` seconds, all workers but one move into processes of their own (`helper_process`), which
start in the background; where they cannot, or one is lost, threads go on. The bits are the same throughout
(unless somebody changes PyTorch's global settings, which do not travel).

Results come back in the order of the chunks, so sums do not depend on which worker finished first.

Memory: glibc gives every freed block above its (moving) threshold back to the kernel, and the next activation
of the same size is faulted in page by page. A second-order pass of Omniglot CNN(2) takes 3,800 page faults a
task that way, a quarter of its time (28 against 21 ms of processor time, measured on a busy virtual machine).
`keep_memory` tells glibc to keep what it has: blocks up to 32 MB come from the heap, and the heap does not
shrink.
"""

import ctypes
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from queue import SimpleQueue
from threading import Lock
from typing import TypeVar

import torch

from empirical.engine.helper_process import Helper

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
"""Parameters of mallopt(3)."""

PATIENCE, START = 10.0, 120.0
"""Seconds of work after which processes are worth their start, and the longest wait for one."""

Result = TypeVar("Result")


@cache
def keep_memory() -> None:
    """Tell glibc, once per process, to keep freed memory; elsewhere do nothing."""
    if sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallopt"):
        for parameter, value in (
            (M_MMAP_THRESHOLD, 2**25),
            (M_TRIM_THRESHOLD, 2**31 - 1),
            (M_TOP_PAD, 2**26),
        ):
            ctypes.CDLL(None).mallopt(parameter, value)


@contextmanager
def single_threaded() -> Iterator[None]:
    """One intra-operation thread for the caller: a single worker without a thread to wake (0.1 ms)."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def stay_single() -> None:
    """One intra-operation thread for the calling thread from now on.

    PyTorch gives a thread the number last set by *anybody* at the first operation that asks for it. So it is
    asked for before it is set; otherwise a thread that is idle at first could wake up with two, and other
    bits.
    """
    torch.get_num_threads()
    torch.set_num_threads(1)


class Workers:
    """`count` single-threaded workers."""

    def __init__(self, count: int) -> None:
        self.threads = ThreadPoolExecutor(count, "tasks", initializer=stay_single)
        self.count, self.seconds = count, 0.0
        self.helpers: list[Helper] = []
        self.hiring = Lock()

    def map(
        self, function: Callable[..., Result], calls: Sequence[tuple], processes: bool | None
    ) -> list[Result]:
        """[function(*call) for call in calls]; `processes` as for the engine."""
        if self.count == 1:
            with single_threaded():
                return [function(*call) for call in calls]
        if processes or (processes is None and self.seconds > PATIENCE):
            self.hire(min(self.count, len(calls)) - 1, wait=bool(processes))
        begin = time.monotonic()
        seats: SimpleQueue[Helper | None] = SimpleQueue()
        hired = [] if processes is False else [helper for helper in self.helpers if helper.ready()]
        for seat in (*hired, *[None] * (self.count - len(hired))):
            seats.put(seat)

        def run(call: tuple) -> Result:
            seat = seats.get()
            try:
                if seat is not None:
                    with suppress(Exception):  # what cannot travel, or failed there, is done here
                        return seat(function, *call)
                return function(*call)
            finally:
                seats.put(seat)

        results = list(self.threads.map(run, calls))
        self.seconds += time.monotonic() - begin
        return results

    def hire(self, count: int, wait: bool) -> None:
        """Have that many helpers, where the platform can."""
        with self.hiring, suppress(OSError, TypeError):
            while len(self.helpers) < count and hasattr(os, "fork"):
                self.helpers.append(Helper())
        if wait:
            for helper in self.helpers:
                helper.ready(START)


@cache
def workers(count: int) -> Workers:
    """The process's workers, that many."""
    return Workers(count)


if hasattr(os, "register_at_fork"):  # a fork has none of its parent's threads
    os.register_at_fork(after_in_child=workers.cache_clear)
