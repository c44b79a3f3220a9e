"""What all requests and answers of the API have in common. Fields may be added, never renamed.

Times are ISO 8601, aware.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


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

    @model_validator(mode="before")
    @classmethod
    def whole_characters(cls, given: Any) -> Any:
        """Refuse lone surrogates, which JSON can escape and no answer can repeat."""
        waiting = [given]
        while waiting:
            value = waiting.pop()
            if isinstance(value, str):
                try:
                    value.encode()  # quick, also for a picture of ten megabytes
                except UnicodeEncodeError as error:
                    raise ValueError("a text has half of a character: a lone surrogate") from error
            elif isinstance(value, dict):
                waiting += [*value, *value.values()]
            elif isinstance(value, list):
                waiting += value
        return given


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
