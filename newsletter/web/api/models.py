"""What all requests and answers of the API have in common. Fields may be added, never renamed.

Times are ISO 8601, aware.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


def _published_name(model: type) -> str:
    """The schema's name in the OpenAPI document: the class name without our suffix `Document`."""
    return model.__name__.removesuffix("Document")


class Given(BaseModel):
    """An answer."""

    model_config = ConfigDict(
        frozen=True, from_attributes=True, model_title_generator=_published_name
    )


class Taken(BaseModel):
    """A request. Unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", model_title_generator=_published_name)


class ProblemDocument(Given):
    """What is wrong and how to fix it."""

    code: str
    message: str
    file: str | None = None
    field: str | None = None
    fix: str | None = None


class ErrorAnswer(Given):
    """The answer to every request that failed."""

    error: ProblemDocument
