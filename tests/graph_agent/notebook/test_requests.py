"""How a magic's request becomes a workflow."""

from __future__ import annotations

import pytest

from graph_agent.errors import RequestError
from graph_agent.notebook.messages import CodegenError
from graph_agent.notebook.options import Asked
from graph_agent.notebook.requests import Earlier, workflow_for
from tests.graph_agent.results.test_answer_text import result
from tests.scripted_model import ScriptedModel


def test_what_an_earlier_run_knew() -> None:
    done = result({"share": 1}, summaries=[{"name": "tips"}], request="Count")
    assert Earlier.of(done, "m") == Earlier("t", "Count", "m", ["tips", "share"])


@pytest.mark.parametrize("earlier", [None, Earlier("t", "Count", None, ["tips"])])
def test_bad_options_are_refused_before_anything_starts(earlier: Earlier | None) -> None:
    for option, value, error in (
        ("--privacy", "all", RequestError),
        ("--candidates", "99999", RequestError),
        ("--max-attempts", "x", CodegenError),
        ("--returns", "1x", RuntimeError),
    ):
        asked = Asked("Go", [], {option: value})
        with pytest.raises(error):
            workflow_for(asked, {}, None, ScriptedModel(), earlier)


def test_each_request_is_a_run_of_its_own() -> None:
    earlier = Earlier("t", "Count", None, ["tips"])
    asked = Asked("Go", [], {"--approve": "", "--returns": "a, b"})
    first = workflow_for(asked, {"tips": 1}, None, ScriptedModel(), None)
    second = workflow_for(asked, {"tips": 1}, None, ScriptedModel(), earlier)
    assert first.thread_id != second.thread_id != "t"
