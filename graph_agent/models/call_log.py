"""The call log: what was sent to models and what they answered, on disk before it is used.

One SQLite file has two tables. ``calls`` has the answers by task: a node that is killed
after its answer came and before its checkpoint was written runs again, finds the answer
here, and doesn't pay a second time. ``answers`` is the model cache, filled only if the
settings ask for it: usable answers by question, for any thread and process of this user,
without the prompt or a key.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import logging
import os
import shutil
import sqlite3
import stat
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from graph_agent.errors import AnswerErrorFields, CheckpointError, ModelAnswerError
from graph_agent.models.question import Question
from graph_agent.models.replies import ModelReply
from graph_agent.sqlite_file import make_shrinkable, shrink, sqlite_files, write_ahead
from sandbox.private_files import private_folder, tighten

if TYPE_CHECKING:
    from graph_agent.context import TaskRef

__all__ = ["Call", "CallLog", "LogEntry"]

log = logging.getLogger(__name__)

MAX_BYTES = 64 << 20
"""Of all cached answers together: some tens of thousands."""
MAX_ANSWER_BYTES = 1 << 20
BUSY_TIMEOUT_S = 30.0
WAL_BYTES = 256 << 10
_TABLES = """
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, thread TEXT NOT NULL, task TEXT NOT NULL,
    question TEXT NOT NULL, at REAL NOT NULL, sent TEXT NOT NULL, ending TEXT);
CREATE INDEX IF NOT EXISTS calls_by_thread ON calls (thread, task);
CREATE TABLE IF NOT EXISTS answers (
    question TEXT PRIMARY KEY, used_ns INTEGER NOT NULL, size INTEGER NOT NULL,
    reply TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS answers_by_use ON answers (used_ns, size);
"""


class Call(BaseModel):
    """One call, as it was sent, and how it ended.

    ``answer`` and ``fault`` are None if the call was cut off or failed: it is sent again.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    node: str
    model: str
    at: str
    """When it was sent, ISO 8601."""
    messages: list[dict[str, Any]]
    """Role and content of each, as LangChain has them."""
    answer: dict[str, Any] | None = None
    """The fields of a :class:`~graph_agent.models.replies.ModelReply`."""
    fault: AnswerErrorFields | None = None
    """Of an answer that came and can't be used."""
    failure: str | None = None
    """The class of the error that was raised instead of an answer."""

    @property
    def over(self) -> bool:
        """Whether asking again would pay for the same answer twice.

        A blocked answer ends the run; when the run is resumed, it is asked for again.
        """
        if self.fault is not None:
            return self.fault["kind"] != "blocked"
        return self.answer is not None

    @property
    def cached(self) -> bool:
        """Whether the model cache had the answer, and nothing was sent."""
        return bool((self.answer or {}).get("cached"))

    def reply(self) -> ModelReply:
        """Return the answer again.

        Raises:
            ModelAnswerError: again, if it couldn't be used.
        """
        if self.fault is not None:
            raise ModelAnswerError(**self.fault)
        return ModelReply(**(self.answer or {}))


class _CachedReply(BaseModel):
    """What the table of answers holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    text: str = Field(min_length=1)
    finish_reason: str | None


class CallLog:
    """The calls of all threads, and with ``reuse`` answers for questions asked before.

    ``folder`` holds the file. ``max_bytes`` limits the cached answers; the least recently
    used ones are removed first.
    """

    def __init__(self, folder: Path, *, reuse: bool = False, max_bytes: int = MAX_BYTES) -> None:
        self.path = folder / "calls.sqlite"
        self.reuse = reuse
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._pid = 0

    def begin(self, question: Question, task: TaskRef | None = None) -> LogEntry:
        """Look for an earlier answer; if there is none for the task, note what will be sent.

        Without a thread there is nothing to resume, and nothing is noted.

        Raises:
            CheckpointError: the log can't be written.
        """
        entry = LogEntry(self, question.key() if self.reuse else None)
        if task is not None and task.thread is not None:
            with self._explained():
                self._note_sent(entry, question, task, digest_of(task.thread))
        if entry.key is not None and entry.known is None:
            entry.cached = self._cached(entry.key)
        return entry

    def calls(self, thread: str) -> Iterator[Call]:
        """Yield a thread's calls in the order they were sent.

        Raises:
            CheckpointError: the log can't be read.
        """
        if not self.path.exists():
            return
        with self._explained(), self._lock:
            rows = self._open().execute(
                "SELECT sent, ending FROM calls WHERE thread = ? ORDER BY id", (digest_of(thread),)
            )
            found = [call_from(*row) for row in rows]
        yield from (call for call in found if call is not None)

    def forget_all_but(self, threads: Sequence[str], min_age_s: float = 0.0) -> int:
        """Remove the calls of every other thread; return the number of those threads.

        Threads younger than ``min_age_s`` stay: their run may just have begun.

        Raises:
            CheckpointError: the log can't be written.
        """
        if not self.path.parent.is_dir():
            return 0
        kept, before = {digest_of(thread) for thread in threads}, time.time() - min_age_s
        with self._explained(), self._transaction() as connection:
            last = connection.execute("SELECT thread, MAX(at) FROM calls GROUP BY thread")
            gone = [thread for thread, at in last.fetchall() if thread not in kept and at < before]
            delete = "DELETE FROM calls WHERE thread = ?"
            connection.executemany(delete, [(thread,) for thread in gone])
        self.shrink()  # prompts must not stay in the write-ahead log
        # Earlier versions had a folder of files for each thread.
        folders = [path for path in self.path.parent.iterdir() if path.is_dir()]
        old = [path for path in folders if path.name not in kept and path.stat().st_mtime < before]
        for folder in old:
            shutil.rmtree(folder, ignore_errors=True)
        return len(gone) + len(old)

    def thread_bytes(self, threads: Sequence[str]) -> int:
        """Return the size of the calls of some threads.

        Raises:
            CheckpointError: the log can't be read.
        """
        if not self.path.exists():
            return 0
        query = (
            "SELECT COALESCE(SUM(LENGTH(sent) + LENGTH(COALESCE(ending, ''))), 0) FROM calls"
            " WHERE thread = ?"
        )
        with self._explained(), self._lock:
            connection = self._open()
            rows = (connection.execute(query, (digest_of(thread),)) for thread in threads)
            return sum(int(row.fetchone()[0]) for row in rows)

    def forget(self, thread: str) -> None:
        """Remove the calls of a thread.

        Raises:
            CheckpointError: the log can't be written.
        """
        if self.path.exists():
            with self._explained(), self._transaction() as connection:
                connection.execute("DELETE FROM calls WHERE thread = ?", (digest_of(thread),))
        # Earlier versions had a folder of files for each thread.
        shutil.rmtree(self.path.parent / digest_of(thread), ignore_errors=True)

    def mark(self, name: str) -> None:
        """Leave a mark that whoever sees the same log can find.

        Raises:
            CheckpointError: the log can't be written.
        """
        with self._explained(), self._transaction() as connection:
            connection.execute(
                "INSERT INTO calls (thread, task, question, at, sent) VALUES (?, '', '', ?, '{}')",
                (digest_of(name), time.time()),
            )

    def is_marked(self, name: str) -> bool:
        """Whether the mark is there.

        Raises:
            CheckpointError: the log can't be read.
        """
        return self.thread_bytes([name]) > 0

    def unmark(self, name: str) -> None:
        """Remove a mark; a failure leaves it there."""
        with contextlib.suppress(CheckpointError):
            self.forget(name)

    def shrink(self, *, rewrite: bool = True) -> str:
        """Give the space of removed calls back; return why it couldn't be, or "".

        Raises:
            CheckpointError: the log can't be opened.
        """
        if not self.path.exists():
            return ""
        with self._explained(), self._lock:
            return shrink(self._open(), rewrite=rewrite)

    def cache_size(self) -> tuple[int, int]:
        """Return how many answers the model cache holds, and their bytes.

        Raises:
            OSError: the folder or the file isn't this user's alone.
            CheckpointError: the log can't be read.
        """
        try:
            self._check_private()
        except FileNotFoundError:
            return 0, 0
        with self._explained(), self._lock:
            query = "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM answers"
            count, size_bytes = self._open().execute(query).fetchone()
        return count, size_bytes

    def _note_sent(self, entry: LogEntry, question: Question, task: TaskRef, thread: str) -> None:
        """Find the task's earlier answer, or write down what is about to be sent."""
        call = Call(
            node=task.node,
            model=question.profile.name,
            at=datetime.now(UTC).isoformat(),
            messages=question.sent(),
        )
        # In ASCII: a prompt may hold half of a surrogate pair, which UTF-8 can't encode.
        digest = digest_of(json.dumps([call.model, call.messages]))
        self._note_call(entry, call, task.task, thread, digest)

    def _note_call(
        self, entry: LogEntry, call: Call, task: str, thread: str, question: str
    ) -> None:
        with self._transaction() as connection:
            entry.known = self._earlier(connection, thread, task, question)
            if entry.known is None:
                entry.row = connection.execute(
                    "INSERT INTO calls (thread, task, question, at, sent) VALUES (?, ?, ?, ?, ?)",
                    (thread, task, question, time.time(), sealed(vars(call))),
                ).lastrowid

    def _earlier(
        self, connection: sqlite3.Connection, thread: str, task: str, question: str
    ) -> Call | None:
        """Return the task's earlier call if it is over."""
        rows = connection.execute(
            "SELECT sent, ending FROM calls WHERE thread = ? AND task = ? AND question = ?"
            " ORDER BY id DESC",
            (thread, task, question),
        )
        return last_over(rows)

    def _cached(self, key: str) -> ModelReply | None:
        """Return the cached answer; None for none, or none that can be read."""
        try:
            self._make_folder()
            self._check_private()
            with self._transaction() as connection:
                query = "SELECT reply FROM answers WHERE question = ?"
                row = connection.execute(query, (key,)).fetchone()
                if row is None:
                    return None
                cached = _CachedReply.model_validate(json.loads(row[0]))
                update = "UPDATE answers SET used_ns = ? WHERE question = ?"
                connection.execute(update, (time.time_ns(), key))
        except (ValueError, TypeError, RecursionError):  # damaged
            log.info("the cached answer %s cannot be read; the model is asked", key)
            return None
        except (OSError, sqlite3.Error) as error:
            log.warning("the model cache %s is not used: %s", self.path, error)
            return None
        return ModelReply(cached.text, finish_reason=cached.finish_reason, cached=True)

    def note_ending(
        self, entry: LogEntry, ending: dict[str, Any], reply: ModelReply | None = None
    ) -> None:
        """Note how a call ended, and cache its ``reply``; a failure is only logged."""
        cache = entry.key is not None and reply is not None and not reply.cached
        if entry.row is None and not cache:
            return
        try:
            if cache:
                self._check_private()
            with self._transaction() as connection:
                if entry.row is not None:
                    update = "UPDATE calls SET ending = ? WHERE id = ?"
                    connection.execute(update, (sealed(ending), entry.row))
                if cache and reply is not None:
                    self._keep(connection, str(entry.key), reply)
        except (OSError, sqlite3.Error) as error:
            log.warning("cannot note a model's answer in %s: %s", self.path, error)

    def _keep(self, connection: sqlite3.Connection, key: str, reply: ModelReply) -> None:
        """Cache an answer, and make room if all of them are too large."""
        content = json.dumps({"text": reply.text, "finish_reason": reply.finish_reason})
        if len(content) > MAX_ANSWER_BYTES:
            return
        connection.execute(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)",
            (key, time.time_ns(), len(content), content),
        )
        (total_bytes,) = connection.execute("SELECT SUM(size) FROM answers").fetchone()
        if total_bytes > self._max_bytes:
            connection.execute(
                "DELETE FROM answers WHERE question IN (SELECT question FROM (SELECT question,"
                " SUM(size) OVER (ORDER BY used_ns DESC, question) AS so_far FROM answers)"
                " WHERE so_far > ?)",
                (self._max_bytes * 3 // 4,),  # so that the next answers need no room made
            )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all of a block or nothing of it."""
        with self._lock:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.commit()
            finally:
                with contextlib.suppress(sqlite3.Error):
                    connection.rollback()  # does nothing after a commit

    def _open(self) -> sqlite3.Connection:
        """Connect once in a process."""
        if self._connection is None or self._pid != os.getpid():
            self._make_folder()
            self.path.touch(mode=0o600)  # SQLite gives the files beside it the same mode
            # What others could write to stays open: the model cache refuses it.
            places = (self.path.parent, *sqlite_files(self.path))
            tighten(place for place in places if not _others_can_write(place))
            connection = sqlite3.connect(
                self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            weakref.finalize(self, connection.close)
            make_shrinkable(connection)
            write_ahead(connection)
            # No fsync for each write: a kill loses nothing, a power cut at most the last calls.
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA secure_delete=ON")
            # By default the log beside the file grows to 4 MB and stays there after a kill.
            connection.execute(f"PRAGMA wal_autocheckpoint={WAL_BYTES // 4096}")
            connection.execute(f"PRAGMA journal_size_limit={WAL_BYTES}")
            connection.executescript(_TABLES)
            self._connection, self._pid = connection, os.getpid()
        return self._connection

    def _make_folder(self) -> None:
        private_folder(self.path.parent.parent)
        self.path.parent.mkdir(mode=0o700, exist_ok=True)

    def _check_private(self) -> None:
        """Make sure that only this user can have written here: code to run comes from it.

        Raises:
            OSError: something is missing, or open to others.
        """
        places = [(self.path.parent, stat.S_ISDIR), (self.path, stat.S_ISREG)]
        for place, is_expected in places:
            if place == self.path and not place.exists():
                continue
            found = place.lstat()
            is_open = hasattr(os, "geteuid") and (
                found.st_uid != os.geteuid() or found.st_mode & 0o077
            )
            if is_open or not is_expected(found.st_mode):
                raise PermissionError(
                    errno.EACCES,
                    "it must be this user's alone: the folder with mode 0700, the file with 0600",
                    str(place),
                )

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise CheckpointError(
                f"cannot note calls to the model in {str(self.path)!r} ({error}); free some space,"
                " move the file away if it is damaged, or set CODEGEN_AGENT_STATE to a folder"
                " that can be written"
            ) from error


class LogEntry:
    """One call to be made, unless ``known`` or ``cached`` has its answer.

    ``known``: the same task's earlier call. ``cached``: from the model cache, under ``key``.
    ``row``: where it is noted, and ``noted``: with what, if that may have to be noted elsewhere.
    """

    def __init__(self, calls: CallLog, key: str | None) -> None:
        self.key = key
        self.known: Call | None = None
        self.cached: ModelReply | None = None
        self.row: int | None = None
        self.noted: tuple[str, str, str, float, str] | None = None
        self._calls = calls

    def answered(self, reply: ModelReply) -> None:
        """Note the answer."""
        self._calls.note_ending(self, {"answer": vars(reply)}, reply)

    def failed(self, error: Exception) -> None:
        """Note that no answer came, or one that can't be used."""
        if isinstance(error, ModelAnswerError):
            self._calls.note_ending(self, {"fault": error.fields()})
        else:
            self._calls.note_ending(self, {"failure": type(error).__name__})


def call_from(sent: str, ending: str | None) -> Call | None:
    try:
        return Call.model_validate({**opened(sent), **opened(ending or "{}")})
    except (ValueError, TypeError, RecursionError):
        log.warning("a noted call to the model is damaged and counts as not made")
        return None


def last_over(rows: Iterable[tuple[str, str | None]]) -> Call | None:
    """Return the first call that is over; give the last first, as one that failed is repeated."""
    calls = (call_from(*row) for row in rows)
    return next((call for call in calls if call and call.over), None)


def _others_can_write(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & 0o022)
    except FileNotFoundError:  # another process closed the database and removed its log
        return False


def sealed(content: dict[str, Any]) -> str:
    """Return JSON with a digest of its content: SQLite doesn't notice a flipped bit."""
    return json.dumps({**content, "digest": digest_of(json.dumps(content))})


def opened(text: str) -> dict[str, Any]:
    """Read what :func:`sealed` made, or JSON of an earlier version.

    Raises:
        ValueError: it is damaged.
    """
    content: dict[str, Any] = json.loads(text)
    digest = content.pop("digest", None)
    if digest is not None and digest != digest_of(json.dumps(content)):
        raise ValueError("the content doesn't match its digest")
    return content


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
