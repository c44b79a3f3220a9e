"""Frozen HTML with what was corrected since: dated notes on its stories, and links that moved. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape

_HREF = re.compile(r'(\shref=")([^"]*)(")')
_HEADING = re.compile(r"<(h[1-6])\b[^>]*>(?:(?!</\1>).)*</\1>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)

# Its own colours, because the page around it may be light or dark.
_STYLE = (
    "margin:8px 0;padding:8px 12px;border:0;border-inline-start:3px solid #9a6700;"
    "background:#fff8e1;color:#1b2126;font:400 15px/1.5 Arial,sans-serif;white-space:pre-line"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryNote:
    """A dated note on a story; `said` is the sentence with the date, `text` the correction.

    `story` is the story's key. In a page it is found by its `url`, or without one by its
    `headline`.
    """

    story: str
    url: str
    headline: str
    said: str
    text: str


def with_notes(html: str, notes: Sequence[StoryNote]) -> str:
    """The page with each note below its story's headline, or at the top if that is not found."""
    for note in reversed(notes):  # each goes before those that were put there
        place = next(
            (found.end() for found in _HEADING.finditer(html) if _is_of(found[0], note)), 0
        )
        if place:
            html = html[:place] + _note_html(note, headline="") + html[place:]
        else:
            body = _BODY.search(html)
            start = body.end() if body else 0
            html = html[:start] + _note_html(note, headline=note.headline) + html[start:]
    return html


def note_html(note: StoryNote) -> str:
    """The note in one line of HTML, as feeds have it."""
    text = "<br>".join(escape(line) for line in note.text.split("\n"))
    return f"<strong>{escape(note.said)}</strong> {text}"


def redirected(html: str, new_urls: Mapping[str, str]) -> str:
    """The HTML with every link to a replaced address leading to the new one."""
    if not new_urls:
        return html

    def replaced(match: re.Match[str]) -> str:
        new = new_urls.get(unescape(match[2]))
        return match[0] if new is None else f"{match[1]}{escape(new)}{match[3]}"

    return _HREF.sub(replaced, html)


def _is_of(heading: str, note: StoryNote) -> bool:
    if note.url:
        return any(unescape(found[2]) == note.url for found in _HREF.finditer(heading))
    said = unescape(_TAG.sub("", heading)).replace("\N{SOFT HYPHEN}", "")
    return " ".join(said.split()) == note.headline


def _note_html(note: StoryNote, *, headline: str) -> str:
    about = f"{escape(headline)}<br>" if headline else ""
    return (
        f'<div role="note" dir="auto" style="{_STYLE}">{about}'
        f"<strong>{escape(note.said)}</strong> {escape(note.text)}</div>"
    )
