"""Summaries of values that a container returned, made within limits.

Describing a value can cost far more than returning it: counting distinct values, testing a range
of 2⁴⁰ labels for missing ones. So a child process does it, except for what is small and plain.
"""

from __future__ import annotations

from graph_agent.records import PrivacyLevel
from graph_agent.summaries.describe import summarize
from sandbox.confined import Limits, Reply, call
from sandbox.errors import ConfinedError, PayloadError
from sandbox.records import Payload
from sandbox.results.decode import decode_payload, libraries_of
from sandbox.results.plain_payloads import is_small

VALUE_S = 5.0
"""Processor time for one value."""
MEMORY_BYTES = 1 << 30
"""For one value, besides eight times its payload."""
MOST_MEMORY_BYTES = 6 << 30


def look_in_child(function: str, args: object, data: bytes, cpu_s: float = VALUE_S) -> Reply:
    """Let a child look at a payload or a picture.

    Raises:
        ConfinedError: it takes too much.
    """
    memory = min(MEMORY_BYTES + 8 * len(data), MOST_MEMORY_BYTES)
    libraries = libraries_of(data)
    return call(function, args, [data], limits=Limits(cpu_s, memory), libraries=libraries)


def summary_of(
    name: str, payload: Payload, value: object, *, level: PrivacyLevel = "sample"
) -> str:
    """Describe a returned value; if that takes too much, by its type alone."""
    if is_small(payload, value):
        return summarize(name, value, level=level).text
    try:
        text = look_in_child(f"{__name__}:summarize_in_child", [name, level], payload.data).value
    except ConfinedError:
        text = None
    return without_description(name, payload) if text is None else str(text)


def without_description(name: str, payload: Payload) -> str:
    """Return the summary of a value that takes too much to describe."""
    return f"{name}: {payload.type_name}, too large to describe"


def summarize_in_child(
    args: tuple[str, PrivacyLevel], parts: list[bytearray]
) -> tuple[str | None, tuple[()]]:
    """Describe the value of a payload in a child."""
    name, level = args
    try:
        return summarize(name, decode_payload(parts[0]), level=level).text, ()
    except PayloadError:
        return None, ()
