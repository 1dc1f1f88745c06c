"""Messages that the code forged are taken as plain data or refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sandbox import DockerSandbox, Execution, SandboxPolicy, VariableError
from sandbox.containers.raw_run import RawRun
from sandbox.results.collect import collect
from sandbox.runner.encode import encode_value
from sandbox.runner.shared import frames

POLICY = SandboxPolicy(timeout_s=20, memory="256m", max_variables=3)
STARTED: dict[str, Any] = {"type": "running"}
FINISHED: dict[str, Any] = {"type": "finished"}
FORGE = """
import os
def send(data):
    for fd in range(3, 64):
        try:
            os.write(fd, data)
        except OSError:
            pass
print("before")
send({data!r})
"""


@pytest.fixture(scope="module")
def strict() -> Iterator[DockerSandbox]:
    with DockerSandbox(POLICY) as sandbox:
        yield sandbox


def forged(sandbox: DockerSandbox, *headers: dict[str, Any], then: str = "") -> Execution:
    """Run code that writes its own messages to every file it has open."""
    data = b"".join(frames.pack_message(header) for header in headers)
    return sandbox.run(FORGE.format(data=data) + then)


def received(*messages: dict[str, Any] | tuple[dict[str, Any], bytes], code: int = 0) -> Execution:
    """Collect messages without a container."""
    raw = RawRun(exit_report={"code": code, "exceeded": None, "oom_kills": 0})
    raw.messages = [
        message if isinstance(message, tuple) else (message, b"") for message in messages
    ]
    return collect(raw, POLICY, None)


@pytest.mark.parametrize("kind", ["unloadable", "running", "ready", "job", "\x1b[31m" + "x" * 99])
def test_an_unexpected_message_is_a_crash(strict: DockerSandbox, kind: str) -> None:
    header = {"type": kind, "variable": "df", "reason": "forged"}
    run = forged(strict, header, FINISHED)
    assert (run.outcome, run.stdout) == ("crashed", "before\n")
    assert "wrote to the runner's own channel" in run.detail
    assert run.detail.isprintable()
    assert len(run.detail) < 200


def test_junk_is_a_crash(strict: DockerSandbox) -> None:
    run = strict.run(FORGE.format(data=b"junk" * 100))
    assert (run.outcome, run.stdout) == ("crashed", "before\n")
    assert "wrote to the runner's own channel" in run.detail


def test_nothing_comes_after_the_end(strict: DockerSandbox) -> None:
    assert forged(strict, FINISHED).outcome == "crashed"
    with DockerSandbox(replace(POLICY, timeout_s=3)) as hasty:
        assert forged(hasty, FINISHED, then="while True: pass").outcome == "timeout"


def test_a_forged_message_that_is_expected_is_plain_data(strict: DockerSandbox) -> None:
    error = {"name": "E\n", "message": "\ud800", "traceback": "", "line": 10**30}
    run = forged(strict, {**FINISHED, "error": error, "duration_s": 1e9}, then="os._exit(0)")
    assert run.error is not None
    assert (run.outcome, run.error.name, run.error.message) == ("error", "E", "\\ud800")
    assert run.error.line is None
    assert 0 < run.duration_s < POLICY.timeout_s


@pytest.mark.parametrize(
    "name", ["x/../y", "class", "None", "__name__", "\ufb01", "a b", "", 7, None]
)
def test_a_name_that_no_variable_can_have(name: object) -> None:
    header = {"type": "variable", "name": name, "codec": "tree/1", "value_type": "int"}
    body = b"".join(encode_value(1))
    run = received(STARTED, (header, body), {**header, "type": "withheld"}, FINISHED)
    assert (dict(run.variables), dict(run.withheld)) == ({}, {})
    assert "not an identifier" in run.detail


def test_reasons_are_bounded_and_printable() -> None:
    odd = "\x1b]0;title\x07\u202e\n" * 1000
    unknown = b"".join(encode_value(1))[:16] + json.dumps([[], [odd]]).encode()
    body = unknown[:8] + (len(unknown) - 16).to_bytes(8, "little") + unknown[16:]
    variable = {"type": "variable", "codec": "tree/1", "value_type": odd}
    run = received(
        STARTED,
        ({**variable, "name": "a"}, body),
        ({**variable, "name": "b", "codec": odd}, body),
        {"type": "withheld", "name": "c", "value_type": odd, "reason": odd, "repr": odd},
        {"type": "figure", "mime": odd},
        {**FINISHED, "notes": [odd] * 5000, "changed_inputs": [odd, "class", "df"]},
    )
    assert set(run.withheld) == {"a", "b", "c"}
    for text in (*run.withheld.values(), run.detail):
        assert text.isprintable(), text
        assert len(text) < 2000
    assert run.changed_inputs == ("df",)


def test_a_variable_that_did_not_load_is_only_reported_before_the_code() -> None:
    unloadable = {"type": "unloadable", "variable": "df\x1b", "reason": "gone"}
    with pytest.raises(VariableError, match="df"):
        received(unloadable)
    assert received(STARTED, unloadable).outcome == "crashed"


def test_a_worker_that_broke_is_reported() -> None:
    reported = received(STARTED, {"type": "broken", "reason": "TypeError: no"})
    assert reported.outcome == "crashed"
    assert reported.detail.endswith(": TypeError: no")
    silent = received(STARTED, code=frames.BROKEN_EXIT)
    assert "broke the process it ran in" in silent.detail


@pytest.mark.parametrize(
    "flood",
    [
        "while True: os.write(fd, message({}))",
        "while True: os.write(fd, message({'a': [[]] * 100_000}))",
        "os.write(fd, message({'a': 'x' * (2 << 20)}))",
    ],
    ids=["many", "elements", "long"],
)
def test_a_flood_of_messages_is_cut_off(strict: DockerSandbox, flood: str) -> None:
    code = (
        "import json, os, stat, struct\n"
        "def message(more):\n"
        "    header = json.dumps({'type': 'withheld', **more}).encode()\n"
        "    return struct.pack('>IQ', len(header), 0) + header\n"
        "fd = max(int(name) for name in os.listdir('/proc/self/fd')\n"
        "         if os.path.exists(f'/proc/self/fd/{name}')\n"
        "         and stat.S_ISFIFO(os.stat(f'/proc/self/fd/{name}').st_mode))\n"
    )
    run = strict.run(code + flood)
    assert run.outcome == "crashed", run
    assert "wrote to the runner's own channel" in run.detail


def test_variables_over_their_number_are_counted(strict: DockerSandbox) -> None:
    run = strict.run("for i in range(10): globals()[f'v{i}'] = i\ndel i")
    assert dict(run.variables) == {"v0": 0, "v1": 1, "v2": 2}
    assert set(run.withheld) == {"v3", "v4", "v5"}
    assert run.outcome == "ok"
    assert run.detail.startswith("4 more variables")


def test_a_long_name_is_withheld_under_its_beginning() -> None:
    header = {"type": "variable", "value_type": "int", "codec": "tree/1"}
    body = b"".join(encode_value(1))
    names = ["a" * 200, "b" * 250]
    run = received(STARTED, *(({**header, "name": name}, body) for name in names), FINISHED)
    assert run.variables == {"a" * 200: 1}
    assert run.withheld == {"b" * 200 + "…": "its name of 250 characters is too long"}
