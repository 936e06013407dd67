"""A process beside the caller's that runs passes, with an interpreter lock of its own.

Two threads of one process take turns at the interpreter lock, and a few-shot network's operations are so
short (30 to 300 µs) that waiting for it costs a quarter of the iteration: Omniglot CNN(2), eight tasks a
worker, 142 ms on two threads, 118 on two processes. A process costs its start, about two seconds for
importing PyTorch, and its memory; `workers` decides when that pays.

The helper is a program at the other end of a pipe and no fork, in which the parent's OpenMP threads would be
missing and its locks held for ever. It runs the same functions on the same numbers with one intra-operation
thread, as a worker thread does, so the bits are the same. It ends when the pipe does, so also when the parent
is killed; an interrupt from the keyboard is the parent's business.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch

PACKAGES = Path(__file__).parents[2]
"""Where the package lies: the helper imports it from there, whatever its working directory."""

PROGRAM = "from empirical.engine.helper_process import serve; serve"


class HelperLost(RuntimeError):
    """The helper process ended before it answered."""


class Helper:
    """One helper process, started at construction; `ready` once it has said so, after which it counts what it
    `answered`."""

    def __init__(self) -> None:
        self.pipe, end = Pipe()
        path = os.pathsep.join((str(PACKAGES), *filter(None, sys.path)))
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", f"{PROGRAM}({end.fileno()})"],
            pass_fds=[end.fileno()],
            stdin=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": path},
        )
        end.close()
        self.greeted, self.answered, self.turn = False, 0, Lock()
        atexit.register(self.close)
        os.register_at_fork(after_in_child=self.pipe.close)

    def ready(self, timeout: float = 0.0) -> bool:
        """Whether it has started; waits at most so many seconds. False for one that is lost."""
        if not self.greeted:
            with self.turn, suppress(EOFError, OSError):
                if not self.greeted and self.pipe.poll(timeout):
                    self.greeted = self.pipe.recv()
        return self.greeted and self.process.poll() is None

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """function(*arguments), run there. Raises what it raised, or HelperLost."""
        try:
            with self.turn:
                self.pipe.send((function, to_arrays(arguments)))
                failed, answer = self.pipe.recv()
                self.answered += 1
        except (EOFError, OSError) as error:
            raise HelperLost(str(error)) from None
        if failed:
            raise answer
        return to_tensors(answer)

    def close(self) -> None:
        """End the process, which holds nothing, in whatever it does (it may still be starting)."""
        self.pipe.close()
        self.process.kill()
        self.process.wait()


def to_arrays(value: Any) -> Any:
    """Tensors as arrays, inside dictionaries, lists and tuples, named ones too."""
    return mapped(value, torch.Tensor, lambda tensor: tensor.detach().numpy())


def to_tensors(value: Any) -> Any:
    """The way back; aligned as PyTorch aligns, on which the last bit may depend."""
    return mapped(value, np.ndarray, lambda array: torch.from_numpy(array).clone())


def mapped(value: Any, kind: type, convert: Callable[[Any], Any]) -> Any:
    """The nested value with every instance of `kind` converted."""
    if isinstance(value, kind):
        return convert(value)
    if isinstance(value, dict):
        return {key: mapped(part, kind, convert) for key, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(mapped(part, kind, convert) for part in value))
    if isinstance(value, list | tuple):
        return type(value)(mapped(part, kind, convert) for part in value)
    return value


def serve(descriptor: int) -> None:
    """Answer on the pipe until it ends."""
    from empirical.engine.workers import keep_memory

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    keep_memory()
    pipe = Connection(descriptor)
    with suppress(EOFError, OSError):
        pipe.send(True)
        while True:
            function, arguments = pipe.recv()
            try:
                answer = False, to_arrays(function(*to_tensors(arguments)))
            except Exception as error:
                answer = True, error
            pipe.send(answer)
