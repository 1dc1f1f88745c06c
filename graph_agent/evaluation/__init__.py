"""Measures how often answers are right: suites of questions, their judges, and reports."""
