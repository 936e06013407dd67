"""Threads over tasks: the coarsest and cheapest parallelism a meta-batch offers.

Tasks share nothing but the meta-parameters, which nobody writes. So each worker thread takes whole chunks of
tasks and runs them with *one* intra-operation thread: a few-shot network's operations (25 images of 28×28)
are too small to be split, and every split costs a barrier. PyTorch releases the interpreter lock inside its
operations, so Python threads run them in parallel; unlike forked processes they need no shared-memory
tensors, no start-up, and cannot leave a deadlocked OpenMP pool behind.

Results come back in the order of the chunks, so sums do not depend on which worker finished first.

Memory: glibc gives every freed block above its (moving) threshold back to the kernel, and the next activation
of the same size is faulted in page by page. A second-order pass of Omniglot CNN(2) takes 3,800 page faults a
task that way, a quarter of its time (28 against 21 ms of processor time, measured on a busy virtual machine).
`keep_memory` tells glibc to keep what it has: blocks up to 32 MB come from the heap, and the heap does not
shrink.
"""

import ctypes
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import torch

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
"""Parameters of mallopt(3)."""

Chunk = TypeVar("Chunk")
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


@cache
def pool(workers: int) -> ThreadPoolExecutor:
    """The process's pool of that many single-threaded workers."""
    return ThreadPoolExecutor(workers, "tasks", initializer=torch.set_num_threads, initargs=(1,))


def deal(
    function: Callable[[Chunk], Result], chunks: Iterable[Chunk], workers: int, here: bool
) -> list[Result]:
    """[function(c) for c in chunks] on `workers` threads, or `here`: by the caller, with all its threads.

    One single-threaded worker is not the same as the caller: for small operations PyTorch's own threads are
    worse than none, and on a busy machine far worse (softmax regression at load 9: median 685 against 20 ms).
    """
    keep_memory()
    if here:
        return [function(chunk) for chunk in chunks]
    return list(pool(workers).map(function, chunks))
