"""Files that become a request's variables."""
