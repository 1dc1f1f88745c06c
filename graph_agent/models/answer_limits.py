"""Limits on what a model's server may send: a proxy or a broken server may answer too.

The clients' own time limits are for one read, so a server that drips a byte a second never
reaches them. They also read answers of any size, unpack what is compressed, and follow
redirects with the key and the prompt.
"""

from __future__ import annotations

import functools
import importlib
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from graph_agent.errors import ModelRequestError

__all__ = ["MAX_ANSWER_BYTES", "answer_limits"]

MAX_ANSWER_BYTES = 32 << 20
"""Of one answer as it is sent: the longest ones, streamed token by token, take some 20 MB."""


def answer_limits(model: str, time_s: float) -> dict[str, list[Callable[[Any], Any]]]:
    """Return event hooks for a client of httpx or httpx2, plain or asynchronous.

    They aren't a transport, because a client with its own transport ignores the environment's
    proxies. They raise :class:`ModelRequestError`, or the client's own error for a timeout.
    """
    return {"request": [_AskUncompressed()], "response": [_LimitAnswer(model, time_s)]}


@dataclass(frozen=True)
class _AskUncompressed:  # no function: its text, with an address, would be in the cache's key
    def __call__(self, request: Any) -> _Done:
        request.headers["accept-encoding"] = "identity"
        return _Done()


@dataclass(frozen=True)
class _LimitAnswer:
    model: str
    time_s: float

    def __call__(self, response: Any) -> _Done:
        if response.is_redirect:
            where = urlsplit(str(response.headers.get("location", "")))
            place = f"{where.scheme}://{where.hostname}" if where.hostname else "another path"
            why = f"redirects to {place}, where neither key nor prompt is sent"
            raise _refused(self.model, why)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise _refused(self.model, "sends a compressed answer, which wasn't asked for")
        make = _limited_stream(type(response).__module__.partition(".")[0])
        response.stream = make(response, self.model, self.time_s)
        return _Done()


class _Done:
    """What an asynchronous client awaits; a plain one ignores it."""

    def __await__(self) -> Generator[Any, None, None]:
        yield from ()


def _refused(model: str, why: str) -> ModelRequestError:
    return ModelRequestError(
        f"the server of {model!r} {why}; check its address, and whether a proxy answers for it"
    )


@functools.cache
def _limited_stream(library: str) -> Callable[[Any, str, float], Any]:
    """Return the class of a limited body, for ``httpx`` or ``httpx2``."""
    http = importlib.import_module(library)

    class LimitedStream(http.ByteStream):  # type: ignore[misc,name-defined]  # either library's
        def __init__(self, response: Any, model: str, time_s: float) -> None:
            self._stream, self._request = response.stream, response.request
            self._model, self._room_bytes = model, MAX_ANSWER_BYTES
            self._deadline = time.monotonic() + time_s

        def _counted(self, data: bytes) -> bytes:
            self._room_bytes -= len(data)
            if self._room_bytes < 0:
                raise _refused(self._model, f"sent more than {MAX_ANSWER_BYTES >> 20} MiB")
            if time.monotonic() > self._deadline:
                raise http.ReadTimeout("the answer took too long", request=self._request)
            return data

        def __iter__(self) -> Iterator[bytes]:
            return map(self._counted, self._stream)

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for data in self._stream:
                yield self._counted(data)

        def close(self) -> None:
            self._stream.close()

        async def aclose(self) -> None:
            await self._stream.aclose()

    return LimitedStream
