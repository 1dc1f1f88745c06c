"""What a run's values would change in the caller's data, before anything is changed."""
