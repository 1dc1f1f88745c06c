"""Hostile text in Markdown shows as it is, read by a real Markdown parser."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from graph_agent.results.markdown import code_span, fenced, inline, sentence, with_code_spans

PLAIN = {"paragraph", "text", "text_special", "softbreak", "hardbreak", "inline", "blockquote"}
HOSTILE = [
    "# A heading",
    "Done.\n\n# A heading\n\n**Success:** Yes",
    "Done.\n===\nand\n---",
    "![shot](https://evil.example/p.png?q=1) ![a][b]\n\n[b]: https://evil.example/x",
    "[click](javascript:alert(1)) <https://evil.example> https://evil.example www.evil.example",
    "mailto:a@evil.example and a@evil.example",
    "<script>alert(1)</script><img src=x onerror=alert(1)><!-- --><![CDATA[x]]><?x ?>",
    "Ok.\n\n<div>\nraw\n</div>\n",
    "*a* **b** _c_ __d__ ~~e~~ `code` ``x`` ***",
    "```\ncode\n```\n~~~\ncode\n~~~",
    "a | b\n--- | ---\nc | d\n\n| x |\n|:-:|\n| y |",
    "text[^1]\n\n[^1]: a note",
    "1. one\n2) two\n- three\n+ four\n* five\n> six\n    seven\n\teight",
    "a  \nb\\\nc",
    "&lt;script&gt; &#60;b&#62; &amp; AT&T",
    "\\`not code\\` \\\\[x](y)",
    "line\r# heading\u2028# heading\x0b# heading\x85# heading",
    "$x$ $$\\href{javascript:alert(1)}{y}$$",
    "",
    "\n\n",
    "*",
    "term\n: definition",
]


def parsed(text: str) -> list[Token]:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = parser.parse(text)
    return [inner for token in tokens for inner in (token, *(token.children or ()))]


def kinds(text: str) -> set[str]:
    return {token.type.removesuffix("_open").removesuffix("_close") for token in parsed(text)}


def shown(text: str) -> str:
    return "".join(
        token.content or ("\n" if token.type in ("softbreak", "hardbreak") else "")
        for token in parsed(text)
        if token.type in ("text", "text_special", "softbreak", "hardbreak", "code_inline", "fence")
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_only_text(text: str) -> None:
    written = inline(text)
    found = kinds(f"**Analysis:** {written}\n\n**Success:** No\n")
    assert found <= {*PLAIN, "strong"}
    # Nothing but our own two labels is bold, and no line but ours begins like a label.
    assert sum(token.type == "strong_open" for token in parsed(f"**A:** {written}")) == 1
    _, *rest = written.splitlines() or [""]
    assert all(line.startswith(">") or not line for line in rest)
    assert kinds(f"Withheld: {sentence(text)}") <= PLAIN
    assert "\n" not in sentence(text)


@pytest.mark.parametrize("text", ["a * b_c < 1 [x] & | `d` ~", "__init__ and total_bill", "1) 2."])
def test_text_shows_as_it_is(text: str) -> None:
    assert shown(f"Plan: {inline(text)}") == f"Plan: {text}"
    assert shown(inline(f"{text}\n{text}")) == f"{text}\n{text}"


def test_ordinary_sentences_are_unchanged() -> None:
    text = "The mean of total_bill is 19.79 (244 rows); see df['day']."
    assert inline(text.replace("['day']", "")) == text.replace("['day']", "")


@pytest.mark.parametrize("text", HOSTILE)
def test_blocks_and_names_hold_their_text(text: str) -> None:
    assert kinds(fenced(text)) == {"fence"}
    if text.strip():
        assert kinds(code_span(text)) <= {*PLAIN, "code_inline"}
        assert [t for t in parsed(code_span(text)) if t.type == "code_inline"]
    assert kinds(with_code_spans(f"dropped `{text}`")) <= {*PLAIN, "code_inline"}


def test_a_block_hides_no_control_character() -> None:
    assert fenced("\x1b[2J\u202e") == "```\n\\x1b[2J\\u202e\n```"
    assert code_span("a\u200bb\nc") == "`a\\u200bb c`"
    assert inline("a\x1b]0;x\x07") == "a\\\\x1b\\]0;x\\\\x07"
