"""What is asked: by which message, with which files, and when the typed request counts."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from graph_agent import RequestError
from graph_agent.chat.asked import Asked, asked_in, run_before, words_of

CSV = base64.b64encode(b"a\n1\n").decode()


def asked(*content: Any, **state: Any) -> Asked:
    found = asked_in({"messages": [HumanMessage([*content], id="1")], **state})  # type: ignore[typeddict-item]  # any state
    assert found is not None
    return found


def test_the_last_human_message_is_the_request() -> None:
    messages = [
        SystemMessage("Be brief", id="0"),
        HumanMessage("First", id="1"),
        AIMessage("Done", id="2"),
        HumanMessage("Second", id="3"),
        AIMessage("", id="4"),
        ToolMessage("transferred", tool_call_id="x", id="5"),
    ]
    found = asked_in({"messages": messages})
    assert found == Asked("Second", [], None)


def test_texts_are_joined() -> None:
    assert asked("One", {"type": "text", "text": "two"}, {"type": "text", "text": " "}).text == (
        "One\ntwo"
    )


@pytest.mark.parametrize(
    "block",
    [
        {"type": "file", "base64": CSV, "mime_type": "text/csv", "filename": "my sales.csv"},
        {
            "type": "file",
            "mimeType": "text/csv",
            "data": CSV,
            "metadata": {"name": "my sales.csv"},
        },
        {"type": "file", "source_type": "base64", "data": CSV, "filename": "x/my sales.csv"},
        {
            "type": "file",
            "file": {"file_data": f"data:text/csv;base64,{CSV}", "filename": "my sales.csv"},
        },
    ],
    ids=["standard", "agent chat ui", "older", "openai"],
)
def test_a_file_becomes_a_variable_and_leaves_the_message(block: Any) -> None:
    found = asked({"type": "text", "text": "Sum a"}, block)
    assert found.text == "Sum a"
    assert found.files == [{"name": "my_sales", "content": CSV, "file_name": "my sales.csv"}]
    assert found.message is not None
    assert found.message.id == "1"
    assert CSV not in str(found.message)
    assert "my sales.csv: variable my_sales" in found.message.text


@pytest.mark.parametrize(
    ("block", "name", "file_name"),
    [
        (
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{CSV}"}},
            "image",
            "image.png",
        ),
        ({"type": "image", "base64": CSV, "mime_type": "image/png"}, "image", "image.png"),
        (
            {"type": "file", "base64": CSV, "mime_type": "application/vnd.apache.parquet"},
            "file",
            "file.parquet",
        ),
        ({"type": "text-plain", "text": "a", "title": "class.txt"}, "file_class", "class.txt"),
        ({"type": "file", "base64": CSV, "filename": "2024.csv"}, "file_2024", "2024.csv"),
    ],
)
def test_names_of_files(block: Any, name: str, file_name: str) -> None:
    (file,) = asked("Go", block).files
    assert (file["name"], file["file_name"]) == (name, file_name)


def test_two_files_of_one_name() -> None:
    block = {"type": "file", "base64": CSV, "filename": "a.csv"}
    assert [file["name"] for file in asked("Go", block, block).files] == ["a", "a_2"]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "url": "https://example.com/a.png"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "file", "file_id": "f1"},
        {"type": "odd"},
        {},
    ],
)
def test_content_that_would_have_to_be_fetched_is_refused(block: Any) -> None:
    with pytest.raises(RequestError, match="nothing is fetched"):
        asked("Go", block)


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([AIMessage("Hello", id="1")], "no human message"),
        ([HumanMessage("  ", id="1")], "no text"),
        ([HumanMessage([], id="1")], "no text"),
        ([HumanMessage([{"type": "file", "base64": CSV, "filename": "a.csv"}], id="1")], "no text"),
    ],
)
def test_messages_that_ask_nothing(messages: Any, says: str) -> None:
    with pytest.raises(RequestError, match=says):
        asked_in({"messages": messages})


def test_without_messages_the_request_counts() -> None:
    assert asked_in({}) is None
    assert asked_in({"messages": [], "request": "Go"}) is None


def test_a_new_request_counts_more_than_messages() -> None:
    message = HumanMessage("Chat", id="1")
    assert asked_in({"messages": [message], "request": "Typed"}) is None
    chat = {"request": "Before", "seen": "0"}
    assert asked_in({"messages": [message], "request": "Typed", "chat": chat}) is None
    assert asked("Chat", request="Before", chat=chat).text == "Chat"
    chat["seen"] = "1"
    assert asked_in({"messages": [message], "request": "Before", "chat": chat}) is None


def test_the_run_before_is_as_it_was() -> None:
    assert run_before({"request": "Typed"}) is None
    before = run_before(
        {"request": "New", "privacy": "schema", "chat": {"request": "Old", "privacy": "sample"}}
    )
    assert before is not None
    assert (before["request"], before["privacy"]) == ("Old", "sample")


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("hi", "hi"),
        (("user", "hi"), "hi"),
        ({"role": "user", "content": [{"type": "text", "text": "hi"}]}, "hi"),
        (HumanMessage(["hi", {"type": "file", "base64": CSV}]), "hi"),
        (AIMessage("secret"), None),
        (("ai", "secret"), None),
        (7, None),
    ],
)
def test_the_words_of_a_message(message: Any, words: str | None) -> None:
    assert words_of(message) == words
