"""``python -m empirical data prepare|show``: hands its words on to :mod:`empirical.benchmarks.command`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tyro


@dataclass(frozen=True)
class Data:
    """Prepare a benchmark from files or from its publisher, or draw sample tasks: `prepare`, `show`."""

    words: tyro.conf.Positional[tuple[str, ...]] = ()
    """prepare or show, and their options; `data --help` lists them."""

    def __call__(self) -> int:
        return run(self.words)


def run(words: Sequence[str]) -> int:
    """The data commands, parsed by their own signatures, which need torch."""
    from ..benchmarks.command import prepare, show

    commands: dict[str, Any] = {"prepare": prepare, "show": show}
    print(tyro.extras.subcommand_cli_from_dict(commands, prog="python -m empirical data", args=list(words)))
    return 0
