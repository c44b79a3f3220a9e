"""The exports of other tools, recognised by their headers.

The headers are those in the tools' help pages, documentation and source (looked up in November
2026). They are compared in lower case, as plain words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from subscribers.errors import ImportFileError
from subscribers.importing.standings import Says
from subscribers.subscriber import Status

EMAIL = (
    "email",
    "email address",
    "e mail",
    "e mail address",
    "email 1",
    "primary email",
    "contact email",
    "subscriber email",
    "email address other",
    "email address home",
    "email address work",
)
NAMES = (("name",), ("nickname",), ("display name",), ("full name",), ("user name",), ("gecos",), ("first name", "last name"), ("firstname", "lastname"), ("fname", "lname"))  # fmt: skip
TAGS = ("tags", "labels", "tag", "groups", "segments")
JOINED = ("optin time", "opted in at", "subscribed at", "subscription created at", "created at", "created", "creation date", "signup date", "join date", "joined", "user entered", "entered", "subscribed", "date")  # fmt: skip
JOINED_FROM = ("optin ip", "opt in ip", "ip address", "signup ip", "ip")
CONFIRMED = ("confirm time", "confirmed at", "confirmation date")
CONFIRMED_FROM = ("confirm ip",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """One tool's export.

    It is recognised by any of `marks`, each a set of headers that only this tool's files contain
    together. `says` are status columns and `words` are status texts, both in addition to the
    general ones. `noise` are columns that are not kept, and `nested` are columns of JSON objects.
    `roles` are columns of which only rows with one of these words are subscriptions.
    `left_in_name` are parts of the names of files in which everybody has this status.
    """

    name: str
    title: str
    marks: tuple[frozenset[str], ...] = ()
    email: tuple[str, ...] = EMAIL
    says: Mapping[str, Says] = field(default_factory=dict)
    words: Mapping[str, Status] = field(default_factory=dict)
    noise: frozenset[str] = frozenset()
    nested: frozenset[str] = frozenset()
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    left_in_name: Mapping[str, Status] = field(default_factory=dict)


PLAIN = Layout(name="csv", title="CSV")
"""Our own export, and any file with a column `email`: tags are followed, other columns kept."""

ADDRESSES = Layout(name="addresses", title="a list of addresses")


def _marks(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(name.strip() for name in one.split(",")) for one in sets)


LAYOUTS: Sequence[Layout] = (
    PLAIN,
    ADDRESSES,
    Layout(
        name="mailchimp",
        title="Mailchimp",
        marks=_marks("optin time, leid", "email address, member rating", "email address, euid", "email address, optin time"),
        noise=frozenset({"member rating", "leid", "euid", "last changed", "latitude", "longitude", "gmtoff", "dstoff", "unsub campaign id", "clean campaign id"}),
        left_in_name={"nonsubscribed": Status.UNSUBSCRIBED, "non_subscribed": Status.UNSUBSCRIBED, "unsubscribed": Status.UNSUBSCRIBED, "cleaned": Status.BOUNCED},
    ),
    Layout(
        name="substack",
        title="Substack",
        marks=_marks("email, active subscription", "user email address, subscription type", "email, stripe plan"),
        email=("email", "user email address"),
    ),
    Layout(
        name="ghost",
        title="Ghost",
        marks=_marks("email, subscribed to emails", "email, complimentary plan"),
        noise=frozenset({"id", "stripe customer id"}),
    ),
    Layout(
        name="buttondown",
        title="Buttondown",
        marks=_marks("email address, creation date", "email, subscriber type", "email, type, creation date", "email address, type", "email, type, undeliverability date"),
        says={"type": Says.WORD, "subscriber type": Says.WORD},
        noise=frozenset({"id", "secondary id", "subscriber import id", "avatar url"}),
        nested=frozenset({"metadata"}),
    ),
    Layout(
        name="beehiiv",
        title="beehiiv",
        marks=_marks("email, status, subscription tier", "email, status, subscription premium tier names", "email, status, tier", "email, status, utm channel", "email, status, referral code"),
        words={"needs attention": Status.PENDING},
        noise=frozenset({"id", "stripe customer id", "referral code"}),
    ),
    Layout(
        name="kit",
        title="Kit",
        marks=_marks("email address, first name, state", "email, first name, state, created at", "email address, state, created at", "first name, email, status, created at, tags", "email, first name, cancelled at"),
        says={"state": Says.WORD, "cancelled at": Says.LEFT},
        words={"inactive": Status.PENDING},  # has not confirmed
        noise=frozenset({"id"}),
    ),
    Layout(
        name="mailerlite",
        title="MailerLite",
        marks=_marks("subscriber, sent, opens, clicks", "subscriber, subscribed", "email, opted in at", "email, subscribed at, opens count", "email, status, sent, opens, clicks", "email, opens, clicks, subscribed"),
        email=("email", "email address", "subscriber"),
        noise=frozenset({"id", "sent", "opens", "clicks", "opens count", "clicks count", "open rate", "click rate", "ctor"}),
        nested=frozenset({"fields"}),
    ),
    Layout(
        name="listmonk",
        title="listmonk",
        marks=_marks("uuid, email, attributes", "uuid, email, attribs", "email, attributes, status", "email, attribs, status", "uuid, email, status"),
        noise=frozenset({"id", "uuid", "updated at", "lists"}),
        nested=frozenset({"attributes", "attribs"}),
    ),
    Layout(
        name="keila",
        title="Keila",
        marks=_marks("email, data, status"),
        nested=frozenset({"data"}),
    ),
    Layout(
        name="phplist",
        title="phpList",
        marks=_marks("email, confirmed, blacklisted", "email, blacklisted", "is the email of this user confirmed", "is the email of this subscriber confirmed", "email, foreignkey", "email, foreign key"),
        noise=frozenset({"id", "uniqid", "uuid", "unique id for user", "unique id for subscriber", "htmlemail", "send this user html emails", "send this subscriber html emails", "last modified", "modified", "rssfrequency", "password", "passwordchanged", "subscribepage"}),
    ),
    Layout(
        name="mailman",
        title="Mailman",
        marks=_marks("email, delivery mode", "address, delivery mode", "email, delivery status", "address, delivery status", "email, moderation action", "address, moderation action"),
        email=("email", "address", "email address"),
        noise=frozenset({"self link", "http etag", "user", "member id", "list id", "subscription mode", "role", "delivery mode", "moderation action", "original email"}),
        roles={"role": frozenset({"member", ""})},  # the others are owners, moderators, and strangers who once wrote
    ),
    Layout(
        name="sympa",
        title="Sympa",
        marks=_marks("email, reception", "email, gecos", "email, visibility"),
        noise=frozenset({"visibility", "update date"}),
    ),
    Layout(
        name="hubspot",
        title="HubSpot",
        marks=_marks("email, marketing contact status", "record id, email, unsubscribed from all email", "record id, email, lifecycle stage"),
        says={"invalid email address": Says.BOUNCED, "email address quarantined": Says.BOUNCED},
        noise=frozenset({"record id"}),
    ),
    Layout(
        name="brevo",
        title="Brevo",
        says={"list unsubscribed": Says.LEFT_BECAUSE},
        marks=_marks("email, email blacklisted", "email, double opt in, sms", "email, firstname, added time", "contact id, email, added time"),
        noise=frozenset({"contact id", "id", "sms blacklisted", "double opt in", "opt in", "list ids", "modified time", "modified at"}),
        nested=frozenset({"attributes"}),
    ),
    Layout(
        name="campaignmonitor",
        title="Campaign Monitor",
        marks=_marks("email address, consent to track", "email address, list joined date", "email, consent to track, state"),
        says={"state": Says.WORD},
        noise=frozenset({"reads email with", "consent to track", "consent to send sms"}),
        nested=frozenset({"custom fields"}),
    ),
    Layout(
        name="klaviyo",
        title="Klaviyo",
        marks=_marks("email, klaviyo id", "email, email marketing consent, email suppressions"),
        noise=frozenset({"klaviyo id", "email marketing consent timestamp", "initial source"}),
    ),
    Layout(
        name="activecampaign",
        title="ActiveCampaign",
        marks=_marks("subscriberid, email, status", "email, cdate, sdate, status", "email, listid, status"),
        words={"-1": Status.UNSUBSCRIBED, "0": Status.PENDING, "1": Status.ACTIVE, "2": Status.UNSUBSCRIBED, "3": Status.BOUNCED},
        noise=frozenset({"id", "subscriberid", "listid", "formid", "seriesid", "responder", "sync", "hash"}),
    ),
    Layout(
        name="mailjet",
        title="Mailjet",
        marks=_marks("email, is excluded from campaigns", "email, is opt in pending"),
        noise=frozenset({"id", "delivered count", "last activity at", "exclusion from campaigns updated at", "unsubscribed by", "is active"}),
    ),
    Layout(
        name="constantcontact",
        title="Constant Contact",
        marks=_marks("email address, email permission status", "email address other, email permission status other", "email address, email status, email lists"),
    ),
    Layout(
        name="mailpoet",
        title="MailPoet",
        marks=_marks("email, list status, global status", "email, global status", "email, confirmed ip, status"),
    ),
    Layout(
        name="newsletter-plugin",
        title="The Newsletter Plugin",
        marks=_marks("email, surname, status, token", "email, surname, gender, status"),
        words={"c": Status.ACTIVE, "s": Status.PENDING, "u": Status.UNSUBSCRIBED, "b": Status.BOUNCED, "p": Status.COMPLAINED},
        noise=frozenset({"id", "token"}),
    ),
    Layout(
        name="googlegroups",
        title="Google Groups",
        marks=_marks("email address, group status, email preference", "email address, nickname, group status"),
        says={"group status": Says.WORD, "email preference": Says.WORD},
        words={"": Status.ACTIVE, "owner": Status.ACTIVE, "manager": Status.ACTIVE, "okay": Status.ACTIVE, "all email": Status.ACTIVE, "each email": Status.ACTIVE, "email": Status.ACTIVE, "abridged": Status.ACTIVE, "abridged email": Status.ACTIVE, "daily summary": Status.ACTIVE, "digest email": Status.ACTIVE},
        noise=frozenset({"posting permissions", "join year", "join month", "join day", "join hour", "join minute", "join second", "time zone"}),
    ),
    Layout(
        name="patreon",
        title="Patreon",
        marks=_marks("email, patron status"),
        says={"patron status": Says.WORD},
        words={"": Status.UNSUBSCRIBED, "active patron": Status.ACTIVE, "declined patron": Status.UNSUBSCRIBED, "former patron": Status.UNSUBSCRIBED},
        noise=frozenset({"user id", "addressee", "street", "city", "state", "zip", "country", "phone", "follows you", "last charge status"}),
    ),
    Layout(
        name="wix",
        title="Wix",
        marks=_marks("email 1, email subscriber status"),
        noise=frozenset({"sms subscriber status"}),
    ),
)  # fmt: skip

NAMED: Mapping[str, Layout] = {layout.name: layout for layout in LAYOUTS}


def recognise(headers: Collection[str], requested: str, source_name: str) -> Layout:
    """The layout of a file with these plain headers, or PLAIN if they are not a known tool's.

    `requested`, if set, is the layout's name. Raises ImportFileError if there is no such layout.
    """
    if requested:
        if requested not in NAMED:
            raise ImportFileError(
                f"there is no layout {requested!r}",
                file=source_name,
                field="from",
                fix=f"name one of: {', '.join(NAMED)}",
            )
        return NAMED[requested]
    present = frozenset(headers)
    known = (layout for layout in LAYOUTS if any(marks <= present for marks in layout.marks))
    return next(known, PLAIN)
