"""The variable store that the settings name."""

from __future__ import annotations

import functools

from graph_agent.config.settings import Settings
from sandbox.variables.shared import SharedBlobs
from sandbox.variables.store import VariableStore

__all__ = ["variable_store"]


def variable_store(settings: Settings) -> VariableStore:
    """Return the store in the state folder, with the shared one behind it if there is one."""
    url = settings.shared_store
    shared = None if url is None else _shared(url)
    return VariableStore(settings.state_dir / "variables", shared=shared)


@functools.lru_cache(maxsize=8)
def _shared(url: str) -> SharedBlobs:
    return SharedBlobs(url)  # it remembers what is there, so that nothing is asked twice
