"""Checks the words of subject, preview line, links and pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from newsletter.rendering.edition import Edition, Slot
from newsletter.rendering.lint.css import style_of
from newsletter.rendering.lint.document import Document, finding, finding_about, words_of
from newsletter.rendering.lint.finding import LintFinding
from newsletter.rendering.slots import sentinel

_EVERYBODY = "every reader"
_PLACEHOLDER = re.compile(
    r"\bTODO\b|\bTBD\b|\bFIXME\b|\bXXX\b|lorem ipsum|\{\{.*?\}\}|\{%.*?%\}|\*\|.*?\|\*|%%\w+%%"
    r"|\[(?:insert|your|name|title|subject|first ?name)\b[^\]]*\]",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(
    r"(?:https?://)?[\w()%./ -]+\.(?:jpe?g|png|gif|webp|avif|svg|heic)"
    r"|(?:IMG|DSC|PXL|Screenshot)[ _-]?\d{3,}\S*"
    r"|image|img|picture|photo|graphic|untitled|unnamed|placeholder|spacer",
    re.IGNORECASE,
)
"""Also the words that programs write where nobody described a picture."""
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


def check_wording(document: Document, edition: Edition) -> Iterator[LintFinding]:
    """Find placeholders, subjects without words, and links and pictures that say too little."""
    yield from _subject(edition)
    yield from _file_names(document)
    yield from _same_words(document, edition.nonce)
    yield from _unmarked_links(document)
    yield from _text_without_links(document, edition)


def _subject(edition: Edition) -> Iterator[LintFinding]:
    for name, text in (("Subject", edition.subject), ("Preview text", edition.preheader)):
        if found := _PLACEHOLDER.search(text):
            yield _about("placeholder", f"{name}: {text}", f"replace {found[0]!r} by words")
    if edition.subject and not any(map(str.isalnum, edition.subject)):
        fix = "add words: a screen reader may skip symbols, and some inboxes show none"
        yield _about("subject-words", f"Subject: {edition.subject}", fix)
    if edition.subject and edition.preheader.casefold() == edition.subject.casefold():
        fix = "write another preview text: the inbox shows it right after the subject"
        yield _about("preheader-repeats", f"Preview text: {edition.preheader}", fix)


def _file_names(document: Document) -> Iterator[LintFinding]:
    for image in document.elements("img"):
        alt = (image.get("alt") or "").strip()
        if _FILE_NAME.fullmatch(alt) or _is_name_of(image.get("src") or "", alt):
            fix = "describe what it shows, instead of naming its file"
            who = "readers with a screen reader, or with pictures off"
            yield finding(image, "alt-file-name", "warning", who=who, fix=fix)


def _is_name_of(address: str, alt: str) -> bool:
    """Whether the text is a picture's file name without its ending, such as `lead_final-2`."""
    name = address.rpartition("/")[2].partition("?")[0].rpartition(".")[0]
    return alt == name and bool(re.search(r"[\d_-]", alt)) and " " not in alt


def _same_words(document: Document, nonce: str) -> Iterator[LintFinding]:
    """Find links that sound alike and lead elsewhere, and whose headline does not tell them apart."""
    links = [link for link in document.elements("a") if link.get("href")]
    headlines = {link.get("href") for link in links if _in_heading(link)}
    slots = {sentinel(slot, nonce) for slot in Slot}
    targets: dict[str, str] = {}
    for link in links:
        address, words = link.get("href"), words_of(link).casefold()
        if not words or address in headlines or address in slots:
            continue
        if targets.setdefault(words, address) != address:
            fix = f"use other words: another link {words[:60]!r} leads to {targets[words][:80]}"
            who = "readers with a screen reader, who list the links"
            yield finding(link, "same-words", "warning", who=who, fix=fix)


def _in_heading(link: Any) -> bool:
    return any(parent.tag in _HEADINGS for parent in link.iterancestors())


def _unmarked_links(document: Document) -> Iterator[LintFinding]:
    """Find links within a sentence that only their colour shows (WCAG 2.2, criterion 1.4.1)."""
    for link in document.elements("a"):
        block = link.getparent()
        if not link.get("href") or block is None or block.tag not in ("p", "li", "td", "div"):
            continue
        around = (block.text or "") + "".join(child.tail or "" for child in block)
        if any(map(str.isalpha, around)) and _has_no_sign(style_of(link)):
            fix = "underline it, or make it bold: not everybody sees its colour"
            who = "readers who do not tell the colours apart"
            yield finding(link, "link-sign", "warning", who=who, fix=fix)


def _has_no_sign(style: dict[str, str]) -> bool:
    plain = (style.get("text-decoration") or style.get("text-decoration-line") or "") == "none"
    weight = style.get("font-weight", "400")
    is_bold = weight in ("bold", "bolder") or (weight.isdigit() and int(weight) >= 600)
    is_boxed = "background-color" in style or "background" in style or "border-bottom" in style
    return plain and not is_bold and not is_boxed


def _text_without_links(document: Document, edition: Edition) -> Iterator[LintFinding]:
    linked = any((link.get("href") or "").startswith("http") for link in document.elements("a"))
    if linked and not re.search(r"https?://", edition.text):
        fix = "print the addresses of the stories in the text template"
        yield _about("text-links", "text part", fix)


def _about(rule: str, element: str, fix: str) -> LintFinding:
    return finding_about(element, rule, "warning", who=_EVERYBODY, fix=fix)
