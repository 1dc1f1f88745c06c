"""Building the runner image on the real engine."""

from __future__ import annotations

import contextlib
import json
import shlex
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox import ImageBuildError
from sandbox.engine.connection import connect
from sandbox.image import (
    build_image,
    image_exists,
    image_packages,
    image_tag,
    remove_images,
    require_image,
)
from sandbox.image.requirements import host_version
from sandbox.image.spec import BASE_LABEL, ROLE_LABEL, ImageSpec, image_spec

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
    """An image with a tiny program on the real libraries."""
    (tmp_path / "__main__.py").write_text(PROGRAM + f"# {uuid.uuid4()}\n")
    spec = image_spec(runner_folder=tmp_path)
    yield spec
    remove_images(client, [spec.tag])


def inside(client: Any, image: str, *command: str) -> str:
    """Run a command in the image, with the restrictions of a run."""
    output: bytes = client.containers.run(
        image,
        entrypoint=list(command) or None,
        network_mode="none",
        read_only=True,
        remove=True,
        tmpfs={"/tmp": "size=64m"},
    )
    return output.decode()


def test_an_existing_image_is_not_built_again(client: Any, image: str) -> None:
    assert image == image_tag()
    assert image_exists(client, image)
    require_image(client, image)
    lines: list[str] = []
    assert build_image(client, progress=lines.append) == image
    assert lines == []


def test_its_libraries_have_the_hosts_versions(client: Any, image: str) -> None:
    packages = image_packages(client, image)
    assert {"pandas", "numpy", "pyarrow", "matplotlib", "scikit-learn", "polars"} <= set(packages)
    here = {name: host_version(name) for name in packages}
    assert {name: version for name, version in packages.items() if here[name]} == {
        name: version for name, version in here.items() if version
    }


def test_the_libraries_work_without_their_test_suites(client: Any, image: str) -> None:
    script = (
        "import matplotlib.pyplot, numpy.testing, openpyxl, plotly.express, polars,"
        " pyarrow.parquet, scipy.optimize, scipy.signal, scipy.stats, seaborn, sklearn.datasets,"
        " sklearn.linear_model, statsmodels.api, statsmodels.formula.api, tabulate, jinja2;"
        "import pandas as pd;"
        "print(pd.DataFrame({'a': [1]}).to_markdown(), matplotlib.get_backend())"
    )
    assert inside(client, image, "/opt/venv/bin/python", "-c", script).lower().endswith(" agg\n")


def test_what_programs_often_import_is_there(client: Any, image: str) -> None:
    script = (
        "import bs4, faker, folium, geopy, holidays, html5lib, lxml.etree, pytz, regex, requests,"
        " xlrd, xlsxwriter; import io, pandas as pd;"
        "tables = pd.read_html(io.StringIO('<table><tr><td>7</td></tr></table>'));"
        "pd.DataFrame({'a': [1]}).to_excel('/tmp/a.xlsx', engine='xlsxwriter');"
        "print(tables[0].iloc[0, 0], pd.read_excel('/tmp/a.xlsx').a[0])"
    )
    assert inside(client, image, "/opt/venv/bin/python", "-c", script) == "7 1\n"


def test_of_the_fonts_packages_only_files_are_kept(client: Any, image: str) -> None:
    fonts = {pin.name for pin in image_spec().pins if pin.fonts}
    assert fonts
    assert not fonts & image_packages(client, image).keys()
    listed = inside(client, image, "/bin/ls", "-R", "/usr/share/fonts/codegen-agent")
    assert {"wqy-microhei.ttc", "NotoSansDevanagari[wght].ttf", "licenses"} <= {*listed.split()}
    assert ".py" not in listed
    modules = search(client, image, "-name", "manimgx*", "-o", "-name", "paperang*")
    assert all("/licenses/" in path for path in modules)


def search(client: Any, image: str, *criteria: str) -> set[str]:
    """Return what find lists, without unreadable folders and the kernel's files."""
    command = ["find", "/", "-xdev", "-path", "/proc", "-prune", "-o", *criteria, "-print"]
    shell = f"{shlex.join(command)} 2>/dev/null; echo searched"
    found = inside(client, image, "/bin/sh", "-c", shell).splitlines()
    assert found.pop() == "searched"
    return set(found)


def test_no_file_in_it_grants_more_rights(client: Any, image: str) -> None:
    assert "/opt/venv" in search(client, image, "-name", "venv")
    assert search(client, image, "-perm", "/6000", "-type", "f") == set()
    # In the image; in a run the root is also read-only.
    assert search(client, image, "-user", "1000") == set()
    writable = search(client, image, "-writable", "-not", "-type", "l")
    assert writable <= {"/run/lock", "/tmp", "/var/tmp"}


def test_the_font_list_is_prepared(client: Any, image: str) -> None:
    assert "fontlist" in inside(client, image, "/bin/ls", "/opt/matplotlib-cache")


def test_a_new_program_is_a_new_image_on_the_same_libraries(client: Any, spec: ImageSpec) -> None:
    lines: list[str] = []
    assert build_image(client, spec=spec, progress=lines.append) == spec.tag
    built = [line for line in lines if "another build" not in line]
    assert built[0] == "building the runner image"  # and no wheels, no base
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


@pytest.mark.parametrize("end", ["RUN exit 1", "FROM {base}\nCOPY --from=build /etc/passwd /opt/x"])
def test_a_build_leaves_no_untagged_image(client: Any, spec: ImageSpec, end: str) -> None:
    mark = f"org.codegen-agent.test={uuid.uuid4()}"
    steps = f"FROM {spec.libraries_tag} AS build\nLABEL {ROLE_LABEL}=build {mark}\n{end}\n"
    marked = replace(spec, runner_dockerfile=steps.format(base=spec.libraries_tag))
    with contextlib.suppress(ImageBuildError):
        build_image(client, spec=marked)
    assert client.images.list(filters={"dangling": True, "label": mark}) == []
    remove_images(client, [marked.tag])


def test_an_interrupted_build_can_be_repeated(client: Any, spec: ImageSpec) -> None:
    def interrupt(line: str) -> None:
        if line.startswith("Step 3"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_image(client, spec=spec, progress=interrupt)
    assert not image_exists(client, spec.tag)
    assert build_image(client, spec=spec) == spec.tag


def test_two_builds_at_once_build_once(client: Any, spec: ImageSpec) -> None:
    reports: list[list[str]] = [[], []]
    threads = [
        threading.Thread(
            target=lambda lines=lines: build_image(client, spec=spec, progress=lines.append)
        )
        for lines in reports
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("building the runner image" in lines for lines in reports) == 1
    assert image_exists(client, spec.tag)
