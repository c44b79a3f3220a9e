"""Finds the stories in a mail of plain text: a headline, and an address below or after it. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from newsletter.articles.mailed.digest import (
    FOOT,
    LEAST_SIGNS,
    LONGEST_HEADLINE,
    MOST_STORIES,
    MOST_TEXT,
    Digest,
    GrowingStory,
    is_title,
)
from newsletter.articles.mailed.links import is_front_page
from newsletter.articles.mailed.opening import may_be_a_story
from newsletter.articles.mailed.words import (
    announces_an_advertisement,
    ends_the_stories,
    is_about_the_mail,
    is_advertised,
    leads_on,
    without_reading_time,
)

_ADDRESS = re.compile(r"[<(\[]?(https?://[^\s<>\"]+?)[>)\]]?[.,;:]?(?=\s|\Z)")
_FOOTNOTE = re.compile(r"^\s*\[(\d{1,3})\][:.]?\s+(https?://\S+)\s*$", re.MULTILINE)
_MARK = re.compile(r"\s*\[(\d{1,3})\]")
_RULE = re.compile(r"^[\s*=_~#·•–—+|%-]{3,}$", re.MULTILINE)
_TITLE = re.compile(
    r"^\s*(?:Title|Titel|Titre|Título|Titolo):[ \t]+(\S.*(?:\n[ \t]+\S.*)*)", re.MULTILINE
)
_BULLET = re.compile(r"^\s*(?:[*•·–—>#-]+|\d{1,2}[.)])\s+")


def text_digest(text: str, never: Collection[str] = ()) -> Digest:
    """The stories in the text; `never` are links by which one leaves."""
    notes = dict(_FOOTNOTE.findall(text))
    text = _FOOTNOTE.sub("", text).replace("\r\n", "\n")
    stories: list[GrowingStory] = []
    advertised, is_announced, title = 0, False, ""
    paragraphs = [part for part in re.split(r"\n\s*\n", _RULE.sub("\n", text)) if part.strip()]
    for at, paragraph in enumerate(paragraphs):
        if at >= len(paragraphs) * FOOT and ends_the_stories(paragraph):
            break
        lines = [" ".join(_BULLET.sub("", line).split()) for line in paragraph.splitlines()]
        links = [
            *_ADDRESS.findall(paragraph),
            *(notes[mark] for mark in _MARK.findall(paragraph) if mark in notes),
        ]
        link = next((one for one in links if may_be_a_story(one, never)), "")
        words = [_without_addresses(line, notes) for line in lines]
        words = [line for line in words if line and not leads_on(line)]
        if words and announces_an_advertisement(words[0]):
            advertised, is_announced, title = advertised + bool(link), not link, ""
        elif not link:
            title = _kept_text(stories, words, title)
        elif not is_front_page(link) and (headline := title or next(iter(words), "")):
            rest = words if title else words[1:]
            title = ""
            if stated := _TITLE.search(paragraph):  # a record such as those of arXiv
                headline = " ".join(stated[1].split())
                rest = [line for line in rest if line not in headline]
            if not is_title(headline) or is_about_the_mail(headline) or ends_the_stories(headline):
                continue
            if is_announced or is_advertised(headline):
                advertised, is_announced = advertised + 1, False
                continue
            below = [" ".join(rest)] if rest else []
            stories.append(
                GrowingStory(
                    title=without_reading_time(headline)[:LONGEST_HEADLINE],
                    link=link,
                    paragraphs=below,
                )
            )
    return Digest(
        stories=tuple(story.finished for story in stories[:MOST_STORIES]),
        advertisements=advertised,
    )


def _kept_text(stories: list[GrowingStory], words: list[str], title: str) -> str:
    """Take a paragraph without a link as a headline, which is returned, or as the last story's text."""
    text = " ".join(words)
    if not text or is_about_the_mail(text):
        return title
    if (
        len(text) <= LONGEST_HEADLINE
        and len(words) == 1
        and not text.endswith((".", "!", ":", ","))
    ):
        # After a greeting or a label, the headline stands beside the link.
        return text if is_title(text) else ""
    if stories and sum(map(len, stories[-1].paragraphs)) < MOST_TEXT:
        stories[-1].paragraphs.append(text[:MOST_TEXT])
    return ""


def _without_addresses(line: str, notes: dict[str, str]) -> str:
    bare = _ADDRESS.sub("", line)
    if bare != line and sum(character.isalpha() for character in bare) < LEAST_SIGNS:
        return ""  # brackets and a size
    line = _MARK.sub("", bare) if notes else bare
    return line.strip(" <>:–—|+-\\")
