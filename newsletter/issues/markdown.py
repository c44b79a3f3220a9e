"""A sent issue as Markdown with front matter, which other programs, and ours, can read. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from newsletter.articles.article import Image
from newsletter.issues.blocks import Block, Place, PopularList
from newsletter.issues.issue import Issue, Item
from newsletter.issues.note_parts import note_parts

_SIGNS = re.compile(r"([\\`*_{}\[\]<>#|!&]|^[-+=~])")
_NUMBER = re.compile(r"^(\d+)([.)])")
_SPACES = re.compile(r"\s+")


def issue_markdown(
    issue: Issue, *, sent_at: datetime, full_sections: Collection[str], is_public: bool
) -> str:
    """The issue as readers saw it, with its words and those of its blocks that ran on its day.

    Articles of `full_sections` are whole, others have their summary. An issue that is not for
    everybody is marked as `private`, as programs that import issues understand.
    """
    blocks = [block for block in issue.blocks if block.runs_on(sent_at.date())]
    items = issue.shown_items
    parts = [
        _front(issue, sent_at, is_public=is_public),
        *_note(issue.words.intro),
        *_items(items[:1], full_sections),
        *_blocks(blocks, Place.AFTER_LEAD),
        *_items(items[1:], full_sections),
        *_blocks(blocks, Place.END),
        *_note(issue.words.closing),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def escaped(text: str) -> str:
    """The text in one line, in which no character is a sign of Markdown."""
    text = _SIGNS.sub(r"\\\1", _SPACES.sub(" ", text).strip())
    return _NUMBER.sub(r"\1\\\2", text)


def list_as_markdown(made: PopularList) -> str:
    """The rows as a numbered list, which an editor may change."""
    return "\n".join(
        f"{number}. {_link(row.title, row.url)}" for number, row in enumerate(made.rows, start=1)
    )


def _front(issue: Issue, sent_at: datetime, *, is_public: bool) -> str:
    fields = {
        "title": issue.subject,
        "date": sent_at.isoformat(timespec="seconds"),
        "slug": f"{issue.newsletter}-{issue.number}",
        "summary": issue.preheader,
        "newsletter": issue.newsletter,
        "number": issue.number,
        **({} if is_public else {"email_type": "private"}),
    }
    # JSON is YAML, whatever the text contains.
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    return "\n".join(["---", *lines, "---"])


def _items(items: Iterable[Item], full_sections: Collection[str]) -> Iterator[str]:
    section = None
    for item in items:
        if item.section != section:
            section = item.section
            yield f"## {escaped(section)}"
        yield f"### {_link(item.title, item.article.url)}"
        image = item.image
        if image is not None:
            yield _picture(image)
        yield item.article.body_html.strip() if section in full_sections else escaped(item.summary)
        told = [item.article.author, item.article.agency, item.article.source]
        yield escaped(", ".join(dict.fromkeys(filter(None, told))))


def _note(source: str) -> Iterator[str]:
    """An editor's note; programs that do not know its fenced parts get them as headings and text."""
    for part in note_parts(source):
        if isinstance(part, str):
            yield part.strip()
        else:
            yield from _block(part)


def _blocks(blocks: Iterable[Block], place: Place) -> Iterator[str]:
    for block in blocks:
        if block.place is place:
            yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    yield f"## {escaped(': '.join(filter(None, (block.shown_label, block.title))))}"
    yield block.on.isoformat() if block.on else ""
    if block.picture is not None:
        yield _picture(block.picture)
    yield block.text.strip() or (list_as_markdown(block.made) if block.made else "")
    if block.url:
        yield _link(block.link_text or block.url, block.url)


def _picture(image: Image) -> str:
    return f"![{escaped(image.alt)}](<{_address(image.url)}>)"


def _link(text: str, url: str) -> str:
    return f"[{escaped(text)}](<{_address(url)}>)" if url else escaped(text)


def _address(url: str) -> str:
    """The address between angle brackets, which it must not end."""
    return _SPACES.sub("%20", url).replace("<", "%3C").replace(">", "%3E")
