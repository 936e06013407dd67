"""``python -m empirical report``: the paper's numbers and ours, and the verdict on each claim."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from ..experiments import ExperimentError, inconsistencies, select
from ..report import Line, lines, verdicts
from ..results import ROWS_DIRECTORY, read
from .shared import console

COLUMNS = ("experiment", "paper", "ours", "± 95 %", "difference", "before", "seeds", "budget")
SHORT = {
    "measured: holds": "holds",
    "measured: does not hold": "does not hold",
    "measured: undecided": "undecided",
}


@dataclass(frozen=True)
class Report:
    """Compare the result rows with the paper; what has no rows is "not yet measured".

    The interval is 95 %, over test tasks and, with several seeds, over seeds. "before" is the accuracy before
    the first inner step.
    """

    table: str | None = None
    """Only this table: 1, 2, 3 or B.4."""
    figure: str | None = None
    """Only this figure."""
    benchmark: str | None = None
    """Only this benchmark."""
    questions: bool = False
    """Our own questions, prediction beside measurement."""
    claims: bool = False
    """Only the verdicts on the claims."""
    measured: bool = False
    """Leave out what is not yet measured."""
    markdown: bool = False
    """For a README."""
    latex: bool = False
    """For a paper."""
    json: bool = False
    """For machines: lines, verdicts, the paper's inconsistencies, damaged rows."""
    results_dir: Path = ROWS_DIRECTORY
    """Where the rows are."""

    def __call__(self) -> int:
        if self.markdown + self.latex + self.json > 1:
            raise ExperimentError("choose one of --markdown, --latex, --json")
        if not self.results_dir.is_dir():
            raise ExperimentError(f"there is no folder {self.results_dir} (--results-dir)")
        records = select(
            table=self.table, figure=self.figure, benchmark=self.benchmark, questions_only=self.questions
        )
        rows, damages = read(self.results_dir)
        found = [] if self.claims else lines(records, rows, self.measured)
        prefix = self.prefix()
        judged = [v for v in verdicts(self.results_dir) if v["id"].startswith(prefix)]
        if self.measured:
            judged = [v for v in judged if v["budget"] is not None]
        columns = (*COLUMNS, "prediction") if self.questions else COLUMNS
        if self.json:
            print(json.dumps(as_json(found, judged, damages), indent=2, ensure_ascii=False))
        elif self.markdown:
            print(as_markdown(found, judged, columns))
        elif self.latex:
            print(as_latex(found, judged, columns))
        else:
            show(found, judged, columns)
            for damage in damages:
                print(f"damaged result row, left as it is: {damage}")
        return 0

    def prefix(self) -> str:
        """Which claims belong to what was asked for."""
        if self.questions:
            return "ours:"
        if self.table is not None:
            return f"table{self.table.replace('.', '').upper()}:"
        return f"figure{self.figure.replace('.', '').upper()}:" if self.figure is not None else ""


def as_json(found: Sequence[Line], judged: list[dict[str, Any]], damages: Sequence[object]) -> dict[str, Any]:
    """Everything in one object."""
    return {
        "lines": [
            {
                "record": x.record.name,
                "place": x.record.place,
                "paper": x.record.printed,
                "ours": None if x.ours is None else vars(x.ours) | {"budget": x.ours.budget},
                "difference": x.difference,
                "before": x.before,
                "status": x.status or "measured",
                "prediction": x.record.prediction,
                "note": x.record.note,
            }
            for x in found
        ],
        "verdicts": judged,
        "inconsistencies": [vars(i) for i in inconsistencies()],
        "damaged": [str(d) for d in damages],
    }


def show(found: Sequence[Line], judged: list[dict[str, Any]], columns: Sequence[str]) -> None:
    """Tables on the terminal."""
    screen = console()
    if found:
        table = Table(title="paper and ours, accuracy in percent", title_justify="left")
        for heading in columns:
            table.add_column(heading, overflow="fold", no_wrap=heading == "experiment")
        for x in found:
            cells = x.cells()
            table.add_row(*(escape(cells[heading]) for heading in columns))
        screen.print(table)
    if judged:
        table = Table(title="claims", title_justify="left", show_lines=True)
        for heading in ("claim", "sentence and test", "verdict", "numbers"):
            table.add_column(heading, overflow="fold")
        for v in judged:
            own = {True: "\n(its own numbers: yes)", False: "\n(its own numbers: no)", None: ""}[
                v["printed_supports"]
            ]
            sentence = f"{v['where']}: {v['printed']}\ntest: {v['test']}"
            verdict = SHORT.get(v["verdict"], v["verdict"]) + own
            table.add_row(*(escape(text) for text in (v["id"], sentence, verdict, v["statement"])))
        screen.print(table)


def as_markdown(found: Sequence[Line], judged: list[dict[str, Any]], columns: Sequence[str]) -> str:
    """Two tables for a README."""

    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    parts = []
    if found:
        body = [row([x.cells()[heading] for heading in columns]) for x in found]
        parts.append("\n".join([row(columns), row(["---"] * len(columns)), *body]))
    if judged:
        heads = ("claim", "printed", "its own numbers", "measured", "numbers")
        own = {True: "yes", False: "no", None: ""}
        body = [
            row(
                [
                    v["where"],
                    v["printed"],
                    own[v["printed_supports"]],
                    SHORT.get(v["verdict"], v["verdict"]),
                    v["statement"],
                ]
            )
            for v in judged
        ]
        parts.append("\n".join([row(heads), row(["---"] * len(heads)), *body]))
    return "\n\n".join(parts)


LATEX = str.maketrans(
    {"%": r"\%", "_": r"\_", "&": r"\&", "#": r"\#", "±": r"$\pm$", "α": r"$\alpha$", "≤": r"$\le$"}
)


def as_latex(found: Sequence[Line], judged: list[dict[str, Any]], columns: Sequence[str]) -> str:
    """Two tabulars."""

    def tabular(heads: Sequence[str], body: list[Sequence[str]], shape: str) -> str:
        rows = [" & ".join(cell.translate(LATEX) for cell in cells) + r" \\" for cells in (heads, *body)]
        inside = "\n".join([rows[0], r"\hline", *rows[1:]])
        return f"\\begin{{tabular}}{{{shape}}}\n{inside}\n\\end{{tabular}}"

    parts = []
    if found:
        body: list[Sequence[str]] = [[x.cells()[heading] for heading in columns] for x in found]
        parts.append(tabular(columns, body, "l" + "r" * (len(columns) - 1)))
    if judged:
        texts: list[Sequence[str]] = [
            (v["where"], v["printed"], SHORT.get(v["verdict"], v["verdict"]), v["statement"]) for v in judged
        ]
        parts.append(tabular(("claim", "printed", "verdict", "numbers"), texts, "lp{5cm}lp{6cm}"))
    return "\n\n".join(parts)
