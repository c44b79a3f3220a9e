"""Dumps of sixty pages, half of them with their navigation, are read nearly all right."""

from __future__ import annotations

import pytest

from newsletter.articles.tags import make_vocabulary
from newsletter.articles.text_dump import Dump, parse_dump
from tests.factories.dump_pages import DumpPage, make_dump_pages

NOTHING_KNOWN = make_vocabulary([], {})


@pytest.fixture(scope="module")
def read() -> list[tuple[DumpPage, Dump]]:
    """Each page beside what was read of it."""
    return [(page, parse_dump(page.text, vocabulary=NOTHING_KNOWN)) for page in make_dump_pages()]


def test_titles_and_authors(read: list[tuple[DumpPage, Dump]]) -> None:
    """A title is found below the navigation, and an author in every layout of a by-line."""
    titles = [page.title for page, dump in read if dump.title != page.title]
    authors = [(page.author, dump.author) for page, dump in read if dump.author != page.author]
    assert len(titles) <= 3, titles
    assert len(authors) <= 6, authors


def test_first_and_last_paragraphs(read: list[tuple[DumpPage, Dump]]) -> None:
    """The body begins and ends where the article does."""
    firsts = [
        (page.paragraphs[0], dump.paragraphs[:1])
        for page, dump in read
        if dump.paragraphs[:1] != page.paragraphs[:1]
    ]
    lasts = [
        (page.paragraphs[-1], dump.paragraphs[-1:])
        for page, dump in read
        if dump.paragraphs[-1:] != page.paragraphs[-1:]
    ]
    assert len(firsts) <= 3, firsts
    assert len(lasts) <= 3, lasts


def test_furniture_and_losses(read: list[tuple[DumpPage, Dump]]) -> None:
    """Buttons, teasers and menus stay out of the body, and no paragraph of the article is lost."""
    furniture = [set(dump.paragraphs) - set(page.paragraphs) for page, dump in read]
    losses = [set(page.paragraphs) - set(dump.paragraphs) for page, dump in read]
    assert sum(map(bool, furniture)) <= 3, [lines for lines in furniture if lines]
    assert sum(map(bool, losses)) <= 3, [lines for lines in losses if lines]
