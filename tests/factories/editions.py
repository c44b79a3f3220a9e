"""Mastheads, themes and rendered editions with defaults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from newsletter.issues.issue import Item
from newsletter.rendering.edition import Edition
from newsletter.rendering.masthead import Masthead
from newsletter.rendering.render_edition import render_edition
from newsletter.rendering.theme import Theme, open_theme
from tests.factories.issues import make_issue, make_items

NONCE = "0123456789abcdef"
WEB_URL = "https://news.example.org/archive/weekly/12"


def make_masthead(**changes: Any) -> Masthead:
    """ "Good Gear Weekly", in English."""
    masthead = Masthead(
        newsletter="weekly",
        title="Good Gear Weekly",
        site_url="https://news.example.org",
        postal_address="Example Media, 1 Example St, Sydney",
    )
    return replace(masthead, **changes)


def make_site_theme(folder: Path, **files: str) -> Theme:
    """The default theme with the site's own files over it, named `row_mjml_j2="…"` for row.mjml.j2.

    Two underscores stand for a slash.
    """
    for name, text in files.items():
        path = folder / "issue" / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return open_theme(folder)


def make_edition(
    items: Sequence[Item] | None = None,
    *,
    theme: Theme | None = None,
    masthead: Masthead | None = None,
    **changes: Any,
) -> Edition:
    """The items as an edition in the default theme; `changes` are the issue's."""
    items = make_items(3) if items is None else items
    return render_edition(
        make_issue(items, **changes),
        items,
        masthead=masthead or make_masthead(),
        theme=theme or open_theme(None),
        nonce=NONCE,
        web_url=WEB_URL,
    )
