"""What a log line may contain: names, shapes and ids; never a key, never data.

Our code logs no values. This formatter backs that rule up: it writes an
exception's type and frames without its message, which may quote data, and
replaces an argument that isn't a plain name or number with its type.
"""

from __future__ import annotations

import datetime as dt
import logging
import numbers
import os
import time
import traceback
import uuid
from collections.abc import Iterable, Mapping
from types import TracebackType

from graph_agent.config.redaction import redacted
from sandbox.terminal_text import one_line

__all__ = ["PrivateFormatter"]

_MAX_FRAMES = 40

_PLAIN = (str, numbers.Number, type(None), os.PathLike, dt.date, uuid.UUID)

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PrivateFormatter(logging.Formatter):
    """Format a record on one line, times in UTC, followed by its exceptions' frames."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(process)d %(name)s %(message)s")
        self.converter = time.gmtime
        self.default_msec_format = "%s.%03dZ"
        self._secrets: set[str] = set()

    def redact(self, secrets: Iterable[str]) -> None:
        """Never write any of these values from now on."""
        self._secrets.update(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Format without changing the record, which other handlers also get."""
        copy = logging.makeLogRecord(record.__dict__)
        copy.msg, copy.args = _message(record), ()
        # Not exc_text, where another handler may have cached the exception's message,
        # and no stack_info, which has source lines.
        copy.exc_text = copy.stack_info = None
        return redacted(super().format(copy), self._secrets, max_chars=None)

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802  # logging's name
        """List the exception's type and frames, then those of its causes."""
        lines: list[str] = []
        seen: set[int] = set()
        exc, lead = ei[1], ""
        while exc is not None and id(exc) not in seen:
            seen.add(id(exc))
            kind = type(exc)
            lines.append(f"  {lead}{kind.__module__}.{kind.__qualname__}")
            lines.extend(_frames(exc.__traceback__))
            hidden = exc.__suppress_context__
            lead = "caused by " if exc.__cause__ or hidden else "while handling "
            exc = exc.__cause__ or (None if hidden else exc.__context__)
        return "\n".join(lines)


def _message(record: logging.LogRecord) -> str:
    """Build the message on one line, so that no text in it can look like another record."""
    return one_line(_filled(record).encode("utf-8", "replace").decode("utf-8"))


def _filled(record: logging.LogRecord) -> str:
    """Fill in the arguments; one that may hold data is replaced with its type."""
    if not isinstance(record.msg, str):
        return str(_shown(record.msg))
    if not record.args:
        return record.msg
    args: object
    if isinstance(record.args, Mapping) and "%(" not in record.msg:
        args = _shown(record.args)  # a single dictionary, for a plain %s
    elif isinstance(record.args, Mapping):
        args = {name: _shown(value) for name, value in record.args.items()}
    else:
        args = tuple(_shown(value) for value in record.args)
    try:
        return record.msg % args
    except (TypeError, ValueError, KeyError):  # such as a type's name for %d
        return record.msg


def _shown(value: object) -> object:
    if isinstance(value, _PLAIN):
        return value
    if type(value) in (tuple, list, set, frozenset) and all(isinstance(v, _PLAIN) for v in value):  # type: ignore[attr-defined]  # the four types iterate
        return value
    return f"<{type(value).__module__}.{type(value).__qualname__}>"


def _frames(tb: TracebackType | None) -> list[str]:
    """Format frames as file:line and function; a source line could contain data."""
    walked = list(traceback.walk_tb(tb))
    lines = [
        f"    {frame.f_code.co_filename}:{line} {frame.f_code.co_name}"
        for frame, line in walked[-_MAX_FRAMES:]
    ]
    if len(walked) > _MAX_FRAMES:
        lines.insert(0, f"    ... {len(walked) - _MAX_FRAMES} outer frames omitted")
    return lines
