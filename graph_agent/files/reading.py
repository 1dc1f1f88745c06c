"""How a file is read: what the user said, and what a reader assumed."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, field

from graph_agent.errors import RequestError

_SEPARATOR_NAMES = {"\\t": "\t", "tab": "\t"}


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """What the user says about the files; None: find out.

    Raises:
        RequestError: an option has no usable value.
    """

    encoding: str | None = None
    separator: str | None = None
    decimal: str | None = None
    sheet: str | None = None

    def __post_init__(self) -> None:
        if self.separator in _SEPARATOR_NAMES:
            object.__setattr__(self, "separator", _SEPARATOR_NAMES[self.separator])
        if self.separator is not None and (
            len(self.separator) != 1 or self.separator in '"\r\n' or ord(self.separator) > 127
        ):
            raise RequestError(
                f"the separator {self.separator!r} is not one ASCII character;"
                " give one like ';' or 'tab'"
            )
        if self.decimal not in (None, ",", "."):
            raise RequestError(f"the decimal sign is ',' or '.', not {self.decimal!r}")
        try:
            # Encoding also refuses codecs that aren't for text, such as base64.
            "a".encode(codecs.lookup(self.encoding or "utf-8").name)
        except (LookupError, ValueError):
            raise RequestError(
                f"{self.encoding!r} is not a known encoding; give one like 'cp1252' or 'utf-16'"
            ) from None


@dataclass
class Reading:
    """One file's reading: the options, and what the user should know about the result."""

    options: ReadOptions = field(default_factory=ReadOptions)
    assumed: list[str] = field(default_factory=list)
    """How the file was read, where that is not the plain default."""
    remarks: list[str] = field(default_factory=list)

    def remark_columns(self, names: Sequence[object], what: str) -> None:
        """Add a remark about some columns, if there are any."""
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            listed = ", ".join(repr(str(name)) for name in names[:3]) + more
            self.remarks.append(f"column{'s' * (len(names) > 1)} {listed} {what}")

    def note(self, file_name: str) -> str | None:
        """Return one line about the file; None if there is nothing to say."""
        read_as = [f"read as {', '.join(self.assumed)}"] if self.assumed else []
        parts = [*read_as, *self.remarks]
        return f"{file_name}: {'; '.join(parts)}" if parts else None
