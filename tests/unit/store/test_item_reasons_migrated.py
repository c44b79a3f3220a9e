"""The step that turned the reasons of items into values: what was written in words is kept."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.article import Tag
from newsletter.issues.edits import Add
from newsletter.issues.issue import Follows, Item
from newsletter.issues.reasons import ADDED, Inclusion, InclusionReason
from newsletter.issues.wording import inclusion_text
from newsletter.store.articles import article_to_json
from newsletter.store.database import open_database
from newsletter.store.edit_log import history
from newsletter.store.issues import find_issue
from newsletter.store.migrations import upgrade
from tests.factories.issues import make_article, make_item

NOW = datetime(2026, 3, 9, 7, tzinfo=UTC)
DAY = "published 2026-03-02"
ARTICLE = make_article(
    published=datetime(2026, 3, 2, 23, 30, tzinfo=UTC),
    tags=tuple(Tag(slug=label, label=label) for label in ("space", "a, b", "bees")),
)
FOLLOWS = Follows(number=3, title="A tale; of snow", url="https://example.org/3")
KIND = InclusionReason

SENTENCES = [
    (
        f"{DAY}, inside the window; in Security, which takes what no other section took",
        Inclusion(kind=KIND.IN_WINDOW, section="Security"),
    ),
    (
        f"{DAY}, inside the window; in Up by its tags and down by its tags space, a, b, covered by 3 sources",
        Inclusion(
            kind=KIND.IN_WINDOW,
            section="Up by its tags and down",
            tags=("space", "a, b"),
            other_sources=2,
        ),
    ),
    (
        f"{DAY}, before the window, but first seen since the last issue; in News by its tags bees",
        Inclusion(kind=KIND.FIRST_SEEN_LATE, section="News", tags=("bees",)),
    ),
    (
        "withdrawn by its source; kept by an editor; in News by its tags bees",
        Inclusion(kind=KIND.WITHDRAWN_BUT_KEPT, section="News", tags=("bees",)),
    ),
    (
        "kept by an editor; in News, which takes what no other section took, covered by 2 sources",
        Inclusion(kind=KIND.KEPT, section="News", other_sources=1),
    ),
    (
        "no source of this newsletter has it any more; kept by an editor",
        Inclusion(kind=KIND.GONE_BUT_KEPT),
    ),
    ("added by an editor", ADDED),
    *[
        (sentence, Inclusion(kind=KIND.FREE_TEXT, text=sentence))
        for sentence in (
            "",
            "pinned by an editor",
            "added by an editor; in",
            "published 2026-03-01, inside the window; in News by its tags bees",  # another day
            f"{DAY}, inside the window; in News by its tags honey",  # a tag that it has no more
            f"{DAY}, inside the window; follows No. 4: Another",
        )
    ],
]


def item_of(reason: Inclusion, follows: Follows | None = None) -> Item:
    """An item with this reason."""
    return make_item(ARTICLE, reason=reason, follows=follows)


@pytest.mark.parametrize(("sentence", "reason"), SENTENCES)
def test_the_words_for_an_item_are_what_they_were(sentence: str, reason: Inclusion) -> None:
    """`show` and the desk say of an old issue what they said."""
    assert inclusion_text(item_of(reason)) == sentence


@given(
    st.builds(
        Inclusion,
        kind=st.sampled_from([kind for kind in KIND if kind is not KIND.FREE_TEXT]),
        section=st.text(max_size=30),
        tags=st.sampled_from([(), ("space",), ("a, b", "bees"), ("space", "bees")]),
        other_sources=st.integers(0, 3),
    ),
    st.sampled_from([None, FOLLOWS]),
)
def test_no_sentence_changes(reason: Inclusion, follows: Follows | None) -> None:
    """Whatever a section is called, the words for the value are the sentence it was read from."""
    reason_value = import_module(
        "newsletter.store.migrations.versions.0006_item_reasons"
    ).reason_value
    before = item_of(reason, follows)
    sentence = inclusion_text(before)
    value = reason_value(sentence, article_to_json(ARTICLE), asdict(follows) if follows else None)
    tags = tuple(value.pop("tags", ()))
    after = replace(before, reason=Inclusion(**{**value, "kind": KIND(value["kind"])}, tags=tags))
    assert inclusion_text(after) == sentence


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_stands_in_the_database_becomes_values(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Of items and of the edits that add one; a sentence that is unknown is kept as it is."""
    url = "sqlite:///old.db"
    if kind == "postgres":
        url = request.getfixturevalue("empty_postgres_url")
    database = open_database(url, tmp_path)
    request.addfinalizer(database.close)
    upgrade(database, to="0005")
    old = sa.MetaData()
    now = NOW.replace(tzinfo=None).isoformat() if database.is_sqlite else NOW
    with database.transaction() as connection:
        old.reflect(connection, only=["issues", "items", "edits"])
        connection.execute(
            sa.insert(old.tables["issues"]).values(
                id=1, newsletter="weekly", number=1, state="sent", window_start=now,
                window_end=now, due=now, due_date="2026-03-09", subject="s", preheader="p",
                frozen_hash="", words={}, blocks=[], version=1,
            )
        )  # fmt: skip
        for position, (sentence, _reason) in enumerate(SENTENCES):
            follows = FOLLOWS if position == 0 else None
            ending = f"; follows No. 3: {FOLLOWS.title}" if follows else ""
            connection.execute(
                sa.insert(old.tables["items"]).values(
                    issue_id=1, article_key=f"k{position}", section="News", position=position,
                    pinned=False, hidden=False, placed=False, reason=sentence + ending,
                    overrides={}, article=article_to_json(ARTICLE),
                    follows=asdict(follows) if follows else None,
                )
            )  # fmt: skip
        added = {"kind": "add", "article": article_to_json(ARTICLE), "section": "News"}
        connection.execute(
            sa.insert(old.tables["edits"]).values(
                issue_id=1, version=1, at=now, editor="e", said="s", targets=[],
                done=[{**added, "reason": "added by an editor"}],
                inverse=[{**added, "reason": "as an older version said"}],
            )
        )  # fmt: skip
    upgrade(database)
    with database.transaction(read_only=True) as connection:
        issue = find_issue(connection, "weekly", 1)
        assert [item.reason for item in issue.items] == [reason for _sentence, reason in SENTENCES]
        assert (
            inclusion_text(issue.items[0]) == f"{SENTENCES[0][0]}; follows No. 3: {FOLLOWS.title}"
        )
        (entry,) = history(connection, issue)
    (done,), (inverse,) = entry.done, entry.inverse
    assert isinstance(done, Add)
    assert isinstance(inverse, Add)
    assert done.reason == ADDED
    assert inverse.reason == Inclusion(kind=KIND.FREE_TEXT, text="as an older version said")
