"""The settings in newsletter.toml: one frozen model per table, validated when it is read.

The text under each key is the reference: docs/tools/reference.py writes docs/configuration.md from it.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, Field, field_validator, model_validator

from newsletter.config.durations import Duration
from newsletter.config.hooks import HookSettings
from newsletter.config.popular import PopularSettings
from newsletter.config.private_hosts import PrivateHosts
from newsletter.config.publication import NewsletterSettings, SectionSettings
from newsletter.config.servers import (
    AuditSettings,
    DkimKeySettings,
    DkimSettings,
    ImapSettings,
    InboundSettings,
    OperatorSettings,
    RelaySettings,
    SendingSettings,
    WebhookSettings,
)
from newsletter.config.sign_in import SignInSettings
from newsletter.config.sign_up import SignUpSettings
from newsletter.config.source import SourceSettings
from newsletter.config.table import (
    HeaderAddress,
    Mailbox,
    Slug,
    Table,
    Text,
    WebAddress,
    host_name_in,
)

__all__ = [
    "AuditSettings",
    "DkimKeySettings",
    "DkimSettings",
    "FetchSettings",
    "ImapSettings",
    "InboundSettings",
    "NewsletterSettings",
    "OperatorSettings",
    "PopularSettings",
    "RelaySettings",
    "SectionSettings",
    "SendingSettings",
    "Settings",
    "SignInSettings",
    "SignUpSettings",
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


OWN_PATHS = frozenset(
    {
        "account", "api", "archive", "assets", "audit", "c", "confirm", "desk", "erase", "export",
        "favicon.ico", "feed", "health", "hooks", "join", "links", "metrics", "move", "move-answer", "move-back",
        "no-answer", "nodes",
        "p", "people", "pictures", "robot", "robots.txt", "settings", "shared", "sign-in", "sign-out", "sources", "suggest",
        "u",
        ".well-known",
    }
)  # fmt: skip
"""The first segments of the paths of our own pages: the path of a site cannot begin with one."""


def _host_name(name: str) -> str:
    if not re.fullmatch(r"[^\s/:@*]+", name):
        raise ValueError(
            f"{name!r} is not a host name; write it without https:// and without a port"
        )
    return name


class SiteSettings(Table):
    """[site]: settings that all newsletters of the folder share."""

    url: HeaderAddress
    """The public address of the site, with which links begin; it may have a path, such as `/newsletter`."""
    database: str = "sqlite:///newsletter.db"
    """`sqlite:///FILE` or `postgresql://USER@HOST/NAME`."""
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """The time zone of schedules and dates."""
    language: Annotated[str, AfterValidator(_language)] = "en"
    """The language of the fixed words in issues, letters and pages for readers (`ar`, `de`, `en`, `es`, `fr`,
    `zh`; others with a catalogue of your own), which screen readers use too; `ar`, `he`, `fa` and `ur` run right to left."""
    postal_address: Text
    """Your postal address, shown at the end of each mail."""
    secret_key: str | None = Field(default=None, min_length=32, repr=False)
    """The key that signs the links in mails; at least 32 characters. Unset: the file `secret.key` that `init` wrote."""
    former_secret_keys: tuple[str, ...] = Field(default=(), repr=False)
    """Keys used before: links and pictures in mails that were signed with one of them still work."""
    forget_unconfirmed: Duration = Duration(days=14)
    """How long after signing up people who never confirmed are forgotten."""
    security_contact: WebAddress | Mailbox | None = None
    """Where to report a security problem: a mail or web address, published in `/.well-known/security.txt` (RFC 9116)."""
    allow_test: tuple[str, ...] = ()
    """Addresses and @domains that `newsletter test` may write to."""

    @field_validator("url")
    @classmethod
    def without_trailing_slash(cls, url: str) -> str:
        """Remove the slash, so that links are joined with exactly one; refuse what no link can begin with."""
        url = url.rstrip("/")
        parts = urlsplit(url)
        segments = unquote(parts.path).split("/")[1:]
        is_plain = unquote(parts.path).isascii() and not {"", ".", ".."}.intersection(segments)
        if parts.query or parts.fragment or not is_plain:
            raise ValueError(
                f"{url!r} is not the beginning of links; write https://, a host and a path"
            )
        if segments and segments[0] in OWN_PATHS:
            raise ValueError(
                f"/{segments[0]} is the address of one of the site's own pages; "
                "use another path, such as /newsletter"
            )
        return url

    @field_validator("former_secret_keys", mode="before")
    @classmethod
    def one_key_a_line(cls, keys: object) -> object:
        """Split the content of `former_secret_keys_file` into its lines."""
        return keys.split() if isinstance(keys, str) else keys

    @field_validator("database")
    @classmethod
    def known_database(cls, url: str) -> str:
        """Accept only the two databases that are tested."""
        if not url.startswith(("sqlite:///", "postgresql://")):
            raise ValueError(
                f"{url!r} is not supported; use sqlite:///FILE or postgresql://USER@HOST/NAME"
            )
        return url

    @property
    def base_path(self) -> str:
        """The path at which the site's pages begin, such as `/newsletter`; "" at the root of its host."""
        return urlsplit(self.url).path

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which schedules and dates are read."""
        return ZoneInfo(self.timezone)


class FetchSettings(Table):
    """[fetch]: limits on what is fetched from the web."""

    allow_private: PrivateHosts = ()
    """Private hosts, addresses or networks of your own that may be fetched from: `127.0.0.1`, `10.0.0.0/8`, or with a single
    port `intranet.test:8080`. Editors can read the pages there too; a source that needs one has `allow_private` of its own."""
    timeout: Duration = Duration(seconds=30)
    """The longest time for one source, redirects included."""
    max_bytes: int = Field(default=10_000_000, gt=0)
    """The largest size of one response, uncompressed."""
    max_redirects: int = Field(default=5, ge=0)
    """The most redirects that are followed for one source."""

    def allowing(self, hosts: PrivateHosts) -> FetchSettings:
        """The same limits, with further private hosts."""
        return self.model_copy(update={"allow_private": (*self.allow_private, *hosts)})


class TagSettings(Table):
    """[tags]: how the spellings of feeds become one tag, and how tags without separators are split."""

    known: tuple[str, ...] = ()
    """The site's tags as readers see them; a line of tags without separators is split by them."""
    aliases: dict[str, str] = Field(default_factory=dict)
    """A table of other spellings: `infosec = "security"`."""


class WebSettings(Table):
    """[web]: how the site's pages are reached."""

    hosts: tuple[Annotated[str, AfterValidator(_host_name)], ...] = ()
    """Further names under which the pages are asked for, such as `www.example.org`; the name in `url`, addresses and
    names without a dot are always answered, requests for any other name refused."""
    trusted_hops: int | None = Field(default=None, ge=1)
    """How many proxies stand one behind another in front of the site: so many entries of X-Forwarded-For are believed, from
    the right. Unset: those that the proxies in FORWARDED_ALLOW_IPS wrote, and one if that is `*`."""


class ImageSettings(Table):
    """[images]: the pictures in mails."""

    host: bool = False
    """`true`: each approval keeps the pictures of the issue in the folder `pictures`, and mails show them from this site. See [Shape an issue](how-to/shape-an-issue.md#pictures)."""


class Settings(Table):
    """The complete newsletter.toml."""

    site: SiteSettings
    fetch: FetchSettings = FetchSettings()
    tags: TagSettings = TagSettings()
    relays: tuple[RelaySettings, ...] = ()
    sending: SendingSettings = SendingSettings()
    sign_in: SignInSettings = SignInSettings()
    sign_up: SignUpSettings = SignUpSettings()
    web: WebSettings = WebSettings()
    images: ImageSettings = ImageSettings()
    dkim: DkimSettings | None = None
    lint: dict[Slug, Literal["blocking", "warning", "off"]] = Field(default_factory=dict)
    """[lint]: a different severity for single rules, such as `tracking = "blocking"`.

    `blocking` prevents the issue from being sent, `warning` is only reported, and `off` ignores
    the finding but still lists it. [Lint](lint.md) lists the rules.
    """
    inbound: InboundSettings | None = None
    hooks: HookSettings = HookSettings()
    webhooks: tuple[WebhookSettings, ...] = ()
    operators: OperatorSettings = OperatorSettings()
    audit: AuditSettings = AuditSettings()
    newsletters: dict[Slug, NewsletterSettings] = Field(min_length=1)

    @model_validator(mode="after")
    def relays_know_our_name(self) -> Settings:
        """Give relays a host name for EHLO, as many refuse a host without a full name."""
        name = self.sending.hostname or host_name_in(self.site.url)
        named = tuple(
            relay if relay.hostname else relay.model_copy(update={"hostname": name})
            for relay in self.relays
        )
        self.__dict__["relays"] = named  # bypasses `frozen` while validating
        return self
