"""`python -m figures [name ...]`: redraw figures, and the index `figures/README.md` with their claims."""

from __future__ import annotations

from pathlib import Path

import figures
from analysis.command_line import MissingExtra, OneLineParser, Refusal, run
from figures.index import README, index

PROG = "python -m figures"


def parser() -> OneLineParser:
    """The command line."""
    p = OneLineParser(prog=PROG, description="Redraw the figures: data first, then the drawing.")
    p.add_argument("names", nargs="*", metavar="name", help="default: all; " + ", ".join(figures.NAMES))
    p.add_argument("--fast", action="store_true", help="fewer seeds, iterations and grid points")
    p.add_argument("--out", type=Path, default=figures.DRAWN, metavar="DIR", help="default figures/drawn")
    p.add_argument(
        "--formats",
        type=lambda text: tuple(text.split(",")),
        default=("svg", "png"),
        help="comma-separated, from " + ", ".join(figures.FORMATS) + " (default svg,png)",
    )
    p.add_argument("--list", action="store_true", help="the names and what each figure claims")
    return p


def main(argv: list[str] | None = None) -> int:
    """Draw what is asked for; returns 0.

    Raises:
        UnknownFigure, Refusal: a name or an argument is wrong.
    """
    arguments = parser().parse_args(argv)
    names = tuple(arguments.names) or figures.NAMES
    for name in names:
        figures.module(name)
    for suffix in arguments.formats:
        if suffix not in figures.FORMATS:
            raise Refusal(f"--formats {suffix}: choose from {', '.join(figures.FORMATS)}")
    if arguments.out.exists() and not arguments.out.is_dir():
        raise Refusal(f"--out {arguments.out}: it is a file, name a folder")
    if arguments.list:
        for name in names:
            print(f"{name:<15} {figures.claim(name)}")
        return 0
    for name in names:
        paths = figures.write(name, arguments.out, arguments.formats, fast=arguments.fast)
        print(f"{name:<15} {', '.join(str(path) for path in paths)}", flush=True)
    if arguments.out == figures.DRAWN:
        README.write_text(index(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    run(main, PROG, figures.UnknownFigure, Refusal, MissingExtra, OSError)
