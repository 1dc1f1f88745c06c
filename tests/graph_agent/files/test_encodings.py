"""Encodings are found out from the bytes."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from graph_agent.files.encodings import find_encoding, open_text
from graph_agent.files.reading import Reading, ReadOptions


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("name\ncafé\n", "cp1252"),
        ("name\nMüller\n", "cp1252"),
        ("Preis in €\n5\n", "cp1252"),
        ("name;ort\nJosé;Málaga\nÅse;Tromsø\nJürgen;Köln\n", "cp1252"),
        ("São Paulo;Curaçao\nnaïve;façade\n", "cp1252"),
        ("Größe\nÄpfel für Müller\nschöne Grüße aus Köln\n", "cp1252"),
        ("Sprzedaż;Województwo\n5;łódzkie\n6;śląskie\n", "cp1250"),
        ("İl;Nüfus\nİstanbul;5\nIğdır;6\nŞanlıurfa;7\nEskişehir;8\n", "cp1254"),
        ("Имя;Город\nИван;Москва\nОльга;Казань\n", "cp1251"),
        ("Имя;Город\nИван;Москва\nОльга;Казань\n", "koi8_r"),
        ("Όνομα;Πόλη\nΓιώργος;Αθήνα\n", "cp1253"),
        ("名前,都市\n田中,東京\n", "cp932"),
        ("姓名,城市\n张伟,北京\n", "gb18030"),
        ("이름,도시\n김철수,서울\n", "cp949"),
        ("a;b\n1;2\n", "utf-8"),
        ("a;b\n\0;2\n", "utf-8"),
        ("name\nMüller\n", "utf-8"),
        ("name\nMüller\n", "utf-16-le"),
        ("name\nMüller\n", "utf-16-be"),
    ],
)
def test_what_the_bytes_say(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes(text.encode(encoding))
    reading = Reading()
    assert find_encoding(path, reading) == encoding
    assert reading.assumed == ([] if encoding == "utf-8" else [encoding])
    with open_text(path, encoding) as file:
        assert file.read() == text


def test_compressed_text(tmp_path: Path) -> None:
    path = tmp_path / "d.csv.gz"
    path.write_bytes(gzip.compress("a\nMüller\n".encode("cp1252")))
    assert find_encoding(path, Reading()) == "cp1252"


def test_the_user_knows_better(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes("a\nMüller\n".encode("cp1252"))
    reading = Reading(ReadOptions(encoding="latin1"))
    assert find_encoding(path, reading) == "iso8859-1"
    assert reading.note("d.csv") is None
