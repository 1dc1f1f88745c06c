"""The journal of calls: what was sent to a model, and its answer, on disk before it is used.

A node that is killed after the answer came and before its checkpoint was written
runs again; it finds the answer here and does not ask, or pay, a second time.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from graph_agent.errors import CheckpointError, ModelAnswerError
from graph_agent.models.calls import ModelReply

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

__all__ = ["Call", "CallJournal", "Caller"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Caller:
    """Who asks: a node's task in a thread; LangGraph gives a task the same id when it resumes."""

    node: str
    thread: str | None
    task: str


class Call(BaseModel):
    """One call, as it was sent, and how it ended.

    ``answer`` and ``fault`` are None for a call that was cut off or failed: it is sent again.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    node: str
    model: str
    at: str
    """When it was sent, ISO 8601."""
    messages: list[dict[str, Any]]
    """Role and content of each, as LangChain has them."""
    answer: dict[str, Any] | None = None
    """The fields of a :class:`~graph_agent.models.calls.ModelReply`."""
    fault: dict[str, Any] | None = None
    """Of an answer that came and cannot be used: message, kind, tokens."""
    failure: str | None = None
    """The class of the error that no answer came with."""

    @property
    def over(self) -> bool:
        """Whether the model has answered, and asking it again would be paid for in vain.

        An answer that was blocked ends the run; whoever resumes it wants it asked again.
        """
        if self.fault is not None:
            return self.fault.get("kind") != "blocked"
        return self.answer is not None

    @property
    def cached(self) -> bool:
        """Whether the model cache had the answer, and nothing was sent."""
        return bool((self.answer or {}).get("cached"))

    def reply(self) -> ModelReply:
        """Return the answer again.

        Raises:
            ModelAnswerError: again, as it was of no use.
        """
        if self.fault is not None:
            raise ModelAnswerError(**self.fault)
        return ModelReply(**(self.answer or {}))


class CallJournal:
    """The calls of all threads, a file each below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ask(
        self,
        caller: Caller,
        model: str,
        messages: Sequence[BaseMessage],
        ask: Callable[[], ModelReply],
    ) -> ModelReply:
        """Ask, or return what the same task's same question was answered before.

        Raises:
            CheckpointError: the journal cannot be written; nothing was asked.
            ModelError: as ``ask``.
        """
        entry = _Entry(self._folder, caller, model, messages)
        if entry.known is not None:
            return entry.known.reply()
        entry.write()
        try:
            reply = ask()
        except Exception as error:
            entry.failed(error)
            raise
        entry.answered(reply)
        return reply

    async def aask(
        self,
        caller: Caller,
        model: str,
        messages: Sequence[BaseMessage],
        ask: Callable[[], Awaitable[ModelReply]],
    ) -> ModelReply:
        """Do as :meth:`ask` does, without blocking the event loop.

        Raises:
            CheckpointError: the journal cannot be written; nothing was asked.
            ModelError: as ``ask``.
        """
        import asyncio

        entry = await asyncio.to_thread(_Entry, self._folder, caller, model, messages)
        if entry.known is not None:
            return entry.known.reply()
        await asyncio.to_thread(entry.write)
        try:
            reply = await ask()
        except Exception as error:
            await asyncio.to_thread(entry.failed, error)
            raise
        await asyncio.to_thread(entry.answered, reply)
        return reply

    def calls(self, thread: str) -> Iterator[Call]:
        """Yield a thread's calls in the order they were sent."""
        folder = _folder_of(self._folder, thread)
        for name in reversed(_names(folder)):
            call = _read(folder / name) if name.endswith(".json") else None
            if call is not None:
                yield call

    def forget_all_but(self, threads: Sequence[str], min_age_s: float = 0.0) -> int:
        """Remove the calls of every other thread; return how many threads those were.

        Those younger than ``min_age_s`` stay: their run may just begin.
        """
        kept = {_folder_of(self._folder, thread).name for thread in threads}
        before = time.time() - min_age_s
        gone = [
            one
            for one in self._folder.glob("*")
            if one.name not in kept and one.stat().st_mtime < before
        ]
        for folder in gone:
            shutil.rmtree(folder, ignore_errors=True)
        return len(gone)


class _Entry:
    """One call's file; without a thread there is nothing to resume, and none is written."""

    def __init__(
        self, folder: Path, caller: Caller, model: str, messages: Sequence[BaseMessage]
    ) -> None:
        self.known: Call | None = None
        self._path: Path | None = None
        if caller.thread is None:
            return
        sent = [{"role": one.type, "content": one.content} for one in messages]
        self._call = Call(
            node=caller.node, model=model, at=datetime.now(UTC).isoformat(), messages=sent
        )
        place = _folder_of(folder, caller.thread)
        digest = hashlib.sha256(json.dumps([model, sent]).encode()).hexdigest()
        end = f"-{hashlib.sha256(caller.task.encode()).hexdigest()[:16]}-{digest[:16]}.json"
        # One that failed was asked again: the last tells.
        before = (_read(place / name) for name in _names(place) if name.endswith(end))
        self.known = next((call for call in before if call is not None and call.over), None)
        self._path = place / f"{time.time_ns():020d}{end}"

    def write(self) -> None:
        """Note what is about to be sent, as the file's first line.

        Raises:
            CheckpointError: it cannot be written.
        """
        if self._path is None:
            return
        folder = self._path.parent
        try:
            if not folder.is_dir():
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _append(self._path, vars(self._call), os.O_CREAT | os.O_EXCL)
        except OSError as error:
            raise CheckpointError(
                f"cannot note a call to the model in {str(folder)!r} ({error.strerror});"
                " free some space or set CODEGEN_AGENT_STATE to a folder that can be written"
            ) from error

    def answered(self, reply: ModelReply) -> None:
        """Note the answer."""
        self._note({"answer": vars(reply)})

    def failed(self, error: Exception) -> None:
        """Note that no answer came, or one of no use."""
        if isinstance(error, ModelAnswerError):
            self._note({"fault": error.fields()})
        else:
            self._note({"failure": type(error).__name__})

    def _note(self, ending: dict[str, Any]) -> None:
        """Write the second line, which a kill may cut short: then there is none."""
        if self._path is None:
            return
        try:
            _append(self._path, ending)
        except OSError as error:  # the answer is here: it must not be lost to a full disk
            log.warning("cannot note a model's answer in %s: %s", self._path, error.strerror)


def _append(path: Path, fields: dict[str, Any], flags: int = 0) -> None:
    # In ASCII: a prompt may hold half of a surrogate pair, which UTF-8 cannot.
    line = json.dumps(fields).encode("ascii") + b"\n"
    with open(os.open(path, os.O_WRONLY | os.O_APPEND | flags, 0o600), "wb") as file:
        file.write(line)


def _folder_of(folder: Path, thread: str) -> Path:
    return folder / hashlib.sha256(thread.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _names(folder: Path) -> list[str]:
    """List a thread's files, the last first."""
    try:
        return sorted(os.listdir(folder), reverse=True)  # noqa: PTH208  # at every call: it is fast
    except OSError:  # no call yet
        return []


def _read(path: Path) -> Call | None:
    try:
        sent, *ending = path.read_bytes().split(b"\n")
        fields = json.loads(sent)
        if len(ending) > 1:  # whole: its end is there
            fields |= json.loads(ending[0])
        return Call.model_validate(fields)
    except (OSError, ValueError, TypeError):  # removed meanwhile, cut short, or not ours
        return None
