"""Reads complaints: feedback reports of mailbox providers (ARF, RFC 5965)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from subscribers.inbound.reading import (
    addresses,
    children,
    headers,
    part_text,
    parts,
)

_FIELD = re.compile(r"^([A-Za-z-]+)[ \t]*:[ \t]*(.*)$", re.MULTILINE)
_OBJECTIONS = frozenset(
    {"abuse", "fraud", "opt-out", "opt-out-list", "unsubscribe", "complaint", "other"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Complaint:
    """A feedback report: a reader marked our mail as spam, or as not spam.

    `addresses` are those that the report names. Providers often redact them, and they prove
    nothing; the returned mail proves whom the report is about (see returned_mail.py).
    """

    feedback_type: str
    addresses: tuple[str, ...] = ()

    @property
    def ends_the_subscription(self) -> bool:
        """Whether the reader objects to the mail; not-spam and authentication reports do not say that."""
        return self.feedback_type in _OBJECTIONS


def read_complaint(message: Message) -> Complaint | None:
    """The complaint in a feedback report; None if the message is not a feedback report."""
    report = next(
        (part for part in parts(message) if part.get_content_type() == "message/feedback-report"),
        None,
    )
    returned = _returned(message)
    # Outlook.com sends no such part; it adds a header to the returned mail instead.
    marked = headers(returned, "X-HmXmrOriginalRecipient") if returned is not None else []
    if report is None and not marked:
        return None
    fields: dict[str, list[str]] = {}
    for name, value in _FIELD.findall(part_text(report) if report is not None else ""):
        fields.setdefault(name.casefold(), []).append(value.strip())
    named = [
        *(value.strip(" <>") for value in marked),
        *(value.strip(" <>") for value in fields.get("original-rcpt-to", [])),
        *(value.strip(" <>") for value in fields.get("removal-recipient", [])),
        *(addresses(returned, "To") if returned is not None else []),
    ]
    return Complaint(
        feedback_type=next(iter(fields.get("feedback-type", [])), "abuse").casefold(),
        addresses=tuple(dict.fromkeys(address for address in named if "@" in address)),
    )


def _returned(message: Message) -> Message | None:
    for part in parts(message):
        kind = part.get_content_type()
        if kind in ("message/rfc822", "message/global") and (inner := children(part)):
            return inner[0]
        if kind in ("text/rfc822-headers", "message/rfc822-headers"):
            returned = Message()
            for name, value in _FIELD.findall(re.sub(r"\n[ \t]+", " ", part_text(part))):
                returned[name] = value
            return returned
    return None
