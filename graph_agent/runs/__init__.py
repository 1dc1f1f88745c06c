"""Running a request: threads, events, and asking the user for approval."""
