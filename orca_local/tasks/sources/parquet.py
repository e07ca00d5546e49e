"""Parquet: a table in columns, as data sets are published. It is read with pyarrow, in parts of bounded size.

Lists and structures become lists and objects, dates and decimal numbers become texts, and the numbers of classes that
the `datasets` library names become these names.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import UUID

from orca_local.domain.errors import MissingError
from orca_local.domain.input_file import UnreadableError
from orca_local.tasks.import_request import ReadOptions
from orca_local.tasks.sources.base import Problem, Record, Source
from orca_local.tasks.sources.file_type import foreign_type
from orca_local.tasks.sources.text_input import open_location

if TYPE_CHECKING:
    import pyarrow
    from pyarrow import parquet

_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"
_BATCH_ROWS = 64
"""Number of rows in memory. Nothing in a file says how large they are: a text that is written once may fill many."""
MAX_CELL_BYTES = 10_000_000
"""A row with a longer text is reported and skipped."""
_BUFFER_BYTES = 1 << 20
"""Number of bytes that are read at once of a column; without a buffer, all of it in a row group is."""
_HEAD_BYTES = 1 << 16
_Classes = dict[int | None, str | None]
_Convert = Callable[["pyarrow.Array"], list[Any]]


def read_parquet(location: str, options: ReadOptions) -> Iterator[Record | Problem]:
    """Yield the record of every row. Raises `MissingError` if pyarrow is not installed."""
    try:
        with open_location(location, options) as file:
            yield from read_parquet_file(location, file, on_read=options.on_read)
    except UnreadableError as error:
        yield Problem(location, 0, error.reason)
    except OSError as error:
        yield Problem(location, 0, f"cannot be read: {error.strerror or error}")


def read_parquet_file(
    name: str, file: BinaryIO, *, on_read: Callable[[int], None] | None = None
) -> Iterator[Record | Problem]:
    """Yield the record of every row of an open file that can be read anywhere.

    Only what is needed is read: the end of the file, then each row group when its turn comes. `on_read` is called with
    the number of bytes of the file that the rows took. Raises `MissingError` if pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingError("pyarrow is not installed", hint='pip install "orca-local[parquet]"') from error
    if problem := _foreign(file):
        yield Problem(name, 0, problem)
        return
    try:
        with parquet.ParquetFile(file, buffer_size=_BUFFER_BYTES, pre_buffer=False) as table:
            yield from _read(name, table, on_read)
    except _UnreadableColumn as error:
        yield Problem(name, 0, str(error))
    except (pyarrow.ArrowException, UnicodeDecodeError) as error:
        yield Problem(name, 0, _damage(error))
    except OSError as error:  # of Arrow, which has no class of its own for it; of the disk, with a number
        if error.errno is not None:
            raise
        yield Problem(name, 0, _damage(error))


def _foreign(file: BinaryIO) -> str:
    """Return why a file is no Parquet that can be read; empty if it may be."""
    if not file.seekable():
        return "is a pipe, but Parquet is read from its end: write it to a file first"
    head = file.read(_HEAD_BYTES)
    if not head:
        return "holds no samples: it is empty"
    file.seek(-min(4, len(head)), 2)
    tail = file.read(4)
    file.seek(0)
    if _ENCRYPTED in (head[:4], tail):
        return "is encrypted: write it without encryption"
    if head.startswith(_MAGIC):
        return "" if tail == _MAGIC else "is cut off: the end of a Parquet file is missing; download or write it again"
    if head.startswith(b"\x1f\x8b"):
        return "is compressed with gzip: decompress it, and give the file that is inside"
    return foreign_type(head).replace(", not text", ", not Parquet") or (
        "is no Parquet file: if it is text, give it a name that ends in .csv or .jsonl"
    )


def _damage(error: Exception) -> str:
    text = str(error).partition("\n")[0]
    if "crypt" in text:
        return "is encrypted, all of it or some columns: write it without encryption"
    return f"is damaged, or of a form that pyarrow cannot read ({text[:200]}): download or write it again"


def _read(name: str, table: parquet.ParquetFile, on_read: Callable[[int], None] | None) -> Iterator[Record | Problem]:
    schema = table.schema_arrow  # made anew by each access
    names = schema.names
    if len(set(names)) < len(names):
        double = next(column for column, count in Counter(names).items() if count > 1)
        yield Problem(name, 0, f"has two columns named {double!r}: rename one of them")
        return
    classes = _class_names(schema.metadata or {})
    converters = {field.name: _converter(field, classes.get(field.name, {})) for field in schema}
    if not table.metadata.num_rows:
        yield Problem(name, 0, "holds no samples: it has no rows")
    line = 1
    for index in range(table.num_row_groups):
        group = table.metadata.row_group(index)
        size = sum(group.column(number).total_compressed_size for number in range(group.num_columns))
        for batch in table.iter_batches(_BATCH_ROWS, row_groups=[index], use_threads=False):
            yield from _rows(name, line, batch, converters)
            line += batch.num_rows
            if on_read is not None:
                on_read(size * batch.num_rows // group.num_rows)


def _rows(
    name: str, line: int, batch: pyarrow.RecordBatch, converters: dict[str, _Convert]
) -> Iterator[Record | Problem]:
    names = batch.schema.names
    if batch.nbytes > MAX_CELL_BYTES and batch.num_rows > 1:
        for row in range(batch.num_rows):
            yield from _rows(name, line + row, batch.slice(row, 1), converters)
        return
    columns = []
    for column, array in zip(names, batch.columns, strict=True):
        if array.nbytes > MAX_CELL_BYTES and batch.num_rows == 1:
            size = f"{array.nbytes / 1e6:.0f} MB, more than {MAX_CELL_BYTES // 1_000_000}"
            yield Problem(name, line, f"the cell of column {column!r} has {size}: shorten it")
            return
        try:
            columns.append(converters[column](array))
        except UnicodeDecodeError:
            raise _UnreadableColumn(column, f"near row {line:,} it holds a text that is not UTF-8") from None
        except (ValueError, OverflowError) as error:
            raise _UnreadableColumn(column, str(error)) from None
    for offset, values in enumerate(zip(*columns, strict=True)):
        yield Record(name, line + offset, dict(zip(names, values, strict=True)))


class _UnreadableColumn(Exception):
    """A column whose values are no values of JSON."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"has a column {column!r} that cannot be read: {reason}; write the file without it")


def _converter(field: pyarrow.Field, classes: _Classes) -> _Convert:
    """Return the function that makes Python values of a column. `classes` are the names of its numbers, if it has."""
    import pyarrow
    from pyarrow import types

    kind = field.type
    if types.is_integer(kind) and classes:
        return lambda array: [classes.get(value, value) for value in array.to_pylist()]
    if types.is_binary(kind) or types.is_large_binary(kind):
        return _texts_of_bytes
    if types.is_temporal(kind) and not types.is_duration(kind):
        return lambda array: array.cast(pyarrow.string()).to_pylist()
    if types.is_string(kind) or types.is_large_string(kind) or types.is_integer(kind) or types.is_boolean(kind):
        return lambda array: array.to_pylist()
    if types.is_dictionary(kind):
        return _shared
    return _plain_values


def _class_names(metadata: dict[bytes, bytes]) -> dict[str, _Classes]:
    """Return the names of the numbers in columns of classes, by column, as the `datasets` library writes them.

    It writes -1 for a row without a class.
    """
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    found: dict[str, _Classes] = {}
    for column, feature in features.items() if isinstance(features, dict) else ():
        names = feature.get("names") if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" else None
        if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
            found[column] = {-1: None, **dict(enumerate(names))}
    return found


def _plain_values(array: pyarrow.Array) -> list[Any]:
    return [_plain(value) for value in array.to_pylist()]


def _shared(array: pyarrow.DictionaryArray) -> list[Any]:
    """Return the values of a column in which few values fill many rows; each is in memory once."""
    if len(array.dictionary) > len(array):
        return _plain_values(array)
    values = _plain_values(array.dictionary)
    return [None if index is None else values[index] for index in array.indices.to_pylist()]


def _texts_of_bytes(array: pyarrow.Array) -> list[Any]:
    """Return the texts of a column that programs without a type for texts wrote. Raises `ValueError` if it has none."""
    import pyarrow

    try:
        texts: list[Any] = array.cast(pyarrow.large_string()).to_pylist()
    except pyarrow.ArrowInvalid:
        raise ValueError("it holds bytes, not texts") from None
    return texts


def _plain(value: Any) -> Any:
    """Return a value of Arrow as one of JSON; None for a missing one. Raises `ValueError` for bytes."""
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, list):
        is_map = bool(value) and all(isinstance(item, tuple) for item in value)
        return {str(key): _plain(item) for key, item in value} if is_map else [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, timedelta | UUID):
        return str(value)
    raise ValueError(f"it holds {type(value).__name__}, not texts")


SOURCE = Source("Parquet", (".parquet",), read_parquet)
