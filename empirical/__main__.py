"""``python -m empirical``: list, train, run, report, grid, demo, data.

What a person asked for and cannot have is one line on standard error and exit status 2; a run whose loss
stopped being finite is exit status 1. Nothing that was computed is lost either way.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import tyro

from .commands.data import Data
from .commands.data import run as data
from .commands.demo import Demo
from .commands.grid import Grid
from .commands.list import List
from .commands.report import Report
from .commands.run import Run
from .commands.train import Train
from .errors import UserError

COMMANDS: dict[str, type] = {
    "list": List,
    "train": Train,
    "run": Run,
    "report": Report,
    "grid": Grid,
    "demo": Demo,
    "data": Data,
}

CONFIGURATION = (tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff)


def parser_type() -> Any:
    """One choice among the commands, as tyro understands it."""
    choice: Any = None
    for name, command in COMMANDS.items():
        option: Any = Annotated[command, tyro.conf.subcommand(name, prefix_name=False)]  # type: ignore[valid-type]
        choice = option if choice is None else choice | option
    return choice


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words[:1] == ["data"]:
            return data(words[1:])
        command = tyro.cli(
            parser_type(), prog="python -m empirical", args=words, config=CONFIGURATION, description=__doc__
        )
        return command()
    except BrokenPipeError:  # a reader such as `head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (UserError, OSError) as error:
        print(f"python -m empirical: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except ArithmeticError as error:
        print(f"python -m empirical: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("python -m empirical: interrupted; finished checkpoints and rows are kept", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
