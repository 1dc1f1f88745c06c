"""The tags: they change if a part of the image changes, and only then."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.image import image_tag
from sandbox.image.requirements import Pin
from sandbox.image.spec import ImageSpec, image_spec, program_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A program of two files, with files that Python and editors leave."""
    program = tmp_path / "program"
    (program / "inner" / "__pycache__").mkdir(parents=True)
    (program / "__main__.py").write_text("print('hello')\n")
    (program / "inner" / "__init__.py").write_text("")
    (program / "inner" / "__pycache__" / "x.py").write_text("")
    (program / "__main__.py~").write_text("old")
    return program


@pytest.fixture
def spec(folder: Path) -> ImageSpec:
    """The parts of an image of that program."""
    return image_spec(runner_folder=folder, pins=(Pin("a", "1"),), installed=lambda name: None)


def test_the_program_is_its_python_files(folder: Path) -> None:
    assert program_files(folder) == (
        ("__main__.py", b"print('hello')\n"),
        ("inner/__init__.py", b""),
    )


def test_the_tag_names_the_python_minor_version(spec: ImageSpec) -> None:
    python = "{}.{}".format(*sys.version_info)
    assert spec.tag.startswith(f"codegen-agent-runner:py{python}-")
    assert spec.libraries_tag.startswith(f"codegen-agent-libraries:py{python}-")


def test_the_same_parts_give_the_same_tag(spec: ImageSpec, folder: Path) -> None:
    (folder / "inner" / "__pycache__" / "y.pyc").write_bytes(b"\0")
    again = image_spec(runner_folder=folder, pins=(Pin("a", "1"),), installed=lambda name: None)
    assert (again.tag, again.libraries_tag) == (spec.tag, spec.libraries_tag)


@pytest.mark.parametrize(
    "change",
    [
        {"python": "3.10"},
        {"base": "registry.example/python"},
        {"pins": (Pin("a", "2"),)},
        {"pins": (Pin("a", "1", direct=False),)},
        {"pins": (Pin("a", "1", fonts=True),)},
        {"libraries_dockerfile": "FROM scratch"},
        {"packing": b"another program"},
    ],
)
def test_other_libraries_change_both_tags(spec: ImageSpec, change: dict[str, str]) -> None:
    other = replace(spec, **change)
    assert other.libraries_tag != spec.libraries_tag
    assert other.tag != spec.tag


@pytest.mark.parametrize(
    "change",
    [
        {"runner_dockerfile": "FROM scratch"},
        {"program": (("__main__.py", b"print('other')\n"), ("inner/__init__.py", b""))},
        {"program": (("__main__.py", b"print('hello')\n"), ("inne/r__init__.py", b""))},
    ],
)
def test_another_program_keeps_the_libraries(spec: ImageSpec, change: dict[str, str]) -> None:
    other = replace(spec, **change)
    assert other.libraries_tag == spec.libraries_tag
    assert other.tag != spec.tag


def test_what_else_the_host_has_keeps_the_tags() -> None:
    """JupyterLab brings such versions of libraries that the image has too."""
    host = {"soupsieve": "99", "six": "99", "webencodings": "99", "certifi": "99", "bleach": "1"}
    bare, other = (image_spec(installed=found) for found in ({}.get, host.get))
    assert (other.tag, other.libraries_tag) == (bare.tag, bare.libraries_tag)
    assert image_spec(installed={"pandas": "2.3.0"}.get).tag != bare.tag


def test_a_base_from_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = image_tag()
    monkeypatch.setenv("CODEGEN_AGENT_BASE_IMAGE", "registry.example/python:slim")
    assert image_spec().base == "registry.example/python:slim"
    assert image_tag() != before


def test_the_tag_is_computed_fast() -> None:
    image_tag()
    started = time.perf_counter()
    image_tag()
    assert time.perf_counter() - started < 0.5
