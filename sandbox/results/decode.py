"""Decodes what came out of a container, as hostile input: one payload, or all of a run's.

A run's payloads share limits. Those whose cost their size doesn't bound are decoded in a child
process first. What the child could do within its limits costs this process about the same.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sandbox.confined import Limits, Reply, call
from sandbox.confined.limits import resident_bytes
from sandbox.errors import ConfinedError, PayloadError
from sandbox.policy import SandboxPolicy
from sandbox.records import Payload
from sandbox.results.plain_payloads import is_plain
from sandbox.runner.shared import decode
from sandbox.runner.shared.limits import CODEC, PREAMBLE, PayloadLimits
from sandbox.runner.shared.limits import PayloadError as SharedPayloadError

DEFAULT_LIMITS = decode.DEFAULT_LIMITS
BASE_S = 2.0
"""For one payload at least; large ones get more."""
S_PER_TREE_BYTE = 0.6e-6
S_PER_BYTE = 0.1e-6
"""For one payload's tree, and for all of it; ordinary values take a third of it."""
RUN_S_PER_BYTE = 0.05e-6
"""For each byte of all payloads, added to the policy's time."""
FAILURE_S = 1.0
"""What a value that ended the child costs of the run's time, for starting the next one."""
TOGETHER = "reading all results takes more than {:g} s; return less at once"

_TAG = re.compile(rb'\["(np|pd|pa|pl|sp|pil)\.')
_LIBRARIES = {
    b"np": ("numpy",),
    b"pd": ("pandas",),
    b"pa": ("pyarrow.ipc",),
    b"pl": ("polars", "pyarrow.ipc"),
    b"sp": ("scipy.sparse",),
    b"pil": ("PIL.Image",),
}
T = TypeVar("T")


def decode_payload(
    data: bytes | bytearray | memoryview, most: PayloadLimits = DEFAULT_LIMITS
) -> Any:
    """Do as :func:`sandbox.runner.shared.decode.decode_payload` does.

    Raises:
        PayloadError: this package's, for each of that module's.
    """
    try:
        return decode.decode_payload(data, most)
    except SharedPayloadError as error:
        raise PayloadError(str(error)) from None


class RunDecoder:
    """Decodes values one by one; keeps account of the time and memory that the run has left."""

    def __init__(self, policy: SandboxPolicy) -> None:
        self._policy = policy
        self._left_s = policy.decode_s
        self._left_bytes = policy.decode_memory_bytes

    def decode(self, payload: Payload) -> Any:
        """Decode a value.

        Raises:
            PayloadError: it is malformed, or takes more than is left for it.
        """
        if payload.codec != CODEC:
            raise PayloadError(f"unknown codec {payload.codec!r}")
        data = memoryview(payload.data)
        self._left_s += RUN_S_PER_BYTE * len(data)
        limits = PayloadLimits(
            max_bytes=self._policy.max_result_bytes,
            max_decoded_bytes=max(0, min(DEFAULT_LIMITS.max_decoded_bytes, self._left_bytes)),
        )
        if self._timed(lambda: len(data) <= limits.max_bytes and is_plain(data)):
            self._left_bytes -= len(data)
        else:
            self._rehearse(data, limits)
        return self._timed(lambda: decode_payload(data, limits))

    def check(self, function: str, args: Any, data: bytes) -> Any:
        """Check untrusted bytes by a function that runs in a child; return its answer.

        Raises:
            PayloadError: it takes more than is left.
        """
        return self._call(function, args, data).value

    def _rehearse(self, data: memoryview, limits: PayloadLimits) -> None:
        args = [limits.max_bytes, limits.max_decoded_bytes]
        answer = self._call("sandbox.results.decode:rehearse", args, data).value
        if answer["refused"] is not None:
            raise PayloadError(answer["refused"])
        self._left_bytes -= answer["bytes"]

    def _call(self, function: str, args: Any, data: bytes | memoryview) -> Reply:
        self._check_time()
        allowed_s = BASE_S + S_PER_BYTE * len(data) + S_PER_TREE_BYTE * len(tree_of(data))
        allowed_s = min(self._left_s, allowed_s)
        limits = Limits(allowed_s, max(1 << 20, self._left_bytes))
        try:
            reply = call(function, args, [data], limits=limits, libraries=libraries_of(data))
        except ConfinedError as error:
            self._left_s -= max(FAILURE_S, allowed_s if error.cause == "time" else 0)
            raise PayloadError(f"reading it: {error}") from None
        self._left_s -= reply.cpu_s
        return reply

    def _timed(self, action: Callable[[], T]) -> T:
        self._check_time()
        start_s = time.thread_time()
        try:
            return action()
        finally:
            self._left_s -= time.thread_time() - start_s

    def _check_time(self) -> None:
        if self._left_s <= 0:
            raise PayloadError(TOGETHER.format(self._policy.decode_s))


def rehearse(args: list[int], parts: list[bytearray]) -> tuple[dict[str, Any], Sequence[bytes]]:
    """Decode a payload in a child; say why that is refused, or what memory the value takes."""
    before = resident_bytes()
    try:
        value = decode_payload(parts[0], PayloadLimits(*args))
    except PayloadError as error:
        return {"refused": str(error), "bytes": 0}, ()
    grown = resident_bytes() - before
    del value
    return {"refused": None, "bytes": max(0, grown)}, ()


def libraries_of(data: bytes | memoryview) -> list[str]:
    """Return the modules that decoding a payload may import; its bytes only choose from a table."""
    tags = set(_TAG.findall(tree_of(data)))
    return sorted({name for tag in tags for name in _LIBRARIES[tag]})


def tree_of(data: bytes | memoryview) -> memoryview:
    """Cut out what a payload says is its tree; nothing is checked."""
    view = memoryview(data)
    if len(view) < PREAMBLE.size:
        return view[:0]
    return view[PREAMBLE.size :][: min(PREAMBLE.unpack_from(view)[1], len(view))]
