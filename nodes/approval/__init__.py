"""Asking a person before code runs."""
