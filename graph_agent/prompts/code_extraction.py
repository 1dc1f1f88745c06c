"""Extracts the program from a model's answer."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator

from graph_agent.models.thoughts import without_thought
from graph_agent.prompts.answer_blocks import Block, fenced_blocks, json_programs, tagged_blocks
from graph_agent.prompts.code_cleaning import Cleaned, cleaned, is_program, tree_of
from graph_agent.prompts.code_joining import joined_blocks

__all__ = ["USUAL_IMPORTS", "program_in", "with_usual_imports"]

USUAL_IMPORTS = {
    "np": "numpy",
    "pd": "pandas",
    "plt": "matplotlib.pyplot",
    "sns": "seaborn",
}
_OPEN_THOUGHT = re.compile(r"\A\s*<(?:think|thinking|reasoning)>", re.IGNORECASE)
_ESCAPED_FENCE = re.compile(r"\A[^\n]*```\w*\\n[^\n]*\\n```[^\n]*\Z")
"""A whole answer as it stands in JSON: one line."""
_STARTS = re.compile(
    r"^[ \t]*(?:import \w|from [\w.]+ import |(?:async )?def \w+\(|class \w|@\w"
    r"|(?:for|while|with|if|try)\b.*:"
    r"|[A-Za-z_][\w.,\[\]'\" ]*(?:[-+*/|&]?=)(?!=)|[A-Za-z_][\w.]*\(|>>> |In ?\[|[%!]\w)"
)
_ONE_FENCE = re.compile(r"(?:[^`]*\n)?```(?:python|py)\n(?P<code>[^`]*\n)```\s*")
"""An answer as the prompt asks for it; others are taken apart in more steps."""
_MAX_STARTS = 6
_MAX_LINES = 400
_MAX_DEPTH = 4


def program_in(text: str, returns: Collection[str] = (), given: Collection[str] = ()) -> Cleaned:
    """Find the program in an answer, and say what was left out or changed.

    Blocks that build on each other are joined; of several versions the last one counts. What
    parses is preferred, then what defines ``returns``. ``given``: the names of the user's
    variables. The code is "" if there is none.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    bare = text.strip()
    if not bare.startswith("[") and is_program(bare):  # "[TOOL_CALLS] [{…}]" parses too
        return _without_label(cleaned(bare))
    if _ESCAPED_FENCE.search(bare):
        found = program_in(bare.replace("\\n", "\n").replace('\\"', '"'), returns, given)
        return Cleaned(found.code, ["wrote `\\n` as line ends", *found.notes])
    answer = without_thought(text)
    if not answer.strip() and (opening := _OPEN_THOUGHT.match(text)):
        found = _found(text[opening.end() :], returns, given)
        return Cleaned(found.code, [*found.notes, "the model's thought had no end"])
    return _found(answer, returns, given)


def _found(text: str, returns: Collection[str], given: Collection[str], depth: int = 0) -> Cleaned:
    bare = text.strip()
    if is_program(bare):
        return _without_label(cleaned(bare))
    if depth < _MAX_DEPTH and bare[:1] in ("{", "["):
        for code in json_programs(bare):
            inner = _in_field(code, returns, given, depth)
            if inner.code:
                return Cleaned(inner.code, ["read the code from JSON", *inner.notes])
    if (only := _ONE_FENCE.fullmatch(text)) and "~~~" not in text and tree_of(only["code"]):
        plain = cleaned(only["code"])
        if is_program(plain.code):
            return plain
    fenced = list(fenced_blocks(text))
    parsed = _parsed(fenced)
    if len(parsed) == 1 and is_program(parsed[0][1].code):
        return parsed[0][1]
    joined = joined_blocks(parsed, returns, given)
    if joined is not None:
        return joined
    for code in _other_wrappings(text, fenced) if depth < _MAX_DEPTH else ():
        inner = _in_field(code, returns, given, depth)
        if inner.code and tree_of(inner.code) is not None:
            return inner
    broken = [block.code for block in fenced if block.kind == "python"]
    broken = broken or [
        block.code
        for block in fenced
        if block.kind == "unnamed" and any(map(_STARTS.match, block.code.split("\n")))
    ]
    if broken:
        return Cleaned(_prefix(max(broken, key=len).strip("\n").rstrip()))
    return _unfenced(bare)


def _in_field(code: str, returns: Collection[str], given: Collection[str], depth: int) -> Cleaned:
    """Read the code from a field or a tag, which may wrap it once more."""
    plain = cleaned(code.strip("\n"))
    if is_program(plain.code):
        return _without_label(plain)
    return _found(code, returns, given, depth + 1)


def _parsed(blocks: Iterable[Block]) -> list[tuple[Block, Cleaned]]:
    """Clean all blocks; of those that aren't marked as Python, keep those that are programs."""
    done = [(block, cleaned(block.code)) for block in blocks]
    return [
        (block, clean) for block, clean in done if block.kind == "python" or is_program(clean.code)
    ]


def _other_wrappings(text: str, fenced: list[Block]) -> Iterator[str]:
    for block in tagged_blocks(text):
        yield block.code
    yield from json_programs(text)
    for block in fenced:
        yield from json_programs(block.code)
        yield from (tagged.code for tagged in tagged_blocks(block.code))
    inline = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    if not fenced and len(inline) == 1:
        yield inline[0]


def _without_label(found: Cleaned) -> Cleaned:
    """Drop the language's name that a fence has left in front of the code."""
    first, _, rest = found.code.partition("\n")
    if first.strip().lower() in ("python", "python3", "py", "tool_code", "code") and rest:
        return Cleaned(rest.strip("\n"), found.notes)
    return found


def _unfenced(text: str) -> Cleaned:
    """Find the longest run of lines that is a program in a text without fences."""
    text = re.split(r"^Observation:", text, maxsplit=1, flags=re.MULTILINE)[0]
    text = re.sub(r"^(?:Action Input|Code|Program):[ \t]*", "", text, flags=re.MULTILINE)
    lines = [line for line in text.split("\n") if not re.fullmatch(r"\s*[`~]{3,}\w*\s*", line)]
    starts = [i for i, line in enumerate(lines[:_MAX_LINES]) if _STARTS.match(line)]
    best = Cleaned("")
    for start in starts[:_MAX_STARTS]:
        for end in range(min(len(lines), start + _MAX_LINES), start, -1):
            code = "\n".join(lines[start:end]).rstrip()
            if len(code) <= len(best.code):
                break
            tried = cleaned(code) if end == len(lines) or not lines[end].strip() else Cleaned(code)
            if _does_something(tried.code):
                best = tried
                break
    left_out = len(lines) - best.code.count("\n") - 1
    if best.code and left_out > 0:
        best.notes.append("left out the text around the code")
    return _without_label(best)


def _does_something(code: str) -> bool:
    tree = tree_of(code)
    telling = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.Call)
    return tree is not None and any(isinstance(node, telling) for node in ast.walk(tree))


def _prefix(code: str) -> str:
    """Return code without the text that follows it, as where a fence was never closed."""
    lines = code.split("\n")
    for end in range(len(lines), max(0, len(lines) - 40), -1):
        rest = [line for line in lines[end:] if line.strip()]
        shorter = "\n".join(lines[:end]).rstrip()
        if all(map(_is_prose, rest)) and is_program(shorter):
            return shorter
    return code


def _is_prose(line: str) -> bool:
    """Whether a line reads as a sentence: words, and nothing that only code has."""
    return len(re.findall(r"[^\W\d_]+", line)) > 2 and not re.search(r"^\s|[=\[\]{}]|\w\(", line)


def with_usual_imports(code: str, given: Iterable[str] = ()) -> str:
    """Add the import of np, pd, plt or sns if the code uses one that nothing binds.

    Small models forget these imports more often than anything else. ``given``: the names of
    the user's variables.
    """
    tree = tree_of(code)
    if tree is None:
        return code
    used: set[str] = set()
    bound = set(given)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    missing = [name for name in USUAL_IMPORTS if name in used and name not in bound]
    return "".join(f"import {USUAL_IMPORTS[name]} as {name}\n" for name in missing) + code
