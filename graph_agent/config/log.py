"""The log file: rotated, private to its user, without keys or the user's data."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from concurrent_log_handler import ConcurrentRotatingFileHandler

from graph_agent.config.log_format import PrivateFormatter
from graph_agent.errors import SettingsError
from sandbox.private_files import private_folder, tighten

__all__ = ["LOGGERS", "PrivateRotatingFileHandler", "configure_log"]

LOGGERS = ("graph_agent", "nodes", "sandbox")
"""Our own loggers; the root logger and those of other packages aren't changed."""

_MAX_BYTES = 1_000_000  # a file may exceed it by one record
_BACKUPS = 4  # five files with the current one


def configure_log(state_dir: Path, level: str | int, secrets: Iterable[str] = ()) -> Path:
    """Log our packages to ``state_dir/log/codegen_agent.log`` and return that path.

    Called by programs (CLI, workflow), never at import. A process has one such
    log: a second call changes the level, adds secrets and, with another folder,
    moves the log there.

    Args:
        state_dir: created if missing, for this user only.
        level: a name or number of :mod:`logging`.
        secrets: values that must never be written, such as API keys.

    Raises:
        SettingsError: the log can't be written there, or the level is unknown.
    """
    number = logging.getLevelNamesMapping().get(level) if isinstance(level, str) else level
    if number is None:
        raise SettingsError(
            f"log level {level!r} is unknown; use DEBUG, INFO, WARNING, ERROR or CRITICAL"
        )
    path = Path(state_dir).absolute() / "log" / "codegen_agent.log"
    loggers = [logging.getLogger(name) for name in LOGGERS]
    handlers = (h for h in loggers[0].handlers if isinstance(h, PrivateRotatingFileHandler))
    handler = next(handlers, None)
    formatter = handler.formatter if handler else PrivateFormatter()
    formatter.redact(secrets)
    if handler is None or handler.baseFilename != str(path):
        new = PrivateRotatingFileHandler(path, formatter)
        for logger in loggers:
            logger.addHandler(new)
            if handler is not None:
                logger.removeHandler(handler)
        if handler is not None:
            handler.close()
    for logger in loggers:
        logger.setLevel(number)
    return path


class PrivateRotatingFileHandler(ConcurrentRotatingFileHandler):
    """A rotating file that only its user can read and several processes can write.

    It is opened for each record: no process keeps writing to a file that another
    one has rotated, or to one whose folder was removed.

    Raises:
        SettingsError: the file can't be written.
    """

    formatter: PrivateFormatter

    def __init__(self, path: Path, formatter: PrivateFormatter) -> None:
        super().__init__(
            path,
            maxBytes=_MAX_BYTES,
            backupCount=_BACKUPS,
            encoding="utf-8",
            chmod=0o600,
            unicode_error_policy="replace",
            keep_file_open=False,
        )
        self.formatter = formatter
        try:
            private_folder(path.parent.parent)
            private_folder(path.parent)
            tighten(path.parent.glob("*codegen_agent*"))
            self.do_open().close()
        except OSError as exc:
            raise SettingsError(
                f"cannot write the log {str(path)!r} ({exc.strerror}); set CODEGEN_AGENT_STATE"
                " to a folder this user can write to"
            ) from exc

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, in a new folder if the old one was removed."""
        try:
            self._make_folder()
        except OSError:
            self.handleError(record)
        else:
            super().emit(record)

    def _make_folder(self) -> None:
        folder = Path(self.baseFilename).parent
        if not folder.is_dir():
            private_folder(folder.parent)
            private_folder(folder)
