"""Recognize files whose content isn't the text that their name promises."""

from __future__ import annotations

import re

from graph_agent.errors import VariableFileError

_KINDS = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive; rename it to .xlsx, or unpack it"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook; save it from Excel as .xlsx"),
    (b"PAR1", "a Parquet file; rename it to .parquet"),
    (b"ARROW1", "an Arrow file; rename it to .arrow"),
    (b"\x1f\x8b", "compressed with gzip; add .gz to its name"),
    (b"BZh", "compressed with bzip2; add .bz2 to its name"),
    (b"\xfd7zXZ\x00", "compressed with xz; add .xz to its name"),
    (b"\x93NUMPY", "a NumPy array; rename it to .npy"),
    (b"SQLite format 3\x00", "an SQLite database; give it another name to pass on its path"),
    (b"%PDF-", "a PDF document; save its table as CSV"),
)
_PAGE = re.compile(rb"\s*<(?:!doctype html|html|\?xml)", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\[\s*)?\{\s*\"[^\"\n]*\"\s*:")


def check_is_table(start: bytes) -> None:
    """Refuse a table of text that is something else, by its first bytes.

    Raises:
        VariableFileError: it is; says what to do.
    """
    check_is_text(start)
    if _JSON.match(start):
        raise VariableFileError("is JSON, not a table of text; rename it to .json")


def check_is_text(start: bytes) -> None:
    """Refuse a text file that is something else, by its first bytes.

    Raises:
        VariableFileError: it is; says what to do.
    """
    for mark, what in _KINDS:
        if start.startswith(mark):
            raise VariableFileError(f"is {what}")
    if _PAGE.match(start):
        raise VariableFileError(
            "is a web page or XML, not what its name says; it may be an error page: download it"
            " again, or save its table as CSV"
        )
