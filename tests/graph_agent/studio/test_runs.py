"""Runs over the server's API: to the end, streamed, with files, several on one thread."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from graph_agent.samples import load_tips
from tests.gemini_server import Text
from tests.graph_agent.cli.command import containers_left, wait_until
from tests.graph_agent.studio.conftest import GRAPH, Studio
from tests.scripted_model import fenced, verdict

TOTAL = Text(fenced("total = int(sales.amount.sum())\nprint(total)"))
GOOD = Text(verdict(True, why="Right."))


def upload(text: str) -> dict[str, str]:
    content = base64.b64encode(text.encode()).decode()
    return {"name": "sales", "content": content, "file_name": "sales.csv"}


def summary_of(out: Any, name: str) -> str:
    variables = out["attempts"][-1]["execution"]["variables"]
    return next(str(variable["summary"]) for variable in variables if variable["name"] == name)


def test_a_file_from_the_servers_folder(studio: Studio) -> None:
    rows = Text(fenced("rows = len(tips)"))
    out = studio.run(
        None,
        [rows, GOOD],
        input={"request": "Count the rows", "files": [{"name": "tips", "path": "tips.csv"}]},
    )
    assert out["success"] is True
    assert out["code"] == "# User request: Count the rows\nrows = len(tips)\n"
    assert "244" in summary_of(out, "rows")
    assert set(out) == {
        *("request", "messages", "success", "reason", "code", "attempts", "usage"),
        "stopped_by",
    }
    assert "total_bill" in studio.gemini.requests[0].prompt


def test_how_a_file_was_read_is_in_the_result_and_the_state(studio: Studio) -> None:
    thread, text = studio.thread(), "plz;amount\n01067;1.234,50\n"
    input_ = {"request": "Add it up", "files": [upload(text)]}
    out = studio.run(thread, [Text(fenced("total = sales.amount.sum()")), GOOD], input=input_)
    assert out["notes"] == ["sales.csv: read as separator ';', decimal ','"]
    assert studio.client.threads.get_state(thread)["values"]["notes"] == out["notes"]  # type: ignore[call-overload]  # a dict here
    again = {"request": "Add it up", "files": [upload("amount\n1\n")]}
    assert studio.run(thread, [TOTAL, GOOD], input=again)["notes"] == []


def test_an_upload_is_not_in_later_checkpoints(studio: Studio) -> None:
    thread, canary = studio.thread(), "row-canary-5b1c"
    text = "amount,who\n" + "\n".join(f"{n},{canary}-{n}" for n in range(400))
    out = studio.run(
        thread,
        [TOTAL, GOOD],
        input={"request": "Add it up", "files": [upload(text)], "privacy": "schema"},
    )
    assert out["success"] is True
    assert "79800" in out["attempts"][0]["execution"]["stdout"]
    state = studio.client.threads.get_state(thread)["values"]
    assert state["files"] == []  # type: ignore[call-overload]  # a dict here
    assert canary not in json.dumps(studio.client.threads.get_state(thread))
    assert all(canary not in request.prompt for request in studio.gemini.requests)
    # Nor does the content as it was sent come up once the first node is through.
    encoded = upload(text)["content"][:200]
    later = [
        snapshot
        for snapshot in studio.client.threads.get_history(thread)
        if snapshot["metadata"]["step"] > 0
    ]  # type: ignore[index]
    assert later
    assert all(encoded not in json.dumps(snapshot["values"]) for snapshot in later)


def test_a_second_request_on_a_thread_starts_over(studio: Studio) -> None:
    thread = studio.thread()
    first = studio.run(
        thread,
        [Text(fenced("1 / 0")), Text(verdict(False)), TOTAL, GOOD],
        input={"request": "Add it up", "files": [upload("amount\n1\n2\n")]},
    )
    assert [attempt["number"] for attempt in first["attempts"]] == [1, 2]
    second = studio.run(
        thread, [Text(fenced("rows = len(sales)")), GOOD], input={"request": "Count the rows"}
    )
    assert second["success"] is True
    assert [attempt["number"] for attempt in second["attempts"]] == [1]
    assert second["usage"]["generate"]["calls"] == 1
    assert "2" in summary_of(second, "rows")


def test_tokens_lines_and_steps_are_streamed(studio: Studio) -> None:
    code = "for n in range(3):\n    print('line', n, flush=True)"
    parts = ["Here.\n\n```python\n", *code.splitlines(keepends=True), "\n```\n"]
    studio.gemini.script([Text("".join(parts), chunks=parts), GOOD])
    stream = studio.client.runs.stream(
        None, GRAPH, input={"request": "Print"}, stream_mode=["updates", "messages-tuple", "custom"]
    )
    seen = [(part.event, part.data) for part in stream]
    kinds = [kind for kind, _ in seen]
    steps = [next(iter(data)) for kind, data in seen if kind == "updates"]
    assert steps == ["generate", "execute", "analyze", "decide"]
    tokens = [
        str(data[0]["content"])
        for kind, data in seen
        if kind == "messages" and "generate" in data[1]["tags"]
    ]
    assert len([token for token in tokens if token]) >= len(parts) - 1
    assert code in "".join(tokens)
    first_step = kinds.index("updates")
    assert kinds.index("messages") < first_step < kinds.index("custom")
    printed = [data for kind, data in seen if kind == "custom" and data.get("event") == "output"]
    assert "".join(chunk["text"] for chunk in printed) == "line 0\nline 1\nline 2\n"


def test_lines_arrive_when_printed_and_cancelling_ends_the_container(
    studio: Studio,
) -> None:
    thread = studio.thread()
    code = "print('up', flush=True)\nimport time\ntime.sleep(45)"
    studio.gemini.script([Text(fenced(code)), GOOD])
    # The attempt is saved and hasn't run: the run can be resumed, and runs the same code.
    for input_ in ({"request": "Wait"}, None):
        run = studio.client.runs.create(
            thread, GRAPH, input=input_, stream_mode=["custom"], stream_resumable=True
        )
        stream = studio.client.runs.join_stream(thread, run["run_id"], stream_mode=["custom"])
        assert any("up" in str(part.data) for part in stream if part.event == "custom")
        assert containers_left(studio.server.pid, serving=True) == 1
        cancelled = time.monotonic()
        studio.client.runs.cancel(thread, run["run_id"], wait=True)
        wait_until(lambda: containers_left(studio.server.pid, serving=True) == 0)
        assert time.monotonic() - cancelled < 30, "it ended by itself"
    assert len(studio.gemini.requests) == 1


def test_the_context_names_model_and_privacy(studio: Studio) -> None:
    canary = "value-canary-91"
    out = studio.run(
        None,
        [TOTAL, GOOD],
        input={
            "request": "Add it up",
            "files": [upload(f"amount,who\n1,{canary}\n")],
            "privacy": "sample",
        },
        context={"model": "gemini-2.5-flash-lite", "privacy": "schema", "max_attempts": 1},
    )
    assert out["success"] is True
    assert all("gemini-2.5-flash-lite" in request.path for request in studio.gemini.requests)
    assert all(canary not in request.prompt for request in studio.gemini.requests)
    assert "amount" in studio.gemini.requests[0].prompt


def test_an_assistant_has_its_own_context(studio: Studio) -> None:
    assistant = studio.client.assistants.create(GRAPH, context={"max_attempts": 1}, name="brief")
    studio.gemini.script([Text(fenced("1 / 0")), Text(verdict(False))])
    out: Any = studio.client.runs.wait(None, assistant["assistant_id"], input={"request": "Go"})
    assert out["success"] is False
    assert len(out["attempts"]) == 1
    assert out["stopped_by"] == "attempts"


@pytest.mark.parametrize("replaced", [load_tips().to_csv(index=False)])
def test_a_file_replaces_an_earlier_one(studio: Studio, replaced: str) -> None:
    thread, rows = studio.thread(), Text(fenced("rows = len(sales)"))
    files = [upload("amount\n1\n")]
    studio.run(thread, [rows, GOOD], input={"request": "Count", "files": files})
    out = studio.run(
        thread, [rows, GOOD], input={"request": "Count again", "files": [upload(replaced)]}
    )
    assert "244" in summary_of(out, "rows")
