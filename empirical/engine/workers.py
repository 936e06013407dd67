"""Threads over tasks: the coarsest and cheapest parallelism a meta-batch offers.

Tasks share nothing but the meta-parameters, which nobody writes. So each worker thread takes whole chunks of
tasks and runs them with *one* intra-operation thread: a few-shot network's operations (25 images of 28×28)
are too small to be split, and every split costs a barrier. PyTorch releases the interpreter lock inside its
operations, so Python threads run them in parallel; unlike forked processes they need no shared-memory
tensors, no start-up, and cannot leave a deadlocked OpenMP pool behind.

Results come back in the order of the chunks, so sums do not depend on which worker finished first.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import torch

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")


@cache
def pool(workers: int) -> ThreadPoolExecutor:
    """The process's pool of that many single-threaded workers."""
    return ThreadPoolExecutor(workers, "tasks", initializer=torch.set_num_threads, initargs=(1,))


def deal(function: Callable[[Chunk], Result], chunks: Iterable[Chunk], workers: int) -> list[Result]:
    """[function(c) for c in chunks] on `workers` threads; one worker is the caller, with all its threads."""
    if workers == 1:
        return [function(chunk) for chunk in chunks]
    return list(pool(workers).map(function, chunks))
