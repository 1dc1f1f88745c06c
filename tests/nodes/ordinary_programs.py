"""Programs as an analyst writes them: none of them should make anybody look twice."""

from __future__ import annotations

_TEXT = r"""
rows = len(df)
print(rows)
---
df['pct'] = df['tip'] / df['total_bill'] * 100
df = df.dropna()
mean = df['pct'].mean()
---
df.drop(columns=['a'], inplace=True)
del df['b']
df.rename(columns={'c': 'd'}, inplace=True)
---
import os
import sys
name = os.path.basename('a/b.csv')
print(name, file=sys.stderr)
---
import os.path as path
base = path.splitext('x.csv')[0]
print('/'.join(['a', 'b']))
---
import re
pattern = re.compile(r'(\d+)')
found = df['x'].str.extract(pattern)
---
wide = df.eval('c = a + b').query('c > 3')
---
from scipy import signal
peaks, _ = signal.find_peaks(df['y'])
---
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
df.plot(ax=ax)
plt.savefig('plot.png')
---
import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt
plt.plot([1])
plt.show()
---
import warnings
warnings.filterwarnings('ignore')
from datetime import datetime, timedelta
---
try:
    x = df['a'] / 0
except Exception as error:
    print(error.__class__.__name__, error)
---
class Point:
    def __init__(self, x):
        super().__init__()
        self.x = x
p = Point(1)
---
def main():
    return len(df)

if __name__ == '__main__':
    rows = main()
---
import io
buffer = io.StringIO()
df.info(buf=buffer)
text = buffer.getvalue()
---
import io, base64
import matplotlib.pyplot as plt
out = io.BytesIO()
plt.savefig(out)
shown = base64.b64encode(out.getvalue()).decode()
---
items = [1, 2, 3]
items.remove(2)
low, high = 0, 10
while True:
    middle = (low + high) // 2
    if high - low < 2:
        break
    low = middle
---
def pages():
    n = 0
    while True:
        yield n
        n += 1
---
urls = df[df['url'].str.startswith('https://')]
share = df['page'].eq('/home').mean()
---
df['host'] = df['url'].str.replace('https://', '').str.split('/').str[0]
---
from urllib.parse import urlparse
hosts = df['url'].map(lambda one: urlparse(one).netloc)
---
times = pd.to_datetime(df['when'], format='%d/%m/%Y')
numbers = pd.to_numeric(df['x'])
---
from sklearn.linear_model import LinearRegression
model = LinearRegression().fit(df[['a']], df['b'])
r2 = model.score(df[['a']], df['b'])
---
from sklearn.datasets import load_iris
iris = load_iris(as_frame=True).frame
---
import statsmodels.api as sm
fit = sm.OLS(df['y'], sm.add_constant(df['x'])).fit()
print(fit.summary())
---
import plotly.express as px
fig = px.bar(df, x='a', y='b')
fig.show()
---
import sqlite3
with sqlite3.connect(':memory:') as db:
    df.to_sql('t', db)
    top = pd.read_sql('select * from t limit 3', db)
---
import json
text = json.dumps(df.to_dict(), default=str)
with open('out.json', 'w') as file:
    file.write(text)
df.to_csv('/tmp/out.csv')
---
from pathlib import Path
Path('figures').mkdir(exist_ok=True)
lines = notes.read_text().splitlines()
---
with open(notes) as file:
    words = file.read().split()
raw = pd.read_csv(table_path, sep=';')
---
import random
import numpy as np
rng = np.random.default_rng(0)
draws = rng.normal(size=100)
---
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor() as pool:
    results = list(pool.map(len, ['a', 'bb']))
---
import numpy as np
np.save('/tmp/x.npy', np.arange(3))
back = np.load('/tmp/x.npy')
---
agg = 'mean'
value = getattr(df['a'], agg)()
print(pd.__version__, type(df).__name__)
---
import gc, copy, inspect, platform
other = copy.deepcopy(df)
gc.collect()
---
import polars as pl
out = pl.from_pandas(df).group_by('a').agg(pl.col('b').mean())
---
import networkx as nx
graph = nx.from_pandas_edgelist(df, 'a', 'b')
rank = nx.pagerank(graph)
---
words = {'größe': 1, 'наука': 2, '数据': 3, 'مرحبا': 4}
total = sum(words.values())
---
df.code.value_counts(); df.platform.unique(); df.signal.mean(); df.system.nunique()
---
import sys
if df.empty:
    sys.exit('no rows')
for chunk in range(3):
    print(chunk)
"""
PROGRAMS = [program.strip("\n") for program in _TEXT.split("\n---\n")]
"""Each uses given variables such as df, notes or table_path."""
