"""Finds the identifiers of our mail that a report contains, and the recipients it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from subscribers.inbound.bounce_texts import RETURNED, returned_recipients
from subscribers.inbound.reading import children, fields, part_text, parts

MAX_IDENTIFIERS = 100
"""Identifiers of each kind that are read."""

_OF_LINK = r"([A-Za-z0-9_-]{1,200}\.[A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])"
_TOKENS = re.compile(rf"(?:/[up]/|unsubscribe(?:%20|\+|[ \t]+)){_OF_LINK}", re.IGNORECASE)
_SIGNED = re.compile(
    r"(?<![a-z0-9.-])([a-z0-9-]{1,64}-(?:bounces|confirm)\+[1-9]\d{0,18}-\d{1,9}-[0-9a-f]{20})"
    r"[@=]([a-z0-9.-]{1,253})",  # "=": the address is part of a rewritten local part
    re.IGNORECASE,
)
_MESSAGE_ID = re.compile(r"<(?!mailto:)[!-;=?-~]{1,250}@[!-;=?-~]{1,250}>")
_ANSWERS = frozenset({"in-reply-to", "references", "x-original-message-id"})
"""Headers of the report itself in which mail servers identify the mail that it is about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReturnedMail:
    """The identifiers that a report contains; none is trusted before it is verified.

    `tokens` are those of our links, `signed` the addresses that may carry our signature, and
    `message_ids` include their angle brackets. `recipients` are the addresses to which the
    returned mail was sent; they prove nothing.
    """

    tokens: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()


def read_returned_mail(message: Message) -> ReturnedMail:
    """Find the identifiers in the returned mail, in its headers, and in any text that quotes them."""
    tokens: dict[str, None] = {}
    signed: dict[str, None] = {}
    ids: dict[str, None] = {}
    for text in _texts(message):
        tokens |= dict.fromkeys(_TOKENS.findall(text)[:MAX_IDENTIFIERS])
        signed |= dict.fromkeys(f"{one[1]}@{one[2]}" for one in _first_matches(_SIGNED, text))
        ids |= dict.fromkeys(_MESSAGE_ID.findall(text)[:MAX_IDENTIFIERS])
    return ReturnedMail(
        tokens=tuple(tokens)[:MAX_IDENTIFIERS],
        signed=tuple(signed)[:MAX_IDENTIFIERS],
        message_ids=tuple(ids)[:MAX_IDENTIFIERS],
        recipients=tuple(returned_recipients(message))[:MAX_IDENTIFIERS],
    )


def _first_matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    for _, found in zip(range(MAX_IDENTIFIERS), pattern.finditer(text), strict=False):
        yield found


def _texts(message: Message) -> Iterator[str]:
    yield "\n".join(value for name, value in fields(message) if name in _ANSWERS)
    for part in parts(message):
        if part.get_content_type() in RETURNED and (enclosed := children(part)):
            yield "\n".join(value for _, value in fields(enclosed[0]))
            for inner in parts(enclosed[0]):
                if inner.get_content_maintype() == "text":
                    yield part_text(inner)
        elif part.get_content_maintype() in ("text", "message"):
            yield part_text(part)
