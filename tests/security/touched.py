"""Values that would hurt whoever touches them: compares, shows, saves, or checks their types.

Each is a program that assigns ``x``. One container makes all of them.
"""

from __future__ import annotations

LONG = "long = 'x' * 2_000_000\n"
LIBRARIES = "import collections, datetime, decimal, fractions, types\nimport numpy, pandas\n"
MAKE_ALL = f"""
made = {{}}
for number, source in enumerate(programs):
    space = {{}}
    exec({LIBRARIES!r} + source, space)
    made[f'x{{number}}'] = space['x']
globals().update(made)
del made, space, source, number
"""

TOUCHED = {
    # Compared by the vote of several programs.
    "ranges-in-a-list": "x = [range(10**6)] * 1000",
    "ranges-in-a-dict": "x = {str(n): range(10**9) for n in range(500)}",
    "ranges-in-ranges": "x = [[[range(10**6)] * 20] * 20] * 20",
    "row-of-a-matrix": "x = numpy.zeros((1, 4 * 10**7), 'bool')",
    "spaces-around-a-category": "x = pandas.Series(pandas.Categorical.from_codes("
    "numpy.zeros(10**6, 'int8'), [' ' + 'x' * 100_000]))",
    "texts-in-all-rows": "x = pandas.DataFrame({'a': pandas.Categorical.from_codes("
    "numpy.zeros(10**6, 'int8'), ['x' * 100_000])})",
    "names-of-millions-of-rows": "x = pandas.Series(numpy.zeros(10**7, 'int8'), index="
    "pandas.MultiIndex([range(2)] * 2, [numpy.zeros(10**7, 'int8')] * 2))",
    "a-hundred-thousand-columns": "x = pandas.DataFrame(numpy.zeros((1, 100_000), 'int8'))",
    "not-even-itself": "x = [decimal.Decimal('sNaN'), float('nan')] * 1000",
    "keys-of-all-kinds": "x = {1: 2, 'a': 3, None: 4, (1,): 5, 10**5000: 6}",
    "set-of-sets": "x = {frozenset([n, -n]) for n in range(5_000)}",
    "structured-rows": "x = numpy.zeros(3, [('a', 'i4', (500, 500))])",
    # Shown as the answer, as text and as HTML.
    "integer-too-long-for-text": "x = pandas.DataFrame({'a': [10**5000]})",
    "series-of-long-integers": "x = pandas.Series([10**5000, -10**5000], dtype=object)",
    "label-too-long-for-text": "x = pandas.DataFrame([[1]], columns=pandas.Index([10**5000],"
    " dtype=object))",
    "row-too-long-for-text": "x = pandas.Series([1], index=pandas.Index([10**5000], dtype=object))",
    "tuple-too-long-for-text": "x = pandas.DataFrame({'a': [(10**5000,)]})",
    "fraction-too-long-for-text": "x = pandas.DataFrame({'a': [fractions.Fraction(10**5000, 3)]})",
    "long-column": LONG + "x = pandas.DataFrame({long: [1]})",
    "long-rows": LONG + "x = pandas.Series(range(20), index=pandas.CategoricalIndex("
    "pandas.Categorical.from_codes([0] * 20, [long])))",
    "long-cells": LONG + "x = pandas.DataFrame({n: pandas.Categorical.from_codes([0] * 20, [long])"
    " for n in range(3)})",
    "long-name-of-rows": LONG + "x = pandas.DataFrame({'a': [1]},"
    " index=pandas.Index([1], name=long))",
    "long-name-of-a-series": LONG + "x = pandas.Series([1], name=long)",
    "long-level-of-columns": LONG + "x = pandas.DataFrame([[1]], columns=pandas.MultiIndex("
    "[[long], ['b']], [[0], [0]]))",
    "script-in-a-label": "x = pandas.DataFrame({'<script>alert(1)</script>':"
    " ['<img src=x onerror=alert(1)>']}, index=['</table><script>'])",
    "control-characters": "x = pandas.DataFrame({'\\x1b]0;owned\\x07': ['\\x1b[2J']},"
    " index=['\\u202ecod\\x9b2J'])",
    "half-a-character": "x = pandas.DataFrame({'a': pandas.Series(['\\udfff'], dtype=object)})",
    "period-out-of-time": "x = pandas.Series(pandas.PeriodIndex.from_ordinals([2**62, -2**62],"
    " freq='D'))",
    "ends-of-time": "x = [datetime.timedelta.max, datetime.datetime.max, datetime.date.min]",
    "first-day-in-a-zone": "x = pandas.DataFrame({'a': pandas.Series([datetime.datetime.min."
    "replace(tzinfo=datetime.timezone(datetime.timedelta(hours=23)))], dtype=object)})",
    "frame-in-a-frame": "x = pandas.DataFrame({'a': pandas.Series([pandas.DataFrame("
    "{'b': range(10**5)})], dtype=object)})",
    "text-for-terminals": "x = '\\x1b]52;c;cm0gLXJmIH4=\\x07\\u202e\\u200b' * 100",
    # Looks like something else to whoever asks by name.
    "tuple-named-as-a-frame": "x = collections.namedtuple('DataFrame', 'index columns shape head"
    " ndim')([1], [2], (1, 1), 5, 2)",
    "tuple-with-methods-names": "x = collections.namedtuple('R', 'tolist iloc to_pandas keys"
    " items')(1, 2, 3, 4, 5)",
    "fields-with-methods-names": "x = types.SimpleNamespace(_asdict=5, to_pandas=1, tolist=2,"
    " iloc=3, shape=4, _repr_html_='<script>', _repr_mimebundle_={}, keys=6, items=7)",
    "cell-with-methods-names": "x = pandas.DataFrame({'a': pandas.Series([types.SimpleNamespace("
    "_repr_html_=1, to_numpy=2, _asdict=3)], dtype=object)})",
    "keys-with-methods-names": "x = {'__class__': 1, '_asdict': 2, 'a': {'__dict__': 3}}",
    # Deep or endless.
    "deep-lists": "x = []\nfor _ in range(80): x = [x]",
    "frame-without-columns": "x = pandas.DataFrame(index=pandas.RangeIndex(0, 2**62, 7))",
    "null-bytes": "x = {'a\\0b': ['\\0' * 1000], b'\\0': '\\0'}",
}
FILES = {
    "twin-of-a-hidden-name": {".env": "1", "_env": "2"},
    "twin-of-a-hidden-folder": {".git/config": "1", "_git/config": "2", ".git/.x": "3"},
    "twin-of-our-manifest": {
        ".codegen-agent-0000000000000000.json": "1",
        "_codegen-agent-0000000000000000.json": "2",
    },
    "folder-named-as-our-files": {"code.py/x": "1", "transcript.md/x": "2", "values.json/x": "3"},
    "number-that-another-has": {"a.csv": "1", "a-2.csv": "2", "taken.csv": "3"},
    "names-as-long-as-they-may-be": {
        "n" * 150: "1",
        "m" * 150: "2",
        "d" * 70 + "/" + "e" * 70: "3",
    },
    "names-of-devices": {"NUL": "1", "aux.txt": "2", "a:b": "3", "x.": "4", "-": "5", " ": "6"},
}
"""Files that the code leaves, with content."""
LEAVE_ALL = """
import os
for case, contents in files.items():
    for name, text in contents.items():
        path = os.path.join(case, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
"""
"""Each case in a folder of its own."""
