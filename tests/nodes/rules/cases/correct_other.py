# %% polars groups
# request: Mean temp_c and total rain_mm by station
# given: weather
import polars as pl

result = weather.group_by("station").agg(pl.col("temp_c").mean(), pl.col("rain_mm").sum())
print(result)

# %% polars reassigned
# request: Standardise temp_c per station
# given: weather
import polars as pl

weather = weather.with_columns(
    ((pl.col("temp_c") - pl.col("temp_c").mean()) / pl.col("temp_c").std())
    .over("station")
    .alias("z")
)
print(weather.head())

# %% polars sql
# request: Warmest temp_c of each station, by SQL
# given: weather
import polars as pl

weather = pl.SQLContext(frame=weather).execute(
    "SELECT station, MAX(temp_c) AS warmest FROM frame GROUP BY station", eager=True
)
print(weather)

# %% polars lazily
# request: Rows with rain_mm above 3, sorted by temp_c
# given: weather
import polars as pl

wet = weather.lazy().filter(pl.col("rain_mm") > 3).sort("temp_c").collect()
print(wet.height)

# %% polars selectors
# request: Round temp_c and rain_mm to whole numbers
# given: weather
import polars as pl
import polars.selectors as cs

weather = weather.with_columns(cs.numeric().round(0))
weather

# %% polars to pandas
# request: Rolling mean of temp_c over 3 rows
# given: weather
frame = weather.to_pandas()
frame["rolling"] = frame["temp_c"].rolling(3).mean()
print(frame[["temp_c", "rolling"]].tail())

# %% a rolling window longer than the data
# request: Rolling mean of readings over 10 values
# given: readings
# returns: rolling
# false alarm of: blank_result
import pandas as pd

rolling = pd.Series(readings).rolling(10).mean()

# %% arrow
# request: Average trade_price by symbol
# given: trades
result = trades.group_by("symbol").aggregate([("trade_price", "mean")])
print(result.to_pydict())

# %% array cleaned
# request: Mean and standard deviation of readings, missing ones left out
# given: readings
import numpy as np

readings = readings[~np.isnan(readings)]
mean, deviation = readings.mean(), readings.std(ddof=1)
print(mean, deviation)

# %% array filled
# request: Fill the gaps in readings linearly
# given: readings
import numpy as np

x = np.arange(len(readings))
known = ~np.isnan(readings)
readings = np.interp(x, x[known], readings[known])
print(readings)

# %% eigenvalues
# request: Eigenvalues of the symmetric part of matrix, largest first
# given: matrix
import numpy as np

matrix = (matrix + matrix.T) / 2
eigenvalues = np.sort(np.linalg.eigvalsh(matrix))[::-1]
print(eigenvalues)

# %% simulation
# request: Simulate 1000 throws of two dice and plot a histogram of the sum
# given: values
import matplotlib.pyplot as plt
import numpy as np

values = np.random.default_rng(1).integers(1, 7, size=(1000, 2)).sum(axis=1)
plt.hist(values, bins=range(2, 14))
plt.show()

# %% bootstrap
# request: A 95% bootstrap confidence interval of the mean of prices
# given: prices
import numpy as np

rng = np.random.default_rng(0)
samples = [rng.choice(prices, size=len(prices)).mean() for _ in range(2000)]
low, high = np.percentile(samples, [2.5, 97.5])
print(low, high)

# %% list sorted
# request: Sort prices and drop those under 5
# given: prices
prices = sorted(price for price in prices if price >= 5)
print(prices)

# %% list given again as it is
# request: Sum of prices
# given: prices
prices = [12.5, 8.0, 19.99, 4.25, 30.0]
total = sum(prices)
print(total)

# %% list set as asked
# request: Set prices to an empty list and then to [1, 2, 3], and print it
# given: prices
prices = []
prices = [1, 2, 3]
print(prices)

# %% threshold as asked
# request: Use a threshold of 0.7 instead and count readings above it
# given: readings, threshold
import numpy as np

threshold = 0.7
count = int(np.nansum(readings > threshold))
print(count)

# %% a count in the request
# request: Sum the values from 1 to 100
# given: values
total = sum(range(1, 101))
print(total)

# %% walrus
# request: Print the longest word of text
# given: text
if words := text.split():
    print(max(words, key=len))

# %% word counts
# request: The three most frequent words in text
# given: text
from collections import Counter

common = Counter(text.split()).most_common(3)
common

# %% comprehension variable of the same name
# request: Squares of the first 5 whole numbers, and the number of prices
# given: n, prices
squares = [n**2 for n in range(5)]
print(squares, len(prices))

# %% augmented
# request: Add 8 to n and double it
# given: n
n += 8
n *= 2
print(n)

# %% dictionary turned round
# request: Best month in monthly_sales and the share of each month
# given: monthly_sales
total = sum(monthly_sales.values())
monthly_sales = {month: sale / total for month, sale in monthly_sales.items()}
best = max(monthly_sales, key=monthly_sales.get)
print(best, monthly_sales)

# %% file by its path
# request: Count the lines of log_file by status code
# given: log_file
from collections import Counter

with open(log_file) as lines:
    counts = Counter(line.split()[-1] for line in lines)
print(counts)

# %% random forest
# request: Predict tip from total_bill and size with a random forest; report the cross-validated R²
# given: tips
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import cross_val_score

X, y = tips[["total_bill", "size"]], tips["tip"]
scores = cross_val_score(RandomForestRegressor(n_estimators=20, random_state=0), X, y, cv=3)
print(scores.mean())

# %% all but the target
# request: Linear regression of tip on total_bill, size, sex and day; print the coefficients
# given: tips
import pandas as pd
from sklearn.linear_model import LinearRegression

X = pd.get_dummies(tips.drop(columns=["tip", "smoker", "time"]), drop_first=True)
model = LinearRegression().fit(X, tips["tip"])
print(dict(zip(X.columns, model.coef_)))

# %% clusters
# request: Cluster the tips by total_bill and tip into 3 groups with k-means
# given: tips
from sklearn.cluster import KMeans

tips["cluster"] = KMeans(n_clusters=3, n_init=3, random_state=0).fit_predict(
    tips[["total_bill", "tip"]]
)
print(tips["cluster"].value_counts())

# %% formula
# request: Fit tip ~ total_bill by ordinary least squares
# given: tips
import statsmodels.formula.api as smf

fit = smf.ols("tip ~ total_bill", data=tips).fit()
print(fit.params)

# %% sqlite
# request: Average salary by department with SQL
# given: employees
import sqlite3

import pandas as pd

connection = sqlite3.connect(":memory:")
employees.to_sql("staff", connection, index=False)
employees = pd.read_sql(
    "select department, avg(salary) as pay from staff group by department", connection
)
print(employees)

# %% no variables at all
# request: List the primes below 30
# returns: primes
primes = [k for k in range(2, 30) if all(k % d for d in range(2, k))]

# %% an unrelated frame
# request: Make a DataFrame of the planets and their number of moons
# given: orders
# returns: planets
import pandas as pd

planets = pd.DataFrame({"planet": ["Earth", "Mars", "Jupiter"], "moons": [1, 2, 97]})
