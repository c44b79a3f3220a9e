"""Reads all sources of a newsletter concurrently; a failing source does not affect the others."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.articles.entries import Origin
from newsletter.articles.fetch import (
    Fetched,
    FetchMemory,
    HttpClient,
    RetryLaterError,
    http_clients,
)
from newsletter.articles.reading import (
    Reading,
    SourceContent,
    content_of,
    failed_reading,
    name_of,
    parse_content,
    read_folder_source,
    unexpected_error,
)
from newsletter.articles.source_finding import SourceFinding
from newsletter.articles.subprocesses import run_in_subprocess
from newsletter.articles.tags import Vocabulary
from newsletter.articles.urls import is_web_address
from newsletter.config.settings import FetchSettings, SourceSettings
from newsletter.errors import SourceError

if TYPE_CHECKING:
    from newsletter.articles.mailed.reading import ArrivedMail

AT_ONCE = 8
"""Sources fetched at the same time."""


async def read_sources(
    sources: Sequence[SourceSettings],
    *,
    settings: FetchSettings,
    vocabulary: Vocabulary,
    memories: Mapping[str, FetchMemory],
    folder: Path,
    now: datetime,
    zone: tzinfo = UTC,
    mails: Mapping[str, Sequence[ArrivedMail]] = MappingProxyType({}),
) -> list[Reading]:
    """One reading per source, in their order; the failure of a source is a finding in its reading.

    `memories` are those of the last readings, `mails` those that wait, both by location. Relative
    paths start at `folder`.
    `zone` is the site's time zone, for dates that state none.
    """
    turn = asyncio.Semaphore(AT_ONCE)
    turn_at: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(1))

    limits = [settings.allowing(source.allow_private) for source in sources]

    async def one(source: SourceSettings, client: HttpClient) -> Reading:
        origin = Origin(
            source=source.name or name_of(source.location),
            location=source.location,
            vocabulary=vocabulary,
            now=now,
            tags=source.tags,
            zone=zone,
        )
        # One connection to a host at a time; waiting for a host does not delay other hosts.
        async with turn_at[urlsplit(source.location).hostname or source.location], turn:
            memory, waiting = memories.get(source.location), mails.get(source.location, ())
            return await _read(source, origin, client, memory, folder, waiting)

    async with http_clients(limits) as clients:
        return list(
            await asyncio.gather(
                *(one(source, clients[own]) for source, own in zip(sources, limits, strict=True))
            )
        )


async def _read_mails(
    waiting: Sequence[ArrivedMail], origin: Origin, client: HttpClient
) -> Reading:
    if not waiting:
        return Reading(source=origin.source, location=origin.location, unchanged=True)
    from newsletter.articles.mailed.reading import read_mails  # few sites have such a source

    return await read_mails(waiting, origin, client)


async def _read(
    source: SourceSettings,
    origin: Origin,
    client: HttpClient,
    memory: FetchMemory | None,
    folder: Path,
    waiting: Sequence[ArrivedMail],
) -> Reading:
    try:
        if source.kind == "mail":
            return await _read_mails(waiting, origin, client)
        if source.kind == "folder":
            return await run_in_subprocess(
                read_folder_source, folder / source.location, origin, seconds=client.seconds
            )
        if is_web_address(source.location):
            return await _from_web(source, origin, client, memory)
        content = await asyncio.to_thread(_file, folder / source.location, origin)
        return await _parsed(source, origin, content, client.seconds)
    except RetryLaterError as error:
        remembered = memory or FetchMemory(source=source.location)
        return failed_reading(origin, error, replace(remembered, not_before=error.not_before))
    except SourceError as error:
        return failed_reading(origin, error, memory)
    except Exception as error:  # an error must affect only this source
        return failed_reading(origin, unexpected_error(error), memory)


async def _from_web(
    source: SourceSettings, origin: Origin, client: HttpClient, memory: FetchMemory | None
) -> Reading:
    fetched = await client.fetch(
        source.location, memory=memory, now=origin.now, access=source.access
    )
    moved = _moved(fetched, origin)
    if fetched.unchanged:
        return Reading(
            source=origin.source,
            location=origin.location,
            findings=moved,
            memory=fetched.memory,
            unchanged=True,
            moved_to=fetched.moved_to,
            fresh_for=fetched.fresh_for,
        )
    reading = await _parsed(source, origin, content_of(fetched), client.seconds)
    if any(finding.severity == "failure" for finding in reading.findings):
        # The memory of a body that could not be read is not kept: the next fetch would find it
        # unchanged.
        return replace(reading, memory=memory or reading.memory)
    return replace(
        reading,
        findings=(*moved, *reading.findings),
        memory=fetched.memory,
        moved_to=fetched.moved_to,
        fresh_for=max(fetched.fresh_for, reading.fresh_for),
    )


async def read_fetched(
    source: SourceSettings,
    fetched: Fetched,
    *,
    vocabulary: Vocabulary,
    now: datetime,
    zone: tzinfo,
    seconds: float,
) -> Reading:
    """What the source shows in an answer that was fetched; nothing is remembered."""
    origin = Origin(
        source=source.name or name_of(source.location),
        location=source.location,
        vocabulary=vocabulary,
        now=now,
        tags=source.tags,
        zone=zone,
    )
    return await _parsed(source, origin, content_of(fetched), seconds)


def _moved(fetched: Fetched, origin: Origin) -> tuple[SourceFinding, ...]:
    if not fetched.moved_to:
        return ()
    return (
        origin.notice(
            "it has moved permanently, and is read at its new address",
            f"use its new address: {fetched.moved_to}",
        ),
    )


def _file(path: Path, origin: Origin) -> SourceContent:
    try:
        body = path.read_bytes()
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise SourceError(
            f"cannot read the file {origin.location}: {error.strerror}", fix="correct its path"
        ) from error
    return SourceContent(body=body, modified=modified)


async def _parsed(
    source: SourceSettings, origin: Origin, content: SourceContent, seconds: float
) -> Reading:
    # The worker is not told the source's credentials.
    kind = "ranking" if source.popular and source.kind == "page" else source.kind
    return await run_in_subprocess(
        parse_content, kind, origin, content, bool(source.name), seconds=seconds
    )
