"""Requests to the sign-up form in JSON, from pages of other sites, and the answers to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from newsletter.web.reader.answers import HEADERS

CORS = {
    # No cookie and no secret is involved, so any page may ask.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
    "Cache-Control": "no-store",
}


def read_json(body: bytes) -> Any:
    """The JSON document; None for one that cannot be read, nests too deeply, or is not Unicode."""
    try:
        document = json.loads(body)
        json.dumps(document, ensure_ascii=False).encode()  # refuses half of a surrogate pair
    except (ValueError, RecursionError):
        return None
    return document


def is_json(request: Request) -> bool:
    """Whether the request body is JSON, so that the answer is JSON too."""
    return request.headers.get("content-type", "").partition(";")[0].strip() == "application/json"


def json_problem(
    code: str,
    message: str,
    status: int,
    headers: Mapping[str, str] | None = None,
    *,
    guard: Mapping[str, Any] | None = None,
) -> Response:
    """A refusal that a page of another site may read; `guard` is what its next request needs."""
    return JSONResponse(
        {"error": {"code": code, "message": message, **(guard or {})}},
        status,
        headers={
            **(headers or {}),
            **CORS,
            "X-Content-Type-Options": HEADERS["X-Content-Type-Options"],
        },
    )
