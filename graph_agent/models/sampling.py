"""Asking a model for another answer to the same question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graph_agent.models.made_clients import changed

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

__all__ = ["varied"]

TEMPERATURE = 0.7
"""Of every answer after the first; at 0 a model repeats itself."""
RETRY_TEMPERATURE = 0.4
"""After a failure: a small model goes astray where it is higher."""


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
