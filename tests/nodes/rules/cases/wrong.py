# %% sample data instead of the variable
# request: Average tip by day
# given: tips
# caught by: input_overwritten
import pandas as pd

tips = pd.DataFrame({"day": ["Sun", "Sat", "Fri"], "tip": [1.0, 2.0, 3.0]})
result = tips.groupby("day")["tip"].mean()
print(result)

# %% looked at, then replaced
# request: Average tip by day
# given: tips
# caught by: input_overwritten
import pandas as pd

print(tips.head())
print(tips.shape)
data = {"day": ["Sun", "Sat", "Fri"], "tip": [1.0, 2.0, 3.0]}
tips = pd.DataFrame(data)
result = tips.groupby("day")["tip"].mean()
print(result)

# %% random numbers
# request: Mean and standard deviation of readings
# given: readings
# caught by: input_overwritten
import numpy as np

np.random.seed(0)
readings = np.random.normal(size=100)
print(readings.mean(), readings.std())

# %% a generator of its own
# request: Total revenue by region
# given: orders
# caught by: input_overwritten
import numpy as np
import pandas as pd

rng = np.random.default_rng(42)
orders = pd.DataFrame(
    {
        "region": rng.choice(["north", "south"], 50),
        "quantity": rng.integers(1, 5, 50),
        "unit_price": rng.random(50),
    }
)
orders["revenue"] = orders.quantity * orders.unit_price
print(orders.groupby("region")["revenue"].sum())

# %% a library's data set
# request: Predict department from salary
# given: employees
# caught by: input_overwritten
from sklearn.datasets import load_iris

employees = load_iris(as_frame=True).frame
print(employees.mean())

# %% plotly's data set
# request: Bar chart of mean tip by day
# given: tips
# caught by: input_overwritten
import plotly.express as px

tips = px.data.tips().query("size > 2")
fig = px.bar(tips.groupby("day", as_index=False)["tip"].mean(), x="day", y="tip")
fig.show()

# %% made by a function
# request: Average salary by department
# given: employees
# caught by: input_overwritten
import pandas as pd


def load_data():
    return pd.DataFrame({"department": ["IT", "HR"], "salary": [10, 20]})


employees = load_data()
print(employees.groupby("department")["salary"].mean())

# %% by global in a function
# request: Average salary by department
# given: employees
# caught by: input_overwritten
import pandas as pd


def prepare():
    global employees
    employees = pd.DataFrame({"department": ["IT", "HR"], "salary": [10, 20]})


prepare()
print(employees.groupby("department")["salary"].mean())

# %% a list made up
# request: Median of prices
# given: prices
# caught by: input_overwritten
import statistics

prices = [10, 20, 30, 40]
median = statistics.median(prices)
print(median)

# %% a range
# request: Sum of values
# given: values
# caught by: input_overwritten
values = list(range(10))
print(sum(values))

# %% a number made up
# request: Count readings above threshold
# given: readings, threshold
# caught by: input_overwritten
import numpy as np

threshold = 3.3
print(int(np.nansum(readings > threshold)))

# %% file failing into made-up data
# request: Average tip by day
# given: tips
# caught by: input_overwritten
import pandas as pd

try:
    tips = pd.read_csv("tips.csv")
except FileNotFoundError:
    tips = pd.DataFrame({"day": ["Sun", "Sat"], "tip": [1.0, 2.0]})
print(tips.groupby("day")["tip"].mean())

# %% everything in a try
# request: Average tip by day
# given: tips
# caught by: input_overwritten
import pandas as pd

try:
    tips = pd.DataFrame({"day": ["Sun", "Sat"], "tip": [1.0, 2.0]})
    print(tips.groupby("day")["tip"].mean())
except Exception as error:
    print(f"failed: {error}")

# %% polars made up
# request: Mean temp_c by station
# given: weather
# caught by: input_overwritten
import polars as pl

weather: pl.DataFrame = pl.DataFrame({"station": ["a", "b"], "temp_c": [1.0, 2.0]})
print(weather.group_by("station").agg(pl.col("temp_c").mean()))

# %% unpacked
# request: Largest trade_price and the mean of values
# given: trades, values
# caught by: input_overwritten
import pyarrow as pa

trades, values = pa.table({"trade_price": [10.0, 30.0]}), [10, 30]
print(max(trades["trade_price"].to_pylist()), sum(values) / len(values))

# %% in text
# request: Average tip by day
# given: tips
# caught by: input_overwritten
import io

import pandas as pd

csv = """day,tip
Sun,1.0
Sat,2.0
"""
tips = pd.read_csv(io.StringIO(csv))
print(tips.groupby("day")["tip"].mean())

# %% used a little first
# request: Average tip by day
# given: tips
# missed by: input_overwritten
import pandas as pd

rows = len(tips["day"])
tips = pd.DataFrame({"day": ["Sun", "Sat"], "tip": [1.0, 2.0]})
print(rows, tips.groupby("day")["tip"].mean())

# %% another name for made-up data
# request: Average total_bill by day
# given: tips
# caught by: input_ignored
import pandas as pd

df = pd.DataFrame({"day": ["Sun", "Sat", "Sun"], "total_bill": [10.0, 20.0, 30.0]})
result = df.groupby("day")["total_bill"].mean()
print(result)

# %% a file of that name
# request: Average tip by day
# given: tips
# caught by: outcome, input_ignored
import pandas as pd

df = pd.read_csv("tips.csv")
print(df.groupby("day")["tip"].mean())

# %% a data set of that name
# request: Average tip by day
# given: tips
# caught by: input_ignored
import plotly.express as px

df = px.data.tips()
mean = df.groupby("day")["tip"].mean()
print(mean)

# %% all inside a function
# request: Revenue by region
# given: orders
# caught by: input_ignored
import pandas as pd


def main():
    orders = pd.DataFrame({"region": ["n", "s"], "quantity": [1, 2], "unit_price": [3.0, 4.0]})
    orders["revenue"] = orders["quantity"] * orders["unit_price"]
    print(orders.groupby("region")["revenue"].sum())


main()

# %% numbers under another name
# request: Plot `monthly_sales` as bars
# given: monthly_sales
# caught by: input_ignored
import matplotlib.pyplot as plt

months, sales = ["Jan", "Feb", "Mar"], [100, 200, 150]
plt.bar(months, sales)
plt.show()

# %% numbers under another name, plainly asked
# request: Sum of values
# given: values
# missed by: input_ignored
numbers = [1, 2, 3, 4]
total = sum(numbers)
print(total)

# %% a filter that fits nothing
# request: Mean total_bill of each day on weekends
# given: tips
# returns: weekend
# caught by: blank_result
weekend = tips[tips["day"].isin(["Saturday", "Sunday"])].groupby("day")["total_bill"].mean()

# %% aligned on nothing
# request: Ratio of mean tip to mean total_bill for each day
# given: tips
# returns: ratio
# caught by: blank_result
tip = tips.groupby("day")["tip"].mean()
bill = tips.groupby("time")["total_bill"].mean()
ratio = tip / bill

# %% dates that do not parse
# request: The year each employee was hired, as Series years
# given: employees
# returns: years
# caught by: blank_result
import pandas as pd

years = pd.to_datetime(employees["name"], errors="coerce", format="%Y").dt.year

# %% an array of NaN
# request: Running mean of readings
# given: readings
# returns: running
# caught by: blank_result
import numpy as np

running = np.cumsum(readings * np.nan) / np.arange(1, len(readings) + 1)

# %% a polars filter that fits nothing
# request: Mean rain_mm in the north
# given: weather
# returns: north
# caught by: blank_result
import polars as pl

north = weather.filter(pl.col("station") == "North").select(pl.col("rain_mm").mean())

# %% an empty list
# request: Which products sell best in each region?
# given: orders
# returns: best
# caught by: blank_result
best = [row.product for row in orders.itertuples() if row.region == "North"]

# %% a figure without axes
# request: Bar chart of mean tip by day
# given: tips
# caught by: no_figure
import matplotlib.pyplot as plt

means = tips.groupby("day")["tip"].mean()
fig = plt.figure(figsize=(8, 5))
plt.show()

# %% shown in white
# request: Line chart of unit_price
# given: orders
# caught by: blank_figure
import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot(orders["unit_price"], color="white")
ax.axis("off")
plt.show()

# %% plotly without a trace
# request: Interactive chart of tip over total_bill
# given: tips
# caught by: blank_figure
import plotly.graph_objects as go

points = list(zip(tips["total_bill"], tips["tip"]))
fig = go.Figure()
fig.update_layout(title="Tips")
fig.show()

# %% axes without a line
# request: Histogram of total_bill
# given: tips
# caught by: empty_axes
import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.set_title("Total bill")
ax.set_xlabel("total bill")
total_bill = tips["total_bill"]
plt.show()

# %% drawn from what is not there
# request: Scatter plot of tip over total_bill on weekends
# given: tips
# caught by: empty_axes
import matplotlib.pyplot as plt

weekend = tips[tips["day"] == "Saturday"]
plt.scatter(weekend["total_bill"], weekend["tip"])
plt.title("Weekend tips")
plt.show()

# %% plotly with an empty trace
# request: Bar chart of mean tip at breakfast by day
# given: tips
# caught by: empty_axes
import plotly.express as px

means = tips[tips["time"] == "Breakfast"].groupby("day", as_index=False)["tip"].mean()
fig = px.bar(means, x="day", y="tip")
fig.show()

# %% drawn with a grid and no data
# request: Histogram of total_bill
# given: tips
# missed by: empty_axes
import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.grid(True)
total_bill = tips["total_bill"]
plt.show()

# %% another column
# request: Average `total_bill` by day
# given: tips
# caught by: untouched_column
result = tips.groupby("day")["tip"].mean()
print(result)

# %% a column in words
# request: What is the mean unit price of each product?
# given: orders
# caught by: untouched_column
result = orders.groupby("product")["quantity"].mean()
print(result)

# %% a group forgotten
# request: Average tip by day and time
# given: tips
# caught by: untouched_column
result = tips.groupby("day")["tip"].mean()
print(result)

# %% the wrong date
# request: Sort the employees by hire_date and number them
# given: employees
# caught by: untouched_column
ranked = employees.sort_values("salary")[["name", "salary"]]
ranked["number"] = list(map(str, ranked["salary"].rank()))
print(ranked)

# %% polars, another column
# request: Total rain_mm for each station
# given: weather
# caught by: untouched_column
import polars as pl

result = weather.group_by("station").agg(pl.col("temp_c").sum())
print(result)

# %% a column as an ordinary word
# request: What is the average tip of smokers per time of day?
# given: tips
# missed by: untouched_column
result = tips[tips["smoker"] == "Yes"].groupby("day")["tip"].mean()
print(result)

# %% no figure
# request: Plot the mean tip by day
# given: tips
# caught by: no_figure
result = tips.groupby("day")["tip"].mean()
print(result)

# %% a result under another name
# request: Mean tip by day
# given: tips
# returns: means
# caught by: missing_return
result = tips.groupby("day")["tip"].mean()

# %% a share for a question of yes or no
# request: Do most smokers tip more than 3 dollars?
# given: tips
# returns: answer
# types: bool
# caught by: wrong_type
answer = float((tips[tips["smoker"] == "Yes"]["tip"] > 3).mean())

# %% names for a count
# request: How many days are there?
# given: tips
# returns: answer
# types: int
# caught by: wrong_type
answer = tips["day"].unique().tolist()

# %% a share where yes or no is meant
# request: Is the average tip of smokers above 3?
# given: tips
# caught by: unlikely_type
answer = float((tips[tips["smoker"] == "Yes"]["tip"] > 3).mean())

# %% nothing left
# request: Mean tip by day
# given: tips
# caught by: empty_result
_ = tips.groupby("day")["tip"].mean()
del _
# %% an error
# request: Mean tip by weekday
# given: tips
# caught by: outcome, unknown_column
print(tips.groupby("weekday")["tip"].mean())

# %% a name that nothing defines
# request: Mean of the tips
# given: tips
# caught by: outcome, undefined_name
print(mean_tip)
mean_tip = tips["tip"].mean()

# %% a check that fails
# request: Mean tip by day as a Series named means
# given: tips
# checks: assert means.index.name == "day"
# caught by: checks, untouched_column
means = tips.groupby("time")["tip"].mean()

# %% a filter that removes every row
# request: List the days whose average tip is above 3
# given: tips
# returns: days
# types: list
# caught by: blank_answer, blank_result
means = tips.groupby("day")["tip"].mean()
days = means[means > 30].index.tolist()
