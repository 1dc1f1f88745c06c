"""Sessions on real containers: names live on, limits hold, endings are said, nothing is left."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import docker
import numpy as np
import pandas as pd
import pytest

from sandbox import (
    DockerSandbox,
    SandboxError,
    SandboxPolicy,
    SandboxUnavailableError,
    SavedSession,
    Session,
    SessionEndedError,
    VariableError,
)

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def sandbox() -> Iterator[DockerSandbox]:
    policy = SandboxPolicy(timeout_s=20, memory="512m", max_output="20k")
    with DockerSandbox(policy=policy) as sandbox:
        yield sandbox


@pytest.fixture
def session(sandbox: DockerSandbox) -> Iterator[Session]:
    with sandbox.session() as session:
        yield session


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    client = docker.from_env()
    yield client
    client.close()


def _container(session: Session) -> str:
    return session.container_id


def _is_there(engine: Any, container: str) -> bool:
    return bool(engine.containers.list(all=True, ignore_removed=True, filters={"id": container}))


def test_names_live_on(session: Session) -> None:
    first = session.run("import math\nx = 2\ndef area(r):\n    return math.pi * r * r * x")
    assert first.ok
    assert first.variables == {"x": 2}
    second = session.run("x += 1\nround(area(1), 2)")
    assert second.display == 9.42
    assert second.variables == {"x": 3}


def test_each_run_reports_its_own(session: Session) -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    first = session.run(
        "print('one')\nopen('one.txt', 'w').write('1')\n"
        "import matplotlib.pyplot as plt\nplt.plot([1])",
        {"frame": frame},
    )
    assert (first.stdout, dict(first.files), len(first.figures)) == ("one\n", {"one.txt": b"1"}, 1)
    assert first.changed_inputs == ()
    second = session.run("print('two')\nframe['b'] = 3\nnew = [1]\nopen('two.txt', 'w').write('2')")
    assert (second.stdout, dict(second.files), second.figures) == ("two\n", {"two.txt": b"2"}, ())
    assert second.changed_inputs == ("frame",)
    assert set(second.variables) == {"frame", "new"}
    third = session.run("new.append(2)\nopen('one.txt', 'a').write('3')\nimport warnings")
    assert third.variables == {"new": [1, 2]}
    assert third.changed_inputs == ()
    assert dict(third.files) == {"one.txt": b"13"}
    fourth = session.run("len(frame)", {"frame": frame[:1]})
    assert (fourth.display, fourth.variables) == (1, {})


def test_what_is_assigned_again_comes_back(session: Session) -> None:
    session.run("total = 6\nwords = ['a']\nother = 1")
    run = session.run("total = 2 * 3\nwords = ['a']\nother")
    assert run.variables == {"total": 6, "words": ["a"]}


def test_an_error_does_not_end_it(session: Session) -> None:
    session.run("def fail():\n    raise KeyError('k')\nkept = 1")
    run = session.run("kept += 1\nfail()")
    assert run.outcome == "error"
    assert run.error is not None
    assert run.error.name == "KeyError"
    assert "in fail" in run.error.traceback
    assert run.error.line == 2
    assert session.run("kept").display == 2
    assert session.run("import sys\nsys.exit(0)").ok
    assert session.run("def (").outcome == "error"
    assert session.run("kept").display == 2


def test_executors_and_threads_go_on(session: Session) -> None:
    code = (
        "from concurrent.futures import ThreadPoolExecutor\nimport threading\n"
        "done = []\nthread = threading.Thread(target=lambda: done.append(1))\nthread.start()\n"
        "pool = ThreadPoolExecutor(1)\ntotal = sum(pool.map(int, '123'))"
    )
    for _ in range(2):
        run = session.run(code)
        assert (run.outcome, run.variables["total"], run.variables["done"]) == ("ok", 6, [1])
    assert session.run("list(pool.map(int, '12'))").display == [1, 2]


def test_the_checks_of_every_run(session: Session) -> None:
    session.run("x = 1", checks="assert x == 1")
    assert session.run("x = 2", checks="assert x == 2").check_error is None
    failed = session.run("x", checks="assert x == 3").check_error
    assert failed is not None
    assert failed.name == "AssertionError"
    assert session.run("x = 4", {"given": [1]}, checks="assert x == 4 and given == [1]").ok


def test_earlier_code_can_not_reach_later_checks(session: Session) -> None:
    run = session.run(
        "import builtins, pandas\n"
        "x = [1]\ntable = pandas.DataFrame({'a': [1]})\n"
        "pandas.DataFrame.equals = lambda a, b: True\n"
        "builtins.AssertionError = ValueError\nbuiltins.len = lambda x: 3\n"
    )
    assert run.ok
    error = session.run("x", checks="assert len(x) == 3").check_error
    assert error is not None
    assert error.name == "AssertionError"
    checks = "import pandas\nassert table.equals(pandas.DataFrame({'a': [2]}))"
    error = session.run("x", checks=checks).check_error
    assert error is not None


def test_without_the_starter_no_checks_pass(session: Session) -> None:
    kill = (
        "import os, signal\nme = os.getpid()\n"
        "for name in os.listdir('/proc'):\n"
        "    if name.isdigit() and int(name) not in (1, me):\n"
        "        os.kill(int(name), signal.SIGKILL)\n"
        "import time\ntime.sleep(60)"
    )
    run = session.run(kill, checks="pass")
    assert not (run.ok and run.check_error is None)
    with pytest.raises(SessionEndedError):
        session.run("1")


def test_nothing_runs_between_runs(session: Session) -> None:
    run = session.run(
        "import subprocess, sys, time, threading\n"
        "child = subprocess.Popen([sys.executable, '-c',"
        ' \'import time\\nwhile True:\\n    open("beat", "a").write("x"); time.sleep(0.01)\'])\n'
        "def count():\n    while True:\n        print('b', flush=True); time.sleep(0.01)\n"
        "threading.Thread(target=count, daemon=True).start()\n"
        "time.sleep(0.5)"
    )
    assert run.ok
    before = len(run.files["beat"])
    time.sleep(3)
    run = session.run("n = len(open('beat').read())")
    assert run.variables["n"] - before < 100
    assert len(run.stdout) < 200


def test_a_forged_end_ends_nothing() -> None:
    forge = (
        "import os, struct, json, time\n"
        "header = json.dumps({'type': 'finished', 'error': None, 'changed_inputs': [],"
        " 'notes': []}).encode()\n"
        "for fd in range(3, 20):\n"
        "    try: os.write(fd, struct.pack('>IQ', len(header), 0) + header)\n"
        "    except OSError: pass\n"
        "time.sleep(60)"
    )
    with DockerSandbox(SandboxPolicy(timeout_s=5, memory="512m")) as sandbox:
        session = sandbox.session()
        run = session.run(forge, checks="assert False")
        assert run.outcome != "ok" or run.check_error is not None
        started = time.monotonic()
        try:
            run = session.run("1", checks="assert 2 == 3")
            assert run.outcome != "ok" or run.check_error is not None
        except SessionEndedError:
            pass
        assert time.monotonic() - started < 60


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("while True: pass", "timeout"),
        ("x = b'1' * (2 << 30)\nx = bytearray(1 << 30)", "out_of_memory"),
        ("print('x' * 100_000)", "output_limit"),
        ("import os\nos._exit(3)", "crashed"),
    ],
)
def test_an_end_is_said_once(engine: Any, code: str, outcome: str) -> None:
    policy = SandboxPolicy(timeout_s=3, memory="300m", max_output="20k")
    with DockerSandbox(policy=policy) as sandbox, sandbox.session() as session:
        assert session.run("x = 1\nopen('kept.txt', 'w').write('1')").ok
        container = _container(session)
        run = session.run(code)
        assert run.outcome == outcome
        if session.ended:
            assert "this ended the session" in run.detail
            for _ in range(2):
                with pytest.raises(SessionEndedError, match=r"sandbox\.session\(\)"):
                    session.run("x")
            assert not _is_there(engine, container)
        else:  # a MemoryError that the code got
            assert outcome == "out_of_memory"


def test_a_container_removed_from_outside(session: Session, engine: Any) -> None:
    session.run("x = 1")
    engine.api.remove_container(_container(session), force=True)
    with pytest.raises(SessionEndedError, match="outside"):
        session.run("x")


def test_a_container_removed_during_a_run(session: Session, engine: Any) -> None:
    session.run("x = 1")
    remove = threading.Timer(
        1, lambda: engine.api.remove_container(_container(session), force=True)
    )
    remove.start()
    with pytest.raises(SandboxUnavailableError):
        session.run("import time\ntime.sleep(60)")
    remove.join()
    with pytest.raises(SessionEndedError):
        session.run("x")


def test_closing_removes_the_container(sandbox: DockerSandbox, engine: Any) -> None:
    with sandbox.session() as session:
        container = _container(session)
        session.run("1")
        assert _is_there(engine, container)
    assert not _is_there(engine, container)
    with pytest.raises(SessionEndedError, match="closed"):
        session.run("1")


def test_closing_it_ends_a_run(sandbox: DockerSandbox) -> None:
    session = sandbox.session()
    threading.Timer(1, session.close).start()
    with pytest.raises(SessionEndedError, match="closed"):
        session.run("import time\ntime.sleep(60)")


def test_closing_the_sandbox_ends_it() -> None:
    with DockerSandbox() as sandbox:
        session = sandbox.session()
        session.run("1")
    with pytest.raises(SessionEndedError):
        session.run("1")
    with pytest.raises(SandboxError):
        sandbox.session()


def test_idle_and_time_limits(sandbox: DockerSandbox, engine: Any) -> None:
    with sandbox.session(idle_s=3) as session:
        session.run("import time\ntime.sleep(4)")  # a run isn't idle
        container = _container(session)
        deadline = time.monotonic() + 30
        while not session.ended or _is_there(engine, container):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        with pytest.raises(SessionEndedError, match="idle"):
            session.run("1")
    with sandbox.session(limit_s=2) as session, pytest.raises(SessionEndedError, match="limit"):
        session.run("import time\ntime.sleep(30)")


@pytest.mark.parametrize("limits", [{"idle_s": 0}, {"limit_s": -1}, {"idle_s": "soon"}])
def test_impossible_limits(sandbox: DockerSandbox, limits: Any) -> None:
    with pytest.raises(SandboxError, match="positive"):
        sandbox.session(**limits)


def test_a_session_is_hardened_like_a_run(session: Session, engine: Any) -> None:
    found = engine.api.inspect_container(_container(session))
    host = found["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert host["NetworkMode"] == "none"
    assert host["CapDrop"] == ["ALL"]
    assert host["AutoRemove"]
    assert found["Config"]["User"] == "1000:1000"
    assert "org.codegen-agent.owner" in str(found["Config"]["Labels"])


def test_sessions_share_nothing(sandbox: DockerSandbox) -> None:
    with sandbox.session() as one, sandbox.session() as other:
        assert _container(one) != _container(other)
        one.run("x = 1\nopen('x', 'w').write('1')")
        assert other.run("x").outcome == "error"
        assert not other.run("import os\nprint(os.listdir())").stdout.count("x")


def test_saved_and_restored(sandbox: DockerSandbox) -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    with sandbox.session({"frame": frame}) as session:
        session.run("import numpy as np\n_n = np.arange(3)\ndef f(): pass\nframe['b'] = 5")
        saved = session.save()
        assert session.run("_n.sum()").display == 3  # it goes on
    assert set(saved.not_saved) == {"np", "f"}
    with sandbox.session(SavedSession.from_json(saved.to_json())) as session:
        run = session.run("(list(_n), int(frame.b.sum()))")
        assert run.display == ([np.int64(0), np.int64(1), np.int64(2)], 10)
        assert session.save().not_saved == {}


def test_a_variable_that_can_not_be_sent_ends_nothing(session: Session) -> None:
    session.run("x = 1")
    with pytest.raises(VariableError):
        session.run("y", {"y": threading.Lock()})
    assert session.run("x").display == 1


def test_a_file_given_twice(session: Session, tmp_path: Any) -> None:
    path = tmp_path / "data.txt"
    for text in ("one", "two"):
        path.write_text(text)
        assert session.run("data.read_text()", {"data": path}).display == text


def test_a_prepared_container_serves_a_session() -> None:
    with DockerSandbox(warm=1) as sandbox:
        sandbox._pool._waiting[0].lease.result()
        with sandbox.session() as session:
            assert session.run("import pandas\nx = 1").ok
            time.sleep(1)  # what it still had to import when the job came goes on
            assert session.run("x").display == 1


def test_threads_wait_for_each_other(session: Session) -> None:
    runs: list[Any] = []
    threads = [
        threading.Thread(target=lambda: runs.append(session.run("n = globals().get('n', 0) + 1")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(run.variables["n"] for run in runs) == [1, 2, 3, 4]


def test_a_fork_of_the_code_is_not_the_session(session: Session) -> None:
    assert session.run("import os\npid = os.fork()\nprint('here', pid == 0)").ok
    assert session.run("pid > 0").display is True
    assert os.getpid() > 0
