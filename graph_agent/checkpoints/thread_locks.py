"""Locks on threads: two workers on one would both pay for its calls and overwrite each other."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

from graph_agent.checkpoints.opening import require_postgres
from graph_agent.config.settings import Settings
from graph_agent.errors import CheckpointError, ThreadError
from sandbox.file_lock import file_lock
from sandbox.private_files import private_folder

_LOCKS = Path("/proc/locks")
_LINE = re.compile(r"FLOCK +ADVISORY +WRITE +(\d+) +([0-9a-f]+):([0-9a-f]+):(\d+) ")
# Otherwise the server keeps the lock of a machine that lost its connection for two hours.
_DETECT_DEAD_CLIENTS = (
    "SELECT set_config('tcp_keepalives_idle', '30', false),"
    " set_config('tcp_keepalives_interval', '10', false),"
    " set_config('tcp_keepalives_count', '3', false)"
)

_log = logging.getLogger(__name__)


def thread_lock(settings: Settings, thread_id: str) -> contextlib.AbstractContextManager[None]:
    """Lock a thread where its checkpoints are: in Postgres, or by a file of the state folder.

    It excludes other processes and other holders in this one, and ends with its
    process, even if that is killed.

    Raises:
        ThreadError: another worker holds the lock; raised at once, without waiting.
        CheckpointError: the lock can't be created.
    """
    if settings.checkpoints is None:
        return lock_beside(settings.state_dir / "locks", thread_id, settings.state_dir)
    require_postgres()
    return lock_in_postgres(settings.checkpoints.get_secret_value(), thread_id)


@contextlib.contextmanager
def lock_beside(folder: Path, thread_id: str, parent: Path | None = None) -> Iterator[None]:
    """Hold a lock file in a folder; ``parent``: a folder above it that is ours too.

    Raises:
        ThreadError: another worker holds it.
        CheckpointError: it can't be created.
    """
    digest = hashlib.sha256(thread_id.encode(errors="surrogatepass")).hexdigest()
    path = folder / f"{digest}.lock"

    def refuse() -> None:
        raise _busy(thread_id, _file_holder(path)) from None

    with contextlib.ExitStack() as held:
        try:
            if parent is not None:
                private_folder(parent)
            private_folder(folder)
            held.enter_context(file_lock(path, on_wait=refuse, remove=True))
        except (OSError, NotImplementedError) as error:
            raise CheckpointError(
                f"cannot lock the run {thread_id!r} in {str(folder)!r} ({error});"
                " free some space, or set CODEGEN_AGENT_STATE to a folder you can write to"
            ) from error
        yield


@contextlib.contextmanager
def lock_in_postgres(url: str, thread_id: str) -> Iterator[None]:
    """Hold an advisory lock, which lasts as long as a connection opened for it.

    Raises:
        ThreadError: another worker holds it.
        CheckpointError: there is no connection.
    """
    import psycopg

    from graph_agent.checkpoints.postgres import connection as postgres
    from graph_agent.checkpoints.postgres.errors import translate_postgres_error

    key = postgres.advisory_key("thread", thread_id)
    with contextlib.closing(postgres.connect(url)) as connection:
        try:
            connection.execute(_DETECT_DEAD_CLIENTS)
            if not postgres.try_lock(connection, key):
                raise _busy(thread_id, postgres.lock_holder(connection, key))
        except psycopg.Error as error:
            raise translate_postgres_error(url, error) from error
        try:
            yield
        finally:
            try:
                postgres.unlock(connection, key)  # closing alone releases it a moment later
            except psycopg.Error:
                _log.warning("the lock's connection to Postgres broke before its release")


def _busy(thread_id: str, holder: str) -> ThreadError:
    return ThreadError(
        f"{holder} is working on the run {thread_id!r};"
        " wait until it ends, or stop it, then resume the run"
    )


def _file_holder(path: Path) -> str:
    """Name the process that holds a lock file, if the kernel lists it."""
    try:
        status = path.stat()
        text = _LOCKS.read_text(encoding="ascii")
    except (OSError, ValueError):
        return "another process"
    device = (os.major(status.st_dev), os.minor(status.st_dev), status.st_ino)
    for pid, major, minor, inode in _LINE.findall(text):
        if (int(major, 16), int(minor, 16), int(inode)) == device and int(pid) > 0:
            return "this process" if int(pid) == os.getpid() else f"process {pid}"
    return "another process"
