"""Tables as Parquet; import it where one is written, since pyarrow is large."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from annotator import __version__
from annotator.exchange.tables.columns import Column, Kind, Table
from annotator.exchange.tables.spool import Spools
from annotator.exchange.tables.table_files import rows_of
from annotator.exchange.whole_file import whole_file

ROW_GROUP = 5_000
"""Rows of a row group, which are in memory together."""


def write_parquet(spools: Spools, table: Table[Any], path: Path) -> None:
    """A table as Parquet, row group by row group, units and meanings in the metadata of its fields. ExportError."""
    schema = _schema(table)
    rows = rows_of(spools, table)
    with whole_file(path) as file, ParquetWriter(file, schema, compression="zstd") as writer:
        while some := list(islice(rows, ROW_GROUP)):
            values = zip(table.columns, zip(*some, strict=True), strict=True)
            arrays = [_array(column, of_column) for column, of_column in values]
            batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
            writer.write_table(pa.Table.from_batches([batch]), row_group_size=ROW_GROUP)


def _schema(table: Table[Any]) -> Any:

    fields = [
        pa.field(
            column.name,
            _type(column.kind),
            metadata={
                name: text
                for name, text in (
                    ("meaning", column.meaning),
                    ("unit", column.unit),
                    ("values", column.values),
                    ("source", column.source),
                )
                if text
            },
        )
        for column in table.columns
    ]
    about = {"program": f"Mammogram Annotator {__version__}", "table": table.name, "row": table.row}
    return pa.schema(fields, metadata=about)


def _type(kind: Kind) -> Any:
    return {
        Kind.TEXT: pa.string(),
        Kind.WHOLE: pa.int32(),
        Kind.NUMBER: pa.float64(),
        Kind.YES_NO: pa.bool_(),
        Kind.DATE: pa.date32(),
        Kind.POINTS: pa.list_(pa.float64()),
    }[kind]


def _array(column: Column[Any], values: Sequence[Any]) -> Any:
    if column.kind is Kind.DATE:
        values = [value and dt.date.fromisoformat(value) for value in values]
    return pa.array(values, _type(column.kind))
