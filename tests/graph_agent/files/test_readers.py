"""Every format a variable's file can have."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from graph_agent.errors import VariableFileError
from graph_agent.files.readers import read_pickle, reader_for
from graph_agent.files.reading import Reading
from graph_agent.samples import load_tips, tips_path
from tests.graph_agent.files.sample_files import FRAME, Exploit


def read(path: Path) -> object:
    reader = reader_for(path.name)
    assert reader is not None
    return reader(path, Reading())


@pytest.mark.parametrize("name", ["notes.txt", "noext", "a.tar.gz", "x.npz", "old.xls", "csv", ""])
def test_other_endings_have_no_reader(name: str) -> None:
    assert reader_for(name) is None


@pytest.mark.parametrize("name", ["d.pkl", "d.PICKLE"])
def test_pickles_have_a_reader_that_callers_can_tell_from_the_others(name: str) -> None:
    assert reader_for(name) is read_pickle


def write_stream(frame: pd.DataFrame, path: Path) -> None:
    table = pa.Table.from_pandas(frame)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "d.csv": lambda f, p: f.to_csv(p, index=False),
    "d.CSV": lambda f, p: f.to_csv(p, index=False),
    "semicolon.csv": lambda f, p: f.to_csv(p, index=False, sep=";"),
    "bom.csv": lambda f, p: f.to_csv(p, index=False, encoding="utf-8-sig"),
    "excel-unicode.csv": lambda f, p: f.to_csv(p, index=False, sep="\t", encoding="utf-16"),
    "d.csv.gz": lambda f, p: f.to_csv(p, index=False),
    "d.csv.bz2": lambda f, p: f.to_csv(p, index=False),
    "d.csv.xz": lambda f, p: f.to_csv(p, index=False),
    "d.tsv": lambda f, p: f.to_csv(p, index=False, sep="\t"),
    "d.jsonl": lambda f, p: f.to_json(p, orient="records", lines=True),
    "d.ndjson": lambda f, p: f.to_json(p, orient="records", lines=True),
    "d.json": lambda f, p: f.to_json(p, orient="records"),
    "d.json.gz": lambda f, p: f.to_json(p, orient="records"),
    "d.parquet": lambda f, p: f.to_parquet(p),
    "d.feather": lambda f, p: f.to_feather(p),
    "stream.arrow": write_stream,
    "file.arrow": lambda f, p: f.to_feather(p, compression="uncompressed"),
    "d.xlsx": lambda f, p: f.to_excel(p, index=False),
}


@pytest.mark.parametrize("file_name", WRITERS)
def test_tables_become_data_frames(tmp_path: Path, file_name: str) -> None:
    path = tmp_path / file_name
    WRITERS[file_name](FRAME, path)
    value = read(path)
    assert isinstance(value, pd.DataFrame)
    assert_frame_equal(value, FRAME)


def test_the_sample_reads_as_pandas_reads_it() -> None:
    value = read(tips_path())
    assert isinstance(value, pd.DataFrame)
    assert_frame_equal(value, load_tips())


def test_a_parquet_file_gets_no_column_from_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "year=2020"
    folder.mkdir()
    FRAME.to_parquet(folder / "d.parquet")
    value = read(folder / "d.parquet")
    assert isinstance(value, pd.DataFrame)
    assert list(value) == ["a", "b"]


def test_a_long_csv_with_mixed_cells_has_one_type_a_column(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_text("a\n" + "1\n" * 300_000 + "x\n")
    value = read(path)
    assert isinstance(value, pd.DataFrame)
    assert {type(cell) for cell in value["a"]} == {str}


@pytest.mark.parametrize("value", [{"a": [1, 2]}, [1, 2], [], [{"a": {"b": 1}}], "text", 3, None])
def test_other_json_becomes_plain_values(tmp_path: Path, value: object) -> None:
    path = tmp_path / "d.json"
    path.write_text(json.dumps(value))
    assert read(path) == value


def test_json_lines_other_than_objects_become_a_list(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text('1\n\n"two\u2028lines"\n[3]\n', encoding="utf-8")
    assert read(path) == [1, "two\u2028lines", [3]]


def test_a_workbook_of_several_sheets_becomes_a_dict(tmp_path: Path) -> None:
    path = tmp_path / "d.xlsx"
    with pd.ExcelWriter(path) as writer:
        FRAME.to_excel(writer, sheet_name="one", index=False)
        FRAME.head(1).to_excel(writer, sheet_name="two", index=False)
        pd.DataFrame().to_excel(writer, sheet_name="empty")
    value = read(path)
    assert isinstance(value, dict)
    assert {name: frame.shape for name, frame in value.items()} == {"one": (3, 2), "two": (1, 2)}


def test_npy_becomes_an_array(tmp_path: Path) -> None:
    np.save(tmp_path / "d.npy", np.arange(6.0).reshape(2, 3))
    value = read(tmp_path / "d.npy")
    assert isinstance(value, np.ndarray)
    assert value.shape == (2, 3)


def test_an_array_of_objects_is_not_unpickled(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    np.save(tmp_path / "d.npy", np.array([Exploit(mark)], dtype=object), allow_pickle=True)
    (tmp_path / "e.npy").write_bytes(pickle.dumps(Exploit(mark)))
    with pytest.raises(VariableFileError, match="Python objects"):
        read(tmp_path / "d.npy")
    with pytest.raises(VariableFileError, match=r"is not an \.npy file"):
        read(tmp_path / "e.npy")
    assert not mark.exists()


def test_a_workbook_without_cells(tmp_path: Path) -> None:
    pd.DataFrame().to_excel(tmp_path / "d.xlsx")
    with pytest.raises(VariableFileError, match="no sheet"):
        read(tmp_path / "d.xlsx")
