"""Reads a newsletter of others that came by mail: one story, or the stories of a digest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import Message

from newsletter.articles.html_page import html_page
from newsletter.articles.mailed.blocks import Block, blocks_of
from newsletter.articles.mailed.digest import Digest, MailStory, above_the_foot, digest_of
from newsletter.articles.mailed.leaving import (
    lines_to_leave,
    links_to_leave,
    names_somebody,
    recipients_of,
)
from newsletter.articles.mailed.links import tokens_of
from newsletter.articles.mailed.opening import may_be_a_story, ways_to_leave
from newsletter.articles.mailed.text_digest import text_digest
from newsletter.articles.mailed.words import (
    VIEW,
    announces_an_advertisement,
    is_about_the_mail,
)
from newsletter.articles.mailed.wrapped import unwrapped
from newsletter.articles.response_headers import http_date
from newsletter.articles.sanitize import one_line
from newsletter.articles.urls import is_web_address
from subscribers.inbound.reading import (
    UnreadableError,
    fields,
    header,
    headers,
    parse_message,
    part_text,
    parts,
)

MOST_BODY = 60_000
"""Characters of the text of a single story that are kept."""
LEAST_OF_DIGEST = 2
LONGEST_ADVERTISEMENT = 3
"""Paragraphs after which an advertisement within a story is over, if no headline ends it."""
_SAME = 0.7
"""The share of its words that a headline must have in common with the subject to be the mail's own."""
_ADDRESS = re.compile(r"https?:[^<>,\"]+", re.IGNORECASE)
_ABOUT_THE_LIST = ("list-unsubscribe", "list-subscribe", "list-help", "list-owner", "list-post")
_SENT_ON = re.compile(r"\A(?:\s*(?:fwd?|wg|tr|rv|i|enc|doorst|re|aw)\s*:)+\s*", re.IGNORECASE)
"""What programs put before the subject of a mail that is forwarded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MailedNewsletter:
    """What a mail tells: `stories`, of which there is one if the mail is one story.

    `is_digest` says that there may be several. `advertisements` counts those that were left out.
    `sent` is None without a date. `never` are the links by which one leaves, as `ways_to_leave`
    has them, and `tokens` the identifiers in them. `problem` says why the mail cannot be read.
    """

    subject: str = ""
    sent: datetime | None = None
    stories: tuple[MailStory, ...] = ()
    is_digest: bool = False
    advertisements: int = 0
    never: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    problem: str = ""


def read_mailed(content: bytes, address: str = "") -> MailedNewsletter:
    """Read the mail that came to our address; never raises."""
    try:
        return _read(parse_message(content), address)
    except UnreadableError as error:
        return MailedNewsletter(problem=error.problem.message)
    except MemoryError:
        raise
    except Exception as error:  # a mail has triggered a bug in the parser
        return MailedNewsletter(problem=f"reading it failed: {type(error).__name__}")


def links_of(message: Message) -> dict[str, str]:
    """The web addresses of all links in the mail's HTML, each with its text or that of its picture."""
    markup, _plain = _bodies(message)
    found: dict[str, str] = {}
    for block in _blocks_in(markup) or ():
        pictures = {one.link: one.alt for one in block.pictures if one.link}
        for link, text in (pictures | block.links).items():
            if is_web_address(link):
                found.setdefault(link, one_line(text, 100))
    return found


def _read(message: Message, address: str) -> MailedNewsletter:
    ours = recipients_of(message) | frozenset(filter(None, [address.casefold()]))
    subject = one_line(header(message, "Subject"), 300)
    subject = _SENT_ON.sub("", "" if names_somebody(subject, ours) else subject)
    markup, plain = _bodies(message)
    blocks = _blocks_in(markup)
    leaving = [
        *_stated_ways_to_leave(message),
        *links_to_leave(blocks or ()),
        *lines_to_leave(plain),
    ]
    never = ways_to_leave(leaving)
    if blocks is not None:
        blocks = [block for block in blocks if not names_somebody(block.text, ours)]
        found = digest_of(blocks, never)
        whole = _whole(blocks, found, subject, never)
    else:
        lines = [line for line in plain.splitlines() if not names_somebody(line, ours)]
        found, whole = text_digest("\n".join(lines), never), None
    if whole is not None:
        found = Digest(stories=(whole,), advertisements=found.advertisements)
    return MailedNewsletter(
        subject=subject,
        sent=http_date(header(message, "Date")),
        stories=tuple(replace(one, link=unwrapped(one.link)) for one in found.stories),
        is_digest=whole is None,
        advertisements=found.advertisements,
        never=tuple(sorted(never)),
        tokens=tuple(sorted(tokens_of(map(unwrapped, leaving)))),
    )


def _blocks_in(markup: str) -> list[Block] | None:
    """The blocks of the mail's HTML; None if it has none."""
    page = html_page(markup.encode(), "text/html; charset=utf-8") if markup.strip() else None
    return None if page is None else blocks_of(page)


def _stated_ways_to_leave(message: Message) -> list[str]:
    """The addresses that its header states for changing the subscription (RFC 2369, RFC 8058)."""
    found: list[str] = []
    for name, value in fields(message):
        if name in _ABOUT_THE_LIST or "unsubscribe" in name:
            decoded = " ".join(headers(message, name)) or value
            found += _ADDRESS.findall(re.sub(r"\s+(?![<,])", "", decoded))
    return found


def _bodies(message: Message) -> tuple[str, str]:
    """The HTML and the plain text; "" for what the mail does not have."""
    found = {"text/html": "", "text/plain": ""}
    for part in parts(message):
        kind = part.get_content_type()
        if (
            kind in found
            and not found[kind].strip()
            and part.get_content_disposition() != "attachment"
        ):
            found[kind] = _flowed(part) if kind == "text/plain" else part_text(part)
    return found["text/html"], found["text/plain"]


def _flowed(part: Message) -> str:
    """The plain text of the part, its paragraphs on one line each if it says that they flow (RFC 3676)."""
    text = part_text(part)
    kind = re.sub(r"[\s\"]", "", header(part, "Content-Type")).casefold()
    if "format=flowed" not in kind:
        return text
    space = "" if "delsp=yes" in kind else " "
    return re.sub(r"(?<=\S)(?<!\n--) \n(?=[^\s>])", lambda _match: space, text)


def _whole(
    blocks: list[Block], found: Digest, subject: str, never: frozenset[str]
) -> MailStory | None:
    """The mail as one story: if its subject is its headline, or it has a page of its own and no stories."""
    own = next((story for story in found.stories if _is_one(story.title, subject)), None)
    several = len([story for story in found.stories if story is not own]) >= LEAST_OF_DIGEST
    if own is not None and (found.stories[0] is own) and not (several and _has_texts(found)):
        return _story(blocks, own.title, own.link)
    if len(found.stories) >= LEAST_OF_DIGEST:
        return None
    page = _own_page(blocks, never)
    if not page:
        return None
    return _story(blocks, subject, page)


def _has_texts(found: Digest) -> bool:
    """Whether most stories have a text of their own, as those of a digest do."""
    return 2 * sum(bool(story.paragraphs) for story in found.stories) > len(found.stories)


def _story(blocks: list[Block], title: str, link: str) -> MailStory:
    """The story that the whole mail is: what stands below its title and above its foot."""
    starts = [at for at, block in enumerate(blocks) if block.text == title]
    body = blocks[starts[0] + 1 :] if starts else blocks
    body = list(_without_advertisements(above_the_foot(body)))
    paragraphs: list[str] = []
    room = MOST_BODY
    for block in body:
        if block.text and room > 0 and not is_about_the_mail(block.text):
            paragraphs.append(block.text[:room])
            room -= len(block.text)
    pictures = [one for block in body for one in block.pictures if one.link in ("", link)]
    return MailStory(title=title, link=link, paragraphs=tuple(paragraphs), pictures=tuple(pictures))


def _without_advertisements(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks without those that a line announces as paid for, up to the next headline but theirs."""
    is_paid, texts = False, 0
    for block in blocks:
        if announces_an_advertisement(block.text):
            is_paid, texts = True, 0
        elif is_paid and texts and (block.is_strong or texts >= LONGEST_ADVERTISEMENT):
            is_paid = False
        elif is_paid:
            texts += bool(block.text) and not block.is_strong
        if not is_paid:
            yield block


def _own_page(blocks: list[Block], never: frozenset[str]) -> str:
    """The link to the mail's page in a browser; "" if it has none."""
    for block in blocks:
        for link, text in block.links.items():
            if VIEW.search(text) and may_be_a_story(link, never):
                return link
    # "Does this mail look odd? Click here." has the words beside the link.
    for block in blocks:
        if VIEW.search(block.text) and len(block.links) == 1:
            link = next(iter(block.links))
            if may_be_a_story(link, never):
                return link
    return ""


def _is_one(title: str, subject: str) -> bool:
    """Whether a headline is the subject, in other words than a few."""
    mine, theirs = (set(re.findall(r"\w+", text.casefold())) for text in (title, subject))
    return bool(mine) and len(mine & theirs) >= _SAME * max(len(mine), len(theirs))
