"""What a follow-up takes over from a run: its variables and its results, by reference.

Below ``sample`` only results are taken over whose names people or the model wrote, and of their
descriptions what :mod:`graph_agent.prompts.known_names` lets pass. What was written at a laxer
level than the follow-up's doesn't count as known.
"""

from __future__ import annotations

import mmap
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from graph_agent.errors import ThreadError
from graph_agent.prompts.conversation import may_tell
from graph_agent.prompts.known_names import KnownNames
from graph_agent.records import Json, PrivacyLevel, ValueReference, attempts_of
from graph_agent.state import AgentState
from sandbox.errors import VariableStoreError
from sandbox.results.decode import libraries_of
from sandbox.variables.bundle import StoredResult, VariableBundle
from sandbox.variables.composing import Part, names_of, parts_of, visible
from sandbox.variables.store import VariableStore


@dataclass(frozen=True)
class Carried:
    """Variables of a run, without those that the follow-up is given anew."""

    parts: list[Part]
    summaries: list[Json]
    unsendable: dict[str, str]

    def files(self) -> VariableBundle:
        """Return a bundle with all files, beside which new ones get places of their own."""
        bundles = [part for part in self.parts if isinstance(part, VariableBundle)]
        return VariableBundle("", "", files=tuple(file for each in bundles for file in each.files))


def carried_from(
    state: AgentState,
    source: str,
    level: PrivacyLevel,
    replaced: Collection[str],
    store: VariableStore,
) -> Carried:
    """Take over the variables of the run ``source``; its values stay in the store from now on.

    Args:
        state: the run's.
        source: for the error.
        level: what the follow-up's model may see.
        replaced: names of variables that are given anew.
        store: the values'.

    Raises:
        ThreadError: values are gone; it names their variables.
    """
    stored = state.get("variables")
    bundle = VariableBundle.from_json(stored) if stored else VariableBundle("", "")
    results = list(_results(state, level))
    made = [StoredResult(result.name, result.sha256, 0) for result, _ in results]
    parts = visible([*parts_of(bundle), *made], replaced)
    described = {summary["name"]: summary for summary in state.get("summaries") or []}
    described |= {summary["name"]: summary for _, summary in results}
    unsendable = dict(bundle.unsendable)
    for name in [*described, *unsendable]:
        if name in replaced:
            described.pop(name, None)
            unsendable.pop(name, None)
    return Carried(_kept(parts, source, replaced, store), [*described.values()], unsendable)


def _kept(
    parts: Sequence[Part], source: str, replaced: Collection[str], store: VariableStore
) -> list[Part]:
    kept, gone = list[Part](), set[str]()
    for part in parts:
        try:
            kept.append(_kept_result(part, store) if isinstance(part, StoredResult) else part)
            if isinstance(part, VariableBundle):
                for digest in part.digests():
                    store.keep(digest)
        except VariableStoreError:
            gone.update(names_of(part))
    if lost := sorted(gone - set(replaced)):
        listed = ", ".join(map(repr, lost))
        raise ThreadError(
            f"the values of {listed} of the run {source!r} are no longer in the variable store"
            f" {str(store.root)!r}; give them again (user_variables={{...}}, or --var NAME=FILE),"
            " or ask without following up"
        )
    return kept


def _kept_result(result: StoredResult, store: VariableStore) -> StoredResult:
    size_bytes = store.keep(result.sha256)
    with (
        store.open(result.sha256) as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        memoryview(data) as view,
    ):
        modules = tuple(libraries_of(view))
    return replace(result, bytes=size_bytes, modules=modules)


def _results(state: AgentState, level: PrivacyLevel) -> Iterator[tuple[ValueReference, Json]]:
    """Return the results of the last attempt that ran, each with its description."""
    ran = [attempt.execution for attempt in attempts_of(state) if attempt.execution is not None]
    written_at: PrivacyLevel = state.get("privacy") or "sample"
    is_told = may_tell(written_at, level)
    known = KnownNames(state if is_told else _without_values(state, level))
    for result in ran[-1].variables if ran else ():
        text, kind = result.summary, result.type
        if level != "sample":
            if not known.has(result.name):
                continue
            text = known.told(text if is_told else f"{result.name}: {kind}")
            kind = known.told(kind)
        made_at = "sample" if written_at == "sample" == level else "schema"
        yield (
            result,
            {
                "name": result.name,
                "type": kind,
                "text": text,
                "level": made_at,
                "columns": [],
                "earlier_result": True,
            },
        )


def _without_values(state: AgentState, level: PrivacyLevel) -> AgentState:
    """Leave out what a model wrote that saw more, and what described the data to it."""
    names = [
        {"name": summary["name"], "columns": summary.get("columns")}
        for summary in state.get("summaries") or []
    ]
    return {**state, "attempts": [], "summaries": names, "privacy": level}
