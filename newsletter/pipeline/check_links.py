"""lint --reach: checks that every link and picture of the issue can be fetched."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from newsletter.articles.fetch import HttpClient
from newsletter.config.settings import FetchSettings
from newsletter.errors import SourceError
from newsletter.rendering.edition import Edition
from newsletter.rendering.lint import LintFinding
from newsletter.rendering.lint.document import Document, finding
from newsletter.site.editions import complete_group, current_editions
from newsletter.site.site import Site
from newsletter.store import issues as issue_store

AT_ONCE = 8
HEAVY = 1_000_000
"""The size in octets above which a picture is slow to load on a phone."""


def check_links(site: Site, slug: str, number: int | None, *, now: datetime) -> list[LintFinding]:
    """The unreachable links and the pictures that are too large in the issue's complete edition.

    Links to the site itself are not checked: its page of the issue exists only after the send.
    """
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
    edition = current_editions(site, issue, (complete_group(site, issue),))[0]
    elements = _elements_by_address(edition, own=site.settings.site.url)
    answers = asyncio.run(_fetch_sizes(list(elements), site.settings.fetch, now))
    severities = site.settings.lint
    found: list[LintFinding] = []
    for address, answer in answers.items():
        element = elements[address]
        if isinstance(answer, SourceError):
            fix = f"correct or remove the address: {answer.problem.message}"
            severity = severities.get("unreachable", "warning")
            found.append(finding(element, "unreachable", severity, who="every reader", fix=fix))
        elif element.tag == "img" and answer > HEAVY:
            fix = f"use a smaller picture: this one has {answer:,} octets"
            severity = severities.get("image-weight", "warning")
            found.append(
                finding(element, "image-weight", severity, who="readers on phones", fix=fix)
            )
    return found


def _elements_by_address(edition: Edition, *, own: str) -> dict[str, Any]:
    """Each web address with the first element that links to it."""
    elements: dict[str, Any] = {}
    for element in Document(edition.uncounted.html).elements("a", "img"):
        address = element.get("href") or element.get("src") or ""
        if address.startswith(("http://", "https://")) and not address.startswith(own):
            elements.setdefault(address.partition("#")[0], element)
    return elements


async def _fetch_sizes(
    addresses: Sequence[str], settings: FetchSettings, now: datetime
) -> Mapping[str, SourceError | int]:
    """For each address the size of its content in octets, or the error."""
    semaphore = asyncio.Semaphore(AT_ONCE)

    async def fetch_size(address: str, client: HttpClient) -> SourceError | int:
        async with semaphore:
            try:
                return len((await client.fetch(address, memory=None, now=now)).body)
            except SourceError as error:
                return error

    async with HttpClient(settings) as client:
        answers = await asyncio.gather(*(fetch_size(address, client) for address in addresses))
    return dict(zip(addresses, answers, strict=True))
