"""Fetches a picture for a page of ours, so that a reader's browser asks nobody else for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.articles.fetch import HttpClient
from newsletter.articles.picture_check import SECONDS, measure
from newsletter.articles.subprocesses import run_in_subprocess
from newsletter.config.access import Access
from newsletter.config.settings import FetchSettings
from newsletter.errors import SourceError

MOST_OCTETS = 8_000_000
MOST_TIME = timedelta(seconds=10)
MOST_PIXELS = 50_000_000
"""A browser keeps four octets for each pixel, however few octets the file has."""

_ACCESS = Access(headers=(("Accept", "image/avif, image/webp, image/*, */*;q=0.5"),))
"""Some servers answer with a page about the picture where a page is accepted."""

TYPES = {
    "AVIF": "image/avif",
    "BMP": "image/bmp",
    "GIF": "image/gif",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
}
"""The media types of what may be shown. SVG is not among them: it is a document with scripts and links."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchedPicture:
    """A picture's octets, and the media type that they were found to have."""

    media_type: str
    body: bytes


async def fetch_picture(url: str, settings: FetchSettings, *, now: datetime) -> FetchedPicture:
    """Fetch the picture at `url`; what its server says about its type is not believed.

    Raises SourceError if it cannot be had within the limits, or is not a picture to be shown.
    """
    limits = settings.model_copy(
        update={
            "max_bytes": min(settings.max_bytes, MOST_OCTETS),
            "timeout": min(settings.timeout, MOST_TIME),
        }
    )
    async with HttpClient(limits) as client:
        fetched = await client.fetch(url, memory=None, now=now, access=_ACCESS)
    # Outside the client's limit of time: a worker may first have to be started.
    measured = await run_in_subprocess(measure, fetched.body, seconds=SECONDS)
    if measured is None or measured.format not in TYPES:
        raise SourceError("it is not a picture that browsers show")
    if measured.width * measured.height > MOST_PIXELS:
        raise SourceError(f"it has {measured.width} × {measured.height} pixels, which is too many")
    return FetchedPicture(media_type=TYPES[measured.format], body=fetched.body)
