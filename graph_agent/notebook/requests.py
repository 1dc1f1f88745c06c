"""Makes the workflow of a magic's request: a new one, or the next of this notebook's conversation.

The code gets what the notebook has now: not what an earlier request returned and nobody accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from langchain_core.language_models import BaseChatModel

from graph_agent.config.settings import load_settings
from graph_agent.notebook.options import Asked
from graph_agent.request import CodeGenerationRequest, RequestOptions
from graph_agent.results.result import CodeGenerationResult
from graph_agent.workflow import AgentWorkflow


@dataclass(frozen=True)
class Earlier:
    """The request before: its run, its model as it was typed, and the names it knew."""

    thread_id: str
    request: str
    model: str | None
    names: list[str]

    @classmethod
    def of(cls, result: CodeGenerationResult, model: str | None) -> Self:
        """Describe a run that has ended."""
        state: Mapping[str, Any] = result.output  # it has more channels than its type
        given = [str(summary["name"]) for summary in state.get("summaries") or ()]
        names = list(dict.fromkeys([*given, *result.variables]))
        return cls(result.thread_id, str(state.get("request") or ""), model, names)


def workflow_for(
    asked: Asked,
    values: Mapping[str, Any],
    checks: str | None,
    client: BaseChatModel | str | None,
    earlier: Earlier | None,
) -> AgentWorkflow:
    """Return the workflow that answers a request about these values.

    Raises:
        CodegenError, RequestError: an option is unusable.
    """
    settings = load_settings()
    options: RequestOptions = {
        "user_variables": values,
        "checks": checks,
        "returns": _names(asked.get("--returns")),
        "candidates": asked.number("--candidates"),
    }
    if (level := asked.get("--privacy")) is not None:
        options["privacy"] = level  # type: ignore[typeddict-item]  # the request checks it
    attempts = asked.number("--max-attempts")
    if earlier is None:
        options["approve"] = "always" if asked.has("--approve") else settings.approve
        budget = settings.prices_and({})
        request = CodeGenerationRequest(asked.request, **options, budget=budget)
        return AgentWorkflow(request, client, attempts, settings=settings)
    if asked.has("--approve"):
        options["approve"] = "always"
    return AgentWorkflow.follow_up(
        earlier.thread_id,
        asked.request,
        client,
        attempts,
        without=[name for name in earlier.names if name not in values],
        settings=settings,
        **options,
    )


def _names(text: str | None) -> list[str] | None:
    return None if text is None else text.replace(",", " ").split()
