"""The documents of Ghost's editors as HTML: Lexical, and Mobiledoc before it. Pure.

Only what a reader reads is kept: text with its marks, links, lists, pictures, and cards that hold
HTML or Markdown. The HTML is unsafe, as any stranger's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

MAX_DEPTH = 50
"""Deeper parts of a document are left out."""

_MARKS = ((1, "strong"), (2, "em"), (16, "code"))
"""The bits of a Lexical text's format."""


def html_of_lexical(source: str) -> str:
    """The HTML of a Lexical document; "" if it is not one."""
    root = _mapping(_parse(source).get("root"))
    return _lexical_children(root, 0)


def html_of_mobiledoc(source: str) -> str:
    """The HTML of a Mobiledoc document (version 0.3); "" if it is not one."""
    document = _parse(source)
    return "".join(_section(section, document) for section in _list(document, "sections"))


def _lexical_children(node: Mapping[str, Any], depth: int) -> str:
    if depth > MAX_DEPTH:
        return ""
    children = _list(node, "children")
    return "".join(_lexical(child, depth) for child in children if isinstance(child, Mapping))


def _lexical(node: Mapping[str, Any], depth: int) -> str:
    kind = node.get("type")
    if kind in ("text", "extended-text"):
        return _marked(node)
    if kind in ("html", "markdown", "image", "horizontalrule", "linebreak"):
        return _card(str(kind), node)
    inner = _lexical_children(node, depth + 1)
    match kind:
        case "paragraph":
            return f"<p>{inner}</p>"
        case "heading" | "extended-heading":
            return _element(node.get("tag"), inner, default="h2")
        case "quote" | "extended-quote" | "aside":
            return f"<blockquote>{inner}</blockquote>"
        case "list":
            return _element(node.get("tag"), inner, default="ul")
        case "listitem":
            return f"<li>{inner}</li>"
        case "link" | "autolink":
            return f'<a href="{escape(str(node.get("url", "")))}">{inner}</a>'
        case _:
            return inner


def _marked(node: Mapping[str, Any]) -> str:
    text, bits = escape(str(node.get("text", ""))), node.get("format")
    for bit, tag in _MARKS:
        if isinstance(bits, int) and bits & bit:
            text = f"<{tag}>{text}</{tag}>"
    return text


def _card(kind: str, values: Mapping[str, Any]) -> str:
    """A card that both editors have, under the same names."""
    match kind:
        case "html":
            return str(values.get("html", ""))
        case "markdown" | "card-markdown":
            from markdown_it import MarkdownIt  # it is slow to load

            return str(MarkdownIt("commonmark").render(str(values.get("markdown", ""))))
        case "image":
            source, alt = str(values.get("src", "")), str(values.get("alt") or "")
            caption = f"<p>{values['caption']}</p>" if values.get("caption") else ""
            return f'<p><img src="{escape(source)}" alt="{escape(alt)}"></p>{caption}'
        case "horizontalrule" | "hr":
            return "<hr>"
        case "linebreak":
            return "<br>"
        case _:
            return ""


def _section(section: object, document: Mapping[str, Any]) -> str:
    match section:
        case [1, str(tag), [*markers], *_]:
            return _element(tag, _markers(markers, document), default="p")
        case [2, str(source), *_]:
            return _card("image", {"src": source})
        case [3, str(tag), [*items], *_]:
            lines = (_markers(item, document) for item in items if isinstance(item, list))
            return _element(tag, "".join(f"<li>{line}</li>" for line in lines), default="ul")
        case [10, int(index), *_]:
            match _at(_list(document, "cards"), index):
                case [str(name), dict() as values]:
                    return _card(name, values)
    return ""


def _markers(markers: Iterable[object], document: Mapping[str, Any]) -> str:
    """Text with its marks: each marker opens some, and closes the given number of the open ones."""
    parts: list[str] = []
    is_open: list[str] = []
    for marker in markers:
        match marker:
            case [kind, [*opened], int(closed), value]:
                for index in opened:
                    tag, attributes = _markup(_list(document, "markups"), index)
                    is_open.append(tag)
                    parts.append(f"<{tag}{attributes}>")
                parts.append(escape(str(value)) if kind == 0 else "<br>")
                parts += [f"</{is_open.pop()}>" for _ in range(min(closed, len(is_open)))]
    return "".join([*parts, *(f"</{tag}>" for tag in reversed(is_open))])


def _markup(markups: Sequence[object], index: object) -> tuple[str, str]:
    match _at(markups, index):
        case ["a", ["href", str(address), *_]]:
            return "a", f' href="{escape(address)}"'
        case [str(tag), *_] if tag.isalnum():
            return tag, ""
    return "span", ""


def _element(tag: object, inner: str, *, default: str) -> str:
    name = tag if isinstance(tag, str) and tag.isalnum() else default
    return f"<{name}>{inner}</{name}>"


def _parse(source: str) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(source)) if source else {}
    except (ValueError, RecursionError):
        return {}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(node: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = node.get(key)
    return value if isinstance(value, list) else []


def _at(values: Sequence[object], index: object) -> object:
    return values[index] if isinstance(index, int) and 0 <= index < len(values) else None
