"""The OpenAPI 3.1 document of the API, made from its operations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from newsletter import __version__
from newsletter.web.api.models import ErrorAnswer
from newsletter.web.api.operation import Operation

PREFIX = "/api/v1"
_REFERENCE = "#/components/schemas/{model}"
_WHAT_PARAMETERS_ARE = {
    "newsletter": "The newsletter's short name",
    "number": "The issue's number, or `current`",
    "list": "The list's short name",
    "address": "An e-mail address",
}
_PROBLEMS = {
    "400": "The request cannot be read",
    "401": "There is no key, or it opens nothing",
    "403": "Only publishers may do that",
    "404": "There is no such thing",
    "409": "A rule or somebody else's change stands against it",
    "422": "What was sent cannot be used",
    "503": "Something we depend on does not answer at present; ask again later",
}


def document(operations: Sequence[Operation], *, url: str, title: str) -> dict[str, Any]:
    """The whole document; `url` is the site's public address."""
    takes = {operation.takes for operation in operations if operation.takes}
    gives = {operation.gives for operation in operations} | {ErrorAnswer}
    _, definitions = models_json_schema(
        [
            *((model, "validation") for model in sorted(takes, key=_name)),
            *((model, "serialization") for model in sorted(gives, key=_name)),
        ],
        ref_template=_REFERENCE,
    )
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        place = paths.setdefault(PREFIX + operation.path, {})
        place[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{title}: API",
            "version": __version__,
            "description": "What editors do at the desk, for programs. Each call carries a key: "
            "`Authorization: Bearer nl_…`; editors make theirs on their account page.",
        },
        "servers": [{"url": url}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", operation.name),
        "summary": operation.summary,
        "tags": [operation.group],
        "parameters": [*_path_parameters(operation), *_query_parameters(operation)],
        "responses": {
            str(operation.status): {
                "description": "Done" if operation.status == 200 else "Begun",
                "content": _json(operation.gives),
            },
            **{
                status: {"description": meaning, "content": _json(ErrorAnswer)}
                for status, meaning in _PROBLEMS.items()
            },
        },
    }
    if operation.publisher:
        described["description"] = "Only publishers may call this."
    if operation.takes:
        described["requestBody"] = {"required": True, "content": _json(operation.takes)}
    return described


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _WHAT_PARAMETERS_ARE[name],
            "schema": {"type": "string"},
        }
        for name in re.findall(r"{(\w+)}", operation.path)
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "description": meaning, "schema": {"type": "string"}}
        for name, meaning in operation.query.items()
    ]


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(model=model.__name__)}}}


def _name(model: type[BaseModel]) -> str:
    return model.__name__
