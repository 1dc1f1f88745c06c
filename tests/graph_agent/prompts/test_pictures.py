"""The figures that a vision model gets, through the real Gemini client."""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime
from PIL import Image

from graph_agent.models import CallLog, create_client, profile_of, run_steps
from graph_agent.prompts.analysis import analysis_messages
from graph_agent.prompts.pictures import MAX_PICTURES, MAX_SIDE_PIXELS, pictures_of, scaled_down
from graph_agent.records import Attempt, ExecutionRecord, FigureReference, PrivacyLevel
from graph_agent.state import AgentState
from nodes.analyze import analyze
from nodes.dependencies import Dependencies
from sandbox.variables.store import VariableStore
from tests.gemini_server import GeminiServer, Received, Text
from tests.scripted_model import ScriptedModel, verdict

PLOTLY = "application/vnd.plotly.v1+json"


@pytest.fixture
def store(tmp_path: Path) -> VariableStore:
    return VariableStore(tmp_path / "variables")


def gradient(width: int, height: int) -> Image.Image:
    """Make a picture with four different corners."""
    across = np.linspace(0, 255, width)[None, :].repeat(height, 0)
    down = np.linspace(0, 255, height)[:, None].repeat(width, 1)
    return Image.fromarray(np.dstack([across, down, 255 - across]).astype("uint8"))


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, format=kind)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=("PNG",))
    image.load()
    return image


def blank_png(width: int, height: int) -> bytes:
    """Make a black PNG with one bit per pixel, tiny compared to its pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes((1 + (width + 7) // 8) * height), 9))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def kept(
    store: VariableStore, data: bytes, width: int, height: int, mime: str = "image/png"
) -> FigureReference:
    return FigureReference(sha256=store.put(data), mime=mime, width=width, height=height)


def difference(left: Image.Image, right: Image.Image) -> float:
    """Return the mean difference of two pictures, 0 to 255."""
    return float(np.abs(np.asarray(left, float) - np.asarray(right, float)).mean())


def judged_by(
    client: BaseChatModel, figures: list[FigureReference], store: VariableStore, **more: Any
) -> dict[str, Any]:
    """Run the analyze node."""
    execution = ExecutionRecord(outcome="ok", stdout="done", figures=figures)
    attempt = Attempt(number=1, code="plt.show()", execution=execution)
    given: dict[str, Any] = {"request": "Draw a heatmap", "attempts": [attempt.to_state()], **more}
    state: AgentState = given  # type: ignore[assignment]  # keys of AgentState only
    unused: Any = None
    log = CallLog(store.root / "calls")
    dependencies = Dependencies(client=lambda _: client, sandbox=unused, store=store, calls=log)
    runtime: Runtime[Any] = Runtime()
    return run_steps(analyze(state, RunnableConfig(), runtime, dependencies=dependencies))


def shown_to_gemini(
    figures: list[FigureReference], store: VariableStore, **more: Any
) -> tuple[Received, dict[str, Any]]:
    """Judge a run with these figures through Gemini's client; return its request and the update."""
    with GeminiServer([Text(verdict(True, why="Seen."))]) as server:
        client = create_client("gemini-2.5-flash", api_key="k", base_url=server.url)
        update = judged_by(client, figures, store, **more)
    [request] = server.requests
    return request, update


def test_gemini_is_sent_the_figure_scaled_down(store: VariableStore) -> None:
    figure = gradient(1_600, 900)
    request, update = shown_to_gemini([kept(store, encoded(figure), 1_600, 900)], store)
    [(mime, data)] = request.pictures
    assert mime == "image/png"
    seen = opened(data)
    assert seen.size == (MAX_SIDE_PIXELS, 432)
    assert difference(seen, figure.resize(seen.size)) < 2
    assert difference(seen, figure.resize(seen.size).transpose(Image.Transpose.ROTATE_180)) > 50
    assert "follow as pictures" in request.prompt
    # The answer is still held to the schema, and read.
    assert "responseJsonSchema" in request.json["generationConfig"]
    assert update["attempts"][0]["analysis"]["explanation"] == "Seen."
    [content] = request.json["contents"]
    assert [set(part) for part in content["parts"]] == [{"text"}, {"inlineData"}]


@pytest.mark.parametrize("level", ["schema", "stats"])
def test_figures_are_not_sent_below_sample(store: VariableStore, level: PrivacyLevel) -> None:
    figures = [kept(store, encoded(gradient(640, 480)), 640, 480)]
    request, _ = shown_to_gemini(figures, store, privacy=level)
    assert request.pictures == []
    assert "pictures" not in request.prompt
    # The prompt itself refuses them too.
    execution = ExecutionRecord(outcome="ok", figures=figures)
    messages = analysis_messages(
        {"request": "Draw", "privacy": level},
        [Attempt(number=1, code="x", execution=execution)],
        [],
        pictures_of(execution, store),
    )
    assert all(isinstance(message.content, str) for message in messages)


def test_a_model_without_vision_gets_no_pictures(store: VariableStore) -> None:
    figures = [kept(store, encoded(gradient(640, 480)), 640, 480)]
    with GeminiServer([Text(verdict(True))]) as server:
        client = create_client("gemini-2.5-flash", api_key="k", base_url=server.url)
        blind = client.model_copy(
            update={"profile": {**(client.profile or {}), "image_inputs": False}}
        )
        assert profile_of(client).sees_images
        judged_by(blind, figures, store)
    assert server.requests[0].pictures == []
    assert "pictures" not in server.requests[0].prompt
    own = ScriptedModel(verdicts=[verdict(True)])
    assert own.profile is None
    judged_by(own, figures, store)
    assert all(isinstance(message.content, str) for message in own.seen[0][1])
    assert "Figures: 1 (640×480 pixels)" in own.prompt(0)


def test_the_first_figures_are_sent_in_order(store: VariableStore) -> None:
    colours = ["red", "lime", "blue", "black", "white", "gray"]
    figures = [kept(store, encoded(Image.new("RGB", (40, 30), name)), 40, 30) for name in colours]
    request, _ = shown_to_gemini(figures, store)
    seen = [opened(data).getpixel((20, 15)) for _, data in request.pictures]
    assert seen == [(255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)]
    assert len(seen) == MAX_PICTURES
    assert f"{MAX_PICTURES} of the 6 figures" in request.prompt
    assert "others cannot be shown" in request.prompt


@pytest.mark.parametrize(
    "damage",
    [
        lambda png: png[: len(png) // 2],
        lambda png: png[:40] + b"\0\0\0\0" + png[44:],
        lambda _: b"",
        lambda _: b"<svg onload='alert(1)'/>",
        lambda _: b"GIF89a" + bytes(50),
        lambda _: encoded(Image.new("RGB", (9, 9)), "BMP"),
        lambda _: blank_png(20_000, 20_000),
    ],
    ids=["half", "overwritten", "empty", "svg", "gif", "bmp", "bomb"],
)
def test_the_prompt_says_that_a_figure_cannot_be_shown(store: VariableStore, damage: Any) -> None:
    data = damage(encoded(gradient(640, 480)))
    request, update = shown_to_gemini([kept(store, data, 640, 480)], store)
    assert request.pictures == []
    assert "figures cannot be shown" in request.prompt
    assert update["attempts"][0]["analysis"]["success"] is True


def test_a_figure_that_is_too_large_is_not_read(store: VariableStore) -> None:
    gone = FigureReference(sha256="0" * 64, mime="image/png", width=20_000, height=20_000)
    assert pictures_of(ExecutionRecord(outcome="ok", figures=[gone]), store) == []
    assert list(store.root.rglob("*")) == []
    # A figure missing from the store is skipped; the others are still sent.
    lost = gone.model_copy(update={"width": 64, "height": 48})
    good = kept(store, encoded(gradient(64, 48)), 64, 48)
    assert len(pictures_of(ExecutionRecord(outcome="ok", figures=[lost, good]), store)) == 1
    assert pictures_of(None, store) == []


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pixels_become_white(mode: str) -> None:
    image = Image.new("RGBA", (100, 60), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 50, 60))
    seen = opened(scaled_down(encoded(image.convert(mode))) or b"")
    assert seen.mode == "RGB"
    assert seen.getpixel((10, 30)) == (0, 0, 0)
    assert seen.getpixel((90, 30)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "I;16", "P", "RGB"])
def test_every_kind_of_png_is_read(mode: str) -> None:
    image = gradient(900, 30)
    if mode == "I;16":
        grey = np.asarray(image.convert("L")).astype("uint16") * 257
        image = Image.fromarray(grey)
    else:
        image = image.convert(mode)
    seen = opened(scaled_down(encoded(image)) or b"")
    assert seen.size == (MAX_SIDE_PIXELS, 26)
    expected = gradient(900, 30).convert("L").resize(seen.size)
    assert difference(seen.convert("L"), expected) < (60 if mode == "1" else 10)


def test_jpeg_is_sent_as_png_without_its_metadata(store: VariableStore) -> None:
    figure = gradient(3_000, 2_000)
    out = io.BytesIO()
    figure.save(out, format="JPEG", comment=b"a comment", icc_profile=b"a profile")
    request, _ = shown_to_gemini([kept(store, out.getvalue(), 3_000, 2_000, "image/jpeg")], store)
    [(_, data)] = request.pictures
    seen = opened(data)
    assert seen.size == (768, 512)
    assert difference(seen, figure.resize(seen.size)) < 4
    assert b"a comment" not in data
    assert seen.info == {}


def test_a_plotly_figure_is_sent_as_its_preview(store: VariableStore) -> None:
    data = json.dumps({"data": [], "layout": {}}).encode()
    live = kept(store, data, 700, 500, PLOTLY)
    preview = kept(store, encoded(Image.new("RGB", (700, 500), "red")), 700, 500)
    request, _ = shown_to_gemini([live, live.model_copy(update={"preview": preview})], store)
    [(_, sent)] = request.pictures
    assert opened(sent).getpixel((5, 5)) == (255, 0, 0)
    assert "1 of the 2 figures" in request.prompt


def test_openai_accepts_the_same_block(store: VariableStore) -> None:
    from langchain_openai import ChatOpenAI

    execution = ExecutionRecord(
        outcome="ok", figures=[kept(store, encoded(gradient(64, 48)), 64, 48)]
    )
    messages = analysis_messages(
        {"request": "Draw"},
        [Attempt(number=1, code="x", execution=execution)],
        [],
        pictures_of(execution, store),
    )
    for options in ({}, {"use_responses_api": True}):
        client = ChatOpenAI(model="gpt-5", api_key="k", **options)  # type: ignore[arg-type]  # a str does
        payload = json.dumps(client._get_request_payload(messages))
        assert '"data:image/png;base64,iVBOR' in payload
