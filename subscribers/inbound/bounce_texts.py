"""Reads bounces that are plain text: with flufl.bounce, guarded, then with our own patterns."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from copy import deepcopy
from email.message import Message

from subscribers.inbound.delays import says_it_is_delayed
from subscribers.inbound.reading import addresses, children, header, headers, part_text, parts

# Letters of RFC 6531 too, except in scripts that put no space before an address.
_LETTERS = r"A-Za-z0-9\u00c0-\u1fff"
ADDRESS = re.compile(
    rf"[{_LETTERS}.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@[{_LETTERS}-]{{1,63}}(?:\.[{_LETTERS}-]{{1,63}}){{0,20}}\.?"
)
_LISTED = re.compile(r"(?m)^[ \t>*-]*<?(" + ADDRESS.pattern + r")>?(?::|\.{3}|[ \t]*$)")
_ORIGINAL_BEGINS = re.compile(
    r"^[ \t>*=~-]{0,80}(?:below this line|this is a copy of|(?:the )?(?:headers of |body of |text of )?(?:the |your )?"
    r"(?:original|old|returned|unsent|undelivered|message) (?:message|mail|header|text)"
    r"|(?:message|mail) (?:header|text|follows|content)|begin(?:ning)? of|headers? of the source|(?:start of )?(?:unsent|returned) message)"
    r"|^[>*=~-]{0,80}(?:received: |return-path: |message-id: |x-mailer: |mime-version: |dkim-signature: )",
    re.IGNORECASE | re.MULTILINE,
)
_NOT_THE_READER = re.compile(
    r"[^\n@]{0,80}\b(?:mail from|from|sender|message-?id|reply-to|return-path)\b[ :<=]",
    re.IGNORECASE,
)
"""A line of a notice that names the writer of the mail that failed."""

_WRITERS_FIELD = re.compile(
    r"(?im)^[ \t>]*(?:message-?id|from|sender|reply-to|return-path)[ \t]*:.*$"
)

_REMARK = re.compile(r"[ \t]+\(\w")

MAX_LINE = 300
"""Characters of a line that flufl.bounce reads."""

# flufl.bounce logs each message that it cannot read as an error, which is normal here.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)


RETURNED = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers",
     "message/global-headers"}
)  # fmt: skip
"""Types of parts that contain the returned mail, or its headers."""


def has_original(text: str) -> bool:
    """Whether a returned mail begins somewhere in the text."""
    return _ORIGINAL_BEGINS.search(text) is not None


def returned_recipients(message: Message) -> list[str]:
    """The recipients of the returned mail, by its own To; each of our mails has one reader."""
    for part in parts(message):
        kind = part.get_content_type()
        if kind in ("message/rfc822", "message/global") and (returned := children(part)):
            return addresses(returned[0], "To")
        if kind in ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers"):
            return _to_line(part_text(part))
    for part in parts(message):
        if part.get_content_type() == "text/plain":
            text = part_text(part)
            if begins := _ORIGINAL_BEGINS.search(text):
                return _to_line(text[begins.start() :])
    return []


def failures_in_text(message: Message, text: str) -> Iterator[tuple[str, str, bool, bool]]:
    """Yield (address, text about it, whether it is temporary, whether it is only delayed)."""
    own = text[: _end_of_notice(text)]
    delayed = says_it_is_delayed(f"{header(message, 'Subject')}\n{own}")
    named = [
        address
        for value in headers(message, "X-Failed-Recipients")
        for address in ADDRESS.findall(value)
    ]
    if named:
        yield from (
            (address, _about(address, own), delayed, delayed) for address in dict.fromkeys(named)
        )
        return
    temporary, permanent = _detected(message)
    # flufl.bounce may have read on into the returned mail.
    noticed = {address.casefold() for address in _readers_in(own)}
    elsewhere = text[len(own) :].casefold() + " ".join(_WRITERS_FIELD.findall(own)).casefold()
    detected = sorted(
        address
        for address in temporary | permanent
        if address.casefold() in noticed or address.casefold() not in elsewhere
    )
    readers = _without_writers(detected, message, text[len(own) :])
    guessed = [] if readers else _guessed(message, own)
    if guessed:
        yield from ((address, _about(address, own), delayed, delayed) for address in guessed)
        return
    for address in readers or detected:
        yield address, _about(address, own), delayed or address not in permanent, delayed


def _without_writers(found: list[str], message: Message, original: str) -> list[str]:
    """The addresses without those of the mail's writer, whom a server names that refuses a sender."""
    ours = {address.casefold() for address in addresses(message, "To")}
    for line in _WRITERS_FIELD.findall(original):
        ours |= {address.casefold() for address in ADDRESS.findall(line)}
    return [address for address in found if address.casefold() not in ours]


def _detected(message: Message) -> tuple[set[str], set[str]]:
    from flufl.bounce import all_failures  # slow to load, and most mail is not a bounce

    try:
        temporary, permanent = all_failures(_with_short_lines(message))
    except Exception:  # IndexError on a missing From, and others on malformed mail
        return set(), set()
    # What it calls permanent may be a 4.x failure, so the caller decides.
    return _texts(temporary), _texts(permanent)


def _with_short_lines(message: Message) -> Message:
    """The message, or a copy without the ends of long lines, on which flufl.bounce looks back far."""
    texts = [text for part in message.walk() if isinstance(text := part.get_payload(), str)]
    if all(len(line) <= MAX_LINE for text in texts for line in text.split("\n")):
        return message
    short = deepcopy(message)
    for part in short.walk():
        text = part.get_payload()
        if isinstance(text, str):
            part.set_payload("\n".join(line[:MAX_LINE] for line in text.split("\n")))
    return short


def _texts(found: frozenset[bytes] | set[bytes]) -> set[str]:
    decoded = (bytes(address).decode("utf-8", "replace").strip("<>'\" .") for address in found)
    return {a for a in decoded if ADDRESS.fullmatch(a) and ".." not in a}


def _guessed(message: Message, own: str) -> list[str]:
    """The addresses in the notice without its writer's; those that we wrote to take precedence."""
    ours = {address.casefold() for name in ("From", "To", "Reply-To", "Cc", "Return-Path")
            for address in addresses(message, name)}  # fmt: skip
    named = [
        address
        for address in _readers_in(own)
        if address.casefold() not in ours
        and not re.match(r"(?i)postmaster@|mailer-daemon@", address)
    ]
    returned = returned_recipients(message)
    written_to = {address.casefold() for address in returned}
    sure = [address for address in named if address.casefold() in written_to]
    listed = [address for address in named if address in set(_LISTED.findall(own))]
    return sure or listed or named[:1] or returned[:1]


def _readers_in(own: str) -> list[str]:
    """The addresses in a notice that may be the reader's, in order."""
    return list(
        dict.fromkeys(
            address.strip(".'")
            for line in own.splitlines()
            if not _NOT_THE_READER.match(line)
            for address in ADDRESS.findall(line)
            if "." in address.rpartition("@")[2] and ".." not in address
        )
    )


def _about(address: str, own: str) -> str:
    """The notice's text about one address: from the start of the address's line."""
    index = own.casefold().find(address.casefold())
    if index < 0:
        return own[:2000]
    start = own.rfind("\n", 0, index) + 1
    while start > 0 and _REMARK.match(own, start):  # "(expanded from: …)" below the reason
        start = own.rfind("\n", 0, start - 1) + 1
    after = own[start : start + 800]
    # Some notices put the reason before the address.
    return (
        after
        if re.search(r"[45]\d\d|unknown|full|exist|reject", after, re.IGNORECASE)
        else own[:2000]
    )


def _end_of_notice(text: str) -> int:
    begins = _ORIGINAL_BEGINS.search(text)
    return begins.start() if begins and begins.start() > 0 else len(text)


def _to_line(text: str) -> list[str]:
    found = re.search(r"(?im)^[ \t>]*To:((?:.*)(?:\n[ \t]+\S.*)*)", text)
    named = ADDRESS.findall(found[1]) if found else []
    return [address.strip(".") for address in named if ".." not in address]
