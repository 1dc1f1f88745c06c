"""The schemas that the server shows, and the errors that its clients see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk import get_sync_client

from graph_agent.context import AgentContext
from graph_agent.state import AgentInput, AgentOutput, AgentState
from tests.gemini_server import Failure, Text
from tests.graph_agent.cli.command import KEY
from tests.graph_agent.studio.conftest import GRAPH, Studio
from tests.scripted_model import fenced, verdict
from tests.studio_server import REPO, studio_server


def schema(studio: Studio, kind: str) -> dict[str, Any]:
    assistant = studio.client.assistants.search(graph_id=GRAPH)[0]
    found: dict[str, Any] = studio.client.assistants.get_schemas(assistant["assistant_id"])[kind]  # type: ignore[literal-required]  # a variable
    return found


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("input_schema", AgentInput.__annotations__),
        ("output_schema", AgentOutput.__annotations__),
        ("context_schema", AgentContext.__annotations__),
    ],
)
def test_schemas_are_complete_and_describe_each_field(
    studio: Studio, kind: str, fields: dict[str, Any]
) -> None:
    properties = schema(studio, kind)["properties"]
    assert set(properties) == set(fields)
    undescribed = [name for name, field in properties.items() if not field.get("description")]
    assert undescribed == []


def test_the_state_schema_is_complete(studio: Studio) -> None:
    properties = schema(studio, "state_schema")["properties"]
    assert set(properties) == {*AgentInput.__annotations__, *AgentState.__annotations__}


def test_the_fields_of_a_file_are_described(studio: Studio) -> None:
    form = schema(studio, "input_schema")["$defs"]["GivenFile"]
    assert {"name", "path", "content", "file_name"} == set(form["properties"])
    assert all(field["description"] for field in form["properties"].values())


def test_the_detector_of_blocking_calls_is_on(studio: Studio) -> None:
    answer: Any = studio.client.runs.wait(
        None, "blocking", input={"messages": []}, raise_error=False
    )
    assert answer["__error__"]["error"] == "BlockingError"
    assert "time.sleep" in studio.server.log


@pytest.mark.parametrize(
    ("input_", "says"),
    [
        ({"request": "  "}, "the request is empty"),
        ({}, "the request is empty"),
        ({"request": "Go", "files": [{"path": "tips.csv"}]}, "name"),
        ({"request": "Go", "files": "tips.csv"}, "files"),
        ({"request": "Go", "files": [{"name": "a", "path": "../secret.csv"}]}, "no file"),
        ({"request": "Go", "max_attempts": 0}, "attempts"),
        ({"request": "Go", "max_attempts": "many"}, "attempts"),
        ({"request": "Go", "budget": {"tokns": 5}}, "tokns"),
        ({"request": "Go", "budget": "much"}, "budget"),
        ({"request": "Go", "privacy": "none"}, "schema, stats, sample"),
        ({"request": "Go", "approve": "maybe"}, "never, risky, always"),
        ({"request": "Go", "returns": "x"}, "returns"),
        ({"request": "Go", "checks": "assert ("}, "checks"),
        ({"request": "Go", "variables": "x"}, "variables"),
        ({"request": "Go", "variables": {"n": 1}}, "to_input()"),
        ({"request": "Go", "summaries": "x"}, "summaries"),
    ],
)
def test_bad_input_is_an_error_of_one_line(studio: Studio, input_: Any, says: str) -> None:
    answer = studio.run(None, [], input=input_, raise_error=False)
    error = answer["__error__"]
    assert says in error["message"]
    assert "\n" not in error["message"]
    assert error["error"].endswith("Error")
    assert studio.gemini.requests == []


def test_an_error_of_the_provider_does_not_show_the_key(studio: Studio) -> None:
    answer = studio.run(
        None, [Failure(400, f"key {KEY} not valid")], input={"request": "Go"}, raise_error=False
    )
    assert answer["__error__"]["error"] == "ModelRequestError"
    assert KEY not in str(answer)
    assert KEY not in studio.server.log


def test_an_unusable_engine_fails_before_the_model_is_asked(studio: Studio, tmp_path: Path) -> None:
    environ = {
        "GOOGLE_GEMINI_BASE_URL": studio.gemini.url,
        "GEMINI_API_KEY_FOR_CODEGEN_AGENT": KEY,
        "DOCKER_HOST": "unix:///nowhere.sock",
    }
    studio.gemini.script([Text(fenced("x = 1")), Text(verdict(True))])
    with (
        studio_server(tmp_path / "server", environ) as server,
        get_sync_client(url=server.url) as client,
    ):
        answer: Any = client.runs.wait(None, GRAPH, input={"request": "Go"}, raise_error=False)
    assert answer["__error__"]["error"] == "EngineUnreachableError"
    assert "nowhere.sock" in answer["__error__"]["message"]
    assert studio.gemini.requests == []


def test_the_server_writes_nothing_into_the_repo(studio: Studio) -> None:
    assert (studio.server.folder / ".langgraph_api").is_dir()
    assert not (REPO / ".langgraph_api").exists()
