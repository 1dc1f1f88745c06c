"""The runner image on the real engine."""

from __future__ import annotations

import json
import shlex
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox import ImageBuildError, ImageMissingError
from sandbox.engine import connect
from sandbox.image import (
    build_image,
    default_cache_folder,
    image_exists,
    image_packages,
    image_tag,
    old_images,
    remove_images,
    require_image,
)
from sandbox.image.command import run
from sandbox.image.labels import BASE_LABEL, ROLE_LABEL
from sandbox.image.requirements import host_version
from sandbox.image.spec import ImageSpec, image_spec

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1800)]
PROGRAM = """
import json, os, sys, sysconfig
print(json.dumps({
    "uid": os.getuid(), "gid": os.getgid(), "cwd": os.getcwd(), "environ": dict(os.environ),
    "python": sys.version_info[:2], "safe_path": sys.flags.safe_path, "cached": __cached__,
    "has_pyc": os.path.exists(__cached__), "prefix": sys.prefix,
}))
"""
NEVER = "codegen-agent-runner:never-built"


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """The real engine."""
    client = connect()
    yield client
    client.close()


@pytest.fixture(scope="module")
def image(client: Any) -> str:
    """The runner image of this version."""
    return build_image(client)


@pytest.fixture
def spec(client: Any, image: str, tmp_path: Path) -> Iterator[ImageSpec]:
    """An image with a tiny program of its own on the real libraries."""
    (tmp_path / "__main__.py").write_text(PROGRAM + f"# {uuid.uuid4()}\n")
    spec = image_spec(runner_folder=tmp_path)
    yield spec
    remove_images(client, [spec.tag])


def inside(client: Any, image: str, *command: str) -> str:
    """Run a command in the image, locked down as a run is."""
    output: bytes = client.containers.run(
        image,
        entrypoint=list(command) or None,
        network_mode="none",
        read_only=True,
        remove=True,
        tmpfs={"/tmp": "size=64m"},
    )
    return output.decode()


def test_what_is_there_is_not_built_again(client: Any, image: str) -> None:
    assert image == image_tag()
    assert image_exists(client, image)
    require_image(client, image)
    said: list[str] = []
    assert build_image(client, progress=said.append) == image
    assert said == []


def test_an_image_that_is_not_there_is_missing(client: Any) -> None:
    assert not image_exists(client, NEVER)
    with pytest.raises(ImageMissingError, match="codegen-agent sandbox build"):
        require_image(client, NEVER)
    with pytest.raises(ImageMissingError, match=NEVER):
        image_packages(client, NEVER)


def test_its_libraries_have_the_hosts_versions(client: Any, image: str) -> None:
    packages = image_packages(client, image)
    assert {"pandas", "numpy", "pyarrow", "matplotlib", "scikit-learn", "polars"} <= set(packages)
    here = {name: host_version(name) for name in packages}
    assert {name: version for name, version in packages.items() if here[name]} == {
        name: version for name, version in here.items() if version
    }


def test_the_label_says_what_is_installed(client: Any, image: str) -> None:
    script = (
        "import importlib.metadata as m, json;"
        "print(json.dumps({d.name: d.version for d in m.distributions()}))"
    )
    installed = json.loads(inside(client, image, "/opt/venv/bin/python", "-c", script))
    assert {name.lower().replace("_", "-"): version for name, version in installed.items()} == (
        image_packages(client, image)
    )


def test_the_libraries_work_without_their_test_suites(client: Any, image: str) -> None:
    script = (
        "import matplotlib.pyplot, numpy.testing, openpyxl, plotly.express, polars,"
        " pyarrow.parquet, scipy.optimize, scipy.signal, scipy.stats, seaborn, sklearn.datasets,"
        " sklearn.linear_model, statsmodels.api, statsmodels.formula.api, tabulate, jinja2;"
        "import pandas as pd;"
        "print(pd.DataFrame({'a': [1]}).to_markdown(), matplotlib.get_backend())"
    )
    assert inside(client, image, "/opt/venv/bin/python", "-c", script).lower().endswith(" agg\n")


def search(client: Any, image: str, *criteria: str) -> set[str]:
    """Return what find finds where the user may look, but for the kernel's own files."""
    command = ["find", "/", "-xdev", "-path", "/proc", "-prune", "-o", *criteria, "-print"]
    shell = f"{shlex.join(command)} 2>/dev/null; echo searched"
    found = inside(client, image, "/bin/sh", "-c", shell).splitlines()
    assert found.pop() == "searched"
    return set(found)


def test_nothing_in_it_gives_more_rights(client: Any, image: str) -> None:
    assert "/opt/venv" in search(client, image, "-name", "venv")
    assert search(client, image, "-perm", "/6000", "-type", "f") == set()
    # Of the image; the container's root is read-only on top.
    assert search(client, image, "-user", "1000") == set()
    writable = search(client, image, "-writable", "-not", "-type", "l")
    assert writable <= {"/run/lock", "/tmp", "/var/tmp"}


def test_the_font_list_is_prepared(client: Any, image: str) -> None:
    assert "fontlist" in inside(client, image, "/bin/ls", "/opt/matplotlib-cache")


def test_a_new_program_is_a_new_image_on_the_same_libraries(client: Any, spec: ImageSpec) -> None:
    said: list[str] = []
    assert build_image(client, spec=spec, progress=said.append) == spec.tag
    assert said[0] == "building the runner image"  # and no wheels, no base
    report = json.loads(inside(client, spec.tag))
    assert (report["uid"], report["gid"], report["cwd"]) == (1000, 1000, "/tmp")
    assert "{}.{}".format(*report["python"]) == spec.python
    assert report["safe_path"]
    assert report["has_pyc"]
    assert report["prefix"] == "/opt/venv"
    assert report["environ"]["LANG"] == "C.UTF-8"
    assert report["environ"]["HOME"] == "/tmp"
    labels = client.api.inspect_image(spec.tag)["Config"]["Labels"]
    assert labels["org.codegen-agent"] == "runner"
    assert labels["org.codegen-agent.python"] == spec.python
    assert labels[BASE_LABEL]


def test_no_secret_and_no_host_setting_enters_a_layer(client: Any, image: str) -> None:
    history = json.dumps(client.api.history(image)) + json.dumps(client.api.inspect_image(image))
    assert "://" not in history
    assert "index" not in history.lower().replace("no-index", "")


def test_old_images_are_found_and_removed(client: Any, spec: ImageSpec, image: str) -> None:
    build_image(client, spec=spec)
    assert spec.tag in old_images(client)
    assert image not in old_images(client)
    assert spec.tag not in old_images(client, spec)
    assert remove_images(client, [spec.tag, NEVER]) == [spec.tag]
    assert not image_exists(client, spec.tag)
    assert image_exists(client, image)


def test_an_image_in_use_stays(client: Any, spec: ImageSpec) -> None:
    build_image(client, spec=spec)
    container = client.containers.create(spec.tag)
    try:
        assert remove_images(client, [spec.tag]) == []
    finally:
        container.remove()


def test_a_build_that_fails_leaves_no_tag_and_shows_its_last_lines(
    client: Any, spec: ImageSpec
) -> None:
    broken = replace(
        spec, runner_dockerfile=f"FROM {spec.libraries_tag}\nRUN echo the reason; exit 7\n"
    )
    with pytest.raises(ImageBuildError, match=r"(?s)non-zero code: 7.*the reason"):
        build_image(client, spec=broken)
    assert not image_exists(client, broken.tag)


def test_a_build_leaves_nothing_beside_its_image(client: Any, spec: ImageSpec) -> None:
    steps = f"FROM {spec.libraries_tag}\nENV A=1\nRUN exit 1\n"
    with pytest.raises(ImageBuildError):
        build_image(client, spec=replace(spec, runner_dockerfile=steps))
    build_image(client, spec=spec)
    assert not client.images.list(filters={"dangling": True, "label": ROLE_LABEL})


def test_an_interrupted_build_is_taken_up(client: Any, spec: ImageSpec) -> None:
    def interrupt(line: str) -> None:
        if line.startswith("Step 3"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_image(client, spec=spec, progress=interrupt)
    assert not image_exists(client, spec.tag)
    assert build_image(client, spec=spec) == spec.tag


def test_two_builds_at_once_are_one(client: Any, spec: ImageSpec) -> None:
    said: list[list[str]] = [[], []]
    threads = [
        threading.Thread(
            target=lambda lines=lines: build_image(client, spec=spec, progress=lines.append)
        )
        for lines in said
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("building the runner image" in lines for lines in said) == 1
    assert image_exists(client, spec.tag)


def test_the_command_line(client: Any, image: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tag"]) == 0
    assert capsys.readouterr().out.strip() == image
    assert run(["check"]) == 0
    assert run(["build"]) == 0
    assert image in capsys.readouterr().out
    assert run(["packages"]) == 0
    assert "pandas==" in capsys.readouterr().out


def test_the_command_line_without_an_engine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    assert run(["build"]) == 3
    assert capsys.readouterr().err.startswith("error: the container engine at 'tcp://127.0.0.1:9'")


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"CODEGEN_AGENT_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, Path("/a")),
        ({"XDG_CACHE_HOME": "/b"}, Path("/b/codegen-agent")),
        ({"XDG_CACHE_HOME": "relative"}, Path.home() / ".cache" / "codegen-agent"),
        ({}, Path.home() / ".cache" / "codegen-agent"),
    ],
)
def test_the_cache_folder(environ: dict[str, str], folder: Path) -> None:
    assert default_cache_folder(environ) == folder
