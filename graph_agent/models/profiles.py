"""What a model is fit for, as far as it can be told without asking it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

__all__ = ["ModelProfile", "profile_of"]

LOCAL_PROVIDER = "local"


@dataclass(frozen=True)
class ModelProfile:
    """What prompts and nodes need to know of a model.

    ``judges``: its opinion of a result is worth asking for. ``worked_examples``:
    its prompts should hold some. ``structured_output``: it can be held to a JSON
    schema. ``context_tokens`` is None where nobody knows; ``answer_tokens`` of
    them are the answer's, 0 where that is counted apart. ``sees_images``: it may
    be sent pictures.
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
        """What a prompt may have; None where nobody knows."""
        if self.context_tokens is None:
            return None
        return max(0, self.context_tokens - self.answer_tokens)


def profile_of(client: BaseChatModel) -> ModelProfile:
    """Describe any chat model, from its own data where it has some.

    A small local model does not judge: the 1.5B was right 5 times of 8.
    """
    name = _name(client)
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
    tokens = data.get("max_input_tokens")
    return ModelProfile(
        name=name,
        provider=_provider(client),
        structured_output=data.get("structured_output") is True,
        context_tokens=tokens if isinstance(tokens, int) and tokens > 0 else None,
        sees_images=data.get("image_inputs") is True,
    )


def _name(client: BaseChatModel) -> str:
    for field in ("model_name", "model", "model_id", "deployment_name"):
        value = getattr(client, field, None)
        if isinstance(value, str) and value:
            return value.removeprefix("models/")
    return type(client).__name__


def _provider(client: BaseChatModel) -> str:
    """Name the provider as LangChain's tracing does, falling back to the model's type."""
    try:
        provider = client._get_ls_params().get("ls_provider")
    except Exception:  # a custom client may need more than its constructor took
        provider = None
    return provider if isinstance(provider, str) and provider else client._llm_type
