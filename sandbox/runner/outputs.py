"""Sends values back in a safe encoding, or the reason why they can't be sent."""

from __future__ import annotations
import __future__ as future_features

import keyword
import types
from collections.abc import Callable, Collection
from typing import Any

from .encode import encode_value
from .encoding.reprs import bounded_repr
from .encoding.writer import NotEncodableError
from .shared import frames
from .shared.limits import CODEC, PayloadLimits
from .shared.naming import type_name

MAX_DISPLAY_CHARS = 4_000
FutureFeature = type(future_features.annotations)


Send = Callable[[dict[str, Any], list[bytes | memoryview]], None]
"""Writes a message's header and the parts of its body."""


def send_values(
    send: Send,
    values: dict[str, Any],
    names: list[str],
    display: object,
    max_bytes: int,
    max_variables: int,
) -> str:
    """Send the display and the named values, each as ``variable`` or ``withheld``.

    Returns a note on variables over the limit, or an empty string.
    """
    budget = max_bytes
    if display is not None:
        header = {"type": "display", "text": bounded_repr(display, MAX_DISPLAY_CHARS)}
        _send_value(send, header, display, budget)
    for position, name in enumerate(names[: 2 * max_variables]):
        if name not in values:
            _withhold(send, name, "", "the code did not define it")
        elif position >= max_variables:
            _withhold(send, name, "", f"over the limit of {max_variables} variables")
        else:
            header = {"type": "variable", "name": name}
            budget -= _send_value(send, header, values[name], budget)
    left_out = len(names) - 2 * max_variables
    return f"{left_out} more variables are over the limit" if left_out > 0 else ""


def variables(namespace: dict[str, Any]) -> dict[str, Any]:
    """Copy the entries named like variables: ``globals()`` accepts keys of any class."""
    return {name: value for name, value in namespace.items() if _is_name(name)}


def chosen(values: dict[str, Any], known: Collection[str], changed: Collection[str]) -> list[str]:
    """List what comes back by default: new and changed variables, no private names or modules.

    ``known``: the names that were there before the code.
    """
    return [
        name
        for name, value in values.items()
        if not name.startswith("_")
        # By the type alone: the value's __class__ may be anything, or raise.
        and not issubclass(type(value), types.ModuleType)
        and type(value) is not FutureFeature
        and (name not in known or name in changed)
    ]


def _is_name(key: object) -> bool:
    return type(key) is str and key.isidentifier() and not keyword.iskeyword(key)


def _send_value(send: Send, header: dict[str, Any], value: object, budget: int) -> int:
    """Send one value, or why it can't be sent; return the bytes it took."""
    kind = type_name(value)
    try:
        parts = encode_value(value, PayloadLimits(max_bytes=max(budget, 0)))
    except NotEncodableError as error:
        if header["type"] == "display":
            send({**header, "value_type": kind}, [])
        else:
            _withhold(send, header["name"], kind, error.reason, bounded_repr(value))
        return 0
    send({**header, "value_type": kind, "codec": CODEC}, parts)
    return frames.total_bytes(parts)


def _withhold(send: Send, name: str, kind: str, reason: str, representation: str = "") -> None:
    header = {"type": "withheld", "name": name, "value_type": kind}
    send({**header, "reason": reason, "repr": representation}, [])
