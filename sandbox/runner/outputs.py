"""What goes back: values in their safe encoding, or the reason why not."""

from __future__ import annotations

import types
from typing import Any, Protocol

from . import frames
from .encode import EncodeLimits, NotEncodableError, bounded_repr, encode_value, type_name
from .inputs import Given

CODEC = "tree/1"
MAX_DISPLAY_CHARS = 4_000


class Sender(Protocol):
    """Where messages go."""

    def send(self, header: dict[str, Any], body: list[bytes | memoryview] | None = None) -> None:
        """Write one message."""


def send(
    channel: Sender,
    namespace: dict[str, Any],
    given: Given,
    changed: list[str],
    display: object,
    job: dict[str, Any],
) -> None:
    """Send the display and the chosen variables, each as ``variable`` or ``withheld``."""
    limits = job["limits"]
    budget = int(limits["max_result_bytes"])
    if display is not None:
        header = {"type": "display", "text": bounded_repr(display, MAX_DISPLAY_CHARS)}
        _send_value(channel, header, display, budget)
    names = job["returns"]
    if names is None:
        names = chosen(namespace, given, changed)
    for position, name in enumerate(names):
        if name not in namespace:
            _withhold(channel, name, "", "the code did not define it")
        elif position >= int(limits["max_variables"]):
            _withhold(channel, name, "", f"over the limit of {position} variables")
        else:
            header = {"type": "variable", "name": name}
            budget -= _send_value(channel, header, namespace[name], budget)


def chosen(namespace: dict[str, Any], given: Given, changed: list[str]) -> list[str]:
    """List what comes back unasked: new and changed variables, neither private nor modules."""
    return [
        name
        for name, value in namespace.items()
        if isinstance(name, str)  # globals() takes any key
        and not name.startswith("_")
        and not issubclass(type(value), types.ModuleType)  # an instance may lie, or refuse to say
        and not _is_future_feature(value)
        and (name not in given.values or name in changed)
    ]


def _is_future_feature(value: object) -> bool:
    return type_name(value) == "__future__._Feature"


def _send_value(channel: Sender, header: dict[str, Any], value: object, budget: int) -> int:
    """Send one value, or why it stays; return the bytes it took."""
    kind = type_name(value)
    try:
        parts = encode_value(value, EncodeLimits(max_bytes=max(budget, 0)))
    except NotEncodableError as error:
        if header["type"] == "display":
            channel.send({**header, "value_type": kind})
        else:
            _withhold(channel, header["name"], kind, error.reason, bounded_repr(value))
        return 0
    channel.send({**header, "value_type": kind, "codec": CODEC}, parts)
    return frames.total_bytes(parts)


def _withhold(channel: Sender, name: str, kind: str, reason: str, representation: str = "") -> None:
    channel.send(
        {
            "type": "withheld",
            "name": name,
            "value_type": kind,
            "reason": reason,
            "repr": representation,
        }
    )
