"""``sandbox gc`` and ``variables gc``, on the test's own runs and engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graph_agent.checkpoints import open_saver, referenced_digests
from sandbox import VariableStore
from sandbox.owner import OWNER_LABEL, Owner
from tests.gemini_server import GeminiServer, Text
from tests.graph_agent.cli.command import Command
from tests.sandbox.engine.second_engine import IMAGE, second_engine
from tests.scripted_model import fenced, verdict

PYTHON = "{}.{}".format(*sys.version_info)


def blobs(store: VariableStore) -> set[str]:
    return {path.name for path in (store.root / "blobs").glob("??/*")}


def test_only_unused_values_are_removed(tmp_path: Path) -> None:
    code = fenced("import matplotlib.pyplot as plt\nn = len(tips)\nplt.plot([1, 2])")
    with GeminiServer([Text(code), Text(verdict(True))]) as server:
        command = Command(tmp_path / "work", server)
        ran = command.here("run", "Count", "--var", "tips=tips.csv", "--json")
    assert ran.code == 0, ran.err
    state = tmp_path / "state"
    store = VariableStore(state / "variables")
    used = blobs(store)
    with open_saver(state) as saver:
        assert used <= referenced_digests(saver)
    unused = store.put(b"unused")

    young = command.here("variables", "gc", "--json")
    assert (young.code, young.json["removed"]["blobs"]) == (0, [])
    done = command.here("variables", "gc", "--min-age-s", "0")
    assert (done.code, done.out) == (0, f"removed blob {unused}\n")
    assert blobs(store) == used

    again = command.here("variables", "gc", "--min-age-s", "0", "--json")
    removed = {"blobs": [], "blob_bytes": 0, "job_folders": []}
    assert (again.code, again.json) == (0, {"removed": removed})
    thread = command.here("threads", "--json").json["threads"][0]["thread_id"]
    assert "tips" in command.here("show", thread).out


def test_without_any_run_there_is_nothing_to_remove(command: Command) -> None:
    done = command.here("variables", "gc")
    assert (done.code, done.out) == (0, "")
    assert "nothing to remove" in done.err


def test_no_engine_to_clean(command: Command) -> None:
    done = command.here("sandbox", "gc", "--json", DOCKER_HOST="unix:///nowhere/docker.sock")
    assert (done.code, json.loads(done.out)["exit_code"]) == (3, 3)


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.skipif(
    not (hasattr(os, "geteuid") and os.geteuid() == 0)
    or not (shutil.which("dockerd") and shutil.which("unshare")),
    reason="starting a second engine takes root, dockerd and unshare",
)
def test_an_engine_is_cleaned(command: Command, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        owner = Owner.of(process.pid)
    with second_engine(hidden) as (engine, client):
        api: Any = client.api
        api.tag(IMAGE, "codegen-agent-runner", f"py{PYTHON}-{'0' * 16}")
        api.tag(IMAGE, "codegen-agent-runner", "py3.9-of-another-python")
        labels = {OWNER_LABEL: str(owner)}
        api.create_volume("left-volume", labels=labels)
        api.create_container(IMAGE, labels=labels, name="left-container")
        done = command.here("sandbox", "gc", "--json", DOCKER_HOST=engine.address)
        assert done.code == 0, done.err
        assert done.json["removed"] == {
            "images": [f"codegen-agent-runner:py{PYTHON}-{'0' * 16}"],
            "containers": ["left-container"],
            "volumes": ["left-volume"],
        }
        again = command.here("sandbox", "gc", DOCKER_HOST=engine.address)
        assert (again.code, again.out) == (0, "")
        assert "nothing to remove" in again.err


def test_verify_lists_damaged_values(tmp_path: Path) -> None:
    command = Command(tmp_path / "work")
    state = Path(os.environ["CODEGEN_AGENT_STATE"])
    assert command.here("variables", "verify", "--json").json == {"damaged": []}
    digest = VariableStore(state / "variables").put(b"data")
    blob = state / "variables" / "blobs" / digest[:2] / digest
    assert command.here("variables", "verify").code == 0
    blob.chmod(0o644)
    blob.write_bytes(b"dat4")
    done = command.here("variables", "verify")
    assert (done.code, done.out) == (3, f"damaged {digest}\n")
    assert command.here("variables", "verify", "--json").json == {"damaged": [digest]}
