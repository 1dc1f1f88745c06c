"""Reading code out of whatever a model writes."""

from __future__ import annotations

import pytest

from graph_agent.prompts import code_in


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```python\nx = 1\n```", "x = 1"),
        ("Sure!\n\n```py\nx = 1\n```\nThat adds.", "x = 1"),
        ("```\nx = 1\n```", "x = 1"),
        ("~~~python\nx = 1\n~~~", "x = 1"),
        ("```python title=a.py\nx = 1\n```", "x = 1"),
        ("  ```python\nx = 1\n  ```", "x = 1"),
        ("```python\r\nx = 1\r\n```", "x = 1"),
        ("```bash\npip install pandas\n```\n```python\nx = 1\n```", "x = 1"),
        ("```python\nx = 1\ny = 2\n```\nfor short:\n```python\nx\n```", "x = 1\ny = 2"),
        ("```python\nx = 1", "x = 1"),
        ("<think>```python\nwrong = 1\n```</think>\n```python\nx = 1\n```", "x = 1"),
        ("````python\nx = '''\n```\n'''\n````", "x = '''\n```\n'''"),
        ("import pandas as pd\nx = pd.Series([1])", "import pandas as pd\nx = pd.Series([1])"),
        ("x = 1", "x = 1"),
        ("I cannot do that.", ""),
        ("Sorry", ""),
        ("42", ""),
        ("", ""),
        ("```json\n{}\n```", ""),
    ],
)
def test_code_in(text: str, code: str) -> None:
    assert code_in(text) == code
