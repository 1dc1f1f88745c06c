"""What a broken model server, or a proxy in its place, may do to a call."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from functools import partial

from tests.gemini_server import Raw

Write = Callable[[bytes], object]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BEGINNING = b'{"candidates": [{"content": {"role": "model", "parts": [{"text": "'
FLOOD = b"x" * (1 << 20)
DRIP_S = 0.1


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def hang(after: bytes, write: Write, ending: threading.Event) -> None:
    write(after)
    ending.wait(60)


def drip(after: bytes, drop: bytes, write: Write, ending: threading.Event) -> None:
    write(after)
    while not ending.wait(DRIP_S):
        write(drop)


def send(data: bytes, write: Write, ending: threading.Event) -> None:
    write(data)


def flood(after: bytes, piece: bytes, times: int, write: Write, ending: threading.Event) -> None:
    write(after)
    for _ in range(times):
        write(piece)


def whole(body: bytes, headers: bytes = b"") -> bytes:
    return OK + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body


def bomb(size_mib: int) -> bytes:
    """Pack an answer of that size."""
    return gzip.compress(BEGINNING + FLOOD * size_mib, 1)


def redirect(status: int, location: str) -> Raw:
    head = f"HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    return Raw(partial(send, head.encode()))


SLOW = {
    "hangs at once": Raw(partial(hang, b"")),
    "hangs in its headers": Raw(partial(hang, OK)),
    "hangs in its answer": Raw(partial(hang, CHUNKED + chunk(BEGINNING))),
    "drips its headers": Raw(partial(drip, OK + b"X-Long: ", b"a")),
    "drips its answer": Raw(partial(drip, CHUNKED + chunk(BEGINNING), chunk(b"a"))),
    "drips a stream": Raw(
        partial(drip, CHUNKED.replace(b"application/json", b"text/event-stream"), chunk(b":\n"))
    ),
}
CUT = {
    "cuts at once": Raw(partial(send, b"")),
    "cuts its headers": Raw(partial(send, OK)),
    "cuts its answer": Raw(partial(send, whole(BEGINNING).replace(b"Length: ", b"Length: 9"))),
    "cuts a chunk": Raw(partial(send, CHUNKED + chunk(BEGINNING) + b"ff\r\nabc")),
}
FLOODS = {
    "sends 200 MB": Raw(
        partial(flood, OK + b"Content-Length: 209715200\r\n\r\n" + BEGINNING, FLOOD, 200)
    ),
    "sends without end": Raw(partial(flood, CHUNKED, chunk(FLOOD), 1 << 20)),
    "sends 10 MB of headers": Raw(partial(flood, OK + b"X-Long: ", FLOOD, 10)),
    "sends many headers": Raw(partial(flood, OK, b"X-A: b\r\n" * 1000, 1000)),
    "sends a gzip bomb": Raw(partial(send, whole(bomb(512), b"Content-Encoding: gzip\r\n"))),
}
GARBAGE = {
    "isn't HTTP": Raw(partial(send, b"\x00\xff garbage \r\n\r\n" * 100)),
    "answers as a proxy": Raw(partial(send, whole(b"<html>Please log in</html>"))),
    "answers nothing": Raw(partial(send, whole(b""))),
    "answers a list": Raw(partial(send, whole(b"[1, 2]"))),
    "answers another object": Raw(partial(send, whole(b'{"candidates": 7}'))),
    "answers deep JSON": Raw(partial(send, whole(b"[" * 200_000))),
    "says that it is zipped": Raw(partial(send, whole(b"no zip", b"Content-Encoding: br\r\n"))),
}
