"""What of a wheel is in the image, and that the same wheels make the same archive."""

from __future__ import annotations

import importlib.util
import marshal
import sys
import tarfile
import zipfile
from importlib.machinery import SourcelessFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

from sandbox.image.packing import MTIME, PackingError, byte_code, pack, site_packages

PYTHON = "3.11"
SITE = site_packages(PYTHON)


def wheel(folder: Path, name: str, **files: str) -> Path:
    """Make a wheel of paths, in which ``__`` stands for ``/``, and texts."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for place, text in files.items():
            archive.writestr(place, text)
    return path


def entries(archive: Path) -> dict[str, tarfile.TarInfo]:
    """Return the archive's entries by name."""
    with tarfile.open(archive) as tar:
        return {entry.name: entry for entry in tar}


def files_in(archive: Path) -> set[str]:
    """Return the names of an archive's files."""
    return {name for name, entry in entries(archive).items() if entry.isfile()}


def packed(tmp_path: Path, name: str = "pear", **files: str) -> Path:
    """Pack one wheel; return its archive."""
    out = tmp_path / "out"
    out.mkdir(exist_ok=True)
    (archive,) = pack([wheel(tmp_path, name, **files)], out, PYTHON)
    return archive


def test_files_have_their_place_and_byte_code(tmp_path: Path) -> None:
    files = {
        "pear/__init__.py": "x = 1\n",
        "pear/data.txt": "1",
        "pear-1.0.dist-info/METADATA": "Name: pear",
        "pear-1.0.data/purelib/pear_more.txt": "",
        "pear-1.0.data/data/share/pear.json": "{}",
        "pear-1.0.data/scripts/pear": "#!python",
        "pear-1.0.data/headers/pear.h": "",
    }
    archive = packed(tmp_path, **files)
    code = f"{SITE}/pear/__pycache__/__init__.{sys.implementation.cache_tag}.pyc"
    assert files_in(archive) == {
        f"{SITE}/pear/__init__.py",
        code,
        f"{SITE}/pear/data.txt",
        f"{SITE}/pear-1.0.dist-info/METADATA",
        f"{SITE}/pear_more.txt",
        "opt/venv/share/pear.json",
    }
    with tarfile.open(archive) as tar:
        found = tar.extractfile(code)
        assert found is not None
        read = found.read()
    assert read[:4] == importlib.util.MAGIC_NUMBER
    assert read[4:8] == b"\x01\0\0\0"  # PEP 552: a hash that is never checked
    assert marshal.loads(read[16:]).co_filename == f"/{SITE}/pear/__init__.py"


def test_the_importer_accepts_the_byte_code(tmp_path: Path) -> None:
    code = byte_code(b"x = 40 + 2\n", "/opt/x.py")
    assert code is not None
    (tmp_path / "x.pyc").write_bytes(code)
    spec = spec_from_loader("x", SourcelessFileLoader("x", str(tmp_path / "x.pyc")))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.x == 42


@pytest.mark.parametrize("source", [b"print 1", b"x = '\0'", b"# coding: none\n"])
def test_modules_for_other_pythons_have_no_byte_code(source: bytes, tmp_path: Path) -> None:
    assert byte_code(source, "/opt/x.py") is None
    archive = packed(tmp_path, **{"pear/old.py": source.decode()})
    assert files_in(archive) == {f"{SITE}/pear/old.py"}


@pytest.mark.parametrize(
    "name",
    [
        "pandas/tests/test_a.txt",
        "scipy/stats/tests/data.txt",
        "pyarrow/include/arrow.h",
        "evil.pth",
        "sitecustomize.py",
        "usercustomize/__init__.py",
        "pear-1.0.data/purelib/evil.pth",
        "pear/__pycache__/old.cpython-311.pyc",
    ],
)
def test_what_is_not_needed_or_would_run_at_each_start_is_left_out(
    name: str, tmp_path: Path
) -> None:
    assert files_in(packed(tmp_path, **{name: "", "kept.txt": ""})) == {f"{SITE}/kept.txt"}


@pytest.mark.parametrize("name", ["numpy/tests/a.txt", "pear/tests/a.txt", "pear/a.pth"])
def test_other_files_stay(name: str, tmp_path: Path) -> None:
    assert files_in(packed(tmp_path, **{name: ""})) == {f"{SITE}/{name}"}


@pytest.mark.parametrize("name", ["../evil", "pear/../../evil", "/etc/evil", "pear\\..\\evil"])
def test_a_file_outside_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(PackingError, match="outside its folder"):
        packed(tmp_path, **{name: ""})


def test_a_damaged_wheel_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pear-1.0-py3-none-any.whl"
    path.write_bytes(b"no zip file")
    with pytest.raises(PackingError, match="BadZipFile"):
        pack([path], tmp_path, PYTHON)


def test_of_fonts_only_files_and_licenses_are_kept(tmp_path: Path) -> None:
    files = {
        "fonts/a/Deja.ttf": "",
        "fonts/a/Deja-Italic.ttf": "",
        "fonts/b/Many.ttc": "",
        "fonts/__init__.py": "",
        "pear-1.0.dist-info/LICENSE": "",
    }
    (archive,) = pack([], tmp_path, PYTHON, [wheel(tmp_path, "pear", **files)])
    fonts = "usr/share/fonts/codegen-agent"
    assert files_in(archive) == {
        f"{fonts}/Deja.ttf",
        f"{fonts}/Many.ttc",
        f"{fonts}/licenses/pear-1.0.dist-info/LICENSE",
    }


def test_everything_belongs_to_root_and_no_file_has_more_rights(tmp_path: Path) -> None:
    path = tmp_path / "pear-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, mode in (("pear/tool", 0o106755), ("pear/text", 0o100666)):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, "")
    found = entries(pack([path], tmp_path, PYTHON)[0])
    assert found[f"{SITE}/pear/tool"].mode == 0o755
    assert found[f"{SITE}/pear/text"].mode == 0o644
    assert found[f"{SITE}/pear"].mode == 0o755
    assert found[f"{SITE}/pear"].isdir()
    assert {(e.uid, e.gid, e.mtime) for e in found.values()} == {(0, 0, MTIME)}


def test_the_same_wheels_make_the_same_archives(tmp_path: Path) -> None:
    wheels = [
        wheel(tmp_path, name, **{f"{name}/a.py": f"x = '{name}'\n"})
        for name in ("pear", "apple", "plum")
    ]
    contents = []
    for number, order in enumerate((wheels, wheels[::-1])):
        out = tmp_path / str(number)
        out.mkdir()
        contents.append([path.read_bytes() for path in pack(order, out, PYTHON)])
    assert contents[0] == contents[1]
