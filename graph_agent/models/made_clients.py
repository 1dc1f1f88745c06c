"""How a client was made, so that a resumed run makes an equal one, and changed copies of it.

What is noted never holds a key.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

__all__ = ["ClientSpec", "changed", "remember", "spec_of", "varied", "with_opening"]

TEMPERATURE = 0.7
"""Of every answer after the first; at 0 a model repeats itself."""
RETRY_TEMPERATURE = 0.4
"""After a failure: a small model goes astray where it is higher."""


@dataclass(frozen=True)
class ClientSpec:
    """The model's name and the options it was made with.

    ``not_stored`` names arguments that aren't kept, since they may hold a password. ``call_s``
    limits a whole call; None: no limit of ours.
    """

    model: str
    options: dict[str, Any] = field(default_factory=dict)
    not_stored: tuple[str, ...] = ()
    call_s: float | None = field(default=None, compare=False)


# By identity: chat models have no hash. An entry goes when its client does.
_SPECS: dict[int, tuple[weakref.ref[BaseChatModel], ClientSpec]] = {}


def remember(client: BaseChatModel, spec: ClientSpec) -> BaseChatModel:
    """Note how a client was made; return it."""
    key = id(client)
    _SPECS[key] = (weakref.ref(client, lambda _: _SPECS.pop(key, None)), spec)
    return client


def changed(client: BaseChatModel, update: dict[str, Any]) -> BaseChatModel:
    """Return a copy of a client with other fields, and how it was made."""
    copy, spec = client.model_copy(update=update), spec_of(client)
    return copy if spec is None else remember(copy, spec)


def spec_of(client: BaseChatModel) -> ClientSpec | None:
    """Return how ``create_client`` made a client; None: it didn't."""
    found = _SPECS.get(id(client))
    return found[1] if found is not None and found[0]() is client else None


def varied(client: BaseChatModel, number: int, temperature: float = TEMPERATURE) -> BaseChatModel:
    """Return the client for the answer of a number, from 0: with another seed and temperature.

    ``temperature``: the least. A client without these settings is returned unchanged.
    """
    if number == 0:
        return client
    fields = type(client).model_fields
    update: dict[str, Any] = {}
    if "temperature" in fields:
        update["temperature"] = max(getattr(client, "temperature", None) or 0.0, temperature)
    if "seed" in fields:
        update["seed"] = (getattr(client, "seed", None) or 0) + number
    return changed(client, update) if update else client


def with_opening(
    client: BaseChatModel, opening: Callable[[], Sequence[BaseMessage]], slot: int = 0
) -> BaseChatModel:
    """Tell a local model which messages all prompts of a kind begin with; others are unchanged.

    ``slot``: the kind's place in the server, which keeps what it has read there.
    """
    if "opening" not in type(client).model_fields:
        return client
    return changed(client, {"opening": tuple(opening()), "slot": slot})
