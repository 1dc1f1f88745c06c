"""What goes back: values in their safe encoding, or the reason why not."""

from __future__ import annotations
import __future__ as future_features

import keyword
import types
from typing import Any, Protocol

from . import frames
from .encode import EncodeLimits, NotEncodableError, bounded_repr, encode_value, type_name
from .inputs import Given

CODEC = "tree/1"
MAX_DISPLAY_CHARS = 4_000
FutureFeature = type(future_features.annotations)


class Sender(Protocol):
    """Where messages go."""

    def send(self, header: dict[str, Any], body: list[bytes | memoryview] | None = None) -> None:
        """Write one message."""


def send(
    channel: Sender,
    values: dict[str, Any],
    names: list[str],
    display: object,
    max_bytes: int,
    max_variables: int,
) -> str:
    """Send the display and the named values, each as ``variable`` or ``withheld``.

    Returns a note on what was left out for want of room, if anything.
    """
    budget = max_bytes
    if display is not None:
        header = {"type": "display", "text": bounded_repr(display, MAX_DISPLAY_CHARS)}
        _send_value(channel, header, display, budget)
    for position, name in enumerate(names[: 2 * max_variables]):
        if name not in values:
            _withhold(channel, name, "", "the code did not define it")
        elif position >= max_variables:
            _withhold(channel, name, "", f"over the limit of {max_variables} variables")
        else:
            header = {"type": "variable", "name": name}
            budget -= _send_value(channel, header, values[name], budget)
    left_out = len(names) - 2 * max_variables
    return f"{left_out} more variables are over their limit" if left_out > 0 else ""


def variables(namespace: dict[str, Any]) -> dict[str, Any]:
    """Copy what has the name of a variable: ``globals()`` takes any key, of any class."""
    return {name: value for name, value in namespace.items() if _is_name(name)}


def chosen(values: dict[str, Any], given: Given, changed: list[str]) -> list[str]:
    """List what comes back unasked: new and changed variables, neither private nor modules."""
    return [
        name
        for name, value in values.items()
        if not name.startswith("_")
        # By the type alone: the value's own __class__ may say or raise anything.
        and not issubclass(type(value), types.ModuleType)
        and type(value) is not FutureFeature
        and (name not in given.values or name in changed)
    ]


def _is_name(key: object) -> bool:
    return type(key) is str and key.isidentifier() and not keyword.iskeyword(key)


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
