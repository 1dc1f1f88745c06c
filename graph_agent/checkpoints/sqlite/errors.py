"""What an error of SQLite, or of the file system below it, means and what to do."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from pathlib import Path

from graph_agent.errors import CheckpointError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
_SHARED_MEMORY_BYTES = 32_768  # of the file SQLite keeps beside the database


def translate_sqlite_error(path: Path, error: Exception) -> CheckpointError:
    """Say what an error means for the database at ``path``, and what to do."""
    if isinstance(error, CheckpointError):
        return error
    database = f"the checkpoint database {str(path)!r}"
    extended: int | None = getattr(error, "sqlite_errorcode", None)
    code = None if extended is None else extended & 0xFF
    if _is_full(path, error, code):
        return CheckpointError(
            f"the disk is full: cannot write {database} ({error}); free some space and resume"
            " the run; earlier steps are saved"
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return CheckpointError(
            f"another program keeps {database} locked ({error}); stop it, then resume the run"
        )
    if _is_read_only(path, error, code):
        return CheckpointError(
            f"cannot write {database} ({error}); make it and its folder writable,"
            " or set CODEGEN_AGENT_STATE to a folder you can write to"
        )
    if _is_damage(error, code):
        return CheckpointError(
            f"{database} is damaged, or is not a checkpoint database ({error}); move it away to"
            " start with a new one; `sqlite3 FILE .recover` may recover its content"
        )
    if code == sqlite3.SQLITE_ERROR or extended == sqlite3.SQLITE_CONSTRAINT_NOTNULL:
        return other_version_error(path, str(error))
    return CheckpointError(
        f"cannot use {database} ({error}); move it away if it is damaged,"
        " or set CODEGEN_AGENT_STATE to a folder you can write to"
    )


def other_version_error(path: Path, difference: str) -> CheckpointError:
    """Describe tables that another version, or another program, created."""
    return CheckpointError(
        f"the checkpoint database {str(path)!r} was created by another version of"
        f" langgraph-checkpoint-sqlite, or by another program ({difference});"
        " use that version, or move it away to start with a new one"
    )


def _is_full(path: Path, error: Exception, code: int | None) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        # SQLite doesn't say why it can't create the files beside the database.
        try:
            return shutil.disk_usage(path.parent).free < _SHARED_MEMORY_BYTES
        except OSError:
            return False
    return code == sqlite3.SQLITE_FULL


def _is_read_only(path: Path, error: Exception, code: int | None) -> bool:
    if isinstance(error, OSError):
        return error.errno in _READ_ONLY
    if code == sqlite3.SQLITE_CANTOPEN:
        return not all(os.access(needed, os.W_OK) for needed in (path, path.parent))
    return code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)


def _is_damage(error: Exception, code: int | None) -> bool:
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return True
    # A value that can't be decoded: text by Python's sqlite3, other types by the saver.
    undecodable = isinstance(error, sqlite3.OperationalError | NotImplementedError | ValueError)
    return code is None and undecodable
