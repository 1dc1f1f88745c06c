"""A path that code returns stays a name: no later step opens what it names on this machine."""

from __future__ import annotations

import pathlib

import pytest

from sandbox import DockerSandbox
from sandbox.results.decode import decode_payload

HIDING = {
    "plain": "{path}",
    "in a dict": "{{'a': [{{'b': ({path},)}}]}}",
    "as a key": "{{{path}: 1}}",
    "in a set": "{{{path}}}",
    "in a deque": "__import__('collections').deque([{path}])",
    "in a namedtuple": "__import__('collections').namedtuple('N', 'a')({path})",
    "in a namespace": "__import__('types').SimpleNamespace(a={path})",
    "in an array": "__import__('numpy').array([{path}], dtype=object)",
    "in a frame": "__import__('pandas').DataFrame({{'a': [{path}]}})",
    "in attrs": "(f := __import__('pandas').DataFrame(), f.attrs.update(a={path}))[0]",
}


@pytest.fixture
def secret(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "id_rsa"
    path.write_text("SECRET")
    return path


@pytest.mark.parametrize("hiding", HIDING.values(), ids=HIDING)
def test_the_file_it_names_does_not_enter_the_next_run(
    sandbox: DockerSandbox, secret: pathlib.Path, hiding: str
) -> None:
    made = hiding.format(path=f"pathlib.Path({str(secret)!r})")
    first = sandbox.run(f"import pathlib\nreport = {made}", returns=["report"])
    assert "report" in first.variables, first.withheld
    then = sandbox.run(
        "import glob\nfound = glob.glob('/tmp/files/*/*')\n"
        "text = str(vars(report) if hasattr(report, '__dict__') else report)",
        first.variables,
        returns=["found", "text"],
    )
    assert then.outcome == "ok", then.error
    assert then.variables["found"] == []
    assert "SECRET" not in then.variables["text"]


def test_a_stored_payload_decodes_to_a_name_again(
    sandbox: DockerSandbox, secret: pathlib.Path
) -> None:
    run = sandbox.run(f"import pathlib\nreport = pathlib.Path({str(secret)!r})")
    for path in (run.variables["report"], decode_payload(run.payloads["report"].data)):
        assert type(path) is pathlib.PurePosixPath
        assert not hasattr(path, "read_text")


def test_a_path_that_the_caller_gives_still_brings_its_file(
    sandbox: DockerSandbox, secret: pathlib.Path
) -> None:
    run = sandbox.run("text = report.read_text()", {"report": secret})
    assert run.variables["text"] == "SECRET"
