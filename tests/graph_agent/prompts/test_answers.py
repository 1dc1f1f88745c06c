"""Reading code out of whatever a model writes."""

from __future__ import annotations

import pytest

from graph_agent.prompts import code_in, with_usual_imports


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


@pytest.mark.parametrize(
    ("code", "added"),
    [
        ("x = np.zeros(3)", "import numpy as np\n"),
        ("sns.heatmap(t)\nplt.show()", "import matplotlib.pyplot as plt\nimport seaborn as sns\n"),
        ("import numpy as np\nx = np.zeros(3)", ""),
        ("from pandas import api as pd\npd", ""),
        ("for pd in range(3): print(pd)", ""),
        ("def f(np): return np", ""),
        ("x = mine.np", ""),
        ("x = (", ""),
    ],
)
def test_forgotten_imports_are_added(code: str, added: str) -> None:
    assert with_usual_imports(code) == added + code


def test_a_given_variable_is_no_forgotten_import() -> None:
    assert with_usual_imports("x = pd + 1", ["pd"]) == "x = pd + 1"
