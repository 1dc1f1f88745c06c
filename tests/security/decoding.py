"""What the fuzzer calls: decodes any bytes, as the process that decodes results does."""

from __future__ import annotations

import contextlib

from sandbox.containers.raw_run import RawRun
from sandbox.errors import PayloadError, VariableError
from sandbox.policy import SandboxPolicy
from sandbox.results.collect import collect
from sandbox.results.decode import decode_payload
from sandbox.results.figure_formats import JPEG, PLOTLY, PNG, read_figure
from sandbox.runner.shared import frames
from sandbox.runner.shared.limits import PayloadLimits

LIMITS = PayloadLimits(max_bytes=1 << 20, max_decoded_bytes=64 << 20)
POLICY = SandboxPolicy(max_result="1m", max_files_bytes="64k")


def decode_any(data: bytes) -> None:
    """Decode bytes in every way that a container's bytes are; only our own errors are allowed."""
    with contextlib.suppress(PayloadError):
        decode_payload(data, LIMITS)
    for mime in (PNG, JPEG, PLOTLY):
        with contextlib.suppress(PayloadError):
            read_figure(mime, data)
    with contextlib.suppress(frames.FrameError):
        frames.ChunkReader().feed(data)
    with contextlib.suppress(frames.FrameError):
        frames.parse_exit(data)
    raw = RawRun(messages=[({"type": "running"}, b"")])
    with contextlib.suppress(frames.FrameError, VariableError):
        raw.messages += frames.MessageReader(1 << 20, 1 << 16).feed(data)
        collect(raw, POLICY, None)
