"""Requests in everyday English, written before the rule was tried on them."""

from __future__ import annotations

_WANTED = """
Can you plot the monthly revenue for me?
I'd like to see a bar chart of average salary by department
please make a scatter plot of height vs weight, coloured by sex
Show me how temperature changed over the year in a line chart
Compute the correlation matrix and show it as a heatmap
Group by region, sum the sales and plot the result
histogram of ages with 20 bins
Draw a pie chart of market share
Visualise the distribution of tips per weekday
Give me a quick chart of signups per week
Make a nice looking graph of sales over time, please
Fit a linear regression and draw the regression line over the points
Create a figure with two subplots: prices on the left, volumes on the right
Box plot of delivery times for every courier
I need a stacked bar chart with one bar per quarter
what's the trend in churn? add a plot
Count orders by country, then visualize the top ten
Calculate the mean per group. Then create a bar chart from it.
plot it
Plot sin(x) from 0 to 10
Generate a violin plot for each species
Average tip percentage by day and time as a pivot table, and a heatmap
How do I plot two columns on the same axes?
Could you draw me a graph of the number of visitors per day?
Produce a time series plot of the closing price with a 30 day moving average
Return the table and also a chart of it
Let's visualize missing values per column
Make a matplotlib figure showing the residuals
Show the distribution of ratings as a histogram
I want to plot revenue against cost
Create charts for each product category
Display a pair plot of the numeric columns
Summarise the survey and illustrate it with a bar graph
Save a scatter plot to plot.png
Overlay both densities in one density plot
Create a visualization that compares 2023 with 2024
Plot the confusion matrix
1. clean the data 2. plot a histogram of price
Show a chart
A bar chart of the counts, sorted from high to low
Please graph the results
Make the same plot but with a log scale
Draw a map of the stations by longitude and latitude
Use seaborn to make a boxplot of tips by day
Put the forecast and the actual values into one line plot
render a candlestick chart for AAPL
The results should be plotted as lines
Build a dashboard-like figure with four panels
Two histograms side by side, one for men and one for women
show me a diagram of the class hierarchy sizes
Group the sales by quarter and give me a bar plot
I want a visualization of the age distribution
please visualize how the tips vary
Could we have a line chart with one line per region?
plot both series on one axis, title it 'Prices'
Find the outliers and mark them in a scatter plot
create an interactive plotly chart of the GDP per country
Draw the normal distribution curve
I would love to see the results as a graph
Use matplotlib to plot total_bill against tip
generate a correlation heat map
Show sales by month. Use a line graph.
A scatterplot of x and y
Plot a histogram for column age.
Chart the daily active users
After cleaning, plot the missing values
Write code that plots the sine function
Plots of each column, please
Scatter plot of x vs y with no legend
Plot the data without outliers
I need some charts: sales by region, sales by month
"""
_NOT_WANTED = """
I can't figure out how to sum column a
Find the code to compute the response so I am able to visualise the temporal response myself
I have plt.figure(figsize=(8, 5)) in my code, what is the mean of x?
What are the total sales figures for each region?
Round all figures to two decimals
Figure out which customer spent the most
Which plot of land has the highest yield?
Sum the balances in the chart of accounts
What conclusions can we draw from the mean of both groups?
I don't need a chart, only the numbers
Give me the table without a plot
Draw a random sample of 100 rows
Draw 5 cards from the deck and count the aces
Which songs spent more than ten weeks on the charts?
Number of films whose plot mentions a murder
Create a column plot_id from field and row
Average yield by plot and year
Mean nitrogen for each field and plot, as a table
What is the six-figure salary share?
Return the top figures of the quarter
Compute the histogram counts of x with 10 bins as an array
Find the shortest path in the graph
Build a graph from the edge list and count its nodes
How many edges does this directed graph have?
The chart I made last week was wrong; what is the real maximum?
We already have a plot, just compute the slope
Don't plot anything, just print the median
What is the average for the columns used in the heatmap?
Drop the column 'plot' and show the first rows
Replace "chart" by "graph" in the title column
Filter the rows where category is "Histogram"
Which figure skater has the most points?
Convert the figures in column cost from text to numbers
Give me the key figures: mean, median and standard deviation
Draw up a list of all customers without orders
Extract the chart position of each song
df.plot() raises an error on my data; which column holds text?
How many visualizations did each user create?
Count how many diagrams each document contains
Rather than a chart, give me the totals as a dict
Show the sales figures per month
Show the number of plots per farm
Create a table of plots and their owners
Return the results in figures, not in words
What does the data say about patients who drew a blank?
List the plot summaries that are longer than 500 words
Get the latest exchange rate figure
Compare the unemployment figures of both years
No charts please. Just the five largest values.
Is there a way to see which plots were harvested twice?
Write a function that returns the figure number for a caption
Sort the medical charts by admission date
I never want graphs; compute the variance
Skip the visualization and return the cluster labels
What share of households draws a pension?
Match each drawing with its artist
Show revenue in figures with thousands separators
Give me a ballpark figure for next month
Parse 'Figure 3' out of the caption column
The area of each plot in square metres, please
Which drawer holds the most items?
Make a dictionary of graph theory terms and their counts
Estimate the number of charts sold
What's the figure for 2019?
Which chapter has the most figures?
I plotted it already and now need the max
Compute the area under the curve
Which is the best way to picture this table as a dict?
Show all transactions above 100
Show me the top 5 rows
Display the mean of each column
Calculate the plot ratio of every parcel
Count the pie orders by bakery
Number of bars per street
Make a box for each order and count the boxes
Using the histogram bin edges [0, 10, 20], count values per bin
How many users clicked on the chart button?
Draw inferences about whether the means differ
Create a new column called chart_type
Summarise the heatmap matrix by row means
Does the graph have a cycle?
I can't plot because I have no display; give me numbers
We'll visualize this later, for now return the aggregated frame
The output will be used to create a bar chart, so return the counts sorted
Prepare the data for a scatter plot, don't draw it
Which plots in the allotment were never watered in July?
Give each plot a yield per hectare and sort by it
Join the plots table with the owners table on plot_no
Show plots with a soil pH below 6
Display the plot numbers whose lease ends this year
Make a list of plots that are larger than 500 square metres
Show the plots grouped by village with their total area
Create plots_df with one row per parcel
Include plots without an owner in the count
Return plots where the harvest failed
Generate a plot summary for each film from its first two sentences
Get the plot keywords of the ten best rated movies
Add the plot length in words as a column
Print the plot of the movie with id 42
Show me the plot description for every film from 1999
Have a look at the chart data and tell me how many artists had a number one
Show the chart toppers of 1985
Make a table of chart entries per label
Give me the chart history of ABBA as a table
Which albums re-entered the charts after ten years?
Return the highest chart rank of each artist
See the charts table: how many rows have no date?
Add a column with the number of weeks on the chart
Get patient charts with a missing blood pressure
List all charts signed by Dr. Meyer
Create a chart of accounts with a parent for each account
Use the chart of accounts to map each booking to a group
Build the gantt data: start, end and duration of each task, as a table
Show the seating chart as a dictionary from table to names
Produce an org chart as nested dicts: each manager with the list of reports
Make a flow chart step count per process
Create a graph of friendships as an adjacency dict and find the biggest component
Build a directed graph from the citations and return its longest path
Make the graph undirected and count its connected components
Use the graph to find who connects both groups
Generate a random graph with 20 nodes and return its degree list
Show the graph's adjacency matrix
Return a graph as an edge list without duplicates
Create the dependency graph of the packages and return an installation order
Is the social graph connected?
Give the knowledge graph's most frequent relation
Get sales figures for March from the second sheet
Show figures in thousands
Present the figures with two decimals
Make the figures negative where type is refund
Include last year's figures in the table
Give me one figure: the total number of orders
Show the unemployment figure for Spain
Create a table with key figures per branch
Save the quarterly figures to figures.csv
Output the figures as integers
Print a single figure, nothing else
Use the figures from column C, not those in D
Produce the figures for the annual report: revenue, costs, profit
Create figures for each quarter: revenue and profit, in one table
Add up the figures in the last row
Generate the monthly figures and return them as JSON
Draw two names at random without replacement
Draw a bootstrap sample and compute the 95 % interval of the mean
Draw lots to assign the 12 people to 3 teams
Draw the winning ticket with seed 7
Draw samples from a normal distribution and return their mean
Draw on the second table to fill missing prices
Which matches ended in a draw?
Show the draws per season
Count wins, draws and losses per club
Create a drawdown column from the closing prices
Which lines of the file contain a tab?
Plot numbers start with P; how many are there?
Find duplicated plot ids
Compute a histogram as a dict of bin to count
Return the histogram of word lengths as a Series
Get the box plot statistics (min, q1, median, q3, max) per group as a table
Give the five numbers behind a box plot for each region, as a DataFrame
Calculate what a scatter plot would show: the slope and r squared
Compute the data for a heatmap: mean by weekday and hour
Make the pivot that I will later colour as a heatmap myself
Return the counts I need for my own bar chart
Prepare a table for the pie chart on slide 3
What are the bin edges of the histogram that pandas would draw?
Count how many slides contain a pie chart
How many dashboards contain more than five visualizations?
Which report has the most line charts?
Find tickets that mention the bar chart
Summarise user feedback about the new graphs
Tag every comment that mentions a chart, plot or graph
Extract the caption of each figure from the text
Number the figures in the text from 1 upwards
Is there a figure without a caption in this LaTeX source?
Translate the column titles of the chart sheet
Read the sheet called Chart1 and sum column B
Rename the column graph to network
Drop every column whose name starts with plot_
What does the word visualise cost as an ad keyword on average?
Which visualizations were viewed most often last month?
Sort visualizations by number of views
Map each country code to its name
Map the ratings from words to numbers
Show a map from product id to price
Give me a picture of the data quality: missing values and duplicates per column
Picture this as a tree: return the nested categories
Show the distribution of grades as counts per grade
Describe the shape of the distribution in one sentence
How is income distributed? Quartiles are enough
Show the trend as a yearly growth rate
Give the trend per product: slope of a linear fit
Show how sales changed from 2022 to 2023 in percent
Compare both years side by side in a table
Outline the five largest changes
Show the correlation between price and demand as a number
Display the correlation matrix rounded to 2 decimals
Illustrate the difference with one example row
Give an overview of the columns
Create a box id for each shipment and show boxes per truck
Show bars with more than 100 seats
Make a grouped table like the bars in our menu: bar, city, seats
List the pie charts' titles found in column title
How many bar charts did each analyst make?
Count the scatter plots in the folder listing
Show all rows where visualization_type is 'histogram'
Show only rows whose chart column is not empty
Give me the values behind the chart, not the chart
A chart is not needed, a sentence is enough
I will make the chart in Excel; save the table as chart.xlsx
Export the numbers for the graph in our newsletter as CSV
Before we visualise anything, remove the duplicates and return the cleaned table
My boss hates charts, so write the three main points as text
Which line of the plot.log file has the first error?
Take the old charts list and return those that are missing in the new charts list
Show the graphs table joined with users
Use the plot table to look up the area of each field
Please list the plots that have two owners
Save charts that were updated this week to a new table
I want the chart ids only
Have plots been sold since May? Count them
Show diagrams per chapter as a count
Give me graphs with fewer than ten vertices
Make one figure bold in the last row of the sheet
Print figures aligned to the right
Save both figures, revenue and profit, in result.json
Present total figures at the bottom
We need new plots for housing: which parcels are free?
Return the first chart that contains the artist's name
Show how many plots are left
Create an index of charts by patient
Generate a list of all plots of land over one hectare
Give back the diagram names in alphabetical order
Render the table as Markdown
Draw the conclusion in one sentence: is the effect significant?
Add a column that says whether the graph is bipartite
Display plot, owner and area for every row
Show chart, artist and weeks for the ten best songs
Get me the visualizations table without drafts
Sketch a plan for cleaning this data as comments, then do it
Output chart positions per year
Make charts a list in each row
Use one plot per farmer at most and sum the yields
Print a histogram in text with # characters
Include the graph id in the output
Show distribution parameters: mean, sd, skew
Build a bar inventory with price per bottle
Compute pie sizes for each bakery order
Box the orders so that no box weighs more than 10 kg
Show the line items of invoice 7
Give the area of each surface plot in the field trial
Show me every scatter in the measurements as a standard deviation
Create a density table of people per square km
Produce a trend column
I have three charts in my workbook; which sheet has the data?
Return the data points of the curve with the largest area
"""
WANTED = _WANTED.strip().splitlines()
NOT_WANTED = _NOT_WANTED.strip().splitlines()
KNOWN_MISSES: set[str] = set()
"""Requests for a picture that the rule doesn't decide about: the judging model still may."""
