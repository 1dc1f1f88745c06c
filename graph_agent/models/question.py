"""A question to a model, and the hash that tells it from every other."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig
    from pydantic import BaseModel

    from graph_agent.models.profiles import ModelProfile

__all__ = ["Question"]

log = logging.getLogger(__name__)

ATTEMPT_KEY = "codegen_agent_attempt"
"""In the metadata of a call's trace: the attempt's number."""
_FORMAT = 1
"""Of what is hashed; a new number makes all cached answers unknown."""
_ADDRESS = re.compile("_(BASE_URL|API_BASE)$")
"""Variables that providers' libraries read their address from; the client doesn't show it."""


@dataclass(frozen=True)
class Question:
    """Messages for a client with its profile; with a ``schema`` the answer must be such a record.

    The model is held to the schema if it can be; otherwise the messages must ask for
    JSON. ``tag`` is added to the tags of ``config``, whose callbacks stay in force.
    """

    client: BaseChatModel
    profile: ModelProfile
    messages: Sequence[BaseMessage]
    tag: str
    config: RunnableConfig | None = None
    schema: type[BaseModel] | None = None
    variant: int = 0
    """Tells questions apart that are asked again for another answer."""
    attempt: int | None = None
    """The attempt that it is asked for, which traces tell."""

    def sent(self) -> list[dict[str, Any]]:
        """Return role and content of each message, as LangChain has them."""
        return [{"role": message.type, "content": message.content} for message in self.messages]

    def key(self) -> str | None:
        """Hash all that the answer depends on; None if the client can't be described.

        Keys that grant access aren't part of it.
        """
        try:
            asked = {
                "form": _FORMAT,
                "model": _identity(self.client),
                "addresses": sorted(
                    variable for variable in os.environ.items() if _ADDRESS.search(variable[0])
                ),
                "schema": None if self.schema is None else self.schema.model_json_schema(),
                "messages": self.sent(),
            }
            if self.variant:
                asked["variant"] = self.variant
            return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        except Exception as exc:  # any provider's class; its text may show the client's content
            log.info("answers of this client cannot be kept (%s)", type(exc).__name__)
            return None


def _identity(client: BaseChatModel) -> list[Any]:
    """Return a client's class and all of its settings.

    LangChain's own description is made once and leaves out what it can't serialize, so the
    call's present parameters stand beside it. A client that LangChain can't serialize is
    described by its fields.

    Raises:
        Exception: a field can't be written as JSON.
    """
    kind = type(client)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if client.is_lc_serializable():
        now = sorted(client._identifying_params.items())
        return [name, client._get_llm_string(), [[key, repr(value)] for key, value in now]]
    paths = [value for value in vars(client).values() if isinstance(value, Path)]
    # Other weights under the same name are another model.
    files = [[found.st_size, found.st_mtime_ns] for found in (path.stat() for path in paths)]
    # An HTTP client's options have no part in an answer, and can't always be written.
    fields = client.model_dump(mode="json", warnings=False, exclude={"client_kwargs"})
    return [name, fields, files]
