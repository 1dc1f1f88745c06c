"""What a follow-up's input has of the run before: variables and results, and the requests."""

from __future__ import annotations

from graph_agent.chat.carried import Carried
from graph_agent.prompts.bounds import MAX_CODE_CHARS, clip
from graph_agent.prompts.conversation import MAX_EARLIER_REQUESTS
from graph_agent.records import EarlierRequest, Json
from graph_agent.state import AgentInput, AgentState
from sandbox.variables.bundle import VariableBundle
from sandbox.variables.composing import Part, composed, parts_of
from sandbox.variables.store import VariableStore

__all__ = ["earlier_requests", "put_together"]


def put_together(carried: Carried, given: AgentInput, store: VariableStore) -> AgentInput:
    """Put the carried variables and the new ones together, with their summaries."""
    new = VariableBundle.from_json(given["variables"])
    parts: list[Part] = [*carried.parts, *parts_of(new)]
    unsendable = {**carried.unsendable, **new.unsendable}
    bundle = composed(parts, store) if parts else store.put_variables({})
    summaries = {summary["name"]: summary for summary in [*carried.summaries, *given["summaries"]]}
    return {
        "variables": {**bundle.to_json(), "unsendable": unsendable},
        "summaries": list(summaries.values()),
    }


def earlier_requests(state: AgentState, source: str) -> list[Json]:
    """Return the requests of a conversation so far, that of the run ``source`` last."""
    attempts = state.get("attempts") or []
    last = EarlierRequest(
        thread_id=source,
        request=state["request"],
        code=clip(str(attempts[-1]["code"]), MAX_CODE_CHARS) if attempts else "",
        success=bool(state.get("success")),
        privacy=state.get("privacy") or "sample",
    )
    return [*(state.get("earlier") or []), last.to_state()][-MAX_EARLIER_REQUESTS:]
