"""What is special about the clients of servers that people run themselves.

Servers that speak OpenAI's protocol (vLLM, llama.cpp, LM Studio) usually need no key, but its
client does. Ollama cuts the start off a prompt that is longer than the context it was given.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

__all__ = ["OLLAMA_CONTEXT_TOKENS", "server_options"]

OLLAMA_CONTEXT_TOKENS = 8192
"""What our prompts are made for; Ollama's default may be half of it, and it doesn't say so."""
_NO_KEY = "none"
_OPENAI_ADDRESSES = ("OPENAI_BASE_URL", "OPENAI_API_BASE")


def server_options(
    model: str, timeout_s: float, http: Mapping[str, Any], given: Mapping[str, object]
) -> dict[str, object]:
    """Return more arguments for the client of ``provider:model``.

    ``http``: those of an HTTP client, which limit answers. ``given``: the caller's arguments.
    """
    if model.startswith("ollama:"):
        kwargs = {**http, "timeout": timeout_s}
        return {"num_ctx": OLLAMA_CONTEXT_TOKENS, "client_kwargs": kwargs}
    if model.startswith("openai:"):
        addresses = (given.get("base_url"), *map(os.environ.get, _OPENAI_ADDRESSES))
        keys = (given.get("api_key"), os.environ.get("OPENAI_API_KEY"))
        needs_key = any(addresses) and not any(keys)
        return {**_openai_clients(http), **({"api_key": _NO_KEY} if needs_key else {})}
    return {}


def _openai_clients(http: Mapping[str, Any]) -> dict[str, object]:
    try:
        from openai import DefaultAsyncHttpxClient, DefaultHttpxClient
    except ImportError:  # what is missing is said where the client is made
        return {}
    return {
        "http_client": DefaultHttpxClient(**http),
        "http_async_client": DefaultAsyncHttpxClient(**http),
    }
