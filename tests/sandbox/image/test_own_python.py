"""Copying the host's own Python: what goes along, and which packages it needs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from sandbox.image.own_python import (
    NoOwnPythonError,
    check_own_python,
    needed_packages,
    pack_own_python,
)

PYTHON = "{}.{}".format(*sys.version_info)
built_here = pytest.mark.skipif(sys.base_prefix == "/usr", reason="Python is the system's own")
on_debian = pytest.mark.skipif(not shutil.which("dpkg-query"), reason="needs Debian's packages")


@pytest.mark.parametrize(
    ("python", "prefix", "reason"),
    [("3.99", "/opt/python", "this is Python"), (PYTHON, "/usr", "belongs to the system")],
)
def test_another_python_and_the_systems_are_not_copied(
    python: str, prefix: str, reason: str
) -> None:
    with pytest.raises(NoOwnPythonError, match=reason):
        check_own_python(python, Path(prefix))


@built_here
def test_the_copy_runs_elsewhere_without_what_was_installed(tmp_path: Path) -> None:
    check_own_python(PYTHON)
    pack_own_python(tmp_path / "python.tar", PYTHON)
    with tarfile.open(tmp_path / "python.tar") as archive:
        names = archive.getnames()
        archive.extractall(tmp_path, filter="tar")
    assert not [name for name in names if "site-packages" in name or "__pycache__" in name]
    program = "import ctypes, hashlib, sqlite3, ssl, sys, unittest, venv; print(sys.prefix)"
    command = [str(tmp_path / "bin" / "python3"), "-I", "-c", program]
    environ = {"LD_LIBRARY_PATH": str(tmp_path / "lib")}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(tmp_path)


@built_here
@on_debian
def test_the_packages_of_its_libraries_are_found() -> None:
    packages = needed_packages(PYTHON)
    assert "libc6" in packages
    assert not [name for name in packages if ":" in name or "/" in name]


@on_debian
def test_a_library_of_no_package_is_named_unless_it_is_pythons_own(tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    prefix = tmp_path / "prefix"
    modules = prefix / "lib" / f"python{PYTHON}" / "lib-dynload"
    modules.mkdir(parents=True)
    (prefix / "bin").mkdir()
    (prefix / "bin" / f"python{PYTHON}").symlink_to("/bin/sh")
    (prefix / "bin" / "python3").symlink_to(f"python{PYTHON}")
    (tmp_path / "empty.c").touch()
    other = tmp_path / "other"
    other.mkdir()
    build = [compiler, "-shared", str(tmp_path / "empty.c"), "-o"]
    subprocess.run([*build, str(other / "libnobodys.so")], check=True)
    link = [str(modules / "_m.so"), f"-L{other}", "-Wl,--no-as-needed", "-lnobodys"]
    subprocess.run([*build, *link, f"-Wl,-rpath,{other}"], check=True)
    with pytest.raises(NoOwnPythonError, match=r"libnobodys\.so.* belongs to no package"):
        needed_packages(PYTHON, prefix)
    # In Python's own folder it goes along, as conda's do.
    (prefix / "lib" / "libnobodys.so").symlink_to(other / "libnobodys.so")
    subprocess.run([*build, *link, f"-Wl,-rpath,{prefix / 'lib'}"], check=True)
    assert "libc6" in needed_packages(PYTHON, prefix)
    pack_own_python(tmp_path / "python.tar", PYTHON, prefix)
    with tarfile.open(tmp_path / "python.tar") as archive:
        assert archive.getmember("lib/libnobodys.so").isfile()
    (other / "libnobodys.so").unlink()
    with pytest.raises(NoOwnPythonError, match=r"libnobodys\.so .*missing"):
        needed_packages(PYTHON, prefix)
