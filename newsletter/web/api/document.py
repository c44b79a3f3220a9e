"""The OpenAPI document of the operations, with the site's public address."""

from __future__ import annotations

import json
import re
from typing import Any

from fastapi import FastAPI

PREFIX = "/api/v1"
_REFERENCE = re.compile(r"#/components/schemas/(\w+)")


def document(api: FastAPI, *, url: str) -> dict[str, Any]:
    """Return the whole document. `url` is the site's public address.

    Paths begin with the prefix under which the API is mounted. Schemas are named by
    their titles, which stay the same when one of our classes is renamed.
    """
    generated = api.openapi()
    titles = {name: schema["title"] for name, schema in generated["components"]["schemas"].items()}
    renamed: dict[str, Any] = json.loads(
        _REFERENCE.sub(
            lambda found: f"#/components/schemas/{titles[found[1]]}", json.dumps(generated)
        )
    )
    components = renamed["components"]
    components["schemas"] = {titles[name]: schema for name, schema in components["schemas"].items()}
    renamed["paths"] = {PREFIX + path: methods for path, methods in renamed["paths"].items()}
    return {**renamed, "servers": [{"url": url}]}
