"""Finds in a mail the links by which one leaves it, and the lines that name its reader. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from email.message import Message

from newsletter.articles.mailed.blocks import Block
from newsletter.articles.mailed.words import VIEW, is_how_to_leave
from subscribers.inbound.identity import RECIPIENT_HEADERS
from subscribers.inbound.reading import addresses

LONGEST_NOTE = 600
"""Characters of a block up to which its links belong to a word about leaving in it."""
_LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_RECIPIENTS = (*RECIPIENT_HEADERS, "X-Forwarded-To")


def links_to_leave(blocks: Sequence[Block]) -> Iterator[str]:
    """The links that a mail's words, or the words for a picture, call a way to leave or to change settings."""
    for block in blocks:
        is_note = len(block.text) <= LONGEST_NOTE and is_how_to_leave(block.text)
        for link, text in block.links.items():
            if is_how_to_leave(text) or (is_note and not VIEW.search(text)):
                yield link
        for picture in block.pictures:
            if picture.link and (is_note or is_how_to_leave(picture.alt)):
                yield picture.link


def lines_to_leave(text: str) -> Iterator[str]:
    """The same of a mail in plain text: the links on a line about it, and on the next two."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if is_how_to_leave(line):
            yield from _LINK.findall("\n".join(lines[at : at + 3]))


def recipients_of(message: Message) -> frozenset[str]:
    """The addresses to which the mail says that it came."""
    return frozenset(one.casefold() for name in _RECIPIENTS for one in addresses(message, name))


def names_somebody(text: str, recipients: Collection[str]) -> bool:
    """Whether a text names the mail's recipient: "Sent to you@…" is for nobody else."""
    folded = text.casefold()
    return any(address in folded for address in recipients)
