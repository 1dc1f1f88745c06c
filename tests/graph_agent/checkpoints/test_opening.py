"""Which database is opened, and what happens if that can't be done."""

from __future__ import annotations

import os
import subprocess
import sys

from graph_agent.checkpoints import FILE_NAME, list_runs, open_checkpoints
from graph_agent.config.settings import Settings
from tests.graph_agent.checkpoints.other_processes import run_at_once, save_runs
from tests.graph_agent.checkpoints.saving import THREAD
from tests.graph_agent.checkpoints.small_graph import build
from tests.postgres_server import ENCODED_PASSWORD


def test_a_whole_run(either: Settings) -> None:
    with open_checkpoints(either) as saver:
        out = build(saver).invoke({"request": "x"}, THREAD, durability="sync")
        assert out["success"]
        assert build(saver).get_state(THREAD).values == out
        assert [run.status for run in list_runs(saver)] == ["solved"]
    assert (either.state_dir / FILE_NAME).exists() == (either.checkpoints is None)


def test_processes_that_create_the_database_at_once_all_write(either: Settings) -> None:
    run_at_once(save_runs, *((either, f"process-{number}", 5) for number in range(4)))
    with open_checkpoints(either) as saver:
        assert len(list_runs(saver)) == 20


WITHOUT_PSYCOPG = """
import sys
sys.modules["psycopg"] = None
from graph_agent.checkpoints import open_checkpoints, open_saver, thread_lock
from graph_agent.errors import CheckpointError
from graph_agent.config.settings import load_settings
settings = load_settings()
with open_saver(settings.state_dir):
    pass
for use in (open_checkpoints, lambda settings: thread_lock(settings, "t")):
    try:
        with use(settings):
            print("used")
    except CheckpointError as error:
        print(error)
"""


def test_without_the_extra_sqlite_works_and_postgres_names_the_extra() -> None:
    address = f"postgresql://u:{ENCODED_PASSWORD}@127.0.0.1:1/x"
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PSYCOPG],
        env={**os.environ, "CODEGEN_AGENT_CHECKPOINTS": address},
        capture_output=True,
        text=True,
        check=True,
    )
    errors = done.stdout.splitlines()
    assert len(errors) == 2
    assert all("pip install 'codegen-agent[postgres]'" in error for error in errors)
    assert ENCODED_PASSWORD not in done.stdout + done.stderr
