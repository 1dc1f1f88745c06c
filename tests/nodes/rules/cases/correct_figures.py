# %% mostly white
# request: Scatter plot of total_bill against tip with tiny dots and no axes
# given: tips
import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(10, 10))
ax.scatter(tips["total_bill"].head(3), tips["tip"].head(3), s=1, c="lightgrey")
ax.axis("off")
plt.show()

# %% a figure left open before pandas makes its own
# request: Bar chart of the mean tip by day
# given: tips
import matplotlib.pyplot as plt

plt.figure(figsize=(8, 5))
tips.groupby("day")[["tip"]].mean().plot(kind="bar")
plt.title("Mean tip")
plt.show()

# %% subplots one of which stays empty
# request: Box plots of quantity and unit_price by region, in one figure
# given: orders
import matplotlib.pyplot as plt

fig, axes = plt.subplots(2, 2, figsize=(10, 8))
for ax, column in zip(axes.flat, ["quantity", "unit_price"]):
    orders.boxplot(column=column, by="region", ax=ax)
fig.tight_layout()

# %% counts that are all zero
# request: Bar chart of how many employees of each department earn more than a million
# given: employees
# false alarm of: empty_axes
import matplotlib.pyplot as plt

counts = employees.groupby("department")["salary"].apply(lambda pay: int((pay > 1_000_000).sum()))
plt.bar(counts.index, counts.values)
plt.title("Employees above a million")
plt.show()

# %% a heatmap of one value
# request: Heatmap of a 4 by 4 matrix of zeros
# given: matrix
import matplotlib.pyplot as plt
import numpy as np

plt.imshow(np.zeros((4, 4)), cmap="viridis")
plt.colorbar()
plt.show()

# %% an area of one colour
# request: Draw a solid orange square without axes
import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(3, 3), facecolor="orange")
ax.axis("off")
plt.show()

# %% a sine that needs none of the data
# request: Plot the sine from 0 to 2π
# given: tips
import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 2 * np.pi, 200)
plt.plot(x, np.sin(x))
plt.show()

# %% seaborn on long data
# request: Violin plot of total_bill by day, split by sex
# given: tips
import matplotlib.pyplot as plt
import seaborn as sns

sns.set_theme(style="whitegrid")
sns.violinplot(data=tips, x="day", y="total_bill", hue="sex", split=True)
plt.tight_layout()

# %% seaborn on all columns
# request: Pairwise scatter plots of total_bill, tip and size
# given: tips
import seaborn as sns

sns.pairplot(tips)

# %% plotly
# request: Interactive scatter plot of total_bill and tip coloured by time
# given: tips
import plotly.express as px

fig = px.scatter(tips, x="total_bill", y="tip", color="time")
fig.show()

# %% plotly by hand
# request: Bar chart of monthly_sales
# given: monthly_sales
import plotly.graph_objects as go

fig = go.Figure(go.Bar(x=list(monthly_sales), y=list(monthly_sales.values())))
fig.show()

# %% plotly gauge
# request: A gauge chart of the mean tip percentage
# given: tips
import plotly.graph_objects as go

value = float((tips["tip"] / tips["total_bill"]).mean() * 100)
fig = go.Figure(go.Indicator(mode="gauge+number", value=value))
fig.show()

# %% dark style
# request: Line chart of cumulative revenue over order_date
# given: orders
import matplotlib.pyplot as plt

plt.style.use("dark_background")
revenue = (orders["quantity"] * orders["unit_price"]).cumsum()
plt.plot(orders["order_date"], revenue)
plt.show()

# %% pie
# request: Pie chart of orders by product
# given: orders
import matplotlib.pyplot as plt

orders["product"].value_counts().plot.pie(autopct="%.0f%%")
plt.ylabel("")

# %% a table as a figure
# request: Draw the first five employees as a table in a figure
# given: employees
import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.axis("off")
first = employees.head(5)
ax.table(cellText=first.astype(str).values, colLabels=list(first.columns), loc="center")
plt.show()
