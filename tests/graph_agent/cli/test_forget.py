"""``forget``: shows, asks, removes."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.config.settings import Settings
from tests.gemini_server import GeminiServer, Text
from tests.graph_agent.checkpoints.other_processes import lock_elsewhere
from tests.graph_agent.cli.command import Command
from tests.graph_agent.runs.stored import blobs, save_run
from tests.scripted_model import fenced, verdict


def settings_of(command: Command) -> Settings:
    state = command.folder.parent / "state"
    return Settings(state_dir=state, cache_dir=command.folder)


def test_a_real_run_leaves_nothing(tmp_path: Path) -> None:
    code = fenced("import matplotlib.pyplot as plt\nn = tips * 1\nplt.plot([1, 2])")
    with GeminiServer([Text(code), Text(verdict(True))]) as server:
        command = Command(tmp_path / "work", server)
        ran = command.here("run", "Count", "--var", "tips=tips.csv", "--json")
    assert ran.code == 0, ran.err
    thread = ran.json["thread_id"]
    settings = settings_of(command)
    assert blobs(settings)

    asked = command.here("forget", thread)
    assert asked.code == 2
    assert thread in asked.out
    assert "--yes" in asked.err
    assert command.here("threads", "--json").json["threads"]

    done = command.here("forget", thread, "--yes", "--json")
    assert (done.code, done.json["forgotten"], done.json["kept"]) == (0, [thread], {})
    assert done.json["freed_bytes"]["total"] > done.json["freed_bytes"]["values"] > 0
    assert blobs(settings) == set()
    assert not list((settings.state_dir / "runs").iterdir())
    assert command.here("threads", "--json").json == {"threads": []}
    assert command.here("show", thread).code == 2
    assert command.here("show", thread, "--sent").code == 2
    again = command.here("forget", "--all", "--yes")
    assert (again.code, again.out) == (0, "no runs to forget\n")


def test_what_another_process_works_on_stays(command: Command) -> None:
    settings = settings_of(command)
    save_run(settings, "busy", 1)
    save_run(settings, "free", 2)
    with lock_elsewhere(settings, "busy"):
        done = command.here("forget", "--all", "--yes")
    assert done.code == 1
    assert "forgot 1 run:" in done.out
    assert "kept busy: " in done.err


@pytest.mark.parametrize(
    "words", [(), ("--older-than", "soon"), ("--all", "t"), ("nowhere", "--yes")]
)
def test_bad_usage(command: Command, words: tuple[str, ...]) -> None:
    save_run(settings_of(command), "t", 1)
    done = command.here("forget", *words, "--json")
    assert (done.code, done.json["exit_code"]) == (2, 2)
    assert len(command.here("threads", "--json").json["threads"]) == 1


def test_by_age(command: Command) -> None:
    save_run(settings_of(command), "t", 1)
    assert command.here("forget", "--older-than", "1h", "--yes", "--json").json["forgotten"] == []
    done = command.here("forget", "--older-than", "0s", "--yes", "--json")
    assert done.json["forgotten"] == ["t"]
