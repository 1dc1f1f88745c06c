"""Python again: what is changed in code, and what isn't."""

from __future__ import annotations

import pytest

from graph_agent.prompts.code_cleaning import cleaned, is_program, tree_of


def test_code_that_parses_stays_as_it_is() -> None:
    code = "s = '''\n!pip install x\n%matplotlib inline\n>>> 1\n&gt; “a”\n'''"
    assert (cleaned(code).code, cleaned(code).notes) == (code, [])


@pytest.mark.parametrize(
    ("code", "plain", "said"),
    [
        ("!pip install x\na = 1", "a = 1", "dropped `!pip install x`"),
        ("%time a = 1", "a = 1", "dropped `%time`"),
        ("for i in b:\n    %ls", "for i in b:\n    pass", "dropped `%ls`"),
        (">>> a = 1\n>>> a\n1", "a = 1\na", "removed `>>>` prompts and output"),
        ("a = b &lt; 3", "a = b < 3", "undid HTML escapes"),
        ("+a = 1\n-a = 2", "a = 1", "took the new lines of a diff"),
        ("a = “b”", 'a = "b"', "replaced typographic characters"),
        ("  a = 1\n  b = 2", "a = 1\nb = 2", ""),
    ],
)
def test_what_is_changed_and_said(code: str, plain: str, said: str) -> None:
    assert cleaned(code).code == plain
    assert "; ".join(cleaned(code).notes) == said


def test_strings_beside_a_command_stay() -> None:
    code = "%matplotlib inline\ns = '''\n!ls\n“a”\n'''\nt = “b”"
    assert cleaned(code).code == "s = '''\n!ls\n“a”\n'''\nt = \"b\""


@pytest.mark.parametrize("code", ["x = (", "a = !ls", "def f(:\n    pass", "just words here"])
def test_what_cannot_be_mended_stays(code: str) -> None:
    assert cleaned(code).code == code


def test_cells_of_other_languages_are_no_code() -> None:
    assert cleaned("%%bash\nls").code == ""


@pytest.mark.parametrize("code", ["x = (", "\0", "(" * 300])
def test_no_tree(code: str) -> None:
    assert tree_of(code) is None


@pytest.mark.parametrize("text", ["x = 1", "f()", "a.b", "x[0]", "1 + 2", "def f(): pass"])
def test_programs(text: str) -> None:
    assert is_program(text)


@pytest.mark.parametrize(
    "text", ["x", "42", "a, b", "yes or no", "x: int", "{}", "return 1", "a b"]
)
def test_no_programs(text: str) -> None:
    assert not is_program(text)
