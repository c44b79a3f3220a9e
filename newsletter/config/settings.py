"""What newsletter.toml may say: one frozen model per table, checked as it is read.

The text under each key is the reference: docs/tools/reference.py writes docs/configuration.md from it.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, Field, field_validator, model_validator

from newsletter.config.durations import Duration
from newsletter.config.publication import NewsletterSettings, SectionSettings, SourceSettings
from newsletter.config.servers import (
    DkimKeySettings,
    DkimSettings,
    ImapSettings,
    InboundSettings,
    OperatorSettings,
    RelaySettings,
    SendingSettings,
    WebhookSettings,
)
from newsletter.config.table import Slug, Table, Text, WebAddress, host_name_in

__all__ = [
    "DkimKeySettings",
    "DkimSettings",
    "FetchSettings",
    "ImapSettings",
    "InboundSettings",
    "NewsletterSettings",
    "OperatorSettings",
    "RelaySettings",
    "SectionSettings",
    "SendingSettings",
    "Settings",
    "SiteSettings",
    "SourceSettings",
    "TagSettings",
    "WebhookSettings",
]


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"unknown time zone {name!r}; use a name such as Europe/London or UTC"
        ) from error
    return name


def _language(code: str) -> str:
    try:
        Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(f"unknown language {code!r}; use a code such as en, de or zh") from error
    return code


class SiteSettings(Table):
    """[site]: what all newsletters of the folder share."""

    url: WebAddress
    """Public base of the links in mails."""
    database: str = "sqlite:///newsletter.db"
    """`sqlite:///FILE` or `postgresql://USER@HOST/NAME`."""
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """Schedules and dates are read in it."""
    language: Annotated[str, AfterValidator(_language)] = "en"
    """Of the fixed words of issues, of letters to readers and their pages (`ar`, `de`, `en`, `es`, `fr`,
    `zh`; others by a catalogue of yours), and for screen readers; `ar`, `he`, `fa` and `ur` run right to left."""
    postal_address: Text
    """Stands at the foot of each mail."""
    secret_key: str | None = Field(default=None, min_length=32, repr=False)
    """Signs the links in mails; 32 characters or more. Unset: the file `secret.key` that `init` wrote."""
    former_secret_keys: tuple[str, ...] = Field(default=(), repr=False)
    """Keys used before: links in mails that were signed with one still work."""
    forget_unconfirmed: Duration = Duration(days=14)
    """Whoever never confirmed is forgotten after that."""
    allow_test: tuple[str, ...] = ()
    """Addresses and @domains that `newsletter test` may write to."""

    @field_validator("url")
    @classmethod
    def without_trailing_slash(cls, url: str) -> str:
        """One spelling, so that links are joined with one slash."""
        return url.rstrip("/")

    @field_validator("former_secret_keys", mode="before")
    @classmethod
    def one_key_a_line(cls, keys: object) -> object:
        """As `former_secret_keys_file` holds them."""
        return keys.split() if isinstance(keys, str) else keys

    @field_validator("database")
    @classmethod
    def known_database(cls, url: str) -> str:
        """Only the two databases we test on."""
        if not url.startswith(("sqlite:///", "postgresql://")):
            raise ValueError(
                f"{url!r} is not supported; use sqlite:///FILE or postgresql://USER@HOST/NAME"
            )
        return url

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which schedules and dates are read."""
        return ZoneInfo(self.timezone)


class FetchSettings(Table):
    """[fetch]: limits of the door to the web."""

    allow_private: tuple[str, ...] = ()
    """Hosts, addresses or networks of your own that sources may stand on."""
    timeout: Duration = Duration(seconds=30)
    """For one source, redirects included."""
    max_bytes: int = Field(default=10_000_000, gt=0)
    """Of one answer, unpacked."""
    max_redirects: int = Field(default=5, ge=0)
    """Followed for one source."""

    @field_validator("allow_private")
    @classmethod
    def hosts_or_networks(cls, entries: tuple[str, ...]) -> tuple[str, ...]:
        """Each entry is a host name, an address or a CIDR network."""
        for entry in entries:
            if "/" in entry:
                ip_network(entry, strict=False)
            elif re.fullmatch(r"[\d.]+", entry) or ":" in entry:
                ip_address(entry)
        return entries


class TagSettings(Table):
    """[tags]: how feeds' spellings become one tag, and what a glued tag line is split by."""

    known: tuple[str, ...] = ()
    """The site's tags as readers see them; a glued line of tags is split by them."""
    aliases: dict[str, str] = Field(default_factory=dict)
    """A table of spellings: `infosec = "security"`."""


class Settings(Table):
    """The whole of newsletter.toml."""

    site: SiteSettings
    fetch: FetchSettings = FetchSettings()
    tags: TagSettings = TagSettings()
    relays: tuple[RelaySettings, ...] = ()
    sending: SendingSettings = SendingSettings()
    dkim: DkimSettings | None = None
    lint: dict[Slug, Literal["blocking", "warning", "off"]] = Field(default_factory=dict)
    """[lint]: another severity for single rules, such as `tracking = "blocking"`.

    `blocking` stands between the issue and its readers, `warning` is only said, `off` lets it
    pass but still lists it. [Lint](lint.md) lists the rules.
    """
    inbound: InboundSettings | None = None
    webhooks: tuple[WebhookSettings, ...] = ()
    operators: OperatorSettings = OperatorSettings()
    newsletters: dict[Slug, NewsletterSettings] = Field(min_length=1)

    @model_validator(mode="after")
    def relays_know_our_name(self) -> Settings:
        """Many relays refuse the EHLO of a host without a full name, as a container has none."""
        name = self.sending.hostname or host_name_in(self.site.url)
        named = tuple(
            relay if relay.hostname else relay.model_copy(update={"hostname": name})
            for relay in self.relays
        )
        self.__dict__["relays"] = named  # frozen: what a validator completes is not a change
        return self
