"""How far long work has come: a function that is told, and its line on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
Report = Callable[[int, int], None]  # (done, in all)


def silent(done: int, total: int) -> None:
    """Say nothing."""


def counted(items: Sequence[T], report: Report) -> Iterator[T]:
    """The items one by one; says before each how many are done, and at the end that all are."""
    for done, item in enumerate(items):
        report(done, len(items))
        yield item
    report(len(items), len(items))


def on_terminal(words: str) -> Report:
    """Rewrites one line on stderr, and removes it at the end; silent where stderr is no terminal."""
    if not sys.stderr.isatty():
        return silent

    def report(done: int, total: int) -> None:
        line = f"{words}: {done} of {total}"
        sys.stderr.write("\r" + (" " * len(line) + "\r" if done == total else line))
        sys.stderr.flush()

    return report
