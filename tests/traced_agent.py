"""A program that runs the graph on recognisable values, for tests of tracing.

``python -m tests.traced_agent LEVEL`` prints the model's prompts. It includes an error, a
resume, a failed check, an update, and a run inside another one.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import pandas as pd
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import SecretStr

from graph_agent import CodeGenerationRequest, ModelRequestError, build_graph
from graph_agent.config.settings import load_settings
from sandbox import DockerSandbox, SandboxPolicy, VariableStore
from tests.scripted_model import ScriptedModel, fenced, verdict

RAISES = """\
import sys, warnings
print(df["name"].to_string())
warnings.warn(df["name"][1])
print(motto, file=sys.stderr)
raise ValueError(f"bad {df['name'][2]}")
"""
FAILS_THE_CHECK = """\
class Odd:
    def __repr__(self):
        return df["name"][8]

odd, done, first = Odd(), False, df["name"][3]
df["name"][4]
"""
SUCCEEDS = """\
done, best = True, df.head(3)
print(best)
df["name"][5]
"""


class KeyedModel(ScriptedModel):
    """A scripted model with a key."""

    api_key: SecretStr


def main(level: str) -> None:
    """Run the graph in every way that is traced, and print the prompts."""
    settings = load_settings()
    assert settings.gemini_api_key is not None
    key = settings.gemini_api_key.get_secret_value()
    model = KeyedModel(
        api_key=settings.gemini_api_key,
        codes=[fenced(code) for code in (RAISES, FAILS_THE_CHECK, SUCCEEDS, SUCCEEDS)],
        verdicts=[RuntimeError(f"the key {key} is bad"), verdict(False, why="No.", plan="Fix it.")],
    )
    store = VariableStore(settings.state_dir / "variables")
    df = pd.DataFrame({"name": [f"row{i:05d}x" for i in range(3_000)]})
    request: Any = CodeGenerationRequest(
        "Count the names",
        {"df": df, "motto": "mottocanary"},
        checks="assert done, 'not done: ' + df['name'][7]",
        privacy=level,  # type: ignore[arg-type]
    ).to_input(store)
    thread: Any = {"configurable": {"thread_id": "t1"}, "metadata": {"mine": "metadatacanary"}}
    with DockerSandbox(SandboxPolicy(timeout_s=30, memory="1g")) as sandbox:
        graph: Any = build_graph(
            model, InMemorySaver(), sandbox=sandbox, store=store, settings=settings
        )
        try:
            graph.invoke(request, thread)
        except ModelRequestError:
            out = graph.invoke(None, thread)
        assert out["success"], out
        assert [bool(attempt["execution"]["check_error"]) for attempt in out["attempts"]] == [
            0,
            1,
            0,
        ]
        graph.update_state(thread, {"attempts": out["attempts"]})

        async def inside(note: str) -> str:
            await graph.ainvoke(request, {"configurable": {"thread_id": "t2"}})
            return f"answer to {note}"

        asyncio.run(RunnableLambda(inside, name="outer").ainvoke("outernote"))
    json.dump([model.prompt(i) for i in range(len(model.seen))], sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
