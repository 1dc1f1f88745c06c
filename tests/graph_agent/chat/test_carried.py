"""What a follow-up takes over, and what it tells of it at each level."""

from __future__ import annotations

from typing import Any

import pytest

from graph_agent.chat.carried import carried_from
from graph_agent.config.settings import Settings
from graph_agent.records import PrivacyLevel
from nodes.recording.recording import to_record
from sandbox import VariableStore
from sandbox.variables.composing import names_of
from tests.graph_agent.runs.stored import store_of
from tests.one_container import OneContainer

CODE = """\
total = {'cnrykey': len(df)}
globals()[df['who'][0]] = 1
made = type(df['who'][1], (), {})
"""


@pytest.fixture
def sandbox(one_container: OneContainer) -> OneContainer:
    """One container: how code runs isn't what is tested here."""
    return one_container


@pytest.fixture
def store(settings: Settings) -> VariableStore:
    return store_of(settings)


def state_of(
    sandbox: OneContainer, store: VariableStore, level: PrivacyLevel, code: str = CODE
) -> Any:
    import pandas as pd

    frame = pd.DataFrame({"who": ["cnryone", "cnrytwo"]})
    bundle = store.put_variables({"df": frame, "gone": 1})
    run = sandbox.run(code, bundle, store=store)
    assert run.outcome == "ok", run.error
    text = "df: pandas.DataFrame, cnryone" if level == "sample" else "df: pandas.DataFrame"
    return {
        "request": "Total",
        "privacy": level,
        "variables": {**bundle.to_json(), "unsendable": {"lock": "a lock", "socket": "a socket"}},
        "summaries": [{"name": "df", "type": "pandas.DataFrame", "text": text, "level": level}],
        "attempts": [
            {"number": 1, "code": code, "execution": to_record(run, store, level).to_state()}
        ],
    }


def carried(state: Any, store: VariableStore, level: PrivacyLevel, *replaced: str) -> Any:
    return carried_from(state, "first", level, replaced, store)


def test_at_sample_all_is_taken_over(sandbox: OneContainer, store: VariableStore) -> None:
    taken = carried(state_of(sandbox, store, "sample"), store, "sample", "lock", "gone")
    names = [name for part in taken.parts for name in names_of(part)]
    assert names == ["df", "gone", "total", "cnryone"]
    described = {each["name"]: each for each in taken.summaries}
    assert "cnrykey" in described["total"]["text"]
    assert described["total"]["earlier_result"]
    assert taken.unsendable == {"socket": "a socket"}


@pytest.mark.parametrize("level", ["schema", "stats"])
@pytest.mark.parametrize("before", ["schema", "sample"])
def test_below_sample_what_code_named_stays_hidden(
    sandbox: OneContainer, store: VariableStore, before: PrivacyLevel, level: PrivacyLevel
) -> None:
    taken = carried(state_of(sandbox, store, before), store, level)
    results = [each for each in taken.summaries if each.get("earlier_result")]
    # Code that was written with values in view makes no name known.
    known = ["total"] if before == "schema" else []
    assert [each["name"] for each in results] == known
    assert "cnry" not in str(results).replace("cnrykey", "") or before == "schema"
    names = [name for part in taken.parts for name in names_of(part)]
    assert names == ["df", "gone", *known]
    assert "cnryone" not in str(results)


def test_a_replaced_variable_is_left_out(sandbox: OneContainer, store: VariableStore) -> None:
    taken = carried(state_of(sandbox, store, "sample"), store, "sample", "df", "gone", "total")
    assert [name for part in taken.parts for name in names_of(part)] == ["cnryone"]
    assert [each["name"] for each in taken.summaries] == ["cnryone"]
