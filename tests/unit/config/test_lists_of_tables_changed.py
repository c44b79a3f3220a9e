"""A list of tables is changed in the text of newsletter.toml, and everything else in it stays."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from newsletter.config.table_changing import Row, Rows, with_values
from newsletter.errors import ConfigurationError

PATH = ("newsletters", "weekly")
TABLES = """\
[newsletters.weekly]
title = "The Weekly"  # ours

# First.
[[newsletters.weekly.sections]]
title = "One"
exclude = ["x"]  # never

# Second.
[[newsletters.weekly.sections]]
title = "Two"

# A source.
[[newsletters.weekly.sources]]
folder = "notes"
"""
INLINE = """\
[newsletters.weekly]
title = "The Weekly"
sections = [{title = "One", exclude = ["x"]}, {title = "Two"}]

[[newsletters.weekly.sources]]
folder = "notes"
"""


def row(former: int | None, **values: Any) -> Row:
    """A row as it is to be."""
    return Row(former=former, values=values)


def sections(text: str) -> list[dict[str, Any]]:
    """The sections in the text."""
    found: list[dict[str, Any]] = tomllib.loads(text)["newsletters"]["weekly"]["sections"]
    return found


@pytest.mark.parametrize("text", [TABLES, INLINE], ids=["tables", "inline"])
def test_rows_move_change_go_and_come(text: str) -> None:
    """What a row has besides the given values stays with it; sources stay where they are."""
    rows = Rows(rows=(row(1, title="Two", tags=["b"]), row(None, title="New"), row(0, title="One")))
    after = with_values(text, PATH, {"sections": rows})
    assert sections(after) == [
        {"title": "Two", "tags": ["b"]},
        {"title": "New"},
        {"title": "One", "exclude": ["x"]},
    ]
    assert tomllib.loads(after)["newsletters"]["weekly"]["sources"] == [{"folder": "notes"}]
    gone = with_values(after, PATH, {"sections": Rows(rows=(row(2, title="One", exclude=None),))})
    assert sections(gone) == [{"title": "One"}]


def test_comments_stay() -> None:
    """Those of the table, those in rows, and those between them."""
    rows = Rows(rows=(row(1, title="Two"), row(0, title="One", tags=["a"])))
    after = with_values(TABLES, PATH, {"sections": rows})
    for comment in ("# ours", "# First.", "# never", "# Second.", "# A source."):
        assert comment in after


def test_a_newsletter_without_rows_gets_them() -> None:
    """The usual section, which the file does not have, becomes a row of it."""
    text = '[newsletters.weekly]\ntitle = "The Weekly"\n\n[site]\nurl = "https://a.example"\n'
    after = with_values(text, PATH, {"sections": Rows(rows=(row(0, title="This week"),))})
    assert sections(after) == [{"title": "This week"}]


def test_what_is_no_list_of_tables_is_refused() -> None:
    """The file is left alone."""
    text = '[newsletters.weekly]\nsections = "none"\n'
    with pytest.raises(ConfigurationError, match="cannot be changed here"):
        with_values(text, PATH, {"sections": Rows(rows=(row(0, title="One"),))})
