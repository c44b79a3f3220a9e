"""The tables of sending: the ledger, limits, nodes, the outbox and webhooks."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.store.table_metadata import metadata
from subscribers.tables import Id, UtcDateTime, index_some

deliveries = sa.Table(
    "deliveries",
    metadata,
    # No foreign keys: planning a million rows would check the same issue a million times, which
    # doubles the time. Issues and editions with deliveries are never deleted.
    sa.Column("issue_id", Id, primary_key=True),
    # Subscribers belong to another package: erasing a person does not change the ledger.
    sa.Column("subscriber_id", Id, primary_key=True),
    sa.Column("edition_id", Id, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("retry_at", UtcDateTime),
    sa.Column("sender", sa.String),  # the sender that claimed it
    sa.Column("claimed_at", UtcDateTime),
    # The hour of the reader's own day, frozen when it is planned. While the delivery waits for it,
    # it stands in retry_at too, by which a claim finds what may go.
    sa.Column("not_before", UtcDateTime),
    sa.Index("ix_deliveries_state", "issue_id", "state", "retry_at", "subscriber_id"),
    sqlite_with_rowid=False,  # a third less to write in each commit
)

waves = sa.Table(
    "waves",
    metadata,
    # An issue's deliveries with one `not_before`, as they were planned.
    sa.Column("issue_id", Id, sa.ForeignKey("issues.id"), primary_key=True),
    sa.Column("not_before", UtcDateTime, primary_key=True),
    sa.Column("planned", Id, nullable=False),
    sa.Column("zones", sa.JSON, nullable=False),  # names of time zones; "" is the site's own
)

ledger_counts = sa.Table(
    "ledger_counts",
    metadata,
    sa.Column("issue_id", Id, primary_key=True),
    sa.Column("sender", sa.String, primary_key=True),  # see ledger/counts.py
    sa.Column("relay", sa.String, primary_key=True),  # "": counts deliveries, not attempts
    sa.Column("state", sa.String, primary_key=True),
    sa.Column("n", Id, nullable=False),
    sqlite_with_rowid=False,
)

journals = sa.Table(
    "journals",
    metadata,
    # The journals of senders on SQLite: see ledger/journal.py. A row is written before any claim.
    sa.Column("sender", sa.String, primary_key=True),
    sa.Column("issue_id", Id, nullable=False),
    sa.Column("posted", Id, nullable=False),  # how many of its receipts are in the ledger
)

receipts = sa.Table(
    "receipts",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("issue_id", Id, nullable=False),
    sa.Column("subscriber_id", Id, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("relay", sa.String, nullable=False),
    sa.Column("code", sa.Integer, nullable=False),
    sa.Column("enhanced", sa.String, nullable=False),
    sa.Column("text", sa.String, nullable=False),
    sa.Index("ix_receipts_issue_id", "issue_id", "subscriber_id"),
    sa.Index("ix_receipts_at", "at"),  # for the relays' current rates
    index_some("ix_receipts_refusals", "issue_id", "subscriber_id", where="state <> 'accepted'"),
)

is_refusal = receipts.c.state != sa.literal_column("'accepted'")

relay_limits = sa.Table(
    "relay_limits",
    metadata,
    sa.Column("relay", sa.String, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("standings", sa.JSON, nullable=False),  # [delivery.rates.LimitState]
    sa.Column("day", sa.String, nullable=False),  # the relay's local date
    sa.Column("sent", sa.Integer, nullable=False),  # messages granted on that day
    # Those of `sent` that senders hold, and may give back until `reserved_until`.
    sa.Column("reserved", sa.Integer, nullable=False, default=0),
    sa.Column("reserved_until", UtcDateTime),
)

relay_troubles = sa.Table(
    "relay_troubles",
    metadata,
    sa.Column("relay", sa.String, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("said", sa.String, nullable=False),  # the relay's answer, or why there is none
    sa.Column("again_at", UtcDateTime),  # when it is tried again
)

nodes = sa.Table(
    "nodes",
    metadata,
    sa.Column("id", sa.String, primary_key=True),  # the sender's id in liveness.py
    sa.Column("name", sa.String, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("rate", sa.Float, nullable=False),  # recent messages a second
    sa.Column("holds", sa.JSON, nullable=False),  # [store.nodes.Holding]
)

troubles_of_nodes = sa.Table(
    "troubles_of_nodes",
    metadata,
    # Why a node stopped sending an issue, for the process that planned it; a new plan deletes it.
    sa.Column("issue_id", Id, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),  # store.nodes.NodeStopKind
    sa.Column("said", sa.String, nullable=False),
)

webhook_endpoints = sa.Table(
    "webhook_endpoints",
    metadata,
    sa.Column("url", sa.String, primary_key=True),
    sa.Column("first_seen", UtcDateTime, nullable=False),  # earlier events are not reported
    sa.Column("history_id", Id, nullable=False),  # the history up to this row has messages
)

webhook_messages = sa.Table(
    "webhook_messages",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("url", sa.String, nullable=False),
    # "history 17", "issue weekly/12": each is sent once
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("event", sa.String, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("retry_at", UtcDateTime),  # null: delivered, or given up
    sa.Column("delivered_at", UtcDateTime),
    sa.Column("answer", sa.String, nullable=False, default=""),  # the result of the last attempt
    sa.UniqueConstraint("url", "subject", name="uq_webhook_messages_url"),
    sa.Index("ix_webhook_messages_retry_at", "retry_at"),
    sa.Index("ix_webhook_messages_created_at", "created_at"),
)

form_requests = sa.Table(
    "form_requests",
    metadata,
    # What was asked for by a form and is not done yet; see store/form_requests.py.
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),  # store.form_requests.FormKind
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False, index=True),
)

welcome_issues = sa.Table(
    "welcome_issues",
    metadata,
    # The issue that a new reader got at once, which had gone out before. It is not among the
    # deliveries, whose sum is settled (rule 2).
    sa.Column("issue_id", Id, sa.ForeignKey("issues.id"), primary_key=True),
    sa.Column("subscriber_id", Id, primary_key=True),
    sa.Column("edition_id", Id, sa.ForeignKey("editions.id"), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_welcome_issues_subscriber_id", "subscriber_id"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    # Letters that wait for a relay. A row is deleted when its letter is accepted or given up; one
    # with unknown outcome stays visible and is not sent again.
    sa.Column("id", Id, primary_key=True),
    sa.Column("recipient", sa.String, nullable=False),
    sa.Column("envelope_sender", sa.String, nullable=False),
    sa.Column("message", sa.LargeBinary, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("retry_at", UtcDateTime, nullable=False),
    sa.Column("answer", sa.String, nullable=False, default=""),
    sa.Column("state", sa.String, nullable=False, default="pending"),  # a DeliveryState
    sa.Column("sender", sa.String),  # the sender that claimed it: see liveness.py
    # A correction or a dated letter to a reader has neither recipient nor message: both are made
    # when it is claimed.
    sa.Column("correction_id", Id),
    sa.Column("subscriber_id", Id),
    sa.Column("letter_text_id", Id),
    sa.Index("ix_outbox_state_retry_at", "state", "retry_at"),
    index_some("ix_outbox_corrections", "correction_id", where="correction_id IS NOT NULL"),
    index_some("ix_outbox_letters", "letter_text_id", where="letter_text_id IS NOT NULL"),
)

corrections = sa.Table(
    "corrections",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("issue_id", Id, sa.ForeignKey("issues.id"), nullable=False, index=True),
    sa.Column("article_key", sa.String, nullable=False),
    sa.Column("headline", sa.String, nullable=False),  # as readers saw it
    sa.Column("url", sa.String, nullable=False),  # the story's link in the issue
    sa.Column("text", sa.Text, nullable=False),  # "": nobody is written to
    sa.Column("new_url", sa.String, nullable=False),  # "": the link stays
    sa.Column("written_at", UtcDateTime, nullable=False),
    sa.Column("written_by", sa.String, nullable=False),
    sa.Column("approved_at", UtcDateTime),
    sa.Column("approved_by", sa.String, nullable=False, default=""),
    # Its mail, frozen when it is written: rendering.edition.Edition
    sa.Column("nonce", sa.String, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("plain", sa.Text, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    # Its letters: the readers up to the id `passed` have one in the outbox, or had.
    sa.Column("passed", Id, nullable=False, default=0),
    sa.Column("all_queued", sa.Boolean, nullable=False, default=False),
    sa.Column("queued", Id, nullable=False, default=0),
    sa.Column("accepted", Id, nullable=False, default=0),
)
