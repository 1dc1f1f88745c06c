"""The model cache: usable answers on disk, each under a hash of all that was asked.

A question that was answered before, in any thread and by any process of this user, is
answered again without a request. A file holds the answer alone, never the prompt or a key.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import re
import stat
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from graph_agent.models.calls import ModelReply, ainvoke, invoke
from graph_agent.models.question import Question

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

__all__ = ["AnswerCache"]

log = logging.getLogger(__name__)

MAX_BYTES = 64 << 20
"""Of all answers together; some tens of thousands."""
MAX_ANSWER_BYTES = 1 << 20
_LEFT_ASIDE_S = 3600.0
"""After which a file that was never renamed is one of a process that was killed."""
_ANSWER = re.compile(r"[0-9a-f]{64}\.json")
_ASIDE = ".answer-"
_File = tuple[Path, os.stat_result]


class _Kept(BaseModel):
    """What a file holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    text: str = Field(min_length=1)
    finish_reason: str | None


@dataclass(frozen=True)
class AnswerCache:
    """The answers below ``folder``, of which those longest not asked for go first."""

    folder: Path
    max_bytes: int = MAX_BYTES

    def ask(self, question: Question, ask: Callable[[], ModelReply]) -> ModelReply:
        """Return the answer that is kept, or ask and keep it if it is of use.

        Raises:
            ModelError: as ``ask``; nothing is kept then.
        """
        key = question.key()
        kept = None if key is None else self.find(key)
        if kept is not None:
            model = _replayed(kept)
            invoke(model, model, question.messages, question.tag, question.config)
            return kept
        reply = ask()
        if key is not None:
            self.keep(key, reply)
        return reply

    async def aask(
        self, question: Question, ask: Callable[[], Awaitable[ModelReply]]
    ) -> ModelReply:
        """Do as :meth:`ask` does, without blocking the event loop.

        Raises:
            ModelError: as ``ask``; nothing is kept then.
        """
        import asyncio

        key = await asyncio.to_thread(question.key)
        kept = None if key is None else await asyncio.to_thread(self.find, key)
        if kept is not None:
            model = _replayed(kept)
            await ainvoke(model, model, question.messages, question.tag, question.config)
            return kept
        reply = await ask()
        if key is not None:
            await asyncio.to_thread(self.keep, key, reply)
        return reply

    def find(self, key: str) -> ModelReply | None:
        """Return what is kept under a hash; None for nothing, or nothing that can be read."""
        path = self.folder / f"{key}.json"
        try:
            self._check_private()
            with open(path, "rb") as file:
                content = file.read(MAX_ANSWER_BYTES + 1)
            kept = _Kept.model_validate(json.loads(content))
            os.utime(path)  # asked for: it goes last
        except FileNotFoundError:
            return None
        except (ValueError, RecursionError, ValidationError):  # cut short, or not ours
            log.info("the kept answer %s cannot be read; the model is asked", key)
            return None
        except OSError as error:
            log.warning("the model cache %s is not used: %s", self.folder, error.strerror)
            return None
        return ModelReply(kept.text, finish_reason=kept.finish_reason, cached=True)

    def keep(self, key: str, reply: ModelReply) -> None:
        """Write an answer, whole or not at all; what cannot be written is asked for again."""
        fields = {"text": reply.text, "finish_reason": reply.finish_reason}
        # In ASCII: a text may hold half of a surrogate pair, which UTF-8 cannot.
        content = json.dumps(fields).encode("ascii")
        if len(content) > MAX_ANSWER_BYTES:
            return
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_private()
            self._write(self.folder / f"{key}.json", content)
            self._drop_oldest()
        except OSError as error:
            log.warning("cannot keep an answer in %s: %s", self.folder, error.strerror)

    def size(self) -> tuple[int, int]:
        """Return how many answers there are, and their bytes.

        Raises:
            OSError: the folder is not this user's alone.
        """
        try:
            self._check_private()
            answers, _ = self._files()
        except FileNotFoundError:
            return 0, 0
        return len(answers), sum(found.st_size for _, found in answers)

    def _write(self, path: Path, content: bytes) -> None:
        descriptor, aside = tempfile.mkstemp(prefix=_ASIDE, dir=self.folder)
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
            Path(aside).replace(path)
        except OSError:
            Path(aside).unlink(missing_ok=True)
            raise

    def _check_private(self) -> None:
        """Make sure that nobody else can have written here: code that is run comes from it.

        Raises:
            OSError: there is no folder, or it is open to others.
        """
        found = self.folder.lstat()
        others = hasattr(os, "geteuid") and (found.st_uid != os.geteuid() or found.st_mode & 0o077)
        if others or not stat.S_ISDIR(found.st_mode):
            raise PermissionError(
                errno.EACCES, "it must be a folder of this user's alone, with the mode 0700"
            )

    def _drop_oldest(self) -> None:
        """Make room once all answers together are too large, and remove what a kill left."""
        answers, aside = self._files()
        for path, found in aside:
            if found.st_mtime < time.time() - _LEFT_ASIDE_S:
                path.unlink(missing_ok=True)
        total_bytes = sum(found.st_size for _, found in answers)
        if total_bytes <= self.max_bytes:
            return
        for path, found in sorted(answers, key=lambda one: one[1].st_mtime_ns):
            path.unlink(missing_ok=True)
            total_bytes -= found.st_size
            if total_bytes <= self.max_bytes * 3 // 4:  # not at every answer from now on
                return

    def _files(self) -> tuple[list[_File], list[_File]]:
        """List the answers, and those not finished; what is neither is none of ours."""
        answers: list[_File] = []
        aside: list[_File] = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # another process makes room too
                    file = Path(entry.path), entry.stat(follow_symlinks=False)
                    if _ANSWER.fullmatch(entry.name):
                        answers.append(file)
                    elif entry.name.startswith(_ASIDE):
                        aside.append(file)
        return answers, aside


def _replayed(reply: ModelReply) -> BaseChatModel:
    from graph_agent.models.replayed import ReplayedModel

    return ReplayedModel(text=reply.text, cache=False)
