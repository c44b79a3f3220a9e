"""The database tables of the subscribers package."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from subscribers.sql import at_domain


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware datetime: timestamptz on PostgreSQL, sortable UTC text on SQLite. Naive ones raise."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Use text on a database that has no type for aware datetimes."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.String(32))
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> object:
        """Convert to UTC. Microseconds are always written, so that the text sorts by time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"datetime {value!r} has no time zone and cannot be stored")
        return _as_text(value) if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: object, dialect: sa.Dialect) -> datetime | None:
        """Convert back to an aware datetime in UTC."""
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        assert isinstance(moment, datetime)  # noqa: S101 - narrows a driver's value for mypy
        return moment.astimezone(UTC)


@lru_cache(maxsize=64)
def _as_text(value: datetime) -> str:
    """Cached, because an import writes the same time into millions of rows."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")


Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""A row number. SQLite generates one only for a column of type INTEGER."""

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


InOrderOfOctets = sa.String().with_variant(sa.String(collation="C"), "postgresql")
"""Text that is compared by octets, whatever the database's collation, so that a beginning is a range."""


def index_some(name: str, *columns: str, where: str) -> sa.Index:
    """An index of the few rows for which `where` holds.

    A query has to say that with a constant: only so does a database see that the index will do.
    """
    condition = sa.text(where)
    return sa.Index(name, *columns, postgresql_where=condition, sqlite_where=condition)


lists = sa.Table(
    "lists",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("slug", sa.String, nullable=False, unique=True),
    sa.Column("closed_at", UtcDateTime),  # nobody joins a closed list, and nothing is sent to it
)

former_list_names = sa.Table(
    "former_list_names",
    metadata,
    # Names of lists that were renamed or merged: links and addresses in sent mails contain them,
    # and so does the consent record, which is never rewritten.
    sa.Column("slug", sa.String, primary_key=True),
    sa.Column("list_id", Id, sa.ForeignKey("lists.id"), nullable=False, index=True),
)

subscribers = sa.Table(
    "subscribers",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("address", sa.String, nullable=False),  # as the reader wrote it, domain normalised
    # Casefolded: one person.
    sa.Column("address_key", InOrderOfOctets, nullable=False, unique=True),
    sa.Column("name", sa.String, nullable=False, default=""),
    # Followed tag slugs, sorted, between bars: "|ai|security|"; "" follows everything. Equal
    # strings are equal sets of tags, so that editions can be counted and planned by this column.
    sa.Column("follows", sa.String, nullable=False, default=""),
    sa.Column("frequency", sa.String, nullable=False, default="weekly"),  # weekly | monthly
    sa.Column(
        "mail_format", sa.String, nullable=False, server_default="html"
    ),  # subscriber.MailFormat
    # A name of the IANA database that the reader chose; "": the site's own.
    sa.Column("time_zone", sa.String, nullable=False, server_default=""),
    sa.Column("paused_until", UtcDateTime),
    sa.Column("attributes", sa.JSON, nullable=False, default=dict),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("address_since", UtcDateTime),  # the last change of address
    sa.Column("links_since", UtcDateTime),  # personal links made before it no longer work
    # Without it SQLite gives an erased person's number to the next new subscriber, and every
    # link in the old mails would open a stranger's subscription.
    sqlite_autoincrement=True,
)
sa.Index("ix_subscribers_at_domain", at_domain(subscribers.c.address_key))

subscriber_words = sa.Table(
    "subscriber_words",
    metadata,
    # The words of names, under which an editor finds a person: search_words.py.
    sa.Column("word", InOrderOfOctets, primary_key=True),
    sa.Column("subscriber_id", Id, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("list_id", Id, sa.ForeignKey("lists.id"), primary_key=True),
    sa.Column("subscriber_id", Id, sa.ForeignKey("subscribers.id"), primary_key=True),
    sa.Column("status", sa.String, nullable=False),  # subscriber.Status
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Index("ix_subscriptions_subscriber_id", "subscriber_id"),
    index_some(
        "ix_subscriptions_pending", "changed_at", "subscriber_id", where="status = 'pending'"
    ),
    index_some(
        "ix_subscriptions_not_active",
        "list_id",
        "status",
        "subscriber_id",
        where="status <> 'active'",
    ),
)

private_feeds = sa.Table(
    "private_feeds",
    metadata,
    # The feed that a reader made of a list: one at most. Nothing says when it was read, or by whom.
    sa.Column("list_id", Id, sa.ForeignKey("lists.id"), primary_key=True),
    sa.Column("subscriber_id", Id, sa.ForeignKey("subscribers.id"), primary_key=True),
    sa.Column("token_hash", sa.String, nullable=False, unique=True),
    sa.Column("made_at", UtcDateTime, nullable=False),
    # `changed_at` of the subscription: a feed ends when its status changes, whatever changed it.
    sa.Column("subscribed_at", UtcDateTime, nullable=False),
    sa.Column("use", sa.String, nullable=False),  # private_feeds.FeedUse
    sa.Index("ix_private_feeds_subscriber_id", "subscriber_id"),
    index_some("ix_private_feeds_alone", "list_id", "subscriber_id", where="use = 'alone'"),
)

is_feed_alone = private_feeds.c.use == sa.literal_column("'alone'")

is_not_active = subscriptions.c.status != sa.literal_column("'active'")

is_pending = subscriptions.c.status == sa.literal_column("'pending'")

subscription_counts = sa.Table(
    "subscription_counts",
    metadata,
    # Differences; their sum is the number of a list's subscriptions in a status: kept_counts.py.
    sa.Column("id", Id, primary_key=True),
    sa.Column("list_id", Id, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("n", Id, nullable=False),
)

history = sa.Table(
    "subscriber_history",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("subscriber_id", Id, sa.ForeignKey("subscribers.id"), nullable=False, index=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("event", sa.String, nullable=False),
    sa.Column("list_slug", sa.String, nullable=False, default=""),
    sa.Column("way", sa.String, nullable=False),
    sa.Column("detail", sa.String, nullable=False, default=""),
    index_some("ix_subscriber_history_leaving", "list_slug", "at", where="event = 'unsubscribe'"),
    index_some("ix_subscriber_history_confirming", "list_slug", "at", where="event = 'confirm'"),
)

growth = sa.Table(
    "growth",
    metadata,
    # How often something happened on a list, without anything about the reader. `at` is the start
    # of a quarter of an hour, because every time zone's days consist of such quarters. Rows are
    # added up: growth.py.
    sa.Column("id", Id, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column("list_slug", sa.String, nullable=False),
    sa.Column("event", sa.String, nullable=False),
    sa.Column("way", sa.String, nullable=False),
    sa.Column("n", Id, nullable=False),
)

is_leaving = history.c.event == sa.literal_column("'unsubscribe'")

is_confirming = history.c.event == sa.literal_column("'confirm'")

suppressions = sa.Table(
    "suppressions",
    metadata,
    sa.Column("id", Id, primary_key=True),
    # A casefolded address, "@domain", or "#" and a salted hash of an erased address.
    sa.Column("pattern", sa.String, nullable=False, unique=True),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

erasure_salt = sa.Table(
    "erasure_salt",
    metadata,
    sa.Column("id", Id, primary_key=True),  # one row, number 1, made at the first erasure
    sa.Column("salt", sa.String, nullable=False),
)

confirmations = sa.Table(
    "confirmations",
    metadata,
    # How often an address was asked to confirm, without an answer. It is kept by salted hash, so
    # that the count may outlive the request and a victim of list bombing gets no more mails.
    sa.Column("address_hash", sa.String, primary_key=True),
    sa.Column("sent", sa.Integer, nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
)

bounces = sa.Table(
    "bounces",
    metadata,
    # One row for each issue of a list that bounced for a reader.
    sa.Column("subscriber_id", Id, primary_key=True),
    sa.Column("list_slug", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # the issue's; 0: a letter
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("verdict", sa.String, nullable=False),  # inbound.verdict.Verdict
    sa.Column("status", sa.String, nullable=False, default=""),  # RFC 3463
    sa.Column("blame", sa.String, nullable=False, default="", server_default=""),  # blame.Blame
    # A hash of what the report says, equal for equal words: bounces.words_key.
    sa.Column("words", sa.String, nullable=False, default="", server_default=""),
    sa.Index("ix_bounces_at", "at"),
    sa.Index("ix_bounces_words", "list_slug", "number", "words"),
    index_some("ix_bounces_policy", "list_slug", "number", "at", where="verdict = 'policy'"),
)

is_about_policy = bounces.c.verdict == sa.literal_column("'policy'")

address_changes = sa.Table(
    "address_changes",
    metadata,
    # A requested change of address, until it is made, or the way back from one that was made. It is
    # stored here because no link may contain an address.
    sa.Column("id", Id, primary_key=True),
    sa.Column("subscriber_id", Id, nullable=False, index=True),
    sa.Column("list_slug", sa.String, nullable=False),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False, default="change"),  # address_changes.Kind
    sa.Column("asked_at", UtcDateTime, nullable=False, index=True),
    sa.Column("confirmed_at", UtcDateTime),  # by the new address
    sqlite_autoincrement=True,
)

inbound_messages = sa.Table(
    "inbound_messages",
    metadata,
    # Every inbound message, stored before it is handled.
    sa.Column("id", Id, primary_key=True),
    sa.Column(
        "digest", sa.String, nullable=False, unique=True
    ),  # the same mail received twice is one row
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("recipient", sa.String, nullable=False),
    sa.Column("envelope_sender", sa.String),  # "": the null sender; null: unknown
    # Whether our own listener authenticated the sender; null: a mail server in front of us took it.
    sa.Column("authenticated", sa.Boolean),
    sa.Column("content", sa.LargeBinary),  # null once it is handled, unless quarantined
    sa.Column("handled_at", UtcDateTime),
    sa.Column("kind", sa.String, nullable=False, default=""),
    sa.Column("action", sa.String, nullable=False, default=""),
    sa.Column("address", sa.String, nullable=False, default=""),  # of the person whom it was about
    sa.Column("problem", sa.String, nullable=False, default=""),
    # That a reply answers, such as weekly/12; "" for other mail, and where nothing proves it.
    sa.Column("issue", sa.String, nullable=False, default="", server_default=""),
    # Counted and committed before the message is handled, so that a killed process counts too.
    sa.Column("attempts", sa.Integer, nullable=False, default=0, server_default="0"),
    sa.Column("tried_at", UtcDateTime),
    sa.Column("traceback", sa.Text, nullable=False, default="", server_default=""),
    sa.Index("ix_inbound_messages_handled_at", "handled_at"),
    sa.Index("ix_inbound_messages_address", "address"),
    sa.Index("ix_inbound_messages_kind", "kind", "id"),
    index_some("ix_inbound_messages_kept", "id", where="content IS NOT NULL"),
)

provider_events = sa.Table(
    "provider_events",
    metadata,
    # Each event that a mail provider reported, by a hash of the provider and the event's id, so
    # that an event that is reported again changes nothing.
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
)

provider_event_counts = sa.Table(
    "provider_event_counts",
    metadata,
    sa.Column("provider", sa.String, primary_key=True),
    sa.Column("outcome", sa.String, primary_key=True),  # provider_events.act.EventOutcome
    sa.Column("n", Id, nullable=False),
)

inbound_counts = sa.Table(
    "inbound_counts",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("n", Id, nullable=False),
)

COUNTS = (subscription_counts, inbound_counts)
"""Tables of counts that database triggers maintain."""

DERIVED = (*COUNTS, subscriber_words)
"""All tables that follow from others, and are not copied with them."""
