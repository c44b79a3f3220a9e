"""Takes the categories of feeds apart: one element may hold several tags, a path, or a mark-up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from newsletter.articles.entry_text import unescaped_line
from newsletter.articles.producers import says_nothing
from newsletter.articles.sanitize import one_line
from newsletter.articles.tags import Vocabulary, slug_of
from newsletter.articles.urls import is_web_address

MAX_TEXT = 1000
"""In characters; the rest of a longer category is not read."""
_LIST = re.compile(r"\s*[;；|、，،•·]\s*|\s*(?<!\d),\s*|\s*,(?!\d)\s*|\s+[>»›→/]\s+|::")


def labels_of(categories: Iterable[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """The labels in the categories of an entry, without those that say nothing.

    A category that the vocabulary knows as a whole is one label, whatever signs it has.
    """
    found = (label for category in categories for label in _labels(category, vocabulary))
    return tuple(dict.fromkeys(found))


def _labels(category: str, vocabulary: Vocabulary) -> Iterator[str]:
    text = re.sub(r"& ?nbsp;", " ", category[:MAX_TEXT])
    text = re.sub(r"<[^<>]*>", " ", unescaped_line(unescaped_line(text)))
    text = " ".join(text.split()).strip()
    if says_nothing(text):
        return
    if is_web_address(text) or _known(text, vocabulary):
        if not is_web_address(text):
            yield text
        return
    for part in _LIST.split(text):
        for label in _path(part.strip(), vocabulary):
            if label and not says_nothing(label):
                yield one_line(label).removeprefix("＃")


def _path(text: str, vocabulary: Vocabulary) -> list[str]:
    """The parts of "News/Security"; "TCP/IP", "A/B testing", "24/7" and "r/python" stay whole."""
    parts = [part.strip() for part in text.split("/")]
    if len(parts) == 1 or _known(text, vocabulary):
        return [text]
    is_path = all(len(part) > 2 and not part.isdigit() for part in parts) and not text.isupper()
    one_word = not any(" " in part for part in parts) and any(part.isupper() for part in parts)
    return parts if is_path and not one_word else [text]


def _known(text: str, vocabulary: Vocabulary) -> bool:
    slug = slug_of(text)
    return slug in vocabulary.labels or slug in vocabulary.aliases
