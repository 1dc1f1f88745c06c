"""A remote engine: variables sent through its API, and an engine that stops."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import DockerSandbox, SandboxPolicy, SandboxUnavailableError, VariableStore
from tests.sandbox.engine.engine_essentials import BIG, left
from tests.sandbox.engine.second_engine import IMAGE, SecondEngine, second_engine

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (hasattr(os, "geteuid") and os.geteuid() == 0)
        or not (shutil.which("dockerd") and shutil.which("unshare")),
        reason="starting a second engine takes root, dockerd and unshare",
    ),
]
POLICY = SandboxPolicy(timeout_s=30, memory="256m")


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this machine that the engine does not see."""
    return tmp_path_factory.mktemp("hidden")


@pytest.fixture(scope="module")
def remote(hidden: Path) -> Iterator[tuple[SecondEngine, Any]]:
    with second_engine(hidden) as (engine, client):
        yield engine, client


@pytest.fixture
def store(hidden: Path) -> VariableStore:
    return VariableStore(hidden / "variables")


@pytest.fixture
def sandbox(remote: tuple[SecondEngine, Any], store: VariableStore) -> Iterator[DockerSandbox]:
    with DockerSandbox(POLICY, client=remote[1], image=IMAGE, store=store) as sandbox:
        yield sandbox


def test_variables_arrive(sandbox: DockerSandbox, remote: tuple[SecondEngine, Any]) -> None:
    notes = Path(__file__)
    code = "lines = notes.read_text().count('\\n')\nsize = sum(map(len, (big, small)))"
    for _ in range(2):
        run = sandbox.run(code, {"notes": notes, "big": BIG, "small": b"1"})
        assert run.outcome == "ok", run
        assert run.variables["size"] == len(BIG) + 1
        assert run.variables["lines"] == notes.read_text().count("\n")
    assert left(remote[1]) == []


def test_a_prepared_container_gets_them_too(
    sandbox: DockerSandbox, remote: tuple[SecondEngine, Any]
) -> None:
    for _ in range(2):
        sandbox.prepare()
        sandbox._pool._waiting[0].lease.result()
        assert sandbox.run("x = len(big)", {"big": BIG}).variables == {"x": len(BIG)}
    sandbox.prepare()
    sandbox.close()
    assert left(remote[1]) == []


def test_each_run_sees_its_own_and_cannot_write(
    sandbox: DockerSandbox, store: VariableStore
) -> None:
    look = "import os\nnames = sorted(os.listdir('/job'))\nwritable = []\n"
    look += "for path in ('/job/new', *(f'/job/{name}' for name in names)):\n"
    look += "    try:\n        open(path, 'ab').close()\n        writable.append(path)\n"
    look += "    except OSError:\n        pass"
    sandbox.run("x = 1", {"secret": BIG})
    bundle = store.put_variables({"n": 1})
    run = sandbox.run(look, bundle, returns=["names", "writable"])
    assert run.variables == {"names": bundle.digests(), "writable": []}


def test_no_folder_is_made_on_the_engines_machine(
    sandbox: DockerSandbox, remote: tuple[SecondEngine, Any], hidden: Path
) -> None:
    assert sandbox.run("x = n", {"n": 1}).ok
    assert list(hidden.iterdir()) != []
    assert remote[0].seen(hidden) == []


def restart(engine: SecondEngine) -> None:
    engine.stop()
    engine.start().close()


@pytest.mark.parametrize(
    "end", [SecondEngine.kill, SecondEngine.stop, restart], ids=["killed", "stopped", "restarted"]
)
def test_an_engine_that_stops_during_a_run_is_not_a_failed_run(
    remote: tuple[SecondEngine, Any],
    store: VariableStore,
    end: Callable[[SecondEngine], None],
) -> None:
    engine, client = remote
    ending = threading.Thread(target=end, args=(engine,))

    def start_once(*_: object) -> None:  # a line of output may arrive in two pieces
        if ending.ident is None:
            ending.start()

    with DockerSandbox(POLICY, client=client, image=IMAGE, store=store) as sandbox:
        with pytest.raises(SandboxUnavailableError):
            sandbox.run(
                "print(end='up')\nimport time; time.sleep(25)",
                {"n": 1},
                on_output=start_once,
            )
        ending.join()
        if end is not restart:
            with pytest.raises(SandboxUnavailableError, match="did not answer"):
                sandbox.run("x = 1")
            engine.start().close()
        assert sandbox.run("x = n + 1", {"n": 1}).variables == {"x": 2}


def test_an_engine_that_dies_while_variables_are_copied(
    remote: tuple[SecondEngine, Any], store: VariableStore
) -> None:
    engine, client = remote
    with DockerSandbox(POLICY, client=client, image=IMAGE, store=store) as sandbox:
        assert sandbox.run("x = n", {"n": 1}).ok
        sandbox.prepare()
        sandbox._pool._waiting[0].lease.result()
        engine.kill()
        with pytest.raises(SandboxUnavailableError):
            sandbox.run("x = len(big)", {"big": BIG})
    engine.start().close()
