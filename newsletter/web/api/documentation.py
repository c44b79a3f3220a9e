"""The values of the API's documentation page, from the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def documentation_values(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that docs.html.j2 shows."""
    schemas = document["components"]["schemas"]
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(
                _operation(path, method, operation, schemas)
            )
    return {
        "title": document["info"]["title"],
        "description": _plain(document["info"]["description"]),
        "server": document["servers"][0]["url"],
        "groups": groups,
    }


def _operation(
    path: str, method: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]
) -> dict[str, Any]:
    success = next(answer for status, answer in operation["responses"].items() if status[0] == "2")
    body = operation.get("requestBody")
    taken = _schema(body, schemas) if body else None
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "note": operation.get("description", ""),
        "parameters": [
            {
                "name": parameter["name"],
                "about": _plain(parameter["description"]),
                "required": parameter.get("required", False),
            }
            for parameter in operation.get("parameters", [])
        ],
        "about": taken.get("description", "") if taken else "",
        "takes": _fields(taken) if taken else [],
        "gives": _fields(_schema(success, schemas)),
    }


def _schema(holder: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    reference: str = holder["content"]["application/json"]["schema"]["$ref"]
    schema: Mapping[str, Any] = schemas[reference.rpartition("/")[2]]
    return schema


def _fields(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", [])
    return [
        {"name": name, "about": _type(field), "required": name in required}
        for name, field in schema.get("properties", {}).items()
    ]


def _plain(text: str) -> str:
    """Remove the Markdown code marks from the text."""
    return text.replace("`", "")


def _type(field: Mapping[str, Any]) -> str:
    """The field's type in a few words."""
    if "$ref" in field:
        return str(field["$ref"].rpartition("/")[2])
    if "anyOf" in field:
        return " or ".join(_type(kind) for kind in field["anyOf"])
    if "enum" in field:
        return " | ".join(map(str, field["enum"]))
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    return str(field.get("format") or field.get("type", "any"))
