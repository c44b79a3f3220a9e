"""The words under which a person is found: the address, and each word of the name.

Database triggers keep them, so that whatever stores, renames, moves or erases a person cannot
forget to. A search reads one range of one index for each word, however many people there are.
"""

from __future__ import annotations

import string
from collections.abc import Sequence

import sqlalchemy as sa

from subscribers import tables

MOST_WORDS = 5
"""Words of a search that are looked for; what follows them is ignored."""

_LAST = "\U0010ffff"
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a search (pure)."""
    return tuple(text.replace("\x00", "").split()[:MOST_WORDS])


def begins_with(word: str) -> sa.ColumnElement[bool]:
    """The condition on `subscriber_words` that a stored word begins with this one, in any case."""
    column = tables.subscriber_words.c.word
    return sa.or_(*(sa.and_(column >= one, column < one + _LAST) for one in spellings(word)))


def spellings(word: str) -> Sequence[str]:
    """The ways in which the database may have stored the word (pure).

    SQLite, and PostgreSQL with the locale C, make only ASCII letters lower case.
    """
    cased = (word, word.lower(), word.upper(), word.capitalize())
    return list(dict.fromkeys(one.translate(_LOWER) for one in cased))


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


TRIGGERS = {"postgresql": (_on_postgresql(),), "sqlite": _on_sqlite()}
"""The statements by dialect, for the migration that creates the table."""

FILL = {dialect: _fill(dialect, "subscribers") for dialect in _WORDS}
"""What fills the table for the people there are, by dialect."""
