"""A subscriber and the status of a subscription, as values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from subscribers.errors import MailFormatError

MAX_NAME = 100
"""Characters; longer names are clipped."""

_UNPRINTABLE = re.compile(
    # Controls and line separators would break headers; bidi overrides would reorder the text
    # beside the name.
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+"
)


class Status(StrEnum):
    """The status of a subscription."""

    PENDING = "pending"  # waits for the reader's confirmation
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Frequency(StrEnum):
    """How often a reader wants mail, where a list offers the choice."""

    WEEKLY = "weekly"  # every issue
    MONTHLY = "monthly"  # the digest


class MailFormat(StrEnum):
    """How a reader wants each mail to be made."""

    HTML = "html"  # HTML, with a text part for programs that do not show it
    LARGE = "large"  # the same in larger type
    CONTRAST = "contrast"  # the same in black on white, or in the dark in white on black
    LARGE_CONTRAST = "large-contrast"
    TEXT = "text"  # plain text alone

    @property
    def is_large(self) -> bool:
        """Whether the type is larger."""
        return self in (MailFormat.LARGE, MailFormat.LARGE_CONTRAST)

    @property
    def is_high_contrast(self) -> bool:
        """Whether there are two colours only."""
        return self in (MailFormat.CONTRAST, MailFormat.LARGE_CONTRAST)


def mail_format_named(text: str) -> str:
    """The value of a form of mails; "" for an empty text. Raises MailFormatError for anything else."""
    value = text.strip().casefold()
    if value and value not in set(MailFormat):
        raise MailFormatError(
            f"{text.strip()[:40]!r} is not a form of mails",
            field="mail_format",
            fix=f"write one of: {', '.join(MailFormat)}",
        )
    return value


class FeedUse(StrEnum):
    """What a reader with a private feed gets besides."""

    BESIDE = "beside"  # issues by mail too
    ALONE = "alone"  # no issues by mail


LEFT = frozenset({Status.UNSUBSCRIBED, Status.BOUNCED, Status.COMPLAINED})
"""The statuses of people who left: nothing brings them back without their consent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriber:
    """A person. An empty `follows` means that they follow every tag.

    `time_zone` is "" for a reader who has not chosen one and is taken to be in the site's.
    `address_since` is the time of the last change of address. Personal links made before
    `links_since` no longer work, except those that unsubscribe.
    """

    id: int
    address: str
    name: str = ""
    follows: frozenset[str] = frozenset()
    frequency: Frequency = Frequency.WEEKLY
    mail_format: MailFormat = MailFormat.HTML
    time_zone: str = ""
    paused_until: datetime | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    address_since: datetime | None = None
    links_since: datetime | None = None


def clean_name(text: str) -> str:
    """The name on one line and safe in a header: no control characters or bidi overrides, clipped."""
    name = " ".join(_UNPRINTABLE.sub(" ", unicodedata.normalize("NFC", text)).split())
    return name[:MAX_NAME].rstrip()
