"""Cleans the text of an entry: repairs what was escaped twice, and removes what a program added."""

from __future__ import annotations

import html
import re

from newsletter.articles.dates import read_date, read_date_line
from newsletter.articles.producers import is_addition, is_title_again, without_additions
from newsletter.articles.sanitize import without_empty

_ELEMENTS = "p|br|div|a|span|img|ul|ol|li|strong|em|b|i|h[1-6]|blockquote|figure|table|iframe"
_ESCAPED_TAG = re.compile(
    rf"\A\s*&lt;(?:{_ELEMENTS})\b|&lt;/(?:p|div|a|span|ul|li|strong|em|figure)&gt;|&lt;(?:br|img)\b[^&]{{0,200}}/?&gt;",
    re.IGNORECASE,
)
_REAL_TAG = re.compile(rf"</?(?:{_ELEMENTS})\b", re.IGNORECASE)
_ESCAPED_LINK = re.compile(
    r"&lt;a\s(?:[^&<>]|&quot;|&amp;|&#39;){1,500}&gt;|&lt;/a&gt;", re.IGNORECASE
)
_CODE = re.compile(r"<(?:code|pre)\b", re.IGNORECASE)
_TWICE = re.compile(
    r"&amp;(#\d{2,6};|#x[0-9a-f]{2,5};|(?:amp|quot|apos|nbsp|[lr][sd]quo|[nm]dash|hellip|laquo|raquo|euro|copy|reg"
    r"|[a-z]?(?:acute|grave|circ|uml|tilde|cedil|ring|slash|lig|caron));)",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(#\d{2,6}|#x[0-9a-f]{2,5}|[a-z]{2,8}\d?);", re.IGNORECASE)


def unescaped(source: str) -> str:
    """HTML that its publisher escaped once too often, as it was meant.

    Escaped tags are only read as tags if the text has no others, and escaped links if it has no
    code: an article may write about tags.
    """
    if _ESCAPED_TAG.search(source) and not _REAL_TAG.search(source):
        source = html.unescape(source)
    elif not _CODE.search(source):
        source = _ESCAPED_LINK.sub(lambda link: html.unescape(link[0]), source)
    return _TWICE.sub(r"&\1", source)


def unescaped_line(text: str) -> str:
    """Plain text whose characters are written as entities: "it&#8217;s"."""
    return html.unescape(text) if _ENTITY.search(text) else text


_LONGEST_LINE = 120
"""In characters; a longer text says more than who wrote it, and when."""
_BREAK = re.compile(r"(</?(?:p|div|ul|ol|li|h[2-6]|blockquote|pre|hr|br)\s*/?>)")


def without_boilerplate(safe: str, title: str, author: str = "") -> str:
    """Sanitised HTML without what a program added, and without a repeated title, author and date."""
    parts = _BREAK.split(safe)
    plain = [_text(part) for part in parts[::2]]
    texts = [index * 2 for index, text in enumerate(plain) if text]
    first = plain[texts[0] // 2] if len(texts) > 1 else ""
    if first and (_folded(first) == _folded(title) or is_title_again(first, title)):
        parts[texts[0]] = _without_text(parts[texts[0]])
        texts = texts[1:]
    if author and len(texts) > 1 and _says_who_and_when(plain[texts[0] // 2], author):
        parts[texts[0]] = _without_text(parts[texts[0]])
        texts = texts[1:]
    for index in dict.fromkeys((*texts[:3], *texts[-8:])):
        text = plain[index // 2]
        if is_addition(text):
            parts[index] = _without_text(parts[index])
        elif (index == texts[-1] and (kept := without_additions(text)) != text) or (
            index == texts[0] and (kept := without_additions(text)) != text
        ):
            parts[index] = _shortened(parts[index], kept)
    return without_empty("".join(parts)).strip()


def _says_who_and_when(text: str, author: str) -> bool:
    """Whether the line has no more than the author's name and a date, as above a text."""
    rest = text.replace(author, " ", 1)
    if len(text) > _LONGEST_LINE or rest == text:
        return False
    rest = re.sub(r"\A\W*(?:by|von|par|por|di|da|door)\b", " ", rest, flags=re.IGNORECASE)
    rest = re.sub(r"\A[\W_]+|[\W_]+\Z", "", rest)
    return not rest or read_date(rest) is not None or read_date_line(rest) is not None


def _text(fragment: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", fragment)).split())


def _without_text(fragment: str) -> str:
    """Only the tags of the fragment that begin or end elsewhere."""
    tags = re.findall(r"</?\w+[^>]*>", fragment)
    opened = sum(not tag.startswith("</") for tag in tags)
    return "" if opened * 2 == len(tags) else "".join(tags)


def _shortened(fragment: str, kept: str) -> str:
    """The fragment with the text `kept` only; markup within it is lost."""
    tags = re.findall(r"</?\w+[^>]*>", fragment)
    opened = sum(not tag.startswith("</") for tag in tags)
    escaped = html.escape(kept, quote=False)
    if opened * 2 == len(tags):
        return escaped
    leading = "".join(tag for tag in tags if not tag.startswith("</"))
    return f"{leading}{escaped}{''.join(tag for tag in tags if tag.startswith('</'))}"


def _folded(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().casefold()


def without_title(text: str, title: str) -> str:
    """The text of a summary without the title that it begins with.

    A title may also be the first words of a sentence ("Mayor speaks" and "Mayor speaks to crowd"),
    so what follows it must look like a beginning.
    """
    words = title.split()
    if not words or len(title) < 4 or text[: len(title)].casefold() != title.casefold():
        return text
    rest = text[len(title) :]
    if not rest.strip(" .:;,–—|-!?…"):
        return ""
    separated = re.match(r"\s*[:–—|\n]+\s*|\s+-\s+|[.!?…]+\s+|\s*\n\s*", rest)
    if separated:
        return rest[separated.end() :].lstrip()
    if len(words) >= 4 and re.match(r"\s+[^\Wa-z\d_]", rest) and rest.lstrip()[:1].isupper():
        return rest.lstrip()
    return text
