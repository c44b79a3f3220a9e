"""The servers and people around a site: relays, keys, inbound mail, webhooks, operators."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from newsletter.config.durations import Duration
from newsletter.config.hours import SendingHours
from newsletter.config.oauth import Auth, OAuthSettings, check_sign_in
from newsletter.config.private_hosts import PrivateHosts
from newsletter.config.providers import LIMITS, Provider
from newsletter.config.relay_headers import check_headers
from newsletter.config.sender import Rate
from newsletter.config.table import HostName, Mailbox, Slug, Table, Text, WebAddress


class WarmUpSettings(Table):
    """[relays.warm_up]: a new relay's first days, each with more messages than the day before."""

    since: date
    """The first day."""
    first_day: int = Field(default=500, ge=1)
    """The most messages on the first day."""
    growth: float = Field(default=2.0, gt=1)
    """The factor by which the messages of each further day grow."""


class RelaySettings(Table):
    """[[relays]]: an SMTP server that takes the mail.

    A relay that fails, or hangs up during the first message of a connection, is rested, longer
    each time, and then tried again; other relays continue meanwhile. When a server asks to slow
    down (421, 4.7.x), the rate to its domain is halved; it grows again when there are no further
    complaints. Rates, including halved ones, and the day's count of a warm-up survive a restart.
    They apply to all senders on the database together: processes, cron jobs and sending nodes,
    which must have the same settings.
    """

    name: Slug
    """A short name, for logs and receipts."""
    host: Text
    """The host name or address of the server."""
    port: int = Field(default=25, ge=1, le=65535)
    """The port of the server."""
    security: Literal["starttls", "tls", "none"] | None = None
    """Unset: `none` for a relay on this machine, `tls` on port 465, else `starttls`, which never falls back to clear text."""
    username: str | None = None
    """The user name to sign in with; needs a password."""
    password: str | None = Field(default=None, repr=False)
    """The password to sign in with; needs a username."""
    auth: Auth = "password"
    """How to sign in: `password`, or with an access token by `xoauth2` or `oauthbearer` (RFC 7628)."""
    token_command: str | None = None
    """A command that prints an access token."""
    oauth: OAuthSettings | None = None
    """How to get access tokens without a command."""
    provider: Provider | None = None
    """The provider whose relay it is: `ses`, `mailgun`, `sendgrid`, `postmark`, `brevo` or `sparkpost`. Sets the headers by
    which the events it reports are recognised, switches its tracking off, and fills in the limits that it publishes."""
    configuration_set: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    """Of `ses`: the configuration set, which says where SES reports bounces."""
    message_stream: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    """Of `postmark`: the stream that carries issues. Unset: `broadcast`. Letters use the default stream."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Further header fields for every message to this relay: `{"X-Campaign" = "news"}`. They are not signed by DKIM."""
    envelope_sender: Mailbox | None = None
    """The only return path that the relay permits. Bounces then go to this address, and say less surely whose mail came back.
    Unset: an address of its own for each message."""
    max_message_size: int | None = Field(default=None, ge=1_000)
    """The largest message that it takes, in octets. Unset: as it says itself, or as its provider publishes."""
    connections: int = Field(default=8, ge=1, le=256)
    """Connections that one `send`, with all its processes, or one sending node opens at the same time.
    Where the relay accepts fewer, the send goes on with those."""
    rate: Rate | None = None
    """The most messages that all senders together send: `100/s`. Unset: no limit."""
    per_domain: dict[str, Rate] = Field(default_factory=dict)
    """Rates for single domains, for all senders together: `{"mail.example" = "20/s"}`."""
    weight: int | None = Field(default=None, ge=0)
    """Its share of the messages in relation to other relays; 0 is a spare for when they fail. Unset: as many as it can take."""
    messages_per_connection: int | None = Field(default=None, ge=1)
    """How many messages are sent on a connection before a new one is opened. Unset: no limit."""
    hours: SendingHours | None = None
    """When it may send, in the site's time zone: `07:00-21:00`. Unset: always."""
    warm_up: WarmUpSettings | None = None
    """The limits of a new relay's first days. Unset: none."""
    ca_file: str | None = None
    """The PEM file of your own certificate authority. Unset: the system's authorities."""
    hostname: HostName | None = None
    """Our host name in EHLO. Unset: `sending.hostname`."""

    @model_validator(mode="after")
    def can_sign_in(self) -> RelaySettings:
        """Require what the way to sign in needs."""
        check_sign_in(
            auth=self.auth,
            username=self.username,
            password=self.password,
            token_command=self.token_command,
            oauth=self.oauth,
        )
        return self

    @field_validator("headers")
    @classmethod
    def further_headers(cls, headers: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        """Refuse fields that every message has already, and what cannot be written in one."""
        check_headers(headers, info.data.get("provider"))
        return headers

    @model_validator(mode="after")
    def keys_of_the_provider(self) -> RelaySettings:
        """Refuse another provider's keys, and fill in the limits of this one."""
        for key, owner in (("configuration_set", "ses"), ("message_stream", "postmark")):
            if getattr(self, key) is not None and self.provider != owner:
                raise ValueError(f'{key} is for {owner}; add `provider = "{owner}"`, or remove it')
        if self.provider is not None:
            limits = LIMITS[self.provider]
            for key in ("rate", "messages_per_connection", "max_message_size"):
                if getattr(self, key) is None:
                    self.__dict__[key] = getattr(limits, key)  # bypasses `frozen` while validating
        return self


class SendingSettings(Table):
    """[sending]: how long to retry, and when to pause and notify the operators."""

    expire_after: Duration = Duration(days=2)
    """How long a message that a relay defers is retried."""
    pause_share: float = Field(default=0.3, gt=0, le=1)
    """Pause, and notify the operators, when more than this share of the last messages is refused permanently."""
    pause_window: int = Field(default=200, ge=10)
    """How many of the last messages that share refers to."""
    hostname: HostName | None = None
    """Our host name in EHLO to relays. Unset: the host of `site.url`."""
    processes: int = Field(default=1, ge=1, le=64)
    """How many processes send an issue with many readers in parallel: with DKIM, one per core of the machine. They share the relays' connections."""


class DkimKeySettings(Table):
    """[dkim.second]: a second key with which every message is also signed."""

    selector: Text
    """The selector of the key in the DNS: SELECTOR._domainkey.DOMAIN."""
    key_file: Text
    """The file of the private key, RSA or Ed25519 in PEM, that no other user can read."""


class DkimSettings(DkimKeySettings):
    """[dkim]: the key that signs every message.

    See [Be delivered](how-to/be-delivered.md).
    """

    domain: Text
    """The signing domain, which is the sender's."""
    second: DkimKeySettings | None = None
    """A second key, of the other kind or while one key replaces another: each message has both signatures."""

    @property
    def keys(self) -> dict[str, DkimKeySettings]:
        """Every key, by the name of its table."""
        return {"dkim": self} | ({"dkim.second": self.second} if self.second else {})


class ImapSettings(Table):
    """[inbound].imap: a mailbox that subscribers write to."""

    host: Text
    """The host name or address of the server."""
    port: int = Field(default=993, ge=1, le=65535)
    """The port of the server."""
    username: Text
    """The user name to sign in with."""
    password: str | None = Field(default=None, repr=False)
    """The password to sign in with."""
    auth: Auth = "password"
    """How to sign in: `password`, or with an access token by `xoauth2` or `oauthbearer` (RFC 7628)."""
    token_command: str | None = None
    """A command that prints an access token."""
    oauth: OAuthSettings | None = None
    """How to get access tokens without a command: the keys of `[relays.oauth]`."""
    folder: str = "INBOX"
    """The folder that is read."""
    security: Literal["tls", "starttls", "none"] = "tls"
    """How the connection is encrypted: `tls`, `starttls` or `none`."""

    @model_validator(mode="after")
    def can_sign_in(self) -> ImapSettings:
        """Require what the way to sign in needs."""
        check_sign_in(
            auth=self.auth,
            username=self.username,
            password=self.password,
            token_command=self.token_command,
            oauth=self.oauth,
        )
        return self


class InboundSettings(Table):
    """[inbound]: the addresses that subscribers write to, and how their mail is received."""

    domain: Text
    """The host part of the unsubscribe and bounce addresses."""
    lmtp: str | None = None
    """`HOST:PORT` on which `serve` accepts mail by LMTP."""
    smtp: str | None = None
    """`HOST:PORT` on which `serve` accepts mail by SMTP."""
    imap: ImapSettings | None = None
    """An IMAP mailbox to read."""
    maildir: str | None = None
    """A Maildir folder to read."""
    answers_per_day: int = Field(default=500, ge=1)
    """The most letters a day that answer mail from unverified senders (confirmations, links, help), because sender addresses can be forged."""


class OperatorSettings(Table):
    """[operators]: who is notified when the site needs attention."""

    mail: tuple[Mailbox, ...] = ()
    """Addresses that get a letter, once a day while the problem lasts."""
    ping_url: WebAddress | None = None
    """A dead man's switch that is called at each run's start (/start), success, and failure (/fail)."""

    @field_validator("ping_url")
    @classmethod
    def without_trailing_slash(cls, url: str | None) -> str | None:
        """Remove the slash, so that /start and /fail are joined with exactly one."""
        return url.rstrip("/") if url else None


class AuditSettings(Table):
    """[audit]: where the record of who did what is written beside the database, and how long it is kept.

    Each entry is one line of JSON with the hash that `newsletter doctor` checks; readers' addresses are left out of it.
    """

    file: str | None = None
    """A file to which each entry is appended within a minute, such as `audit.jsonl`; it may be rotated."""
    syslog: str | None = None
    """Where a syslog server takes entries: its socket, such as `/dev/log`, or `HOST:PORT` (UDP)."""
    keep: Duration | None = None
    """How long the database keeps entries, such as `400d`. Unset: for ever."""

    @field_validator("syslog")
    @classmethod
    def socket_or_port(cls, place: str | None) -> str | None:
        """Require what can be sent to."""
        if place and not place.startswith("/") and not re.fullmatch(r"[^\s/]+:\d{1,5}", place):
            raise ValueError(
                f"{place!r} is neither a path nor HOST:PORT; write one such as /dev/log"
            )
        return place


class WebhookSettings(Table):
    """[[webhooks]]: a program that is notified of events by signed requests.

    The requests follow [Standard Webhooks](https://www.standardwebhooks.com): a JSON document with
    `type`, `timestamp` and `data`, and the headers `webhook-id`, `webhook-timestamp` and
    `webhook-signature` (HMAC-SHA256). A request that is not answered by a 2xx is repeated after 1,
    5 and 30 minutes and 2, 6, 12 and 24 hours, then given up; 410 ends it at once. A message may
    arrive twice, with the same `webhook-id`. `serve` and `run` send the requests; imports from a
    file do not cause any.
    """

    url: WebAddress
    """The address to POST to; a private one must be in `allow_private`."""
    allow_private: PrivateHosts = ()
    """The private hosts that this webhook may reach, as in [fetch]: `127.0.0.1:8080`."""
    secret: str = Field(min_length=16, repr=False)
    """The secret that signs the requests: at least 16 characters, or one that begins with `whsec_`."""
    events: tuple[Literal["sent", "subscribed", "unsubscribed", "bounced"], ...] = (
        "sent", "subscribed", "unsubscribed", "bounced",
    )  # fmt: skip
    """The events to send."""
