"""The servers and people around a site: relays, keys, inbound mail, webhooks, operators."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, field_validator, model_validator

from newsletter.config.durations import Duration
from newsletter.config.hours import SendingHours
from newsletter.config.sender import Rate
from newsletter.config.table import HostName, Mailbox, Slug, Table, Text, WebAddress


class WarmUpSettings(Table):
    """[relays.warm_up]: a new relay's days, each with more messages than the one before."""

    since: date
    """The first day."""
    first_day: int = Field(default=500, ge=1)
    """Messages on it."""
    growth: float = Field(default=2.0, gt=1)
    """Times as many as the day before."""


class RelaySettings(Table):
    """[[relays]]: an SMTP server we hand mail to.

    A relay that fails, or hangs up over the first message of a connection, is rested, longer each
    time, and comes back by itself; others go on meanwhile. Servers that answer "too fast" (421,
    4.7.x) halve the rate to their domain; it grows again when they are quiet. Rates, halved ones
    too, and the day's count of a warm-up outlive a restart. They hold for all senders on the
    database together: processes, crons and sending nodes, which must have the same settings.
    """

    name: Slug
    """A short name, for logs and receipts."""
    host: Text
    """Where it listens."""
    port: int = Field(default=25, ge=1, le=65535)
    """Where it listens."""
    security: Literal["starttls", "tls", "none"] | None = None
    """Unset: `none` for a relay on this machine, `tls` on port 465, else `starttls`, which never falls back to clear text."""
    username: str | None = None
    """To sign in with; needs a password."""
    password: str | None = Field(default=None, repr=False)
    """To sign in with; needs a username."""
    connections: int = Field(default=8, ge=1, le=256)
    """Open at once by one `send`, whose processes share them, or by one sending node."""
    rate: Rate | None = None
    """At most so many messages, of all senders together: `100/s`. Unset: no limit."""
    per_domain: dict[str, Rate] = Field(default_factory=dict)
    """Rates for single domains, of all senders together: `{"mail.example" = "20/s"}`."""
    weight: int | None = Field(default=None, ge=0)
    """Its share of the messages beside other relays; 0 is a spare for when they fail. Unset: as fast as it can."""
    messages_per_connection: int | None = Field(default=None, ge=1)
    """After so many the connection is closed and a new one opened. Unset: no limit."""
    hours: SendingHours | None = None
    """When it may send, in the site's time zone: `07:00-21:00`. Unset: always."""
    warm_up: WarmUpSettings | None = None
    """A new relay's first days. Unset: none."""
    ca_file: str | None = None
    """A certificate authority of your own. Unset: the system's."""
    hostname: HostName | None = None
    """What we call ourselves in EHLO. Unset: as `sending.hostname` says."""

    @model_validator(mode="after")
    def name_and_password_together(self) -> RelaySettings:
        """A user name without a password (or the reverse) cannot sign in."""
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password (or password_file) go together")
        return self


class SendingSettings(Table):
    """[sending]: how long to try, and when to stop and ask."""

    expire_after: Duration = Duration(days=2)
    """How long a message that a relay puts off is tried again."""
    pause_share: float = Field(default=0.3, gt=0, le=1)
    """Pause, and tell the operators, when more than this share of the last messages is refused for good."""
    pause_window: int = Field(default=200, ge=10)
    """How many messages that share is of."""
    hostname: HostName | None = None
    """What we call ourselves to relays, in EHLO. Unset: the host of `site.url`."""
    processes: int = Field(default=1, ge=1, le=64)
    """How many processes send an issue of many readers side by side: with DKIM, one for each core of the machine. They share the relays' connections."""


class DkimKeySettings(Table):
    """[dkim.second]: a further key with which every message is signed as well."""

    selector: Text
    """Names the key in the DNS: SELECTOR._domainkey.DOMAIN."""
    key_file: Text
    """The private key: PEM, RSA or Ed25519, readable by nobody else."""


class DkimSettings(DkimKeySettings):
    """[dkim]: the key that signs every message.

    See [Be delivered](how-to/be-delivered.md).
    """

    domain: Text
    """Who signs: the domain of the sender."""
    second: DkimKeySettings | None = None
    """A further key, of the other kind or while one takes over from another: each message carries both signatures."""

    @property
    def keys(self) -> dict[str, DkimKeySettings]:
        """Every key, by the name of its table."""
        return {"dkim": self} | ({"dkim.second": self.second} if self.second else {})


class ImapSettings(Table):
    """[inbound].imap: a mailbox that subscribers write to."""

    host: Text
    """Where it listens."""
    port: int = Field(default=993, ge=1, le=65535)
    """Where it listens."""
    username: Text
    """To sign in with."""
    password: str = Field(repr=False)
    """To sign in with."""
    folder: str = "INBOX"
    """The folder that is read."""
    security: Literal["tls", "starttls", "none"] = "tls"
    """`tls`, `starttls` or `none`."""


class InboundSettings(Table):
    """[inbound]: the addresses that subscribers write to, and the ways their mail comes in."""

    domain: Text
    """The host part of the unsubscribe and bounce addresses."""
    lmtp: str | None = None
    """`HOST:PORT` on which `serve` takes mail by LMTP."""
    smtp: str | None = None
    """`HOST:PORT` on which `serve` takes mail by SMTP."""
    imap: ImapSettings | None = None
    """A mailbox to read."""
    maildir: str | None = None
    """A folder to read."""
    answers_per_day: int = Field(default=500, ge=1)
    """How many letters a day answer mail that does not prove its writer: questions to confirm, links, help. Anybody can write in anybody's name."""


class OperatorSettings(Table):
    """[operators]: who is told when the site needs a look."""

    mail: tuple[Mailbox, ...] = ()
    """Addresses that a letter goes to, once a day while the trouble lasts."""
    ping_url: WebAddress | None = None
    """A dead man's switch: told of each run's start (/start), success, and failure (/fail)."""

    @field_validator("ping_url")
    @classmethod
    def without_trailing_slash(cls, url: str | None) -> str | None:
        """One spelling, so that /start and /fail are joined with one slash."""
        return url.rstrip("/") if url else None


class WebhookSettings(Table):
    """[[webhooks]]: a program that is told what happened, by signed requests.

    The requests follow [Standard Webhooks](https://www.standardwebhooks.com): a JSON document with
    `type`, `timestamp` and `data`, and the headers `webhook-id`, `webhook-timestamp` and
    `webhook-signature` (HMAC-SHA256). Whatever is not answered by a 2xx is told again after 1, 5
    and 30 minutes and 2, 6, 12 and 24 hours, then given up; 410 ends it at once. A message may
    come twice, with the same `webhook-id`. `serve` and `run` tell them; imports from a file are
    not told.
    """

    url: WebAddress
    """Where to POST; private addresses only where `fetch.allow_private` lets them through."""
    secret: str = Field(min_length=16, repr=False)
    """At least 16 characters, or one that begins with `whsec_`."""
    events: tuple[Literal["sent", "subscribed", "unsubscribed", "bounced"], ...] = (
        "sent", "subscribed", "unsubscribed", "bounced",
    )  # fmt: skip
    """Which of them to tell."""
