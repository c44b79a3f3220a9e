"""What the pages about settings say after a change, and errors without the names of keys. Pure."""

from __future__ import annotations

from newsletter.errors import ConfigurationError, NewsletterError, Problem
from newsletter.pipeline.doctor.mail_domain import Diagnosis, Grade
from newsletter.store.api_tokens import ApiScope
from newsletter.store.users import Role
from newsletter.web.editor.editor_words import ASK, names_machinery

NOTICES = {
    "saved": "Saved.",
    "undone": "Undone. The settings are as they were before.",
    "invited": "Invited. A link to sign in is on its way.",
    "changed": "Saved.",
    "removed": "Removed, with sessions and keys.",
    "signed-out": "Signed out.",
    "ended": "That key no longer works.",
    "added": "Added. It gets every event from now on.",
    "stopped": "Removed. Nothing is sent there any more.",
    "list-made": "The list is there.",
    "list-open": "The list is open again.",
    "list-there": "That list was there already.",
    "list-renamed": "Renamed. Links in sent mails, and the addresses that readers write to, go on working.",
    "list-merged": "Merged. Each person's record says what they were on both lists.",
    "list-closed": "Closed. Nobody can join it.",
    "queued": "It is sent again within a minute.",
}

EVENTS = {
    "sent": "An issue was sent",
    "subscribed": "Somebody subscribed",
    "unsubscribed": "Somebody unsubscribed",
    "bounced": "Somebody's address bounced",
}
"""The events of webhooks."""

ROLES = {
    Role.EDITOR: "Editor: edits issues",
    Role.PUBLISHER: "Publisher: also approves and sends, and sees readers and settings",
}

SCOPES = {
    ApiScope.READ: "read, but nobody's data",
    ApiScope.PEOPLE: "readers",
    ApiScope.ISSUES: "issues",
    ApiScope.ADMIN: "activity",
    ApiScope.METRICS: "numbers for monitoring",
}
"""What a key may be used for, in few words."""


def domain_fix(diagnosis: Diagnosis) -> str:
    """The record to publish, or whom to ask; "" where nothing is wrong."""
    if diagnosis.grade is Grade.OK or diagnosis.fix.startswith("publish: "):
        return diagnosis.fix.removeprefix("publish: ")
    return ASK


def friendly(error: NewsletterError) -> NewsletterError:
    """The error as the page shows it: where its words name settings, in words of the page."""
    problem = error.problem
    if not names_machinery(problem.message):
        return error
    plain = Problem(message="that does not fit the other settings, so nothing was saved", fix=ASK)
    return ConfigurationError([plain])
