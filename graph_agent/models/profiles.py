"""What is known about a client: what its model can do, and how it was made.

A resumed run makes an equal client from that. What is noted never holds a key.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

__all__ = [
    "ClientSpec",
    "ModelProfile",
    "changed",
    "profile_of",
    "remember",
    "spec_of",
    "varied",
    "with_opening",
]

TEMPERATURE = 0.7
"""Of every answer after the first; at 0 a model repeats itself."""
RETRY_TEMPERATURE = 0.4
"""After a failure: a small model goes astray where it is higher."""
LOCAL_PROVIDER = "local"
REPLAYED = "codegen-agent-replay"
"""The type of the models that replay a suite's programs; they have no judgement."""
_NAME_FIELDS = ("model_name", "model", "model_id", "deployment_name")
_KINDS: weakref.WeakKeyDictionary[type, tuple[str, tuple[str, ...]]] = weakref.WeakKeyDictionary()
"""The provider and the name fields of each class: asking a client takes long, and all nodes do."""


@dataclass(frozen=True)
class ModelProfile:
    """What prompts and nodes need to know about a model.

    ``judges``: its judgement of a result is worth asking for. ``worked_examples``: its
    prompts should have some. ``structured_output``: it can be held to a JSON schema.
    ``context_tokens`` is None if unknown; ``answer_tokens`` of them are for the answer, 0
    if answers have their own limit. ``sees_images``: it accepts pictures.
    """

    name: str
    provider: str
    judges: bool = True
    worked_examples: bool = False
    structured_output: bool = False
    context_tokens: int | None = None
    answer_tokens: int = 0
    sees_images: bool = False

    @property
    def prompt_tokens(self) -> int | None:
        """The most tokens of a prompt; None if unknown."""
        if self.context_tokens is None:
            return None
        return max(0, self.context_tokens - self.answer_tokens)


def profile_of(client: BaseChatModel) -> ModelProfile:
    """Describe any chat model by its own data.

    A small local model doesn't judge: the 1.5B was right in 5 of 8 cases.
    """
    provider, name = _provider_and_name(client)
    if client._llm_type == "codegen-agent-local":
        return ModelProfile(
            name=name,
            provider=LOCAL_PROVIDER,
            judges=False,
            worked_examples=True,
            structured_output=True,
            context_tokens=getattr(client, "context_tokens", None),
            answer_tokens=getattr(client, "max_tokens", 0),
        )
    known = getattr(client, "profile", None)
    data: Mapping[str, Any] = known if isinstance(known, Mapping) else {}
    own_context = getattr(client, "num_ctx", None)  # Ollama's: for prompt and answer together
    tokens = own_context or data.get("max_input_tokens")
    return ModelProfile(
        name=name,
        provider=provider,
        judges=client._llm_type != REPLAYED,
        answer_tokens=own_context // 4 if own_context else 0,
        structured_output=data.get("structured_output") is True,
        context_tokens=tokens if isinstance(tokens, int) and tokens > 0 else None,
        sees_images=data.get("image_inputs") is True,
    )


def _provider_and_name(client: BaseChatModel) -> tuple[str, str]:
    kind = type(client)
    if kind not in _KINDS:
        fields = tuple(field for field in _NAME_FIELDS if hasattr(client, field))
        _KINDS[kind] = (_provider(client), fields)
    provider, fields = _KINDS[kind]
    for attribute in fields:
        value = getattr(client, attribute, None)
        if isinstance(value, str) and value:
            return provider, value.removeprefix("models/")
    return provider, kind.__name__


def _provider(client: BaseChatModel) -> str:
    """Return the provider as LangChain's tracing names it, else the model's type."""
    try:
        provider = client._get_ls_params().get("ls_provider")
    except Exception:  # a custom client may need more than its constructor took
        provider = None
    return provider if isinstance(provider, str) and provider else client._llm_type


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
