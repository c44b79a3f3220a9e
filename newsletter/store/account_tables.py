"""The tables of editors: accounts, sessions, passkeys, API keys, attempts, the record, files, comments."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.store.table_metadata import metadata
from subscribers.tables import Id, UtcDateTime, index_some

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("address_key", sa.String, nullable=False, unique=True),  # casefolded, one per person
    sa.Column("name", sa.String, nullable=False, default=""),
    sa.Column("role", sa.String, nullable=False),  # store.users.Role
    sa.Column(
        "password_hash", sa.String, nullable=False, default=""
    ),  # "": signs in by e-mail only
    sa.Column("created_at", UtcDateTime, nullable=False),
    # Ids are not reused: an old session or link must never open a later user's account.
    sqlite_autoincrement=True,
)

sign_in_links = sa.Table(
    "sign_in_links",
    metadata,
    sa.Column("token_hash", sa.String, primary_key=True),
    sa.Column("user_id", Id, sa.ForeignKey("users.id")),  # null: creates the first user
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Index("ix_sign_in_links_user_id", "user_id"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("token_hash", sa.String, nullable=False, unique=True),
    sa.Column("user_id", Id, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("browser", sa.String, nullable=False, default=""),  # so that the editor recognises it
    # Whether a passkey or a code was asked for, too.
    sa.Column(
        "second_factor", sa.Boolean, nullable=False, default=False, server_default=sa.false()
    ),
    sqlite_autoincrement=True,
)

passkeys = sa.Table(
    "passkeys",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("user_id", Id, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("credential_id", sa.String, nullable=False, unique=True),  # base64url
    sa.Column("user_handle", sa.String, nullable=False),  # base64url, one for all of an editor
    sa.Column("public_key", sa.LargeBinary, nullable=False),  # COSE
    sa.Column("sign_count", Id, nullable=False),  # 0: the device does not count
    sa.Column("name", sa.String, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_used_at", UtcDateTime),
    sqlite_autoincrement=True,
)

authenticator_apps = sa.Table(
    "authenticator_apps",
    metadata,
    sa.Column("user_id", Id, sa.ForeignKey("users.id"), primary_key=True, autoincrement=False),
    sa.Column("secret", sa.String, nullable=False),  # encrypted with the site's secret
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_step", Id, nullable=False),  # of the last code that was used (RFC 6238)
)

recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    # A row is deleted when its code is used.
    sa.Column("code_hash", sa.String, primary_key=True),
    sa.Column("user_id", Id, sa.ForeignKey("users.id"), nullable=False, index=True),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("token_hash", sa.String, nullable=False, unique=True),
    sa.Column("user_id", Id, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.String, nullable=False),  # its purpose
    sa.Column("created_at", UtcDateTime, nullable=False),
    # What it may do: scopes separated by spaces (api_tokens.Scope); "": everything.
    sa.Column("scopes", sa.String, nullable=False, default="", server_default=""),
    sa.Column("expires_at", UtcDateTime),  # null: never
    sa.Column("last_used_at", UtcDateTime),  # to the hour; null: not since this is kept
    sa.UniqueConstraint("user_id", "name", name="uq_api_tokens_user_id"),
)

api_answers = sa.Table(
    "api_answers",
    metadata,
    # Answers to requests that carry an idempotency key, for requests that are repeated.
    sa.Column("key", sa.String, primary_key=True),  # a hash of the editor and the key
    sa.Column("request", sa.String, nullable=False),  # a hash of method, path and body
    sa.Column("asked_at", UtcDateTime, nullable=False, index=True),
    sa.Column("status", sa.Integer),  # null: the first request is still being handled
    sa.Column("answer", sa.Text, nullable=False, default=""),
)

tries = sa.Table(
    "tries",
    metadata,
    # The attempts since `since` at something limited, by a keyed hash of who made them.
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("since", UtcDateTime, nullable=False, index=True),
    sa.Column("count", sa.Integer, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    # An address, not a user's id, because the record outlives the account.
    sa.Column("who", sa.String, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("detail", sa.String, nullable=False, default=""),
    # Its place in the chain; null until its transaction commits. See store/audit_chain.py.
    sa.Column("position", sa.Integer, unique=True),
    sa.Column("salt", sa.String),
    sa.Column("digest", sa.String),  # of the salt and the detail
    sa.Column("hash", sa.String, unique=True),
    sa.Index("ix_audit_what", "what", "detail"),
)

audit_chain = sa.Table(
    "audit_chain",
    metadata,
    # One row, as soon as there is an entry: where the chain starts and ends.
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("start_position", sa.Integer, nullable=False),  # of the last entry that was pruned
    sa.Column("start_hash", sa.String, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
    sa.Column("told", sa.Integer, nullable=False),  # up to which position the log has them
)

people_imports = sa.Table(
    "people_imports",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.String, nullable=False),  # the editor's address
    sa.Column("file_name", sa.String, nullable=False),
    sa.Column("content", sa.LargeBinary),  # null once it is imported, dropped or a day old
    sa.Column("octets", Id, nullable=False),
    sa.Column("choices", sa.JSON, nullable=False),  # store.people_imports.ImportChoices
    sa.Column("state", sa.String, nullable=False),  # store.people_imports.ImportState
    sa.Column("done", Id, nullable=False, default=0),  # octets of the file
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("report", sa.JSON, nullable=False, default=dict),
    sa.Column("problem", sa.String, nullable=False, default=""),
    sa.Column("finished_at", UtcDateTime),
)

review_comments = sa.Table(
    "review_comments",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("issue_id", Id, sa.ForeignKey("issues.id"), nullable=False, index=True),
    sa.Column("article_key", sa.String, nullable=False),  # "": of the whole issue
    sa.Column("about", sa.String, nullable=False),  # the headline, which outlives the article
    sa.Column("name", sa.String, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("told_at", UtcDateTime),  # when the publishers were told by mail
    sa.Column("resolved_at", UtcDateTime),
    sa.Column("resolved_by", sa.String),
    index_some("ix_review_comments_untold", "at", where="told_at IS NULL"),
)
