"""Says that a call will be repeated, and waits as long as the provider asks to.

LangGraph repeats the node, after a wait of its own that is the least: what a provider asks for
beyond that is waited for here.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from typing import Any

from graph_agent.errors import ModelTransientError
from graph_agent.models.calls import Steps, Work
from graph_agent.models.retry_waits import MAX_ATTEMPTS, policy_wait_s, retry_text, wait_s

__all__ = ["RETRY_EVENT", "with_waits"]

log = logging.getLogger(__name__)
RETRY_EVENT = "retry"


def with_waits(node: Callable[..., Steps[Any]]) -> Callable[..., Steps[Any]]:
    """Make a node announce and await its repetition when its model can't answer."""

    @functools.wraps(node)
    def steps(state: Any, config: Any, runtime: Any) -> Steps[Any]:
        try:
            return (yield from node(state, config, runtime))
        except ModelTransientError as error:
            info = runtime.execution_info
            failed = 1 if info is None else info.node_attempt
            if failed < MAX_ATTEMPTS:
                total_s = wait_s(failed, error.retry_after_s)
                log.warning("%s", retry_text(error.reason, total_s))
                runtime.stream_writer(
                    {"event": RETRY_EVENT, "reason": error.reason, "wait_s": total_s}
                )
                yield Work(lambda: time.sleep(total_s - policy_wait_s(failed)))
            raise

    return steps
