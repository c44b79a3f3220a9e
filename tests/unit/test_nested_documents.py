"""Brackets without end are refused wherever we read JSON, TOML or addresses of somebody else.

The parsers call themselves for each level, and raise RecursionError, which is no ValueError.
"""

from __future__ import annotations

import ast
import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

import newsletter
import subscribers
from newsletter.articles.tags import make_vocabulary
from newsletter.config.sender import parse_sender
from newsletter.pipeline.import_people import read_file
from subscribers.errors import ImportFileError
from subscribers.importing.json_people import DEEPEST, read_json_people
from subscribers.importing.options import ImportOptions
from subscribers.sasl import reported_error

NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)

PARSERS = {
    *("json.loads", "json.load", "tomllib.loads", "tomllib.load"),
    *("parseaddr", "getaddresses", "SMTP.header_factory"),
}

OUR_OWN = {
    "newsletter/config/source_changing.py": "the text of newsletter.toml, which was read before",
    "newsletter/config/source_editing.py": "the text of newsletter.toml, which was read before",
    "newsletter/config/table_changing.py": "the text of newsletter.toml, which was read before",
    "newsletter/config/webhook_editing.py": "the text of newsletter.toml, which was read before",
    "newsletter/pipeline/migrate_database.py": "what the migration wrote into the database",
    "newsletter/rendering/lint/clients.py": "a file of the package",
    "newsletter/site/uploaded_pictures.py": "notes that the program wrote into the site's folder",
    "newsletter/store/ledger/journal.py": "lines that a sender wrote, with a checksum each",
    "newsletter/store/seal.py": "what the migration wrote into the database",
    "newsletter/web/api/document.py": "what FastAPI made of our models",
    "newsletter/web/signin/passkeys.py": "what the library made of our options",
    "subscribers/importing/json_people.py": "the function that calls it catches the error",
}
"""Where nothing there catches it, and why."""


def uncaught(path: Path) -> Iterator[int]:
    """The lines that parse outside of a `try` that expects RecursionError."""
    text = path.read_text(encoding="utf-8")
    if not any(name in text for name in PARSERS):
        return
    tree = ast.parse(text)
    caught: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any(
            "RecursionError" in ast.unparse(handler.type or ast.Constant(""))
            for handler in node.handlers
        ):
            caught |= {inner for statement in node.body for inner in ast.walk(statement)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PARSERS and node not in caught:
            yield node.lineno


def test_only_our_own_documents_are_read_without_that_error_in_mind() -> None:
    """A new place catches RecursionError, or is added above with its reason."""
    root = Path(newsletter.__file__).parents[1]
    packages = [Path(package.__file__ or "").parent for package in (newsletter, subscribers)]
    found = {
        str(path.relative_to(root))
        for package in packages
        for path in package.rglob("*.py")
        if any(uncaught(path))
    }
    assert found == set(OUR_OWN)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_people_in_json_may_be_nested_as_exports_are(opening: str) -> None:
    """The reader kept the whole path of each level, so that 80 kB took 6 GB."""
    deep = opening * 50_000
    with pytest.raises(ImportFileError, match="levels deep"):
        read_json_people(lambda: StringIO(deep), "people.json")
    lists = "[" * (DEEPEST - 3) + "]" * (DEEPEST - 3)
    text = f'{{"data": [{{"email": "jo@example.org", "more": {lists}}}]}}'
    header, rows = read_json_people(lambda: StringIO(text), "people.json")
    assert header == ["email", "more"]
    assert len(list(rows)) == 1


@pytest.mark.parametrize("nested", ["<a@example.org>: " * 2_000, "(" * 9_000 + "<", "a:<" * 3_000])
def test_a_row_of_nested_addresses_is_one_bad_row(nested: str) -> None:
    """The others of the file are read, whichever kind of file it is."""
    options = ImportOptions(list_slug="weekly", source_name="people.csv", now=NOW)
    people = f"jo@example.org\n{nested}\nbo@example.org\n"
    for file in (people, f"email\n{people}"):
        pages = read_file(file.encode(), options, make_vocabulary([], {}), frozenset())
        rows = [row for page in pages for row in page.rows]
        assert ["jo@" in str(rows[0]), "bo@" in str(rows[-1])] == [True, True]


@pytest.mark.parametrize("answer", [b"[" * 100_000, base64.b64encode(b"[" * 100_000)])
def test_a_relay_that_answers_with_brackets_is_quoted(answer: bytes) -> None:
    """As with any other words that are no JSON object."""
    assert reported_error(answer) == "[" * 200


@pytest.mark.parametrize("sender", ["(" * 5_000, "a:" * 5_000, "Jo <" * 3_000])
def test_a_sender_of_brackets_is_refused(sender: str) -> None:
    """As a publisher may type it into the form for the newsletter's name and sender."""
    with pytest.raises(ValueError, match="write Name"):
        parse_sender(sender)
