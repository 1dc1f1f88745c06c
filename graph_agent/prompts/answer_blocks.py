"""Finds the pieces of an answer that may be programs: fences, tags, JSON."""

from __future__ import annotations

import functools
import html
import re
import textwrap
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, Literal, NamedTuple

from graph_agent.models.replies import json_objects
from graph_agent.prompts.code_cleaning import cleaned, tree_of

__all__ = ["Block", "fenced_blocks", "json_programs", "tagged_blocks"]

_OPENING = re.compile(
    r"^(?P<indent>(?:[ \t>]|[-*+][ \t]|\d+[.)][ \t])*)(?P<before>[^`\n]*?)"
    r"(?P<mark>`{3,}|~{3,})(?P<info>[^`\n]*)$",
    re.MULTILINE,
)
_ONE_LINE = re.compile(r"```(?:python3?|py)?[ \t]+(?P<code>[^`\n]+?)[ \t]*```")
_PYTHON = re.compile(
    r"(?:i?py(?:thon|con)?[\d.]*(?:[-_ ]?(?:repl|console|script|code|interactive|exec\w*))?"
    r"|jupyter\S*|code-cell|code|tool_code|notebook|sage|execute\w*|code_interpreter|pandas)",
    re.IGNORECASE,
)
_STRAY = re.compile(
    r"^[ \t]*(?:`{3,}|~{3,})[ \t]*\{?\.?(?:python|py)", re.MULTILINE | re.IGNORECASE
)
_NESTING = {"markdown", "md", "mdx", "qmd", "rmd", "quarto"}
_MAYBE = {"text", "txt", "plaintext", "plain", "none", "diff", "patch", "json", "html", "xml"}
_TAGS = re.compile(
    r"<(?P<tag>code|python|py|execute\w*|ipython|tool_code|code_interpreter|script|solution|answer"
    r"|program|run|final_answer|artifact|antArtifact|parameter)(?:[= ][^<>\n]*)?>"
    r"(?P<code>.*?)(?:</(?P=tag)>|\Z)"
    r"|\[(?P<square>PYTHON|CODE)\](?P<square_code>.*?)(?:\[/(?P=square)\]|\Z)"
    r"|<\|python_tag\|>(?P<llama>.*?)(?:<\||\Z)"
    r"|<\|begin_of_solution\|>(?P<solution>.*?)(?:<\||\Z)"
    r"|\\begin\{(?P<env>lstlisting|verbatim|minted|python)\}(?:\[[^\]\n]*\])?(?:\{python\})?"
    r"(?P<tex>.*?)(?:\\end\{(?P=env)\}|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_CODE_KEYS = (
    "code", "python", "python_code", "source_code", "program", "script", "source", "solution",
    "answer", "content", "command", "input", "query", "text",
)  # fmt: skip
_INNER_KEYS = (
    "arguments",
    "parameters",
    "args",
    "tool_input",
    "action_input",
    "input",
    "function",
    "tool_calls",
)
_MAX_CLOSINGS = 40
_MAX_CLEANED = 6


class Block(NamedTuple):
    """A piece of an answer; ``kind``: whether its mark says that it is Python."""

    code: str
    kind: Literal["python", "unnamed", "maybe"]


def fenced_blocks(text: str) -> Iterator[Block]:
    """Yield what stands in fences, without the fences of other languages.

    A fence that stands in a string of the program doesn't end the program.
    """
    at = 0
    while True:
        opening = _OPENING.search(text, at)
        inline = _ONE_LINE.search(text, at, opening.start() if opening else len(text))
        if inline is not None:
            yield Block(inline["code"], "python")
            at = inline.end()
            continue
        if opening is None:
            return
        language = _language(opening["info"])
        if language in _NESTING:
            at = opening.end()  # what it wraps has fences of its own
            continue
        body, end = _body(text, opening)
        if not language and _STRAY.search(body) and tree_of(body) is None:
            at = opening.end()  # a mark without a partner
            continue
        at = end
        kind = _kind(language)
        first = opening["info"].strip() if kind is None and opening["info"] else ""
        if first and tree_of(first) is not None and ("=" in first or "(" in first):
            yield Block(f"{first}\n{body}", "python")  # the code begins on the fence's line
        elif kind is not None and body.strip():
            yield Block(body, kind)


def _language(info: str) -> str:
    found = re.match(r"\s*\{?\s*\.?([\w+-]*[\w+])", info)
    return found[1].lower() if found else ""


def _kind(language: str) -> Literal["python", "unnamed", "maybe"] | None:
    if not language:
        return "unnamed"
    if _PYTHON.fullmatch(language):
        return "python"
    return "maybe" if language in _MAYBE else None


def _body(text: str, opening: re.Match[str]) -> tuple[str, int]:
    """Return a fence's content and where it ends; of several ends, the one that parses."""
    start, indent = opening.end() + 1, opening["indent"]
    closings, no_end = _closings(opening["mark"]), (len(text), len(text))
    spans = chain.from_iterable(_spans(closing, text, start) for closing in closings)
    bodies: list[tuple[str, int]] = []
    for first, last in chain(spans, [no_end]):
        body = _unindented(text[start:first], indent)
        if body.strip() and tree_of(body) is not None:
            return body, last
        bodies.append((body, last))
    for body, last in [*bodies[:_MAX_CLEANED], bodies[-1]]:
        if body.strip() and tree_of(cleaned(body).code) is not None:
            return body, last
    own, at_end = (_spans(closing, text, start) for closing in closings[:2])
    first, last = min(own or at_end or [no_end])
    return _unindented(text[start:first], indent), last


@functools.lru_cache(maxsize=8)
def _closings(mark: str) -> tuple[re.Pattern[str], ...]:
    # A mark with words behind it, or a shorter one: only if nothing else fits.
    patterns = (
        rf"^[ \t>]*{mark[0]}{{{len(mark)},}}[ \t]*$",
        rf"(?<=[^\s{mark[0]}]){mark[0]}{{{len(mark)}}}[ \t]*$",
        rf"^[ \t>]*{mark[0]}{{3,}}(?:[ \t].*)?$",
    )
    return tuple(re.compile(pattern, re.MULTILINE) for pattern in patterns)


def _spans(closing: re.Pattern[str], text: str, start: int) -> list[tuple[int, int]]:
    return [found.span() for found in islice(closing.finditer(text, start), _MAX_CLOSINGS)]


def _unindented(body: str, indent: str) -> str:
    """Remove from each line what stands before a fence in a list or a quotation."""
    if ">" in indent:
        body = re.sub(r"^[ \t]*>[ \t]?", "", body, flags=re.MULTILINE)
    elif indent:
        body = re.sub(rf"^[ \t]{{1,{len(indent)}}}", "", body, flags=re.MULTILINE)
    return body if tree_of(body) is not None else textwrap.dedent(body)


def tagged_blocks(text: str) -> Iterator[Block]:
    """Yield what stands in tags such as ``<code>`` or ``[PYTHON]``."""
    for found in _TAGS.finditer(text):
        parts = ("code", "square_code", "llama", "solution", "tex")
        code = next(found[part] for part in parts if found[part] is not None)
        inner = list(tagged_blocks(code))
        if inner:
            yield from inner
        elif code.strip():
            plain = re.sub(r"^\s*<!\[CDATA\[|\]\]>\s*$", "", code)
            yield Block(plain if tree_of(plain.strip()) else html.unescape(plain), "python")


def json_programs(text: str) -> Iterator[str]:
    """Yield the texts that JSON in an answer holds as code: of tools, fields and notebooks.

    The last object comes first: those before it are thoughts, or the question's own example.
    """
    for found in reversed(list(json_objects(text))):
        yield from _codes_of(found)


def _codes_of(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        yield from json_programs(value)
        return
    if not isinstance(value, dict):
        return
    cells = value.get("cells")
    if isinstance(cells, list):
        sources = [cell.get("source") for cell in cells if _is_code_cell(cell)]
        yield "\n\n".join(filter(None, map(_joined, sources)))
        return
    for key in _CODE_KEYS:
        code = _joined(value.get(key))
        if code and not code.lstrip().startswith("{"):
            yield code
            return
    for key in (*_INNER_KEYS, *_CODE_KEYS):
        inner = value.get(key)
        for part in inner if isinstance(inner, list) else (inner,):
            yield from _codes_of(part)


def _is_code_cell(cell: Any) -> bool:
    return isinstance(cell, dict) and cell.get("cell_type") == "code"


def _joined(value: Any) -> str:
    """Return a text, or lines as one text."""
    if isinstance(value, list) and value and all(isinstance(line, str) for line in value):
        return ("" if value[0].endswith("\n") else "\n").join(value)
    return value if isinstance(value, str) else ""
