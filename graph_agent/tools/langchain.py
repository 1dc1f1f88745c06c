"""The sandbox and the agent as LangChain tools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, Field

from graph_agent.errors import AgentError, RequestError
from graph_agent.files.variable_files import read_variable_files
from graph_agent.request import CodeGenerationRequest
from graph_agent.results.blocks import blocks
from graph_agent.tools.contents import execution_text, result_text
from graph_agent.workflow import AgentWorkflow
from sandbox import DockerSandbox, Session
from sandbox.errors import SandboxError, SandboxUnavailableError

_SESSION = (
    "Run Python in a container. Names live on: a later call sees the variables, functions and"
    " imports of earlier ones."
)
_ONCE = "Run Python in a new container. Nothing is left for the next call."
_BOTH = (
    " There is no network and no access to this machine's files. Print what you want to read, or"
    " end with an expression; figures come back as images, tables as text."
)
_ASK = (
    "Answer a question about data with code that is written, run in a container and checked."
    " Ask in plain English and say exactly what is wanted."
)


class PythonInput(BaseModel):
    """What the tool that runs code takes."""

    code: str = Field(description="Python to run. A final expression is displayed.")


class QuestionInput(BaseModel):
    """What the tool that answers questions takes."""

    question: str = Field(description="The question, in plain English.")
    variables: list[str] | None = Field(
        default=None, description="Names of the variables it is about; left out: all of them."
    )


def codegen_tool(
    sandbox: DockerSandbox | Session,
    variables: Mapping[str, Any] | None = None,
    *,
    name: str = "run_python",
    description: str | None = None,
) -> BaseTool:
    """Make a tool that runs Python.

    The message has a text block and an image block for each figure; its artifact is the
    :class:`~sandbox.records.Execution`.

    Args:
        sandbox: a sandbox, for a new container in each call, or a session, whose names live on.
        variables: what the code has besides; for a session, in its first call.
        name: what the model calls the tool.
        description: what the model is told of it; None: a text that fits ``sandbox``.
    """
    given = dict(variables or {})
    first = dict(given)

    def run(code: str) -> tuple[list[str | dict[str, Any]], Any]:
        if isinstance(sandbox, Session):
            sent = dict(first)
            execution = sandbox.run(code, sent)
            first.clear()
        else:
            execution = sandbox.run(code, given)
        return blocks(execution_text(execution), execution.figures), execution

    what = _SESSION if isinstance(sandbox, Session) else _ONCE
    names = f" Variables that exist: {', '.join(given)}." if given else ""
    return _tool(run, PythonInput, name, description or f"{what}{_BOTH}{names}")


def agent_tool(
    client: Any = None,
    variables: Mapping[str, Any] | None = None,
    files: Mapping[str, Any] | None = None,
    *,
    name: str = "ask_about_data",
    description: str | None = None,
    **options: Any,
) -> BaseTool:
    """Make a tool that answers questions about given variables and files.

    The message has the answer, the code and an image block for each figure; its artifact is
    the :class:`~graph_agent.results.result.CodeGenerationResult`.

    Args:
        client: the model, as for :class:`~graph_agent.workflow.AgentWorkflow`.
        variables: name to value.
        files: name to path; read when the tool is made, as ``--var`` does.
        name: what the model calls the tool.
        description: what the model is told of it; the names of the variables are added.
        options: of the workflow, such as ``sandbox``, ``settings`` and ``max_code_generation``.

    Raises:
        VariableFileError: a file can't be read.
    """
    specs = [f"{file_name}={path}" for file_name, path in (files or {}).items()]
    values = {**(variables or {}), **read_variable_files(specs)}

    def ask(
        question: str, variables: list[str] | None = None
    ) -> tuple[list[str | dict[str, Any]], Any]:
        chosen = _chosen(values, variables)
        request = CodeGenerationRequest(request_text=question, user_variables=chosen)
        result = AgentWorkflow(request, client, **options).run_sync(progress=False)
        return blocks(result_text(result), result.figures), result

    names = f" Variables: {', '.join(values)}." if values else ""
    return _tool(ask, QuestionInput, name, f"{description or _ASK}{names}")


def _chosen(values: Mapping[str, Any], names: list[str] | None) -> dict[str, Any]:
    if names is None:
        return dict(values)
    unknown = [name for name in names if name not in values]
    if unknown:
        there = ", ".join(values) or "none"
        raise RequestError(f"there is no variable {', '.join(unknown)}; there is {there}")
    return {name: values[name] for name in names}


def _tool(function: Any, schema: type[BaseModel], name: str, description: str) -> BaseTool:
    """Make a tool whose errors the model is told; an unusable sandbox is the caller's."""

    def call(**arguments: Any) -> Any:
        try:
            return function(**arguments)
        except SandboxUnavailableError:
            raise
        except (SandboxError, AgentError) as error:
            raise ToolException(str(error)) from error

    return StructuredTool.from_function(
        call,
        name=name,
        description=description,
        args_schema=schema,
        response_format="content_and_artifact",
        handle_tool_error=True,
    )
