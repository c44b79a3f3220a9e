"""The words under which people are found, imports in the background, and replies by issue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import Id, UtcDateTime

revision = "0030"
down_revision = "0029"

_FILL = """
INSERT INTO subscriber_words (word, subscriber_id)
SELECT p.address_key, p.id FROM {people} AS p
UNION SELECT lower(w.value), p.id FROM {people} AS p, {words} AS w{column}
WHERE p.name <> '' AND w.value <> ''"""

_NEW = "(SELECT NEW.id AS id, NEW.address_key AS address_key, NEW.name AS name)"
_COLUMNS = {"postgresql": "(value)", "sqlite": ""}
_WORDS = {
    "postgresql": "LATERAL regexp_split_to_table({name}, ' +')",
    "sqlite": """json_each('[' || replace(json_quote({name}), ' ', '","') || ']')""",
}


def _fill(dialect: str, people: str) -> str:
    words = _WORDS[dialect].format(name="p.name")
    return _FILL.format(people=people, words=words, column=_COLUMNS[dialect])


def _clear(dialect: str) -> str:
    words = _WORDS[dialect].format(name="OLD.name").removeprefix("LATERAL ")
    return f"""
DELETE FROM subscriber_words WHERE subscriber_id = OLD.id AND word IN (
  SELECT OLD.address_key UNION SELECT lower(w.value) FROM {words} AS w{_COLUMNS[dialect]})"""  # noqa: S608 - our own names


def _on_sqlite() -> tuple[str, ...]:
    fill, clear = _fill("sqlite", _NEW), _clear("sqlite")
    return (
        f"CREATE TRIGGER words_arrived AFTER INSERT ON subscribers BEGIN {fill}; END",
        f"CREATE TRIGGER words_gone AFTER DELETE ON subscribers BEGIN {clear}; END",
        "CREATE TRIGGER words_changed AFTER UPDATE OF address_key, name ON subscribers "
        "WHEN OLD.address_key <> NEW.address_key OR OLD.name <> NEW.name "
        f"BEGIN {clear}; {fill}; END",
    )


def _on_postgresql() -> str:
    return f"""
CREATE FUNCTION keep_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP <> 'INSERT' THEN {_clear("postgresql")};
  END IF;
  IF TG_OP <> 'DELETE' THEN {_fill("postgresql", _NEW)};
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER words_kept AFTER INSERT OR DELETE OR UPDATE OF address_key, name ON subscribers
  FOR EACH ROW EXECUTE FUNCTION keep_words()
"""


_TRIGGERS = {"postgresql": (_on_postgresql(),), "sqlite": _on_sqlite()}
_FILL_ALL = {dialect: _fill(dialect, "subscribers") for dialect in _WORDS}


def upgrade() -> None:
    """Add the tables, and the words of the people there are."""
    dialect = op.get_bind().dialect.name
    op.create_table(
        "subscriber_words",
        sa.Column(
            "word",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("subscriber_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("word", "subscriber_id", name=op.f("pk_subscriber_words")),
        sqlite_with_rowid=False,
    )
    op.execute(_FILL_ALL[dialect])
    for statement in _TRIGGERS[dialect]:
        op.execute(statement)
    op.create_table(
        "people_imports",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("octets", Id, nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done", Id, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_imports")),
    )
    op.add_column(
        "inbound_messages", sa.Column("issue", sa.String(), nullable=False, server_default="")
    )
    op.create_index("ix_inbound_messages_kind", "inbound_messages", ["kind", "id"])
