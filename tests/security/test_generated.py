"""Whatever a container or a model sends: an error of ours or a sane result, nothing else."""

from __future__ import annotations

import ast
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_agent.prompts.code_extraction import program_in
from graph_agent.results.output_folder import safe_name
from sandbox.containers.raw_run import RawRun
from sandbox.errors import PayloadError, VariableError
from sandbox.policy import SandboxPolicy
from sandbox.results.collect import collect
from sandbox.results.decode import decode_payload
from sandbox.results.figure_formats import JPEG, PLOTLY, PNG, read_figure
from sandbox.results.received_files import problem_with, received_files
from sandbox.runner.encode import encode_value
from sandbox.runner.shared import frames
from sandbox.runner.shared.limits import PayloadLimits
from sandbox.terminal_text import escape_control_chars
from tests.sandbox.identity import difference
from tests.security import generated

LIMITS = PayloadLimits(max_bytes=1 << 20, max_decoded_bytes=16 << 20)
POLICY = SandboxPolicy(max_files=5, max_files_bytes="1k", max_variables=3, max_figures=2)
pytestmark = pytest.mark.filterwarnings("default")


@given(st.binary(max_size=400) | generated.payloads())
def test_a_payload_is_decoded_or_refused(payload: bytes) -> None:
    with contextlib.suppress(PayloadError):
        decode_payload(payload, LIMITS)


@given(generated.VALUES)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    assert difference(value, decode_payload(b"".join(encode_value(value)))) is None


@given(generated.VALUES, st.data())
def test_a_changed_payload_is_decoded_or_refused(value: Any, data: st.DataObject) -> None:
    payload = bytearray(b"".join(encode_value(value)))
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(PayloadError):
        decode_payload(payload, LIMITS)


@given(generated.CHUNKS, st.lists(st.integers(1, 50), min_size=1))
def test_chunks_come_out_as_they_went_in(chunks: Any, sizes: list[int]) -> None:
    stream = b"".join(frames.pack_chunk(kind, data) for kind, data in chunks)
    reader, found, at = frames.ChunkReader(), [], 0
    while at < len(stream):
        size = sizes[len(found) % len(sizes)]
        found += reader.feed(stream[at : at + size])
        at += size
    assert found == chunks


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_junk_in_the_stream_is_refused_or_waited_for(pieces: list[bytes]) -> None:
    for reader in (frames.ChunkReader(), frames.MessageReader(1000, 1000)):
        with contextlib.suppress(frames.FrameError):
            for piece in pieces:
                for first, _ in reader.feed(piece):
                    assert first in frames.KINDS or isinstance(first["type"], str)


@given(st.lists(st.tuples(generated.MESSAGES, st.binary(max_size=90)), max_size=5))
def test_messages_come_out_as_they_went_in(messages: Any) -> None:
    messages = [(header, body) for header, body in messages if header == header]
    stream = b"".join(frames.pack_message(header, len(body)) + body for header, body in messages)
    found = frames.MessageReader(1000).feed(stream)
    assert [body for _, body in found] == [body for _, body in messages]
    assert json.dumps([header for header, _ in found]) == json.dumps([h for h, _ in messages])


@given(st.binary(max_size=80) | generated.JSON.map(lambda value: json.dumps(value).encode()))
def test_an_exit_report_is_sane_or_refused(encoded: bytes) -> None:
    try:
        report = frames.parse_exit(encoded)
    except frames.FrameError:
        return
    assert isinstance(report["code"], int)
    assert report["exceeded"] in (None, "output", "result")


@given(
    st.lists(st.tuples(generated.MESSAGES, st.binary(max_size=50) | generated.payloads())),
    st.booleans(),
)
def test_any_messages_make_a_sane_execution(messages: Any, started: bool) -> None:
    raw = RawRun(exit_report={"code": 0, "exceeded": None, "oom_kills": 0})
    raw.messages = [({"type": "running"}, b"")] * started + messages
    try:
        run = collect(raw, POLICY, None)
    except VariableError:
        assert any(header["type"] == "unloadable" for header, _ in messages)
        return
    assert len(run.variables) <= 2 * POLICY.max_variables
    assert len(run.figures) <= POLICY.max_figures
    assert 0 <= run.duration_s < 1e9
    assert all(text.isprintable() for text in [run.detail, *run.withheld.values()])
    assert all(name.isidentifier() for name in run.variables)


@given(st.lists(st.tuples(generated.FILE_NAMES, st.binary(max_size=400)), max_size=12))
def test_returned_files_have_safe_names(given_files: list[tuple[str, bytes]]) -> None:
    sent = [({"type": "file", "name": name}, data) for name, data in given_files]
    files, left_out = received_files(sent, POLICY)
    assert len(files) <= POLICY.max_files
    assert sum(map(len, files.values())) <= POLICY.files_bytes
    for name in files:
        assert problem_with(name) == ""
        assert not any(part.startswith(".") for part in safe_name(name).split("/"))
    assert all(name.isprintable() for name in left_out)


@given(st.sampled_from([PNG, JPEG, PLOTLY, "text/html"]), st.binary(max_size=300))
def test_a_figure_is_read_or_refused(mime: str, data: bytes) -> None:
    starts = {PNG: b"\x89PNG\r\n\x1a\n", JPEG: b"\xff\xd8\xff"}
    for figure in (data, starts.get(mime, b"{") + data):
        with contextlib.suppress(PayloadError):
            assert read_figure(mime, figure).width >= 0


@given(generated.JSON)
def test_a_plotly_figure_is_read_or_refused(layout: Any) -> None:
    for figure in (layout, {"data": [], "layout": layout}):
        with contextlib.suppress(PayloadError):
            assert read_figure(PLOTLY, json.dumps(figure).encode()).height >= 1


@given(generated.ANSWERS)
def test_any_answer_gives_a_program_or_none(answer: str) -> None:
    found = program_in(answer)
    assert isinstance(found.code, str)
    assert all(isinstance(note, str) for note in found.notes)


@given(st.lists(st.sampled_from(["x = 1", "import os", "def f():\n    return 'a'", "y = [x]"])))
def test_a_fenced_program_is_found_as_it_is(lines: list[str]) -> None:
    code = "\n".join([*lines, "z = 0"])
    ast.parse(code)
    assert program_in(f"Here it is.\n\n```python\n{code}\n```\nDone.").code == code


@given(st.text())
def test_shown_text_controls_no_terminal(text: str) -> None:
    shown = escape_control_chars(text)
    controls = [char for char in shown if ord(char) < 32 or 127 <= ord(char) < 160]
    assert set(controls) <= {"\t", "\n"}
    shown.encode("utf-8")
