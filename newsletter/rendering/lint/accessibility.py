"""Checks accessibility (WCAG 2.2): language, structure, pictures and links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from newsletter.rendering.lint.document import Document, finding, words_of
from newsletter.rendering.lint.finding import LintFinding

_SCREEN_READERS = "readers with a screen reader"
_NO_PICTURES = "readers with a screen reader, or with pictures off"
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS = (*_HEADINGS, "p", "div", "table", "ul", "ol", "blockquote", "pre", "figure")
_VAGUE = frozenset({"click here", "here", "link", "more", "read more", "this", "go", "…"})


def check_accessibility(document: Document) -> Iterator[LintFinding]:
    """Check language and title, headings, alternative text, layout tables, link text."""
    yield from _language_and_title(document)
    yield from _headings(document)
    yield from _pictures(document)
    yield from _tables(document)
    yield from _link_texts(document)
    yield from _landmark(document)


def _language_and_title(document: Document) -> Iterator[LintFinding]:
    root = document.root
    if not root.get("lang") or root.get("lang") == "und":
        fix = 'give <mjml> lang="{{ newsletter.language }}"'
        yield finding(root, "language", "blocking", who=_SCREEN_READERS, fix=fix)
    if root.get("dir") not in ("ltr", "rtl"):
        fix = 'give <mjml> dir="{{ newsletter.direction }}"'
        yield finding(root, "direction", "warning", who="readers of Arabic and Hebrew", fix=fix)
    titles = [title for title in document.elements("title") if (title.text or "").strip()]
    if not titles:
        fix = "fill <mj-title>"
        yield finding(root, "title", "blocking", who=_SCREEN_READERS, fix=fix)


def _headings(document: Document) -> Iterator[LintFinding]:
    headings = list(document.elements(*_HEADINGS))
    firsts = [heading for heading in headings if heading.tag == "h1"]
    if len(firsts) != 1:
        fix = f"make exactly one <h1>, the newsletter's name or the lead (here: {len(firsts)})"
        element = firsts[1] if firsts else document.root
        yield finding(element, "one-h1", "warning", who=_SCREEN_READERS, fix=fix)
    level = 0
    for heading in headings:
        deeper = int(heading.tag[1])
        if level and deeper > level + 1:
            fix = f"make it <h{level + 1}>: headings go down one level at a time"
            yield finding(heading, "heading-order", "warning", who=_SCREEN_READERS, fix=fix)
        if not words_of(heading):
            fix = "add text, or remove the heading"
            yield finding(heading, "empty-heading", "warning", who=_SCREEN_READERS, fix=fix)
        level = deeper


def _pictures(document: Document) -> Iterator[LintFinding]:
    for image in document.elements("img", "area", "input"):
        if image.tag == "input" and image.get("type") != "image":
            continue
        if image.get("alt") is None or (image.tag != "img" and not image.get("alt").strip()):
            fix = 'describe it in alt="…"; use alt="" if it only decorates'
            yield finding(image, "image-alt", "blocking", who=_NO_PICTURES, fix=fix)


def _tables(document: Document) -> Iterator[LintFinding]:
    for table in document.elements("table"):
        is_data = next(table.iter("th"), None) is not None
        if not is_data and table.get("role") not in ("presentation", "none"):
            fix = 'give the layout table role="presentation"'
            yield finding(table, "table-role", "warning", who=_SCREEN_READERS, fix=fix)


def _link_texts(document: Document) -> Iterator[LintFinding]:
    for link in document.elements("a"):
        if not link.get("href"):
            continue
        if next(link.iter(*_BLOCKS), None) is not None:
            fix = "put the link into the block: Outlook makes no link around one"
            yield finding(link, "link-block", "warning", who="Outlook for Windows", fix=fix)
        words = words_of(link).casefold().strip(" .…→»›")
        if not words:
            fix = "add text to the link, or alternative text to its picture"
            yield finding(link, "link-text", "blocking", who=_SCREEN_READERS, fix=fix)
        elif _repeats(link):
            fix = 'give the picture alt="": the text beside it says the same'
            yield finding(link, "redundant-alt", "warning", who=_SCREEN_READERS, fix=fix)
        elif words in _VAGUE:
            fix = f"say where it leads; {words!r} is not clear when links are read without their context"
            yield finding(link, "link-text", "warning", who=_SCREEN_READERS, fix=fix)


def _repeats(link: Any) -> bool:
    text = " ".join("".join(link.itertext()).split()).casefold()
    return any(
        (image.get("alt") or "").casefold().strip() == text for image in link.iter("img") if text
    )


def _landmark(document: Document) -> Iterator[LintFinding]:
    mains = [e for e in document.elements() if e.tag == "main" or e.get("role") == "main"]
    if len(mains) != 1:
        fix = "make exactly one element around the whole text the main landmark"
        element = mains[1] if mains else document.root
        yield finding(element, "landmark", "warning", who=_SCREEN_READERS, fix=fix)
