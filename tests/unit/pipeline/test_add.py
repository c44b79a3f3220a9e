from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from newsletter.errors import InputError, SourceError, UnknownNameError
from newsletter.issues.issue import Issue
from newsletter.pipeline.add import add_by_url, add_left_out
from newsletter.pipeline.draft import draft
from newsletter.pipeline.edit import EditRequest
from newsletter.site.site import Site
from newsletter.store.database import Database
from tests.factories.desk import NOW, SLUG, drafted, make_site
from tests.servers.web import serving

PAGE = """<!DOCTYPE html><html lang="en"><head><title>A gate that listens</title>
<meta property="og:title" content="A gate that listens">
<meta property="article:published_time" content="2025-02-27T08:00:00Z">
<meta name="description" content="The county fitted an ear to its oldest sluice."></head><body>
<article><h1>A gate that listens</h1><p>{text}</p></article></body></html>"""


@pytest.fixture
def web() -> Iterator[str]:
    """A web server with one article, and one page that is not there."""

    async def page(_request: Request) -> Response:
        return HTMLResponse(
            PAGE.format(text="The county fitted an ear to its oldest sluice. " * 12)
        )

    with serving(Starlette(routes=[Route("/story", page)])) as base:
        yield base


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Site:
    """A site that may fetch from this machine."""
    site = make_site(sqlite_database, tmp_path)
    allowed = site.settings.fetch.model_copy(update={"allow_private": ("127.0.0.1",)})
    object.__setattr__(site.settings, "fetch", allowed)
    return site


def request_for(issue: Issue) -> EditRequest:
    """A request to change the issue as it is now."""
    return EditRequest(
        newsletter=SLUG, number=issue.number, editor="news_desk", seen_version=issue.version
    )


def add(site: Site, url: str, section: str = "Making") -> tuple[str, ...]:
    """Add the page to the issue; the titles in the section afterwards."""
    issue = drafted(site)
    done = add_by_url(site, request_for(issue), url=url, section=section, now=NOW)
    return tuple(item.title for item in done.issue.items if item.section == section)


def test_an_article_comes_in_by_its_address_and_stays(site: Site, web: str) -> None:
    """Fetched, read, pinned into the section; the next draft keeps it."""
    assert add(site, f"{web}/story")[-1] == "A gate that listens"
    again = draft(site, SLUG, now=NOW)
    item = next(item for item in again.items if item.title == "A gate that listens")
    assert item.pinned
    assert item.section == "Making"


def test_what_is_no_address_or_no_article_is_said(site: Site, web: str) -> None:
    """Nothing is added, and the error says why."""
    before = drafted(site)
    with pytest.raises(InputError, match="is not a web address"):
        add(site, "file:///etc/passwd")
    with pytest.raises(SourceError):
        add(site, f"{web}/nothing")
    assert drafted(site) == before


def test_a_private_address_is_not_fetched(
    sqlite_database: Database, tmp_path: Path, web: str
) -> None:
    """An editor cannot fetch from a private address."""
    guarded = make_site(sqlite_database, tmp_path)
    with pytest.raises(SourceError):
        add(guarded, f"{web}/story")


def test_an_article_that_is_gone_is_named(site: Site) -> None:
    """The article may be deleted after the page with the left-out articles was loaded."""
    issue = drafted(site)
    with pytest.raises(UnknownNameError):
        add_left_out(site, request_for(issue), keys=["gone"], section="Making", now=NOW)
