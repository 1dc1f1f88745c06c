"""``model list``: the local models, what they need, and what is known of their answers."""

from __future__ import annotations

import os
from dataclasses import dataclass

from graph_agent.cli.exits import print_json, say, tell
from graph_agent.config.settings import load_settings
from graph_agent.models.local.catalog import LOCAL_WEIGHTS, Weights
from graph_agent.models.local.prompt_states import PromptStates
from graph_agent.models.local.weights import is_fetched

UNMEASURED = "not measured yet"


@dataclass(frozen=True)
class Listed:
    """A model in the list; sizes in bytes, about right where ``exact_size`` is false."""

    name: str
    title: str
    fetched: bool
    disk_bytes: int
    exact_size: bool
    memory_bytes: int
    score: str | None
    source: str


def list_models(as_json: bool) -> None:
    """Print each local model."""
    settings = load_settings()
    models = [
        _listed(weights, is_fetched(weights, settings.cache_dir))
        for weights in LOCAL_WEIGHTS.values()
    ]
    states, state_bytes = PromptStates.in_cache(settings.cache_dir).size()
    memory = memory_bytes()
    if as_json:
        listed = [vars(model) for model in models]
        kept = {"count": states, "bytes": state_bytes}
        print_json({"models": listed, "memory_bytes": memory, "prompt_states": kept})
        return
    for model in models:
        for line in _lines(model):
            say(line)
    tell("`codegen-agent model fetch NAME` downloads one")
    if memory is not None:
        tell(f"this machine has {_gb(memory)} of memory")
    tell(
        "others: --model local:FILE.gguf (any GGUF file), ollama:NAME, openai:NAME (with"
        " OPENAI_BASE_URL any server that speaks its protocol)"
    )


def memory_bytes() -> int | None:
    """Return how much memory this machine has; None if the system doesn't say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows
        return None


def _listed(weights: Weights, fetched: bool) -> Listed:
    return Listed(
        name=weights.name,
        title=weights.title,
        fetched=fetched,
        disk_bytes=weights.size_bytes,
        exact_size=weights.sha256 is not None,
        memory_bytes=weights.memory_bytes,
        score=weights.score,
        source=f"https://huggingface.co/{weights.hub_repo}",
    )


def _lines(model: Listed) -> tuple[str, str]:
    fetched = ", fetched" if model.fetched else ""
    about = "" if model.exact_size else "about "
    disk, memory = _gb(model.disk_bytes), _gb(model.memory_bytes)
    needs = f"{about}{disk} of disk, {about}{memory} of memory"
    score = model.score or UNMEASURED
    return f"{model.name:12} {model.title}{fetched}", f"{'':12} {needs}; right answers: {score}"


def _gb(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB"
