"""``python -m tests.benchmarks.local_model_child WEIGHTS STATES``: one question in a new process.

Prints JSON: seconds until the server runs, until it has read the opening, and until the answer
begins; all from the first call on.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from graph_agent.models import profile_of
from graph_agent.models.local.chat_model import LocalChatModel
from graph_agent.models.local.opening import read_opening
from graph_agent.models.local.prompt_states import PromptStates
from graph_agent.models.local.server import SHARED_SERVERS
from graph_agent.prompts.generation import generation_messages
from graph_agent.state import AgentState
from nodes.opening import opening_messages

PACKAGES = {"numpy": "2.3.0", "pandas": "3.0.0", "matplotlib": "3.10.0", "seaborn": "0.13.0"}
TIPS = """\
tips: pandas.DataFrame, 244 rows × 7 columns
  columns:
    'total_bill': float64
    'tip': float64
    'sex': str, 2 unique ('Female', 'Male')
    'smoker': str, 2 unique ('No', 'Yes')
    'day': str, 4 unique
    'time': str, 2 unique ('Dinner', 'Lunch')
    'size': int64"""
REQUEST = AgentState(
    request="Average tip percentage by day and time as a pivot table, and a heatmap",
    summaries=[{"name": "tips", "text": TIPS}],
)


def main(weights: str, states: str) -> None:
    """Ask the question of the README."""
    model = LocalChatModel(
        model_name="local", path=Path(weights), states=PromptStates(Path(states)), max_tokens=8
    )
    profile = profile_of(model)
    model.opening = tuple(opening_messages(profile, PACKAGES))
    messages = generation_messages(REQUEST, [], profile, PACKAGES)
    started = time.perf_counter()
    server = SHARED_SERVERS.get(model.path, model.context_tokens, model.states)
    loaded_s = time.perf_counter() - started
    read_opening(server, model)
    read_s = time.perf_counter() - started
    next(chunk for chunk in model.stream(messages) if chunk.text)
    first_token_s = time.perf_counter() - started
    print(json.dumps({"loaded": loaded_s, "read": read_s, "first token": first_token_s}))


if __name__ == "__main__":
    main(*sys.argv[1:])
