"""What the model is told, and how its answer is read."""

from graph_agent.prompts.answers import code_in, with_usual_imports
from graph_agent.prompts.judging import analysis_messages
from graph_agent.prompts.pictures import pictures_of
from graph_agent.prompts.writing import generation_messages

__all__ = [
    "analysis_messages",
    "code_in",
    "generation_messages",
    "pictures_of",
    "with_usual_imports",
]
