"""Tell a local model which messages all of its prompts begin with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from graph_agent.models.made_clients import changed

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

__all__ = ["with_opening"]


def with_opening(
    client: BaseChatModel, opening: Callable[[], Sequence[BaseMessage]]
) -> BaseChatModel:
    """Return the client with these messages, if it makes use of them; else unchanged."""
    if "opening" not in type(client).model_fields:
        return client
    return changed(client, {"opening": tuple(opening())})
