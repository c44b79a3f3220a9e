"""How a person is found: by the address, by its domain, and by each word of the name.

The address and its domain have indexes of their own. The words of names are a table, which the
database's triggers keep when a person is renamed or erased. New people arrive by thousands, so
that `keep_names` adds theirs at once, in the order of the index. A search reads one range of each
index, however many people there are.
"""

from __future__ import annotations

import json
import string
from collections.abc import Sequence

import sqlalchemy as sa

from subscribers import tables
from subscribers.sql import at_domain

MOST_WORDS = 5
"""Words of a search that are looked for; what follows them is ignored."""

_LAST = "\U0010ffff"
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a search (pure)."""
    return tuple(text.replace("\x00", "").split()[:MOST_WORDS])


def word_begins(word: str) -> sa.ColumnElement[bool]:
    """The condition on `subscriber_words` that a stored word begins with this one, in any case."""
    return _begins(tables.subscriber_words.c.word, spellings(word))


def address_begins(word: str) -> sa.ColumnElement[bool]:
    """The condition on `subscribers` that the address begins with this word, in any case."""
    return _begins(tables.subscribers.c.address_key, [_as_address(word)])


def domain_begins(word: str) -> sa.ColumnElement[bool]:
    """The condition on `subscribers` that the address's domain begins with this word, in any case."""
    return _begins(at_domain(tables.subscribers.c.address_key), [_as_domain(word)])


def begins(word: str, address_key: str, name: str) -> bool:
    """Whether the word begins the address, its domain or a word of the name, in any case (pure)."""
    return (
        address_key.startswith(_as_address(word))
        or f"@{address_key.rpartition('@')[2]}".startswith(_as_domain(word))
        or any(one.casefold().startswith(word.casefold()) for one in name.split())
    )


def _as_address(word: str) -> str:
    """The beginning of an address as it is stored: only its local part is casefolded (pure)."""
    local, at_sign, domain = word.partition("@")
    return f"{local.casefold()}{at_sign}{domain.lower()}"


def _as_domain(word: str) -> str:
    return f"@{word.removeprefix('@').lower()}"


def _begins(column: sa.ColumnElement[str], beginnings: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.or_(*(sa.and_(column >= one, column < one + _LAST) for one in beginnings))


def spellings(word: str) -> Sequence[str]:
    """The ways in which the database may have stored the word (pure).

    SQLite, and PostgreSQL with the locale C, make only ASCII letters lower case.
    """
    cased = (word, word.lower(), word.upper(), word.capitalize())
    return list(dict.fromkeys(one.translate(_LOWER) for one in cased))


def keep_names(connection: sa.Connection, people: Sequence[int]) -> None:
    """Add the words of the names of these new people."""
    if people:
        dialect = connection.dialect.name
        given = json.dumps(people) if dialect == "sqlite" else list(people)
        connection.execute(sa.text(_ADD[dialect]), {"people": given})


_FILL = """
INSERT INTO subscriber_words (word, subscriber_id)
SELECT DISTINCT lower(w.value), p.id FROM {people} AS p, {words} AS w{column}
WHERE {which} AND p.name <> '' AND w.value <> '' ORDER BY 1, 2"""

_COLUMNS = {"postgresql": "(value)", "sqlite": ""}
_WORDS = {
    "postgresql": "unnest(string_to_array({name}, ' '))",
    "sqlite": """json_each('[' || replace(json_quote({name}), ' ', '","') || ']')""",
}


def _fill(dialect: str, people: str = "subscribers", which: str = "true") -> str:
    words = _WORDS[dialect].format(name="p.name")
    return _FILL.format(people=people, words=words, column=_COLUMNS[dialect], which=which)


def _clear(dialect: str) -> str:
    words = _WORDS[dialect].format(name="OLD.name")
    return f"""
DELETE FROM subscriber_words WHERE subscriber_id = OLD.id AND word IN (
  SELECT lower(w.value) FROM {words} AS w{_COLUMNS[dialect]})"""  # noqa: S608 - our own names


_RENAMED = "(SELECT NEW.id AS id, NEW.name AS name)"


def _on_sqlite() -> tuple[str, ...]:
    fill, clear = _fill("sqlite", _RENAMED), _clear("sqlite")
    return (
        "CREATE TRIGGER words_gone AFTER DELETE ON subscribers "
        f"WHEN OLD.name <> '' BEGIN {clear}; END",
        "CREATE TRIGGER words_changed AFTER UPDATE OF name ON subscribers "
        f"WHEN OLD.name <> NEW.name BEGIN {clear}; {fill}; END",
    )


def _on_postgresql() -> tuple[str, ...]:
    return (
        f"""
CREATE FUNCTION keep_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  {_clear("postgresql")};
  IF TG_OP = 'UPDATE' THEN {_fill("postgresql", _RENAMED)};
  END IF;
  RETURN NULL;
END $$""",
        "CREATE TRIGGER words_gone AFTER DELETE ON subscribers "
        "FOR EACH ROW WHEN (OLD.name <> '') EXECUTE FUNCTION keep_words()",
        "CREATE TRIGGER words_changed AFTER UPDATE OF name ON subscribers "
        "FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION keep_words()",
    )


_ADD = {
    "postgresql": _fill("postgresql", which="p.id = ANY(:people)"),
    "sqlite": _fill("sqlite", which="p.id IN (SELECT value FROM json_each(:people))"),
}

TRIGGERS = {"postgresql": _on_postgresql(), "sqlite": _on_sqlite()}
"""The statements by dialect, for the migration that creates the table."""

FILL = {dialect: _fill(dialect) for dialect in _WORDS}
"""What fills the table for the people there are, by dialect."""
