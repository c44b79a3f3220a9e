"""The mail clients that most readers use, and what each of them drops. Pure.

What a client lacks comes from caniemail.com (`lint/caniemail.json`); the table below adds how
the client shows dark mode, and what it drops in cases that caniemail.com does not test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newsletter.rendering.lint.clients import read_support

Colours = Literal["light", "dark", "inverted"]
"""How a client colours a mail: by its light rules, by its dark rules, or by inverting it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MailClient:
    """A client in one of its modes.

    `tested_as` is its name in the data of caniemail.com, `lacks` names further features that it
    lacks, and `word_engine` is true for the clients that render with Microsoft Word.
    """

    key: str
    name: str
    tested_as: str
    colours: Colours = "light"
    lacks: frozenset[str] = frozenset()
    word_engine: bool = False

    def missing(self) -> frozenset[str]:
        """The features that this client lacks, named as on caniemail.com."""
        tested = read_support().missing
        return self.lacks | {slug for slug, names in tested.items() if self.tested_as in names}


# Gmail removes every <style> from mail of accounts that it fetches by IMAP or POP.
_NO_STYLE_SHEETS = frozenset({"html-style"})

MAIL_CLIENTS = (
    MailClient(key="gmail", name="Gmail in a browser", tested_as="Gmail"),
    MailClient(key="gmail-app", name="Gmail app", tested_as="Gmail on Android"),
    MailClient(
        key="gmail-app-dark",
        name="Gmail app, dark",
        tested_as="Gmail on Android",
        colours="inverted",
    ),
    MailClient(
        key="gmail-app-other-account",
        name="Gmail app with an account of another provider",
        tested_as="Gmail on Android",
        lacks=_NO_STYLE_SHEETS,
    ),
    MailClient(key="apple-mail", name="Apple Mail", tested_as="Apple Mail"),
    MailClient(
        key="apple-mail-dark", name="Apple Mail, dark", tested_as="Apple Mail", colours="dark"
    ),
    MailClient(
        key="outlook-2019",
        name="Outlook 2019 for Windows",
        tested_as="Outlook for Windows",
        word_engine=True,
    ),
    MailClient(key="outlook-com", name="Outlook.com", tested_as="Outlook.com"),
    MailClient(
        key="outlook-com-dark",
        name="Outlook.com, dark",
        tested_as="Outlook.com",
        colours="inverted",
    ),
    MailClient(key="yahoo", name="Yahoo Mail", tested_as="Yahoo Mail"),
    MailClient(key="gmx", name="GMX", tested_as="GMX"),
    MailClient(key="web-de", name="WEB.DE", tested_as="WEB.DE"),
    MailClient(key="samsung", name="Samsung Email", tested_as="Samsung Email"),
    MailClient(
        key="samsung-dark", name="Samsung Email, dark", tested_as="Samsung Email", colours="dark"
    ),
    MailClient(key="thunderbird", name="Thunderbird", tested_as="Thunderbird"),
)


def client_of(key: str) -> MailClient | None:
    """The client with this key; None for an unknown key."""
    return next((client for client in MAIL_CLIENTS if client.key == key), None)
