"""``python -m empirical list``: the records, with rates and the paper's value."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

from rich.markup import escape
from rich.table import Table

from ..experiments import Record, find, select
from .shared import console


@dataclass(frozen=True)
class List:
    """List the experiments: every cell of every table, every curve of every figure, and our own questions."""

    table: str | None = None
    """Only this table: 1, 2, 3 or B.4."""
    figure: str | None = None
    """Only this figure: 1, 3, 4, B.1 to B.4."""
    benchmark: str | None = None
    """Only this benchmark."""
    network: str | None = None
    """Only this network, such as cnn2."""
    preset: str | None = None
    """paper, released or ours; default: all."""
    questions: bool = False
    """Only the questions that the paper did not ask."""
    show: str | None = None
    """Everything about one record, by its name."""
    json: bool = False
    """JSON instead of a table."""

    def __call__(self) -> int:
        if self.show is not None:
            records = [find(self.show)]
        else:
            records = select(
                table=self.table,
                figure=self.figure,
                benchmark=self.benchmark,
                network=self.network,
                preset=self.preset,
                questions_only=self.questions,
            )
        if self.json or self.show is not None:
            found = [as_json(record) for record in records]
            print(json.dumps(found[0] if self.show else found, indent=2, ensure_ascii=False))
        else:
            console().print(as_table(records))
        return 0


def as_json(record: Record) -> dict[str, object]:
    """A record as JSON, with the key that joins it to result rows."""
    return {**asdict(record), "key": record.setting.key}


def as_table(records: list[Record]) -> Table:
    """One line a record."""
    table = Table(title=f"{len(records)} records", title_justify="left")
    for heading in ("experiment", "rule", "LinNet", "α", "β", "rates from", "paper"):
        justify: Literal["left", "right"] = "right" if heading in ("α", "β", "paper") else "left"
        table.add_column(heading, justify=justify, overflow="fold", no_wrap=heading == "experiment")
    for record in records:
        setting = record.setting
        table.add_row(
            record.name,
            setting.rule,
            "-".join(map(str, setting.linnet)),
            f"{setting.adaptation_rate:g}",
            f"{setting.meta_rate:g}",
            escape(record.rates_source.split(";")[0]),
            "" if record.printed is None else f"{record.printed:g}",
        )
    return table
