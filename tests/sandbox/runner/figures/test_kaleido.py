"""Plotly figures drawn in real containers, by the browser in kaleido's wheel."""

from __future__ import annotations

import contextlib
import io
import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from sandbox import DockerSandbox, SandboxPolicy
from sandbox.engine.connection import connect
from sandbox.image import image_tag, remove_images
from sandbox.image.extension import extended_tag
from sandbox.records import Execution

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
KALEIDO = "kaleido==0.2.1"
BARS = "import plotly.express as px\npx.bar(x=['a', 'b'], y=[2, 1], width=400, height=300).show()"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerSandbox]:
    """A sandbox that may add kaleido to its image; that image is removed afterwards."""
    if platform.machine() not in ("x86_64", "AMD64", "aarch64", "arm64"):
        pytest.skip(f"{KALEIDO} has no wheel for {platform.machine()}")
    folder = str(tmp_path_factory.mktemp("wheel"))
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--retries=0"]
    done = subprocess.run([*pip, KALEIDO, "-d", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"{KALEIDO} can't be downloaded: no package index can be reached from here")
    with DockerSandbox(SandboxPolicy(allow_packages=(KALEIDO,), timeout_s=120)) as kept:
        yield kept
    with contextlib.closing(connect()) as client:
        remove_images(client, [extended_tag(image_tag(), [KALEIDO])])


def colours(run: Execution, number: int = 0) -> set[tuple[int, ...]]:
    """Decode a figure's preview and list its colours."""
    shown = run.figures[number].preview
    assert shown is not None, run.detail
    image = Image.open(io.BytesIO(shown.data))
    assert image.size == (shown.width, shown.height)
    return {colour for _, colour in image.convert("RGB").getcolors(1 << 24) or ()}  # type: ignore[misc]


def test_code_that_names_plotly_gets_previews(sandbox: DockerSandbox) -> None:
    run = sandbox.run(BARS)
    assert run.outcome == "ok"
    assert "kaleido 0.2.1" in run.detail
    assert [(figure.mime, figure.width, figure.height) for figure in run.figures] == [
        ("application/vnd.plotly.v1+json", 400, 300)
    ]
    assert json.loads(run.figures[0].data)["data"][0]["type"] == "bar"
    assert run.figures[0].preview is not None
    assert (run.figures[0].preview.width, run.figures[0].preview.height) == (400, 300)
    assert (99, 110, 250) in colours(run), "plotly's first colour"


def test_figures_left_in_variables_and_those_of_failed_code(sandbox: DockerSandbox) -> None:
    code = "left = px.scatter_3d(x=[1, 2], y=[1, 2], z=[1, 2])\n"
    code += "px.choropleth(locations=['FRA'], color=[1]).show()\n"
    run = sandbox.run(f"{BARS}\n{code}")
    assert run.outcome == "ok"
    assert [figure.preview is not None for figure in run.figures] == [True, False, True]
    assert "no preview" in run.detail, "maps need a network"
    failed = sandbox.run(f"{BARS}\n1 / 0")
    assert failed.outcome == "error"
    assert len(colours(failed)) > 1


def test_other_scripts_are_drawn_with_the_images_fonts(sandbox: DockerSandbox) -> None:
    titles = ("数据图表", "统计销售", "कखगघ", "चछजझ", "ไทยน", "ขอมล")
    code = "import plotly.express as px\n"
    for title in titles:
        code += f"px.bar(x=['a'], y=[1], title='{title}', width=400, height=300).show()\n"
    run = sandbox.run(code)
    drawn = [figure.preview.data for figure in run.figures if figure.preview]
    assert len(drawn) == len(titles), run.detail
    assert len({*drawn}) == len(titles), "boxes of the same number look the same"


def test_code_writes_image_files(sandbox: DockerSandbox) -> None:
    import plotly.express

    code = "fig.write_image('a.png')\nfig.write_image('a.pdf', width=300)\n"
    code += "starts = [open(n, 'rb').read(4) for n in ('a.png', 'a.pdf')]"
    run = sandbox.run(code, {"fig": plotly.express.line(y=[1, 2])})
    assert run.error is None
    assert run.variables["starts"] == [b"\x89PNG", b"%PDF"]
    assert len(run.figures) == 1
    assert len(colours(run)) > 1


def test_a_browser_that_hangs_costs_only_the_preview(sandbox: DockerSandbox) -> None:
    code = """
import os, signal, threading, time
def freeze():
    while True:
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if "kaleido" in open(f"/proc/{pid}/comm").read():
                    os.kill(int(pid), signal.SIGSTOP)
            except OSError:
                pass
        time.sleep(0.01)
threading.Thread(target=freeze, daemon=True).start()
"""
    sandbox.policy = SandboxPolicy(allow_packages=(KALEIDO,), timeout_s=30)
    run = sandbox.run(f"{code}\n{BARS}\nx = 1", returns=["x"])
    assert (run.outcome, dict(run.variables)) == ("ok", {"x": 1})
    assert run.figures[0].preview is None
    assert "drawing took too long" in run.detail


def test_too_little_memory_to_draw_is_reported(sandbox: DockerSandbox) -> None:
    sandbox.policy = SandboxPolicy(allow_packages=(KALEIDO,), memory="512m")
    run = sandbox.run(BARS)
    assert run.outcome == "ok"
    assert run.figures[0].preview is None
    assert "512 MiB of memory" in run.detail


def test_writing_an_image_adds_kaleido(sandbox: DockerSandbox, tmp_path: Path) -> None:
    import plotly.express

    with DockerSandbox(SandboxPolicy(allow_packages=(KALEIDO,))) as another:
        run = another.run("f.write_image('a.png')", {"f": plotly.express.line(y=[1, 2])})
    assert run.outcome == "ok"
    assert "kaleido 0.2.1" in run.detail


def test_without_permission_the_error_says_so() -> None:
    import plotly.express

    with DockerSandbox() as sandbox:
        run = sandbox.run("f.write_image('a.png')", {"f": plotly.express.line(y=[1, 2])})
    assert run.outcome == "error"
    assert "'kaleido'" in run.detail
    assert run.figures[0].preview is None
