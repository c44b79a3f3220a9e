"""A mail in the order in which a screen reader says it. Pure.

Roles and names follow WAI-ARIA 1.2 as far as mail uses them: headings, links, pictures, lists
and landmarks; layout tables (`role="presentation"`) and hidden content are silent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from newsletter.rendering.lint.css import style_of
from newsletter.rendering.lint.document import Document, words_of

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_SILENT = frozenset({"style", "script", "title", "head", "template"})
_BLOCKS = frozenset(
    str.split(
        "address article aside blockquote body dd div dl dt figcaption figure footer h1 h2 h3 h4"
        " h5 h6 header hr li main nav ol p pre section table tbody td th thead tr ul"
    )
)
_LANDMARKS = {
    "main": "main",
    "nav": "navigation",
    "aside": "complementary",
    "footer": "content information",
    "header": "banner",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """One utterance. `role` is what the element is ("heading level 2", "link"), "" for text."""

    role: str
    words: str


def read_aloud(html: str) -> tuple[Spoken, ...]:
    """What a screen reader says of the document, from the first to the last element."""
    (body,) = Document(html).elements("body")
    return tuple(_join(_of_element(body)))


def _join(parts: Iterator[Spoken | None]) -> Iterator[Spoken]:
    """Join adjoining pieces of text; None marks the edge of a block, which ends a sentence."""
    text = ""
    for part in parts:
        if part is not None and not part.role:
            text += part.words
            continue
        yield from _sentence(text)
        text = ""
        if part is not None:
            yield part
    yield from _sentence(text)


def _sentence(text: str) -> Iterator[Spoken]:
    """The text, unless it is only space and punctuation, which screen readers do not say."""
    if any(character.isalnum() for character in text):
        yield Spoken(role="", words=" ".join(text.split()))


def _of_element(element: Any) -> Iterator[Spoken | None]:
    if _is_hidden(element):
        return
    tag, role = element.tag, element.get("role")
    if level := _HEADINGS.get(tag):
        linked = any(_name_of(link) == words_of(element) for link in element.iter("a"))
        role = f"heading level {level}{', link' if linked else ''}"
        yield from (None, Spoken(role=role, words=words_of(element)))
    elif tag == "a" and element.get("href"):
        yield Spoken(role="link", words=_name_of(element))
    elif tag == "img":
        if alt := (element.get("alt") or "").strip():
            yield Spoken(role="picture", words=alt)
    else:
        if landmark := role if role in _LANDMARKS.values() else _LANDMARKS.get(tag):
            yield from (None, Spoken(role=landmark, words=element.get("aria-label") or ""))
        if tag in ("ul", "ol") and role not in ("presentation", "none"):
            items = sum(1 for child in element if child.tag == "li")
            yield from (None, Spoken(role=f"list of {items}", words=""))
        yield from _of_content(element)
    if tag in _BLOCKS or tag == "br":
        yield None


def _of_content(element: Any) -> Iterator[Spoken | None]:
    if element.tag in _BLOCKS:
        yield None
    if element.text:
        yield Spoken(role="", words=element.text)
    for child in element:
        if isinstance(child.tag, str):
            yield from _of_element(child)
        if child.tail:
            yield Spoken(role="", words=child.tail)


def _name_of(link: Any) -> str:
    """The accessible name of a link: its label, or else its words and pictures."""
    return (link.get("aria-label") or "").strip() or words_of(link)


def _is_hidden(element: Any) -> bool:
    if element.tag in _SILENT or element.get("aria-hidden") == "true":
        return True
    style = style_of(element)
    return style.get("display") == "none" or style.get("visibility") == "hidden"
