"""What the API takes and returns about mail to sources that waits for an editor."""

from __future__ import annotations

from datetime import datetime

from newsletter.issues.source_mail import HeldReason
from newsletter.pipeline.source_mails import MailDecision
from newsletter.web.api.models import Given, Taken


class HeldMailDocument(Given):
    """A mail that waits, the source that it came to, and why it waits."""

    id: int
    newsletter: str
    address: str
    sender: str
    subject: str
    received_at: datetime
    held_for: HeldReason


class HeldMails(Given):
    """The mail that waits, the newest first."""

    mail: list[HeldMailDocument]


class HeldMailText(HeldMailDocument):
    """A mail that waits, and the beginning of its text."""

    text: str


class DecideMail(Taken):
    """What is to become of a mail: `confirm` its sender, `take` this mail only, or `drop` it."""

    decision: MailDecision


class DecidedMail(Given):
    """What became of a mail; `released` counts the mails that are read now."""

    id: int
    decision: MailDecision
    sender: str
    released: int
    diff: str
