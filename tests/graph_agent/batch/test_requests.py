"""Files of requests: what is read, and what is refused before anything starts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from graph_agent.batch.requests import BatchRequest, given_requests, read_requests
from graph_agent.config.settings import Settings
from graph_agent.errors import RequestError
from graph_agent.request import CodeGenerationRequest
from graph_agent.samples import load_tips
from tests.graph_agent.batch.numbers import line, write_lines


def read(folder: Path, settings: Settings, *lines: Any, **options: Any) -> list[BatchRequest]:
    """Write and read a file of requests."""
    return read_requests(write_lines(folder / "requests.jsonl", lines), settings, **options)


def test_everything_a_line_may_have(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    for folder, name in ((here, "a.csv"), (elsewhere, "b.csv")):
        folder.mkdir()
        (folder / name).write_text("x\n1\n")
    monkeypatch.chdir(elsewhere)
    (found,) = read(
        here,
        settings,
        {
            "id": 7,
            "request": "Add",
            "variables": {"a": "a.csv", "b": "b.csv", "c": str(here / "a.csv")},
            "checks": "assert total",
            "returns": {"total": "float", "rows": "list[int]"},
            "privacy": "schema",
            "approve": "risky",
            "skip_rules": ["no_figure"],
            "candidates": 3,
            "budget": {"tokens": 1000},
            "max_attempts": 5,
            "model": "gemini-2.5-pro",
            "timeout": 7.5,
            "memory": "512m",
        },
    )
    request = found.request
    assert (found.id, found.folder, found.max_attempts) == ("7", "7", 5)
    assert found.files == {
        "a": str(here / "a.csv"), "b": str(elsewhere / "b.csv"), "c": str(here / "a.csv"),
    }  # fmt: skip
    assert request.returns == {"total": float, "rows": list[int]}
    assert (request.privacy, request.approve, request.candidates) == ("schema", "risky", 3)
    assert (request.checks, request.skip_rules) == ("assert total", ["no_figure"])
    assert request.budget == {"tokens": 1000}
    assert (found.model, found.has_limits) == ("gemini-2.5-pro", True)
    limited = found.limited(settings)
    assert (limited.timeout_s, limited.memory) == (7.5, "512m")


def test_blank_lines_a_byte_order_mark_and_odd_line_ends(
    tmp_path: Path, settings: Settings
) -> None:
    path = tmp_path / "r.jsonl"
    text = '{"id": "a", "request": "x\u2028y"}\r\n\r\n{"id": "b", "request": "z"}'
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert [each.request.request_text for each in read_requests(path, settings)] == [
        "x\u2028y",
        "z",
    ]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ('{"id": "b", "request": "x"', "malformed JSON"),
        ("[1, 2]", "not a JSON object"),
        ('{"id": "b", "id": "c", "request": "x"}', "given twice"),
        ({"id": "b"}, "'request' missing"),
        ({"request": "x"}, "'id' missing"),
        ({"id": "b", "request": "x", "varaibles": {}}, "did you mean 'variables'?"),
        ({"id": "b", "request": "x", "request_text": "y"}, "did you mean 'request'?"),
        ({"id": "b", "request": "x", "zzz": 1}, "unknown key 'zzz'; use id, request"),
        ({"id": "n1", "request": "x"}, "the id 'n1' is that of line 1 too"),
        ({"id": " ", "request": "x"}, "an id is a text"),
        ({"id": ["b"], "request": "x"}, "an id is a text"),
        ({"id": "b", "request": " "}, "the request is empty"),
        ({"id": "b", "request": 5}, "the request is text"),
        ({"id": "b", "request": "x", "variables": {"t": "tisp.csv"}}, "mean 'tips.csv'?"),
        ({"id": "b", "request": "x", "variables": {"2t": "tips.csv"}}, "2t"),
        ({"id": "b", "request": "x", "variables": {"t": ["tips.csv"]}}, "the name of a file"),
        ({"id": "b", "request": "x", "variables": ["tips.csv"]}, "'variables' is an object"),
        ({"id": "b", "request": "x", "variables": {"t": "data.pkl"}}, "--trust-pickle"),
        ({"id": "b", "request": "x", "variables": {"t": "empty.csv"}}, "is empty"),
        ({"id": "b", "request": "x", "checks": "assert ("}, "not valid Python"),
        ({"id": "b", "request": "x", "returns": "answer"}, "'returns' is a list"),
        ({"id": "b", "request": "x", "returns": {"a": "bolo"}}, "no type"),
        ({"id": "b", "request": "x", "privacy": "none"}, "privacy must be one of"),
        ({"id": "b", "request": "x", "candidates": 0}, "candidates"),
        ({"id": "b", "request": "x", "max_attempts": 0}, "attempts"),
        ({"id": "b", "request": "x", "max_attempts": "3"}, "attempts"),
        ({"id": "b", "request": "x", "budget": {"token": 5}}, "token"),
        ({"id": "b", "request": "x", "budget": {"cost": 5.0}}, "prices"),
        ({"id": "b", "request": "x", "skip_rules": ["nonsense"]}, "a rule"),
        ({"id": "b", "request": "x", "modle": "local"}, "did you mean 'model'?"),
        ({"id": "b", "request": "x", "model": "gpt"}, "'gpt'"),
        ({"id": "b", "request": "x", "model": ["local"]}, "'model' is the name"),
        ({"id": "b", "request": "x", "timeout_s": 5}, "did you mean 'timeout'?"),
        ({"id": "b", "request": "x", "timeout": "5"}, "timeout_s must be a number"),
        ({"id": "b", "request": "x", "timeout": 0}, "timeout_s must be a number"),
        ({"id": "b", "request": "x", "memory": "much"}, "memory must be a size"),
        ({"id": "b", "request": "x", "memory": 5}, "memory 5 is out of range"),
    ],
)
def test_a_bad_line_is_named_by_its_number(
    tmp_path: Path, settings: Settings, bad: Any, said: str
) -> None:
    for name, content in (("tips.csv", "x\n1\n"), ("data.pkl", "."), ("empty.csv", "")):
        (tmp_path / name).write_text(content)
    path = write_lines(tmp_path / "requests.jsonl", [line(1)])
    with path.open("a") as file:
        file.write("\n")
        file.write(bad if isinstance(bad, str) else write_lines(tmp_path / "x", [bad]).read_text())
    with pytest.raises(RequestError) as caught:
        read_requests(path, settings)
    assert "requests.jsonl', line 3: " in str(caught.value)
    assert said in str(caught.value)


def test_several_bad_lines_are_all_told(tmp_path: Path, settings: Settings) -> None:
    bad = [{"id": f"b{number}"} for number in range(8)]
    with pytest.raises(RequestError, match=r"line 2: .*; line 6: .*; and 3 more$"):
        read(tmp_path, settings, line(1), *bad)


def test_files_without_requests(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "requests.json").touch()
    with pytest.raises(RequestError, match=r"did you mean 'requests\.json'"):
        read_requests(tmp_path / "requests.jsonl", settings)
    with pytest.raises(RequestError, match="has no requests"):
        read(tmp_path, settings)
    (tmp_path / "b.jsonl").write_bytes(b'{"id": "\xe4"}\n')
    with pytest.raises(RequestError, match="UTF-8"):
        read_requests(tmp_path / "b.jsonl", settings)
    with pytest.raises(RequestError, match="cannot be read"):
        read_requests(tmp_path, settings)


def test_pickles_if_they_are_trusted(tmp_path: Path, settings: Settings) -> None:
    pd.to_pickle(1, tmp_path / "data.pkl")
    (found,) = read(tmp_path, settings, line(1, variables={"t": "data.pkl"}), trust_pickle=True)
    assert found.specs == [f"t={tmp_path / 'data.pkl'}"]


def test_any_id_gets_a_folder_of_its_own(tmp_path: Path, settings: Settings) -> None:
    ids = ["a", "A", "a/b", "a-b", "..", ".", ".env", "nul", "COM1.txt", "results.jsonl", "ü" * 90,
           "x" * 300, "end.", "sp ace", "setup.json", "\ud800", "-r", "SUMMARY.json"]  # fmt: skip
    found = read(tmp_path, settings, *({"id": id_, "request": "x"} for id_ in ids))
    folders = [each.folder for each in found]
    assert [each.id for each in found] == ids
    assert len({folder.casefold() for folder in folders}) == len(ids)
    assert (folders[0], folders[3]) == ("a", "a-b")
    for folder in folders:
        assert (tmp_path / folder).resolve().parent == tmp_path
        assert not (tmp_path / folder).exists()
        (tmp_path / folder).mkdir()
    assert not {"results.jsonl", "setup.json", "nul", "COM1.txt", "SUMMARY.json"} & set(folders)


def test_the_example_of_the_documentation(tmp_path: Path, settings: Settings) -> None:
    page = Path(__file__).parents[3] / "docs" / "batch.md"
    (example,) = re.findall(
        r"^```json\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    (tmp_path / "requests.jsonl").write_text(example, "utf-8")
    load_tips().to_csv(tmp_path / "tips.csv", index=False)
    found = read_requests(tmp_path / "requests.jsonl", settings)
    assert [each.id for each in found] == ["by-day", "smokers", "parties"]


def test_the_digest_changes_with_what_is_asked(tmp_path: Path, settings: Settings) -> None:
    first, same, other = (
        read(tmp_path, settings, each)[0].digest
        for each in (line(1), dict(reversed(line(1).items())), line(1, candidates=2))
    )
    assert first == same != other


def test_requests_made_in_python() -> None:
    one = CodeGenerationRequest("x", {"v": 1}, returns={"a": bool})
    (found,) = given_requests({"q/1": one})
    assert (found.id, found.request, found.files) == ("q/1", one, {})
    changed = given_requests({"q/1": CodeGenerationRequest("x", {"v": 1}, returns={"a": int})})
    assert changed[0].digest != found.digest
    for bad in ({}, [one], {"a": "text"}, {"1": one, 1: one}, {None: one}):
        with pytest.raises(RequestError):
            given_requests(bad)  # type: ignore[arg-type]  # on purpose
