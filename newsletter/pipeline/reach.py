"""lint --reach: asks every link and picture of the issue whether it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from newsletter.articles.fetch import WebDoor
from newsletter.config.settings import FetchSettings
from newsletter.errors import SourceError
from newsletter.pipeline.editions import current_editions
from newsletter.pipeline.site import Site
from newsletter.rendering.edition import Edition
from newsletter.rendering.lint import Finding
from newsletter.rendering.lint.document import Document, finding
from newsletter.store import issues as issue_store

AT_ONCE = 8
HEAVY = 1_000_000
"""Octets of a picture that a phone waits for."""


def reach(site: Site, slug: str, number: int | None, *, now: datetime) -> list[Finding]:
    """What does not answer, or weighs too much, in the issue's complete edition.

    Our own pages are not asked: the issue's stand there once it is sent.
    """
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
    edition = current_editions(site, issue, ("",))[0]
    places = _places(edition, own=site.settings.site.url)
    answers = asyncio.run(_ask(list(places), site.settings.fetch, now))
    severities = site.settings.lint
    found: list[Finding] = []
    for address, answer in answers.items():
        element = places[address]
        if isinstance(answer, SourceError):
            fix = f"correct or drop the address: {answer.problem.message}"
            weight = severities.get("unreachable", "warning")
            found.append(finding(element, "unreachable", weight, who="every reader", fix=fix))
        elif element.tag == "img" and answer > HEAVY:
            fix = f"offer a smaller one: it weighs {answer:,} octets"
            weight = severities.get("image-weight", "warning")
            found.append(finding(element, "image-weight", weight, who="readers on phones", fix=fix))
    return found


def _places(edition: Edition, *, own: str) -> dict[str, Any]:
    """Each web address with the first element that leads to it."""
    places: dict[str, Any] = {}
    for element in Document(edition.uncounted.html).elements("a", "img"):
        address = element.get("href") or element.get("src") or ""
        if address.startswith(("http://", "https://")) and not address.startswith(own):
            places.setdefault(address.partition("#")[0], element)
    return places


async def _ask(
    addresses: Sequence[str], settings: FetchSettings, now: datetime
) -> Mapping[str, SourceError | int]:
    """For each address the octets that came, or why none did."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(address: str, door: WebDoor) -> SourceError | int:
        async with turn:
            try:
                return len((await door.fetch(address, memory=None, now=now)).body)
            except SourceError as error:
                return error

    async with WebDoor(settings) as door:
        answers = await asyncio.gather(*(one(address, door) for address in addresses))
    return dict(zip(addresses, answers, strict=True))
