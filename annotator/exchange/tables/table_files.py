"""Rows of tables, gathered in spools while an export runs, and as CSV at its end."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from annotator.exchange.tables.columns import Table, csv_field
from annotator.exchange.tables.finding_tables import FINDINGS, IMAGES, READINGS
from annotator.exchange.tables.object_tables import CLUSTERS, MARKS
from annotator.exchange.tables.spool import Spools
from annotator.exchange.tables.told import ToldExam, ToldFinding, ToldImage, clusters_of, marks_of
from annotator.exchange.whole_file import whole_file


def spool_rows(spools: Spools, exam: ToldExam) -> None:
    """Append the rows of one exam to the spool of each table."""
    readings = exam.readings
    _add(spools, READINGS, readings)
    _add(spools, IMAGES, [ToldImage(exam, info) for info in exam.info.images])
    _add(spools, FINDINGS, [ToldFinding(one, f) for one in readings for f in one.reading.findings])
    _add(spools, CLUSTERS, chain.from_iterable(map(clusters_of, readings)))
    _add(spools, MARKS, chain.from_iterable(map(marks_of, readings)))


def _add(spools: Spools, table: Table[Any], items: Iterable[Any]) -> None:
    encode = msgspec.json.Encoder().encode
    spools.add(spool_name(table), map(encode, table.rows(items)))


def spool_name(table: Table[Any]) -> str:
    """The spool of a table."""
    return f"{table.name}.rows"


def rows_of(spools: Spools, table: Table[Any]) -> Iterator[list[Any]]:
    """The rows of a table as they were spooled."""
    decode = msgspec.json.Decoder(list[Any]).decode
    return (decode(line) for line in spools.lines(spool_name(table)))


def write_csv(spools: Spools, table: Table[Any], path: Path) -> None:
    """A table as CSV (RFC 4180 with LF, UTF-8, a head line; empty: not known or not said). Raises ExportError."""
    with whole_file(path) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(column.name for column in table.columns)
        for row in rows_of(spools, table):
            writer.writerow([csv_field(value) for value in row])
        text.flush()
        text.detach()
