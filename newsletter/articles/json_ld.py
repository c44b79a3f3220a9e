"""Reads JSON-LD (schema.org) as pages really write it: commented, escaped, in graphs and in lists."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

Node = dict[str, Any]

_ARTICLE = re.compile(
    r"\w*Article|(?:Live)?BlogPosting|SocialMediaPosting|DiscussionForumPosting|Posting|\w*Report"
    r"|\w*Review|\w*NewsArticle"
)
_NOT_ARTICLE = {"UserReview", "EmployerReview", "AggregateReview"}
# A string, or what JSON does not have: a comment, or a comma before a closing bracket. Each
# alternative also matches up to the end of the text, so that the time stays linear.
_EXTRAS = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*(?:"|\Z))|/\*.*?(?:\*/|\Z)|//[^\n]*|,(?=\s*[}\]])', re.DOTALL
)
_WRAPPING = re.compile(r"\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|//\s*\]\]>|\]\]>|-->|;)\s*")
_NO_NAME = re.compile(r"https?://|[#/]|\d+\Z|\S+@\S+\Z")
_MARKUP = re.compile(
    r"</?(?:i|b|em|strong|span|br|p|sup|sub|a|q|cite|mark|u|s|small|wbr|div|font)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)


def read_json_ld(text: str) -> list[Node]:
    """All objects of one JSON-LD script with a type or an id; an unreadable script gives none."""
    for candidate in _repairs(text):
        try:
            document = json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(document, str):  # encoded twice
            return read_json_ld(document) if document.lstrip()[:1] in ("{", "[") else []
        return list(_nodes(document, depth=0))
    return []


def is_article(node: Node) -> bool:
    """Whether the object is an article of any kind: a news item, a blog post, a live blog."""
    kinds = types_of(node)
    return any(_ARTICLE.fullmatch(kind) and kind not in _NOT_ARTICLE for kind in kinds)


def types_of(node: Node) -> list[str]:
    """The types of the object without the address of their vocabulary."""
    return [re.split(r"[/#:]", kind)[-1] for kind in strings(node.get("@type", node.get("type")))]


def strings(value: Any) -> list[str]:
    """The strings of a value that JSON-LD may give once or in a list, also as `@value`."""
    values = value if isinstance(value, list) else [value]
    plain = [part.get("@value") if isinstance(part, dict) else part for part in values]
    return [text for part in plain if isinstance(part, str) and (text := decoded(part))]


def names(value: Any, nodes: Iterable[Node] = ()) -> list[str]:
    """The names of people or organisations: strings, objects, or references to other objects."""
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str)}
    found: list[str] = []
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, dict):
            known = {**by_id.get(str(part.get("@id")), {}), **part}
            given = [*strings(known.get("givenName")), *strings(known.get("familyName"))]
            found += strings(known.get("name") or " ".join(given) or known.get("alternateName"))
        else:
            found += strings(part)
    return [name for name in found if not _NO_NAME.match(name)]


def decoded(text: str) -> str:
    """The text without markup, its character references decoded, also if escaped twice."""
    for _ in range(2):
        text = html.unescape(text)
    return " ".join(_MARKUP.sub(" ", text).split()) if "<" in text else text.strip()


def _repairs(text: str) -> Iterator[str]:
    """The script as it is, then with the common mistakes mended, one more each time."""
    yield text
    text = text.strip().removeprefix("\ufeff")
    while wrapped := _WRAPPING.match(text):
        text = text[wrapped.end() :]
    text = re.sub(r"(?:\s|;|-->|//\s*\]\]>|\]\]>){1,20}\Z", "", text)
    yield text
    clean = _EXTRAS.sub(lambda match: match["string"] or "", text)
    yield clean
    if "&quot;" in text or "&#34;" in text:
        yield _EXTRAS.sub(lambda match: match["string"] or "", html.unescape(text))
    separated = re.sub(r"}\s*{", "},{", clean)
    yield f"[{separated}]"  # several objects after each other


def _nodes(document: Any, depth: int) -> Iterator[Node]:
    if depth > 6:
        return
    for node in document if isinstance(document, list) else [document]:
        if isinstance(node, list):
            yield from _nodes(node, depth + 1)
        if isinstance(node, dict):
            yield node
            for key in ("@graph", "mainEntity", "mainEntityOfPage"):
                yield from _nodes(node.get(key, []), depth + 1)
