"""Options that several commands share: limits and approval."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.budget import Budget
from graph_agent.cli.options import LIMIT_OPTIONS, approve_from, budget_from, read_options_from
from graph_agent.errors import RequestError
from graph_agent.files.reading import ReadOptions
from tests.gemini_server import GeminiServer, Reply, Text
from tests.graph_agent.cli.command import Command
from tests.scripted_model import fenced, verdict

FAILS: list[Reply] = [
    reply
    for number in range(1, 5)
    for reply in (Text(fenced(f"{number} / 0")), Text(verdict(False, why="No.")))
]


@pytest.mark.parametrize(
    ("always", "risky", "approve"),
    [(None, False, None), (True, False, "always"), (False, False, "never"), (None, True, "risky")],
)
def test_approval_options(always: bool | None, risky: bool, approve: str | None) -> None:
    assert approve_from(always, risky) == approve


@pytest.mark.parametrize("always", [True, False])
def test_contradicting_approval_options(always: bool) -> None:
    with pytest.raises(RequestError, match="--approve-risky"):
        approve_from(always, risky=True)


def test_options_about_files() -> None:
    assert read_options_from(None, None, None, None) == ReadOptions()
    assert read_options_from("cp1252", "tab", ",", "May") == ReadOptions(
        encoding="cp1252", separator="\t", decimal=",", sheet="May"
    )
    with pytest.raises(RequestError, match="'::'"):
        read_options_from(None, "::", None, None)


def test_every_limit_has_an_option_and_is_a_field_of_the_budget() -> None:
    limits = budget_from(1, 2, 3.0, 4.0)
    assert set(LIMIT_OPTIONS) == {"attempts", *limits}
    assert Budget(**limits, input_price=1.0, output_price=2.0).model_calls == 1
    assert budget_from(None, 2, None, None) == {"tokens": 2}


@pytest.mark.parametrize(
    ("option", "low", "high", "name"),
    [
        ("--max-attempts", "1", "2", "attempts"),
        ("--max-calls", "2", "4", "model_calls"),
        ("--max-tokens", "36", "72", "tokens"),
        ("--max-time", "0.001", "0.002", "time_s"),
        ("--max-cost", "0.00005", "0.0001", "cost"),
    ],
)
def test_each_limit(tmp_path: Path, option: str, low: str, high: str, name: str) -> None:
    prices = {"CODEGEN_AGENT_PRICES": "1,2"}
    with GeminiServer(FAILS) as server:
        command = Command(tmp_path / "work", server)
        done = command.here("run", "Go", option, low, "--json", **prices)
        assert done.code == 1, done.err
        assert done.json["stopped_by"] == name
        assert done.json["cost"] == pytest.approx(len(server.requests) * 25e-6)
        thread, asked = done.json["thread_id"], len(server.requests)
        same = command.here("resume", thread, option, low, "--verbose")
        assert same.code == 1
        assert f"**Stopped By:** the limit on {name}" in same.out
        assert f"codegen-agent resume {thread} {option} MORE" in same.err
        assert len(server.requests) == asked
        more = command.here("resume", thread, option, "60" if name == "time_s" else high, "--json")
        assert more.code == 1, more.err
        numbers = [attempt["number"] for attempt in more.json["attempts"]]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) > len(done.json["attempts"])
        assert len(server.requests) == sum(used["calls"] for used in more.json["usage"].values())


def test_a_result_of_another_type_is_not_solved(tmp_path: Path) -> None:
    wrong, right = Text(fenced("answer = 0.6")), Text(fenced("answer = 0.6 > 0.5"))
    with GeminiServer([wrong, Text(verdict(True)), right, Text(verdict(True))]) as server:
        done = Command(tmp_path / "work", server).here(
            "run", "Is it more?", "--return", "answer:bool", "--json"
        )
    assert done.code == 0, done.err
    first, second = (attempt["analysis"] for attempt in done.json["attempts"])
    assert (first["success"], first["judged_by"]) == (False, "rules")
    assert "not a bool" in first["explanation"]
    assert (second["success"], second["judged_by"]) == (True, "model")
    assert done.json["variables"]["answer"]["value"] is True


def test_an_unknown_type_is_refused(tmp_path: Path) -> None:
    with GeminiServer([]) as server:
        done = Command(tmp_path / "work", server).here("run", "Go", "--return", "answer:boolean")
    assert done.code == 2
    assert "bool" in done.err
    assert server.requests == []
