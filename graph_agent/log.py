"""The log file: rotated, private to its user, free of keys and of the user's data."""

from __future__ import annotations

import logging
import logging.handlers
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from graph_agent.errors import SettingsError
from graph_agent.log_format import PrivateFormatter

__all__ = ["LOGGERS", "configure_log"]

LOGGERS = ("graph_agent", "nodes", "sandbox")
"""Our own loggers; the root logger and everybody else's are left alone."""

_MAX_BYTES = 1_000_000
_BACKUPS = 4  # with the file being written: five


def configure_log(state_dir: Path, level: str | int, secrets: Iterable[str] = ()) -> Path:
    """Log our packages to ``state_dir/log/codegen_agent.log`` and return that path.

    Called by programs (CLI, workflow), never at import. A process has one such
    log: a call for the same folder changes the level and adds the secrets, one
    for another folder moves the log there.

    Args:
        state_dir: made if missing, for this user only.
        level: as :mod:`logging` knows it, name or number.
        secrets: values that must never be written, such as API keys.

    Raises:
        SettingsError: the log cannot be written there, or the level is unknown.
    """
    number = _level_number(level)
    path = Path(state_dir).absolute() / "log" / "codegen_agent.log"
    handler = _current()
    formatter = PrivateFormatter()
    if handler is not None and isinstance(handler.formatter, PrivateFormatter):
        formatter = handler.formatter
    formatter.redact(secrets)
    if handler is None or handler.baseFilename != str(path):
        new = _open(path)
        new.setFormatter(formatter)
        for name in LOGGERS:
            if handler is not None:
                logging.getLogger(name).removeHandler(handler)
            logging.getLogger(name).addHandler(new)
        if handler is not None:
            handler.close()
    for name in LOGGERS:
        logging.getLogger(name).setLevel(number)
    return path


def _level_number(level: str | int) -> int:
    number = logging.getLevelNamesMapping().get(level) if isinstance(level, str) else level
    if number is None:
        raise SettingsError(
            f"log level {level!r} is unknown; use DEBUG, INFO, WARNING, ERROR or CRITICAL"
        )
    return number


def _current() -> PrivateRotatingFileHandler | None:
    handlers = logging.getLogger(LOGGERS[0]).handlers
    return next((h for h in handlers if isinstance(h, PrivateRotatingFileHandler)), None)


def _open(path: Path) -> PrivateRotatingFileHandler:
    try:
        path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        return PrivateRotatingFileHandler(
            path, maxBytes=_MAX_BYTES, backupCount=_BACKUPS, encoding="utf-8", errors="replace"
        )
    except OSError as exc:
        raise SettingsError(
            f"cannot write the log {str(path)!r} ({exc.strerror}); set CODEGEN_AGENT_STATE"
            " to a folder this user can write to"
        ) from exc


class PrivateRotatingFileHandler(logging.handlers.RotatingFileHandler):
    """A rotating file only its user can read, which several processes may append to."""

    def _open(self) -> IO[str]:  # type: ignore[override]  # TextIOWrapper there: same thing
        stream = open(  # noqa: SIM115  # logging closes it
            self.baseFilename,
            "a",
            encoding=self.encoding,
            errors=self.errors,
            opener=lambda path, flags: os.open(path, flags, 0o600),
        )
        if hasattr(os, "fchmod"):  # a file from before, with a wider mode
            os.fchmod(stream.fileno(), 0o600)
        return stream

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802  # logging's name
        """Follow a rotation another process made before asking for one of our own."""
        if self.stream is not None and not self._is_current(self.stream):
            self.stream.close()
            self.stream = self._open()  # type: ignore[assignment]  # see _open
        return bool(super().shouldRollover(record))

    def doRollover(self) -> None:  # noqa: N802  # logging's name
        """Rotate, or write on if another process is doing so at this moment."""
        try:
            super().doRollover()
        except OSError:
            if self.stream is None:
                self.stream = self._open()  # type: ignore[assignment]  # see _open

    def _is_current(self, stream: IO[str]) -> bool:
        """Tell whether the stream is still the file of this name, not a renamed one."""
        try:
            ours, named = os.fstat(stream.fileno()), Path(self.baseFilename).stat()
        except OSError:
            return False
        return (ours.st_dev, ours.st_ino) == (named.st_dev, named.st_ino)
