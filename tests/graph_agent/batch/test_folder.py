"""The folder of many runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.batch.folder import RecordLines, alone_in, new_folder, read_record, replace_file
from graph_agent.config.settings import Settings
from graph_agent.errors import OutputError, RequestError
from graph_agent.records import Usage


def test_each_new_folder_is_another_one(settings: Settings) -> None:
    folders = {new_folder(settings, "batches", "a file/with: signs") for _ in range(3)}
    assert len(folders) == 3
    assert {folder.parent for folder in folders} == {settings.state_dir / "batches"}


def test_a_folder_is_used_by_one_process_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with alone_in(folder), pytest.raises(RequestError, match="another process"), alone_in(folder):
        pass
    assert list(folder.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(OutputError), alone_in(tmp_path / "file"):
        pass


def test_a_line_that_a_kill_cut_off_is_removed(tmp_path: Path) -> None:
    lines = RecordLines(tmp_path / "new" / "lines.jsonl", Usage)
    assert lines.read() == []
    lines.add(Usage(calls=1))
    whole = lines.path.read_bytes()
    for cut in range(1, len(whole)):
        lines.path.write_bytes(whole + whole[:cut])
        assert lines.read() == [Usage(calls=1)]
        assert lines.path.read_bytes() == whole
    lines.add(Usage(calls=2))
    assert lines.read() == [Usage(calls=1), Usage(calls=2)]
    lines.clear()
    assert lines.read() == []


def test_a_file_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text('{"other": 1}\n')
    with pytest.raises(RequestError, match=r"lines\.jsonl"):
        RecordLines(path, Usage).read()
    with pytest.raises(RequestError, match="no set of figures"):
        read_record(path, Usage, "set of figures")
    assert read_record(tmp_path / "none", Usage, "set of figures") is None


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    for text in ("first", "second"):
        replace_file(path, text)
        assert path.read_text() == text
    assert [each.name for each in path.parent.iterdir()] == ["file"]
    with pytest.raises(OutputError, match="--out"):
        replace_file(path / "below", "text")
