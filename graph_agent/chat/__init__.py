"""Requests and answers as chat messages, and what a request takes over from the one before."""
