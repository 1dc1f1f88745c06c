"""Prompt states: what a server computed for the unchanging start of the prompts, on disk.

A file's name holds its key and the SHA-256 of its content. So it appears complete or not at
all, and a damaged one is noticed: the server crashes on some of those.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from graph_agent.models.local.verified_files import known_sha256, sha256_of
from sandbox.private_files import private_file, private_folder

__all__ = ["MAX_BYTES", "PromptStates", "state_key"]

log = logging.getLogger(__name__)

MAX_BYTES = 64 << 20
"""Of all states together; the least recently used ones go first."""
_FORMAT = 1
_SUFFIX, _PART = ".state", ".part"
_PART_AGE_S = 3600.0
"""After this time a part belongs to a process that was killed."""


@dataclass(frozen=True)
class PromptStates:
    """A private folder of states, which several processes may use at the same time."""

    folder: Path

    @classmethod
    def in_cache(cls, cache_dir: Path) -> PromptStates:
        """Return the states in a cache folder."""
        return cls(cache_dir / "prompt-states")

    def prepare(self) -> bool:
        """Create the folder; return whether it can be used."""
        try:
            private_folder(self.folder)
        except OSError as error:
            log.info("prompt states can't be kept in %s: %s", self.folder, error.strerror)
            return False
        return True

    def find(self, key: str) -> Path | None:
        """Return the state for ``key``; one that is damaged is removed."""
        for path in self._of(key):
            try:
                if sha256_of(path) == path.stem.partition("-")[2]:
                    os.utime(path)
                    return path
            except OSError:  # another process has replaced it
                continue
            log.info("the prompt state %s is damaged; it is made again", path.name)
            self.discard(path)
        return None

    def new_part(self, key: str) -> Path:
        """Return where a state for ``key`` can be written before it is kept."""
        return self.folder / f"{key}-{secrets.token_hex(8)}{_PART}"

    def keep(self, part: Path, size_bytes: int, key: str) -> None:
        """Take a written part of ``size_bytes``, in place of what there was for this key.

        Raises:
            OSError: it is incomplete, too large, or can't be moved.
        """
        if not 0 < size_bytes <= MAX_BYTES or part.stat().st_size != size_bytes:
            raise OSError(0, f"it is incomplete or larger than {MAX_BYTES >> 20} MiB")
        private_file(part)
        earlier = list(self._of(key))
        kept = self.folder / f"{key}-{sha256_of(part)}{_SUFFIX}"
        part.replace(kept)
        for path in earlier:
            if path != kept:
                self.discard(path)
        self._remove_oldest()

    def discard(self, path: Path) -> None:
        """Remove a file; that it is gone, or can't be removed, doesn't matter."""
        with contextlib.suppress(OSError):
            path.unlink()

    def size(self) -> tuple[int, int]:
        """Return how many states there are, and their bytes."""
        sizes = [status.st_size for _, status in self._files()]
        return len(sizes), sum(sizes)

    def _of(self, key: str) -> Iterator[Path]:
        return self.folder.glob(f"{key}-*{_SUFFIX}")

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        for path in self.folder.glob("*-*"):
            with contextlib.suppress(OSError):
                yield path, path.stat()

    def _remove_oldest(self) -> None:
        """Keep the limit, and remove what killed processes have left."""
        room = MAX_BYTES
        for path, status in sorted(self._files(), key=lambda file: -file[1].st_mtime):
            if path.suffix == _PART:
                if status.st_mtime < time.time() - _PART_AGE_S:
                    self.discard(path)
                continue
            room -= status.st_size
            if room < 0:
                self.discard(path)


def state_key(weights: Path, context_tokens: int, messages: Sequence[dict[str, object]]) -> str:
    """Hash all that a state depends on: weights, library, size of the context, and the text."""
    asked = [_FORMAT, version("xllamacpp"), _identity(weights), context_tokens, messages]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]


def _identity(weights: Path) -> list[object]:
    """Return the file's SHA-256 if it is known, else where it is and when it was written.

    Hashing a file of some gigabytes each time would take as long as what is saved.
    """
    if known := known_sha256(weights):
        return [known]
    status = weights.stat()
    return [str(weights), status.st_size, status.st_mtime_ns, status.st_ino]
