"""What a log line may hold: names, shapes and ids; never a key, never data.

Our code logs no values. This formatter is the net below that rule: it writes an
exception's type and frames without its message, which may quote data, and
shows an argument that is no plain name or number by its type.
"""

from __future__ import annotations

import datetime as dt
import logging
import numbers
import os
import re
import time
import traceback
import uuid
from collections.abc import Iterable, Mapping
from types import TracebackType

__all__ = ["PrivateFormatter"]

_MAX_FRAMES = 40
_MIN_SECRET_CHARS = 6  # blotting out anything shorter would eat ordinary words

_KEYS = re.compile(
    r"\bAIza[\w\-]{20,}"  # Google API key
    r"|\bAQ\.[\w\-]{20,}"  # Google, newer kind
    r"|\bya29\.[\w\-.]{10,}"  # Google OAuth token
    r"|\bsk-[\w\-]{16,}"  # OpenAI, Anthropic (sk-ant-), OpenRouter (sk-or-)
    r"|\blsv2_\w{16,}"  # LangSmith
    r"|\bhf_\w{16,}"  # Hugging Face
    r"|\bgh[pousr]_\w{16,}"  # GitHub
)
_AFTER_LABEL = re.compile(
    r"(?i)(\bbearer\s+|[?&](?:api_?)?key=|\bx-goog-api-key['\"]?\s*[:=]\s*['\"]?)[^\s&'\"]+"
)
# No unbounded repeat before the first literal: that is quadratic on a long word.
_URL_PASSWORD = re.compile(r"(://[^\s:/@]{0,200}:)[^\s/@]{1,200}(?=@)")

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
        self._secrets.update(s for s in secrets if len(s) >= _MIN_SECRET_CHARS)

    def format(self, record: logging.LogRecord) -> str:
        """Format without touching the record: other handlers get it as it was."""
        # A copy, and no record.exc_text: another handler may have cached the
        # exception's message in it.
        copy = logging.makeLogRecord(record.__dict__)
        copy.message = _message(record)
        copy.asctime = self.formatTime(copy, self.datefmt)
        lines = [self.formatMessage(copy)]
        if record.exc_info:
            lines.append(self.formatException(record.exc_info))
        return self._redacted("\n".join(lines))

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

    def _redacted(self, text: str) -> str:
        # Longest first: one secret may contain another.
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "[redacted]")
        text = _KEYS.sub("[redacted]", text)
        text = _AFTER_LABEL.sub(r"\1[redacted]", text)
        return _URL_PASSWORD.sub(r"\1[redacted]", text)


def _message(record: logging.LogRecord) -> str:
    """Build the message with every argument that may hold data shown by its type."""
    if not isinstance(record.msg, str):
        return str(_shown(record.msg))
    if not record.args:
        return record.msg
    args: object
    if isinstance(record.args, Mapping) and "%(" not in record.msg:
        args = _shown(record.args)  # one dictionary, for a plain %s
    elif isinstance(record.args, Mapping):
        args = {name: _shown(value) for name, value in record.args.items()}
    else:
        args = tuple(_shown(value) for value in record.args)
    try:
        return record.msg % args
    except (TypeError, ValueError, KeyError):  # a number was asked for, a type name came
        return record.msg


def _shown(value: object) -> object:
    if isinstance(value, _PLAIN):
        return value
    if type(value) in (tuple, list, set, frozenset) and all(isinstance(v, _PLAIN) for v in value):  # type: ignore[attr-defined]  # the four types iterate
        return value
    return f"<{type(value).__module__}.{type(value).__qualname__}>"


def _frames(tb: TracebackType | None) -> list[str]:
    """Format frames as file:line and function; a source line could hold a literal."""
    walked = list(traceback.walk_tb(tb))
    lines = [
        f"    {frame.f_code.co_filename}:{line} {frame.f_code.co_name}"
        for frame, line in walked[-_MAX_FRAMES:]
    ]
    if len(walked) > _MAX_FRAMES:
        lines.insert(0, f"    ... {len(walked) - _MAX_FRAMES} outer frames left out")
    return lines
