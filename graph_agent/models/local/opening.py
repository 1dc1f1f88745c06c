"""Let a new server read the opening of the prompts before anything else.

The opening is the same for all requests and the slowest part to read. A server's first prompt
is the opening alone, so that the state kept on disk has nothing of a request in it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from langchain_core.messages import BaseMessage, HumanMessage, convert_to_openai_messages

from graph_agent.models.local.prompt_states import PromptStates, state_key

if TYPE_CHECKING:
    import httpx

    from graph_agent.models.local.server import LocalServer

__all__ = ["read_opening"]

log = logging.getLogger(__name__)


class Reader(Protocol):
    """What is needed of the chat model."""

    path: Path
    context_tokens: int
    timeout_s: float
    opening: tuple[BaseMessage, ...]
    slot: int


def read_opening(server: LocalServer, model: Reader) -> None:
    """Make a slot that has done nothing yet read the model's opening, or load its state.

    Nothing here is needed for an answer, so a failure is only logged. A server that can't load
    a state is closed, and the state removed.
    """
    with server.lock:
        if model.slot in server.used:
            return
        server.used.add(model.slot)
        if server.states is None or not model.opening:
            return
        messages = _as_sent(model.opening)
        key = state_key(model.path, model.context_tokens, messages)
        found = server.states.find(key)
        with _connection(server, model.timeout_s) as http:
            if found is None:
                _read_and_save(http, server.states, key, messages, model.slot)
            elif not _restored(http, found, model.slot):
                server.states.discard(found)
                server.close()


def _as_sent(opening: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    return list(convert_to_openai_messages([*opening, HumanMessage("")]))


@contextmanager
def _connection(server: LocalServer, timeout_s: float) -> Iterator[httpx.Client]:
    import httpx

    headers = {"Authorization": f"Bearer {server.api_key}"}
    with httpx.Client(
        base_url=server.url, headers=headers, timeout=timeout_s, trust_env=False
    ) as http:
        yield http


def _restored(http: httpx.Client, found: Path, slot: int) -> bool:
    try:
        _slot(http, slot, "restore", found)
    except (OSError, ValueError) as error:
        log.info("the prompt state %s can't be used: %s", found.name, error)
        return False
    return True


def _read_and_save(
    http: httpx.Client,
    states: PromptStates,
    key: str,
    messages: list[dict[str, Any]],
    slot: int,
) -> None:
    part = states.new_part(key)
    try:
        asked = {"messages": messages, "max_tokens": 0, "id_slot": slot}
        read = _post(http, "/v1/chat/completions", asked)
        states.keep(part, _saved_bytes(http, slot, part, read["usage"]["prompt_tokens"]), key)
    except (OSError, ValueError, KeyError) as error:
        log.info("the prompt state can't be kept in %s: %s", states.folder, error)
    finally:
        states.discard(part)


def _saved_bytes(http: httpx.Client, slot: int, part: Path, tokens: int) -> int:
    """Write what the server has read: the opening and nothing else."""
    saved = _slot(http, slot, "save", part)
    if saved["n_saved"] != tokens:
        raise OSError(f"it holds {saved['n_saved']} tokens, not the opening's {tokens}")
    return int(saved["n_written"])


def _slot(http: httpx.Client, slot: int, action: str, file: Path) -> dict[str, Any]:
    return _post(http, f"/slots/{slot}?action={action}", {"filename": file.name})


def _post(http: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Call the server.

    Raises:
        OSError: it refuses, or can't be reached.
        ValueError: the answer isn't JSON.
    """
    import httpx

    try:
        answer = http.post(path, json=body).raise_for_status().json()
    except httpx.HTTPError as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    return dict(answer)
