"""Turns what a notebook, a prompt or a web page makes of Python back into Python.

Code that parses is left as it is, so that nothing inside a string changes.
"""

from __future__ import annotations

import ast
import functools
import html
import io
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

__all__ = ["Cleaned", "cleaned", "is_program", "is_word", "tree_of"]

_MAX_REPAIRS = 200
_NO_PYTHON_CELL = re.compile(r"\s*%%(?:bash|sh|html|javascript|js|latex|sql|R|perl|ruby|svg)\b")
_KEPT_MAGIC = re.compile(r"^(\s*)%time[ \t]+(?=\S)")
_DROPPED = re.compile(
    r"^\s*(?:%%?[A-Za-z]\w*.*|!.*|\?{1,2}[A-Za-z_].*|[A-Za-z_][\w.]*\?{1,2}\s*"
    r"|\$ .*|(?:python3? -m )?(?:pip3?|conda|uv pip|apt(?:-get)?) install\b.*)$"
)
_PROMPT = re.compile(r"^[ \t]*(?:>>>|\.\.\.)(?: |$)")
_IN = re.compile(r"^[ \t]*In ?\[[\d* ]*\]: ?")
_OUT = re.compile(r"^[ \t]*Out ?\[[\d* ]*\]:")
_MORE = re.compile(r"^[ \t]*\.{3,}: ?")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|#39|#x27|#34|nbsp);")
_DIFF_LINE = re.compile(r"^(?:[+\-@ ]|diff |index |\\|$)")
_NUMBER = re.compile(r"^\s*\d+(?:\s*[|:]|\s{2}|\t) ?")
_PAIRS = {"“": "”", "”": "”", "„": "“", "‘": "’", "’": "’", "‚": "‘", "«": "»"}
_PLAIN = {
    "”": '"', "“": '"', "„": '"', "«": '"', "»": '"', "’": "'", "‘": "'", "‚": "'", "−": "-",
    "–": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u3000": " ", "\u200b": "",
    "\ufeff": "", "\u200c": "", "\u200d": "", "\u2060": "", "\u00ad": "", "×": "*", "，": ",",
    "（": "(", "）": ")", "：": ":",
}  # fmt: skip

_TELLING = (
    *(ast.Call, ast.Attribute, ast.Subscript, ast.BinOp, ast.NamedExpr, ast.Await),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
"""What words and plain values don't have."""


@dataclass
class Cleaned:
    """Code, and what was changed in it, in words."""

    code: str
    notes: list[str] = field(default_factory=list)


def tree_of(code: str) -> ast.Module | None:
    """Parse a program; None if it isn't one.

    The tree is shared by all who ask about the same code, so nobody may change it.
    """
    try:
        return _parsed(code)
    except (RecursionError, MemoryError):  # may not happen again
        return None


@functools.lru_cache(maxsize=8)
def _parsed(code: str) -> ast.Module | None:
    """Parse a program; the pieces of an answer are looked at many times."""
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError):
        return None


def is_program(text: str) -> bool:
    """Check that text is Python and not just words or a value that happen to parse."""
    tree = tree_of(text)
    if tree is None or any(isinstance(node, ast.Return) for node in tree.body):
        return False
    return any(not is_word(node) for node in tree.body)


def is_word(node: ast.stmt) -> bool:
    """Check that a statement is words or a plain value, not something that does anything."""
    if isinstance(node, ast.AnnAssign):
        return node.value is None  # "Answer: yes"
    return isinstance(node, ast.Expr) and not any(
        isinstance(part, _TELLING) for part in ast.walk(node)
    )


def cleaned(code: str) -> Cleaned:
    """Return the code without what isn't Python, if that makes it parse; else as it was."""
    code = code.strip("\n").rstrip().removeprefix("\ufeff")
    # "In [1]: x = 1" parses too, as an annotation.
    if tree_of(code) is not None and not _IN.match(code.lstrip()):
        return _unescaped(code)
    if _NO_PYTHON_CELL.match(code):
        return Cleaned("", ["left out a cell of another language"])
    for change in _CHANGES:
        changed = change(code)
        if changed is None or _IN.match(changed.code.lstrip()):
            continue
        done = _repaired(changed.code)
        if tree_of(done.code) is not None:
            return Cleaned(done.code, [*changed.notes, *done.notes])
    return Cleaned(code)


def _unescaped(code: str) -> Cleaned:
    """Undo HTML's escapes in code that parses with them: ``a &gt; 3`` is ``a & gt; 3``."""
    if _ENTITY.search(code) and any(_has_entity(line) for line in _code_lines(code)):
        plain = html.unescape(code)
        if tree_of(plain) is not None:
            return Cleaned(plain, ["undid HTML escapes"])
    return Cleaned(code)


def _code_lines(code: str) -> Iterator[str]:
    """Yield the tokens of each logical line, without strings and comments."""
    line: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type in (tokenize.NAME, tokenize.OP, tokenize.NUMBER):
                line.append(token.string)
            elif token.type == tokenize.NEWLINE:
                yield " ".join(line)
                line = []
    except (tokenize.TokenError, SyntaxError):
        return


def _has_entity(tokens: str) -> bool:
    return bool(re.search(r"& (?:lt|gt|amp|quot|apos) ;", tokens))


def _same(code: str) -> Cleaned:
    return Cleaned(code)


def _without_prompts(code: str) -> Cleaned | None:
    """Keep what follows ``>>>`` and ``...``, or ``In [1]:``; the other lines are output."""
    lines = code.split("\n")
    if any(_IN.match(line) for line in lines):
        return Cleaned("\n".join(_cells(lines)), ["removed notebook prompts"])
    if not any(line.lstrip().startswith(">>>") for line in lines):
        return None
    kept = [_PROMPT.sub("", line) for line in lines if _PROMPT.match(line)]
    return Cleaned("\n".join(kept), ["removed `>>>` prompts and output"])


def _cells(lines: list[str]) -> Iterator[str]:
    is_output = False
    for line in lines:
        if _IN.match(line):
            is_output = False
            yield _IN.sub("", line)
        elif _OUT.match(line):
            is_output = True
        elif _MORE.match(line):
            yield _MORE.sub("", line)
        elif not is_output:
            yield line


def _dedented(code: str) -> Cleaned | None:
    plain = textwrap.dedent(code.expandtabs(4) if "\t" in code[:200] else code)
    return Cleaned(plain) if plain != code else None


def _without_entities(code: str) -> Cleaned | None:
    return Cleaned(html.unescape(code), ["undid HTML escapes"]) if _ENTITY.search(code) else None


def _without_diff(code: str) -> Cleaned | None:
    """Keep the lines that a diff adds or leaves."""
    lines = code.split("\n")
    added = sum(line.startswith("+") for line in lines)
    if not added or not all(map(_DIFF_LINE.match, lines)):
        return None
    kept = [
        line[1:]
        for line in lines
        if not line.startswith(("-", "@", "\\", "diff ", "index ", "+++")) or not line
    ]
    # Some leave a space behind the sign.
    return Cleaned(textwrap.dedent("\n".join(kept)), ["took the new lines of a diff"])


def _without_numbers(code: str) -> Cleaned | None:
    lines = [line for line in code.split("\n") if line.strip()]
    if len(lines) > 1 and all(map(_NUMBER.match, lines)):
        plain = "\n".join(_NUMBER.sub("", line) for line in code.split("\n"))
        return Cleaned(plain, ["removed line numbers"])
    return None


def _with_line_ends(code: str) -> Cleaned | None:
    r"""Write ``\n`` as line ends in a program that came on a single line."""
    if "\n" in code or "\\n" not in code:
        return None
    plain = code.strip("\"'").replace("\\n", "\n").replace('\\"', '"').replace("\\t", "\t")
    return Cleaned(plain, ["wrote `\\n` as line ends"])


_CHANGES: tuple[Callable[[str], Cleaned | None], ...] = (
    *(_same, _without_prompts, _dedented, _without_entities),
    *(_without_diff, _without_numbers, _with_line_ends),
)


def _repaired(code: str) -> Cleaned:
    """Drop a notebook's commands and replace typographic characters, where the parser stops.

    The parser stops at no place inside a string, so strings stay as they are.
    """
    lines = code.split("\n")
    dropped: list[str] = []
    notes: list[str] = []
    for _ in range(_MAX_REPAIRS):
        try:
            ast.parse("\n".join(lines))
        except SyntaxError as error:
            number = (error.lineno or 0) - 1
            if not 0 <= number < len(lines):
                break
            line = lines[number]
            if _KEPT_MAGIC.match(line):
                lines[number] = _KEPT_MAGIC.sub(r"\1", line)
                dropped.append("%time")
            elif _DROPPED.match(line):
                indent = line[: len(line) - len(line.lstrip())]
                lines[number : number + 1] = [f"{indent}pass"] if indent else []
                dropped.append(line.strip())
            elif (plain := _plain_character(line, (error.offset or 1) - 1)) is not None:
                lines[number] = plain
                notes = ["replaced typographic characters"]
            else:
                break
        except (ValueError, RecursionError, MemoryError):
            break
        else:
            break
    said = ", ".join(f"`{line[:80]}`" for line in dict.fromkeys(dropped))
    return Cleaned("\n".join(lines).strip("\n"), [*([f"dropped {said}"] if said else []), *notes])


def _plain_character(line: str, at: int) -> str | None:
    """Replace the character at a place, and the quote that closes it; None if it is a plain one."""
    if not 0 <= at < len(line) or line[at] not in _PLAIN:
        return None
    mark = line[at]
    rest = line[at + 1 :]
    closing = rest.find(_PAIRS[mark]) if mark in _PAIRS else -1
    if closing >= 0:
        rest = rest[:closing] + _PLAIN[mark] + rest[closing + 1 :]
    return line[:at] + _PLAIN[mark] + rest
