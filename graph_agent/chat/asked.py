"""The request that chat messages hold: the words of the last human message, and its files."""

from __future__ import annotations

import base64
import keyword
import mimetypes
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from graph_agent.errors import RequestError
from graph_agent.records import PrivacyLevel
from graph_agent.state import AgentState, GivenFile

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage, HumanMessage

__all__ = ["Asked", "asked_in", "run_before", "words_of"]

_TEXT_BLOCKS = ("text", "input_text")
_ENDINGS = {
    "application/vnd.apache.parquet": ".parquet",
    "application/x-ndjson": ".jsonl",
    "text/tab-separated-values": ".tsv",
}
"""Types that Python's table doesn't have on every machine."""


@dataclass(frozen=True)
class Asked:
    """A request as a message asks it.

    ``message`` takes the place of the one that was sent, without the content of its files, which
    would be in every later checkpoint; None if it has none.
    """

    text: str
    files: Sequence[GivenFile]
    message: HumanMessage | None


def run_before(state: AgentState) -> AgentState | None:
    """Return the state of the thread's run before this one, as it was then; None: there is none."""
    chat = state.get("chat") or {}
    if "request" not in chat:
        return None
    level: PrivacyLevel = chat.get("privacy", "schema")
    return {**state, "request": chat["request"], "privacy": level}


def asked_in(state: AgentState) -> Asked | None:
    """Return what the last human message asks; None if the input's ``request`` counts.

    A ``request`` that was given counts more than the messages. So does that of the run before if
    no message has come since.

    Raises:
        RequestError: no message asks anything, or one has content that can't be used.
    """
    chat = state.get("chat") or {}
    request = state.get("request") or ""
    if request and request != chat.get("request"):
        return None
    messages: list[BaseMessage] = state.get("messages") or []
    if not messages or (request and chat.get("seen") == messages[-1].id):
        return None
    human = next((each for each in reversed(messages) if each.type == "human"), None)
    if human is None:
        raise RequestError(
            "no human message among the messages; the last one is the request, for example"
            " {'role': 'user', 'content': 'How many rows are there?'}"
        )
    return _asked(cast("HumanMessage", human))


def words_of(message: object) -> str | None:
    """Return the text of a human message in any form that LangChain takes; None for others."""
    if isinstance(message, str):
        return message
    role, content = _role_and_content(message)
    if role not in ("human", "user"):
        return None
    blocks = content if isinstance(content, list) else [content]
    return "\n".join(text for block in blocks if (text := _text_in(block)))


def _role_and_content(message: Any) -> tuple[Any, Any]:
    if isinstance(message, (list, tuple)):
        return (*message, None, None)[0], (*message, None, None)[1]
    if isinstance(message, dict):
        return message.get("role") or message.get("type"), message.get("content")
    return getattr(message, "type", None), getattr(message, "content", None)


def _asked(human: HumanMessage) -> Asked:
    blocks = human.content if isinstance(human.content, list) else [human.content]
    texts, files, kept = list[str](), list[GivenFile](), list[Any]()
    for block in blocks:
        text = _text_in(block)
        if text is not None:
            texts.append(text)
            kept.append(block)
            continue
        file = _file_in(cast("dict[str, Any]", block), [each["name"] for each in files])
        files.append(file)
        kept.append({"type": "text", "text": f"[{file['file_name']}: variable {file['name']}]"})
    text = "\n".join(text for text in texts if text.strip())
    if not text:
        raise RequestError(
            "the last human message has no text; say in plain words what you want to know"
        )
    message = human.model_copy(update={"content": kept}) if files else None
    return Asked(text, files, message)


def _text_in(block: object) -> str | None:
    """Return the text of a block; None if it is something else."""
    if not isinstance(block, dict):
        return block if isinstance(block, str) else None
    text = block.get("text")
    return text if block.get("type") in _TEXT_BLOCKS and isinstance(text, str) else None


def _file_in(block: dict[str, Any], taken: Sequence[str]) -> GivenFile:
    """Return a block's data as a file to be read as a variable.

    Raises:
        RequestError: the block has no data.
    """
    inner = block.get(str(block.get("type")))  # OpenAI's form, such as {"file": {"file_data": …}}
    fields = {**block, **inner} if isinstance(inner, dict) else block
    content, mime = _content(fields)
    if content is None:
        kind = str(block.get("type", "?"))
        raise RequestError(
            f"a block of type {kind!r:.40} in the last human message can't be used: only text, and"
            " files and images whose data are in the message, in base64; nothing is fetched from"
            " an address"
        )
    file_name = next(_names(fields), None) or f"{_kind(mime)}{_ending(mime)}"
    return GivenFile(name=_variable(file_name, taken), content=content, file_name=file_name)


def _content(fields: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return a block's data in base64, None if there are none, and their type."""
    mime = str(fields.get("mime_type") or fields.get("mimeType") or fields.get("media_type") or "")
    if fields.get("type") == "text-plain" and isinstance(fields.get("text"), str):
        return base64.b64encode(fields["text"].encode()).decode(), mime or "text/plain"
    for key in ("base64", "data", "file_data", "url", "image_url"):
        found = fields.get(key)
        if not isinstance(found, str) or not found:
            continue
        head, mark, data = found.partition(";base64,")
        if head.startswith("data:") and mark:
            return data, mime or head.removeprefix("data:").partition(";")[0]
        if key in ("base64", "data"):
            return found, mime
    return None, mime


def _names(fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a client may have named the file."""
    for holder in (fields, fields.get("metadata"), fields.get("extras")):
        for key in ("filename", "file_name", "name", "title"):
            if isinstance(holder, Mapping) and isinstance(holder.get(key), str):
                base = str(holder[key]).replace("\\", "/").rpartition("/")[2].strip()
                if base:
                    yield base


def _kind(mime: str) -> str:
    first = mime.partition("/")[0]
    return first if first in ("image", "audio", "video", "text") else "file"


def _ending(mime: str) -> str:
    plain = mime.partition(";")[0].strip()
    return _ENDINGS.get(plain) or mimetypes.guess_extension(plain) or ".bin"


def _variable(file_name: str, taken: Sequence[str]) -> str:
    """Make a variable's name of a file's."""
    stem = re.sub(r"[^0-9a-zA-Z]+", "_", PurePosixPath(file_name).stem).strip("_")
    if not stem or stem[0].isdigit() or keyword.iskeyword(stem):
        stem = f"file_{stem}".rstrip("_")
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    return name
