"""What a run returns: the result, its transcript, and the files saved from it."""
