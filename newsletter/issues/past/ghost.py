"""Ghost's export: a JSON document with every post, as HTML or as the editor's own document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from newsletter.articles.dates import read_date
from newsletter.errors import InputError
from newsletter.issues.past.ghost_documents import html_of_lexical, html_of_mobiledoc
from newsletter.issues.past.post import PastPost, Problem, Standing

_PLACEHOLDER = "__GHOST_URL__"
"""Stands for the site's address in its posts."""


def is_ghost(document: object) -> bool:
    """Whether it has Ghost's table of posts."""
    return _data(document) is not None


def read_ghost(document: object) -> Iterator[PastPost]:
    """Every post of the export."""
    data = _data(document)
    if data is None:
        raise InputError("the file has no posts as Ghost exports them")
    for post in data["posts"]:
        if isinstance(post, Mapping):
            yield _read_post(post)


def _read_post(post: Mapping[str, Any]) -> PastPost:
    html = _html(post).replace(_PLACEHOLDER, "")
    return PastPost(
        key=f"ghost:{post.get('uuid') or post.get('id')}",
        title=_text(post, "title"),
        slug=_text(post, "slug"),
        summary=_text(post, "custom_excerpt"),
        body=html,
        published=_moment(post.get("published_at")),
        standing=_standing(post),
        problem=None if html else Problem.NO_BODY,
    )


def _data(document: object) -> Mapping[str, Any] | None:
    """The tables: directly, or in the first database of `db`."""
    if isinstance(document, Mapping) and isinstance(document.get("db"), list) and document["db"]:
        document = document["db"][0]
    data = document.get("data") if isinstance(document, Mapping) else None
    has_posts = isinstance(data, Mapping) and isinstance(data.get("posts"), list)
    return data if has_posts else None


def _standing(post: Mapping[str, Any]) -> Standing:
    if _text(post, "type") == "page" or post.get("page") in (1, True):
        return Standing.NOT_AN_ISSUE
    if _text(post, "status") not in ("published", "sent"):  # "sent": by mail only
        return Standing.DRAFT
    is_public = (_text(post, "visibility") or "public") == "public"
    return Standing.PUBLISHED if is_public else Standing.RESTRICTED


def _html(post: Mapping[str, Any]) -> str:
    return (
        _text(post, "html")
        or html_of_lexical(_text(post, "lexical"))
        or html_of_mobiledoc(_text(post, "mobiledoc"))
    )


def _text(post: Mapping[str, Any], key: str) -> str:
    value = post.get(key)
    return value if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    """A date in ISO form, or in milliseconds as old exports have it."""
    if isinstance(value, str):
        return read_date(value)
    if isinstance(value, int) and 0 < value < 10**14:
        return datetime.fromtimestamp(value / 1000, UTC)
    return None
