"""/pictures/…: strangers' pictures for our own pages, fetched once and kept."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64decode
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from newsletter.articles.picture_fetch import FetchedPicture, fetch_picture
from newsletter.articles.preview_picture import (
    PREVIEW_TYPE,
    SECONDS,
    STILL_TYPE,
    preview_picture,
    still_picture,
)
from newsletter.articles.subprocesses import run_in_subprocess
from newsletter.config.settings import FetchSettings
from newsletter.errors import SourceError
from newsletter.site.picture_addresses import PictureAddresses
from newsletter.site.site import Site
from newsletter.web.pictures.cache import KeptPicture, PictureCache, as_kept
from subscribers.quiet_log import QuietLog

log = logging.getLogger("newsletter")
strangers = QuietLog(log)

FOLDER = Path("cache") / "pictures"
AT_ONCE = 4
"""Pictures that are fetched at the same time; the others wait."""
PATIENCE = timedelta(seconds=3)
"""How long a browser waits, which has six connections for pictures and an editor's work; the fetch goes on."""
ASK_AGAIN = timedelta(minutes=10)
"""After which a picture that could not be had is asked for again."""
MOST_REMEMBERED = 2_000

HEADERS = {
    # What was decoded as a picture is never shown as anything else, not even in a tab of its own.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
SHOWN = {**HEADERS, "Cache-Control": "public, max-age=86400"}
FOR_EVER = {**HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
NOT_YET = {**HEADERS, "Cache-Control": "no-store", "Retry-After": "10"}
NOT_SHOWN = {**HEADERS, "Cache-Control": "public, max-age=600"}


_PREVIEW, _STILL = "preview", "still"


class Pictures:
    """Serves pictures, each of which is fetched by one request at a time."""

    def __init__(
        self, site: Site, addresses: PictureAddresses, clock: Callable[[], datetime]
    ) -> None:
        self._settings: FetchSettings = site.settings.fetch
        self._cache = PictureCache(folder=site.folder / FOLDER)
        self._addresses = addresses
        self._hosted = site.hosted_pictures
        self._clock = clock
        # Threads of their own, so that no other page waits for a stranger's slow server.
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="pictures")
        self._under_way: dict[str, asyncio.Task[KeptPicture | None]] = {}
        self._failed: dict[str, datetime] = {}

    async def get(self, request: Request) -> Response:
        """The picture; 404 for one that cannot be had, so that the page shows its alt text.

        One that is not fresh is shown, and fetched again behind the answer.
        """
        url, now = self._signed(request), self._clock()
        picture = await run_in_threadpool(self._cache.find, url, now=now)
        background = None
        if picture is None:
            try:
                picture = await self._fetched(url, now)
            except TimeoutError:
                return Response(status_code=503, headers=NOT_YET)
        elif not picture.is_fresh(now):
            background = BackgroundTask(self._refresh, url, now)
        return _answer(request, picture, background)

    async def get_preview(self, request: Request) -> Response:
        """The picture in the shape of link previews, or as it is where it cannot have that shape."""
        return await self._get_made(request, _PREVIEW)

    async def get_still(self, request: Request) -> Response:
        """The first frame of an animation, or the animation where Pillow cannot read it."""
        return await self._get_made(request, _STILL)

    async def _get_made(self, request: Request, kind: str) -> Response:
        url, now = self._signed(request), self._clock()
        name = f"{kind} of {url}"
        made = await run_in_threadpool(self._cache.find, name, now=now)
        if made is not None and made.is_fresh(now):
            return _answer(request, made)
        try:
            picture = await run_in_threadpool(self._cache.find, url, now=now)
            picture = picture or await self._fetched(url, now)
        except TimeoutError:
            return Response(status_code=503, headers=NOT_YET)
        if picture is not None:
            new = await _made(picture.body, kind)
            made = await run_in_threadpool(self._keep, name, new, now) if new else picture
        return _answer(request, made)

    async def get_hosted(self, request: Request) -> Response:
        """A kept picture of a sent issue; it never changes."""
        name = request.path_params["name"]
        found = await run_in_threadpool(self._hosted.read, name)
        if found is None:
            return Response(status_code=404, headers=NOT_SHOWN)
        media_type, body = found
        return _tagged(request, body, media_type, tag=name, headers=FOR_EVER)

    def _signed(self, request: Request) -> str:
        """The address of the picture that is asked for, which must be one of our pages'."""
        url = request.query_params.get("of", "")
        if not self._addresses.has_signed(request.path_params["signature"], url):
            raise HTTPException(404)
        return url

    def _keep(self, name: str, picture: FetchedPicture, now: datetime) -> KeptPicture:
        try:
            return self._cache.keep(name, picture, now=now)
        except OSError as error:
            strangers.warning("a picture could not be kept in %s: %s", FOLDER, error)
            return as_kept(picture, now)

    def close(self) -> None:
        """Begin no further fetch."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _fetched(self, url: str, now: datetime) -> KeptPicture | None:
        """The picture, fetched by one request for all; raises TimeoutError while that goes on."""
        if now < self._failed.get(url, now):
            return None
        task = self._under_way.get(url)
        if task is None:
            task = self._under_way[url] = asyncio.create_task(self._fetch(url, now))
            task.add_done_callback(lambda _: self._under_way.pop(url))
        return await asyncio.wait_for(asyncio.shield(task), PATIENCE.total_seconds())

    async def _refresh(self, url: str, now: datetime) -> None:
        with suppress(TimeoutError):
            await self._fetched(url, now)

    async def _fetch(self, url: str, now: datetime) -> KeptPicture | None:
        loop = asyncio.get_running_loop()
        picture = await loop.run_in_executor(self._threads, self._fetch_and_keep, url, now)
        if picture is None:
            self._remember_failure(url, now)
        return picture

    def _fetch_and_keep(self, url: str, now: datetime) -> KeptPicture | None:
        own = self._hosted.read(self._hosted.name_at(url))
        if own is not None:  # this server need not ask itself, and may not be able to
            return self._keep(url, FetchedPicture(media_type=own[0], body=own[1]), now)
        try:
            picture = asyncio.run(fetch_picture(url, self._settings, now=now))
        except SourceError:
            return None
        return self._keep(url, picture, now)

    def _remember_failure(self, url: str, now: datetime) -> None:
        if len(self._failed) >= MOST_REMEMBERED:
            del self._failed[next(iter(self._failed))]
        self._failed[url] = now + ASK_AGAIN


async def _made(body: bytes, kind: str) -> FetchedPicture | None:
    """Another picture, made in a worker process; None if it cannot be made."""
    try:
        if kind == _STILL:
            made = await run_in_subprocess(still_picture, body, seconds=SECONDS)
        else:
            made = await run_in_subprocess(preview_picture, body, seconds=SECONDS)
    except SourceError:
        return None
    media_type = STILL_TYPE if kind == _STILL else PREVIEW_TYPE
    return FetchedPicture(media_type=media_type, body=b64decode(made)) if made else None


def _answer(
    request: Request, picture: KeptPicture | None, background: BackgroundTask | None = None
) -> Response:
    if picture is None:
        return Response(status_code=404, headers=NOT_SHOWN)
    return _tagged(
        request,
        picture.body,
        picture.media_type,
        tag=picture.tag,
        headers=SHOWN,
        background=background,
    )


def _tagged(
    request: Request,
    body: bytes,
    media_type: str,
    *,
    tag: str,
    headers: Mapping[str, str],
    background: BackgroundTask | None = None,
) -> Response:
    """The picture with its entity tag; 304 for a browser that has it already."""
    headers = {**headers, "ETag": f'"{tag}"'}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers, background=background)
    return Response(body, media_type=media_type, headers=headers, background=background)
