"""Traces that show no more than the request's privacy level allows."""
