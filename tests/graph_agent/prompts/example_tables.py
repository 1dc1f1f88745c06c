"""The tables of the example bank, and what each example's code gives for them."""

from __future__ import annotations

from typing import Any

import pandas as pd


def example_tables() -> dict[str, pd.DataFrame]:
    """Make the tables anew."""
    films = pd.DataFrame(
        {
            "title": ["Red Sea", "Old Town", "Seaside", "Moon", "Ice", "Far"],
            "director": ["Ito", "Lund", "Ito", "Osei", "Ruiz", "Ito"],
            "genre": ["drama", "comedy", "drama", "crime", "comedy", "drama"],
            "minutes": [150, 95, 110, 125, 88, 101],
            "rating": [8.5, 6.0, 7.0, 9.0, 7.5, 8.5],
            "sequel": ["Red Sea 2", None, None, None, "Ice 2", None],
            "budget": ["$1,200", "$300", "$450", "$2,000", "$150", "$900"],
            "cast": ["Ann, Bo", "Cy", "Bo, Di", "Ed", "Ann", "Flo"],
        }
    )
    games = pd.DataFrame(
        {
            "date": ["2024-03-02", "2024-03-09", "2024-04-06", "2025-03-01", "2024-03-12"],
            "team": ["Lions", "Bears", "Lions", "Wolves", "Bears"],
            "points": [12, 7, 15, 9, 20],
            "minutes": [90, 95, 90, 90, 95],
            "winner": ["home", "home", "away", "home", "away"],
        }
    )
    plants = pd.DataFrame(
        {
            "name": ["ivy", "fern", "oak", "moss", "fir"],
            "family": ["Araliaceae", None, "Fagaceae", None, "Pinaceae"],
            "height": [200, 60, 900, 2, 900],
            "evergreen": ["yes", "no", "no", "yes", "yes"],
            "light": ["shade", "shade", "sun", "shade", "sun"],
        }
    )
    teams = pd.DataFrame({"team": ["Lions", "Bears"], "city": ["Aarhus", "Bergen"]})
    return {"films": films, "games": games, "plants": plants, "teams": teams}


ANSWERS: dict[str, Any] = {
    "Is any plant taller than 300 cm?": True,
    "Are all games longer than an hour?": True,
    "Are there any films with a sequel?": True,
    "Are there plants whose family is missing or unknown?": True,
    "Is the average rating of dramas higher than that of comedies?": True,
    "Is comedy the most common genre?": False,
    "Is the highest rating equal to 9?": True,
    "Is the lowest height below zero?": False,
    "Are there more home wins than away wins?": True,
    "Was the longest film directed by Ito?": True,
    "Is the longest film also the best rated?": False,
    "Did any director make more than one film?": True,
    "Is every title unique?": True,
    "Are more than half of the plants evergreen?": True,
    "Do all plants that are evergreen grow in shade?": False,
    "Is there a drama rated above 8?": True,
    "Are there more than 3 different directors?": True,
    "Does the film Moon have a higher rating than Ice?": True,
    "Is there any film directed by someone called lund?": True,
    "What is the rating of the film Moon?": 9.0,
    "How many minutes does the shortest film take?": 88,
    "What is the highest rating among comedies?": 7.5,
    "How many genres have more than one film?": 2,
    "What is the genre of the film Moon?": "crime",
    "List the titles of the first 3 films.": ["Red Sea", "Old Town", "Seaside"],
    "List the titles of all comedies.": ["Old Town", "Ice"],
    "List the directors of the 2 films with the lowest rating.": ["Lund", "Ito"],
    "List the minutes of the first 3 films.": [150, 95, 110],
    "List the ratings of all comedies.": [6.0, 7.5],
    "List the minutes of the 2 films with the lowest rating.": [95, 110],
    "Count the missing values of family and height.": [2, 0],
    "List the titles of films with more than 120 minutes.": ["Red Sea", "Moon"],
    "List all the different minutes of the games.": [90, 95],
    "Is the average rating above 7?": True,
    "What is the average rating of all films?": 7.75,
    "What is the highest rating?": 9.0,
    "Which film is the shortest?": "Ice",
    "List the 3 lowest ratings.": [6.0, 7.0, 7.5],
    "How many films are longer than 120 minutes?": 2,
    "How many different directors are there?": 4,
    "How many plants have no family given?": 2,
    "How many films have a sequel?": 2,
    "What is the average rating of dramas?": 8.0,
    "What percentage of plants is evergreen?": 60.0,
    "What proportion of films are comedies, as a fraction?": 1 / 3,
    "What is the difference between the highest and the lowest rating?": 3.0,
    "What is the rating of the longest film?": 8.5,
    "How many films did the most frequent director make?": 3,
    "How many points were scored in total by Lions?": 27,
    "What is the median height of shade plants?": 60,
    "How strongly are minutes and rating correlated?": 0.5727,
    "How many games were played in March 2024?": 3,
    "What is the total of the budgets, given as text such as '$1,200'?": 5_000,
    "How many titles contain the word sea?": 2,
    "What is the most common genre?": "drama",
    "Which film is the longest?": "Red Sea",
    "Which is the shortest plant that grows in shade?": "moss",
    "Which genre has the highest average rating?": "crime",
    "Which team scored the fewest points in total?": "Wolves",
    "Who is the director of the best rated film?": "Osei",
    "Which genre is the least frequent?": "crime",
    "Which film has the second highest rating?": "Red Sea",
    "What is the most common light among evergreen plants?": "shade",
    "On which weekday were most games played?": "Saturday",
    "List the titles of the 3 longest films.": ["Red Sea", "Moon", "Seaside"],
    "List the names of the 2 lowest plants.": ["moss", "fern"],
    "What are the top 2 most common genres?": ["drama", "comedy"],
    "Name the 2 least frequent genres.": ["crime", "comedy"],
    "Which genres have more than 2 films?": ["drama"],
    "List all the different families of the plants.": ["Araliaceae", "Fagaceae", "Pinaceae"],
    "Which 2 teams have the highest average points?": ["Bears", "Lions"],
    "List the genres of the 3 best rated films.": ["crime", "drama", "drama"],
    "Which different genres are among the 3 best rated films?": ["crime", "drama"],
    "Which actors play in dramas? The cast is text such as 'Ann, Bo'.": ["Ann", "Bo", "Di", "Flo"],
    "List the 3 highest ratings.": [9.0, 8.5, 8.5],
    "What are the 2 smallest heights of evergreen plants?": [2, 200],
    "List the 3 highest unique heights.": [900, 200, 60],
    "What are the ratings of the 3 longest films?": [8.5, 9.0, 7.0],
    "How many films do the 2 most common genres have?": [3, 2],
    "Give the 2 highest average ratings by genre.": [9.0, 8.0],
    "In which years were the games played?": [2024, 2025],
    "List the 2 most common minutes of the games.": [90, 95],
    "Share of each genre in all films, in percent": {
        "drama": 50.0,
        "comedy": 100 / 3,
        "crime": 100 / 6,
    },
    "Total points per month": {"2024-03": 39, "2024-04": 15, "2025-03": 9},
    "Remove the duplicate directors and fill the missing sequels with 'none'": (4, 8),
    "Join the games with the cities of their teams": (5, 6),
    "Draw a bar chart of the number of films by genre": "Films by genre",
    "Scatter plot of minutes against rating, coloured by genre": "Rating by length",
}
"""Tables by their shape, series as dicts, figures by their title."""
