"""What the desk says after a change that went well. Pure.

After a POST the browser is redirected, so the outcome is in the URL, as a word and numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from newsletter.issues.issue import Issue
from newsletter.web.editor.forms import item_id

_MOST = 10**6


def added_query(key_id: str, *, new: int) -> str:
    """The query of the page after `new` articles were added, or after one was there already."""
    return urlencode({"done": "added" if new else "there", "item": key_id, "new": new})


def fetched_query(*, sources: int, failed: int, new: int) -> str:
    """The query of the page after the sources were fetched."""
    return urlencode({"done": "fetched", "sources": sources, "failed": failed, "new": new})


def notice_of(query: Mapping[str, str], issue: Issue) -> str:
    """The sentences for what the URL says was done; "" where it says nothing."""
    match query.get("done"):
        case "added" | "there" as done:
            item = next(
                (item for item in issue.items if item_id(item.article) == query.get("item")), None
            )
            if item is None:
                return ""
            if done == "there":
                return f"“{item.title}” is already in the issue, in {item.section}."
            new = _number(query.get("new", ""))
            if new > 1:
                return f"{new} articles were added."
            return f"“{item.title}” was added to {item.section}."
        case "still":
            return "The picture moves, so its first frame is shown."
        case "fetched":
            return _fetched(
                *(_number(query.get(name, "")) for name in ("sources", "failed", "new"))
            )
    return ""


def _fetched(sources: int, failed: int, new: int) -> str:
    read = f"{sources - failed} of {sources} sources were read" if failed else _all_read(sources)
    found = "no new article" if not new else f"{new} new article{'s' if new > 1 else ''}"
    return f"{read}: {found}."


def _all_read(sources: int) -> str:
    return "The source was read" if sources == 1 else f"All {sources} sources were read"


def _number(text: str) -> int:
    return min(int(text), _MOST) if text.isascii() and text.isdecimal() and len(text) < 8 else 0
