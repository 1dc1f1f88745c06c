"""The embedded local model: its weights, the server process, the chat model."""
