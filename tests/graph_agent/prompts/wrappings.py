"""How models wrap a program: answers as public models and chat templates give them.

Each has a title, the answer, and the program that is meant.
"""

# ruff: noqa: E501
from __future__ import annotations

from typing import NamedTuple


class Wrapping(NamedTuple):
    """An answer and the program in it; ``notes``: what must be said about it."""

    title: str
    answer: str
    code: str
    notes: str = ""


ONE = "total = df['a'].sum()\nprint(total)"
TWO = "import pandas as pd\n\nmean = df['a'].mean()"
DOCSTRING = 'def f(x):\n    """Double it.\n\n    ```\n    f(2)\n    ```\n    """\n    return 2 * x\n\n\ny = f(3)'
REPORT = 'report = f"""\n```python\n{total}\n```\n"""'
THINK = "s = df['answer'].str.replace(r'<think>.*?</think>', '', regex=True)"
JSON_ONE = r'"total = df[\'a\'].sum()\nprint(total)"'.replace("\\'", "'")

FENCES = [
    Wrapping("python", f"```python\n{ONE}\n```", ONE),
    Wrapping("capital Python", f"```Python\n{ONE}\n```", ONE),
    Wrapping("py", f"```py\n{ONE}\n```", ONE),
    Wrapping("python3", f"```python3\n{ONE}\n```", ONE),
    Wrapping("python with a version", f"```python3.11\n{ONE}\n```", ONE),
    Wrapping("ipython", f"```ipython\n{ONE}\n```", ONE),
    Wrapping("braces", f"```{{python}}\n{ONE}\n```", ONE),
    Wrapping("pandoc", f"```{{.python .numberLines}}\n{ONE}\n```", ONE),
    Wrapping("code cell", f"```{{code-cell}} ipython3\n{ONE}\n```", ONE),
    Wrapping("jupyter", f"```jupyter\n{ONE}\n```", ONE),
    Wrapping("tool code", f"```tool_code\n{ONE}\n```", ONE),
    Wrapping("file name", f"```python:main.py\n{ONE}\n```", ONE),
    Wrapping("title", f'```python title="main.py"\n{ONE}\n```', ONE),
    Wrapping("space before the language", f"``` python\n{ONE}\n```", ONE),
    Wrapping("no language", f"```\n{ONE}\n```", ONE),
    Wrapping("tildes", f"~~~python\n{ONE}\n~~~", ONE),
    Wrapping("four backticks", f"````python\n{ONE}\n````", ONE),
    Wrapping("windows line ends", f"```python\n{ONE}\n```".replace("\n", "\r\n"), ONE),
    Wrapping("byte order mark", f"\ufeff```python\n{ONE}\n```", ONE),
    Wrapping("mark inside the fence", f"```python\n\ufeff{ONE}\n```", ONE),
    Wrapping("never closed", f"Sure:\n```python\n{ONE}\n", ONE),
    Wrapping("never closed, then words", f"```python\n{ONE}\n\nThis prints the total of a.", ONE),
    Wrapping("closed on the last line", f"```python\n{ONE}```\nThat adds it up.", ONE),
    Wrapping("opened after words", f"Here is the code: ```python\n{ONE}\n```", ONE),
    Wrapping("all on one line", "```python total = df['a'].sum()```", "total = df['a'].sum()"),
    Wrapping(
        "in a list",
        "1. Add it up:\n   ```python\n   total = df['a'].sum()\n   print(total)\n   ```\n2. Done.",
        ONE,
    ),
    Wrapping("in a bullet", f"- ```python\n  {ONE.replace(chr(10), chr(10) + '  ')}\n  ```", ONE),
    Wrapping(
        "diff with spaces",
        "```diff\n- total = 0\n+ total = df['a'].sum()\n+ print(total)\n```",
        ONE,
        "took the new lines of a diff",
    ),
    Wrapping(
        "escaped line ends",
        "Sure:\\n```python\\ntotal = df['a'].sum()\\nprint(total)\\n```\\nDone.",
        ONE,
        "wrote `\\n` as line ends",
    ),
    Wrapping("quoted", "> ```python\n> total = df['a'].sum()\n> print(total)\n> ```", ONE),
    Wrapping("in markdown", f"````markdown\n# Total\n```python\n{ONE}\n```\n````", ONE),
    Wrapping("in markdown of three", f"```markdown\nText\n```python\n{ONE}\n```\n```", ONE),
    Wrapping("opened twice", f"```\n```python\n{ONE}\n```", ONE),
    Wrapping("empty fence first", f"```python\n```\n```python\n{ONE}\n```", ONE),
    Wrapping("blank lines around", f"```python\n\n\n{ONE}\n\n\n```", ONE),
    Wrapping("indented throughout", "```python\n    x = 1\n    y = 2\n```", "x = 1\ny = 2"),
    Wrapping("fence in a docstring", f"```python\n{DOCSTRING}\n```\nIt doubles.", DOCSTRING),
    Wrapping(
        "fence in an f-string", f"```python\ntotal = 1\n{REPORT}\n```", f"total = 1\n{REPORT}"
    ),
    Wrapping("fence in a comment", "```python\n# no ``` here\nx = 1\n```", "# no ``` here\nx = 1"),
    Wrapping("marks in a string", "```python\nmark = '```'\nx = 1\n```", "mark = '```'\nx = 1"),
]
NOTEBOOKS = [
    Wrapping("pip", f"```python\n!pip install pandas\n{ONE}\n```", ONE, "!pip install pandas"),
    Wrapping("pip magic", f"```python\n%pip install -q x\n{ONE}\n```", ONE, "%pip install"),
    Wrapping("bare pip", f"```python\npip install pandas\n{ONE}\n```", ONE, "pip install"),
    Wrapping("conda", f"```python\n!conda install -y x\n\n{ONE}\n```", ONE, "!conda"),
    Wrapping("matplotlib inline", f"```python\n%matplotlib inline\n{ONE}\n```", ONE, "%matplotlib"),
    Wrapping("config", f"```python\n%config InlineBackend.figure_format = 'svg'\n{ONE}\n```", ONE),
    Wrapping("autoreload", f"```python\n%load_ext autoreload\n%autoreload 2\n{ONE}\n```", ONE),
    Wrapping("cell time", f"```python\n%%time\n{ONE}\n```", ONE, "%%time"),
    Wrapping("cell capture", f"```python\n%%capture\n{ONE}\n```", ONE),
    Wrapping("line time", f"```python\n%time {ONE}\n```", ONE, "%time"),
    Wrapping("help", f"```python\ndf.head?\n{ONE}\n```", ONE, "df.head?"),
    Wrapping("shell", f"```python\n!ls -l\n{ONE}\n```", ONE, "!ls"),
    Wrapping("in a block", "```python\nif 1:\n    !ls\nx = 1\n```", "if 1:\n    pass\nx = 1"),
    Wrapping(
        "magic-like text in a string",
        '```python\n%matplotlib inline\nhelp_text = """\n%matplotlib inline\n!pip install x\n"""\n```',
        'help_text = """\n%matplotlib inline\n!pip install x\n"""',
    ),
    Wrapping("modulo at a line's start", "```python\nx = (7\n%3)\n```", "x = (7\n%3)"),
    Wrapping("doctest", "```python\n>>> x = 1\n>>> x\n1\n```", "x = 1\nx"),
    Wrapping(
        "doctest with a loop",
        "```pycon\n>>> for i in range(2):\n...     print(i)\n...\n0\n1\n>>> y = 2\n```",
        "for i in range(2):\n    print(i)\n\ny = 2",
        ">>>",
    ),
    Wrapping("python-repl", "```python-repl\n>>> x = 1\n>>> y = x\n```", "x = 1\ny = x"),
    Wrapping("doctest without a fence", "Try:\n>>> x = 1\n>>> y = x + 1\n", "x = 1\ny = x + 1"),
    Wrapping(
        "doctest in a docstring",
        '```python\ndef f():\n    """\n    >>> f()\n    1\n    """\n    return 1\n```',
        'def f():\n    """\n    >>> f()\n    1\n    """\n    return 1',
    ),
    Wrapping("input prompts", "```python\nIn [1]: x = 1\nIn [2]: x\nOut[2]: 1\n```", "x = 1\nx"),
    Wrapping(
        "input prompts with more lines",
        "```\nIn [3]: for i in range(2):\n   ...:     print(i)\n0\n```",
        "for i in range(2):\n    print(i)\n0",
    ),
    Wrapping("line numbers", "```python\n1 | x = 1\n2 | y = 2\n```", "x = 1\ny = 2"),
    Wrapping(
        "notebook file",
        '{"cells": [{"cell_type": "markdown", "source": ["# T"]}, {"cell_type": "code",'
        ' "source": ["x = 1\\n", "y = 2"]}]}',
        "x = 1\ny = 2",
    ),
]
THOUGHTS = [
    Wrapping("think", f"<think>\nI add.\n</think>\n\n```python\n{ONE}\n```", ONE),
    Wrapping("thinking", f"<thinking>I add.</thinking>\n```python\n{ONE}\n```", ONE),
    Wrapping("reasoning", f"\n<reasoning>I add.</reasoning>\n```python\n{ONE}\n```", ONE),
    Wrapping("draft", f"<think>\n```python\nx = 0\n```\n</think>\n```python\n{ONE}\n```", ONE),
    Wrapping("lone closing", f"I add it up.\n</think>\n\n```python\n{ONE}\n```", ONE),
    Wrapping("draft, lone closing", f"```python\nx = 0\n```\n</think>\n```python\n{ONE}\n```", ONE),
    Wrapping("empty thought", f"<think>\n\n</think>\n\n```python\n{ONE}\n```", ONE),
    Wrapping(
        "thought quotes the tag", f"<think>It is {THINK}\n</think>\n```python\n{ONE}\n```", ONE
    ),
    Wrapping("two thoughts", f"<think>a</think>\n<think>b</think>\n```python\n{ONE}\n```", ONE),
    Wrapping("magistral", f"[THINK]I add.[/THINK]```python\n{ONE}\n```", ONE),
    Wrapping(
        "harmony",
        "<|channel|>analysis<|message|>x = 0<|end|><|start|>assistant<|channel|>final<|message|>"
        f"```python\n{ONE}\n```<|return|>",
        ONE,
    ),
    Wrapping("tags in the code", f"```python\n{THINK}\n```", THINK),
    Wrapping("tags in bare code", THINK, THINK),
    Wrapping("thought and tags", f"<think>x</think>\n```python\n{THINK}\n```", THINK),
    Wrapping("tags in the text", f"I remove <think> tags.\n```python\n{THINK}\n```", THINK),
    Wrapping(
        "closing tag alone in a string",
        '```python\nend = """\n</think>\n"""\nx = 1\n```',
        'end = """\n</think>\n"""\nx = 1',
    ),
    Wrapping("thought never closed", f"<think>\nI add.\n```python\n{ONE}\n```", ONE, "no end"),
    Wrapping("template tokens", f"<|im_start|>assistant\n```python\n{ONE}\n```<|im_end|>", ONE),
    Wrapping("end of turn", f"```python\n{ONE}\n```<end_of_turn>", ONE),
    Wrapping("bare, with a token", f"{ONE}<|eot_id|>", ONE),
]
MANY = [
    Wrapping(
        "two steps",
        f"First:\n```python\n{TWO}\n```\nThen:\n```python\ndouble = 2 * mean\n```",
        f"{TWO}\n\ndouble = 2 * mean",
        "joined 2",
    ),
    Wrapping(
        "two independent steps",
        "```python\na = df.a.sum()\n```\n```python\nb = df.b.sum()\n```",
        "a = df.a.sum()\n\nb = df.b.sum()",
    ),
    Wrapping(
        "a corrected version",
        f"```python\ntotal = df.a\n```\nThat is wrong. Corrected:\n```python\n{ONE}\n```",
        ONE,
        "left out 1",
    ),
    Wrapping(
        "a function and its use",
        "```python\ndef f(x):\n    return x\n```\nUse it:\n```python\ny = f(df)\n```",
        "def f(x):\n    return x\n\ny = f(df)",
    ),
    Wrapping(
        "one program in two fences",
        "```python\ndef f(x):\n    y = x\n```\nand\n```python\n    return y\n\nz = f(1)\n```",
        "def f(x):\n    y = x\n    return y\n\nz = f(1)",
    ),
    Wrapping(
        "a quotation of it",
        f"```python\n{ONE}\n```\nHere `a` is:\n```python\nprint(total)\n```",
        ONE,
    ),
    Wrapping("install first", f"```bash\npip install pandas\n```\n```python\n{ONE}\n```", ONE),
    Wrapping(
        "install without a language", f"```\npip install pandas\n```\n```python\n{ONE}\n```", ONE
    ),
    Wrapping("output after", f"```python\n{ONE}\n```\nOutput:\n```\n42\n```", ONE),
    Wrapping("table after", f"```python\n{ONE}\n```\n```\n   a  b\n0  1  2\n```", ONE),
    Wrapping("text output", f"```python\n{ONE}\n```\n```text\nTotal: 42\n```", ONE),
    Wrapping("output tag", f"```python\n{ONE}\n```\n```output\nx = 42\n```", ONE),
    Wrapping("json after", f'```python\n{ONE}\n```\n```json\n{{"total": 42}}\n```', ONE),
    Wrapping("sql beside", f"```sql\nselect 1\n```\n```python\n{ONE}\n```", ONE),
    Wrapping("no language beside python", f"```\nx = 0\n```\n```python\n{ONE}\n```", ONE),
    Wrapping("only text tag", f"```text\n{ONE}\n```", ONE),
    Wrapping(
        "diff", "```diff\n@@ -1,2 +1,2 @@\n-x = 0\n+x = 1\n y = 2\n```", "x = 1\ny = 2", "diff"
    ),
    Wrapping("plus signs", "```python\n+x = 1\n+if x:\n+    y = 2\n```", "x = 1\nif x:\n    y = 2"),
]
OTHERS = [
    Wrapping("json", f'{{"code": {JSON_ONE}}}', ONE, "JSON"),
    Wrapping("json in a fence", f'```json\n{{"plan": "add", "code": {JSON_ONE}}}\n```', ONE),
    Wrapping("json with a fence", '{"code": "```python\\nx = 1\\n```"}', "x = 1"),
    Wrapping("json with lines", '{"code": ["x = 1", "y = 2"]}', "x = 1\ny = 2"),
    Wrapping("json after words", f'Here: {{"python_code": {JSON_ONE}}}', ONE),
    Wrapping(
        "tool call",
        f'<tool_call>\n{{"name": "python", "arguments": {{"code": {JSON_ONE}}}}}\n</tool_call>',
        ONE,
    ),
    Wrapping(
        "mistral's tool call",
        f'[TOOL_CALLS] [{{"name": "python", "arguments": {{"code": {JSON_ONE}}}}}]',
        ONE,
    ),
    Wrapping(
        "arguments as text", '{"name": "run", "arguments": "{\\"code\\": \\"x = 1\\"}"}', "x = 1"
    ),
    Wrapping(
        "qwen coder", f"<function=python>\n<parameter=code>\n{ONE}\n</parameter>\n</function>", ONE
    ),
    Wrapping(
        "claude's invoke",
        f'<invoke name="python">\n<parameter name="code">{ONE}</parameter>\n</invoke>',
        ONE,
    ),
    Wrapping("code tag", f"<code>\n{ONE}\n</code>", ONE),
    Wrapping("smolagents", f"Thought: I add.\n<code>\n{ONE}\n</code>", ONE),
    Wrapping("python tag", f"<python>\n{ONE}\n</python>", ONE),
    Wrapping("execute tag", f"Running:\n<execute>\n{ONE}\n</execute>", ONE),
    Wrapping("fence in a tag", f"<answer>\n```python\n{ONE}\n```\n</answer>", ONE),
    Wrapping("llama's tag", f"<|python_tag|>{ONE}<|eom_id|>", ONE),
    Wrapping("code llama", f"[PYTHON]\n{ONE}\n[/PYTHON]", ONE),
    Wrapping("html", f'<pre><code class="language-python">{ONE}\n</code></pre>', ONE),
    Wrapping(
        "html escapes", "<pre><code>x = 1 if 2 &gt; 1 else 0</code></pre>", "x = 1 if 2 > 1 else 0"
    ),
    Wrapping(
        "escapes in a fence", "```python\nif 2 &gt; 1:\n    x = 1\n```", "if 2 > 1:\n    x = 1"
    ),
    Wrapping(
        "escapes that parse", "```python\nm = a &gt; 3\nn = 1\n```", "m = a > 3\nn = 1", "HTML"
    ),
    Wrapping("escapes in a string", "```python\ns = 'a &gt; b'\n```", "s = 'a &gt; b'"),
    Wrapping("latex", f"\\begin{{verbatim}}\n{ONE}\n\\end{{verbatim}}", ONE),
    Wrapping(
        "smart quotes", "```python\nx = df[“a”]\nprint(‘it’)\n```", "x = df[\"a\"]\nprint('it')"
    ),
    Wrapping("smart quotes in a string", '```python\ns = "“a”"\n```', 's = "“a”"'),
    Wrapping(
        "hard spaces",
        "```python\nif 1:\n\u00a0\u00a0\u00a0\u00a0x\u00a0= 1\n```",
        "if 1:\n    x = 1",
    ),
    Wrapping("zero-width space", "```python\n\u200bx = 1\n```", "x = 1", "typographic"),
    Wrapping("minus sign", "```python\nx = 3 − 1\n```", "x = 3 - 1"),
    Wrapping(
        "one line with line ends",
        "```python\nimport math\\nx = math.pi\n```",
        "import math\nx = math.pi",
    ),
    Wrapping("bare", ONE, ONE),
    Wrapping("bare after words", f"Here is the program:\n\n{ONE}", ONE),
    Wrapping("bare between words", f"Sure, here it is:\n\n{ONE}\n\nThis prints the total.", ONE),
    Wrapping("bare with a label", f"python\n{ONE}", ONE),
    Wrapping("inline code", "`total = df['a'].sum()`", "total = df['a'].sum()"),
    Wrapping(
        "inline code in words", "Run `total = df['a'].sum()` to add.", "total = df['a'].sum()"
    ),
]
NO_PROGRAMS = [
    *("", "Sorry", "42", "I cannot do that.", "No.", "yes or no", "Answer: yes", "{}", "[1, 2]"),
    *("```json\n{}\n```", "```bash\nls\n```", "```sql\nselect 1\n```", '{"answer": "none"}'),
]
WRAPPINGS = [*FENCES, *NOTEBOOKS, *THOUGHTS, *MANY, *OTHERS]
