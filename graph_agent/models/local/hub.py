"""The model hub as a source of local weights, read with huggingface_hub.

``hf_hub_download`` isn't used: it can't resume an interrupted download, and
these files have up to 4.7 GB.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

from graph_agent.models.local.catalog import Progress, Weights, WeightsSourceError

if TYPE_CHECKING:
    from huggingface_hub import HfFileMetadata

__all__ = ["HubSource"]


@dataclass(frozen=True)
class HubSource:
    """Download the file, resuming where an earlier download stopped.

    The variables of huggingface_hub apply, such as ``HF_ENDPOINT``, ``HF_TOKEN`` (not
    needed) and ``HF_HUB_OFFLINE``. ``endpoint`` overrides the first.
    """

    endpoint: str | None = None
    answer_timeout_s: float = 5.0
    name: str = field(default="the model hub", init=False)

    def described(self, weights: Weights) -> Weights:
        """Return the weights with the SHA-256 that the hub states if this package knows none.

        Raises:
            WeightsSourceError: the hub can't be reached, or states none.
        """
        if weights.sha256 is not None:
            return weights
        with _hub_errors():
            found = self._metadata(weights)
        sha256 = (found.etag or "").removeprefix("sha256:")
        if not re.fullmatch("[0-9a-f]{64}", sha256) or not found.size:
            raise WeightsSourceError("it states no SHA-256 for this file")
        return replace(weights, sha256=sha256, size_bytes=found.size)

    def fetch(self, weights: Weights, folder: Path, progress: Progress) -> Path:
        """Leave the downloaded file in ``folder``.

        Raises:
            WeightsSourceError: the hub can't be reached or doesn't have this file.
        """
        part = folder / f"{weights.file_name}.download"
        if _size(part) > weights.size_bytes:
            part.unlink()
        while (before := _size(part)) < weights.size_bytes:
            try:
                with _hub_errors():
                    self._download(weights, part, progress)
            except WeightsSourceError as exc:
                # One with a cause is a broken connection, which may be resumed.
                if exc.__cause__ is None or _size(part) <= before:
                    raise
        return part

    def _url(self, weights: Weights) -> str:
        from huggingface_hub import hf_hub_url

        return hf_hub_url(weights.hub_repo, weights.file_name, endpoint=self.endpoint)

    def _metadata(self, weights: Weights) -> HfFileMetadata:
        from huggingface_hub import constants, get_hf_file_metadata

        # Otherwise it sends one more request and reports the program that called it.
        constants.HF_HUB_DISABLE_TELEMETRY = True
        return get_hf_file_metadata(
            self._url(weights), token=_token(), timeout=self.answer_timeout_s
        )

    def _download(self, weights: Weights, part: Path, progress: Progress) -> None:
        from huggingface_hub.file_download import http_get

        # Fails at once if the hub can't be reached; http_get would try for a minute.
        found = self._metadata(weights)
        token = _token()
        if found.size not in (None, weights.size_bytes):
            raise WeightsSourceError(f"its file has {found.size:,} bytes, not ours")
        with part.open("ab") as out:
            http_get(
                self._url(weights),
                out,
                resume_size=out.tell(),
                headers={"Authorization": f"Bearer {token}"} if token else {},
                expected_size=weights.size_bytes,
                tqdm_class=_progress_bar(progress, weights.size_bytes),
            )


@contextlib.contextmanager
def _hub_errors() -> Iterator[None]:
    """Turn the hub's errors into a :class:`WeightsSourceError`; the disk's pass."""
    try:
        import httpx2
        import huggingface_hub  # noqa: F401  # whether it is installed
    except ImportError:
        raise WeightsSourceError("huggingface_hub is not installed") from None
    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as exc:
        if isinstance(exc, OSError) and exc.errno:
            raise  # from the disk; the hub's have no number
        why = " ".join(str(exc).split())
        raise WeightsSourceError(f"{type(exc).__name__}: {why}") from exc


def _token() -> str | Literal[False]:
    return os.environ.get("HF_TOKEN") or False  # never the one of a login


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _progress_bar(progress: Progress, total: int) -> Any:
    """Return what huggingface_hub uses like a class of progress bars."""

    def bar(*, initial: int, **_: Any) -> contextlib.AbstractContextManager[Any]:
        done = initial

        def update(count: int) -> None:
            nonlocal done
            done += count
            if done > total:
                raise WeightsSourceError("it sends more than the file")
            progress(done, total)

        return contextlib.nullcontext(SimpleNamespace(update=update))

    return bar
