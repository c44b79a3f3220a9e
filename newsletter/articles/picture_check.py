"""Looks at the pictures of new articles once: whether they answer, what they are, and how large.

A picture that does not answer, is not a picture, or that mail programs do not show gives way to the
article's next one. If none answers, the first stays, because it may answer tomorrow; lint shows it.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO

from newsletter.articles.article import Article, Image
from newsletter.articles.fetch import HttpClient
from newsletter.articles.pictures import LONGEST_SHAPE, SMALLEST, SMALLEST_WIDTH
from newsletter.articles.preview_picture import is_animation
from newsletter.articles.provenance import FieldSource, Refusal, Unfit
from newsletter.articles.subprocesses import run_in_subprocess
from newsletter.config.settings import FetchSettings
from newsletter.errors import SourceError

MOST = 12
"""Pictures that are fetched in one reading of a source; the others are looked at next time."""
SECONDS = 5.0
"""For one picture."""
ALL_SECONDS = 20.0
"""For the pictures of one source."""
RECENT = timedelta(days=35)
"""Older articles are not going into an issue."""
MOST_OTHERS = 3
AT_ONCE = 8
"""Sources whose pictures are looked at at the same time."""

_SHOWN = frozenset({"JPEG", "MPO", "PNG", "GIF", "WEBP"})
_CONVERTED = _SHOWN | {"AVIF", "BMP"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What the bytes of a picture are; `is_print` is a picture for printing, in CMYK."""

    format: str
    width: int
    height: int
    is_print: bool
    moves: bool


async def check_pictures(
    sources: Sequence[Sequence[Article]],
    settings: FetchSettings,
    *,
    known: Mapping[str, Image],
    now: datetime,
    converts: bool = False,
) -> list[tuple[Article, ...]]:
    """The articles of each source with pictures that were looked at, one at a time for each source.

    `known` are the pictures that answered before, by address. With `converts` the site makes of each
    picture one that mail programs show.
    """
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(articles: Sequence[Article], look: _Look) -> tuple[Article, ...]:
        async with turn:
            return await _of_source(articles, look, known=known)

    async with HttpClient(settings) as client:
        look = _Look(client=client, now=now, converts=converts)
        return list(await asyncio.gather(*(one(articles, look) for articles in sources)))


async def look_at_one(
    image: Image, settings: FetchSettings, *, now: datetime, converts: bool = False
) -> Image:
    """The picture with what its bytes say; one that mails cannot show does not answer either."""
    async with HttpClient(settings) as client:
        found = await _look_at(image, _Look(client=client, now=now, converts=converts))
    return replace(image, answers=False) if isinstance(found, Unfit) else found


@dataclass(frozen=True, kw_only=True, slots=True)
class _Look:
    """How pictures are fetched and judged."""

    client: HttpClient
    now: datetime
    converts: bool


async def _of_source(
    articles: Sequence[Article], look: _Look, *, known: Mapping[str, Image]
) -> tuple[Article, ...]:
    left, checked = MOST, []
    deadline = asyncio.get_running_loop().time() + ALL_SECONDS
    for article in articles:
        image = article.image
        chosen = any(source.field == "picture" for source in article.provenance)
        # A picture that an editor, or the page itself, names is not ours to replace.
        if image is None or not chosen or article.published < look.now - RECENT:
            checked.append(article)
        elif image.url in known:
            checked.append(replace(article, image=_with_facts(image, known[image.url])))
        elif left > 0 and asyncio.get_running_loop().time() < deadline:
            left -= 1
            checked.append(await _checked(article, image, look))
        else:
            checked.append(article)
    return tuple(checked)


def _with_facts(image: Image, known: Image) -> Image:
    return replace(known, alt=image.alt)


async def _checked(article: Article, first: Image, look: _Look) -> Article:
    """The article with the first of its pictures that answers and does not move.

    Without one it has the first that moves, and without that one that does not answer.
    """
    chosen: Image | None
    refused: list[Refusal] = []
    moving: Image | None = None
    silent: Image | None = None
    for image in (first, *article.other_images[:MOST_OTHERS]):
        found = await _look_at(image, look)
        if isinstance(found, Unfit):
            refused.append(Refusal(place=image.url[:100], why=found))
        elif found.answers and not found.moves:
            if moving:
                refused.append(Refusal(place=moving.url[:100], why=Unfit.MOVES))
            chosen = found
            break
        elif found.answers:
            moving = moving or found
        else:
            silent = silent or found
    else:
        chosen = moving or silent
    provenance = _explained(article, chosen, first, refused)
    return replace(article, image=chosen, provenance=provenance)


async def _look_at(image: Image, look: _Look) -> Image | Unfit:
    """The picture with what its bytes say, or why it is not to be used."""
    try:
        async with asyncio.timeout(SECONDS):
            fetched = await look.client.fetch(image.url, memory=None, now=look.now)
    except (SourceError, TimeoutError):
        return replace(image, answers=False)
    try:
        measured = await run_in_subprocess(measure, fetched.body, seconds=SECONDS)
    except SourceError:
        return Unfit.FORMAT
    if measured is None:
        return Unfit.BROKEN
    fault = _fault(measured, converts=look.converts)
    return fault or replace(
        image,
        width=measured.width,
        height=measured.height,
        type=f"image/{measured.format.lower()}",
        octets=len(fetched.body),
        answers=True,
        moves=measured.moves,
    )


def _fault(measured: Measured, *, converts: bool) -> Unfit | None:
    is_shown = measured.format in (_CONVERTED if converts else _SHOWN)
    sides = sorted((measured.width, measured.height))
    if not is_shown or (measured.is_print and not converts):
        return Unfit.FORMAT
    if sides[0] < SMALLEST or measured.width < SMALLEST_WIDTH:
        return Unfit.PIXEL if sides[1] <= 3 else Unfit.SMALL
    return Unfit.BANNER if sides[1] > LONGEST_SHAPE * sides[0] else None


def measure(body: bytes) -> Measured | None:
    """What the bytes are, by their header; None if they are not a picture that Pillow knows."""
    from PIL import Image as Pillow
    from PIL import UnidentifiedImageError

    try:
        with warnings.catch_warnings(), Pillow.open(BytesIO(body)) as picture:
            warnings.simplefilter("ignore")
            width, height = picture.size
            return Measured(
                format=picture.format or "",
                width=width,
                height=height,
                is_print=picture.mode == "CMYK",
                moves=is_animation(picture),
            )
    except (
        UnidentifiedImageError,
        Pillow.DecompressionBombError,
        OSError,
        ValueError,
        SyntaxError,
    ):
        return None


def _explained(
    article: Article, chosen: Image | None, first: Image, refused: Sequence[Refusal]
) -> tuple[FieldSource, ...]:
    """The article's provenance with what was found out about its pictures."""
    if not refused and chosen is not None and chosen.answers:
        return article.provenance
    others = [source for source in article.provenance if source.field != "picture"]
    before = next((s for s in article.provenance if s.field == "picture"), None)
    place = "none" if chosen is None else "another picture of the entry"
    if chosen is not None and chosen.url == first.url:
        place = before.place if before else "the page"
    unreached = "its server does not answer" if chosen and chosen.answers is False else ""
    earlier = before.refused if before else ()
    source = FieldSource(
        field="picture", place=place, detail=unreached, refused=(*refused, *earlier)
    )
    return (*others, source)
