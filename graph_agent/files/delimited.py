"""Read CSV, TSV and their relatives: find the layout, read text, then type the columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graph_agent.errors import VariableFileError
from graph_agent.files.columns import unique_names
from graph_agent.files.contents import check_is_table
from graph_agent.files.csv_layout import Layout, find_layout
from graph_agent.files.encodings import find_encoding, open_bytes, open_for_arrow, open_text
from graph_agent.files.reading import Reading
from graph_agent.files.text_columns import typed_columns

_SAMPLE_CHARS = 1 << 17
_START_BYTES = 1 << 10
_BLOCK_BYTES = 8 << 20


def read_delimited(path: Path, reading: Reading, usual: str = ",") -> Any:
    """Read a table of text; ``usual`` is the separator that its name promises."""
    import pandas as pd

    with open_bytes(path) as raw:
        check_is_table(raw.read(_START_BYTES))
    encoding = find_encoding(path, reading)
    with open_text(path, encoding) as file:
        sample = file.read(_SAMPLE_CHARS)
        whole = not file.read(1)
    layout = find_layout(sample, whole, reading, usual)
    columns = _parse(path, encoding, layout, checked=reading.options.encoding is None)
    if len(layout.names) > 1 and layout.names[-1] == "" and len(columns) == len(layout.names):
        columns = _without_empty_last(columns, reading)
    names = unique_names(layout.names[: len(columns)])
    if len(columns) > len(names):
        names = _settle_last_column(columns, names, layout, sample, reading)
    series = typed_columns(columns[: len(names)], names, reading)
    frame = pd.DataFrame(dict(enumerate(series)))
    frame.columns = names
    return frame


def _parse(path: Path, encoding: str, layout: Layout, *, checked: bool) -> list[Any]:
    """Read all fields as text, an empty one as null; ``checked``: the bytes fit the encoding."""
    import pyarrow as pa
    import pyarrow.csv

    names = [str(number) for number in range(layout.width)]
    try:
        with open_for_arrow(path) as file:
            table = pa.csv.read_csv(
                file,
                pa.csv.ReadOptions(
                    encoding="utf8" if encoding.startswith("utf-8") else encoding,
                    column_names=names,
                    skip_rows=layout.first_line,
                    block_size=_BLOCK_BYTES,
                    # With newlines in values, one thread finds the rows anyway.
                    use_threads=False,
                ),
                pa.csv.ParseOptions(
                    delimiter=layout.separator,
                    escape_char=layout.escape or False,
                    newlines_in_values=True,
                ),
                pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.large_string()),
                    check_utf8=not checked,
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            )
    except pa.ArrowInvalid as exc:
        if "Empty CSV" in str(exc):
            return [pa.chunked_array([], pa.large_string()) for _ in names]
        return _parse_ragged(path, encoding, layout)
    return list(table.columns)


def _parse_ragged(path: Path, encoding: str, layout: Layout) -> list[Any]:
    """Read rows of different lengths; short ones are filled up."""
    import pandas as pd
    import pyarrow as pa

    with open_text(path, encoding) as file:
        for _ in range(layout.first_line):
            file.readline()
        try:
            frame = pd.read_csv(
                file,
                sep=layout.separator,
                escapechar=layout.escape,
                names=range(len(layout.names) + 1),
                index_col=False,
                dtype="object",
                na_filter=False,
                low_memory=False,
            )
        except pd.errors.ParserError as exc:
            raise VariableFileError(
                f"has rows that don't fit its header ({' '.join(str(exc).split())}); give the"
                " separator with --sep, or quote fields that contain it"
            ) from exc
    columns = [pa.array(frame[name].replace("", None), pa.large_string()) for name in frame]
    return [pa.chunked_array([column]) for column in columns]


def _without_empty_last(columns: list[Any], reading: Reading) -> list[Any]:
    """Drop a last column that has neither a name nor a value."""
    if columns[-1].null_count < len(columns[-1]):
        return columns
    reading.remarks.append("ignored the separator at the end of each row")
    return columns[:-1]


def _settle_last_column(
    columns: list[Any], names: list[str], layout: Layout, sample: str, reading: Reading
) -> list[str]:
    """Drop an empty last column, or name a first one that has none, as R writes row names."""
    import pyarrow.compute as pc

    extra = columns[-1]
    if extra.null_count == len(extra):
        if len(extra) and layout.width > len(names):
            reading.remarks.append("ignored the separator at the end of each row")
        return names
    lines = sample.splitlines()[layout.first_line :]
    if layout.width > len(names) and lines and lines[0].startswith('"'):
        reading.remarks.append("the first column has no name in the header")
        return ["Unnamed: 0", *names]
    row = pc.index(pc.is_valid(extra), True).as_py() + 1
    raise VariableFileError(
        f"has more fields in data row {row} than names in its header ({len(names)}); give the"
        " separator with --sep, or quote fields that contain it"
    )
