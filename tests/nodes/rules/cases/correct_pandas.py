# %% pivot and heatmap
# request: Calculate average tip percentage by day of week and time (lunch/dinner), create a pivot table, and visualize with a heatmap
# given: tips
# returns: pivot_table
import matplotlib.pyplot as plt
import seaborn as sns

data = tips.copy()
data["tip_pct"] = data["tip"] / data["total_bill"] * 100
pivot_table = data.pivot_table(index="day", columns="time", values="tip_pct", aggfunc="mean")
print(pivot_table)
fig, ax = plt.subplots(figsize=(8, 5))
sns.heatmap(pivot_table, annot=True, fmt=".1f", ax=ax)
ax.set_title("Average tip percentage")
plt.show()

# %% frame reassigned from itself
# request: Drop rows with missing values, keep parties of more than two, and give the mean total_bill
# given: tips
tips = tips.dropna()
tips = tips[tips["size"] > 2]
mean_bill = tips["total_bill"].mean()
print(mean_bill)

# %% frame renamed and used in place
# request: Total revenue by region
# given: df
df = df.assign(revenue=df.quantity * df.price)
df = df.groupby("region", as_index=False)["revenue"].sum()
df = df.sort_values("revenue", ascending=False)
df

# %% merge into the same name
# request: Add each department's budget to the employees and give salary as a share of it
# given: employees, departments
import pandas as pd

employees = pd.merge(employees, departments, on="department", how="left")
employees["share"] = employees["salary"] / employees["budget"]
print(employees[["name", "share"]])

# %% other frame first
# request: Budget of the department of every employee, as a frame named employees
# given: employees, departments
# returns: employees
employees = departments.merge(employees, on="department")[["name", "budget"]]


# %% unpacked with a function
# request: Split the orders into cheap and dear ones at the median unit_price
# given: orders
# returns: cheap, dear
def split(frame):
    middle = frame["unit_price"].median()
    return frame[frame["unit_price"] <= middle], frame[frame["unit_price"] > middle]


cheap, dear = split(orders)
print(len(cheap), len(dear))


# %% tuple with itself
# request: Remove duplicate rows and tell how many there were
# given: orders
def without_duplicates(df):
    df = df.drop_duplicates()
    return df, len(df)


before = len(orders)
orders, after = without_duplicates(orders)
n_duplicates = before - after
print(n_duplicates)

# %% loop variable of the same name
# request: Print the mean salary of each department
# given: df, employees
means = {}
for name, df in employees.groupby("department"):
    means[name] = df["salary"].mean()
print(means)

# %% a name used again afterwards
# request: Count the products sold in each region and plot the counts
# given: df
import matplotlib.pyplot as plt
import pandas as pd

counts = df.groupby(["region", "product"]).size().unstack(fill_value=0)
df = pd.DataFrame({"colour": ["red", "green", "blue", "grey"]})
counts.plot(kind="bar", stacked=True, color=list(df["colour"]))
plt.ylabel("orders")
plt.tight_layout()

# %% fallback when the variable is not there
# request: Mean tip by smoker
# given: tips
import pandas as pd

try:
    tips
except NameError:
    tips = pd.DataFrame({"smoker": ["Yes", "No"], "tip": [1.0, 2.0]})
result = tips.groupby("smoker")["tip"].mean()
print(result)

# %% fallback by globals
# request: Mean tip by sex
# given: tips
import pandas as pd

if "tips" not in globals():
    tips = pd.DataFrame({"sex": ["Male", "Female"], "tip": [1.0, 2.0]})
result = tips.groupby("sex")["tip"].mean()
print(result)

# %% fallback when it is empty
# request: Mean tip by time
# given: tips
import pandas as pd

if tips is None or tips.empty:
    tips = pd.DataFrame({"time": ["Lunch", "Dinner"], "tip": [1.0, 2.0]})
result = tips.groupby("time")["tip"].mean()
print(result)

# %% a file that may not be there
# request: Mean tip by day
# given: tips
import pandas as pd

try:
    tips = pd.read_csv("tips.csv")
except FileNotFoundError:
    pass
result = tips.groupby("day")["tip"].mean()
print(result)

# %% reading a file only where there is one
# request: Highest total_bill on each day
# given: tips
import os

import pandas as pd

if os.path.exists("tips.csv"):
    tips = pd.read_csv("tips.csv")
highest = tips.groupby("day")["total_bill"].max()
print(highest)

# %% out and back by a file
# request: Write the orders to a CSV file, read it again and show that nothing was lost
# given: orders
import pandas as pd

count = len(orders)
orders.to_csv("/tmp/orders.csv", index=False)
orders = pd.read_csv("/tmp/orders.csv", parse_dates=["order_date"])
print(count == len(orders), orders.shape)

# %% out and back by a buffer
# request: Convert the orders to JSON and back
# given: orders
import io

import pandas as pd

buffer = io.StringIO()
orders.to_json(buffer, orient="records")
buffer.seek(0)
orders = pd.read_json(buffer, orient="records")
print(orders.shape)

# %% nothing fits
# request: Show all orders with a negative unit_price
# given: orders
# returns: negative
# false alarm of: blank_result
negative = orders[orders["unit_price"] < 0]
print(f"{len(negative)} orders")

# %% a column that is all missing
# request: Give me the coupon column as a Series
# given: orders
# returns: coupons
# false alarm of: blank_result
coupons = orders["coupon"]

# %% an ordinary word that is a column's name
# request: What is the average tip, whatever the size of the party or the time of day?
# given: tips
average_tip = tips["tip"].mean()
print(round(average_tip, 2))

# %% more ordinary words
# request: In what region do we sell most, and over which time? Ignore the coupon column.
# given: orders
orders["revenue"] = orders["quantity"] * orders["unit_price"]
best = orders.groupby("region")["revenue"].sum().idxmax()
span = orders["order_date"].min(), orders["order_date"].max()
print(best, span)

# %% a column to leave alone
# request: Descriptive statistics of everything except `order_id`
# given: orders
stats = orders[["quantity", "unit_price"]].describe()
print(stats)

# %% columns by dtype
# request: Correlate total_bill, tip and size with each other
# given: tips
# returns: corr
corr = tips.select_dtypes("number").corr()
print(corr)

# %% aggregates of all columns
# request: Mean of `total_bill`, `tip` and `size` for each day
# given: tips
result = tips.groupby("day").mean(numeric_only=True)
print(result)

# %% columns in a loop
# request: Count missing values in total_bill, tip, sex, smoker, day, time and size
# given: tips
missing = {column: int(tips[column].isna().sum()) for column in tips.columns}
print(missing)

# %% column by its place
# request: Sum of the first column, total_bill
# given: tips
total = tips.iloc[:, 0].sum()
print(total)

# %% column by a computed name
# request: Sum of total_bill
# given: tips
kind = "bill"
total = tips[f"total_{kind}"].sum()
print(total)

# %% column by attribute
# request: Histogram of `total_bill`
# given: tips
import matplotlib.pyplot as plt

plt.hist(tips.total_bill, bins=20)
plt.xlabel("total bill")
plt.show()

# %% column in a query
# request: How many orders have a unit_price over 100 and a quantity of at least 3?
# given: orders
count = len(orders.query("unit_price > 100 and quantity >= 3"))
print(count)

# %% accumulated rows
# request: For each region the best product by revenue, as a DataFrame named result
# given: orders
# returns: result
import pandas as pd

rows = []
for region, part in orders.groupby("region"):
    revenue = (part["quantity"] * part["unit_price"]).groupby(part["product"]).sum()
    rows.append({"region": region, "product": revenue.idxmax(), "revenue": revenue.max()})
result = pd.DataFrame(rows)

# %% monthly resample
# request: Monthly revenue as a line chart
# given: orders
import matplotlib.pyplot as plt

orders = orders.set_index("order_date")
monthly = (orders["quantity"] * orders["unit_price"]).resample("MS").sum()
monthly.plot(marker="o", title="Revenue per month")
plt.ylabel("revenue")


# %% cleaning in a function with global
# request: Remove orders of more than 6 pieces and count what is left by region
# given: orders
def clean():
    global orders
    orders = orders[orders["quantity"] <= 6]


clean()
print(orders["region"].value_counts())


# %% main function
# request: The three best paid employees
# given: employees
def main(employees):
    return employees.nlargest(3, "salary")[["name", "salary"]]


if __name__ == "__main__":
    top = main(employees)
    print(top)

# %% mapping table beside the data
# request: Mean tip on weekdays and on weekends
# given: tips
import pandas as pd

kinds = pd.DataFrame(
    {"day": ["Thur", "Fri", "Sat", "Sun"], "kind": ["weekday", "weekday", "weekend", "weekend"]}
)
tips = tips.merge(kinds, on="day")
means = tips.groupby("kind")["tip"].mean()
print(means)

# %% deleted when it has been used
# request: Median salary by department
# given: employees
median = employees.groupby("department")["salary"].median()
del employees
print(median)

# %% set to none afterwards
# request: Longest serving employee
# given: employees
first = employees.loc[employees["hire_date"].idxmin(), "name"]
employees = None
print(first)

# %% sorting by an ordinary word
# request: List the employees by salary, highest first, with their department
# given: employees
listed = employees.sort_values("salary", ascending=False)[["name", "department", "salary"]]
print(listed.to_string(index=False))

# %% another value in a request
# request: Give the average price in each region
# given: df
average = df.groupby("region", as_index=False).agg(price=("price", "mean"))
average
