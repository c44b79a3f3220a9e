"""One operation of the API: what it takes and gives, who may call it, and what answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from newsletter.errors import InputError, UnknownNameError
from newsletter.pipeline.site import Site
from newsletter.store.users import Editor
from newsletter.web.editor.send_jobs import SendJobs

HIGHEST = 2**31 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call: in whose name, with what. `body` is the operation's `takes`, read."""

    site: Site
    send_jobs: SendJobs
    editor: Editor
    clock: Callable[[], datetime]
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None

    @property
    def slug(self) -> str:
        """The newsletter in the path; raises UnknownNameError when there is none such."""
        self.site.newsletter(self.path["newsletter"])
        return self.path["newsletter"]

    @property
    def number(self) -> int | None:
        """The issue's number in the path; None for `current`."""
        text = self.path["number"]
        if text == "current":
            return None
        if text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= HIGHEST:
            return int(text)
        raise UnknownNameError(f"there is no issue {text!r}", fix="write a number, or `current`")

    def number_in_query(self, name: str) -> int | None:
        """A whole number of the query, None where it is not given; raises InputError."""
        text = self.query.get(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) <= 18):
            raise InputError(f"{text!r} is no whole number", field=name)
        return int(text)


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """`path` begins behind /api/v1; `query` says what each parameter is for.

    Whatever is not a GET is recorded as `name`. Only publishers may call `publisher` ones.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    name: str
    summary: str
    answer: Callable[[Call], BaseModel]
    gives: type[BaseModel]
    takes: type[BaseModel] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    publisher: bool = False
    status: int = 200
    group: str = "Issues"
