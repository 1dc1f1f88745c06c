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

__all__ = ["Question"]

log = logging.getLogger(__name__)

_FORM = 1
"""Of what is hashed; another number makes every answer kept so far a stranger."""
_ADDRESS = re.compile("_(BASE_URL|API_BASE)$")
"""Of variables from which providers' libraries take their address, unknown to the client."""


@dataclass(frozen=True)
class Question:
    """What is asked of whom; ``schema`` where the answer is to be such a record."""

    client: BaseChatModel
    messages: Sequence[BaseMessage]
    tag: str
    config: RunnableConfig | None = None
    schema: type[BaseModel] | None = None

    def key(self) -> str | None:
        """Hash all that the answer depends on; None where the client does not tell what it is.

        Keys that grant access are no part of it.
        """
        try:
            asked = {
                "form": _FORM,
                "model": _identity(self.client),
                "addresses": sorted(one for one in os.environ.items() if _ADDRESS.search(one[0])),
                "schema": None if self.schema is None else self.schema.model_json_schema(),
                "messages": [{"role": one.type, "content": one.content} for one in self.messages],
            }
            return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        except Exception as exc:  # of any provider's class; its text may hold what the client does
            log.info("answers of this client cannot be kept (%s)", type(exc).__name__)
            return None


def _identity(client: BaseChatModel) -> list[Any]:
    """Tell a client's class and all of its settings.

    LangChain's own description leaves out what it cannot serialize, and is made once: the
    parameters of the call as they are now stand beside it. A client that has none is told
    by its fields.

    Raises:
        Exception: a field is nothing that JSON can tell.
    """
    kind = type(client)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if client.is_lc_serializable():
        now = sorted(client._identifying_params.items())
        return [name, client._get_llm_string(), [[key, repr(value)] for key, value in now]]
    paths = [value for value in vars(client).values() if isinstance(value, Path)]
    # Other weights under the same name are another model.
    files = [[one.st_size, one.st_mtime_ns] for one in (path.stat() for path in paths)]
    return [name, client.model_dump(mode="json", warnings=False), files]
