"""Configuration: settings, the .env file, the log, and keeping secrets out of both."""
