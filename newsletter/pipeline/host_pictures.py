"""Before an approval: keeps the pictures of the issue's mails, so that the site serves them itself."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from newsletter.articles.mail_picture import mail_picture
from newsletter.articles.picture_fetch import FetchedPicture, fetch_picture
from newsletter.articles.preview_picture import SECONDS
from newsletter.articles.subprocesses import run_in_subprocess
from newsletter.errors import SourceError
from newsletter.rendering.edition import Edition
from newsletter.site.hosted_pictures import TYPES, HostedPictures
from newsletter.site.picture_addresses import pictures_in, with_pictures
from newsletter.site.site import Site

log = logging.getLogger("newsletter")

AT_ONCE = 8
ALL_SECONDS = 60.0
"""What is not kept by then stays at its publisher's."""
_PNG = b"\x89PNG"


def with_hosted_pictures(
    site: Site, editions: Sequence[Edition], *, now: datetime
) -> tuple[Edition, ...]:
    """The editions with the addresses of kept pictures; those that are not kept yet are fetched.

    A picture that cannot be had, or that mail programs do not show, keeps its address.
    """
    hosted = site.hosted_pictures
    found = dict.fromkeys(url for edition in editions for url in pictures_in(edition.html))
    asyncio.run(_keep_all(site, hosted, [url for url in found if not hosted.has(url)], now))
    addresses = {url: hosted.address(url) for url in found}
    return tuple(
        replace(edition, html=with_pictures(edition.html, addresses.__getitem__))
        for edition in editions
    )


async def _keep_all(site: Site, hosted: HostedPictures, urls: Sequence[str], now: datetime) -> None:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(url: str) -> None:
        async with turn:
            try:
                picture = await fetch_picture(url, site.settings.fetch, now=now)
                shown = await _shown_by_mail(picture)
                hosted.keep(url, shown.media_type, shown.body)
            except (SourceError, OSError) as error:
                log.warning("a picture stays at its publisher's: %s: %s", url, error)

    try:
        async with asyncio.timeout(ALL_SECONDS):
            await asyncio.gather(*map(one, urls))
    except TimeoutError:
        log.warning("some pictures stay at their publishers', which answer slowly")


async def _shown_by_mail(picture: FetchedPicture) -> FetchedPicture:
    """The picture in a form that every mail program shows; raises SourceError if it has none."""
    made = await run_in_subprocess(mail_picture, picture.body, seconds=SECONDS)
    if made is None:  # behind the header of a picture may be anything
        raise SourceError("it cannot be read as a picture")
    if made:
        body = b64decode(made)
        media_type = "image/png" if body.startswith(_PNG) else "image/jpeg"
        return FetchedPicture(media_type=media_type, body=body)
    if picture.media_type not in TYPES.values():
        raise SourceError(f"mail programs do not show {picture.media_type}")
    return picture
